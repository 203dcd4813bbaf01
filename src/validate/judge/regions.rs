//! Regions of TradeWind: their shares, known only once the total is.

use rust_decimal::Decimal;

use super::{At, Ending, Judge, Kind, Remark, Slot, shown};
use crate::domain::{Figure, OpenNumber};

/// Trades and share of each region, 24 bytes each.
#[derive(Debug, Default)]
pub(super) struct Regions(Vec<Option<(i64, Decimal)>>);

/// A decimal number as text.
fn is_decimal(text: &str) -> bool {
    // The marks of Hong Kong's figures are none here.
    text.parse::<Figure>().is_ok_and(|figure| matches!(figure.decimal(), Ok(Some(_)))) && !text.contains(',')
}

impl Judge {
    pub(super) fn region_rules(&mut self) {
        for slot in [Slot::Amount, Slot::Quantity, Slot::Weight] {
            self.decimal_text(slot);
        }
        let trades = self.row.integer(Slot::RegionTrades);
        let share =
            self.row.text(Slot::Percent).and_then(|text| text.parse::<OpenNumber>().ok()?.decimal().ok());
        let region = trades.zip(share);
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
        let Some(total) = self.head.integer(Slot::Trades).filter(|total| *total > 0) else { return };
        let hundred = Decimal::ONE_HUNDRED;
        let mut ending = Ending::new(self.limit);
        for (index, region) in self.regions.0.iter().enumerate() {
            let Some((trades, share)) = *region else { continue };
            let exact = Decimal::from(trades) * hundred / Decimal::from(total);
            let off = share.checked_sub(exact).map(|off| off.abs());
            // Half of the second decimal, however ties are rounded.
            if off.is_none_or(|off| off > Decimal::new(5, 3)) {
                let expected = format!("{}: 100 × {trades} ÷ {total}", exact.round_dp(2));
                let at = At::Region(index);
                ending.tell(Remark::new("tradewind/percent", at, expected, share.to_string()), 1);
            }
        }
        self.end_told(ending);
    }
}
