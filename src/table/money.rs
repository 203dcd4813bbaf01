use rust_decimal::Decimal;

use super::{Column, RowError, Table};
use crate::domain::{Known, Statistic};

/// How the unit of a value is written: in English (observed), in Chinese (guide, section B).
const THOUSANDS: [&str; 2] = ["HK$ '000", "千港元"];

/// A quotient, rounded to 28 digits, at most 28 of them behind the point: below 0.1 fewer of them count.
pub(super) fn quotient(of: Decimal, by: Decimal) -> Option<Decimal> {
    Some(of.checked_div(by)?.round_sf(28)?.normalize())
}

impl Table {
    /// The value of a row in Hong Kong dollars, exact: the service gives thousands. None where the row has no number.
    ///
    /// # Errors
    /// A row that counts no value, or whose unit is not thousand Hong Kong dollars; a value beyond 28 digits.
    pub fn hkd(&self, row: usize) -> Result<Option<Decimal>, RowError> {
        match self.statistic(row) {
            Some(statistic) if !statistic.is_quantity() => {}
            _ => {
                let statistic = self.cell(row, Column::Statistic).unwrap_or_default();
                return Err(RowError::new(row, format!("the statistic {statistic:?} is no value in money")));
            }
        }
        // A row without a unit has the one that every value has (guide, section B).
        if let Some(unit) = self.cell(row, Column::Unit)
            && !THOUSANDS.contains(&unit.trim())
        {
            let told =
                format!("the unit {unit:?} is not thousand Hong Kong dollars ({})", THOUSANDS.join(", "));
            return Err(RowError::new(row, told));
        }
        let Some(thousands) = self.number(row) else { return Ok(None) };
        match thousands.checked_mul(Decimal::ONE_THOUSAND) {
            // What was rounded is not told as exact.
            Some(value) if value / Decimal::ONE_THOUSAND == thousands => Ok(Some(value)),
            _ => Err(RowError::new(row, "the value has more than 28 digits")),
        }
    }

    /// The value of a row in United States dollars, by a rate in Hong Kong dollars for one of them, such as `7.8`: a
    /// quotient, rounded to 28 digits, at most 28 of them behind the point.
    ///
    /// # Errors
    /// As [`Table::hkd`]; a rate that is not above 0.
    pub fn usd(&self, row: usize, rate: Decimal) -> Result<Option<Decimal>, RowError> {
        if rate <= Decimal::ZERO {
            let told = format!(
                "the rate {rate} is not above 0; it is Hong Kong dollars for one of the United States"
            );
            return Err(RowError::new(row, told));
        }
        let Some(value) = self.hkd(row)? else { return Ok(None) };
        quotient(value, rate).map(Some).ok_or_else(|| RowError::new(row, "the value has more than 28 digits"))
    }

    /// What a row counts, if the document knows it.
    pub(super) fn statistic(&self, row: usize) -> Option<Statistic> {
        self.cell(row, Column::Statistic).and_then(|text| Statistic::exact(&text))
    }
}
