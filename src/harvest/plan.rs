use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::block::{Block, BlockAreas};
use super::cut::{Axis, cut};
use super::request::{Areas, Commodities, InvalidRequest, Request};
use crate::codes;
use crate::domain::{
    AreaCode, CodeList, CommodityCode, Period, PeriodPair, Statistic, StatisticList, TradeType,
};
use crate::hk::{InvalidQuery, Query};
use crate::http::{BODY_CAP, Pace};

/// How many modes of transport a plan reckons with: an assumption, since the guide does not list them.
const MODES: u64 = 5;
/// How many end-use categories a plan reckons with: an assumption, too.
const END_USES: u64 = 10;

/// How large an answer may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Limits {
    /// The most rows of an answer, if no figure of it is nil; 100,000 unless set.
    pub rows: u64,
    /// The most bytes of an answer; half of what a body may hold, 128 MiB, unless set.
    pub bytes: u64,
    /// Bytes of a row; 290 unless set, as the measured answer of 7,000 rows has (`benches/README.md`).
    pub bytes_a_row: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { rows: 100_000, bytes: (BODY_CAP / 2) as u64, bytes_a_row: 290 }
    }
}

impl Limits {
    /// The most rows of an answer.
    #[must_use]
    pub fn rows(self, rows: u64) -> Self {
        Self { rows, ..self }
    }

    /// The most bytes of an answer.
    #[must_use]
    pub fn bytes(self, bytes: u64) -> Self {
        Self { bytes, ..self }
    }

    /// The most rows within both bounds, at least one.
    pub(super) fn most(self) -> u64 {
        self.rows.min(self.bytes / self.bytes_a_row.max(1)).max(1)
    }
}

/// One query of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    query: Query,
    rows: u64,
}

impl Planned {
    /// The query.
    #[must_use]
    pub fn query(&self) -> &Query {
        &self.query
    }

    /// How many rows its answer has, if no figure is nil.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.rows
    }
}

/// The fewest queries for a request, within the service's caps and the limits of an answer; of very large requests (more than
/// 1,000 cells in units of the cut) as few as a search in bounded time finds.
///
/// Every cell that is asked for is in exactly one query, and no query holds a cell that is not: all five types of trade
/// go as one `ALL`, fewer go one by one. `ALL` is not used for re-exports by origin, destination and commodity, which the
/// service refuses (reported).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    request: Request,
    limits: Limits,
    planned: Vec<Planned>,
}

impl Plan {
    /// Plans a request.
    ///
    /// # Errors
    /// Where a request that was read from a file breaks a rule of the guide.
    pub fn new(request: Request, limits: Limits) -> Result<Self, InvalidQuery> {
        let mut planned = Vec::new();
        for origin in Part::of(request.origin()) {
            for destination in Part::of(request.destination()) {
                planned.append(&mut part(&request, limits, &origin, &destination)?);
            }
        }
        Ok(Self { request, limits, planned })
    }

    /// What it is the plan of.
    #[must_use]
    pub fn request(&self) -> &Request {
        &self.request
    }

    /// The limits that it keeps.
    #[must_use]
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// The queries, in the order in which rows are written.
    #[must_use]
    pub fn queries(&self) -> &[Planned] {
        &self.planned
    }

    /// How many queries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.planned.len()
    }

    /// Whether there are none: never for a request that was built.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.planned.is_empty()
    }

    /// What the plan comes to at a pace.
    #[must_use]
    pub fn estimate(&self, pace: Pace, latency: Duration) -> Estimate {
        let rows = self.planned.iter().fold(0u64, |rows, one| rows.saturating_add(one.rows));
        Estimate {
            requests: self.planned.len(),
            rows,
            bytes: rows.saturating_mul(self.limits.bytes_a_row),
            largest: self.planned.iter().map(Planned::rows).max().unwrap_or_default(),
            over: self.planned.iter().filter(|one| one.rows > self.limits.most()).count(),
            time: pace.time(self.planned.len(), latency),
            in_flight: pace.in_flight(),
            apart: pace.apart(),
            latency,
        }
    }
}

/// What a plan comes to. Rows are those of answers without nil figures: more cannot come, less will. Bytes are reckoned from
/// them, by what a row took when it was measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Estimate {
    /// Queries to ask, if none is refused.
    pub requests: usize,
    /// The most rows of all answers.
    pub rows: u64,
    /// About how many bytes all answers have, before compression.
    pub bytes: u64,
    /// The most rows of one answer.
    pub largest: u64,
    /// Queries that no cut brings within the limits.
    pub over: usize,
    /// Time at the pace; as JSON in seconds.
    #[serde(serialize_with = "seconds")]
    pub time: Duration,
    /// How many queries go at once, at that pace; no number is no limit.
    pub in_flight: Option<usize>,
    /// How far apart they start, at that pace; as JSON in milliseconds.
    #[serde(rename = "apart_ms", serialize_with = "milliseconds")]
    pub apart: Duration,
    /// How long an answer is reckoned to take; as JSON in milliseconds.
    #[serde(rename = "latency_ms", serialize_with = "milliseconds")]
    pub latency: Duration,
}

fn seconds<S: serde::Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(time.as_secs())
}

fn milliseconds<S: serde::Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u128(time.as_millis())
}

impl fmt::Display for Estimate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "requests  {}", grouped(self.requests as u64))?;
        writeln!(f, "rows      at most {}, {} in one answer", grouped(self.rows), grouped(self.largest))?;
        writeln!(f, "bytes     about {}", grouped(self.bytes))?;
        let at_once = self.in_flight.map_or("all".to_owned(), |most| most.to_string());
        let starts = match self.apart {
            Duration::ZERO => String::new(),
            apart => format!("starts {} s apart, ", apart.as_secs_f64()),
        };
        write!(
            f,
            "time      about {}: {at_once} at once, {starts}{} s an answer (assumed)",
            super::told(self.time),
            self.latency.as_secs_f64()
        )
    }
}

