//! From what is known and kept to rows in plan order.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use super::HarvestError;
use super::ahead::Ahead;
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
    pub(super) ahead: &'a Ahead,
}

impl Source<'_> {
    /// What became of each planned query that it stands for, with the query's place in the plan.
    pub(super) fn settled(&self) -> impl Iterator<Item = (usize, &Query, Settled)> {
        self.plan.queries().iter().enumerate().filter_map(|(at, planned)| {
            let (block, asked, codes) = Block::of(planned.query());
            let valid = self.valid?.overlap(asked)?;
            Some((at, planned.query(), settle(self.facts, &block, asked, &codes, valid)))
        })
    }
}

/// What is refused where periods are not published, whoever asks.
const PERIODS: &str = "periods";

/// What became of one planned query.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Settled {
    /// Which kept answer, for which periods and codes.
    pub(super) answered: Vec<(usize, PeriodPair, Vec<CommodityCode>)>,
    refused: Vec<(PeriodPair, usize, Refused)>,
    failed: Vec<(PeriodPair, usize)>,
    /// The block without unknown countries.
    pub(super) known: Option<Block>,
    unknown: Vec<Refused>,
    /// The periods in which they are unknown: those that are published.
    published: Option<PeriodPair>,
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
            let told = Refused { what: PERIODS.into(), periods: periods.to_string(), reason };
            settled.refused.push((periods, many, told));
        }
    }
    let Some(range) = range else { return settled };
    settled.published = cut(range);
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
    /// What was refused.
    pub(super) fn refusals(&self) -> impl Iterator<Item = Refused> {
        let unknown = self.published.map_or(&[][..], |_| &self.unknown);
        self.refused.iter().map(|(_, _, told)| told).chain(unknown).cloned()
    }

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

    /// What became of a planned query, and the tables of its answers, if none of it is open and all came in this run.
    pub(super) fn whole(&self, facts: &Facts, query: &Query) -> Option<(Settled, Vec<Option<Arc<Table>>>)> {
        let (block, asked, codes) = Block::of(query);
        let settled = settle(facts, &block, asked, &codes, asked);
        if !settled.failed.is_empty() {
            return None;
        }
        let table = |(at, ..): &(usize, _, _)| match facts.kept().get(*at) {
            Some(kept) if kept.rows > 0 => self.tables.get(&kept.body).map(|table| Some(Arc::clone(table))),
            _ => Some(None),
        };
        let tables = settled.answered.iter().map(table).collect::<Option<_>>()?;
        Some((settled, tables))
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

    /// The tables of a planned query's answers; none of an answer without rows.
    pub(super) fn of(
        &mut self,
        facts: &Facts,
        settled: &Settled,
    ) -> Result<Vec<Option<Arc<Table>>>, HarvestError> {
        let table = |(at, ..): &(usize, _, _)| match facts.kept().get(*at) {
            Some(kept) if kept.rows > 0 => self.get(&kept.body).map(Some),
            _ => Ok(None),
        };
        settled.answered.iter().map(table).collect()
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
    Row { table: &'a Table, view: &'a View<'a>, row: usize },
    Conflict,
}

/// Counts the cells of a planned query, and hands its rows on, in order; `tables` are those of its answers.
fn one(
    query: &Query,
    settled: &Settled,
    tables: &[Option<Arc<Table>>],
    columns: &[Column],
    tally: &mut Tally,
    visit: &mut impl FnMut(&mut Tally, &Block, &Cell<'_>, Found<'_>) -> Result<(), HarvestError>,
) -> Result<(), HarvestError> {
    let (block, _, codes) = Block::of(query);
    let known = settled.known.as_ref().unwrap_or(&block);
    for (periods, codes, told) in &settled.refused {
        // Of periods that are not published, those of countries that would have been unknown, too.
        let refused = if told.what == PERIODS { &block } else { known };
        tally.add(Ended::Refused, refused, *periods, *codes);
    }
    for (periods, codes) in &settled.failed {
        tally.add(Ended::Failed, known, *periods, *codes);
    }
    if !settled.unknown.is_empty()
        && let Some(periods) = settled.published
    {
        tally.add_lacking(&block, settled.known.as_ref(), periods, codes.len().max(1));
    }
    for (_, periods, codes) in &settled.answered {
        tally.add(Ended::Answered, known, *periods, codes.len().max(1));
    }
    let views: Vec<_> = settled
        .answered
        .iter()
        .zip(tables)
        .filter_map(|((_, periods, codes), table)| {
            let table = table.as_deref()?;
            Some((table, table.view(columns), Reader::new(table, known, *periods, codes.iter())))
        })
        .collect();
    let mut rows: Vec<(Cell<'_>, usize, usize)> = Vec::new();
    for (at, (table, _, reader)) in views.iter().enumerate() {
        rows.extend((0..table.len()).filter_map(|row| Some((reader.cell(row)?, at, row))));
    }
    rows.sort_unstable();
    for same in rows.chunk_by(|one, other| one.0 == other.0) {
        let figure = |(_, at, row): &(Cell<'_>, usize, usize)| {
            let (table, ..) = views.get(*at)?;
            table.cell(*row, Column::Figure).map(|cell| cell.into_owned())
        };
        let Some(first) = same.first() else { continue };
        let (cell, at, row) = first;
        let Some((table, view, _)) = views.get(*at) else { continue };
        let agree = same.len() == 1 || same.iter().all(|one| figure(one) == figure(first));
        let found = if agree { Found::Row { table, view, row: *row } } else { Found::Conflict };
        visit(tally, known, cell, found)?;
    }
    Ok(())
}

/// Counts the cells of every planned query, and hands its rows on, in order.
pub(super) fn each_row(
    tables: &mut Tables<'_>,
    source: &Source<'_>,
    columns: &[Column],
    tally: &mut Tally,
    mut visit: impl FnMut(&mut Tally, &Block, &Cell<'_>, Found<'_>) -> Result<(), HarvestError>,
) -> Result<(), HarvestError> {
    for (_, query, settled) in source.settled() {
        let tables = tables.of(source.facts, &settled)?;
        one(query, &settled, &tables, columns, tally, &mut visit)?;
    }
    Ok(())
}

/// Counts the cells of a planned query, and hands its rows on, in order; gives how many there were.
pub(super) fn rows_of(
    query: &Query,
    settled: &Settled,
    tables: &[Option<Arc<Table>>],
    columns: &[Column],
    tally: &mut Tally,
    mut row: impl FnMut(&View<'_>, usize) -> Result<(), HarvestError>,
) -> Result<u64, HarvestError> {
    let mut rows = 0;
    one(query, settled, tables, columns, tally, &mut |tally, block, cell, found| match found {
        Found::Row { view, row: at, .. } => {
            tally.row(block, cell);
            rows += 1;
            row(view, at)
        }
        Found::Conflict => {
            tally.conflict(block, cell);
            Ok(())
        }
    })?;
    Ok(rows)
}

/// Hands the rows of all sources on, in order, each with its planned query; gives how many there were, and what became of
/// the cells.
pub(super) fn each_source(
    folder: &Folder,
    fresh: &Fresh,
    sources: &[Source<'_>],
    columns: &[Column],
    mut row: impl FnMut(&Query, &View<'_>, usize) -> Result<(), HarvestError>,
) -> Result<(u64, Tally, std::collections::BTreeSet<Refused>), HarvestError> {
    let (mut tally, mut refused, mut rows) = (Tally::default(), std::collections::BTreeSet::new(), 0);
    let mut tables = Tables::new(folder, fresh);
    for source in sources {
        for (_, query, settled) in source.settled() {
            let tables = tables.of(source.facts, &settled)?;
            refused.extend(settled.refusals());
            rows += rows_of(query, &settled, &tables, columns, &mut tally, |view, at| row(query, view, at))?;
        }
    }
    Ok((rows, tally, refused))
}

/// How many rows the sources have, and what became of the cells.
pub(super) fn counted(
    (folder, fresh): (&Folder, &Fresh),
    sources: &[Source<'_>],
) -> Result<(u64, Tally, std::collections::BTreeSet<Refused>), HarvestError> {
    each_source(folder, fresh, sources, &[], |_, _, _| Ok(()))
}

/// Whether every cell of a plan is answered or refused.
pub(super) fn is_settled(facts: &Facts, query: &Query) -> bool {
    let (block, asked, codes) = Block::of(query);
    settle(facts, &block, asked, &codes, asked).failed.is_empty()
}
