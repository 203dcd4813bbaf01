//! A query without its codes and periods: what the cut of a request keeps apart.

use serde::{Deserialize, Serialize};

use crate::domain::{
    AreaClass, AreaCode, AreaList, CodeList, CommodityClass, CommodityCode, Language, PeriodPair, Region,
    Statistic, TradeType,
};
use crate::hk::{AreaSelection, InvalidQuery, Query};

/// Areas of one query.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) enum BlockAreas {
    All,
    Countries(Vec<AreaCode>),
    Region(Region),
}

impl BlockAreas {
    fn of(areas: &AreaSelection) -> Self {
        let codes = areas.codes().as_slice();
        match (areas.class(), codes.first()) {
            (AreaClass::Region, Some(code)) => {
                let known = Region::VALUES.iter().find(|region| region.as_str() == code.as_str());
                known.map_or_else(|| Self::Countries(codes.to_vec()), |region| Self::Region(*region))
            }
            _ if codes.iter().any(AreaCode::is_all) => Self::All,
            _ => Self::Countries(codes.to_vec()),
        }
    }

    fn class(&self) -> AreaClass {
        match self {
            Self::Region(_) => AreaClass::Region,
            Self::All | Self::Countries(_) => AreaClass::Country,
        }
    }

    fn list(&self) -> Result<AreaList, crate::domain::InvalidValue> {
        match self {
            Self::All => "ALL".parse(),
            Self::Countries(codes) => AreaList::new(codes.iter().cloned()),
            Self::Region(region) => Ok((*region).into()),
        }
    }

    /// The countries that are named.
    pub(super) fn countries(&self) -> &[AreaCode] {
        match self {
            Self::Countries(codes) => codes,
            Self::All | Self::Region(_) => &[],
        }
    }

    /// The same without some countries; none where nothing is left.
    fn without(&self, bad: &dyn Fn(&AreaCode) -> bool) -> Option<Self> {
        match self {
            Self::Countries(codes) => {
                let left: Vec<_> = codes.iter().filter(|code| !bad(code)).cloned().collect();
                (!left.is_empty()).then_some(Self::Countries(left))
            }
            other => Some(other.clone()),
        }
    }
}

/// All of a query but its codes and periods.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Block {
    pub(super) language: Language,
    pub(super) trade_type: TradeType,
    pub(super) statistics: Vec<Statistic>,
    pub(super) transport: bool,
    pub(super) origin: Option<BlockAreas>,
    pub(super) destination: Option<BlockAreas>,
    pub(super) class: Option<CommodityClass>,
}

/// Which of the two roles an area has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Role {
    Origin,
    Destination,
}

impl Block {
    /// A query apart: the block, its periods, its codes.
    pub(super) fn of(query: &Query) -> (Self, PeriodPair, Vec<CommodityCode>) {
        let codes = query.commodities().and_then(|commodities| commodities.codes());
        let block = Self {
            language: query.language(),
            trade_type: query.trade_type(),
            statistics: query.statistics().as_slice().to_vec(),
            transport: query.by_transport(),
            origin: query.origin().map(BlockAreas::of),
            destination: query.destination().map(BlockAreas::of),
            class: query.commodities().map(|commodities| commodities.class()),
        };
        (block, query.periods(), codes.map_or_else(Vec::new, |codes| codes.as_slice().to_vec()))
    }

    /// The query of these periods and codes.
    pub(super) fn query(&self, periods: PeriodPair, codes: &[CommodityCode]) -> Result<Query, InvalidQuery> {
        let mut builder = Query::builder()
            .language(self.language)
            .trade_type(self.trade_type)
            .statistics(self.statistics.clone())
            .periods(periods)
            .by_transport(self.transport);
        if let Some(origin) = &self.origin {
            builder = builder.origin(origin.class(), Given(origin.list()));
        }
        if let Some(destination) = &self.destination {
            builder = builder.destination(destination.class(), Given(destination.list()));
        }
        builder = match self.class {
            Some(CommodityClass::EndUse) => builder.end_use(),
            Some(class) => builder.commodities(class, Given(CodeList::new(codes.iter().cloned()))),
            None => builder,
        };
        builder.build()
    }

    /// The same in English: what the service refuses hangs on no language.
    pub(super) fn in_english(&self) -> Self {
        Self { language: Language::English, ..self.clone() }
    }

    /// The same without countries that the service does not know; none where nothing is left to ask.
    pub(super) fn without(&self, bad: impl Fn(Role, &AreaCode) -> bool) -> Option<Self> {
        let left = |areas: &Option<BlockAreas>, role| match areas {
            None => Some(None),
            Some(areas) => areas.without(&|code| bad(role, code)).map(Some),
        };
        Some(Self {
            origin: left(&self.origin, Role::Origin)?,
            destination: left(&self.destination, Role::Destination)?,
            ..self.clone()
        })
    }

    /// The types of trade in its answers.
    pub(super) fn trade_types(&self) -> Vec<TradeType> {
        match self.trade_type {
            TradeType::All => {
                TradeType::VALUES.iter().copied().filter(|one| *one != TradeType::All).collect()
            }
            one => vec![one],
        }
    }

    /// Whether the service refuses it whatever the codes: re-exports by origin, destination and commodity (reported).
    pub(super) fn is_refused_combination(&self) -> bool {
        self.trade_type == TradeType::ReExports
            && self.origin.is_some()
            && self.destination.is_some()
            && self.class.is_some()
    }
}

/// A value that was read already, good or bad.
struct Given<T>(Result<T, crate::domain::InvalidValue>);

impl<T: crate::domain::ListItem> TryFrom<Given<crate::domain::CommaList<T>>> for crate::domain::CommaList<T> {
    type Error = crate::domain::InvalidValue;

    fn try_from(given: Given<Self>) -> Result<Self, Self::Error> {
        given.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_taken_apart_is_the_same_again() {
        for text in [
            "lang=TC&sv=VCm,QCm&freq=M&period=201805,201806&ttype=4&ccclass=C&cc=CN,US&codeclass=HKHS2&code=01,02",
            "lang=EN&sv=VCy&freq=A&period=2018,2019&ttype=ALL&tm=Y&coclass=R&co=EU&ccclass=C&cc=ALL&codeclass=EUC",
            "lang=EN&sv=VCm&freq=M&period=201805,201805&ttype=1",
        ] {
            let query: Query = text.parse().unwrap();
            let (block, periods, codes) = Block::of(&query);
            assert_eq!(block.query(periods, &codes).unwrap(), query, "{text}");
        }
    }
}
