//! The answer to a query, written while it is sent.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::{Duration, SystemTime};

use http_body_util::BodyExt as _;
use hyper::body::{Body, Bytes, Frame};
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{Response, StatusCode};
use serde_json::json;

use super::Status;
use super::cube::{Cell, Cut, Key, Walk};
use super::plan::{Areas, Labels};
use super::words::Words;
use super::world::{self, Group, Month, World, places};
use crate::domain::{CommodityClass, Frequency, Statistic, TradeType};
use crate::hk::{Query, in_hong_kong};
use crate::replica::answer::{self, Answer};

/// Rows that are kept between counting and writing; more are made twice.
const KEPT: usize = 1 << 15;
/// Bytes of a piece that is sent, about.
const PIECE: usize = 32 << 10;

/// Where rows come from.
pub(super) enum Source {
    Kept(std::vec::IntoIter<Cell>),
    Walk { walk: Walk, block: std::vec::IntoIter<Cell> },
    Filling { world: Arc<World>, filling: Filling, row: u64, rows: u64 },
}

impl Source {
    /// Counts the rows, and keeps them if they are few.
    pub(super) fn counted(walk: Walk) -> (u64, Self) {
        let (mut count, mut kept, mut counting) = (0, Vec::new(), walk.clone());
        while let Some(block) = counting.period() {
            count += block.len() as u64;
            if count <= KEPT as u64 {
                kept.extend(block);
            } else {
                kept = Vec::new();
            }
        }
        let source = if count <= KEPT as u64 {
            Self::Kept(kept.into_iter())
        } else {
            Self::Walk { walk, block: Vec::new().into_iter() }
        };
        (count, source)
    }
}

impl Iterator for Source {
    type Item = Cell;

    fn next(&mut self) -> Option<Cell> {
        match self {
            Self::Kept(cells) => cells.next(),
            Self::Walk { walk, block } => loop {
                if let Some(cell) = block.next() {
                    return Some(cell);
                }
                *block = walk.period()?.into_iter();
            },
            Self::Filling { world, filling, row, rows } => {
                let at = *row;
                *row = at.checked_add(1).filter(|_| at < *rows)?;
                filling.cell(world, at, *rows)
            }
        }
    }
}

/// What an answer that is filled up goes through.
pub(super) struct Filling {
    months: Vec<Month>,
    statistics: Vec<Statistic>,
}

impl Filling {
    /// All that is published, in months or in years, each of the statistics that are asked for.
    pub(super) fn new(query: &Query, newest: Month) -> Self {
        let months = Month::nth(0).until(newest);
        let months = match query.periods().frequency() {
            Frequency::Monthly => (0..months).map(Month::nth).collect(),
            // A year stands in its December.
            Frequency::Annual => (11..months).step_by(12).map(Month::nth).collect(),
        };
        Self { months, statistics: query.statistics().iter().copied().collect() }
    }

    /// Row `at`: by code, then country, then type of trade, then period, then statistic.
    fn cell(&self, world: &World, at: u64, rows: u64) -> Option<Cell> {
        static GOODS: OnceLock<u64> = OnceLock::new();
        let goods = *GOODS.get_or_init(|| world::declared(CommodityClass::Hs8).len() as u64);
        let places = places().len() as u64;
        let (months, statistics) = (self.months.len() as u64, self.statistics.len() as u64);
        // Of each pair all statistics, however few rows there are.
        let each = rows.div_ceil(goods * places).next_multiple_of(statistics.max(1));
        let (pair, nth) = (at / each, at % each);
        let statistic = *self.statistics.get(nth.checked_rem(statistics)? as usize)?;
        let nth = nth / statistics;
        let month = *self.months.get(nth.checked_rem(months)? as usize)?;
        let trade_type = TradeType::VALUES[(nth / months % 5) as usize];
        let key =
            Key { good: (pair / places) as u16, origin: 0, destination: (pair % places) as u16, mode: 0 };
        Some(Cell { month, trade_type, key, statistic, figure: world.filling(at) })
    }
}

/// What the rows of an answer that is filled up are told of.
pub(super) fn filling_labels() -> Labels {
    let class = CommodityClass::Hs8;
    let group = |code: String| world::any_edition(class, &code);
    Labels {
        origins: None,
        destinations: Some(Areas::Countries((0..places().len()).collect())),
        goods: Some((class, world::declared(class).into_iter().filter_map(group).collect())),
    }
}

