use std::io::{self, Write};

use quick_junit::{NonSuccessKind, Report as Suites, TestCase, TestCaseStatus, TestSuite};

use super::{Report, many, tool};
use crate::validate::{Finding, Severity};

/// JUnit XML: a suite for each file, a case for each payload. Findings as grave as `fail_on` fail a case; others are its output.
///
/// # Errors
/// When it cannot be written.
pub fn junit(report: &Report, fail_on: Severity, into: &mut dyn Write) -> io::Result<()> {
    let mut all = Suites::new(tool(report));
    let mut suite: Option<TestSuite> = None;
    for checked in &report.checked {
        if suite.as_ref().is_none_or(|suite| suite.name.as_str() != checked.file) {
            all.add_test_suites(suite.take());
        }
        let findings =
            report.findings.get(checked.first..checked.first + checked.findings).unwrap_or_default();
        let (wrong, other): (Vec<&Finding>, Vec<_>) =
            findings.iter().partition(|finding| finding.severity >= fail_on);
        let text = |list: &[&Finding]| {
            let lines = list.iter().map(|finding| format!("{finding}; to mend it: {}", finding.mend));
            lines.collect::<Vec<_>>().join("\n")
        };
        let status = match wrong.as_slice() {
            [] if checked.gravest_untold < Some(fail_on) => TestCaseStatus::success(),
            list => {
                let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
                let more = if checked.untold > 0 {
                    format!(", {} more not listed", checked.untold)
                } else {
                    String::new()
                };
                let what = if fail_on == Severity::Error { "error" } else { "finding" };
                status.set_message(format!("{}{more}", many(list.len(), what)));
                status.set_type(list.first().map_or("untold", |finding| finding.rule));
                status.set_description(text(list));
                status
            }
        };
        let mut case = TestCase::new(checked.name(), status);
        case.set_classname(checked.subject.to_string());
        if !other.is_empty() {
            case.set_system_out(text(&other));
        }
        suite.get_or_insert_with(|| TestSuite::new(checked.file.clone())).add_test_case(case);
    }
    all.add_test_suites(suite.take());
    for problem in &report.problems {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        status.set_message(problem.text.clone());
        let mut suite = TestSuite::new(problem.file.clone());
        suite.add_test_case(TestCase::new(problem.file.clone(), status));
        all.add_test_suite(suite);
    }
    all.serialize(into).map_err(io::Error::other)
}
