use std::collections::BTreeMap;
use std::io;

use super::partition::Partition;
use super::{Dataset, Store, Written};
use crate::table::arrow::{Gather, plain};
use crate::table::provenance::{Notes, Provenance};
use crate::table::{Column, View};

/// The most rows that wait for others of their partition; then those of the fullest are written.
const ROWS: usize = 128 << 10;

/// Rows of many tables on their way into a dataset, in any order: they wait until there are enough for a batch. Views of the
/// tables have the columns of [`Column::ALL`].
pub(crate) struct Gathered<S: Store> {
    dataset: Dataset<S>,
    waiting: BTreeMap<Partition, (Gather, Notes)>,
    rows: usize,
    /// Places of columns.
    trade_type: usize,
    period: usize,
    statistic: usize,
    unit: usize,
}

impl<S: Store> Gathered<S> {
    pub(crate) fn new(dataset: Dataset<S>) -> Self {
        Self {
            dataset,
            waiting: BTreeMap::new(),
            rows: 0,
            trade_type: Column::TradeType.place(),
            period: Column::Period.place(),
            statistic: Column::Statistic.place(),
            unit: Column::Unit.place(),
        }
    }

    /// Takes a row.
    pub(crate) fn push(&mut self, view: &View<'_>, row: usize, provenance: &Provenance) -> io::Result<()> {
        let text = |place| view.text(row, place).unwrap_or_default();
        let partition = Partition::of(text(self.trade_type), text(self.period));
        let (gather, notes) = self.waiting.entry(partition).or_default();
        gather.push(view, row).map_err(plain)?;
        notes.row(view.text(row, self.statistic), view.text(row, self.unit), provenance);
        self.rows += 1;
        if self.rows >= ROWS {
            let fullest = self.waiting.iter().max_by_key(|(_, (gather, _))| gather.rows());
            if let Some(partition) = fullest.map(|(partition, _)| partition.clone()) {
                self.write(partition)?;
            }
        }
        Ok(())
    }

    fn write(&mut self, partition: Partition) -> io::Result<()> {
        let Some((mut gather, notes)) = self.waiting.remove(&partition) else { return Ok(()) };
        self.rows -= gather.rows();
        let mut part = self.dataset.take(&partition)?;
        part.write_batch(&gather.batch().map_err(plain)?, notes)?;
        self.dataset.put(partition, part)
    }

    /// Writes what waits, and ends all files.
    pub(crate) fn finish(mut self) -> io::Result<Vec<Written>> {
        while let Some(partition) = self.waiting.keys().next().cloned() {
            self.write(partition)?;
        }
        self.dataset.finish()
    }
}
