use std::fmt;

use serde::{Deserialize, Serialize};

use crate::domain::{
    AreaCode, CommodityClass, CommodityCode, Frequency, InvalidValue, Language, PeriodPair, Region,
    Statistic, TradeType,
};

/// What to harvest: a query that no cap holds.
///
/// As [`hk::Query`](crate::hk::Query), with as many codes, countries, regions and types of trade as wanted; what is given
/// twice is held once. A *cell* is one figure of it: one period, type of trade, statistic, and one of each dimension
/// that is asked for.
///
/// ```
/// use tradebind::domain::{CommodityClass, Statistic, TradeType};
/// use tradebind::harvest::{Areas, Commodities, Request};
///
/// let codes = (1..=97).filter(|chapter| *chapter != 77).map(|chapter| format!("{chapter:02}"));
/// let request = Request::builder()
///     .trade_types([TradeType::Imports, TradeType::ReExports])
///     .periods("2012-01..2026-05".parse()?)
///     .destination(Areas::All)
///     .commodities(Commodities::codes(CommodityClass::Hs2, codes)?)
///     .build()?;
/// assert_eq!(request.statistics(), [Statistic::MonthlyValue]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    pub(super) language: Language,
    pub(super) periods: PeriodPair,
    pub(super) trade_types: Vec<TradeType>,
    pub(super) statistics: Vec<Statistic>,
    pub(super) transport: bool,
    pub(super) origin: Option<Areas>,
    pub(super) destination: Option<Areas>,
    pub(super) commodities: Option<Commodities>,
}

/// Sorts every list: in whatever order it is asked, a request is the same.
#[cfg(feature = "parquet")]
fn in_order(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::Array(items) => items.sort_by_cached_key(ToString::to_string),
        serde_json::Value::Object(fields) => fields.values_mut().for_each(in_order),
        _ => {}
    }
}

/// Origins or destinations of a [`Request`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Areas {
    /// Every country that the service has: which these are, the answers tell.
    All,
    /// These countries and regions.
    Listed {
        /// Codes of countries.
        countries: Vec<AreaCode>,
        /// Regions.
        regions: Vec<Region>,
    },
}

impl Areas {
    /// These countries.
    ///
    /// # Errors
    /// A text that is no code of an area.
    pub fn countries<S: AsRef<str>>(codes: impl IntoIterator<Item = S>) -> Result<Self, InvalidValue> {
        let countries = codes.into_iter().map(|code| code.as_ref().parse()).collect::<Result<_, _>>()?;
        Ok(Self::Listed { countries, regions: Vec::new() })
    }
}

/// Commodities of a [`Request`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Commodities {
    /// These codes of a class.
    Codes {
        /// Classification and level.
        class: CommodityClass,
        /// The codes, each with as many digits as the class has.
        codes: Vec<CommodityCode>,
    },
    /// The end-use categories, which take no codes: which these are, the answers tell.
    EndUse,
}

impl Commodities {
    /// These codes of a class.
    ///
    /// # Errors
    /// A text that is no code.
    pub fn codes<S: AsRef<str>>(
        class: CommodityClass,
        codes: impl IntoIterator<Item = S>,
    ) -> Result<Self, InvalidValue> {
        let codes = codes.into_iter().map(|code| code.as_ref().parse()).collect::<Result<_, _>>()?;
        Ok(Self::Codes { class, codes })
    }

    /// Classification and level.
    #[must_use]
    pub fn class(&self) -> CommodityClass {
        match self {
            Self::Codes { class, .. } => *class,
            Self::EndUse => CommodityClass::EndUse,
        }
    }
}

impl Request {
    /// Begins a request; types of trade and periods must be given.
    pub fn builder() -> RequestBuilder {
        RequestBuilder::default()
    }

    /// What the files of its dataset are called: another for another service or request, also of other periods, so that none
    /// takes the place of another's where several share a place.
    #[cfg(feature = "parquet")]
    #[must_use]
    pub(super) fn dataset_name(&self, service: &str) -> String {
        let mut request = serde_json::to_value(self).unwrap_or_default();
        in_order(&mut request);
        let mut hash = super::hash(format!("{service}\n{request}").as_bytes());
        hash.truncate(16);
        hash
    }

    /// Language of names and units.
    #[must_use]
    pub fn language(&self) -> Language {
        self.language
    }

    /// First and last period.
    #[must_use]
    pub fn periods(&self) -> PeriodPair {
        self.periods
    }

