//! From what is known and kept to rows in plan order.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use super::HarvestError;
use super::block::{Block, Role};
use super::edition;
use super::facts::{Facts, Fate};
use super::folder::Folder;
use super::plan::Plan;
use super::rows::{Cell, Reader};
use super::summary::Refused;
use super::tally::{Ended, Tally};
use crate::domain::{CommodityCode, PeriodPair};
use crate::hk::Query;
use crate::table::{Column, Table, View};

/// A plan, what is known of it, and the periods that it stands for: a refresh takes over from its own first period on.
pub(super) struct Source<'a> {
    pub(super) plan: &'a Plan,
    pub(super) facts: &'a Facts,
    pub(super) valid: Option<PeriodPair>,
}

/// What became of one planned query.
#[derive(Debug, Default)]
struct Settled {
    /// Which kept answer, for which periods and codes.
    answered: Vec<(usize, PeriodPair, Vec<CommodityCode>)>,
    refused: Vec<(PeriodPair, usize, Refused)>,
    failed: Vec<(PeriodPair, usize)>,
    /// The block without unknown countries.
    known: Option<Block>,
    unknown: Vec<Refused>,
}

fn settle(
    facts: &Facts,
    block: &Block,
    asked: PeriodPair,
    codes: &[CommodityCode],
    valid: PeriodPair,
) -> Settled {
    let mut settled = Settled::default();
    let many = codes.len().max(1);
    let range = facts.published(asked);
    let cut = |periods: PeriodPair| periods.overlap(valid);
    for (periods, reason) in unpublished(facts, asked, range) {
        if let Some(periods) = cut(periods) {
            let told = Refused { what: "periods".into(), periods: periods.to_string(), reason };
            settled.refused.push((periods, many, told));
        }
    }
    let Some(range) = range else { return settled };
    settled.known = facts.known_block(block);
    if settled.known.as_ref() != Some(block) {
        let of = |role: Role| match role {
            Role::Origin => &block.origin,
            Role::Destination => &block.destination,
        };
        let mine = |(role, code): &(Role, crate::domain::AreaCode)| {
            of(*role).as_ref().is_some_and(|areas| areas.countries().contains(code))
        };
        settled.unknown = facts
            .unknown_areas()
            .filter(|(area, _)| mine(area))
            .map(|((_, code), reason)| Refused {
                what: code.to_string(),
                periods: range.to_string(),
                reason: reason.to_owned(),
            })
            .collect();
    }
    let Some(known) = settled.known.clone() else { return settled };
    let parts = edition::parts(known.class, range);
    let single: Vec<Option<&CommodityCode>> =
        if codes.is_empty() { vec![None] } else { codes.iter().map(Some).collect() };
    for code in single {
        match facts.fate(&known, range, code) {
            Fate::Refused(_) if parts.len() > 1 && code.is_some() && !known.is_refused_combination() => {
                for part in parts.iter().copied() {
                    settled.put(facts.fate(&known, part, code), part, code, &known, cut(part));
                }
            }
            fate => settled.put(fate, range, code, &known, cut(range)),
        }
    }
    settled
}

/// The periods of a query that are not published, each with the reason.
fn unpublished(facts: &Facts, asked: PeriodPair, range: Option<PeriodPair>) -> Vec<(PeriodPair, String)> {
    let [first, last] = facts.bounds().map(|bound| bound.map(|(_, reason)| reason.clone()));
    let Some(range) = range else {
        return vec![(asked, last.or(first).unwrap_or_default())];
    };
    let before = range.start().months_before(1).and_then(|end| PeriodPair::new(asked.start(), end));
    let after = range.end().months_after(1).and_then(|start| PeriodPair::new(start, asked.end()));
    let before = before.ok().map(|periods| (periods, first.unwrap_or_default()));
    let after = after.ok().map(|periods| (periods, last.unwrap_or_default()));
    before.into_iter().chain(after).collect()
}

