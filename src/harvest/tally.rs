//! What became of each cell, in numbers.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::block::{Block, BlockAreas};
use super::rows::Cell;
use super::summary::Cells;
use crate::domain::{CommodityClass, PeriodPair, Statistic};

/// What became of cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Ended {
    Answered,
    Refused,
    Failed,
}

/// Cells whose number hangs on what the answers of the whole run hold: the partners under `ALL`, the modes, the categories.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Kind {
    ended: Ended,
    class: Option<CommodityClass>,
    statistic: Statistic,
    all_origins: bool,
    all_destinations: bool,
    transport: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Given {
    class: Option<CommodityClass>,
    statistic: Statistic,
}

/// Counts cells of queries and rows.
#[derive(Debug, Default)]
pub(super) struct Tally {
    cells: HashMap<Kind, u64>,
    reported: HashMap<Given, u64>,
    conflicts: u64,
    origins: BTreeSet<String>,
    destinations: BTreeSet<String>,
    modes: BTreeSet<String>,
    uses: BTreeSet<String>,
}

fn listed(areas: &Option<BlockAreas>) -> u64 {
    match areas {
        Some(BlockAreas::Countries(codes)) => codes.len() as u64,
        None | Some(BlockAreas::All | BlockAreas::Region(_)) => 1,
    }
}

impl Tally {
    /// Counts the cells of a query; `codes` is 1 for one without codes.
    pub(super) fn add(&mut self, ended: Ended, block: &Block, periods: PeriodPair, codes: usize) {
        let places = listed(&block.origin) * listed(&block.destination);
        let cells = block.trade_types().len() as u64 * periods.count() as u64 * codes as u64 * places;
        self.put(ended, block, cells);
    }

    /// Counts the cells that a block has over another one with fewer areas.
    pub(super) fn add_lacking(
        &mut self,
        block: &Block,
        left: Option<&Block>,
        periods: PeriodPair,
        codes: usize,
    ) {
        let places = |block: &Block| listed(&block.origin) * listed(&block.destination);
        let lacking = places(block) - left.map_or(0, places);
        let cells = block.trade_types().len() as u64 * periods.count() as u64 * codes as u64 * lacking;
        self.put(Ended::Refused, block, cells);
    }

    fn put(&mut self, ended: Ended, block: &Block, cells: u64) {
        for statistic in block.statistics.iter().copied() {
            let kind = Kind {
                ended,
                class: block.class,
                statistic,
                all_origins: block.origin == Some(BlockAreas::All),
                all_destinations: block.destination == Some(BlockAreas::All),
                transport: block.transport,
            };
            *self.cells.entry(kind).or_default() += cells;
        }
    }

    /// Counts what another one counted, too.
    pub(super) fn merge(&mut self, other: &Self) {
        for (kind, count) in &other.cells {
            *self.cells.entry(*kind).or_default() += count;
        }
        for (given, count) in &other.reported {
            *self.reported.entry(*given).or_default() += count;
        }
        self.conflicts += other.conflicts;
        self.origins.extend(other.origins.iter().cloned());
        self.destinations.extend(other.destinations.iter().cloned());
        self.modes.extend(other.modes.iter().cloned());
        self.uses.extend(other.uses.iter().cloned());
    }

    /// Counts a row.
    pub(super) fn row(&mut self, block: &Block, cell: &Cell<'_>) {
        self.see(block, cell);
        *self.reported.entry(Given { class: block.class, statistic: cell.statistic }).or_default() += 1;
    }

    /// Counts rows of one cell whose figures differ: the cell is not known.
    pub(super) fn conflict(&mut self, block: &Block, cell: &Cell<'_>) {
        self.see(block, cell);
        self.conflicts += 1;
    }

    fn see(&mut self, block: &Block, cell: &Cell<'_>) {
        let put = |seen: &mut BTreeSet<String>, text: &str| {
            if !seen.contains(text) {
                seen.insert(text.to_owned());
            }
        };
        if block.origin == Some(BlockAreas::All) {
            put(&mut self.origins, cell.origin);
        }
        if block.destination == Some(BlockAreas::All) {
            put(&mut self.destinations, cell.destination);
        }
        if block.transport {
            put(&mut self.modes, cell.transport);
        }
        if block.class == Some(CommodityClass::EndUse) {
            put(&mut self.uses, cell.commodity);
        }
    }

    /// What was seen under `ALL` and the like, by name.
    pub(super) fn seen(&self) -> BTreeMap<&'static str, usize> {
        let sets = [
            ("origins", &self.origins),
            ("destinations", &self.destinations),
            ("modes of transport", &self.modes),
            ("end-use categories", &self.uses),
        ];
        sets.into_iter().filter(|(_, set)| !set.is_empty()).map(|(name, set)| (name, set.len())).collect()
    }

    /// Whether the service gives a statistic of a class: values always; quantities where rows of them came; where none came,
    /// at 6 and 8 digits of the HS, where they are given, and nowhere else (reported: not at 4 digits).
    fn is_given(&self, given: Given) -> bool {
        !given.statistic.is_quantity()
            || self.reported.contains_key(&given)
            || matches!(given.class, Some(CommodityClass::Hs6 | CommodityClass::Hs8))
    }

    /// The numbers.
    pub(super) fn cells(&self) -> Cells {
        let mut cells = Cells::default();
        let mut answered: HashMap<Given, u64> = HashMap::new();
        for (kind, count) in &self.cells {
            let uses = kind.class == Some(CommodityClass::EndUse);
            let seen = |set: &BTreeSet<String>, all: bool| match (all, kind.ended) {
                (false, _) => 1,
                (true, Ended::Answered) => set.len() as u64,
                // Where nobody was seen there is still something that was not had.
                (true, Ended::Refused | Ended::Failed) => set.len().max(1) as u64,
            };
            let count = count
                .saturating_mul(seen(&self.origins, kind.all_origins))
                .saturating_mul(seen(&self.destinations, kind.all_destinations))
                .saturating_mul(seen(&self.modes, kind.transport))
                .saturating_mul(seen(&self.uses, uses));
            match kind.ended {
                Ended::Answered => {
                    *answered.entry(Given { class: kind.class, statistic: kind.statistic }).or_default() +=
                        count;
                }
                Ended::Refused => cells.refused += count,
                Ended::Failed => cells.failed += count,
            }
        }
        for (given, count) in answered {
            let reported = self.reported.get(&given).copied().unwrap_or_default();
            cells.reported += reported;
            let left = count.saturating_sub(reported);
            if self.is_given(given) { cells.nil += left } else { cells.not_given += left }
        }
        // A cell with two figures was counted as left out.
        cells.nil = cells.nil.saturating_sub(self.conflicts);
        cells.failed += self.conflicts;
        cells.asked = cells.reported + cells.nil + cells.not_given + cells.refused + cells.failed;
        cells
    }
}