    /// The types of trade, none of them `ALL`.
    #[must_use]
    pub fn trade_types(&self) -> &[TradeType] {
        &self.trade_types
    }

    /// The statistics.
    #[must_use]
    pub fn statistics(&self) -> &[Statistic] {
        &self.statistics
    }

    /// Whether figures are broken down by mode of transport.
    #[must_use]
    pub fn by_transport(&self) -> bool {
        self.transport
    }

    /// Origins.
    #[must_use]
    pub fn origin(&self) -> Option<&Areas> {
        self.origin.as_ref()
    }

    /// Destinations of exports, places of consignment of imports.
    #[must_use]
    pub fn destination(&self) -> Option<&Areas> {
        self.destination.as_ref()
    }

    /// Commodities.
    #[must_use]
    pub fn commodities(&self) -> Option<&Commodities> {
        self.commodities.as_ref()
    }

    /// The same for other periods of the same kind.
    #[must_use]
    pub(super) fn over(&self, periods: PeriodPair) -> Self {
        Self { periods, ..self.clone() }
    }

    /// The codes asked for; none where no commodities are, or end-use categories.
    pub(super) fn codes(&self) -> &[CommodityCode] {
        match &self.commodities {
            Some(Commodities::Codes { codes, .. }) => codes,
            Some(Commodities::EndUse) | None => &[],
        }
    }
}

/// Collects a [`Request`], and every reason why it cannot be one.
#[derive(Debug, Clone, Default)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct RequestBuilder {
    language: Option<Language>,
    periods: Option<PeriodPair>,
    trade_types: Vec<TradeType>,
    statistics: Vec<Statistic>,
    transport: bool,
    origin: Option<Areas>,
    destination: Option<Areas>,
    commodities: Option<Commodities>,
}

impl RequestBuilder {
    /// Language of names and units; English unless given.
    pub fn language(mut self, language: Language) -> Self {
        self.language = Some(language);
        self
    }

    /// First and last period; must be given.
    pub fn periods(mut self, periods: PeriodPair) -> Self {
        self.periods = Some(periods);
        self
    }

    /// Types of trade; `All` stands for each of the five. At least one must be given.
    pub fn trade_types(mut self, types: impl IntoIterator<Item = TradeType>) -> Self {
        let single = |one: &TradeType| *one != TradeType::All;
        self.trade_types = types
            .into_iter()
            .flat_map(|one| match one {
                TradeType::All => TradeType::VALUES.iter().copied().filter(single).collect(),
                one => vec![one],
            })
            .collect();
        self
    }

    /// Statistics; the value of the periods' frequency unless given.
    pub fn statistics(mut self, statistics: impl IntoIterator<Item = Statistic>) -> Self {
        self.statistics = statistics.into_iter().collect();
        self
    }

    /// Whether to break the figures down by mode of transport.
    pub fn by_transport(mut self, by_transport: bool) -> Self {
        self.transport = by_transport;
        self
    }

    /// Origins of imports or re-exports.
    pub fn origin(mut self, areas: Areas) -> Self {
        self.origin = Some(areas);
        self
    }

    /// Destinations of exports, places of consignment of imports.
    pub fn destination(mut self, areas: Areas) -> Self {
        self.destination = Some(areas);
        self
    }

    /// Commodities.
    pub fn commodities(mut self, commodities: Commodities) -> Self {
        self.commodities = Some(commodities);
        self
    }

