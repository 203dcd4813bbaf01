use std::collections::HashMap;
use std::io::{self, Write};

use rust_decimal::Decimal;

use super::field::Field;
use super::money::quotient;
use super::rows::Texts;
use super::write::{MARK, plain};
use super::{Column, CsvOptions, RowError, Table};
use crate::domain::Statistic;

/// What tells one cell of the statistics from another, the statistic apart. Areas and commodities count by their codes, never
/// by names; only what has no code counts by name.
const KEYS: [&str; 15] = [
    "freq",
    "period",
    "ttype",
    "co",
    "coRegionDescEN",
    "coRegionDescTC",
    "coRegionDescSC",
    "cc",
    "ccRegionDescEN",
    "ccRegionDescTC",
    "ccRegionDescSC",
    "tmDescEN",
    "tmDescTC",
    "tmDescSC",
    "code",
];

/// Places of the areas' codes in [`KEYS`]; the three names of a region follow each.
const CO: usize = 3;
const CC: usize = 7;

/// The columns that a pair has of its rows.
const SHOWN: [Column; 11] = [
    Column::Period,
    Column::Frequency,
    Column::TradeType,
    Column::Origin,
    Column::OriginName,
    Column::Destination,
    Column::DestinationName,
    Column::Transport,
    Column::CommodityClass,
    Column::Commodity,
    Column::CommodityName,
];

/// Whether a figure counts a month, or a year or the year to date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Basis {
    /// `VCm`, `QCm`.
    Month,
    /// `VCy`, `QCy`: a year or, in a monthly query, the year to date.
    Year,
}

impl Basis {
    fn of(statistic: Statistic) -> Self {
        match statistic {
            Statistic::MonthlyValue | Statistic::MonthlyQuantity => Self::Month,
            Statistic::AnnualValue | Statistic::AnnualQuantity => Self::Year,
        }
    }

    /// Its name: `month` or `year`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Month => "month",
            Self::Year => "year",
        }
    }
}

/// A value and the quantity of the same cell. One of the two may be missing, as the service leaves nil rows out and gives
/// some quantities not at all: neither is dropped for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pair {
    /// What both count.
    pub basis: Basis,
    /// Row of the value.
    pub value: Option<usize>,
    /// Row of the quantity.
    pub quantity: Option<usize>,
}

/// Values beside quantities: an outer join of a table's rows.
#[derive(Debug, Clone)]
pub struct Pairs<'a> {
    table: &'a Table,
    pairs: Vec<Pair>,
    others: Vec<usize>,
}

impl Table {
    /// Puts values beside quantities, in the order in which their rows first come.
    ///
    /// # Errors
    /// Two rows of one cell and statistic: which of them counts is not known.
    pub fn pairs(&self) -> Result<Pairs<'_>, RowError> {
        let mut found: HashMap<([u32; KEYS.len()], [u32; 1], Basis), usize> = HashMap::new();
        let mut pairs: Vec<Pair> = Vec::new();
        let mut others = Vec::new();
        let (keys, classes) = (self.texts_of(KEYS), self.texts_of(["codeclass"]));
        for row in 0..self.len() {
            let Some(statistic) = self.statistic(row) else {
                others.push(row);
                continue;
            };
            let basis = Basis::of(statistic);
            let at = *found.entry((cell(&keys, row), ids(&classes, row), basis)).or_insert_with(|| {
                pairs.push(Pair { basis, value: None, quantity: None });
                pairs.len() - 1
            });
            let Some(pair) = pairs.get_mut(at) else { continue };
            let place = if statistic.is_quantity() { &mut pair.quantity } else { &mut pair.value };
            if let Some(before) = place.replace(row) {
                let told = format!("{statistic} of the same cell stands in row {before} too");
                return Err(RowError::new(row, told));
            }
        }
        Ok(Pairs { table: self, pairs, others })
    }

    /// The texts of fields, by their keys.
    pub(super) fn texts_of<const N: usize>(&self, keys: [&str; N]) -> [Option<&Texts>; N] {
        keys.map(|key| Field::of(key).and_then(|field| self.rows.texts_of(field)))
    }
}

/// The numbers of fields' texts in a row.
pub(super) fn ids<const N: usize>(of: &[Option<&Texts>; N], row: usize) -> [u32; N] {
    of.map(|texts| texts.map_or(0, |texts| texts.ids.get(row)))
}