/// Digits in groups of three.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Areas that fit into queries of one form.
enum Part<'a> {
    /// Not asked for.
    Whole,
    All,
    Countries(&'a [AreaCode]),
    Region(crate::domain::Region),
}

impl<'a> Part<'a> {
    fn of(areas: Option<&'a Areas>) -> Vec<Self> {
        match areas {
            None => vec![Self::Whole],
            Some(Areas::All) => vec![Self::All],
            Some(Areas::Listed { countries, regions }) => {
                let countries = (!countries.is_empty()).then_some(Self::Countries(countries));
                countries.into_iter().chain(regions.iter().map(|region| Self::Region(*region))).collect()
            }
        }
    }

    fn axis(&self) -> Axis {
        match self {
            Self::Countries(codes) => Axis::new(codes.len(), crate::domain::AreaList::MAX),
            Self::Whole | Self::All | Self::Region(_) => Axis::new(1, 1),
        }
    }

    /// The most rows that one item of the axis brings.
    fn weight(&self) -> u64 {
        let countries = || codes::areas().iter().filter(|area| area.kind == codes::AreaKind::Country).count();
        match self {
            // Some more than the guide lists: the service knows codes that it lacks (observed).
            Self::All => countries() as u64 + 10,
            Self::Whole | Self::Countries(_) | Self::Region(_) => 1,
        }
    }

    fn areas(&self, (from, many): (usize, usize)) -> Option<BlockAreas> {
        match self {
            Self::Whole => None,
            Self::All => Some(BlockAreas::All),
            Self::Countries(codes) => Some(BlockAreas::Countries(slice(codes, from, many).to_vec())),
            Self::Region(region) => Some(BlockAreas::Region(*region)),
        }
    }
}

fn slice<T>(items: &[T], from: usize, many: usize) -> &[T] {
    items.get(from..from + many).unwrap_or_default()
}

/// How many rows an item of the axes brings that a query cannot cut.
fn weight(request: &Request, origin: &Part<'_>, destination: &Part<'_>) -> u64 {
    let modes = if request.transport { MODES } else { 1 };
    let uses = if request.commodities == Some(Commodities::EndUse) { END_USES } else { 1 };
    origin.weight() * destination.weight() * modes * uses
}

fn part(
    request: &Request,
    limits: Limits,
    origin: &Part<'_>,
    destination: &Part<'_>,
) -> Result<Vec<Planned>, InvalidQuery> {
    let weight = weight(request, origin, destination);
    let every_type = TradeType::VALUES.len() - 1;
    let both = request.origin.is_some() && request.destination.is_some() && request.commodities.is_some();
    let types = if request.trade_types.len() == every_type && !both {
        Axis::one_or_all(every_type)
    } else {
        Axis::new(request.trade_types.len(), 1)
    };
    let codes: &[CommodityCode] = request.codes();
    let periods = request.periods.count();
    let axes = [
        types,
        origin.axis(),
        destination.axis(),
        Axis::new(codes.len().max(1), CodeList::MAX),
        Axis::new(periods, periods),
        Axis::new(request.statistics.len(), StatisticList::MAX),
    ];
    let boxes = cut(&axes, (limits.most() / weight).max(1));
    let mut planned = Vec::with_capacity(boxes.len());
    for one in boxes {
        let [of_type, of_origin, of_destination, of_codes, of_periods, of_statistics] = one[..] else {
            continue;
        };
        let trade_type = match of_type {
            (_, many) if many > 1 => TradeType::All,
            (at, _) => request.trade_types.get(at).copied().unwrap_or(TradeType::All),
        };
        let block = Block {
            language: request.language,
            trade_type,
            statistics: slice::<Statistic>(&request.statistics, of_statistics.0, of_statistics.1).to_vec(),
            transport: request.transport,
            origin: origin.areas(of_origin),
            destination: destination.areas(of_destination),
            class: request.commodities.as_ref().map(Commodities::class),
        };
        let codes = slice(codes, of_codes.0, of_codes.1.min(codes.len()));
        let query = block.query(some(request.periods, of_periods), codes)?;
        let cells = [of_type, of_origin, of_destination, of_codes, of_periods, of_statistics];
        let rows = cells.iter().fold(weight, |rows, (_, many)| rows.saturating_mul(*many as u64));
        planned.push(Planned { query, rows });
    }
    Ok(planned)
}

/// Some periods of a range.
fn some(range: PeriodPair, (from, many): (usize, usize)) -> PeriodPair {
    let at = |nth: usize| -> Option<Period> { range.start().months_after(u32::try_from(nth).ok()?).ok() };
    let part = at(from).zip(at(from + many - 1)).and_then(|(start, end)| PeriodPair::new(start, end).ok());
    part.unwrap_or(range)
}

/// How many rows a code of a query brings in a period, at most: what pooled queries are sized by.
pub(super) fn rows_a_period(request: &Request, block: &Block) -> u64 {
    let areas = |areas: &Option<BlockAreas>| match areas {
        None | Some(BlockAreas::Region(_)) => 1,
        Some(BlockAreas::All) => Part::All.weight(),
        Some(BlockAreas::Countries(codes)) => codes.len() as u64,
    };
    let modes = if request.transport { MODES } else { 1 };
    let types = block.trade_types().len() as u64;
    areas(&block.origin) * areas(&block.destination) * modes * types * block.statistics.len() as u64
}

impl From<InvalidRequest> for crate::error::Error {
    fn from(error: InvalidRequest) -> Self {
        Self::new(crate::ErrorKind::InvalidRequest, error.to_string())
    }
}
