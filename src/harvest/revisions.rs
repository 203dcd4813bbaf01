//! What a refresh found changed.

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher as _, BuildHasherDefault, DefaultHasher};
use std::io;

use super::HarvestError;
use super::block::{Block, BlockAreas};
use super::data::{Found, Fresh, Source, Tables, each_row};
use super::folder::Folder;
use super::rows::{Cell, columns};
use super::summary::Revisions;
use super::tally::Tally;
use crate::domain::{CommodityClass, Decimal, PeriodPair};
use crate::table::{Column, Table};

const FILE: &str = "revisions.csv";
/// The most cells that are compared at once; more are taken in shares, by commodity and partner.
const AT_ONCE: usize = 500_000;

/// A figure as it stands in an answer; its number, where it is one.
#[derive(Debug, Clone, PartialEq)]
struct Figure {
    text: String,
    number: Option<Decimal>,
}

impl Figure {
    fn of(table: &Table, row: usize) -> Self {
        let text = table.cell(row, Column::Figure).unwrap_or_default().into_owned();
        Self { text, number: table.number(row) }
    }
}

/// Old and new figure of cells, by their line in the file.
type Pairs = BTreeMap<Key, [Option<Figure>; 2]>;

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    commodity: String,
    trade_type: &'static str,
    origin: String,
    destination: String,
    transport: String,
    period: u32,
    is_month: bool,
    statistic: &'static str,
}

impl Key {
    fn of(cell: &Cell<'_>, is_month: bool) -> Self {
        Self {
            commodity: cell.commodity.to_owned(),
            trade_type: cell.trade_type.name(),
            origin: cell.origin.to_owned(),
            destination: cell.destination.to_owned(),
            transport: cell.transport.to_owned(),
            period: cell.period,
            is_month,
            statistic: cell.statistic.as_str(),
        }
    }

    fn period(&self) -> String {
        if self.is_month {
            format!("{:04}-{:02}", self.period / 12, self.period % 12 + 1)
        } else {
            format!("{:04}", self.period / 12)
        }
    }
}

/// What a source has answers of.
#[derive(Default)]
struct Answered {
    all: Vec<(Block, PeriodPair)>,
    /// Their places by commodity, so that many cells are looked up among many answers; under none those of any commodity.
    places: HashMap<Option<String>, Vec<usize>>,
}

impl Answered {
    fn of(source: &Source<'_>) -> Self {
        let mut answered = Self::default();
        for (_, _, settled) in source.settled() {
            let Some(block) = settled.known else { continue };
            let any_code = matches!(block.class, None | Some(CommodityClass::EndUse));
            for (_, periods, codes) in settled.answered {
                let at = answered.all.len();
                answered.all.push((block.clone(), periods));
                if any_code {
                    answered.places.entry(None).or_default().push(at);
                }
                for code in codes {
                    answered.places.entry(Some(code.to_string())).or_default().push(at);
                }
            }
        }
        answered
    }

    /// Whether a cell without a row is nil, not refused or open.
    fn holds(&self, key: &Key) -> bool {
        let within = |areas: &Option<BlockAreas>, area: &String| match areas {
            None | Some(BlockAreas::All | BlockAreas::Region(_)) => true,
            Some(BlockAreas::Countries(codes)) => codes.iter().any(|code| code.as_str() == area),
        };
        let of_code = [None, Some(key.commodity.clone())];
        let places = of_code.iter().filter_map(|code| self.places.get(code)).flatten();
        places.filter_map(|at| self.all.get(*at)).any(|(block, periods)| {
            (periods.start().ordinal()..=periods.end().ordinal()).contains(&key.period)
                && block.trade_types().iter().any(|kind| kind.name() == key.trade_type)
                && block.statistics.iter().any(|one| one.as_str() == key.statistic)
                && within(&block.origin, &key.origin)
                && within(&block.destination, &key.destination)
        })
    }
}

