//! Pictures of characters.

use ratatui_core::buffer::Buffer;
use ratatui_core::layout::Rect;
use ratatui_core::symbols::Marker;
use ratatui_core::widgets::Widget as _;
use ratatui_widgets::chart::{Axis, Chart, Dataset, GraphType};
use rust_decimal::Decimal;
use unicode_width::UnicodeWidthStr as _;

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

/// Label, figure, share, and a bar in the room that is left.
fn bars_of(bars: &[Bar], width: usize) -> Vec<String> {
    let figures: Vec<_> = bars.iter().map(|bar| grouped(bar.value)).collect();
    let shares: Vec<_> =
        bars.iter().map(|bar| bar.share.map(|share| format!("{share:.2} %")).unwrap_or_default()).collect();
    let labels = widest(bars.iter().map(|bar| bar.label.as_str()));
    let (wide, share_wide) =
        (widest(figures.iter().map(String::as_str)), widest(shares.iter().map(String::as_str)));
    let gap = if share_wide > 0 { 2 } else { 0 };
    let room = width.saturating_sub(labels + wide + share_wide + gap + 4).max(8);
    let most = bars.iter().map(|bar| place(bar.value)).fold(0.0, f64::max);
    let rows = bars.iter().zip(figures).zip(shares);
    rows.map(|((bar, figure), share)| {
        let part = if most > 0.0 { place(bar.value).max(0.0) / most } else { 0.0 };
        let share = if gap > 0 { format!("  {}", padded(&share, share_wide, true)) } else { share };
        let line = format!(
            "{}  {}{share}  {}",
            padded(&bar.label, labels, false),
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
    let points: Vec<(f64, f64)> = (0u32..)
        .zip(&line.values)
        .filter_map(|(at, value)| Some((f64::from(at), place((*value)?))))
        .collect();
    let (low, high) = bounds(line.values.iter().flatten());
    let (bottom, top) = (place(low), place(high));
    // A level line has a scale, too.
    let top = if top > bottom { top } else { bottom + 1.0 };
    let last = f64::from(u32::try_from(periods.len().saturating_sub(1)).unwrap_or(u32::MAX));
    let ends =
        [periods.first(), periods.get(periods.len() / 2).filter(|_| periods.len() > 2), periods.last()];
    let ends: Vec<String> = ends.into_iter().flatten().cloned().collect();
    let data = Dataset::default().marker(Marker::Braille).graph_type(GraphType::Line).data(&points);
    let chart = Chart::new(vec![data])
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

/// Each line as a row of columns on its own scale, with its first and last figure.
fn sparks(periods: &[String], lines: &[Line], width: usize) -> Vec<String> {
    let ends = |line: &Line| {
        let mut values = line.values.iter().flatten();
        let first = values.next().copied();
        [first, values.next_back().copied().or(first)].map(|value| value.map(grouped).unwrap_or_default())
    };
    let labels = widest(lines.iter().map(|line| line.label.as_str()));
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
    let rows = lines.iter().zip(&figures);
    let rows = rows.map(|(line, [first, last])| row(&line.label, first, &spark(line, columns), last));
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
