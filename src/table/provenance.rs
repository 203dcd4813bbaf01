use std::collections::{BTreeMap, BTreeSet};
use std::io;

use super::cells::Cell;
use super::{Column, Table};

/// The most queries that a file's metadata names; more are counted.
const QUERIES: usize = 1000;

/// Where the rows come from, for the files' metadata.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Provenance {
    /// The service, by its address or another name.
    pub source: Option<String>,
    /// The query, as it was sent.
    pub query: Option<String>,
    /// When it was answered, such as an RFC 3339 time.
    pub retrieved: Option<String>,
}

impl Provenance {
    /// Rows of the Hong Kong service, answering a query at a time.
    #[must_use]
    pub fn of_query(query: &crate::hk::Query) -> Self {
        Self { source: Some(crate::hk::BASE_URL.to_owned()), query: Some(query.to_string()), retrieved: None }
    }

    /// With the time of the answer.
    #[must_use]
    pub fn retrieved(self, time: impl Into<String>) -> Self {
        Self { retrieved: Some(time.into()), ..self }
    }

    /// With another source.
    #[must_use]
    pub fn source(self, source: impl Into<String>) -> Self {
        Self { source: Some(source.into()), ..self }
    }
}

/// What a file's metadata tells of its rows.
#[derive(Debug, Default)]
pub(super) struct Notes {
    /// Units by statistic.
    units: BTreeMap<String, BTreeSet<String>>,
    sources: BTreeSet<String>,
    queries: BTreeSet<String>,
    more_queries: usize,
    retrieved: BTreeSet<String>,
    /// What was told last: rows that follow one another come from the same.
    last: Provenance,
}

impl Notes {
    /// Notes some rows of a table.
    pub(super) fn rows(&mut self, table: &Table, rows: impl Iterator<Item = usize>, provenance: &Provenance) {
        self.provenance(provenance);
        let (statistics, units) = (table.reads(Column::Statistic), table.reads(Column::Unit));
        let mut last = None;
        for row in rows {
            let both = (statistics.cell(row), units.cell(row));
            if last.as_ref() != Some(&both)
                && let (Some(Cell::Text(statistic)), Some(Cell::Text(unit))) = &both
            {
                self.unit(statistic, unit);
            }
            last = Some(both);
        }
    }

    pub(super) fn provenance(&mut self, provenance: &Provenance) {
        if self.last == *provenance {
            return;
        }
        self.last = provenance.clone();
        self.sources.extend(provenance.source.clone());
        self.retrieved.extend(provenance.retrieved.clone());
        if let Some(query) = &provenance.query {
            self.query(query.clone());
        }
    }

    fn query(&mut self, query: String) {
        if self.queries.len() < QUERIES || self.queries.contains(&query) {
            self.queries.insert(query);
        } else {
            self.more_queries += 1;
        }
    }

    pub(super) fn unit(&mut self, statistic: &str, unit: &str) {
        if !self.units.get(statistic).is_some_and(|units| units.contains(unit)) {
            self.units.entry(statistic.to_owned()).or_default().insert(unit.to_owned());
        }
    }

    /// Takes what others noted.
    #[cfg(all(feature = "harvest", feature = "parquet"))]
    pub(super) fn take(&mut self, others: Self) {
        for (statistic, units) in others.units {
            self.units.entry(statistic).or_default().extend(units);
        }
        self.sources.extend(others.sources);
        self.retrieved.extend(others.retrieved);
        others.queries.into_iter().for_each(|query| self.query(query));
        self.more_queries += others.more_queries;
    }

    /// Names and values, as a file's metadata has them.
    pub(super) fn told(&self) -> io::Result<Vec<(String, String)>> {
        let lines = |all: &BTreeSet<String>| all.iter().cloned().collect::<Vec<_>>().join("\n");
        let mut queries = lines(&self.queries);
        if self.more_queries > 0 {
            queries.push_str(&format!("\n… and {} more", self.more_queries));
        }
        let units = if self.units.is_empty() {
            String::new()
        } else {
            serde_json::to_string(&self.units).map_err(io::Error::other)?
        };
        let told = [
            ("units", units),
            ("source", lines(&self.sources)),
            ("queries", queries),
            ("retrieved", lines(&self.retrieved)),
        ];
        let told = told.into_iter().filter(|(_, value)| !value.is_empty());
        Ok(told.map(|(name, value)| (format!("tradebind.{name}"), value)).collect())
    }
}
