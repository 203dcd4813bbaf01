//! Regions of TradeWind: their shares, known only once the total is.

use rust_decimal::Decimal;

use super::{At, Ending, Judge, Kind, Remark, Slot, shown};
use crate::domain::{Figure, OpenNumber};

/// Trades and share of each region, 24 bytes each; [`UNKNOWN`] trades where one of them is not there.
#[derive(Debug, Default)]
pub(super) struct Regions(Vec<(i64, Decimal)>);

const UNKNOWN: i64 = i64::MIN;
/// Stands for a share that no decimal number holds, which is none.
const BEYOND: Decimal = Decimal::MAX;

/// A decimal number as text.
fn is_decimal(text: &str) -> bool {
    // The marks of Hong Kong's figures are none here.
    text.parse::<Figure>().is_ok_and(|figure| matches!(figure.decimal(), Ok(Some(_)))) && !text.contains(',')
}

/// A share; one with more places than a decimal number holds is nothing, where it is that small.
fn decimal(text: &str) -> Decimal {
    const LEAST: f64 = 1e-20;
    let read = text.parse::<OpenNumber>().ok().and_then(|number| number.decimal().ok());
    let nothing = || text.parse::<f64>().is_ok_and(|number| number.abs() < LEAST);
    read.unwrap_or_else(|| if nothing() { Decimal::ZERO } else { BEYOND })
}

impl Judge {
    pub(super) fn region_rules(&mut self) {
        for slot in [Slot::Amount, Slot::Quantity, Slot::Weight] {
            self.decimal_text(slot);
        }
        let trades = self.row.integer(Slot::RegionTrades);
        let share = self.row.text(Slot::Percent).filter(|_| self.row.kind(Slot::Percent) == Kind::Number);
        let share = share.map(decimal);
        let region = trades.zip(share).unwrap_or((UNKNOWN, Decimal::ZERO));
        if self.wanted.is_none() {
            let regions = &mut self.regions.0;
            if regions.len() == regions.capacity() {
                regions.reserve_exact((regions.len() / 8).max(8));
            }
            regions.push(region);
        }
    }

    pub(super) fn decimal_text(&mut self, slot: Slot) {
        let values = if (slot as usize) < Slot::OF_ROWS { &self.row } else { &self.head };
        if values.kind(slot) != Kind::Text {
            return;
        }
        let Some(text) = values.text(slot).filter(|text| !is_decimal(text)) else { return };
        let found = shown(text);
        self.remark(Remark::new("tradewind/decimal", At::Slot(slot), "a decimal number as text", found));
    }

    pub(super) fn finish_regions(&mut self) {
        let count = self.regions.0.len();
        if let Some(total) = self.head.integer(Slot::Total)
            && i64::try_from(count).is_ok_and(|count| count > total)
        {
            let (expected, found) = (format!("at least {count}, the regions listed"), total.to_string());
            self.remark(Remark::new("tradewind/total", At::Slot(Slot::Total), expected, found));
        }
        let Some(total) = self.head.integer(Slot::Trades) else { return };
        let hundred = Decimal::ONE_HUNDRED;
        let mut ending = Ending::new(self.limit);
        for (index, region) in self.regions.0.iter().enumerate() {
            let (trades, share) = *region;
            if trades == UNKNOWN {
                continue;
            }
            // Of no trades at all, no region has a share.
            let exact = (total > 0).then(|| Decimal::from(trades) * hundred / Decimal::from(total));
            let off = share.checked_sub(exact.unwrap_or_default()).map(|off| off.abs());
            // Half of the second decimal, however ties are rounded.
            if off.is_none_or(|off| off > Decimal::new(5, 3)) {
                let expected = match exact {
                    Some(exact) => format!("{}: 100 × {trades} ÷ {total}", exact.round_dp(2)),
                    None => format!("0, since the tradeCount of all is {total}"),
                };
                let found =
                    if share == BEYOND { "a number out of range".to_owned() } else { share.to_string() };
                ending.tell(Remark::new("tradewind/percent", At::Region(index), expected, found), 1);
            }
        }
        self.end_told(ending);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_small_to_count_is_nothing() {
        assert_eq!(
            ["1e-40", "-1e-40", "0.0", "2.5"].map(|text| decimal(text).to_string()),
            ["0", "0", "0.0", "2.5"]
        );
        assert_eq!(["1e40", "-1e400"].map(decimal), [BEYOND; 2]);
    }

    #[test]
    fn a_region_is_24_bytes() {
        assert_eq!(size_of::<(i64, Decimal)>(), 24);
    }
}
