//! Which cell a row of an answer is, and whether it was asked for.

use super::block::{Block, BlockAreas};
use super::request::{Areas, Request};
use crate::domain::{CommodityClass, CommodityCode, Known as _, Period, PeriodPair, Statistic, TradeType};
use crate::table::{Column, Table, View};
use std::collections::HashSet;

/// Columns that tell which cell a row is, in the order in which [`Reader::cell`] looks at them.
const KEYS: [Column; 8] = [
    Column::Commodity,
    Column::TradeType,
    Column::Origin,
    Column::Destination,
    Column::Transport,
    Column::Period,
    Column::Statistic,
    Column::CommodityClass,
];

/// A cell; their order is that of the rows of one planned query.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Cell<'a> {
    pub(super) commodity: &'a str,
    pub(super) trade_type: TradeType,
    pub(super) origin: &'a str,
    pub(super) destination: &'a str,
    pub(super) transport: &'a str,
    /// Months since the year 0.
    pub(super) period: u32,
    pub(super) statistic: Statistic,
}

/// Reads the cells of an answer's rows.
pub(super) struct Reader<'a> {
    keys: View<'a>,
    block: &'a Block,
    types: Vec<TradeType>,
    periods: PeriodPair,
    codes: HashSet<&'a str>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(
        table: &'a Table,
        block: &'a Block,
        periods: PeriodPair,
        codes: impl IntoIterator<Item = &'a CommodityCode>,
    ) -> Self {
        let codes = codes.into_iter().map(CommodityCode::as_str).collect();
        Self { keys: table.view(&KEYS), block, types: block.trade_types(), periods, codes }
    }

    /// The cell of a row; none where nobody asked for it.
    pub(super) fn cell(&self, row: usize) -> Option<Cell<'_>> {
        let text = |column: usize| self.keys.text(row, column);
        let trade_type = text(1)?.parse().ok().filter(|kind| self.types.contains(kind))?;
        let period: Period = text(5)?.parse().ok().filter(|period| self.periods.contains(*period))?;
        let statistic = Statistic::exact(text(6)?).filter(|one| self.block.statistics.contains(one))?;
        let commodity = match self.block.class {
            None => "",
            Some(class) => {
                // The class stands in every row of a commodity query (observed); one that is there must fit.
                let known = text(7).is_none_or(|told| told == class.as_str());
                let code = text(0)
                    .filter(|code| known && (class == CommodityClass::EndUse || self.codes.contains(code)));
                code?
            }
        };
        let origin = asked(&self.block.origin, text(2))?;
        let destination = asked(&self.block.destination, text(3))?;
        let transport = if self.block.transport { text(4)? } else { "" };
        let period = period.ordinal();
        Some(Cell { commodity, trade_type, origin, destination, transport, period, statistic })
    }
}

/// The area of a row, if it was asked for.
fn asked<'a>(areas: &Option<BlockAreas>, told: Option<&'a str>) -> Option<&'a str> {
    match areas {
        // A query has one region at most; the form of its rows is not on record.
        None | Some(BlockAreas::Region(_)) => Some(""),
        Some(BlockAreas::All) => told,
        Some(BlockAreas::Countries(codes)) => {
            told.filter(|told| codes.iter().any(|code| code.as_str() == *told))
        }
    }
}

/// Rows that come twice, and rows that nobody asked for.
pub(super) fn faults(table: &Table, block: &Block, periods: PeriodPair, codes: &[CommodityCode]) -> usize {
    let reader = Reader::new(table, block, periods, codes);
    let mut seen = HashSet::with_capacity(table.len());
    (0..table.len()).filter(|row| !reader.cell(*row).is_some_and(|cell| seen.insert(cell))).count()
}

/// The columns of the data file: those of the request, whether the rows have them or not.
pub(super) fn columns(request: &Request) -> Vec<Column> {
    let by_area = |areas: &Option<Areas>| areas.is_some();
    let is_there = |column: &Column| match column {
        Column::Origin | Column::OriginName => by_area(&request.origin),
        Column::Destination | Column::DestinationName => by_area(&request.destination),
        Column::Transport => request.transport,
        Column::CommodityClass | Column::Commodity | Column::CommodityName => request.commodities.is_some(),
        _ => true,
    };
    Column::ALL.iter().copied().filter(is_there).collect()
}