/// The cell of a row: the names of a region count only where it has no code.
fn cell(keys: &[Option<&Texts>; KEYS.len()], row: usize) -> [u32; KEYS.len()] {
    let mut cell = ids(keys, row);
    for code in [CO, CC] {
        let text = keys.get(code).copied().flatten().and_then(|texts| texts.get(row));
        if text.is_some_and(|code| !code.is_empty()) {
            cell.iter_mut().skip(code + 1).take(3).for_each(|name| *name = 0);
        }
    }
    cell
}

impl Pairs<'_> {
    /// The pairs.
    #[must_use]
    pub fn pairs(&self) -> &[Pair] {
        &self.pairs
    }

    /// Rows whose statistic the document does not know: they stand in no pair.
    #[must_use]
    pub fn others(&self) -> &[usize] {
        &self.others
    }

    /// The value of a pair in Hong Kong dollars, exact.
    ///
    /// # Errors
    /// As [`Table::hkd`].
    pub fn hkd(&self, pair: &Pair) -> Result<Option<Decimal>, RowError> {
        pair.value.map_or(Ok(None), |row| self.table.hkd(row))
    }

    /// The quantity of a pair, in its own unit.
    #[must_use]
    pub fn quantity(&self, pair: &Pair) -> Option<Decimal> {
        pair.quantity.and_then(|row| self.table.number(row))
    }

    /// Hong Kong dollars for one unit of the quantity: a quotient, rounded to 28 digits, at most 28 of them behind the point. None
    /// where one of the two is missing, or the quantity is 0.
    ///
    /// # Errors
    /// As [`Table::hkd`]; a quotient beyond 28 digits.
    pub fn unit_price(&self, pair: &Pair) -> Result<Option<Decimal>, RowError> {
        let (Some(value), Some(quantity)) = (self.hkd(pair)?, self.quantity(pair)) else { return Ok(None) };
        if quantity.is_zero() {
            return Ok(None);
        }
        let row = pair.value.unwrap_or_default();
        quotient(value, quantity)
            .map(Some)
            .ok_or_else(|| RowError::new(row, "the unit price has more than 28 digits"))
    }

    /// Writes CSV as [`Table::write_csv`] does: the cell's columns, `basis`, `value_hkd`, `value_usd` where a rate is
    /// given (see [`Table::usd`]), `quantity`, `quantity_unit`, `unit_price_hkd`. The columns of `options` are not asked;
    /// footnotes and the rows of [`Pairs::others`] are left out.
    ///
    /// # Errors
    /// Those of `out`; as [`Pairs::unit_price`] and [`Table::usd`], as invalid data.
    pub fn write_csv(
        &self,
        mut out: impl Write,
        options: &CsvOptions,
        usd: Option<Decimal>,
    ) -> io::Result<()> {
        let wrong = |error: RowError| io::Error::new(io::ErrorKind::InvalidData, error);
        if options.excel {
            out.write_all(MARK.as_bytes())?;
        }
        let shown: Vec<_> = {
            let applies = self.table.columns();
            SHOWN.into_iter().filter(|column| applies.contains(column)).collect()
        };
        let mut csv = ::csv::WriterBuilder::new().terminator(::csv::Terminator::CRLF).from_writer(out);
        if options.header {
            let mut names: Vec<_> = shown.iter().map(|column| column.name()).collect();
            names.extend(["basis", "value_hkd"]);
            names.extend(usd.map(|_| "value_usd"));
            names.extend(["quantity", "quantity_unit", "unit_price_hkd"]);
            csv.write_record(names).map_err(plain)?;
        }
        let text = |number: Option<Decimal>| number.map(|number| number.to_string()).unwrap_or_default();
        for pair in &self.pairs {
            let row = pair.value.or(pair.quantity).unwrap_or_default();
            for column in &shown {
                let cell = self.table.cell(row, *column).unwrap_or_default();
                csv.write_field(cell.as_bytes()).map_err(plain)?;
            }
            csv.write_field(pair.basis.name()).map_err(plain)?;
            csv.write_field(text(self.hkd(pair).map_err(wrong)?)).map_err(plain)?;
            if let Some(rate) = usd {
                let usd = pair.value.map_or(Ok(None), |row| self.table.usd(row, rate));
                csv.write_field(text(usd.map_err(wrong)?)).map_err(plain)?;
            }
            csv.write_field(text(self.quantity(pair))).map_err(plain)?;
            let unit = pair.quantity.and_then(|row| self.table.cell(row, Column::Unit)).unwrap_or_default();
            csv.write_field(unit.as_bytes()).map_err(plain)?;
            csv.write_field(text(self.unit_price(pair).map_err(wrong)?)).map_err(plain)?;
            csv.write_record(None::<&[u8]>).map_err(plain)?;
        }
        csv.flush()
    }
}
