use std::collections::{BTreeMap, BTreeSet};

use super::{Bar, Line, Picture, Provenance, Shape, Undrawable, plain};
use crate::domain::{Known as _, Statistic, TradeType};
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

impl Picture {
    /// The figures of an answer: as lines over the periods, one for each of what they differ by, or as ranked bars where
    /// there is one period.
    ///
    /// # Errors
    /// When there is no figure, or figures count different things: value beside quantity, kilograms beside litres.
    pub fn of_table(table: &Table, provenance: &Provenance) -> Result<Self, Undrawable> {
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
        let label = |row| {
            let parts = varying.iter().map(|(column, name)| {
                let (code, name) = (text(row, *column), name.map(|name| text(row, name)).unwrap_or_default());
                match column {
                    Column::Commodity => short(&format!("{code} {name}")),
                    _ if name.is_empty() => code,
                    _ => short(&name),
                }
            });
            let parts: Vec<_> = parts.collect();
            if parts.is_empty() { whole(table, row) } else { parts.join(", ") }
        };
        let periods: BTreeSet<String> = figures.iter().map(|(row, _)| text(*row, Column::Period)).collect();
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
        Ok(Self { title, unit, shape, left_out, provenance: provenance.clone() })
    }
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
