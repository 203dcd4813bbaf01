use std::collections::{BTreeMap, BTreeSet};

use super::{Bar, Line, Picture, Provenance, Shape, Undrawable, plain};
use crate::domain::{Known as _, Period, PeriodPair, Statistic, TradeType};
use crate::hk::Query;
use crate::table::{Column, Table};

/// What figures may differ by, as a code and its name.
const DIMENSIONS: [(Column, Option<Column>); 6] = [
    (Column::TradeType, None),
    (Column::Origin, Some(Column::OriginName)),
    (Column::Destination, Some(Column::DestinationName)),
    (Column::Transport, None),
    (Column::Commodity, Some(Column::CommodityName)),
    (Column::Statistic, None),
];

/// The longest label, in characters: titles of commodities are sentences.
const LONGEST: usize = 40;
/// The most cells that are filled up for a picture: of more, nobody sees which are nil.
const FILLED: usize = 200_000;

impl Picture {
    /// The figures of an answer: as lines over the periods, one for each of what they differ by, or as ranked bars where
    /// there is one period.
    ///
    /// # Errors
    /// When there is no figure, or figures count different things: value beside quantity, kilograms beside litres.
    pub fn of_table(table: &Table, provenance: &Provenance) -> Result<Self, Undrawable> {
        let periods =
            (0..table.len()).filter_map(|row| table.cell(row, Column::Period)?.parse::<Period>().ok());
        let periods: Vec<_> = periods.collect();
        let (first, last) =
            (periods.iter().min_by_key(|one| one.ordinal()), periods.iter().max_by_key(|one| one.ordinal()));
        let asked = first.zip(last).and_then(|(first, last)| PeriodPair::new(*first, *last).ok());
        Self::over(table, asked, provenance)
    }

    /// The same of the answer to a query: every period that was asked for has its place, and what the service left out since
    /// it is nil is drawn as 0, as far as that is proved ([`Table::with_zeros`]) and the query has no more than 200,000 cells.
    ///
    /// # Errors
    /// As [`Picture::of_table`].
    pub fn of_query(table: &Table, query: &Query, provenance: &Provenance) -> Result<Self, Undrawable> {
        // Zeros alone are no figures to draw.
        let whole = table.with_zeros_within(query, FILLED).ok().filter(|_| !table.is_empty());
        let table = whole.as_ref().unwrap_or(table);
        let mut picture = Self::over(table, Some(query.periods()), provenance)?;
        let nil = table.filled().len();
        if nil > 0 {
            picture
                .left_out
                .push(format!("Figures that the answer leaves out since they are nil, taken as 0: {nil}"));
        }
        Ok(picture)
    }

    fn over(table: &Table, asked: Option<PeriodPair>, provenance: &Provenance) -> Result<Self, Undrawable> {
        let text =
            |row, column| table.cell(row, column).map(|cell| plain(cell.into_owned())).unwrap_or_default();
        let mut units = BTreeSet::new();
        let mut figures = Vec::new();
        for row in 0..table.len() {
            if let Some(value) = table.number(row) {
                units.insert((text(row, Column::Statistic), text(row, Column::Unit)));
                figures.push((row, value));
            }
        }
        if figures.is_empty() {
            return Err(Undrawable::NoFigures);
        }
        // A row that was filled in where its commodity has no other has no unit: that of the rest is its own.
        let named: BTreeSet<_> = units
            .iter()
            .filter(|(_, unit)| !unit.is_empty())
            .map(|(statistic, _)| statistic.clone())
            .collect();
        units.retain(|(statistic, unit)| !unit.is_empty() || !named.contains(statistic));
        let kinds: Vec<_> = units.iter().map(|(statistic, unit)| kind(statistic, unit)).collect();
        let [kind] = &kinds[..] else { return Err(Undrawable::Units(kinds)) };
        let varying: Vec<_> = DIMENSIONS
            .into_iter()
            .filter(|(column, _)| {
                let mut seen = figures.iter().map(|(row, _)| text(*row, *column));
                let first = seen.next();
                seen.any(|other| Some(other) != first)
            })
            .collect();
        let unit = figures.first().map(|(row, _)| held(table, *row, &varying, kind)).unwrap_or_default();
        let named = |row, (column, name): (Column, Option<Column>)| {
            let (code, name) = (text(row, column), name.map(|name| text(row, name)).unwrap_or_default());
            let name = match column {
                Column::Commodity => short(&format!("{code} {name}")),
                _ if name.is_empty() => code.clone(),
                _ => short(&name),
            };
            (code, name)
        };
        let mut codes: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
        for (row, _) in &figures {
            for (at, dimension) in varying.iter().enumerate() {
                let (code, name) = named(*row, *dimension);
                codes.entry((at, name)).or_default().insert(code);
            }
        }
        let label = |row| {
            let parts = varying.iter().enumerate().map(|(at, dimension)| {
                let (code, name) = named(row, *dimension);
                let key = (at, name);
                // Two codes of one name are two lines.
                let shared = codes.get(&key).is_some_and(|codes| codes.len() > 1);
                if shared && !code.is_empty() { format!("{} ({code})", key.1) } else { key.1 }
            });
            let parts: Vec<_> = parts.collect();
            if parts.is_empty() { whole(table, row) } else { parts.join(", ") }
        };
        let mut periods: BTreeSet<String> =
            figures.iter().map(|(row, _)| text(*row, Column::Period)).collect();
        periods.extend(asked.into_iter().flat_map(places));
        let mut title = plain(table.title().unwrap_or("Hong Kong's external merchandise trade").to_owned());
        let (shape, left_out) = if periods.len() > 1 {
            let at: BTreeMap<_, _> =
                periods.iter().enumerate().map(|(at, period)| (period.clone(), at)).collect();
            let mut lines: Vec<Line> = Vec::new();
            let mut known = BTreeMap::new();
            for (row, value) in figures {
                let label = label(row);
                let line = *known.entry(label.clone()).or_insert_with(|| {
                    lines.push(Line { label, values: vec![None; periods.len()] });
                    lines.len() - 1
                });
                let place = at.get(&text(row, Column::Period)).copied();
                if let Some(cell) = lines.get_mut(line).and_then(|line| line.values.get_mut(place?)) {
                    *cell = Some(value);
                }
            }
            Shape::lines(periods.into_iter().collect(), lines)
        } else {
            if table.title().is_none() {
                title.extend([", ".to_owned(), periods.into_iter().collect()]);
            }
            Shape::bars(
                figures
                    .iter()
                    .map(|(row, value)| Bar { label: label(*row), value: *value, share: None })
                    .collect(),
            )
        };
        let left_out = left_out.into_iter().collect();
        Ok(Self { title, unit, shape, left_out, provenance: provenance.clone() })
    }
}

