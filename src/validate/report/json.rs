use std::io::{self, Write};

use serde::Serialize;
use serde_json::{Value, json as object};

use super::Report;
use crate::documents::Part;
use crate::validate::{Checked, Finding, Problem};

/// Tells a report of this form, in its first member.
pub(in crate::validate) const FORMAT: &str = "tradebind-report/1";

#[derive(Serialize)]
struct Whole<'a> {
    format: &'static str,
    checked: Vec<Value>,
    findings: &'a [Finding],
    problems: Vec<Value>,
    accepted: usize,
    stale: &'a [String],
    passed_over: &'a [String],
}

/// One JSON object: `checked`, `findings`, `problems`, `accepted`, `stale`, `passed_over`.
///
/// # Errors
/// When it cannot be written.
pub fn json(report: &Report, into: &mut dyn Write) -> io::Result<()> {
    let checked: Vec<_> = report.checked.iter().map(payload).collect();
    let problems: Vec<_> = report.problems.iter().map(problem).collect();
    let whole = Whole {
        format: FORMAT,
        checked,
        findings: &report.findings,
        problems,
        accepted: report.accepted,
        stale: &report.stale,
        passed_over: &report.passed_over,
    };
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
