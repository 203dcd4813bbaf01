use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use reqwest::Url;

use super::api;
use super::selection::{AreaSelection, CommoditySelection};
use crate::domain::{
    AreaClass, AreaList, CodeList, CommodityClass, Frequency, InvalidValue, Language, PeriodPair, Statistic,
    StatisticList, TradeType, TransportChoice,
};
use crate::http::redact::is_token;

const SOURCE: &str = "C&SD query guide, section A";
/// A rule of ours, since the guide does not say what one of the two alone would mean.
const TOGETHER: &str = "tradebind: the guide's examples always give both";
/// Where queries are asked, below the base URL (guide, section A).
pub(super) const PATH: &str = "/api/get";
/// The guide's parameters, in its order.
const PARAMETERS: [&str; 12] =
    ["lang", "sv", "freq", "period", "ttype", "tm", "coclass", "co", "ccclass", "cc", "codeclass", "code"];

/// One query of the Hong Kong trade statistics, known to break no rule of the guide.
///
/// Built by [`Query::builder`] or read back from an address; either tells every reason at once why a query
/// is refused. Prints as path and query, in the guide's order and spelling.
///
/// ```
/// use tradebind::domain::{AreaClass, TradeType};
/// use tradebind::hk::Query;
///
/// let query = Query::builder()
///     .trade_type(TradeType::TotalExports)
///     .periods("2018-05..2018-06")
///     .destination(AreaClass::Country, "CN")
///     .build()?;
/// assert_eq!(
///     query.to_string(),
///     "/api/get?lang=EN&sv=VCm&freq=M&period=201805,201806&ttype=4&ccclass=C&cc=CN"
/// );
/// assert_eq!(query.to_string().parse::<Query>()?, query);
/// # Ok::<(), tradebind::hk::InvalidQuery>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Query {
    language: Language,
    statistics: StatisticList,
    periods: PeriodPair,
    trade_type: TradeType,
    transport: Option<TransportChoice>,
    origin: Option<AreaSelection>,
    destination: Option<AreaSelection>,
    commodities: Option<CommoditySelection>,
}

impl Query {
    /// Begins a query; trade type and periods must be given.
    pub fn builder() -> QueryBuilder {
        QueryBuilder::default()
    }

    /// Language of the descriptions in the answer.
    #[must_use]
    pub fn language(&self) -> Language {
        self.language
    }

    /// The same query with its descriptions in another language.
    #[must_use]
    pub fn in_language(self, language: Language) -> Self {
        Self { language, ..self }
    }

    /// The statistics; each comes as a row of its own (observed).
    #[must_use]
    pub fn statistics(&self) -> &StatisticList {
        &self.statistics
    }

    /// First and last period.
    #[must_use]
    pub fn periods(&self) -> PeriodPair {
        self.periods
    }

    /// Type of trade.
    #[must_use]
    pub fn trade_type(&self) -> TradeType {
        self.trade_type
    }

    /// Whether figures are broken down by mode of transport.
    #[must_use]
    pub fn by_transport(&self) -> bool {
        self.transport.is_some()
    }

    /// Origins asked for.
    #[must_use]
    pub fn origin(&self) -> Option<&AreaSelection> {
        self.origin.as_ref()
    }

    /// Destinations of exports or places of consignment of imports asked for.
    #[must_use]
    pub fn destination(&self) -> Option<&AreaSelection> {
        self.destination.as_ref()
    }

    /// Commodities asked for.
    #[must_use]
    pub fn commodities(&self) -> Option<&CommoditySelection> {
        self.commodities.as_ref()
    }

    /// The generated request of this query, ready to send.
    #[must_use]
    pub fn request<'a>(&self, client: &'a api::Client) -> api::builder::GetTrade<'a> {
        let mut request = client
            .get_trade()
            .lang(self.language)
            .sv(self.statistics.clone())
            .freq(self.periods.frequency())
            .period(self.periods)
            .ttype(self.trade_type);
        if let Some(transport) = self.transport {
            request = request.tm(transport);
        }
        if let Some(origin) = &self.origin {
            request = request.coclass(origin.class()).co(origin.codes().clone());
        }
        if let Some(destination) = &self.destination {
            request = request.ccclass(destination.class()).cc(destination.codes().clone());
        }
        if let Some(commodities) = &self.commodities {
            request = request.codeclass(commodities.class());
            if let Some(codes) = commodities.codes() {
                request = request.code(codes.clone());
            }
        }
        request
    }

    /// Writes the parameters in the guide's order and spelling, as the query of an address.
    pub(super) fn write_parameters(&self, out: &mut impl fmt::Write) -> fmt::Result {
        let (language, statistics, periods) = (self.language, &self.statistics, self.periods);
        let (frequency, trade_type) = (periods.frequency(), self.trade_type);
        write!(out, "lang={language}&sv={statistics}&freq={frequency}&period={periods}&ttype={trade_type}")?;
        if let Some(transport) = self.transport {
            write!(out, "&tm={transport}")?;
        }
        for (class, codes, areas) in [("coclass", "co", &self.origin), ("ccclass", "cc", &self.destination)] {
            if let Some(areas) = areas {
                write!(out, "&{class}={}&{codes}={}", areas.class(), areas.codes())?;
            }
        }
        if let Some(commodities) = &self.commodities {
            write!(out, "&codeclass={}", commodities.class())?;
            if let Some(codes) = commodities.codes() {
                write!(out, "&code={codes}")?;
            }
        }
        Ok(())
    }
}