/// Each period of a range, as tables name it.
fn places(range: PeriodPair) -> impl Iterator<Item = String> {
    let count = u32::try_from(range.count()).unwrap_or_default();
    (0..count).filter_map(move |at| range.start().months_after(at).ok()).map(Period::to_iso)
}

/// What is counted, in what.
fn kind(statistic: &str, unit: &str) -> String {
    let counted =
        Statistic::exact(statistic).map_or(statistic.to_owned(), |known| known.name().replace('-', " "));
    if unit.is_empty() { counted } else { format!("{counted}, {unit}") }
}

/// What all figures have in common: the dimensions in which they do not differ, and what is counted.
fn held(table: &Table, row: usize, varying: &[(Column, Option<Column>)], kind: &str) -> String {
    let text = |column| table.cell(row, column).map(|cell| plain(cell.into_owned())).unwrap_or_default();
    let imports = text(Column::TradeType) == TradeType::Imports.name();
    let same = DIMENSIONS.iter().filter(|dimension| !varying.contains(dimension));
    let mut parts: Vec<_> = same
        .filter_map(|(column, name)| {
            let (code, name) = (text(*column), name.map(text).unwrap_or_default());
            let named = if name.is_empty() { code.clone() } else { short(&name) };
            match column {
                // Told with its unit.
                Column::Statistic => None,
                _ if named.is_empty() => None,
                Column::TradeType => Some(code.replace('-', " ")),
                Column::Origin => Some(format!("origin {named}")),
                Column::Destination if imports => Some(format!("consigned from {named}")),
                Column::Destination => Some(format!("destination {named}")),
                Column::Commodity if code.is_empty() => Some(named),
                Column::Commodity => Some(short(&format!("{code} {name}"))),
                _ => Some(named),
            }
        })
        .collect();
    parts.push(kind.to_owned());
    parts.join("; ")
}

/// What a single line or bar is of.
fn whole(table: &Table, row: usize) -> String {
    let named = [Column::DestinationName, Column::OriginName, Column::CommodityName, Column::TradeType];
    named
        .into_iter()
        .find_map(|column| table.cell(row, column))
        .map(|text| short(&plain(text.into_owned())))
        .unwrap_or_default()
}

