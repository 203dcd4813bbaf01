//! Rows against the query that they answer, and the query itself.

use super::{Judge, Kind, Slot, shown};
use crate::domain::{AreaClass, InvalidValue, Known, Period, Statistic, TradeType};
use crate::hk::{AreaSelection, Query, misspelled};
use crate::validate::diagnose::NOTHING;

/// What is wrong with a query.
#[derive(Debug)]
pub(crate) struct Asked {
    /// The parameter that it is about, in any case; empty where it is none's.
    pub parameter: String,
    pub expected: String,
    pub found: String,
    /// What tells it from others; where there is none, what is expected does.
    pub key: Option<String>,
    pub mend: Option<String>,
}

/// The query, where the guide does not rule it out, and every way in which it is not as the guide has it.
pub(crate) fn asked(address: &str) -> (Option<Query>, Vec<Asked>) {
    match address.parse::<Query>() {
        // People may write more than the service is known to read.
        Ok(query) => {
            let bare = !address.contains('?');
            let target = if bare { format!("?{address}") } else { address.to_owned() };
            let slips = misspelled(&target, &query).into_iter().map(|slip| {
                let (parameter, found) = (slip.name.to_ascii_lowercase(), shown(&slip.value));
                Asked {
                    expected: format!("{parameter} in the guide's spelling, {}", slip.spelled),
                    key: Some(format!("{parameter}={found}")),
                    mend: Some(format!("send {}", slip.spelled)),
                    parameter,
                    found,
                }
            });
            let slips = slips.collect();
            (Some(query), slips)
        }
        Err(refused) => (None, refused.reasons().iter().map(reason).collect()),
    }
}

fn reason(reason: &InvalidValue) -> Asked {
    // Of some the name itself is what is wrong.
    let name = (reason.what() == "parameter").then(|| reason.given());
    let parameter = reason.parameter().or(name).unwrap_or_default().to_owned();
    let (given, source) = (shown(reason.given()), reason.rule_source());
    if reason.problem().starts_with("is missing; ") {
        return Asked {
            parameter,
            expected: format!("the parameter {:?}", reason.given()),
            found: NOTHING.to_owned(),
            key: None,
            mend: Some(format!("give it ({source})")),
        };
    }
    // What to do stands behind what is wrong.
    let (problem, hint) = match reason.problem().rsplit_once("; ") {
        Some((problem, hint)) => (problem, Some(hint.to_owned())),
        None => (reason.problem(), None),
    };
    Asked {
        expected: format!("what the guide allows as {}; {given} {problem} ({source})", reason.what()),
        // One value may be wrong in two parameters.
        key: Some(format!("{parameter}={given}")),
        found: given,
        mend: hint,
        parameter,
    }
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
