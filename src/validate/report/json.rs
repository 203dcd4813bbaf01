use std::io::{self, Write};

use serde_json::{Value, json as object};

use super::Report;
use crate::documents::Part;
use crate::validate::{Checked, Problem};

/// One JSON object: `checked`, `findings`, `problems`, `accepted`, `stale`.
///
/// # Errors
/// When it cannot be written.
pub fn json(report: &Report, into: &mut dyn Write) -> io::Result<()> {
    let checked: Vec<_> = report.checked.iter().map(payload).collect();
    let problems: Vec<_> = report.problems.iter().map(problem).collect();
    let whole = object!({
        "format": "tradebind-report/1",
        "checked": checked,
        "findings": report.findings,
        "problems": problems,
        "accepted": report.accepted,
        "stale": report.stale,
    });
    serde_json::to_writer_pretty(&mut *into, &whole)?;
    writeln!(into)
}

fn payload(checked: &Checked) -> Value {
    let Checked { file, pointer, line, subject, findings, untold, .. } = checked;
    let part = if subject.part == Part::Request { "request" } else { "response" };
    object!({
        "file": file, "pointer": pointer, "line": line, "service": subject.service, "operation": subject.operation,
        "part": part, "findings": findings, "untold": untold,
    })
}

fn problem(problem: &Problem) -> Value {
    object!({ "file": problem.file, "line": problem.line, "text": problem.text })
}
