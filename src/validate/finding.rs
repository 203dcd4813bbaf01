//! What is told of payloads.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::documents::Part;
use crate::exchange::ServiceName;

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Good to know.
    Note,
    /// Probably wrong.
    Warning,
    /// Wrong.
    Error,
}

impl Severity {
    /// `note`, `warning` or `error`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// Whether a character moves a terminal's cursor or turns the text around it: controls, and Unicode's bidirectional controls.
pub(super) fn steers(letter: char) -> bool {
    let turns = matches!(letter, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    turns || letter.is_control()
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The line that a finding is about, or the part of a long one around it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Excerpt {
    /// The text; control characters are replaced, and so are those that turn the direction of writing.
    pub text: String,
    /// How many characters of it stand before the place.
    pub caret: usize,
    /// How many characters are meant, at least one.
    pub length: usize,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Finding {
    /// Id of the rule; [`crate::validate::rule`] explains it.
    pub rule: &'static str,
    /// How much it weighs.
    pub severity: Severity,
    /// The file, or `-` for standard input.
    pub file: String,
    /// Line, from 1.
    pub line: u64,
    /// Column in characters, from 1.
    pub column: u64,
    /// Byte in the file, from 0.
    pub offset: u64,
    /// JSON pointer of the place in the file; empty for the whole.
    pub pointer: String,
    /// The place in the document that asks for it, such as `spec/hk-trade.yaml#/components/schemas/Row/properties/figure`; for a
    /// rule of meaning the schema of the place.
    pub asked_by: Option<String>,
    /// What should be there.
    pub expected: String,
    /// What is there.
    pub found: String,
    /// How to mend it.
    pub mend: String,
    /// The line.
    pub excerpt: Option<Excerpt>,
    /// What stays the same when lines shift.
    pub fingerprint: String,
    /// What sort of thing was found, whatever its value.
    #[serde(skip)]
    pub(super) sort: Option<String>,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { severity, rule, file, line, column, expected, found, .. } = self;
        write!(f, "{file}:{line}:{column}: {severity}[{rule}]: expected {expected}; found {found}")
    }
}

/// What a payload is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Subject {
    /// Whose it is.
    pub service: ServiceName,
    /// The `operationId`.
    pub operation: String,
    /// Which side.
    pub part: Part,
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = match self.part {
            Part::Request => "request",
            Part::Response => "response",
        };
        write!(f, "{} {} {part}", self.service, self.operation)
    }
}

/// A payload that was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Checked {
    /// The file, or `-` for standard input.
    pub file: String,
    /// JSON pointer of the payload in its file; empty where it is all of it.
    pub pointer: String,
    /// Line that it begins in, from 1.
    pub line: u64,
    /// What it is.
    pub subject: Subject,
    /// How many of the report's findings are about it.
    pub findings: usize,
    /// Where they begin in the report's list.
    pub first: usize,
    /// Further findings of this payload, beyond the most of a rule that are told.
    pub untold: usize,
    /// How many of these weigh how much.
    pub untold_by: BTreeMap<Severity, usize>,
    /// What the gravest of these weighs.
    pub gravest_untold: Option<Severity>,
}

impl Checked {
    /// File, and the place in it.
    #[must_use]
    pub fn name(&self) -> String {
        match (self.pointer.as_str(), self.line) {
            ("", 1) => self.file.clone(),
            ("", line) => format!("{}:{line}", self.file),
            (pointer, _) => format!("{}#{pointer}", self.file),
        }
    }
}

/// Something that could not be checked.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Problem {
    /// The file, folder or pattern.
    pub file: String,
    /// Line, from 1; 0 where it is the whole.
    pub line: u64,
    /// What is wrong, and what to do.
    pub text: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.file, self.text),
            line => write!(f, "{}:{line}: {}", self.file, self.text),
        }
    }
}

/// What one run tells.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// What was checked, in order.
    pub checked: Vec<Checked>,
    /// Every finding, in order.
    pub findings: Vec<Finding>,
    /// What could not be checked.
    pub problems: Vec<Problem>,
    /// Findings that the baseline accepts.
    pub accepted: usize,
    /// Entries of the baseline that nothing answers to any more.
    pub stale: Vec<String>,
    /// Files that an earlier run wrote, of folders, patterns and several that are named: reports and baselines, which hold no payload.
    pub passed_over: Vec<String>,
    /// Of a report of drift: what was compared, as `service/operation.case.json`.
    pub(super) compared: Option<BTreeSet<String>>,
    /// Where only the first of what is alike is told: how often each was met, by its fingerprint.
    pub(super) alike: BTreeMap<String, usize>,
}

impl Report {
    /// Adds what another run told.
    pub fn add(&mut self, other: Self) {
        let before = self.findings.len();
        let shifted =
            other.checked.into_iter().map(|checked| Checked { first: checked.first + before, ..checked });
        self.checked.extend(shifted);
        self.findings.extend(other.findings);
        self.problems.extend(other.problems);
        self.accepted += other.accepted;
        self.stale.extend(other.stale);
        self.passed_over.extend(other.passed_over);
        if let Some(compared) = other.compared {
            self.compared.get_or_insert_default().extend(compared);
        }
    }

    /// Moves every place behind so many lines and bytes: those of a line of a file.
    pub(super) fn shift(&mut self, lines: u64, bytes: u64) {
        for finding in &mut self.findings {
            finding.line += lines;
            finding.offset += bytes;
        }
        self.checked.iter_mut().for_each(|checked| checked.line += lines);
        self.problems.iter_mut().for_each(|problem| problem.line = problem.line.max(1) + lines);
    }

    /// Leaves only the findings that are marked, one mark each.
    pub(super) fn keep(&mut self, kept: &[bool]) {
        for checked in &mut self.checked {
            let count = |range: &[bool]| range.iter().filter(|kept| **kept).count();
            let own = &kept[checked.first..checked.first + checked.findings];
            (checked.first, checked.findings) = (count(&kept[..checked.first]), count(own));
        }
        let mut each = kept.iter();
        self.findings.retain(|_| each.next().copied().unwrap_or(true));
    }

    /// How many findings weigh that much, with those beyond the limit, which are not listed.
    #[must_use]
    pub fn count(&self, severity: Severity) -> usize {
        let listed = self.findings.iter().filter(|finding| finding.severity == severity).count();
        let untold = self.checked.iter().filter_map(|checked| checked.untold_by.get(&severity));
        listed + untold.sum::<usize>()
    }

    /// Whether something was checked and nothing weighs as much as `limit`.
    #[must_use]
    pub fn passes(&self, limit: Severity) -> bool {
        let untold = self.checked.iter().any(|checked| checked.gravest_untold >= Some(limit));
        !self.checked.is_empty()
            && self.problems.is_empty()
            && !untold
            && self.findings.iter().all(|finding| finding.severity < limit)
    }

    /// 0 where it passes; 1 with findings; 3 where something could not be checked, or nothing was.
    #[must_use]
    pub fn exit_code(&self, limit: Severity) -> u8 {
        match (self.checked.is_empty() || !self.problems.is_empty(), self.passes(limit)) {
            (true, _) => 3,
            (false, true) => 0,
            (false, false) => 1,
        }
    }
}
