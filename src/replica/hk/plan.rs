//! From a query to what it cuts out of the world, or why the service refuses it.

use super::cube::{Axis, Cut};
use super::words::{self, Words};
use super::world::{self, Anchor, Group, LAST_YEAR, Month, goods, places};
use crate::domain::{
    AreaClass, CommodityClass, Frequency, Known, Language, Period, PeriodPair, Region, TradeType,
};
use crate::hk::{AreaSelection, Query};

/// Why a query is refused, as the service tells it: code 1 and messages.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) messages: Vec<String>,
    /// What of it is made up.
    pub(super) assumed: &'static str,
}

/// What rows are told of beside their figures.
#[derive(Debug)]
pub(super) struct Labels {
    pub(super) origins: Option<Areas>,
    pub(super) destinations: Option<Areas>,
    pub(super) goods: Option<(CommodityClass, Vec<Group>)>,
}

/// The areas of one dimension, by slot.
#[derive(Debug)]
pub(super) enum Areas {
    /// Where each stands among the countries.
    Countries(Vec<usize>),
    Region(Region),
}

/// Resolves a query against what is declared and published.
pub(super) fn plan(query: &Query, newest: Month) -> Result<(Cut, Labels), Refusal> {
    let words = Words(query.language());
    let both = query.origin().is_some() && query.destination().is_some();
    if query.trade_type() == TradeType::ReExports && both && query.commodities().is_some() {
        let messages = vec![words.combination()];
        return Err(Refusal { messages, assumed: "wording of the message" });
    }
    let (first, last) = months(query.periods(), newest).map_err(|period| {
        let messages = vec![words.undefined_period(period)];
        // The English sentence is observed.
        let known = query.language() == Language::English;
        Refusal { messages, assumed: if known { "which of the periods is named" } else { words::ASSUMED } }
    })?;
    let mut unknown = Vec::new();
    let mut areas =
        |selection: Option<&AreaSelection>| selection.map(|it| countries(it, words, &mut unknown));
    let (origins, destinations) = (areas(query.origin()), areas(query.destination()));
    if !unknown.is_empty() {
        return Err(Refusal { messages: unknown, assumed: words::ASSUMED });
    }
    let groups = query.commodities().map(|commodities| {
        let class = commodities.class();
        let asked: Vec<String> = match commodities.codes() {
            Some(codes) => codes.iter().map(ToString::to_string).collect(),
            None => world::declared(class),
        };
        let known = |code: String| world::group(class, &code, first.year()..=last.year()).ok_or(code);
        let (mut groups, mut bad) = (Vec::new(), Vec::new());
        for group in asked.into_iter().map(known) {
            match group {
                Ok(group) => groups.push(group),
                Err(code) => bad.push(words.undefined_commodity(&code)),
            }
        }
        groups.sort_by(|one, other| one.code.cmp(&other.code));
        if bad.is_empty() { Ok((class, groups)) } else { Err(bad) }
    });
    let groups = groups.transpose().map_err(|messages| {
        let known = query.language() == Language::English;
        Refusal { messages, assumed: if known { "end of the messages" } else { words::ASSUMED } }
    })?;
    let cut = Cut {
        trade_types: trade_types(query.trade_type()),
        statistics: query.statistics().iter().copied().collect(),
        first,
        last,
        annual: query.periods().frequency() == Frequency::Annual,
        origins: axis(origins.as_ref()),
        destinations: axis(destinations.as_ref()),
        goods: match &groups {
            Some((_, groups)) => Axis::of(goods().len(), groups.iter().map(|group| group.members.clone())),
            None => Axis::whole(goods().len()),
        },
        by_transport: query.by_transport(),
        counted: groups.as_ref().is_some_and(|(class, _)| world::Good::counted(*class)),
    };
    Ok((cut, Labels { origins, destinations, goods: groups }))
}