/// Path and query, in the guide's order and spelling, as [`super::Client`] sends them; the generated client sends them in
/// another order, which means nothing.
impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PATH}?")?;
        self.write_parameters(f)
    }
}

/// Reads an address, whole or from its path or its query on, in any case and any order.
impl FromStr for Query {
    type Err = InvalidQuery;

    fn from_str(address: &str) -> Result<Self, InvalidQuery> {
        let address = address.trim();
        let mut reasons: Vec<InvalidValue> = wrong_path(address).into_iter().collect();
        let query = match (address.split_once('?'), address.contains("://") || address.starts_with('/')) {
            (Some((_, query)), _) => query,
            (None, true) => "",
            (None, false) => address,
        };
        let mut given = BTreeMap::new();
        // The base is never used: a bare query needs one to be read as an address.
        let parsed = Url::parse(&format!("http://localhost/?{query}"));
        for (name, value) in parsed.iter().flat_map(Url::query_pairs) {
            let lower = name.to_ascii_lowercase();
            match PARAMETERS.iter().find(|parameter| **parameter == lower) {
                None => reasons.push(unknown_parameter(&name)),
                Some(_) if value.trim().is_empty() => {}
                Some(parameter) => {
                    if given.insert(*parameter, value.into_owned()).is_some() {
                        let problem = "is given more than once; join its values with commas";
                        reasons.push(InvalidValue::new("parameter", name, problem, SOURCE));
                    }
                }
            }
        }
        let mut builder = QueryBuilder { reasons, ..QueryBuilder::default() };
        builder.read(&given);
        builder.build()
    }
}

/// The path, where one is given, must be the service's, or the one-time address of an answer (observed).
fn wrong_path(address: &str) -> Option<InvalidValue> {
    let before = address.split(['?', '#']).next().unwrap_or_default();
    let path = match before.split_once("://") {
        Some((_, rest)) => rest.split_once('/').map_or("", |(_, path)| path),
        None => before.strip_prefix('/')?,
    };
    match path.to_ascii_lowercase().split('/').collect::<Vec<_>>()[..] {
        ["api", "get"] => None,
        ["api", part, "get"] if is_token(part) => None,
        _ => Some(InvalidValue::new("path", format_args!("/{path}"), "must be /api/get", SOURCE)),
    }
}

fn unknown_parameter(name: &str) -> InvalidValue {
    let near = crate::near::nearest(name, PARAMETERS);
    let hint = near.map_or_else(
        || format!("is not one of the guide's: {}", PARAMETERS.join(", ")),
        |near| format!("is not one of the guide's; did you mean {near:?}?"),
    );
    InvalidValue::new("parameter", name, hint, SOURCE)
}

/// Collects a query, and every reason why it is refused.
///
/// Each setter takes a value of its type or a text to read it from; lists also an array of texts. What is
/// wrong is told by [`QueryBuilder::build`], all at once. A setter called again replaces what was given before.
/// Codes are held to their form only: the service knows codes that its guide lacks, and
/// [`crate::codes`] those of the guide.
///
/// ```
/// use tradebind::domain::{AreaClass, CommodityClass, TradeType};
/// use tradebind::{codes, hk::Query};
///
/// let (germany, vietnam) = (codes::find_area("Germany")?, codes::find_area("Vietnam")?);
/// let query = Query::builder()
///     .trade_type(TradeType::ReExports) // or "re-exports", or "3"
///     .periods("2024-01..2024-06")
///     .destination(AreaClass::Country, [germany.code, vietnam.code]) // or "DE,VN"
///     .commodities(CommodityClass::Hs2, "85")
///     .build()?;
/// assert!(query.to_string().contains("&cc=DE,VN&"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct QueryBuilder {
    language: Option<Language>,
    statistics: Option<StatisticList>,
    periods: Option<PeriodPair>,
    trade_type: Option<TradeType>,
    transport: Option<TransportChoice>,
    origin: Option<AreaSelection>,
    destination: Option<AreaSelection>,
    commodities: Option<CommoditySelection>,
    reasons: Vec<InvalidValue>,
}

