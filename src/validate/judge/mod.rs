//! Rules of meaning. Both paths tell a [`Judge`] what they read; what it remarks is the same whoever reads.

mod cell;
mod exact;
mod hk;
mod query;
mod regions;
mod tradewind;

use std::collections::{BTreeMap, HashMap};

use crate::documents::Part;
use crate::exchange::ServiceName;
use crate::hk::Query;

pub(super) use cell::Key;
pub(super) use query::{Asked, asked};

/// What kind of object is read, as far as rules care.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Object {
    /// A row of Hong Kong.
    Row,
    /// A region of TradeWind.
    Region,
    /// A filter of companies, of which a request may hold one.
    Filter,
    /// Any other.
    Other,
}

/// A field that a rule looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(usize)]
pub(super) enum Slot {
    // The rows' fields first: those of one row lie together.
    Frequency,
    Period,
    TradeType,
    Origin,
    Consignee,
    Class,
    Code,
    Statistic,
    UnitEn,
    UnitTc,
    UnitSc,
    Figure,
    /// What tells cells apart beside the codes: modes of transport and regions, in words.
    TransportEn,
    TransportTc,
    TransportSc,
    OriginRegionEn,
    OriginRegionTc,
    OriginRegionSc,
    ConsigneeRegionEn,
    ConsigneeRegionTc,
    ConsigneeRegionSc,
    Amount,
    Quantity,
    Weight,
    RegionTrades,
    Percent,
    Names,
    Domains,
    // The heads'.
    /// The whole of an answer that is the service's envelope around data of any shape.
    Envelope,
    /// The same where the document declares the upstream's envelope inside.
    BothEnvelopes,
    StatusCode,
    StatusName,
    StatusDescription,
    Message,
    Records,
    DataSet,
    Success,
    Data,
    Error,
    ErrorCode,
    ErrorMessage,
    UpstreamCode,
    UpstreamMessage,
    UpstreamData,
    Credits,
    Total,
    Trades,
    TotalQuantity,
    RegionList,
    Start,
    End,
    Limit,
    PerPage,
}

impl Slot {
    pub const COUNT: usize = Self::PerPage as usize + 1;
    /// How many belong to rows.
    pub const OF_ROWS: usize = Self::Domains as usize + 1;
}

