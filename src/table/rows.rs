use serde_json::{Map, Value as Json};

use super::dictionary::{Dictionary, index};
use super::field::{Field, TEXTS};
use super::figures::{Figures, Value};
use super::ids::{Ids, shrink};
use crate::hk::Row;

/// The rows as columns.
#[derive(Debug, Clone)]
pub(super) struct Rows {
    len: usize,
    /// One a field, in the order of fields.
    pub(super) texts: Vec<Texts>,
    pub(super) figures: Figures,
    pub(super) extras: Extras,
}

/// The values of one field.
#[derive(Debug, Clone, Default)]
pub(super) struct Texts {
    pub(super) known: Dictionary,
    pub(super) ids: Ids,
}

/// The fields that the document does not know, as JSON text, in the order of rows.
#[derive(Debug, Clone, Default)]
pub(super) struct Extras {
    pub(super) names: Dictionary,
    pub(super) values: Dictionary,
    held: Vec<Extra>,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Extra {
    row: u32,
    pub(super) name: u32,
    pub(super) value: u32,
}

impl Default for Rows {
    fn default() -> Self {
        Self {
            len: 0,
            texts: vec![Texts::default(); TEXTS],
            figures: Figures::default(),
            extras: Extras::default(),
        }
    }
}

impl Texts {
    /// The value of a row.
    pub(super) fn get(&self, row: usize) -> Option<&str> {
        self.known.text(self.ids.get(row))
    }
}

impl Extras {
    /// Those of a row.
    pub(super) fn of(&self, row: usize) -> impl Iterator<Item = (&str, &str)> {
        let from = self.held.partition_point(|extra| index(extra.row) < row);
        let these = self.held.iter().skip(from).take_while(move |extra| index(extra.row) == row);
        these.filter_map(|extra| Some((self.names.text(extra.name)?, self.values.text(extra.value)?)))
    }

    /// How many rows have each name.
    pub(super) fn counts(&self) -> impl Iterator<Item = (&str, usize)> {
        let mut counts = vec![0; self.names.len() + 1];
        for extra in &self.held {
            if let Some(count) = counts.get_mut(index(extra.name)) {
                *count += 1;
            }
        }
        self.names.texts().map(move |(id, name)| (name, counts.get(index(id)).copied().unwrap_or_default()))
    }

    /// How many are held; what a row that is begun anew goes back to.
    pub(super) fn mark(&self) -> usize {
        self.held.len()
    }

    pub(super) fn back_to(&mut self, mark: usize) {
        self.held.truncate(mark);
    }

    /// Keeps one; of several of one name in a row the last counts, as in every map.
    pub(super) fn put(&mut self, row: usize, name: u32, value: u32, mark: usize) -> Option<()> {
        let row = u32::try_from(row).ok()?;
        let twice = self.held.get_mut(mark..)?.iter_mut().find(|extra| extra.name == name);
        match twice {
            Some(extra) => extra.value = value,
            None => self.held.push(Extra { row, name, value }),
        }
        Some(())
    }
}

impl Rows {
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Ends a row whose fields are set.
    pub(super) fn end_row(&mut self) {
        self.len += 1;
    }

    pub(super) fn texts_of(&self, field: Field) -> Option<&Texts> {
        self.texts.get(field.index())
    }

    /// Adds a typed row.
    pub(super) fn push(&mut self, row: &Row) -> Option<()> {
        let at = self.len;
        for field in Field::all() {
            let Some(texts) = self.texts.get_mut(field.index()) else { continue };
            let id = match field.sent(row) {
                Some(text) => texts.known.put(&text)?,
                None => 0,
            };
            texts.ids.set(at, id);
        }
        let figure = row.figure.as_ref().map_or(Value::None, |figure| Value::of(figure.as_str()));
        self.figures.set(at, figure)?;
        let mark = self.extras.mark();
        for (name, value) in &row.extra {
            let (name, value) = (self.extras.names.put(name)?, self.extras.values.put(&value.to_string())?);
            self.extras.put(at, name, value, mark)?;
        }
        self.end_row();
        Some(())
    }

    /// What the document does not know of a row.
    pub(super) fn extra(&self, row: usize) -> Map<String, Json> {
        let read = |(name, value): (&str, &str)| Some((name.to_owned(), serde_json::from_str(value).ok()?));
        self.extras.of(row).filter_map(read).collect()
    }

    /// The row as the generated type.
    pub(super) fn typed(&self, row: usize) -> Option<Row> {
        if row >= self.len {
            return None;
        }
        let mut sent = self.extra(row);
        for (field, texts) in Field::all().zip(&self.texts) {
            if let Some(text) = texts.get(row) {
                sent.insert(field.key().to_owned(), text.into());
            }
        }
        if let Some(figure) = self.figures.get(row).sent() {
            sent.insert("figure".to_owned(), figure.into());
        }
        serde_json::from_value(sent.into()).ok()
    }

    /// Undoes [`Rows::freeze`].
    pub(super) fn thaw(&mut self) {
        self.texts.iter_mut().for_each(|texts| texts.known.thaw());
        self.figures.thaw();
        self.extras.names.thaw();
        self.extras.values.thaw();
    }

    /// Ends the rows: none is added from here on.
    pub(super) fn freeze(&mut self) {
        for texts in &mut self.texts {
            texts.ids.shrink();
            texts.known.freeze();
        }
        self.figures.freeze();
        shrink(&mut self.extras.held);
        self.extras.names.freeze();
        self.extras.values.freeze();
    }
}
