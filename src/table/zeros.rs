use std::collections::{HashMap, HashSet};

use super::field::Field;
use super::figures::Value;
use super::pairs::ids;
use super::rows::Rows;
use super::{RowError, Table};
use crate::domain::{AreaClass, CommodityClass, Known, Period, Region, Statistic, TradeType};
use crate::hk::{AreaSelection, Query};

/// The most cells that a query is filled up to.
const MOST: usize = 5_000_000;

/// Descriptions that belong to a code: they are the same in every row of it.
const NAMES: [(&str, [&str; 3]); 7] = [
    ("ttype", ["ttypeDescEN", "ttypeDescTC", "ttypeDescSC"]),
    ("co", ["coDescEN", "coDescTC", "coDescSC"]),
    ("co", ["coRegionDescEN", "coRegionDescTC", "coRegionDescSC"]),
    ("cc", ["ccDescEN", "ccDescTC", "ccDescSC"]),
    ("cc", ["ccRegionDescEN", "ccRegionDescTC", "ccRegionDescSC"]),
    ("code", ["codeDescEN", "codeDescTC", "codeDescSC"]),
    ("sv", ["svDescEN", "svDescTC", "svDescSC"]),
];
const UNIT: [&str; 3] = ["unitEN", "unitTC", "unitSC"];
/// What tells a cell from another, with its statistic.
const CELL: [&str; 9] = ["period", "ttype", "co", "cc", "tmDescEN", "tmDescTC", "tmDescSC", "code", "sv"];

/// What a cell is: the number of a text for each of [`CELL`].
type Cell = [u32; CELL.len()];

impl Table {
    /// The table with a row of 0 for each cell that the query asked for and the answer left out: the service leaves
    /// nil rows out (guide; inferred for single rows). The rows that came stand first; [`Table::filled`] tells which
    /// were added, also by an earlier call.
    ///
    /// Proved are only these, and only they are filled:
    ///
    /// - values, of every period and trade type asked for;
    /// - quantities of a commodity for which the same statistic stands in another row, so that the service gives it at
    ///   all; never at HKHS4, where it is not given (reported), nor without a commodity;
    /// - areas and commodities that the query names one by one; of `ALL`, of a region, of end-use categories and of modes of
    ///   transport, those that stand in some row, since what else there is stays open.
    ///
    /// # Errors
    /// A row that is not of the query: of a period, type of trade, statistic, area, commodity, class or breakdown that it did
    /// not ask for (of a region's rows the areas are not on record, so that only another region's are known); more than five
    /// million cells.
    pub fn with_zeros(&self, query: &Query) -> Result<Self, RowError> {
        self.with_zeros_within(query, MOST)
    }

    /// The same, of so many cells at most.
    pub(crate) fn with_zeros_within(&self, query: &Query, most: usize) -> Result<Self, RowError> {
        let mut filling = Filling::of(self, query)?;
        let cells = filling.cells(query, most)?;
        let from = if self.filled.is_empty() { self.len() } else { self.filled.start };
        for cell in cells {
            filling.add(&cell).ok_or_else(|| RowError::new(filling.rows.len(), "more texts than 4 GiB"))?;
        }
        let mut rows = filling.rows;
        rows.freeze();
        let filled = from..rows.len();
        Ok(Self { rows, filled, ..self.clone() })
    }

    /// The rows that [`Table::with_zeros`] added; none where it was not asked.
    #[must_use]
    pub fn filled(&self) -> std::ops::Range<usize> {
        self.filled.clone()
    }
}

/// Rows that are filled up.
struct Filling {
    rows: Rows,
    there: HashSet<Cell>,
    /// Descriptions by place in [`NAMES`] and number of the code.
    names: HashMap<(usize, u32), [u32; 3]>,
    /// Units by numbers of commodity and statistic.
    units: HashMap<(u32, u32), [u32; 3]>,
    frequency: u32,
    class: u32,
}

impl Filling {
    fn of(table: &Table, query: &Query) -> Result<Self, RowError> {
        let mut rows = table.rows.clone();
        rows.thaw();
        let mut there = HashSet::new();
        let mut names = HashMap::new();
        let mut units = HashMap::new();
        let (cells, unit_texts) = (table.texts_of(CELL), table.texts_of(UNIT));
        let named = NAMES.map(|(key, of)| (table.texts_of([key]), table.texts_of(of)));
        let asked = Asked::of(query);
        let class = table.texts_of(["codeclass"]);
        // Rows without a class and zeros with one would be of different cells.
        let mut has_class = table.is_empty();
        for row in 0..table.len() {
            asked.holds(table, row)?;
            let cell = ids(&cells, row);
            there.insert(cell);
            has_class |= ids(&class, row) != [0];
            for (at, (code, of)) in named.iter().enumerate() {
                let [code] = ids(code, row);
                names.entry((at, code)).or_insert_with(|| ids(of, row));
            }
            units.entry((cell[7], cell[8])).or_insert_with(|| ids(&unit_texts, row));
        }
        let mut filling = Self { rows, there, names, units, frequency: 0, class: 0 };
        filling.frequency = filling.put("freq", query.periods().frequency().as_str())?;
        filling.class = match query.commodities() {
            Some(commodities) if has_class => filling.put("codeclass", commodities.class().as_str())?,
            _ => 0,
        };
        Ok(filling)
    }

