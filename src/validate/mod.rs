//! Checks of payloads for CI: what was sent to the two services, and what they answered. Without network.
//!
//! ```
//! use tradebind::validate::{Severity, Validator};
//!
//! let answer = r#"{"header": {"status": {"code": 0}, "count": {"noOfRecords": 2}}, "dataSet": []}"#;
//! let report = Validator::new().check_text("answer.json", answer);
//! assert!(!report.passes(Severity::Error));
//! let finding = &report.findings[0];
//! assert_eq!((finding.rule, finding.line, finding.pointer.as_str()), ("hk/count", 1, "/header/count/noOfRecords"));
//! ```
//!
//! A payload is a bare body, a line of NDJSON, a side of a recorded [exchange](crate::exchange) or of an entry of a HAR file. What a
//! bare body is, its shape tells, or [`Validator::only`].
//!
//! A sound payload is read once, value by value, and costs 24 bytes a row. Only where something is to be told is it read again, by a
//! reader that knows places.

mod baseline;
mod check;
mod config;
mod diagnose;
pub mod drift;
mod finding;
mod input;
mod judge;
mod locate;
#[cfg(test)]
mod one_verdict;
mod quick;
pub mod report;
mod rule;
mod schema;
mod strangers;
mod window;

/// The rule whose findings leave a payload unchecked: they are not weighed, and not accepted.
const UNCHECKED: &str = "json/syntax";

pub use baseline::{Baseline, InvalidBaseline};
pub use check::Validator;
pub use config::{Config, InvalidConfig};
pub use finding::{Checked, Excerpt, Finding, Problem, Report, Severity, Subject};
pub use rule::{RULES, Rule, named, rule};

/// The files that paths, folders and patterns stand for: those that [`Validator::check`] reads. None where one leads nowhere.
#[must_use]
pub fn files<P: AsRef<str>>(paths: &[P]) -> Vec<std::path::PathBuf> {
    let found = paths.iter().filter_map(|path| input::files_of(path.as_ref(), paths.len()).ok());
    found.flat_map(|found| found.files).collect()
}

/// For tests: panics, with the messages of `tradebind validate`, where a body has findings that are errors.
///
/// # Panics
/// When the body is not sound, or its shape does not tell what it is.
#[track_caller]
pub fn assert_valid(body: &str) {
    assert_valid_with(&mut Validator::new(), body);
}

/// As [`assert_valid`], with a validator of your own.
///
/// # Panics
/// When the body is not sound, or it could not be told what it is.
#[track_caller]
#[expect(clippy::panic, reason = "an assertion's job")]
pub fn assert_valid_with(validator: &mut Validator, body: &str) {
    let report = validator.check_text("body", body);
    if !report.passes(Severity::Error) {
        let mut text = Vec::new();
        // Writing to memory cannot fail.
        _ = report::text(&report, false, &mut text);
        panic!("the body is not sound\n{}", String::from_utf8_lossy(&text));
    }
}