/// The slot of a field.
pub(super) fn slot(component: &str, field: &str) -> Option<Slot> {
    // Each operation with data of its own has its own envelope, and the customs ones the upstream's in it.
    let component =
        ["Envelope", "Upstream"].into_iter().find(|kind| component.ends_with(kind)).unwrap_or(component);
    Some(match (component, field) {
        ("Row", "freq") => Slot::Frequency,
        ("Row", "period") => Slot::Period,
        ("Row", "ttype") => Slot::TradeType,
        ("Row", "co") => Slot::Origin,
        ("Row", "cc") => Slot::Consignee,
        ("Row", "codeclass") => Slot::Class,
        ("Row", "code") => Slot::Code,
        ("Row", "sv") => Slot::Statistic,
        ("Row", "unitEN") => Slot::UnitEn,
        ("Row", "unitTC") => Slot::UnitTc,
        ("Row", "unitSC") => Slot::UnitSc,
        ("Row", "figure") => Slot::Figure,
        ("Row", "tmDescEN") => Slot::TransportEn,
        ("Row", "tmDescTC") => Slot::TransportTc,
        ("Row", "tmDescSC") => Slot::TransportSc,
        ("Row", "coRegionDescEN") => Slot::OriginRegionEn,
        ("Row", "coRegionDescTC") => Slot::OriginRegionTc,
        ("Row", "coRegionDescSC") => Slot::OriginRegionSc,
        ("Row", "ccRegionDescEN") => Slot::ConsigneeRegionEn,
        ("Row", "ccRegionDescTC") => Slot::ConsigneeRegionTc,
        ("Row", "ccRegionDescSC") => Slot::ConsigneeRegionSc,
        ("Status", "code") => Slot::StatusCode,
        ("Status", "name") => Slot::StatusName,
        ("Status", "description") => Slot::StatusDescription,
        ("Status", "message") => Slot::Message,
        ("Count", "noOfRecords") => Slot::Records,
        ("TradeResponse", "dataSet") => Slot::DataSet,
        ("Envelope" | "Failure", "success") => Slot::Success,
        ("Envelope" | "Failure", "data") => Slot::Data,
        ("Envelope" | "Failure", "error") => Slot::Error,
        ("Billing", "credits_charged") => Slot::Credits,
        ("Upstream", "code") => Slot::UpstreamCode,
        ("Upstream", "msg") => Slot::UpstreamMessage,
        ("Upstream", "data") => Slot::UpstreamData,
        ("WorldRegions", "total") => Slot::Total,
        ("WorldRegions", "tradeCount") => Slot::Trades,
        ("WorldRegions", "qty") => Slot::TotalQuantity,
        ("WorldRegions", "list") => Slot::RegionList,
        ("WorldRegion", "tradeCount") => Slot::RegionTrades,
        ("WorldRegion", "tradePercent") => Slot::Percent,
        ("WorldRegion", "amount") => Slot::Amount,
        ("WorldRegion", "qty") => Slot::Quantity,
        ("WorldRegion", "weight") => Slot::Weight,
        ("WorldRegionsRequest", "start_time") => Slot::Start,
        ("WorldRegionsRequest", "end_time") => Slot::End,
        ("MarketTrendRequest", "limit") => Slot::Limit,
        ("MarketTrendRequest", "per_page") => Slot::PerPage,
        ("CompanyFilter" | "PeopleCompanyFilter", "names") => Slot::Names,
        ("CompanyFilter" | "PeopleCompanyFilter", "domains") => Slot::Domains,
        _ => return None,
    })
}

/// Members of a field of unknown shape that rules look at all the same.
pub(super) fn peek(component: &str, field: &str) -> &'static [(&'static str, Slot)] {
    match (component, field) {
        ("Envelope" | "Failure", "data") => {
            &[("code", Slot::UpstreamCode), ("msg", Slot::UpstreamMessage), ("data", Slot::UpstreamData)]
        }
        (name, "error") if name == "Failure" || name.ends_with("Envelope") => {
            &[("code", Slot::ErrorCode), ("message", Slot::ErrorMessage)]
        }
        _ => &[],
    }
}

/// The kind of a component.
pub(super) fn object(component: &str) -> Object {
    match component {
        "Row" => Object::Row,
        "WorldRegion" => Object::Region,
        "CompanyFilter" | "PeopleCompanyFilter" => Object::Filter,
        _ => Object::Other,
    }
}

/// A value as far as rules care.
#[derive(Debug, Clone, Copy)]
pub(super) enum Scalar<'a> {
    Null,
    Bool(bool),
    /// A number as a JSON reader prints it.
    Number(&'a str),
    Text(&'a str),
    List,
    Object,
}

/// Where a remark points.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum At {
    /// The field read last of that slot.
    Slot(Slot),
    /// The object just read.
    Object,
    /// Each row of that cell but the first.
    Again(Key),
    /// The row of that cell.
    Cell(Key),
    /// The region of that place in the list.
    Region(usize),
}

/// Something that a rule tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Remark {
    pub rule: &'static str,
    pub at: At,
    pub expected: String,
    pub found: String,
    /// What sort of thing that is, whatever its value.
    pub sort: Option<String>,
    /// How to mend it, where the rule's own words do not say enough.
    pub mend: Option<String>,
}

impl Remark {
    pub fn new(rule: &'static str, at: At, expected: impl Into<String>, found: impl Into<String>) -> Self {
        Self { rule, at, expected: expected.into(), found: found.into(), sort: None, mend: None }
    }

    pub fn sort(self, sort: impl Into<String>) -> Self {
        Self { sort: Some(sort.into()), ..self }
    }

