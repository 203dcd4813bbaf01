//! Pictures of characters.

use std::collections::HashSet;

use ratatui_core::buffer::Buffer;
use ratatui_core::layout::Rect;
use ratatui_core::symbols::Marker;
use ratatui_core::widgets::Widget as _;
use ratatui_widgets::chart::{Axis, Chart, Dataset, GraphType};
use rust_decimal::Decimal;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use super::{Bar, Line, Picture, Shape, grouped, place};

/// Eighths of a character, from one to seven.
const EIGHTHS: [char; 7] = ['▏', '▎', '▍', '▌', '▋', '▊', '▉'];
/// Heights of a column, from the lowest.
const HEIGHTS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// Lines of a picture of one line.
const HEIGHT: u16 = 16;

pub(super) fn drawn(picture: &Picture, width: u16) -> String {
    let mut out = vec![picture.title.clone(), format!("({})", picture.unit), String::new()];
    match &picture.shape {
        Shape::Bars(bars) => out.extend(bars_of(bars, usize::from(width))),
        Shape::Lines { periods, lines } => match &lines[..] {
            [line] => out.extend(curve(periods, line, width)),
            several => out.extend(sparks(periods, several, usize::from(width))),
        },
    }
    out.push(String::new());
    out.extend(picture.foot());
    out.join("\n") + "\n"
}

/// Fills up to a width, wide characters counted as wide.
fn padded(text: &str, width: usize, right: bool) -> String {
    let fill = " ".repeat(width.saturating_sub(text.width()));
    if right { fill + text } else { text.to_owned() + &fill }
}

fn widest<'a>(texts: impl Iterator<Item = &'a str>) -> usize {
    texts.map(str::width).max().unwrap_or_default()
}

/// Labels in at most a third of the width, so that figures stay beside them: cut at the end, at the end of each part, or in the
/// middle, whichever first leaves the fewest alike.
fn cut<'a>(labels: impl Iterator<Item = &'a str> + Clone, width: usize) -> Vec<String> {
    let ways: [fn(&str, usize) -> String; 3] = [at_the_end, in_each_part, in_the_middle];
    let cut = ways.map(|way| labels.clone().map(|label| way(label, width / 3)).collect::<Vec<_>>());
    let alike = |labels: &Vec<String>| labels.len() - labels.iter().collect::<HashSet<_>>().len();
    cut.into_iter().min_by_key(alike).unwrap_or_default()
}

/// The first characters, in so much room.
fn first(text: impl Iterator<Item = char>, room: usize) -> String {
    let mut wide = 0;
    let fits = |c: &char| {
        wide += c.width().unwrap_or_default();
        wide <= room
    };
    text.take_while(fits).collect()
}

fn at_the_end(label: &str, most: usize) -> String {
    if label.width() <= most {
        return label.to_owned();
    }
    first(label.chars(), most.saturating_sub(1)).trim_end().to_owned() + "…"
}

/// What a label is joined of, the longest parts cut.
fn in_each_part(label: &str, most: usize) -> String {
    let parts: Vec<_> = label.split(", ").collect();
    let between = 2 * parts.len().saturating_sub(1);
    let fits =
        |room: &usize| parts.iter().map(|part| part.width().min(*room)).sum::<usize>() + between <= most;
    match (2..=most).rev().find(fits) {
        Some(room) => parts.iter().map(|part| at_the_end(part, room)).collect::<Vec<_>>().join(", "),
        None => at_the_end(label, most),
    }
}

fn in_the_middle(label: &str, most: usize) -> String {
    if label.width() <= most {
        return label.to_owned();
    }
    let room = most.saturating_sub(1);
    let begin = first(label.chars(), room / 2);
    let end: Vec<_> = first(label.chars().rev(), room - room / 2).chars().rev().collect();
    format!("{}…{}", begin.trim_end(), end.into_iter().collect::<String>().trim_start())
}

