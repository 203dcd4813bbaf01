//! Pictures of answers, where people would rather look: as text for a terminal, and as SVG.
//!
//! [`Picture::of_table`] draws figures of Hong Kong, as lines over the periods or as ranked bars, and [`Picture::of_query`]
//! the same with what is nil; [`Picture::of_regions`] TradeWind's world regions, as ranked bars with their shares. Each has its title, unit, source and day of retrieval on it.
//!
//! ```
//! use tradebind::chart::{Picture, Provenance};
//! use tradebind::table::Table;
//!
//! let body = br#"{"header": {"status": {"code": 0}, "title": "Total exports"}, "dataSet": [
//!     {"freq": "M", "period": "201805", "ttype": 4, "sv": "VCm", "unitEN": "HK$ '000", "figure": "194542691"},
//!     {"freq": "M", "period": "201806", "ttype": 4, "sv": "VCm", "unitEN": "HK$ '000", "figure": "186190690"}]}"#;
//! let provenance = Provenance::now("C&SD, Hong Kong");
//! let picture = Picture::of_table(&Table::decode(body)?, &provenance)?;
//! assert!(picture.to_text(80).starts_with("Total exports"));
//! assert!(picture.to_svg().starts_with("<svg"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod regions;
mod svg;
mod table;
mod text;

use std::fmt;
use std::time::SystemTime;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;
use time::OffsetDateTime;

/// The most bars, and the most lines, that can be told apart.
const MOST_BARS: usize = 25;
const MOST_LINES: usize = 7;

/// Where figures come from, and when they were got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provenance {
    source: String,
    retrieved: SystemTime,
}

impl Provenance {
    /// From a source, at a time.
    #[must_use]
    pub fn new(source: impl Into<String>, retrieved: SystemTime) -> Self {
        Self { source: source.into(), retrieved }
    }

    /// From a source, now.
    #[must_use]
    pub fn now(source: impl Into<String>) -> Self {
        Self::new(source, SystemTime::now())
    }
}

/// The day in UTC.
impl fmt::Display for Provenance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = OffsetDateTime::from(self.retrieved);
        let month = u8::from(at.month());
        write!(f, "Source: {}; retrieved {:04}-{month:02}-{:02}", self.source, at.year(), at.day())
    }
}

/// A text of a service as it may stand in a picture: nothing in it moves a cursor or breaks a line.
fn plain(text: String) -> String {
    if text.contains(char::is_control) { text.replace(char::is_control, " ") } else { text }
}

/// A picture, ready to be drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct Picture {
    title: String,
    /// What all figures have in common, the unit last.
    unit: String,
    shape: Shape,
    /// What is not drawn, or not as it came, a line each.
    left_out: Vec<String>,
    provenance: Provenance,
}

#[derive(Debug, Clone, PartialEq)]
enum Shape {
    /// The largest first.
    Bars(Vec<Bar>),
    /// The largest last value first.
    Lines { periods: Vec<String>, lines: Vec<Line> },
}

#[derive(Debug, Clone, PartialEq)]
struct Bar {
    label: String,
    value: Decimal,
    /// In per cent.
    share: Option<Decimal>,
}

#[derive(Debug, Clone, PartialEq)]
struct Line {
    label: String,
    /// One a period; none where no number is known.
    values: Vec<Option<Decimal>>,
}

/// Why there is nothing to draw.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Undrawable {
    /// No row has a figure.
    NoFigures,
    /// Figures that no common scale holds, with their units.
    Units(Vec<String>),
}

impl fmt::Display for Undrawable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoFigures => f.write_str("there are no figures to draw"),
            Self::Units(units) => {
                write!(
                    f,
                    "figures of several kinds do not fit one picture: {}; ask for one of them",
                    units.join("; ")
                )
            }
        }
    }
}

impl std::error::Error for Undrawable {}

impl Picture {
    /// The picture as SVG, 960 pixels wide; as high as its bars need.
    #[must_use]
    pub fn to_svg(&self) -> String {
        svg::drawn(self)
    }

    /// The picture as text, so many columns wide; 40 at least.
    #[must_use]
    pub fn to_text(&self, width: u16) -> String {
        text::drawn(self, width.max(40))
    }

    /// What stands under the figures.
    fn foot(&self) -> Vec<String> {
        self.left_out.iter().cloned().chain([self.provenance.to_string()]).collect()
    }
}

impl Shape {
    fn bars(mut bars: Vec<Bar>) -> (Self, Option<String>) {
        bars.sort_by_key(|bar| std::cmp::Reverse(bar.value));
        let left = bars.len().saturating_sub(MOST_BARS);
        bars.truncate(MOST_BARS);
        (Self::Bars(bars), left_out(left))
    }

    fn lines(periods: Vec<String>, mut lines: Vec<Line>) -> (Self, Option<String>) {
        let last = |line: &Line| line.values.iter().rev().find_map(|value| *value);
        lines.sort_by_key(|line| std::cmp::Reverse(last(line)));
        let left = lines.len().saturating_sub(MOST_LINES);
        lines.truncate(MOST_LINES);
        (Self::Lines { periods, lines }, left_out(left))
    }
}

fn left_out(count: usize) -> Option<String> {
    (count > 0).then(|| format!("{count} smaller ones are not drawn"))
}

/// A figure for people: thousands apart.
fn grouped(value: Decimal) -> String {
    let text = value.normalize().to_string();
    let (sign, text) = text.strip_prefix('-').map_or(("", text.as_str()), |rest| ("-", rest));
    let (whole, part) = text.split_once('.').map_or((text, None), |(whole, part)| (whole, Some(part)));
    let mut out = sign.to_owned();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    part.map_or(out.clone(), |part| format!("{out}.{part}"))
}

/// Where a figure lies on the paper; nothing is told from it.
fn place(value: Decimal) -> f64 {
    value.to_f64().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_grouped_and_stay_exact() {
        let read = |text: &str| grouped(text.parse().unwrap());
        assert_eq!(read("194542691"), "194,542,691");
        assert_eq!(read("-1234.50"), "-1,234.5");
        assert_eq!(read("999"), "999");
        assert_eq!(read("123456789012345678901234.5"), "123,456,789,012,345,678,901,234.5");
    }
}
