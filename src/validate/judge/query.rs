//! Rows against the query that they answer, and the query itself.

use super::{Judge, Kind, Slot};
use crate::domain::{AreaClass, InvalidValue, Known, Period, Statistic, TradeType};
use crate::hk::{AreaSelection, Query};

/// Every reason why the guide rules a query out.
pub(crate) fn reasons(address: &str) -> Result<Query, Vec<InvalidValue>> {
    address.parse::<Query>().map_err(|refused| refused.reasons().to_vec())
}

const RULE: &str = "hk/answers-query";

fn fits(period: Period, query: &Query) -> bool {
    let place = |period: Period| (period.year(), period.month());
    let periods = query.periods();
    period.frequency() == periods.frequency()
        && (place(periods.start())..=place(periods.end())).contains(&place(period))
}

impl Judge {
    pub(super) fn answers_query(&mut self) {
        let Some(query) = self.context.query.take() else { return };
        if let Some(text) = self.row.text(Slot::Frequency)
            && text != query.periods().frequency().as_str()
        {
            self.row_remark(RULE, Slot::Frequency, query.periods().frequency().as_str(), None);
        }
        if let Some(period) = self.row.text(Slot::Period).and_then(Period::exact)
            && !fits(period, &query)
        {
            self.row_remark(RULE, Slot::Period, format!("a period of {}", query.periods()), None);
        }
        if let Some(kind) = self.row.text(Slot::TradeType).and_then(TradeType::exact)
            && query.trade_type() != TradeType::All
            && kind != query.trade_type()
        {
            self.row_remark(RULE, Slot::TradeType, query.trade_type().as_str(), None);
        }
        if let Some(statistic) = self.row.text(Slot::Statistic).and_then(Statistic::exact)
            && !query.statistics().iter().any(|asked| *asked == statistic)
        {
            self.row_remark(RULE, Slot::Statistic, format!("one of {}", query.statistics()), None);
        }
        self.areas(Slot::Origin, query.origin());
        self.areas(Slot::Consignee, query.destination());
        self.commodities(&query);
        self.context.query = Some(query);
    }

    fn areas(&mut self, slot: Slot, asked: Option<&AreaSelection>) {
        let given = self.row.text(slot);
        match asked {
            None if given.is_some() => {
                self.row_remark(RULE, slot, "nothing, since it was not asked for", None)
            }
            // What rows of a region look like is unknown.
            Some(areas) if areas.class() == AreaClass::Country => {
                let all = areas.codes().iter().any(|code| code.is_all());
                let fits =
                    given.is_some_and(|code| all || areas.codes().iter().any(|asked| asked.as_str() == code));
                if !fits && matches!(self.row.kind(slot), Kind::Text | Kind::Missing | Kind::Null) {
                    self.row_remark(RULE, slot, format!("one of {}", areas.codes()), None);
                }
            }
            _ => {}
        }
    }

    fn commodities(&mut self, query: &Query) {
        let Some(asked) = query.commodities() else {
            for slot in [Slot::Class, Slot::Code] {
                if self.row.text(slot).is_some() {
                    self.row_remark(RULE, slot, "nothing, since it was not asked for", None);
                }
            }
            return;
        };
        // The guide's example lacks the class.
        if self.row.text(Slot::Class).is_some_and(|class| class != asked.class().as_str()) {
            self.row_remark(RULE, Slot::Class, asked.class().as_str(), None);
        }
        let Some(codes) = asked.codes() else { return };
        let fits =
            self.row.text(Slot::Code).is_some_and(|code| codes.iter().any(|asked| asked.as_str() == code));
        if !fits {
            self.row_remark(RULE, Slot::Code, format!("one of {codes}"), None);
        }
    }
}