/// Writes rows; whatever repeats is made ready once.
pub(super) struct Writer {
    world: Arc<World>,
    annual: bool,
    trade_types: Vec<(TradeType, String)>,
    modes: Option<Vec<String>>,
    origins: Vec<String>,
    destinations: Vec<String>,
    goods: Vec<String>,
    /// Statistic and unit, by statistic and good.
    statistics: Vec<(Statistic, Vec<String>)>,
    footnote: String,
}

/// Members of an object, with a comma before each.
fn member(name: &str, value: &str) -> String {
    // A text is always JSON; names need no escapes.
    [",\"", name, "\":", &serde_json::to_string(value).unwrap_or_default()].concat()
}

impl Writer {
    pub(super) fn new(
        world: Arc<World>,
        query: &Query,
        labels: &Labels,
        trade_types: &[TradeType],
        annual: bool,
        own_suffix: bool,
    ) -> Self {
        let words = Words(query.language());
        let suffix = if own_suffix { query.language().as_str() } else { "EN" };
        let described = |name: &str, text: &str| member(&format!("{name}{suffix}"), text);
        let area = |name: &str, areas: &Option<Areas>| match areas {
            None => vec![String::new()],
            Some(Areas::Region(region)) => {
                let text = words.region(*region);
                vec![member(name, region.as_str()) + &described(&format!("{name}RegionDesc"), text)]
            }
            Some(Areas::Countries(countries)) => countries
                .iter()
                .filter_map(|at| places().get(*at))
                .map(|place| {
                    member(name, place.code) + &described(&format!("{name}Desc"), place.name(words.0))
                })
                .collect(),
        };
        let good = |class: CommodityClass, group: &Group| {
            member("codeclass", class.as_str())
                + &member("code", &group.code)
                + &described("codeDesc", &group.title)
        };
        let unit_of = |group: &Group| {
            let units = group.members.iter().filter_map(|at| world::goods().get(*at));
            units.filter_map(|good| good.unit).next()
        };
        let statistic = |statistic: Statistic| {
            let named = member("sv", statistic.as_str()) + &described("svDesc", words.statistic(statistic));
            let value = described("unit", words.value_unit());
            let unit = |group: &Group| match unit_of(group) {
                Some(unit) if statistic.is_quantity() => described("unit", unit.name(words.0)),
                Some(_) | None => value.clone(),
            };
            match &labels.goods {
                None => vec![named + &value],
                Some((_, groups)) => groups.iter().map(|group| named.clone() + &unit(group)).collect(),
            }
        };
        let trade_type = |trade_type: &TradeType| {
            let number = format!(",\"ttype\":{trade_type}");
            (*trade_type, number + &described("ttypeDesc", words.trade_type(*trade_type)))
        };
        Self {
            world,
            annual,
            trade_types: trade_types.iter().map(trade_type).collect(),
            modes: query
                .by_transport()
                .then(|| (0..world::MODES as u8).map(|mode| described("tmDesc", words.mode(mode))).collect()),
            origins: area("co", &labels.origins),
            destinations: area("cc", &labels.destinations),
            goods: match &labels.goods {
                None => vec![String::new()],
                Some((class, groups)) => groups.iter().map(|group| good(*class, group)).collect(),
            },
            statistics: query.statistics().iter().map(|one| (*one, statistic(*one))).collect(),
            footnote: described("cellfootnote", words.footnote()),
        }
    }

    fn write(&self, cell: &Cell, out: &mut Vec<u8>) {
        use std::io::Write as _;

        let put = |out: &mut Vec<u8>, texts: &[String], slot: u16| {
            out.extend_from_slice(texts.get(usize::from(slot)).map(String::as_bytes).unwrap_or_default());
        };
        let Cell { month, trade_type, key, statistic, figure } = cell;
        // Writing to memory cannot fail.
        _ = if self.annual {
            write!(out, "{{\"freq\":\"A\",\"period\":\"{}\"", month.year())
        } else {
            write!(out, "{{\"freq\":\"M\",\"period\":\"{}{:02}\"", month.year(), month.month())
        };
        let of_type = self.trade_types.iter().find(|(one, _)| one == trade_type);
        out.extend_from_slice(of_type.map(|(_, text)| text.as_bytes()).unwrap_or_default());
        if let Some(modes) = &self.modes {
            put(out, modes, key.mode.into());
        }
        put(out, &self.origins, key.origin);
        put(out, &self.destinations, key.destination);
        put(out, &self.goods, key.good);
        if let Some((_, by_good)) = self.statistics.iter().find(|(one, _)| one == statistic) {
            put(out, by_good, key.good);
        }
        _ = write!(out, ",\"figure\":\"{figure}\"");
        if self.world.is_footnoted(*figure, *month) {
            out.extend_from_slice(self.footnote.as_bytes());
        }
        out.push(b'}');
    }
}

