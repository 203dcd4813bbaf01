//! Pictures as SVG.

use plotters::coord::Shift;
use plotters::prelude::{
    BLACK, ChartBuilder, Color as _, DrawingArea, DrawingAreaErrorKind, IntoDrawingArea as _, IntoFont as _,
    LineSeries, PathElement, RGBColor, Rectangle, SVGBackend, Text, TextStyle, WHITE,
};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use super::{Bar, Line, Picture, Shape, grouped, place};

const WIDTH: i32 = 960;
const MARGIN: i32 = 24;
/// Height of a picture of lines, without title and foot.
const PLOT: i32 = 420;
const BAR: i32 = 26;
/// Heights of lines of text.
const TITLE: i32 = 28;
const SMALL: i32 = 18;
/// Chinese where the viewer has it; every viewer has a sans-serif.
const FONT: &str =
    "Noto Sans, Noto Sans CJK TC, Noto Sans CJK SC, PingFang TC, Microsoft JhengHei, sans-serif";
const GREY: RGBColor = RGBColor(90, 90, 90);
const LIGHT: RGBColor = RGBColor(225, 225, 225);
/// Colours that people who see few of them tell apart (Okabe and Ito), without the yellow that white swallows.
const COLOURS: [RGBColor; 7] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(86, 180, 233),
    RGBColor(230, 159, 0),
    RGBColor(0, 0, 0),
];

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Drawn = Result<(), DrawingAreaErrorKind<std::io::Error>>;

pub(super) fn drawn(picture: &Picture) -> String {
    let title = wrapped(&picture.title, columns(WIDTH - 2 * MARGIN, 20));
    let unit = wrapped(&format!("({})", picture.unit), columns(WIDTH - 2 * MARGIN, 14));
    let legend: Vec<_> = match &picture.shape {
        Shape::Lines { lines, .. } if lines.len() > 1 => {
            lines.iter().map(|line| line.label.as_str()).collect()
        }
        Shape::Lines { .. } | Shape::Bars(_) => Vec::new(),
    };
    let foot: Vec<_> =
        picture.foot().iter().flat_map(|line| wrapped(line, columns(WIDTH - 2 * MARGIN, 13))).collect();
    let rows = |lines: usize| i32::try_from(lines).unwrap_or(i32::MAX / 1000);
    let head = MARGIN + rows(title.len()) * TITLE + rows(unit.len()) * SMALL + 14;
    let middle = match &picture.shape {
        Shape::Bars(bars) => rows(bars.len()) * BAR + 8,
        Shape::Lines { .. } => PLOT + rows(legend.len()) * SMALL,
    };
    let height = head + middle + rows(foot.len()) * SMALL + MARGIN;
    let mut svg = String::new();
    let size = (WIDTH.unsigned_abs(), height.unsigned_abs());
    {
        let area = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        let all = || -> Drawn {
            area.fill(&WHITE)?;
            let mut y = MARGIN;
            for line in &title {
                text(&area, line, (MARGIN, y), 20, &BLACK, HPos::Left)?;
                y += TITLE;
            }
            for line in &unit {
                text(&area, line, (MARGIN, y), 14, &GREY, HPos::Left)?;
                y += SMALL;
            }
            match &picture.shape {
                Shape::Bars(bars) => bars_at(&area, bars, head)?,
                Shape::Lines { periods, lines } => {
                    lines_at(&area, periods, lines, head)?;
                    legend_at(&area, &legend, head + PLOT)?;
                }
            }
            let mut y = head + middle + 4;
            for line in &foot {
                text(&area, line, (MARGIN, y), 13, &GREY, HPos::Left)?;
                y += SMALL;
            }
            area.present()
        };
        // A text that is written into cannot fail.
        _ = all();
    }
    svg
}

