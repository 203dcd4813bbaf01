//! A report in the forms that people and machines read.

mod github;
mod json;
mod junit;
mod sarif;
mod text;

use std::borrow::Cow;
use std::io::{self, Write};
use std::str::FromStr;

pub use github::github;
pub(super) use json::FORMAT;
pub use json::json;
pub use junit::junit;
pub use sarif::sarif;
pub use text::text;

use super::finding::steers;
use super::{Report, Severity};

/// What a report may name as its maker.
pub(super) const TOOLS: [&str; 2] = ["tradebind validate", "tradebind drift"];

/// Its maker.
fn tool(report: &Report) -> &'static str {
    TOOLS[usize::from(report.compared.is_some())]
}

/// A form of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// For people, with the offending line.
    Text,
    /// One JSON object.
    Json,
    /// SARIF 2.1.0, which code hosts show beside the lines.
    Sarif,
    /// JUnit XML: a test case for each payload, those that pass too.
    Junit,
    /// GitHub's workflow commands, which annotate the lines.
    Github,
}

impl Format {
    /// Every form.
    pub const ALL: [Self; 5] = [Self::Text, Self::Json, Self::Sarif, Self::Junit, Self::Github];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
            Self::Sarif => "sarif",
            Self::Junit => "junit",
            Self::Github => "github",
        }
    }

    /// Writes a report; `fail_on`, the least grave finding that fails a payload, counts for JUnit only, `color` for text.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(
        self,
        report: &Report,
        fail_on: Severity,
        color: bool,
        into: &mut dyn Write,
    ) -> io::Result<()> {
        match self {
            Self::Text => text(report, color, into),
            Self::Json => json(report, into),
            Self::Sarif => sarif(report, into),
            Self::Junit => junit(report, fail_on, into),
            Self::Github => github(report, into),
        }
    }
}

impl FromStr for Format {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|format| format.name() == name).ok_or_else(|| {
            format!("{name:?} is no form of a report; they are {}", Self::ALL.map(Self::name).join(", "))
        })
    }
}

/// A text in which no control character reaches a terminal, and no line of it another line of the report: names and keys are other
/// people's.
fn harmless(text: &str) -> Cow<'_, str> {
    if !text.contains(steers) {
        return Cow::Borrowed(text);
    }
    let escape = |letter: char| match steers(letter) {
        true => letter.escape_default().to_string(),
        false => letter.to_string(),
    };
    Cow::Owned(text.chars().map(escape).collect())
}

fn many(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// What was checked and found, in a line.
fn summary(report: &Report) -> String {
    use Severity::{Error, Note, Warning};
    let mut parts = vec![
        format!("{} checked", many(report.checked.len(), "payload")),
        many(report.count(Error), "error"),
        many(report.count(Warning), "warning"),
        many(report.count(Note), "note"),
    ];
    let untold: usize = report.checked.iter().map(|checked| checked.untold).sum();
    if untold > 0 {
        parts.push(format!("{untold} of them not listed"));
    }
    if report.accepted > 0 {
        parts.push(format!("{} accepted by the baseline", report.accepted));
    }
    if !report.stale.is_empty() {
        parts.push(format!("{} stale in the baseline", report.stale.len()));
    }
    if !report.problems.is_empty() {
        parts.push(format!("{} could not be checked", report.problems.len()));
    }
    if report.checked.is_empty() {
        parts.push("nothing was checked".to_owned());
    }
    parts.join(", ")
}
