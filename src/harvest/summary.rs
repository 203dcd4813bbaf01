use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::plan::grouped;

/// Form of the data file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Format {
    /// Comma-separated values (RFC 4180).
    Csv,
    /// One JSON object a line.
    Ndjson,
}

impl Format {
    /// Name of the data file.
    #[must_use]
    pub fn file(self) -> &'static str {
        match self {
            Self::Csv => "data.csv",
            Self::Ndjson => "data.ndjson",
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
    /// With a figure.
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
    /// What the service says.
    pub reason: String,
}

/// A query that was not answered.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[non_exhaustive]
pub struct Failed {
    /// Path and query.
    pub query: String,
    /// Why.
    pub reason: String,
}

/// The data file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct DataFile {
    /// Its name in the folder.
    pub file: String,
    /// SHA-256.
    pub sha256: String,
    /// Rows without the first line of CSV.
    pub rows: u64,
    /// Size.
    pub bytes: u64,
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

/// What a harvest came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Summary {
    /// Queries of the plan.
    pub planned: usize,
    /// Queries asked in this run; those of earlier runs are in the journal.
    pub calls: usize,
    /// Queries that were answered, in all runs.
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
    /// The first and last published period of those asked for, if there is one.
    pub published: Option<String>,
    /// What a refresh found changed.
    pub revisions: Option<Revisions>,
    /// The data.
    pub data: DataFile,
}

impl Summary {
    /// Whether every cell is accounted for: reported, nil, not given or refused, and no answer had a fault.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.cells.failed == 0 && self.failed.is_empty() && self.faults == 0
    }
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
            writeln!(f, "periods    {published}")?;
        }
        for one in self.refused.iter().take(LISTED) {
            writeln!(f, "refused: {} in {}: {}", one.what, one.periods, one.reason)?;
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
        if let Some(revisions) = &self.revisions {
            let Revisions { periods, changed, appeared, vanished, largest, file } = revisions;
            writeln!(
                f,
                "revised    {} cells of {periods}; {} appeared, {} vanished; see {file}",
                of(*changed),
                of(*appeared),
                of(*vanished)
            )?;
            if let Some(largest) = largest {
                writeln!(f, "           largest: {largest}")?;
            }
        }
        write!(
            f,
            "data       {} rows in {}, SHA-256 {}",
            of(self.data.rows),
            self.data.file,
            self.data.sha256
        )
    }
}