/// Compares the last source with those before it, in the periods that both have, and writes the list.
pub(super) fn write(
    folder: &Folder,
    fresh: &Fresh,
    before: &[Source<'_>],
    now: &Source<'_>,
) -> Result<Option<Revisions>, HarvestError> {
    let Some(asked) = now.valid else { return Ok(None) };
    let path = folder.path().join(FILE);
    let rows: usize = now.facts.kept().iter().map(|kept| kept.rows).sum();
    let shares = rows.div_ceil(AT_ONCE).max(1) as u64;
    let answered = Answered::of(now);
    folder.write(FILE, |out| {
        let failed = |error: csv::Error| HarvestError::disk(&path, "written")(io::Error::other(error));
        let mut lines = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(out);
        lines
            .write_record([
                "period",
                "trade_type",
                "origin",
                "destination",
                "transport",
                "commodity",
                "statistic",
                "before",
                "now",
                "difference",
            ])
            .map_err(failed)?;
        let mut revisions =
            Revisions { periods: asked.to_string(), file: FILE.to_owned(), ..Revisions::default() };
        let mut largest: Option<(Decimal, String)> = None;
        for share in 0..shares {
            let mut pairs = Pairs::new();
            for source in before {
                gather((folder, fresh), source, asked, 0, (share, shares), &mut pairs)?;
            }
            gather((folder, fresh), now, asked, 1, (share, shares), &mut pairs)?;
            // Months that are new are no revisions.
            let known =
                before.iter().filter_map(|source| source.facts.published(source.plan.request().periods()));
            let last = known.map(|periods| periods.end().ordinal()).max().unwrap_or_default();
            for (key, pair) in pairs.into_iter().filter(|(key, _)| key.period <= last) {
                let [old, new] = &pair;
                match (old, new) {
                    (Some(old), Some(new)) if old.text == new.text => continue,
                    (Some(_), Some(_)) => revisions.changed += 1,
                    (None, _) => revisions.appeared += 1,
                    // What is refused now was not revised.
                    (Some(_), None) if !answered.holds(&key) => continue,
                    (Some(_), None) => revisions.vanished += 1,
                }
                // A cell that was left out, or is now, counts as nil.
                let number =
                    |figure: &Option<Figure>| figure.as_ref().map_or(Some(Decimal::ZERO), |one| one.number);
                let difference = number(new).zip(number(old)).and_then(|(new, old)| new.checked_sub(old));
                let text =
                    |figure: &Option<Figure>| figure.as_ref().map_or(String::new(), |one| one.text.clone());
                let line = [
                    key.period(),
                    key.trade_type.to_owned(),
                    key.origin.clone(),
                    key.destination.clone(),
                    key.transport.clone(),
                    key.commodity.clone(),
                    key.statistic.to_owned(),
                    text(old),
                    text(new),
                    difference.map(|number| number.to_string()).unwrap_or_default(),
                ];
                lines.write_record(&line).map_err(failed)?;
                if let Some(size) = difference.map(|number| number.abs())
                    && largest.as_ref().is_none_or(|(known, _)| size > *known)
                {
                    let words: Vec<_> = line.iter().filter(|word| !word.is_empty()).cloned().collect();
                    largest = Some((size, words.join(" ")));
                }
            }
        }
        lines.flush().map_err(HarvestError::disk(&path, "written"))?;
        revisions.largest = largest.map(|(_, line)| line);
        Ok(Some(revisions))
    })
}

/// The figures of a source in some periods, of one share of the cells.
fn gather(
    (folder, fresh): (&Folder, &Fresh),
    source: &Source<'_>,
    asked: PeriodPair,
    slot: usize,
    (share, shares): (u64, u64),
    pairs: &mut Pairs,
) -> Result<(), HarvestError> {
    let columns = columns(source.plan.request());
    let valid = source.valid.and_then(|valid| valid.overlap(asked));
    let source = Source { plan: source.plan, facts: source.facts, valid, ahead: source.ahead };
    let is_month = asked.start().month().is_some();
    let mut tables = Tables::new(folder, fresh);
    each_row(&mut tables, &source, &columns, &mut Tally::default(), |_, _, cell, found| {
        let by = BuildHasherDefault::<DefaultHasher>::default();
        if by.hash_one((cell.commodity, cell.origin, cell.destination)) % shares != share {
            return Ok(());
        }
        if let Found::Row { table, row, .. } = found
            && let Some(figure) = pairs.entry(Key::of(cell, is_month)).or_default().get_mut(slot)
        {
            *figure = Some(Figure::of(table, row));
        }
        Ok(())
    })
}
