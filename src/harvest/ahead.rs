//! Rows as text, made while other queries are still under way.

use std::collections::HashMap;
use std::io;
use std::path::Path;
use std::sync::Arc;

use super::HarvestError;
use super::data::{Settled, rows_of};
use super::summary::Format;
use super::tally::Tally;
use crate::hk::Query;
use crate::table::{Column, Lines, Table};

/// The rows of one planned query as they stand in the data.
#[derive(Debug)]
pub(super) struct Ready {
    /// What it was made from.
    settled: Settled,
    pub(super) text: Vec<u8>,
    pub(super) rows: u64,
    pub(super) tally: Tally,
}

impl Ready {
    /// Writes the rows of a planned query.
    pub(super) fn new(
        query: &Query,
        settled: Settled,
        tables: &[Option<Arc<Table>>],
        columns: &[Column],
        format: Format,
    ) -> Result<Self, HarvestError> {
        let failed = |error: io::Error| HarvestError::disk(Path::new(format.file()), "written")(error);
        let mut lines = match format {
            Format::Ndjson => Lines::ndjson(Vec::new()),
            _ => Lines::bare(Vec::new()),
        };
        let mut tally = Tally::default();
        let rows = rows_of(query, &settled, tables, columns, &mut tally, |view, row| {
            lines.write(view, row).map_err(failed)
        })?;
        let text = lines.end().map_err(failed)?;
        Ok(Self { settled, text, rows, tally })
    }
}

/// What is ready of a plan, by the place of the planned query.
#[derive(Debug, Default)]
pub(super) struct Ahead {
    ready: HashMap<usize, Ready>,
    bytes: usize,
}

impl Ahead {
    /// The bytes of all texts.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn put(&mut self, at: usize, ready: Ready) {
        self.bytes += ready.text.len();
        if let Some(before) = self.ready.insert(at, ready) {
            self.bytes -= before.text.len();
        }
    }

    /// What is ready of a planned query, if nothing has changed since.
    pub(super) fn get(&self, at: usize, settled: &Settled) -> Option<&Ready> {
        self.ready.get(&at).filter(|ready| ready.settled == *settled)
    }
}