fn text(area: &Area<'_>, line: &str, at: (i32, i32), size: u32, colour: &RGBColor, side: HPos) -> Drawn {
    let style = TextStyle::from((FONT, size).into_font()).color(colour).pos(Pos::new(side, VPos::Top));
    area.draw(&Text::new(line.to_owned(), at, style))
}

/// About how many columns of text of a size fit; two of them hold a Chinese character, which is as wide as high.
fn columns(width: i32, size: i32) -> usize {
    usize::try_from(width * 2 / size).unwrap_or_default()
}

/// About how wide a text of a size is.
fn wide(line: &str, size: i32) -> i32 {
    i32::try_from(line.width()).unwrap_or_default() * size * 11 / 20
}

/// Lines of at most so many columns, broken at spaces where there are any.
fn wrapped(text: &str, most: usize) -> Vec<String> {
    let (mut lines, mut line) = (Vec::new(), String::new());
    for c in text.chars().map(|c| if c.is_control() { ' ' } else { c }) {
        if line.width() + c.width().unwrap_or_default() > most {
            // A space near the end, else between any two characters, as Chinese is broken.
            let at = line.rfind(' ').filter(|at| *at > line.len() / 2).unwrap_or(line.len());
            let rest = line.split_off(at);
            lines.push(std::mem::replace(&mut line, rest.trim_start().to_owned()));
        }
        line.push(c);
    }
    lines.push(line);
    lines
}

fn bars_at(area: &Area<'_>, bars: &[Bar], top: i32) -> Drawn {
    let figures: Vec<_> = bars
        .iter()
        .map(|bar| match bar.share {
            Some(share) => format!("{} ({share:.2} %)", grouped(bar.value)),
            None => grouped(bar.value),
        })
        .collect();
    let longest = |widths: &mut dyn Iterator<Item = i32>| widths.max().unwrap_or_default();
    let left = MARGIN + longest(&mut bars.iter().map(|bar| wide(&bar.label, 14))).min(WIDTH / 2) + 10;
    let right = WIDTH - MARGIN - longest(&mut figures.iter().map(|figure| wide(figure, 14))) - 10;
    let room = f64::from((right - left).max(40));
    let most = bars.iter().map(|bar| place(bar.value)).fold(0.0, f64::max);
    let mut y = top;
    for (bar, figure) in bars.iter().zip(&figures) {
        let part = if most > 0.0 { place(bar.value).max(0.0) / most } else { 0.0 };
        #[allow(clippy::cast_possible_truncation, reason = "within the picture")]
        let end = left + (part * room).round() as i32;
        text(area, &bar.label, (left - 8, y + 6), 14, &BLACK, HPos::Right)?;
        let first = COLOURS.first().copied().unwrap_or(BLACK);
        area.draw(&Rectangle::new([(left, y + 2), (end.max(left + 1), y + BAR - 4)], first.filled()))?;
        text(area, figure, (end + 8, y + 6), 14, &BLACK, HPos::Left)?;
        y += BAR;
    }
    Ok(())
}

