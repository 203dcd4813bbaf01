use std::io::{self, Write};

use unicode_width::UnicodeWidthChar as _;

use super::{Report, summary};
use crate::validate::{Excerpt, Finding, Severity};

/// For people: each finding with its line, then a summary.
///
/// # Errors
/// When it cannot be written.
pub fn text(report: &Report, color: bool, into: &mut dyn Write) -> io::Result<()> {
    for finding in &report.findings {
        one(finding, color, into)?;
    }
    for checked in report.checked.iter().filter(|checked| checked.untold > 0) {
        let (name, untold) = (checked.name(), checked.untold);
        writeln!(into, "{name}: {untold} more findings of rules that told too many; --limit tells more")?;
    }
    for problem in &report.problems {
        writeln!(into, "{problem}")?;
    }
    for stale in &report.stale {
        writeln!(into, "stale in the baseline: {stale}")?;
    }
    writeln!(into, "{}", summary(report))
}

fn one(finding: &Finding, color: bool, into: &mut dyn Write) -> io::Result<()> {
    let (paint, plain) = match (color, finding.severity) {
        (false, _) => ("", ""),
        (true, Severity::Error) => ("\u{1b}[1;31m", "\u{1b}[0m"),
        (true, Severity::Warning) => ("\u{1b}[1;33m", "\u{1b}[0m"),
        (true, Severity::Note) => ("\u{1b}[1;34m", "\u{1b}[0m"),
    };
    let Finding { file, line, column, severity, rule, pointer, .. } = finding;
    writeln!(into, "{file}:{line}:{column}: {paint}{severity}{plain}[{rule}] at {}", shown(pointer))?;
    if let Some(excerpt) = &finding.excerpt {
        let number = line.to_string();
        writeln!(into, "  {number} | {}", excerpt.text)?;
        let (margin, (before, marks)) = (" ".repeat(number.len()), columns(excerpt));
        writeln!(into, "  {margin} | {}{paint}{}{plain}", " ".repeat(before), "^".repeat(marks))?;
    }
    writeln!(into, "  expected {}", finding.expected)?;
    writeln!(into, "  found {}", finding.found)?;
    if let Some(place) = &finding.asked_by {
        writeln!(into, "  asked for by {place}")?;
    }
    writeln!(into, "  to mend it: {}\n", finding.mend)
}

/// Columns of a terminal before what is meant, and those of it: a Chinese letter takes two.
fn columns(excerpt: &Excerpt) -> (usize, usize) {
    let wide =
        |letters: &mut dyn Iterator<Item = char>| letters.map(|letter| letter.width().unwrap_or(0)).sum();
    let mut letters = excerpt.text.chars();
    let before: usize = wide(&mut letters.by_ref().take(excerpt.caret));
    let meant: usize = wide(&mut letters.take(excerpt.length));
    // Past the end of a line there is nothing, which is meant all the same.
    (before + excerpt.caret.saturating_sub(excerpt.text.chars().count()), meant.max(1))
}

fn shown(pointer: &str) -> &str {
    if pointer.is_empty() { "the whole payload" } else { pointer }
}
