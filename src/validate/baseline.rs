use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::Report;

/// Findings that are accepted.
///
/// An entry is keyed by rule, file, JSON pointer without list indices, and what was found or, where something is missing, expected: it
/// survives shifted lines and rows that come or go before it, and no longer fits when the value changes. An entry of drift is keyed by
/// rule, service, operation, case and pointer, by the kind of a value that should be of another and the code of a failure, and by the value
/// only for a new value: rows and their values change from week to week.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Baseline {
    /// How many findings of each key are accepted.
    entries: BTreeMap<String, usize>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: String,
    accepted: BTreeMap<String, usize>,
}

pub(super) const FORMAT: &str = "tradebind-baseline/1";

/// What stays the same of a finding.
pub(super) fn fingerprint(rule: &str, file: &str, pointer: &str, found: &str) -> String {
    let parts = pointer
        .split('/')
        .map(|part| if !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()) { "*" } else { part });
    format!("{rule} {}#{}: {found}", plain(file), parts.collect::<Vec<_>>().join("/"))
}

/// A file is the same whichever way the separators lean.
fn plain(file: &str) -> String {
    let file = file.replace('\\', "/");
    file.strip_prefix("./").map(str::to_owned).unwrap_or(file)
}

impl Baseline {
    /// The baseline that accepts every finding of a report, but those of `json/syntax`: what is no JSON was not checked.
    #[must_use]
    pub fn of(report: &Report) -> Self {
        let mut entries = BTreeMap::new();
        for finding in report.findings.iter().filter(|finding| finding.rule != super::UNCHECKED) {
            *entries.entry(finding.fingerprint.clone()).or_default() += 1;
        }
        Self { entries }
    }

    /// Reads a baseline.
    ///
    /// # Errors
    /// A text that is none.
    pub fn read(text: &str, name: &str) -> Result<Self, InvalidBaseline> {
        let invalid = |problem: String| InvalidBaseline { name: name.to_owned(), problem };
        let file: File = serde_json::from_str(text).map_err(|e| invalid(e.to_string()))?;
        if file.format != FORMAT {
            return Err(invalid(format!("has the format {:?}; expected {FORMAT:?}", file.format)));
        }
        Ok(Self { entries: file.accepted })
    }

    /// Takes what is accepted out of a report, and tells which entries nothing answers to.
    ///
    /// Only what was checked can be out of date, and a file that is gone: a hook checks the files of a commit, and a baseline is that of
    /// all. In a report of drift an entry accepts any number of findings, and only those about what was compared can be out of date.
    pub fn apply(&self, report: &mut Report) {
        let mut left = self.entries.clone();
        let mut kept = vec![true; report.findings.len()];
        let mut met = BTreeSet::new();
        let any_number = report.compared.is_some();
        for (finding, kept) in report.findings.iter().zip(&mut kept) {
            if finding.rule != super::UNCHECKED
                && let Some(count) = left.get_mut(&finding.fingerprint).filter(|count| **count > 0)
            {
                if any_number {
                    met.insert(finding.fingerprint.clone());
                } else {
                    *count -= 1;
                }
                *kept = false;
                report.accepted += 1;
            }
        }
        report.keep(&kept);
        let checked: BTreeSet<_> = report.checked.iter().map(|checked| plain(&checked.file)).collect();
        let looked_at = |key: &str| {
            let rest = key.split_once(' ').map_or("", |(_, rest)| rest);
            // A file's name may have the sign that a pointer follows, and so may what was found.
            let ends = rest.match_indices('#').map(|(at, _)| (&rest[..at], &rest[at + 1..]));
            let mut subjects = ends
                .filter(|(_, rest)| rest.is_empty() || rest.starts_with(['/', ':']))
                .map(|(subject, _)| subject);
            match &report.compared {
                Some(all) => subjects.any(|subject| all.contains(subject)),
                None => {
                    // Standard input is there as long as nobody reads it.
                    let there = |subject: &&str| {
                        checked.contains(*subject) || *subject == "-" || Path::new(subject).exists()
                    };
                    subjects.find(there).is_none_or(|subject| checked.contains(subject))
                }
            }
        };
        let stale =
            left.into_iter().filter(|(key, count)| *count > 0 && !met.contains(key) && looked_at(key));
        let stale = stale.map(|(key, count)| if count == 1 { key } else { format!("{key} ({count} times)") });
        let stale: Vec<_> = stale.collect();
        report.stale.extend(stale);
    }
}

/// Indented JSON, sorted, so that its changes can be reviewed.
impl fmt::Display for Baseline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = File { format: FORMAT.to_owned(), accepted: self.entries.clone() };
        f.write_str(&serde_json::to_string_pretty(&file).map_err(|_| fmt::Error)?)
    }
}

/// A text that is no baseline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidBaseline {
    name: String,
    problem: String,
}

impl fmt::Display for InvalidBaseline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: is no baseline: {}", self.name, self.problem)
    }
}

impl std::error::Error for InvalidBaseline {}