fn lines_at(area: &Area<'_>, periods: &[String], lines: &[Line], top: i32) -> Drawn {
    let height = u32::try_from(PLOT).unwrap_or_default();
    let (_, below) = area.split_vertically(top);
    let (plot, _) = below.split_vertically(i32::try_from(height).unwrap_or_default());
    let values = || lines.iter().flat_map(|line| line.values.iter().flatten().map(|value| place(*value)));
    let high = values().fold(0.0, f64::max);
    let low = values().fold(0.0, f64::min);
    // From nought, so that heights compare; a hair above the highest.
    let high = if high > low { high + (high - low) * 0.05 } else { low + 1.0 };
    let marked = |value: f64| label(value, decimals(high - low));
    let last = f64::from(u32::try_from(periods.len().saturating_sub(1)).unwrap_or(u32::MAX)).max(1.0);
    let mut chart = ChartBuilder::on(&plot)
        .margin_left(MARGIN)
        .margin_right(MARGIN + 20)
        .x_label_area_size(34)
        .y_label_area_size(wide(&marked(high), 13) + 12)
        .build_cartesian_2d(0.0..last, low..high)?;
    let name = |at: &f64| {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a number of a period")]
        let whole = at.round() as usize;
        let period = (at.fract().abs() < 1e-9).then(|| periods.get(whole).cloned()).flatten();
        period.unwrap_or_default()
    };
    let font = |size: u32| TextStyle::from((FONT, size).into_font()).color(&GREY);
    chart
        .configure_mesh()
        .disable_x_mesh()
        .light_line_style(WHITE)
        .bold_line_style(LIGHT)
        .axis_style(GREY)
        .x_labels(periods.len().min(13))
        .y_labels(6)
        .x_label_formatter(&name)
        .y_label_formatter(&|value: &f64| marked(*value))
        .x_label_style(font(13))
        .y_label_style(font(13))
        .draw()?;
    for (line, colour) in lines.iter().zip(COLOURS) {
        // A gap where the answer has no row.
        let points: Vec<_> = (0u32..).map(f64::from).zip(&line.values).collect();
        for piece in points.split(|(_, value)| value.is_none()) {
            let piece: Vec<_> =
                piece.iter().filter_map(|(at, value)| Some((*at, place((**value)?)))).collect();
            chart.draw_series(LineSeries::new(piece, colour.stroke_width(2)).point_size(3))?;
        }
    }
    Ok(())
}

/// Decimals that tell the marks of a scale of such a height apart: there are some ten marks at most.
fn decimals(height: f64) -> u32 {
    #[allow(clippy::cast_possible_truncation, reason = "a few digits")]
    let digits = height.log10().floor() as i32;
    u32::try_from(2 - digits).unwrap_or_default().min(12)
}

/// A mark of the scale.
fn label(value: f64, decimals: u32) -> String {
    use rust_decimal::prelude::FromPrimitive as _;
    rust_decimal::Decimal::from_f64(value).map(|value| grouped(value.round_dp(decimals))).unwrap_or_default()
}

fn legend_at(area: &Area<'_>, labels: &[&str], top: i32) -> Drawn {
    let mut y = top;
    for (label, colour) in labels.iter().zip(COLOURS) {
        let line = vec![(MARGIN + 20, y + 8), (MARGIN + 44, y + 8)];
        area.draw(&PathElement::new(line, colour.stroke_width(3)))?;
        text(area, label, (MARGIN + 52, y), 13, &BLACK, HPos::Left)?;
        y += SMALL;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_of_a_scale_differ() {
        for high in ["2", "0.03", "7", "950", "194542691", "1"] {
            let values = [Some("0".parse().unwrap()), Some(high.parse().unwrap())];
            let line = Line { label: String::new(), values: values.to_vec() };
            let picture = Picture {
                title: "title".to_owned(),
                unit: "unit".to_owned(),
                shape: Shape::Lines {
                    periods: vec!["2018-01".to_owned(), "2018-02".to_owned()],
                    lines: vec![line],
                },
                left_out: Vec::new(),
                provenance: crate::chart::Provenance::now("here"),
            };
            let svg = drawn(&picture);
            let texts =
                svg.lines().map(str::trim).filter(|line| line.starts_with(|c: char| c.is_ascii_digit()));
            let marks: Vec<_> = texts.filter(|line| !line.contains('-')).collect();
            let differ: std::collections::BTreeSet<_> = marks.iter().collect();
            assert!(marks.len() > 2 && differ.len() == marks.len(), "{high}: {marks:?}");
        }
    }

    #[test]
    fn lines_are_broken_at_spaces_or_between_chinese_characters() {
        assert_eq!(wrapped("one two three four", 10), ["one two", "three four"]);
        assert_eq!(wrapped("按選定目的地劃分的整體出口", 10), ["按選定目的", "地劃分的整", "體出口"]);
        assert_eq!(wrapped("", 10), [""]);
    }
}
