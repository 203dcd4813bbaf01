use std::borrow::Cow;

use super::dictionary::index;
use super::figures::Value;
use super::rows::Texts;
use super::{Column, Table, field::Field};
use crate::domain::{Known, Period, TradeType};

/// What a column reads, looked up once for many rows.
pub(super) enum Reads<'a> {
    /// The first text that a row has; the tidy texts beside, by number, where they are not as sent.
    Texts(Vec<(&'a Texts, Option<Vec<Cow<'a, str>>>)>),
    Figures(&'a Table),
}

/// A cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Cell<'a> {
    Text(&'a str),
    /// Digits, and how many of them are behind the point.
    Number(i64, u32),
    /// A number that is no plain one, without thousands commas.
    Long(String),
}

impl Table {
    /// What a row has in a column, as it is written to CSV; none where it has nothing there.
    #[must_use]
    pub fn cell(&self, row: usize, column: Column) -> Option<Cow<'_, str>> {
        if row >= self.len() {
            return None;
        }
        if column == Column::Figure {
            return self.figure(row).map(|cell| match cell {
                Cell::Text(text) => text.into(),
                Cell::Number(digits, scale) => rust_decimal::Decimal::new(digits, scale).to_string().into(),
                Cell::Long(text) => text.into(),
            });
        }
        self.fields(column).find_map(|texts| texts.get(row)).map(|text| tidy(column, text))
    }

    /// Whether some row has something in a column.
    pub(super) fn has(&self, column: Column) -> bool {
        self.fields(column).any(|texts| !texts.known.is_empty())
    }

    /// Where the texts of a column lie, as far as there are any.
    pub(super) fn fields(&self, column: Column) -> impl Iterator<Item = &Texts> {
        let fields = column.keys().iter().filter_map(|key| Field::of(key));
        fields.filter_map(|field| self.rows.texts_of(field)).filter(|texts| !texts.known.is_empty())
    }

    fn figure(&self, row: usize) -> Option<Cell<'_>> {
        Some(match self.rows.figures.get(row) {
            Value::None => return None,
            Value::Number(digits, scale) => Cell::Number(digits, scale),
            value @ Value::Text(text) => match value.decimal() {
                Some(number) => Cell::Long(number.to_string()),
                None => Cell::Text(text),
            },
        })
    }

    /// Looks a column up for many rows.
    pub(super) fn reads(&self, column: Column) -> Reads<'_> {
        if column == Column::Figure {
            return Reads::Figures(self);
        }
        let changes = matches!(column, Column::Period | Column::TradeType);
        Reads::Texts(
            self.fields(column)
                .map(|texts| {
                    let tidy =
                        changes.then(|| texts.known.texts().map(|(_, text)| tidy(column, text)).collect());
                    (texts, tidy)
                })
                .collect(),
        )
    }
}

impl Reads<'_> {
    pub(super) fn cell(&self, row: usize) -> Option<Cell<'_>> {
        match self {
            Self::Figures(table) => table.figure(row),
            Self::Texts(fields) => fields.iter().find_map(|(texts, tidy)| {
                let id = texts.ids.get(row);
                let text = match tidy {
                    Some(tidy) => tidy.get(index(id).checked_sub(1)?).map(|text| &**text),
                    None => texts.known.text(id),
                };
                text.map(Cell::Text)
            }),
        }
    }
}

/// A text of a column in the tidy form; what the document does not know stays as sent.
pub(super) fn tidy(column: Column, text: &str) -> Cow<'_, str> {
    match column {
        Column::Period => match Period::exact(text) {
            Some(period) => period.to_iso().into(),
            None => text.into(),
        },
        Column::TradeType => match TradeType::exact(text) {
            Some(known) => known.name().into(),
            None => text.into(),
        },
        _ => text.into(),
    }
}