/// Label, figure, share, and a bar in the room that is left.
fn bars_of(bars: &[Bar], width: usize) -> Vec<String> {
    let figures: Vec<_> = bars.iter().map(|bar| grouped(bar.value)).collect();
    let shares: Vec<_> =
        bars.iter().map(|bar| bar.share.map(|share| format!("{share:.2} %")).unwrap_or_default()).collect();
    let names = cut(bars.iter().map(|bar| bar.label.as_str()), width);
    let labels = widest(names.iter().map(String::as_str));
    let (wide, share_wide) =
        (widest(figures.iter().map(String::as_str)), widest(shares.iter().map(String::as_str)));
    let gap = if share_wide > 0 { 2 } else { 0 };
    let room = width.saturating_sub(labels + wide + share_wide + gap + 4).max(8);
    let most = bars.iter().map(|bar| place(bar.value)).fold(0.0, f64::max);
    let rows = bars.iter().zip(names).zip(figures).zip(shares);
    rows.map(|(((bar, name), figure), share)| {
        let part = if most > 0.0 { place(bar.value).max(0.0) / most } else { 0.0 };
        let share = if gap > 0 { format!("  {}", padded(&share, share_wide, true)) } else { share };
        let line = format!(
            "{}  {}{share}  {}",
            padded(&name, labels, false),
            padded(&figure, wide, true),
            blocks(part, room)
        );
        line.trim_end().to_owned()
    })
    .collect()
}

/// A bar of so much of the room, to an eighth of a character; what is not nothing shows.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "0 to 1"
)]
fn blocks(part: f64, room: usize) -> String {
    let eighths = (part.clamp(0.0, 1.0) * (room * 8) as f64).round() as usize;
    let eighths = if part > 0.0 { eighths.max(1) } else { eighths };
    let whole = "█".repeat(eighths / 8);
    match (eighths % 8).checked_sub(1).and_then(|rest| EIGHTHS.get(rest)) {
        Some(rest) => format!("{whole}{rest}"),
        None => whole,
    }
}

/// One line over the periods, with its axes.
fn curve(periods: &[String], line: &Line, width: u16) -> Vec<String> {
    let points: Vec<_> = (0u32..).map(f64::from).zip(&line.values).collect();
    // A gap where no number is known.
    let pieces: Vec<Vec<_>> = points
        .split(|(_, value)| value.is_none())
        .map(|piece| piece.iter().filter_map(|(at, value)| Some((*at, place((**value)?)))).collect())
        .collect();
    let (low, high) = bounds(line.values.iter().flatten());
    let (bottom, top) = (place(low), place(high));
    // A level line has a scale, too.
    let top = if top > bottom { top } else { bottom + 1.0 };
    let last = f64::from(u32::try_from(periods.len().saturating_sub(1)).unwrap_or(u32::MAX));
    let ends =
        [periods.first(), periods.get(periods.len() / 2).filter(|_| periods.len() > 2), periods.last()];
    let ends: Vec<String> = ends.into_iter().flatten().cloned().collect();
    let data = |piece| Dataset::default().marker(Marker::Braille).graph_type(GraphType::Line).data(piece);
    let chart = Chart::new(pieces.iter().map(|piece| data(piece)).collect())
        .x_axis(Axis::default().bounds([0.0, last]).labels(ends))
        .y_axis(Axis::default().bounds([bottom, top]).labels([grouped(low), grouped(high)]));
    let area = Rect::new(0, 0, width, HEIGHT);
    let mut buffer = Buffer::empty(area);
    chart.render(area, &mut buffer);
    let rows = (0..HEIGHT).map(|y| {
        let row: String = (0..width).filter_map(|x| buffer.cell((x, y))).map(|cell| cell.symbol()).collect();
        row.trim_end().to_owned()
    });
    let name =
        (!line.label.is_empty()).then(|| format!("{}, the scale begins at {}", line.label, grouped(low)));
    name.into_iter().chain(rows).collect()
}