fn axis(areas: Option<&Areas>) -> Axis {
    match areas {
        None => Axis::whole(places().len()),
        Some(Areas::Countries(countries)) => {
            Axis::of(places().len(), countries.iter().map(|country| vec![*country]))
        }
        Some(Areas::Region(region)) => Axis::of(places().len(), [world::region(*region)]),
    }
}

/// The countries of a selection, by name; a code that is none is told.
fn countries(selection: &AreaSelection, words: Words, unknown: &mut Vec<String>) -> Areas {
    let codes = selection.codes();
    if let (AreaClass::Region, Some(region)) =
        (selection.class(), codes.iter().next().and_then(|code| Region::exact(code.as_str())))
    {
        return Areas::Region(region);
    }
    if codes.iter().any(|code| code.is_all()) {
        return Areas::Countries((0..places().len()).collect());
    }
    let mut found = Vec::new();
    for code in codes {
        match world::place(code.as_str()) {
            Some(place) => found.push(place),
            None => unknown.push(words.undefined_country(code.as_str())),
        }
    }
    found.sort_unstable();
    Areas::Countries(found)
}

/// The months of a query, or its first period that is not published. A year is, once its December is.
fn months(periods: PeriodPair, newest: Month) -> Result<(Month, Month), Period> {
    let (start, end) = (periods.start(), periods.end());
    let ends = |period: Period| match period.month() {
        Some(_) => (Month::of(period), Month::of(period)),
        None => (Month::new(period.year(), 1), Month::new(period.year(), 12)),
    };
    let published = |month: Option<Month>| month.filter(|month| *month <= newest);
    let Some(first) = ends(start).0.filter(|_| published(ends(start).1).is_some()) else { return Err(start) };
    match published(ends(end).1) {
        Some(last) => Ok((first, last)),
        None => Err(after(newest, end.frequency()).unwrap_or(end)),
    }
}

/// The first period that is not published.
fn after(newest: Month, frequency: Frequency) -> Option<Period> {
    let next = newest.next();
    match frequency {
        // A year is out with its December; the next month stands in the first year that is not.
        Frequency::Annual => Period::annual(next.year()).ok(),
        Frequency::Monthly => Period::monthly(next.year(), next.month()).ok(),
    }
}

/// The types of trade that a query asks for.
pub(super) fn trade_types(asked: TradeType) -> Vec<TradeType> {
    match asked {
        TradeType::All => TradeType::VALUES.iter().copied().filter(|one| *one != TradeType::All).collect(),
        one => vec![one],
    }
}

/// The largest figure that the world takes over, far beyond any of a month: arithmetic stays within 64 bits.
const LARGEST: i64 = 1_000_000_000_000;

/// What a recorded answer tells of total exports by destination: the world is made to agree.
pub(super) fn anchors(query: &Query, body: &serde_json::Value) -> Vec<Anchor> {
    let by_destination = query.trade_type() == TradeType::TotalExports
        && query.origin().is_none()
        && query.commodities().is_none()
        && !query.by_transport()
        && query.destination().is_some_and(|areas| areas.class() == AreaClass::Country);
    let rows = body["dataSet"].as_array().filter(|_| by_destination);
    let anchor = |row: &serde_json::Value| {
        let text = |name: &str| row[name].as_str();
        let month = Month::of(text("period").and_then(Period::exact)?)?;
        let place = world::place(text("cc")?)?;
        let figure = text("figure")?.parse().ok()?;
        let fits = text("sv") == Some("VCm") && (0..=LARGEST).contains(&figure);
        fits.then_some(Anchor { month, place, figure })
    };
    rows.into_iter().flatten().filter_map(anchor).collect()
}

/// The newest month that can be set: the world ends with 2049.
pub(super) fn newest(period: Period) -> Result<Month, String> {
    Month::of(period)
        .ok_or_else(|| format!("the newest month must be from {} to {LAST_YEAR}12, not {period}", "201201"))
}