impl Settled {
    fn put(
        &mut self,
        fate: Fate,
        periods: PeriodPair,
        code: Option<&CommodityCode>,
        block: &Block,
        valid: Option<PeriodPair>,
    ) {
        let Some(valid) = valid else { return };
        match fate {
            Fate::Answered(at) => {
                let same = self
                    .answered
                    .iter_mut()
                    .find(|(known, known_periods, _)| *known == at && *known_periods == valid);
                match same {
                    Some((_, _, codes)) => codes.extend(code.cloned()),
                    None => self.answered.push((at, valid, code.cloned().into_iter().collect())),
                }
            }
            Fate::Refused(reason) => {
                let what = match code {
                    Some(code) => code.to_string(),
                    None => block
                        .query(periods, &[])
                        .map_or_else(|_| block.trade_type.name().to_owned(), |query| query.to_string()),
                };
                self.refused.push((valid, 1, Refused { what, periods: valid.to_string(), reason }));
            }
            Fate::Open => self.failed.push((valid, 1)),
        }
    }
}

/// The most rows of tables that are kept decoded.
const DECODED: usize = 300_000;

/// The most rows of tables that a run holds on to: some thirty bytes each.
const FRESH: usize = 1_000_000;

/// Answers of this run as they were decoded when they came, which need not be read from the disk again.
#[derive(Debug, Default)]
pub(super) struct Fresh {
    tables: HashMap<String, Arc<Table>>,
    rows: usize,
}

impl Fresh {
    /// Holds on to a table, if there is room.
    pub(super) fn put(&mut self, hash: &str, table: Table) {
        if self.rows + table.len() <= FRESH && !self.tables.contains_key(hash) {
            self.rows += table.len();
            self.tables.insert(hash.to_owned(), Arc::new(table));
        }
    }
}

/// Answers, decoded; the last ones are kept.
pub(super) struct Tables<'a> {
    folder: &'a Folder,
    fresh: &'a Fresh,
    held: VecDeque<(String, Arc<Table>)>,
}

impl<'a> Tables<'a> {
    pub(super) fn new(folder: &'a Folder, fresh: &'a Fresh) -> Self {
        Self { folder, fresh, held: VecDeque::new() }
    }

    fn get(&mut self, hash: &str) -> Result<Arc<Table>, HarvestError> {
        let held = self.held.iter().find(|(known, _)| known == hash).map(|(_, table)| table);
        if let Some(table) = self.fresh.tables.get(hash).or(held) {
            return Ok(Arc::clone(table));
        }
        let body = self.folder.body(hash)?;
        let table = Arc::new(Table::decode(&body).map_err(|e| HarvestError::Damaged {
            path: self.folder.path().join(Folder::body_name(hash)),
            problem: format!("{e}; delete it and run again: it is asked for once more"),
        })?);
        self.held.push_back((hash.to_owned(), Arc::clone(&table)));
        let rows =
            |held: &VecDeque<(String, Arc<Table>)>| held.iter().map(|(_, table)| table.len()).sum::<usize>();
        while self.held.len() > 1 && rows(&self.held) > DECODED {
            self.held.pop_front();
        }
        Ok(table)
    }
}

/// A row of the data, or a cell whose rows disagree.
pub(super) enum Found<'a> {
    /// With the planned query that it belongs to.
    Row {
        query: &'a Query,
        table: &'a Table,
        view: &'a View<'a>,
        row: usize,
    },
    Conflict,
}