    /// The request.
    ///
    /// # Errors
    /// Every reason why no query of it could be asked.
    pub fn build(self) -> Result<Request, InvalidRequest> {
        const AREAS: &str = "C&SD query guide, section A, co and cc, and appendix 1";
        let mut reasons = Vec::new();
        let missing = |name: &'static str| {
            InvalidValue::new(
                "parameter",
                name,
                "is missing; it must be given",
                "C&SD query guide, section A",
            )
            .of(name)
        };
        let trade_types = once(self.trade_types);
        if trade_types.is_empty() {
            reasons.push(missing("ttype"));
        }
        let mut statistics = once(self.statistics);
        if let Some(frequency) = self.periods.map(PeriodPair::frequency) {
            if statistics.is_empty() {
                statistics.push(match frequency {
                    Frequency::Annual => Statistic::AnnualValue,
                    Frequency::Monthly => Statistic::MonthlyValue,
                });
            }
            let unfit = statistics.iter().filter(|statistic| !statistic.fits(frequency));
            reasons.extend(unfit.map(|statistic| {
                let problem = "is given by month only, but the periods are years";
                InvalidValue::new("statistic", statistic, problem, "C&SD query guide, section A, sv").of("sv")
            }));
        }
        let mut areas = |areas: Option<Areas>, parameter: &'static str| match areas {
            Some(Areas::Listed { countries, regions }) => {
                if countries.is_empty() && regions.is_empty() {
                    let problem = "holds nothing; give at least one area";
                    reasons.push(InvalidValue::new("areas", "", problem, AREAS).of(parameter));
                }
                let (countries, regions) = (once(countries), once(regions));
                for country in &countries {
                    let one = crate::domain::AreaList::single(country.clone());
                    if country.is_all() {
                        let problem = "stands alone; leave out the other codes";
                        reasons.push(InvalidValue::new("area", country, problem, AREAS).of(parameter));
                    } else if let Err(reason) =
                        crate::hk::AreaSelection::new(crate::domain::AreaClass::Country, one)
                    {
                        reasons.push(reason.of(parameter));
                    }
                }
                Some(Areas::Listed { countries, regions })
            }
            other => other,
        };
        let (origin, destination) = (areas(self.origin, "co"), areas(self.destination, "cc"));
        let commodities = match self.commodities {
            Some(Commodities::Codes { class, codes }) => {
                let codes = once(codes);
                if codes.is_empty() {
                    let problem = "holds nothing; give at least one code";
                    reasons.push(
                        InvalidValue::new(
                            "commodity codes",
                            "",
                            problem,
                            "C&SD query guide, section A, code",
                        )
                        .of("code"),
                    );
                }
                for few in codes.chunks(crate::domain::CodeList::MAX) {
                    let list = crate::domain::CodeList::new(few.iter().cloned());
                    let checked = list.and_then(|list| crate::hk::CommoditySelection::new(class, Some(list)));
                    reasons.extend(checked.err().map(|reason| reason.of("code")));
                }
                Some(Commodities::Codes { class, codes })
            }
            other => other,
        };
        let Some(periods) = self.periods else {
            reasons.insert(0, missing("period"));
            return Err(InvalidRequest { reasons });
        };
        if !reasons.is_empty() {
            return Err(InvalidRequest { reasons });
        }
        Ok(Request {
            language: self.language.unwrap_or(Language::English),
            periods,
            trade_types,
            statistics,
            transport: self.transport,
            origin,
            destination,
            commodities,
        })
    }
}

/// Each item once, where it first stood.
fn once<T: Clone + Eq + std::hash::Hash>(items: Vec<T>) -> Vec<T> {
    let mut seen = std::collections::HashSet::new();
    items.into_iter().filter(|item| seen.insert(item.clone())).collect()
}

/// A request of which no query could be asked, with every reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidRequest {
    reasons: Vec<InvalidValue>,
}

impl InvalidRequest {
    /// Every reason.
    #[must_use]
    pub fn reasons(&self) -> &[InvalidValue] {
        &self.reasons
    }
}

impl fmt::Display for InvalidRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.reasons.as_slice() {
            [one] => write!(f, "the request is refused: {one}"),
            several => {
                write!(f, "the request is refused for {} reasons:", several.len())?;
                several.iter().try_for_each(|reason| write!(f, "\n- {reason}"))
            }
        }
    }
}

impl std::error::Error for InvalidRequest {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_at_once() {
        let codes = Commodities::codes(CommodityClass::Hs2, ["01", "0101", "01"]).unwrap();
        let wrong = Request::builder()
            .periods("2018..2019".parse().unwrap())
            .statistics([Statistic::MonthlyValue])
            .origin(Areas::countries(["CN", "ALL", "EU", "DEU"]).unwrap())
            .destination(Areas::Listed { countries: Vec::new(), regions: Vec::new() })
            .commodities(codes)
            .build();
        insta::assert_snapshot!(wrong.unwrap_err().to_string());
        insta::assert_snapshot!(Request::builder().build().unwrap_err().to_string());
    }

    #[test]
    fn each_once_and_all_is_five() {
        let request = Request::builder()
            .periods("2018-05".parse().unwrap())
            .trade_types([TradeType::Imports, TradeType::All])
            .origin(Areas::countries(["cn", "CN"]).unwrap())
            .build()
            .unwrap();
        assert_eq!(request.trade_types().len(), 5);
        assert_eq!(request.origin(), Some(&Areas::countries(["CN"]).unwrap()));
        let text = serde_json::to_string(&request).unwrap();
        assert_eq!(serde_json::from_str::<Request>(&text).unwrap(), request);
    }
}
