use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::hash::{BuildHasher as _, BuildHasherDefault, DefaultHasher};
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
pub(crate) struct Notes {
    /// Units by statistic.
    units: BTreeMap<String, BTreeSet<String>>,
    sources: BTreeSet<String>,
    queries: BTreeSet<String>,
    /// Hashes of further queries, each of which counts once.
    more: HashSet<u64>,
    retrieved: BTreeSet<String>,
    /// What was told last: rows that follow one another come from the same.
    last: Provenance,
}

impl Notes {
    /// Notes a row by its statistic and unit.
    #[cfg(feature = "harvest")]
    pub(crate) fn row(&mut self, statistic: Option<&str>, unit: Option<&str>, provenance: &Provenance) {
        self.provenance(provenance);
        if let (Some(statistic), Some(unit)) = (statistic, unit) {
            self.unit(statistic, unit);
        }
    }

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

    fn provenance(&mut self, provenance: &Provenance) {
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
            self.more.insert(hash(&query));
        }
    }

    fn unit(&mut self, statistic: &str, unit: &str) {
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
        self.more.extend(others.more);
    }

    /// Names and values, as a file's metadata has them.
    pub(crate) fn told(&self) -> io::Result<Vec<(String, String)>> {
        let lines = |all: &BTreeSet<String>| all.iter().cloned().collect::<Vec<_>>().join("\n");
        let mut queries = lines(&self.queries);
        let named: HashSet<u64> = self.queries.iter().map(|query| hash(query)).collect();
        let more = self.more.difference(&named).count();
        if more > 0 {
            queries.push_str(&format!("\n… and {more} more"));
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

/// The same in every process.
fn hash(query: &str) -> u64 {
    BuildHasherDefault::<DefaultHasher>::default().hash_one(query)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_counts_once() {
        let mut notes = Notes::default();
        for _ in 0..3 {
            for number in 0..QUERIES + 5 {
                let query = Some(format!("query {number:05}"));
                notes.provenance(&Provenance { query, ..Provenance::default() });
            }
        }
        let told = notes.told().unwrap();
        assert_eq!(told[0].1.lines().count(), QUERIES + 1);
        assert!(told[0].1.ends_with("\n… and 5 more"), "{}", told[0].1);
    }
}
