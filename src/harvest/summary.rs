use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use super::plan::grouped;
use crate::domain::PeriodPair;

/// Form of the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Format {
    /// Comma-separated values (RFC 4180).
    Csv,
    /// One JSON object a line.
    Ndjson,
    /// An Arrow IPC file, as Feather version 2 is.
    #[cfg(feature = "arrow")]
    Arrow,
    /// A dataset of Parquet files, in a folder, partitioned by trade type and year.
    #[cfg(feature = "parquet")]
    Parquet,
}

impl Format {
    /// All of them.
    pub(super) const ALL: &[Self] = &[
        Self::Csv,
        Self::Ndjson,
        #[cfg(feature = "arrow")]
        Self::Arrow,
        #[cfg(feature = "parquet")]
        Self::Parquet,
    ];

    /// Name of the data file, or folder.
    #[must_use]
    pub fn file(self) -> &'static str {
        match self {
            Self::Csv => "data.csv",
            Self::Ndjson => "data.ndjson",
            #[cfg(feature = "arrow")]
            Self::Arrow => "data.arrow",
            #[cfg(feature = "parquet")]
            Self::Parquet => "data",
        }
    }
}

/// What became of the cells that were asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Cells {
    /// All of them. Under `ALL` the partners are those seen in the run, and so are modes of transport and end-use
    /// categories.
    pub asked: u64,
    /// With a row, whatever its figure: it is handed on as it came, also where it is a mark, such as `-`.
    pub reported: u64,
    /// Left out by an answered query, of a statistic that the service gives there: the figure is zero.
    pub nil: u64,
    /// Of a statistic that the service does not give there, such as quantities at four digits of the HS.
    pub not_given: u64,
    /// Refused by the service: unknown codes and areas, periods that are not published, combinations.
    pub refused: u64,
    /// Not answered, or answered with two figures.
    pub failed: u64,
}

/// Something that the service refuses.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[non_exhaustive]
pub struct Refused {
    /// A commodity code, an area, `periods`, or a whole query.
    pub what: String,
    /// The periods that it is refused for.
    pub periods: String,
    /// What the service says, in the language of the request; in English where it was named in English alone, while codes at fault
    /// were looked for.
    pub reason: String,
}

/// The same refusals, however the request was cut: periods that follow one another are told together.
pub(super) fn merged(refused: BTreeSet<Refused>) -> Vec<Refused> {
    let mut by_reason: BTreeMap<(String, String), Vec<PeriodPair>> = BTreeMap::new();
    let mut others = Vec::new();
    for one in refused {
        match one.periods.parse() {
            Ok(periods) => by_reason.entry((one.what, one.reason)).or_default().push(periods),
            Err(_) => others.push(one),
        }
    }
    let mut merged: Vec<_> = by_reason
        .into_iter()
        .flat_map(|((what, reason), mut periods)| {
            periods.sort_unstable_by_key(|pair| (pair.start().ordinal(), pair.end().ordinal()));
            let mut runs: Vec<PeriodPair> = Vec::new();
            for pair in periods {
                let after = |run: &&mut PeriodPair| {
                    let next = run.end().months_after(1);
                    next.is_ok_and(|next| pair.start().ordinal() <= next.ordinal())
                };
                match runs.last_mut().filter(after) {
                    Some(run) if pair.end().ordinal() <= run.end().ordinal() => {}
                    Some(run) => *run = PeriodPair::new(run.start(), pair.end()).unwrap_or(pair),
                    None => runs.push(pair),
                }
            }
            let told = move |run: PeriodPair| Refused {
                what: what.clone(),
                periods: run.to_string(),
                reason: reason.clone(),
            };
            runs.into_iter().map(told)
        })
        .chain(others)
        .collect();
    merged.sort_unstable();
    merged
}

/// A query that was not answered.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[non_exhaustive]
pub struct Failed {
    /// Path and query.
    pub query: String,
    /// Why.
    pub reason: String,
    /// Whether no connection could be made.
    #[serde(skip)]
    pub unreachable: bool,
}

/// The data: a file, or a folder of files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DataFile {
    /// Its name in the folder.
    pub file: String,
    /// SHA-256; of a folder that of its files' list, as `sha256sum` writes it, in the order of paths.
    pub sha256: String,
    /// Rows without the first line of CSV.
    pub rows: u64,
    /// Size.
    pub bytes: u64,
    /// The files of a folder, by their paths in it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<DataFile>,
}

/// What a refresh found changed, in periods that had been harvested before.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Revisions {
    /// The periods that were asked for anew.
    pub periods: String,
    /// Cells with another figure.
    pub changed: u64,
    /// Cells that had no figure.
    pub appeared: u64,
    /// Cells that have none any more.
    pub vanished: u64,
    /// The largest change: the line of `revisions.csv`.
    pub largest: Option<String>,
    /// The list, in the folder.
    pub file: String,
}

fn is_not(told: &bool) -> bool {
    !told
}

/// What a harvest came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Summary {
    /// Queries of the plan.
    pub planned: usize,
    /// Queries asked in this run, with those that were asked once more in English to learn why they were refused; those of
    /// earlier runs are in the journal.
    pub calls: usize,
    /// Queries that were answered, in all runs; not those in English that only told which codes of a request in Chinese are at
    /// fault, which the manifest names `probe`.
    pub answers: usize,
    /// What became of the cells.
    pub cells: Cells,
    /// Doubled rows, and rows that nobody asked for, in answers that came the same again; they are left out.
    pub faults: u64,
    /// Partners and the like that were seen where all were asked for.
    pub seen: BTreeMap<&'static str, usize>,
    /// What was refused.
    pub refused: Vec<Refused>,
    /// What failed; run again to ask for it once more.
    pub failed: Vec<Failed>,
    /// Batches that were left for another run, since several queries failed one after another.
    pub left: usize,
    /// The first and last published period of those asked for, if there is one.
    pub published: Option<String>,
    /// What a refresh found changed.
    pub revisions: Option<Revisions>,
    /// The periods of a refresh that is not complete: data and numbers are those before it.
    pub unfinished: Option<String>,
    /// Whether a refresh was asked for and not begun, since answers were missing, which were asked for instead.
    #[serde(skip_serializing_if = "is_not")]
    pub waiting: bool,
    /// Whether the data are those of an earlier run, which had more rows: some of its answers are missing now.
    #[serde(skip_serializing_if = "is_not")]
    pub kept: bool,
    /// The data.
    pub data: DataFile,
}