    /// The number of a text of a field.
    fn put(&mut self, key: &str, text: &str) -> Result<u32, RowError> {
        let at = self.rows.len();
        let texts = Field::of(key).and_then(|field| self.rows.texts.get_mut(field.index()));
        let id = texts.and_then(|texts| texts.known.put(text));
        id.ok_or_else(|| RowError::new(at, "more texts than 4 GiB"))
    }

    fn put_all<'a>(
        &mut self,
        key: &str,
        texts: impl IntoIterator<Item = &'a str>,
    ) -> Result<Vec<u32>, RowError> {
        texts.into_iter().map(|text| self.put(key, text)).collect()
    }

    /// The numbers that stand in some row.
    fn seen(&self, key: &str) -> Vec<u32> {
        let at = CELL.iter().position(|cell| *cell == key).unwrap_or_default();
        let seen: HashSet<u32> = self.there.iter().filter_map(|cell| cell.get(at)).copied().collect();
        let mut seen: Vec<_> = seen.into_iter().filter(|id| *id != 0).collect();
        seen.sort_unstable();
        seen
    }

    fn areas(&mut self, key: &str, selection: Option<&AreaSelection>) -> Result<Vec<u32>, RowError> {
        let Some(selection) = selection else { return Ok(vec![0]) };
        let codes: Vec<_> = selection.codes().iter().map(|code| code.as_str()).collect();
        if selection.class() == AreaClass::Region || codes.contains(&"ALL") {
            return Ok(self.seen(key));
        }
        self.put_all(key, codes)
    }

    /// The cells that the answer left out.
    fn cells(&mut self, query: &Query, most: usize) -> Result<Vec<Cell>, RowError> {
        let periods = periods(query);
        let periods: Vec<String> = periods.iter().map(ToString::to_string).collect();
        let periods = self.put_all("period", periods.iter().map(String::as_str))?;
        let types: Vec<_> = match query.trade_type() {
            TradeType::All => TradeType::VALUES.iter().filter(|one| **one != TradeType::All).collect(),
            ref one => vec![one],
        }
        .into_iter()
        .map(|one| one.as_str())
        .collect();
        let types = self.put_all("ttype", types)?;
        let origins = self.areas("co", query.origin())?;
        let destinations = self.areas("cc", query.destination())?;
        let codes = match query.commodities() {
            None => vec![0],
            Some(commodities) => match commodities.codes() {
                Some(codes) if !codes.iter().any(|code| code.as_str() == "ALL") => {
                    self.put_all("code", codes.iter().map(|code| code.as_str()))?
                }
                _ => self.seen("code"),
            },
        };
        let transports: Vec<[u32; 3]> = if query.by_transport() {
            let seen: HashSet<_> = self.there.iter().map(|cell| [cell[4], cell[5], cell[6]]).collect();
            let mut seen: Vec<_> = seen.into_iter().filter(|names| *names != [0; 3]).collect();
            seen.sort_unstable();
            seen
        } else {
            vec![[0; 3]]
        };
        let statistics: Vec<_> = query.statistics().iter().copied().collect();
        let ids = self.put_all("sv", statistics.iter().map(|statistic| statistic.as_str()))?;
        let statistics: Vec<_> = statistics.into_iter().zip(ids).collect();
        let quantities = query.commodities().is_some_and(|c| c.class() != CommodityClass::Hs4);
        let given: HashSet<(u32, u32)> = self.there.iter().map(|cell| (cell[7], cell[8])).collect();

        let sizes = [&codes, &origins, &destinations, &periods, &types].map(Vec::len);
        let all = sizes.into_iter().chain([transports.len(), statistics.len()]);
        if all.fold(1usize, usize::saturating_mul) > most {
            let told = format!("the query has more than {most} cells; ask for less at a time");
            return Err(RowError::new(self.rows.len(), told));
        }
        let mut missing = Vec::new();
        for &code in &codes {
            for &co in &origins {
                for &cc in &destinations {
                    for &[en, tc, sc] in &transports {
                        for &ttype in &types {
                            for &period in &periods {
                                for &(statistic, sv) in &statistics {
                                    let given = quantities && given.contains(&(code, sv));
                                    let cell = [period, ttype, co, cc, en, tc, sc, code, sv];
                                    if (!statistic.is_quantity() || given) && !self.there.contains(&cell) {
                                        missing.push(cell);
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
        Ok(missing)
    }

    /// Adds a row of 0.
    fn add(&mut self, cell: &Cell) -> Option<()> {
        let row = self.rows.len();
        let mut ids: HashMap<&str, u32> = CELL.into_iter().zip(cell.iter().copied()).collect();
        ids.extend([("freq", self.frequency), ("codeclass", self.class)]);
        for (at, (key, of)) in NAMES.into_iter().enumerate() {
            if let Some(names) = ids.get(key).and_then(|id| self.names.get(&(at, *id))) {
                ids.extend(of.into_iter().zip(names.iter().copied()));
            }
        }
        if let Some(unit) = self.units.get(&(cell[7], cell[8])) {
            ids.extend(UNIT.into_iter().zip(unit.iter().copied()));
        }
        for (field, texts) in Field::all().zip(&mut self.rows.texts) {
            texts.ids.set(row, ids.get(field.key()).copied().unwrap_or_default());
        }
        self.rows.figures.set(row, Value::Number(0, 0))?;
        self.rows.end_row();
        Some(())
    }
}

/// What rows are held against.
struct Asked<'a> {
    query: &'a Query,
    origins: Areas<'a>,
    destinations: Areas<'a>,
    /// The codes that are named one by one.
    codes: Option<HashSet<&'a str>>,
}

/// The areas that a row may be of.
enum Areas<'a> {
    None,
    All,
    Named(HashSet<&'a str>),
    /// The form of a region's rows is not on record; only another region's are surely not of the query.
    Region(&'a str),
}

impl<'a> Areas<'a> {
    fn of(selection: Option<&'a AreaSelection>) -> Self {
        let Some(selection) = selection else { return Self::None };
        let codes: HashSet<_> = selection.codes().iter().map(|code| code.as_str()).collect();
        match selection.class() {
            AreaClass::Region => Self::Region(codes.into_iter().next().unwrap_or_default()),
            AreaClass::Country if codes.contains("ALL") => Self::All,
            AreaClass::Country => Self::Named(codes),
        }
    }

    fn holds(&self, code: &str) -> bool {
        match self {
            Self::None => code.is_empty(),
            Self::All => !code.is_empty(),
            Self::Named(codes) => codes.contains(code),
            Self::Region(region) => code == *region || Region::exact(code).is_none(),
        }
    }
}

impl<'a> Asked<'a> {
    fn of(query: &'a Query) -> Self {
        let codes = query.commodities().and_then(|commodities| commodities.codes());
        let codes = codes.map(|codes| codes.iter().map(|code| code.as_str()).collect::<HashSet<_>>());
        Self {
            query,
            origins: Areas::of(query.origin()),
            destinations: Areas::of(query.destination()),
            codes: codes.filter(|codes| !codes.contains("ALL")),
        }
    }

    /// Holds a row against the query.
    fn holds(&self, table: &Table, row: usize) -> Result<(), RowError> {
        let query = self.query;
        let texts = |key: &str| {
            let [texts] = table.texts_of([key]);
            texts.and_then(|texts| texts.get(row)).unwrap_or_default()
        };
        let periods = query.periods();
        let is_within = Period::exact(texts("period")).is_some_and(|period| {
            period.frequency() == periods.frequency()
                && (number(periods.start())..=number(periods.end())).contains(&number(period))
        });
        let kind = TradeType::exact(texts("ttype"));
        let is_type =
            kind.is_some_and(|kind| query.trade_type() == TradeType::All || kind == query.trade_type());
        let is_statistic = Statistic::exact(texts("sv"))
            .is_some_and(|one| query.statistics().iter().any(|asked| *asked == one));
        let code = texts("code");
        let is_code = match (query.commodities(), &self.codes) {
            (None, _) => code.is_empty(),
            (Some(_), Some(codes)) => codes.contains(code),
            (Some(_), None) => !code.is_empty(),
        };
        // It stands in every row of a commodity query (observed), though not in the guide's; one that is there must fit.
        let class = texts("codeclass");
        let is_class =
            class.is_empty() || query.commodities().is_some_and(|asked| asked.class().as_str() == class);
        let has_mode = ["tmDescEN", "tmDescTC", "tmDescSC"].iter().any(|key| !texts(key).is_empty());
        let held = [
            ("period", is_within),
            ("trade type", is_type),
            ("statistic", is_statistic),
            ("origin", self.origins.holds(texts("co"))),
            ("destination", self.destinations.holds(texts("cc"))),
            ("commodity class", is_class),
            ("commodity", is_code),
            ("mode of transport", has_mode == query.by_transport()),
        ];
        match held.into_iter().find(|(_, holds)| !holds) {
            Some((what, _)) => Err(RowError::new(row, format!("its {what} is not of the query {query}"))),
            None => Ok(()),
        }
    }
}

/// Months or years since the year 0.
fn number(period: Period) -> u32 {
    let year = u32::from(period.year());
    period.month().map_or(year, |month| year * 12 + u32::from(month) - 1)
}

fn periods(query: &Query) -> Vec<Period> {
    let (from, to) = (query.periods().start(), query.periods().end());
    let monthly = from.month().is_some();
    let made = (number(from)..=number(to)).filter_map(|number| {
        let (year, month) = if monthly { (number / 12, Some(number % 12 + 1)) } else { (number, None) };
        let year = u16::try_from(year).ok()?;
        match month {
            Some(month) => Period::monthly(year, u8::try_from(month).ok()?).ok(),
            None => Period::annual(year).ok(),
        }
    });
    made.collect()
}