/// Counts the cells of every planned query, and hands its rows on, in order.
pub(super) fn each_row(
    tables: &mut Tables<'_>,
    source: &Source<'_>,
    columns: &[Column],
    tally: &mut Tally,
    refused: &mut BTreeSet<Refused>,
    mut visit: impl FnMut(&mut Tally, &Block, &Cell<'_>, Found<'_>) -> Result<(), HarvestError>,
) -> Result<(), HarvestError> {
    for planned in source.plan.queries() {
        let (block, asked, codes) = Block::of(planned.query());
        let Some(valid) = source.valid.and_then(|valid| valid.overlap(asked)) else { continue };
        let settled = settle(source.facts, &block, asked, &codes, valid);
        let known = settled.known.as_ref().unwrap_or(&block);
        for (periods, codes, told) in settled.refused {
            tally.add(Ended::Refused, known, periods, codes);
            refused.insert(told);
        }
        for (periods, codes) in settled.failed {
            tally.add(Ended::Failed, known, periods, codes);
        }
        if !settled.unknown.is_empty()
            && let Some(periods) = source.facts.published(asked).and_then(|range| range.overlap(valid))
        {
            tally.add_lacking(&block, settled.known.as_ref(), periods, codes.len().max(1));
            refused.extend(settled.unknown);
        }
        let mut held = Vec::with_capacity(settled.answered.len());
        for (at, periods, codes) in &settled.answered {
            tally.add(Ended::Answered, known, *periods, codes.len().max(1));
            let Some(kept) = source.facts.kept().get(*at).filter(|kept| kept.rows > 0) else { continue };
            held.push((tables.get(&kept.body)?, *periods, codes));
        }
        let views: Vec<_> = held
            .iter()
            .map(|(table, periods, codes)| {
                (table.view(columns), Reader::new(table, known, *periods, codes.iter()))
            })
            .collect();
        let mut rows: Vec<(Cell<'_>, usize, usize)> = Vec::new();
        for (at, ((_, reader), (table, _, _))) in views.iter().zip(&held).enumerate() {
            rows.extend((0..table.len()).filter_map(|row| Some((reader.cell(row)?, at, row))));
        }
        rows.sort_unstable();
        for same in rows.chunk_by(|one, other| one.0 == other.0) {
            let figure = |(_, at, row): &(Cell<'_>, usize, usize)| {
                held.get(*at)
                    .and_then(|(table, _, _)| table.cell(*row, Column::Figure).map(|cell| cell.into_owned()))
            };
            let Some((cell, at, row)) = same.first() else { continue };
            let (Some((view, _)), Some((table, _, _))) = (views.get(*at), held.get(*at)) else { continue };
            let agree = same.len() == 1 || same.iter().all(|one| figure(one) == figure(&(*cell, *at, *row)));
            let found = if agree {
                Found::Row { query: planned.query(), table, view, row: *row }
            } else {
                Found::Conflict
            };
            visit(tally, known, cell, found)?;
        }
    }
    Ok(())
}

/// Hands the rows of all sources on, in order; gives how many there were, and what became of the cells.
pub(super) fn each_source(
    folder: &Folder,
    fresh: &Fresh,
    sources: &[Source<'_>],
    columns: &[Column],
    mut row: impl FnMut(&Query, &View<'_>, usize) -> Result<(), HarvestError>,
) -> Result<(u64, Tally, BTreeSet<Refused>), HarvestError> {
    let (mut tally, mut refused, mut rows) = (Tally::default(), BTreeSet::new(), 0u64);
    let mut tables = Tables::new(folder, fresh);
    for source in sources {
        each_row(&mut tables, source, columns, &mut tally, &mut refused, |tally, block, cell, found| {
            match found {
                Found::Row { query, view, row: at, .. } => {
                    tally.row(block, cell);
                    rows += 1;
                    row(query, view, at)
                }
                Found::Conflict => {
                    tally.conflict(block, cell);
                    Ok(())
                }
            }
        })?;
    }
    Ok((rows, tally, refused))
}

/// Whether every cell of a plan is answered or refused.
pub(super) fn is_settled(facts: &Facts, query: &Query) -> bool {
    let (block, asked, codes) = Block::of(query);
    settle(facts, &block, asked, &codes, asked).failed.is_empty()
}