/// Each line as a row of columns on its own scale, with its figures of the first and the last period.
fn sparks(periods: &[String], lines: &[Line], width: usize) -> Vec<String> {
    let ends = |line: &Line| {
        let ends = [line.values.first(), line.values.last()];
        ends.map(|value| value.copied().flatten().map(grouped).unwrap_or_default())
    };
    let names = cut(lines.iter().map(|line| line.label.as_str()), width);
    let labels = widest(names.iter().map(String::as_str));
    let [first_name, last_name] =
        [periods.first(), periods.last()].map(|name| name.map_or("", String::as_str));
    let figures: Vec<_> = lines.iter().map(ends).collect();
    let first_wide = widest(figures.iter().map(|[first, _]| first.as_str()).chain([first_name]));
    let last_wide = widest(figures.iter().map(|[_, last]| last.as_str()).chain([last_name]));
    let room = width.saturating_sub(labels + first_wide + last_wide + 6).max(8);
    let columns = periods.len().min(room);
    let row = |label: &str, first: &str, spark: &str, last: &str| {
        let (label, first) = (padded(label, labels, false), padded(first, first_wide, true));
        format!("{label}  {first}  {}  {}", padded(spark, columns, false), padded(last, last_wide, true))
    };
    let head = row("", first_name, "", last_name);
    let rows = lines.iter().zip(&names).zip(&figures);
    let rows = rows.map(|((line, name), [first, last])| row(name, first, &spark(line, columns), last));
    let note = "Each row has a scale of its own, from its least to its greatest figure.";
    [head].into_iter().chain(rows).chain([String::new(), note.to_owned()]).collect()
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 7")]
fn spark(line: &Line, columns: usize) -> String {
    let (low, high) = bounds(line.values.iter().flatten());
    let (low, high) = (place(low), place(high));
    let count = line.values.len();
    // More periods than columns: the last of those that share one.
    let picked =
        (1..=columns).filter_map(|at| line.values.get((at * count).div_ceil(columns).saturating_sub(1)));
    picked
        .map(|value| match value {
            None => ' ',
            Some(value) => {
                let part = if high > low { (place(*value) - low) / (high - low) } else { 0.5 };
                HEIGHTS.get((part * 7.0).round() as usize).copied().unwrap_or(' ')
            }
        })
        .collect()
}

/// The least and the greatest; 0 twice for none.
fn bounds<'a>(values: impl Iterator<Item = &'a Decimal> + Clone) -> (Decimal, Decimal) {
    (values.clone().min().copied().unwrap_or_default(), values.max().copied().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(label: &str, values: &[Option<u32>]) -> Line {
        Line {
            label: label.to_owned(),
            values: values.iter().map(|value| value.map(Decimal::from)).collect(),
        }
    }

    #[test]
    fn a_figure_stands_under_its_own_period() {
        let periods: Vec<_> = (1..=3).map(|month| format!("2018-{month:02}")).collect();
        let lines = [line("one", &[Some(11), Some(12), Some(13)]), line("two", &[None, Some(22), None])];
        let rows = sparks(&periods, &lines, 60);
        assert!(rows[1].contains("11") && rows[1].ends_with("13"), "{rows:?}");
        assert!(!rows[2].contains("22") && rows[2].contains('▅'), "{rows:?}");
    }

    #[test]
    fn a_line_has_a_gap_where_no_number_is_known() {
        let periods: Vec<_> = (1..=9).map(|month| format!("2018-{month:02}")).collect();
        let columns = |values: &[Option<u32>]| {
            let rows = curve(&periods, &line("", values), 60);
            let dots = |c: char| ('\u{2801}'..='\u{28ff}').contains(&c);
            (0..60).filter(|at| rows.iter().any(|row| row.chars().nth(*at).is_some_and(dots))).count()
        };
        let (a, b) = (Some(5), Some(5));
        let whole = columns(&[a; 9]);
        let broken = columns(&[a, b, None, None, None, None, None, a, b]);
        assert!(broken * 2 < whole, "{broken} {whole}");
    }

    #[test]
    fn labels_that_are_cut_can_be_told_apart() {
        let cut = |labels: &[&str]| cut(labels.iter().copied(), 60);
        assert_eq!(
            cut(&["total-trade, CHINESE MAINLAND, JAPAN", "total-trade, CHINESE MAINLAND, VIET NAM"]),
            ["tota…, CHIN…, JAPAN", "tota…, CHIN…, VIET…"]
        );
        assert_eq!(
            cut(&["Machines for making wires", "Machines for making wine", "b"]),
            ["Machines…king wires", "Machines…aking wine", "b"]
        );
        assert_eq!(cut(&["imports, a very long name indeed"; 2]), ["imports, a very lon…"; 2]);
    }

    #[test]
    fn long_labels_leave_room_for_figures() {
        let long = "按選定目的地劃分的整體出口 of a commodity whose title is a sentence";
        assert_eq!(cut([long].into_iter(), 30), ["按選定目…"]);
        let bar = Bar { label: long.to_owned(), value: 123_456.into(), share: None };
        let rows = bars_of(&[bar], 40);
        assert!(rows[0].width() <= 40 && rows[0].contains("123,456"), "{rows:?}");
        let lines = [line(long, &[Some(1), Some(2)]), line("b", &[Some(1), Some(2)])];
        let rows = sparks(&["2018-01".to_owned(), "2018-02".to_owned()], &lines, 44);
        assert!(rows.iter().take(3).all(|row| row.width() <= 44), "{rows:?}");
    }
}