    pub fn mend(mut self, how: impl Into<String>) -> Self {
        self.mend = Some(how.into());
        self
    }
}

/// What the end of a payload tells: of each rule so much, and how often more.
#[derive(Debug, Default)]
pub(super) struct Ending {
    pub remarks: Vec<Remark>,
    /// The most findings of one rule.
    limit: usize,
    told: HashMap<&'static str, usize>,
    /// Findings that are not told.
    pub untold: BTreeMap<&'static str, usize>,
}

impl Ending {
    fn new(limit: usize) -> Self {
        Self { limit, ..Self::default() }
    }

    /// A remark, which makes so many findings.
    fn tell(&mut self, remark: Remark, findings: usize) {
        let told = self.told.entry(remark.rule).or_default();
        if *told < self.limit {
            *told += findings;
            self.remarks.push(remark);
        } else {
            *self.untold.entry(remark.rule).or_default() += findings;
        }
    }
}

/// What is known of a payload before it is read.
#[derive(Debug, Clone)]
pub(super) struct Context {
    pub service: ServiceName,
    pub operation: String,
    pub part: Part,
    /// The operation's path.
    pub path: String,
    /// Whether its status tells that it is a failure.
    pub failed: bool,
    /// The query that the payload answers.
    pub query: Option<Query>,
}

/// The value of a slot, kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Kind {
    #[default]
    Missing,
    Null,
    Bool(bool),
    Number,
    Text,
    List,
    Object,
}

/// Values of slots in one piece of memory that is used again for every row.
#[derive(Debug)]
struct Values {
    text: String,
    held: [(Kind, u32, u32); Slot::COUNT],
}

impl Values {
    fn new() -> Self {
        Self { text: String::new(), held: [(Kind::Missing, 0, 0); Slot::COUNT] }
    }

    /// Forgets the values of rows.
    fn clear_row(&mut self) {
        self.text.clear();
        self.held[..Slot::OF_ROWS].fill((Kind::Missing, 0, 0));
    }

    fn set(&mut self, slot: Slot, value: Scalar<'_>) {
        let (kind, text) = match value {
            Scalar::Null => (Kind::Null, ""),
            Scalar::Bool(value) => (Kind::Bool(value), ""),
            Scalar::Number(text) => (Kind::Number, text),
            Scalar::Text(text) => (Kind::Text, text),
            Scalar::List => (Kind::List, ""),
            Scalar::Object => (Kind::Object, ""),
        };
        let start = u32::try_from(self.text.len()).unwrap_or(u32::MAX);
        self.text.push_str(text);
        let end = u32::try_from(self.text.len()).unwrap_or(u32::MAX);
        self.held[slot as usize] = (kind, start, end);
    }

    fn kind(&self, slot: Slot) -> Kind {
        self.held[slot as usize].0
    }

    /// Text of a text or number.
    fn text(&self, slot: Slot) -> Option<&str> {
        let (kind, start, end) = self.held[slot as usize];
        matches!(kind, Kind::Text | Kind::Number)
            .then(|| self.text.get(start as usize..end as usize))
            .flatten()
    }

    fn integer(&self, slot: Slot) -> Option<i64> {
        (self.kind(slot) == Kind::Number).then(|| self.text(slot)?.parse().ok()).flatten()
    }
}

/// Applies the rules of meaning to one payload.
pub(super) struct Judge {
    pub context: Context,
    pub remarks: Vec<Remark>,
    row: Values,
    head: Values,
    messages: Vec<String>,
    cells: cell::Cells,
    units: cell::Units,
    regions: regions::Regions,
    rows: u64,
    /// What a row's cell is made of, in memory that is used again.
    key: Vec<u8>,
    /// A number as text, likewise.
    digits: String,
    /// Undeclared fields of the row, which may be what tells two rows apart.
    extra: Vec<(String, String)>,
    /// Rows that are looked for, instead of being judged.
    wanted: Option<HashMap<Key, u32>>,
    /// The most findings of one rule that the end of the payload may make: each is in memory until its row is found again.
    limit: usize,
    /// How many more of a rule there are.
    pub untold: BTreeMap<&'static str, usize>,
}