impl QueryBuilder {
    /// Language of the descriptions; English unless given.
    pub fn language<V: TryInto<Language, Error: Into<InvalidValue>>>(mut self, language: V) -> Self {
        self.language = self.take("lang", language);
        self
    }

    /// Statistics; the value of the periods' frequency unless given.
    pub fn statistics<V: TryInto<StatisticList, Error: Into<InvalidValue>>>(mut self, statistics: V) -> Self {
        self.statistics = self.take("sv", statistics);
        self
    }

    /// First and last period, such as `"2018-05..2018-06"`, or one, such as `"2018"`; must be given.
    pub fn periods<V: TryInto<PeriodPair, Error: Into<InvalidValue>>>(mut self, periods: V) -> Self {
        self.periods = self.take("period", periods);
        self
    }

    /// Type of trade, such as [`TradeType::ReExports`] or `"re-exports"`; must be given.
    pub fn trade_type<V: TryInto<TradeType, Error: Into<InvalidValue>>>(mut self, trade_type: V) -> Self {
        self.trade_type = self.take("ttype", trade_type);
        self
    }

    /// Whether to break the figures down by mode of transport.
    pub fn by_transport(mut self, by_transport: bool) -> Self {
        self.transport = by_transport.then_some(TransportChoice::ByMode);
        self
    }

    /// Origins: at most 30 countries, such as `"CN,US"` or `["CN", "US"]`; or `"ALL"`; or one region.
    pub fn origin<V: TryInto<AreaList, Error: Into<InvalidValue>>>(
        mut self,
        class: AreaClass,
        codes: V,
    ) -> Self {
        self.origin = self.areas("co", class, codes);
        self
    }

    /// Destinations of exports, places of consignment of imports: at most 30 countries, `ALL`, or one region.
    pub fn destination<V: TryInto<AreaList, Error: Into<InvalidValue>>>(
        mut self,
        class: AreaClass,
        codes: V,
    ) -> Self {
        self.destination = self.areas("cc", class, codes);
        self
    }

    /// Commodities: at most 20 codes of the class.
    pub fn commodities<V: TryInto<CodeList, Error: Into<InvalidValue>>>(
        mut self,
        class: CommodityClass,
        codes: V,
    ) -> Self {
        let codes = self.take("code", codes);
        if codes.is_some() {
            self.select_commodities(class, codes);
        }
        self
    }

    /// Figures by end-use category, which takes no codes.
    pub fn end_use(mut self) -> Self {
        self.select_commodities(CommodityClass::EndUse, None);
        self
    }

    /// The query.
    ///
    /// # Errors
    /// Every reason why the guide rules it out.
    pub fn build(mut self) -> Result<Query, InvalidQuery> {
        for (parameter, missing) in [("ttype", self.trade_type.is_none()), ("period", self.periods.is_none())]
        {
            if missing && !self.wrong(parameter) {
                self.reasons.push(InvalidValue::new(
                    "parameter",
                    parameter,
                    "is missing; it must be given",
                    SOURCE,
                ));
            }
        }
        let frequency = self.periods.map(PeriodPair::frequency);
        let default = frequency.map(|frequency| match frequency {
            Frequency::Annual => StatisticList::single(Statistic::AnnualValue),
            Frequency::Monthly => StatisticList::single(Statistic::MonthlyValue),
        });
        if let (Some(frequency), Some(statistics)) = (frequency, &self.statistics) {
            let unfit = statistics.iter().filter(|statistic| !statistic.fits(frequency));
            self.reasons.extend(unfit.map(|statistic| {
                let problem = "is given by month only, but the periods are years";
                InvalidValue::new("statistic", statistic, problem, "C&SD query guide, section A, sv").of("sv")
            }));
        }
        match (self.reasons.is_empty(), self.trade_type, self.periods, self.statistics.or(default)) {
            (true, Some(trade_type), Some(periods), Some(statistics)) => Ok(Query {
                language: self.language.unwrap_or(Language::English),
                statistics,
                periods,
                trade_type,
                transport: self.transport,
                origin: self.origin,
                destination: self.destination,
                commodities: self.commodities,
            }),
            _ => Err(InvalidQuery { reasons: self.reasons }),
        }
    }

