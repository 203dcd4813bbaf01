use std::io::{self, Write};

use super::{Report, harmless, summary};
use crate::validate::Severity;

/// GitHub's workflow commands: an annotation for each finding, at its line.
///
/// # Errors
/// When it cannot be written.
pub fn github(report: &Report, into: &mut dyn Write) -> io::Result<()> {
    for finding in &report.findings {
        let command = match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "notice",
        };
        let text =
            format!("expected {}; found {}\nto mend it: {}", finding.expected, finding.found, finding.mend);
        writeln!(
            into,
            "::{command} file={},line={},col={},title={}::{}",
            property(&finding.file),
            finding.line,
            finding.column,
            property(finding.rule),
            data(&text)
        )?;
    }
    for problem in &report.problems {
        writeln!(
            into,
            "::error file={},line={}::{}",
            property(&problem.file),
            problem.line.max(1),
            data(&problem.text)
        )?;
    }
    for own in &report.passed_over {
        let text = "is a report or a baseline of tradebind";
        writeln!(into, "::notice file={},title=passed over::{text}", property(own))?;
    }
    for stale in &report.stale {
        writeln!(into, "::warning title=stale in the baseline::{}", data(stale))?;
    }
    writeln!(into, "{}", summary(report))
}

/// As GitHub's own toolkit escapes them.
fn data(text: &str) -> String {
    harmless(&text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")).into_owned()
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