fn short(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default().trim_end()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Periods and values of a picture's first line.
    fn drawn(picture: &Picture) -> (Vec<&str>, Vec<Option<String>>) {
        let Shape::Lines { periods, lines } = &picture.shape else { panic!("{picture:?}") };
        let values = lines[0].values.iter().map(|value| value.map(|value| value.to_string()));
        (periods.iter().map(String::as_str).collect(), values.collect())
    }

    fn table(figures: &[(u8, &str)]) -> Table {
        let rows: Vec<_> = figures
            .iter()
            .map(|(month, figure)| {
                serde_json::json!({"freq": "M", "period": format!("2018{month:02}"), "ttype": 4, "cc": "CN",
                    "ccDescEN": "CHINA", "sv": "VCm", "unitEN": "HK$ '000", "figure": figure})
            })
            .collect();
        let body =
            serde_json::json!({"header": {"status": {"code": 0}, "title": "Exports"}, "dataSet": rows});
        Table::decode(body.to_string().as_bytes()).unwrap()
    }

    #[test]
    fn every_period_has_its_place() {
        let table = table(&[(1, "5"), (2, "7"), (4, ".."), (12, "9")]);
        let provenance = Provenance::now("here");
        let year: Vec<_> = (1..=12).map(|month| format!("2018-{month:02}")).collect();
        let some = |text: &str| Some(text.to_owned());

        let picture = Picture::of_table(&table, &provenance).unwrap();
        let (periods, values) = drawn(&picture);
        assert_eq!(periods, year);
        assert_eq!(values[..4], [some("5"), some("7"), None, None], "not known to be nil without a query");

        let query = "lang=EN&sv=VCm&freq=M&period=201801,201901&ttype=4&ccclass=C&cc=CN".parse().unwrap();
        let picture = Picture::of_query(&table, &query, &provenance).unwrap();
        let (periods, values) = drawn(&picture);
        assert_eq!((periods.len(), periods[12]), (13, "2019-01"));
        assert_eq!(
            picture.left_out,
            ["Figures that the answer leaves out since they are nil, taken as 0: 9"]
        );
        assert_eq!(values[..4], [some("5"), some("7"), some("0"), None], "a mark is no nil");
        assert_eq!(values[11..], [some("9"), some("0")]);
    }

    #[test]
    fn what_is_filled_in_has_the_unit_of_the_rest() {
        let table = table(&[(1, "5")]);
        let query = "lang=EN&sv=VCm&freq=M&period=201801,201801&ttype=4&ccclass=C&cc=CN,US".parse().unwrap();
        let picture = Picture::of_query(&table, &query, &Provenance::now("here")).unwrap();
        assert!(picture.unit.ends_with("monthly value, HK$ '000"), "{}", picture.unit);
        let Shape::Bars(bars) = &picture.shape else { panic!("{picture:?}") };
        assert_eq!(bars.iter().map(|bar| &*bar.label).collect::<Vec<_>>(), ["CHINA", "US"]);
    }

    #[test]
    fn what_is_filled_in_is_bounded() {
        let row = serde_json::json!({"freq": "M", "period": "201801", "ttype": 4, "cc": "CN", "codeclass": "HKHS2",
            "code": "01", "sv": "VCm", "unitEN": "HK$ '000", "figure": "5"});
        let body =
            serde_json::json!({"header": {"status": {"code": 0}, "title": "Exports"}, "dataSet": [row]});
        let table = Table::decode(body.to_string().as_bytes()).unwrap();
        let codes: Vec<_> = (1..=20).map(|code| format!("{code:02}")).collect();
        let areas =
            "AE,AR,AT,AU,BD,BE,BR,CA,CH,CL,CN,CZ,DE,DK,EG,ES,FI,FR,GB,GR,HU,ID,IE,IL,IN,IT,JP,KR,MX,US";
        let filled = |first: &str| {
            let codes = codes.join(",");
            let query = format!(
                "lang=EN&sv=VCm&freq=M&period={first},201812&ttype=4&ccclass=C&cc={areas}&codeclass=HKHS2&code={codes}"
            );
            let picture = Picture::of_query(&table, &query.parse().unwrap(), &Provenance::now("here"));
            picture.unwrap().left_out.iter().any(|told| told.contains("taken as 0"))
        };
        assert!(filled("201801"));
        assert!(!filled("199001"), "208,800 cells");
    }

    #[test]
    fn two_codes_of_one_name_are_two() {
        let body = |months: &[&str]| {
            let mut rows = Vec::new();
            for month in months {
                for (code, name, figure) in [("CN", "KOREA", "1"), ("KR", "KOREA", "2"), ("US", "USA", "3")] {
                    rows.push(serde_json::json!({"freq": "M", "period": month, "ttype": 4, "cc": code,
                        "ccDescEN": name, "sv": "VCm", "unitEN": "HK$ '000", "figure": figure}));
                }
            }
            let body = serde_json::json!({"header": {"status": {"code": 0}}, "dataSet": rows});
            Table::decode(body.to_string().as_bytes()).unwrap()
        };
        let labels = |months: &[&str]| {
            let mut labels: Vec<_> =
                match Picture::of_table(&body(months), &Provenance::now("here")).unwrap().shape {
                    Shape::Lines { lines, .. } => lines.into_iter().map(|line| line.label).collect(),
                    Shape::Bars(bars) => bars.into_iter().map(|bar| bar.label).collect(),
                };
            labels.sort_unstable();
            labels
        };
        assert_eq!(labels(&["201801", "201802"]), ["KOREA (CN)", "KOREA (KR)", "USA"]);
        assert_eq!(labels(&["201801"]), ["KOREA (CN)", "KOREA (KR)", "USA"]);
    }

    #[test]
    fn an_answer_without_rows_is_not_drawn() {
        let query = "lang=EN&sv=VCm&freq=M&period=201801,201801&ttype=4&ccclass=C&cc=CN".parse().unwrap();
        let drawn = Picture::of_query(&table(&[]), &query, &Provenance::now("here"));
        assert_eq!(drawn, Err(Undrawable::NoFigures));
    }
}