/// A body that is written as it goes.
struct Rows {
    writer: Writer,
    source: Source,
    /// What is written and not yet sent.
    piece: Vec<u8>,
    is_first: bool,
    ended: bool,
}

impl Rows {
    fn new(head: Vec<u8>, writer: Writer, source: Source) -> Self {
        Self { writer, source, piece: head, is_first: true, ended: false }
    }

    /// Writes rows until the piece is full, or to the end.
    fn fill(&mut self) {
        while self.piece.len() < PIECE && !self.ended {
            let Some(cell) = self.source.next() else {
                self.piece.extend_from_slice(b"]}");
                self.ended = true;
                return;
            };
            if !std::mem::take(&mut self.is_first) {
                self.piece.push(b',');
            }
            self.writer.write(&cell, &mut self.piece);
        }
    }
}

impl Body for Rows {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.fill();
        if self.piece.is_empty() {
            return Poll::Ready(None);
        }
        let fresh = Vec::with_capacity(if self.ended { 0 } else { PIECE + (4 << 10) });
        let piece = std::mem::replace(&mut self.piece, fresh);
        Poll::Ready(Some(Ok(Frame::data(piece.into()))))
    }

    fn is_end_stream(&self) -> bool {
        self.ended && self.piece.is_empty()
    }
}

/// The head of an answer, up to its first row; `rest` is what hangs on the query alone.
fn head(count: u64, started: SystemTime, took: Duration, rest: &str) -> Vec<u8> {
    let count = json!({
        "noOfRecords": count,
        "started": moment(started),
        "finished": moment(started.checked_add(took).unwrap_or(started)),
        "durationSeconds": took.as_secs_f64(),
    });
    format!("{{\"header\":{{\"count\":{count},{rest},\"dataSet\":[").into_bytes()
}

/// The rest of the header after its count, closed.
fn rest(query: &Query, seed: u64) -> String {
    let words = Words(query.language());
    let mut header = Status::of(0).body()["header"].take();
    header["title"] = words.title(query).into();
    header["tablenote"] = words.notes(seed).to_vec().into();
    header.to_string().split_off(1)
}

/// As `2018-11-16T09:47:29.8546391+08:00`.
fn moment(wall: SystemTime) -> String {
    let Some(now) = in_hong_kong(wall) else { return String::new() };
    let (hour, minute, second, nanosecond) = now.time().as_hms_nano();
    format!(
        "{:04}-{:02}-{:02}T{hour:02}:{minute:02}:{second:02}.{:07}+08:00",
        now.year(),
        u8::from(now.month()),
        now.day(),
        nanosecond / 100
    )
}

/// What an answer with rows goes by.
pub(super) struct Table<'a> {
    pub(super) query: &'a Query,
    pub(super) writer: Writer,
    pub(super) source: Source,
    pub(super) count: u64,
    pub(super) seed: u64,
    pub(super) started: SystemTime,
    pub(super) took: Duration,
}

impl Table<'_> {
    /// The answer: whole if it is small, else in pieces. What is whole can be said again.
    pub(super) fn answer(self) -> (Answer, Option<Whole>) {
        let rest = rest(self.query, self.seed);
        let head = head(self.count, self.started, self.took, &rest);
        let begin = head.len();
        let mut rows = Rows::new(head, self.writer, self.source);
        rows.fill();
        if rows.ended {
            let written = rows.piece.get(begin..).unwrap_or_default().to_vec();
            return (whole(rows.piece, self.count), Some(Whole { rest, rows: written, count: self.count }));
        }
        let mut response = Response::new(rows.map_err(|never| match never {}).boxed_unsync());
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        (answer::noted(response, note(self.count)), None)
    }
}

/// A small answer, but for its times.
#[derive(Debug, Default)]
pub(super) struct Whole {
    rest: String,
    rows: Vec<u8>,
    count: u64,
}

impl Whole {
    /// The answer at another time.
    pub(super) fn answer(&self, started: SystemTime, took: Duration) -> Answer {
        let mut body = head(self.count, started, took, &self.rest);
        body.extend_from_slice(&self.rows);
        whole(body, self.count)
    }
}

fn whole(body: Vec<u8>, count: u64) -> Answer {
    answer::noted(answer::body(StatusCode::OK, "application/json", body), note(count))
}

fn note(count: u64) -> String {
    format!("{count} rows")
}

/// Whether a cut is dear enough to be made on a thread of its own.
pub(super) fn is_dear(cut: &Cut) -> bool {
    cut.effort() > 200_000
}