impl Summary {
    /// Whether every cell is accounted for: reported, nil, not given or refused, and no answer had a fault.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.is_answered() && self.faults == 0
    }

    /// Whether nothing is left to ask for: what is not must not take the place of data that are whole.
    #[must_use]
    pub fn is_answered(&self) -> bool {
        self.cells.failed == 0 && self.failed.is_empty() && self.left == 0 && self.unfinished.is_none()
    }
}

/// Periods as the command line takes them, of those that the service is sent.
fn as_asked(periods: &str) -> String {
    periods.replacen(',', "..", 1)
}

/// How many refusals and failures are listed; all are in the manifest.
const LISTED: usize = 10;

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Cells { asked, reported, nil, not_given, refused, failed } = self.cells;
        let of = |count: u64| grouped(count);
        writeln!(
            f,
            "requests   {} planned, {} asked now, {} answered in all",
            of(self.planned as u64),
            of(self.calls as u64),
            of(self.answers as u64)
        )?;
        writeln!(f, "cells      {} asked for", of(asked))?;
        writeln!(f, "reported   {}", of(reported))?;
        writeln!(f, "nil        {}", of(nil))?;
        writeln!(f, "not given  {}", of(not_given))?;
        writeln!(f, "refused    {}", of(refused))?;
        writeln!(f, "failed     {}", of(failed))?;
        if self.faults > 0 {
            writeln!(
                f,
                "faults     {} rows came twice, or were not asked for; they are left out",
                of(self.faults)
            )?;
        }
        for (name, count) in &self.seen {
            writeln!(f, "seen       {} {name}", of(*count as u64))?;
        }
        if let Some(published) = &self.published {
            writeln!(f, "periods    {}", as_asked(published))?;
        }
        for one in self.refused.iter().take(LISTED) {
            writeln!(f, "refused: {} in {}: {}", one.what, as_asked(&one.periods), one.reason)?;
        }
        if self.refused.len() > LISTED {
            writeln!(f, "refused: {} more, in manifest.json", self.refused.len() - LISTED)?;
        }
        for one in self.failed.iter().take(LISTED) {
            writeln!(f, "failed: {}: {}", one.query, one.reason)?;
        }
        if self.failed.len() > LISTED {
            writeln!(f, "failed: {} more, in manifest.json", self.failed.len() - LISTED)?;
        }
        if self.left > 0 {
            let batches = if self.left == 1 { "batch was" } else { "batches were" };
            let left = of(self.left as u64);
            writeln!(
                f,
                "left: {left} {batches} not asked for, since several queries failed one after another"
            )?;
        }
        if let Some(revisions) = &self.revisions {
            let Revisions { periods, changed, appeared, vanished, largest, file } = revisions;
            writeln!(
                f,
                "revised    {} cells of {}{}; {} appeared, {} vanished; see {file}",
                of(*changed),
                as_asked(periods),
                if self.unfinished.is_some() || self.waiting { " by the refresh before" } else { "" },
                of(*appeared),
                of(*vanished)
            )?;
            if let Some(largest) = largest {
                writeln!(f, "           largest: {largest}")?;
            }
        }
        if let Some(periods) = &self.unfinished {
            writeln!(f, "refresh    not complete in {}; the data are those before it", as_asked(periods))?;
        }
        if self.waiting {
            writeln!(f, "refresh    not begun: what was missing was asked for first; run it again")?;
        }
        if self.kept {
            writeln!(
                f,
                "kept       the data are those of an earlier run: some of its answers are missing now"
            )?;
        }
        let DataFile { file, sha256, rows, files, .. } = &self.data;
        match files.len() {
            0 => write!(f, "data       {} rows in {file}, SHA-256 {sha256}", of(*rows)),
            1 => {
                write!(f, "data       {} rows in 1 file of {file}/, SHA-256 of its list {sha256}", of(*rows))
            }
            many => write!(
                f,
                "data       {} rows in {} files of {file}/, SHA-256 of their list {sha256}",
                of(*rows),
                of(many as u64)
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_of_one_code_are_told_together() {
        let one = |what: &str, periods: &str, reason: &str| Refused {
            what: what.into(),
            periods: periods.into(),
            reason: reason.into(),
        };
        let refused = [
            one("77", "202401,202401", "no"),
            one("77", "202402,202403", "no"),
            one("77", "202403,202403", "no"),
            one("77", "202405,202406", "no"),
            one("77", "202404,202404", "another reason"),
            one("98", "202312,202401", "no"),
            one("ALL", "2018,2018", "no"),
            one("ALL", "2019,2020", "no"),
        ];
        let told: Vec<_> = merged(refused.into())
            .into_iter()
            .map(|one| format!("{} {} {}", one.what, one.periods, one.reason))
            .collect();
        assert_eq!(
            told,
            [
                "77 202401,202403 no",
                "77 202404,202404 another reason",
                "77 202405,202406 no",
                "98 202312,202401 no",
                "ALL 2018,2020 no"
            ]
        );
    }
}
