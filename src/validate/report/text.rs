use std::borrow::Cow;
use std::io::{self, Write};

use unicode_width::UnicodeWidthChar as _;

use super::{Report, harmless, many, summary};
use crate::validate::{Excerpt, Finding, Problem, Severity};

/// For people: each finding with its line, then a summary.
///
/// # Errors
/// When it cannot be written.
pub fn text(report: &Report, color: bool, into: &mut dyn Write) -> io::Result<()> {
    for finding in &report.findings {
        one(finding, color, into)?;
    }
    for checked in report.checked.iter().filter(|checked| checked.untold > 0) {
        let (name, untold) = (file(&checked.name()), many(checked.untold, "more finding"));
        writeln!(into, "{name}: {untold} beyond --limit; a higher one tells more")?;
    }
    for problem in &report.problems {
        // Its own line breaks are ours.
        let lines = problem.text.lines().map(harmless).collect::<Vec<_>>().join("\n");
        let told = Problem { file: file(&problem.file), text: lines, ..*problem };
        writeln!(into, "{told}")?;
    }
    for own in &report.passed_over {
        writeln!(into, "{}: passed over, since it is a report or a baseline of tradebind", file(own))?;
    }
    for stale in &report.stale {
        writeln!(into, "stale in the baseline: {}", harmless(stale))?;
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
    let Finding { line, column, severity, rule, pointer, .. } = finding;
    let file = file(&finding.file);
    writeln!(into, "{file}:{line}:{column}: {paint}{severity}{plain}[{rule}] at {}", shown(pointer))?;
    if let Some(excerpt) = &finding.excerpt {
        let number = line.to_string();
        writeln!(into, "  {number} | {}", excerpt.text)?;
        let (margin, (before, marks)) = (" ".repeat(number.len()), columns(excerpt));
        writeln!(into, "  {margin} | {}{paint}{}{plain}", " ".repeat(before), "^".repeat(marks))?;
    }
    writeln!(into, "  expected {}", harmless(&finding.expected))?;
    writeln!(into, "  found {}", harmless(&finding.found))?;
    if let Some(place) = &finding.asked_by {
        writeln!(into, "  asked for by {place}")?;
    }
    writeln!(into, "  to mend it: {}\n", harmless(&finding.mend))
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

fn shown(pointer: &str) -> Cow<'_, str> {
    if pointer.is_empty() { Cow::Borrowed("the whole payload") } else { harmless(pointer) }
}

/// A file's name where a line begins with it: GitHub takes a line that begins with two colons for a command.
fn file(name: &str) -> String {
    let here = if name.trim_start().starts_with("::") { "./" } else { "" };
    format!("{here}{}", harmless(name))
}