    /// Reads the parameters of an address; those that the guide demands must be there.
    fn read(&mut self, given: &BTreeMap<&'static str, String>) {
        let text = |name: &str| given.get(name).map(String::as_str);
        for name in ["lang", "sv", "freq"] {
            if text(name).is_none() {
                self.reasons.push(InvalidValue::new(
                    "parameter",
                    name,
                    "is missing; it must be given",
                    SOURCE,
                ));
            }
        }
        self.language = text("lang").and_then(|value| self.take("lang", value));
        self.statistics = text("sv").and_then(|value| self.take("sv", value));
        self.periods = text("period").and_then(|value| self.take("period", value));
        self.trade_type = text("ttype").and_then(|value| self.take("ttype", value));
        self.transport = text("tm").and_then(|value| self.take("tm", value));
        let frequency: Option<Frequency> = text("freq").and_then(|value| self.take("freq", value));
        if let (Some(frequency), Some(periods)) = (frequency, self.periods)
            && frequency != periods.frequency()
        {
            let problem =
                format!("does not fit the periods {periods}, which are {}", periods.frequency().name());
            self.reasons.push(InvalidValue::new(
                "frequency",
                frequency,
                problem,
                "C&SD query guide, section A, freq",
            ));
        }
        self.origin = self.read_areas(["coclass", "co"], given);
        self.destination = self.read_areas(["ccclass", "cc"], given);
        let class: Option<CommodityClass> = text("codeclass").and_then(|value| self.take("codeclass", value));
        let codes: Option<CodeList> = text("code").and_then(|value| self.take("code", value));
        match class {
            Some(class) if !self.wrong("code") => self.select_commodities(class, codes),
            None if codes.is_some() && !self.wrong("codeclass") => self.alone("code", "codeclass"),
            _ => {}
        }
    }

    fn read_areas(
        &mut self,
        [class_name, codes_name]: [&'static str; 2],
        given: &BTreeMap<&'static str, String>,
    ) -> Option<AreaSelection> {
        let class: Option<AreaClass> = given.get(class_name).and_then(|v| self.take(class_name, v.as_str()));
        let codes: Option<AreaList> = given.get(codes_name).and_then(|v| self.take(codes_name, v.as_str()));
        match (class, codes) {
            (Some(class), Some(codes)) => self.areas(codes_name, class, codes),
            (Some(_), None) if !self.wrong(codes_name) => {
                self.alone(class_name, codes_name);
                None
            }
            (None, Some(_)) if !self.wrong(class_name) => {
                self.alone(codes_name, class_name);
                None
            }
            _ => None,
        }
    }

    fn alone(&mut self, given: &'static str, missing: &'static str) {
        let problem = format!("is given without {missing}; give both or neither");
        self.reasons.push(InvalidValue::new("parameter", given, problem, TOGETHER));
    }

    fn areas<V: TryInto<AreaList, Error: Into<InvalidValue>>>(
        &mut self,
        parameter: &'static str,
        class: AreaClass,
        codes: V,
    ) -> Option<AreaSelection> {
        let codes = self.take(parameter, codes)?;
        self.keep(parameter, AreaSelection::new(class, codes))
    }

    fn select_commodities(&mut self, class: CommodityClass, codes: Option<CodeList>) {
        self.commodities = self.keep("code", CommoditySelection::new(class, codes));
    }

    /// Reads a parameter; what was said of an earlier value of it no longer counts.
    fn take<T, V: TryInto<T, Error: Into<InvalidValue>>>(
        &mut self,
        parameter: &'static str,
        value: V,
    ) -> Option<T> {
        self.reasons.retain(|reason| reason.parameter() != Some(parameter));
        let value = value.try_into().map_err(Into::into);
        self.keep(parameter, value)
    }

    /// The value, or its reason among the others.
    fn keep<T>(&mut self, parameter: &'static str, value: Result<T, InvalidValue>) -> Option<T> {
        value.map_err(|reason| self.reasons.push(reason.of(parameter))).ok()
    }

    fn wrong(&self, parameter: &str) -> bool {
        self.reasons.iter().any(|reason| reason.parameter() == Some(parameter))
    }
}

/// A query that the guide rules out, with every reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidQuery {
    reasons: Vec<InvalidValue>,
}

impl InvalidQuery {
    /// Every reason: what could not be read first, what is missing or does not fit together after it.
    #[must_use]
    pub fn reasons(&self) -> &[InvalidValue] {
        &self.reasons
    }
}

impl fmt::Display for InvalidQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.reasons.as_slice() {
            [one] => write!(f, "the query is refused: {one}"),
            several => {
                write!(f, "the query is refused for {} reasons:", several.len())?;
                several.iter().try_for_each(|reason| write!(f, "\n- {reason}"))
            }
        }
    }
}

impl std::error::Error for InvalidQuery {}