impl Judge {
    pub fn new(context: Context, limit: usize) -> Self {
        Self {
            context,
            remarks: Vec::new(),
            row: Values::new(),
            head: Values::new(),
            messages: Vec::new(),
            cells: cell::Cells::default(),
            units: cell::Units::default(),
            regions: regions::Regions::default(),
            rows: 0,
            key: Vec::new(),
            digits: String::new(),
            extra: Vec::new(),
            wanted: None,
            limit,
            untold: BTreeMap::new(),
        }
    }

    /// A judge that only finds rows again.
    pub fn finding(context: Context, wanted: impl Iterator<Item = Key>) -> Self {
        let wanted = wanted.map(|key| (key, 0)).collect();
        Self { wanted: Some(wanted), ..Self::new(context, 0) }
    }

    /// Takes over what the end told.
    fn end_told(&mut self, ending: Ending) {
        self.remarks.extend(ending.remarks);
        self.untold = ending.untold;
    }

    /// An object begins.
    pub fn begin(&mut self, kind: Object) {
        if kind != Object::Other {
            self.row.clear_row();
            self.extra.clear();
        }
    }

    /// A field was read.
    pub fn value(&mut self, slot: Slot, value: Scalar<'_>) {
        if (slot as usize) < Slot::OF_ROWS {
            self.row.set(slot, value);
            return;
        }
        if slot == Slot::Message
            && let Scalar::Text(text) = value
        {
            self.messages.push(text.to_owned());
        }
        self.head.set(slot, value);
    }

    /// A field was read that is a number, as it is printed.
    pub fn number(&mut self, slot: Slot, number: &serde_json::Number) {
        use std::fmt::Write as _;
        let mut text = std::mem::take(&mut self.digits);
        text.clear();
        // Writing to memory cannot fail.
        _ = write!(text, "{number}");
        self.value(slot, Scalar::Number(&text));
        self.digits = text;
    }

    /// A field that the document does not declare was read.
    pub fn undeclared(&mut self, name: &str, value: String) {
        self.extra.push((name.to_owned(), value));
    }

    /// The field of a head begins anew; so that it can be read twice.
    pub fn again(&mut self, slot: Slot) {
        if slot == Slot::Message {
            self.messages.clear();
        }
    }

    /// An object ends. For a row that is looked for: its cell, and whether it is not the first of it.
    pub fn end(&mut self, kind: Object) -> Option<(Key, bool)> {
        match kind {
            Object::Row => {
                self.rows += 1;
                let cell = self.cell();
                if let Some(wanted) = &mut self.wanted {
                    let seen = wanted.get_mut(&cell.key())?;
                    *seen += 1;
                    return Some((cell.key(), *seen > 1));
                }
                self.row_rules();
                self.cells.push(cell);
            }
            Object::Region => {
                self.rows += 1;
                self.region_rules();
            }
            Object::Filter => self.filter_rules(),
            Object::Other => {}
        }
        None
    }

    /// The payload ends.
    pub fn finish(&mut self) {
        match (self.context.service, self.context.part) {
            (ServiceName::HkTrade, Part::Response) => self.finish_hk(),
            (ServiceName::HkTrade, Part::Request) => {}
            (ServiceName::Tradewind, Part::Response) => self.finish_tradewind(),
            (ServiceName::Tradewind, Part::Request) => self.finish_request(),
        }
    }

    fn remark(&mut self, remark: Remark) {
        self.remarks.push(remark);
    }
}

/// A value as a message repeats it: escaped, and cut.
pub(super) fn shown(text: &str) -> String {
    const LONGEST: usize = 60;
    let cut: String = text.chars().take(LONGEST).collect();
    let more = if cut.len() < text.len() { "…" } else { "" };
    format!("{cut:?}{more}")
}
