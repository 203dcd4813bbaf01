use std::io::{self, Write};

use super::{Report, summary};
use crate::validate::{Finding, Severity};

/// For people: each finding with its line, then a summary.
///
/// # Errors
/// When it cannot be written.
pub fn text(report: &Report, color: bool, into: &mut dyn Write) -> io::Result<()> {
    for finding in &report.findings {
        one(finding, color, into)?;
    }
    for checked in report.checked.iter().filter(|checked| checked.untold > 0) {
        writeln!(into, "{}: {} more findings of rules that told too many", checked.name(), checked.untold)?;
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
        let (margin, before) = (" ".repeat(number.len()), " ".repeat(excerpt.caret));
        writeln!(into, "  {margin} | {before}{paint}{}{plain}", "^".repeat(excerpt.length))?;
    }
    writeln!(into, "  expected {}", finding.expected)?;
    writeln!(into, "  found {}", finding.found)?;
    if let Some(place) = &finding.asked_by {
        writeln!(into, "  asked for by {place}")?;
    }
    writeln!(into, "  to mend it: {}\n", finding.mend)
}

fn shown(pointer: &str) -> &str {
    if pointer.is_empty() { "the whole payload" } else { pointer }
}
