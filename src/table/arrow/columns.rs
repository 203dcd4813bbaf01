//! Columns of Arrow that are filled row by row.

use std::sync::Arc;

use arrow_array::builder::{Decimal128Builder, Int32Builder};
use arrow_array::types::Int32Type;
use arrow_array::{ArrayRef, DictionaryArray, Int32Array, StringArray};
use arrow_schema::ArrowError;

use super::{FIGURE_PRECISION, FIGURE_SCALE};
use crate::table::Table;
use crate::table::dictionary::Dictionary;
use crate::table::figures::Value;

/// Texts, each distinct one held once.
#[derive(Default)]
pub(super) struct TextColumn {
    known: Dictionary,
    keys: Int32Builder,
    /// The number of the last text: rows that follow one another often have the same.
    last: u32,
    /// The texts of every batch, once they are all known.
    shared: Option<Arc<StringArray>>,
}

impl TextColumn {
    pub(super) fn push(&mut self, text: Option<&str>) -> Result<(), ArrowError> {
        let Some(text) = text else {
            self.keys.append_null();
            return Ok(());
        };
        self.learn(text)?;
        let key = self.last.checked_sub(1).and_then(|key| i32::try_from(key).ok()).ok_or_else(too_many)?;
        self.keys.append_value(key);
        Ok(())
    }

    /// Takes a text into the dictionary, without a row.
    pub(super) fn learn(&mut self, text: &str) -> Result<(), ArrowError> {
        if self.known.text(self.last) != Some(text) {
            self.last = self.known.put(text).ok_or_else(too_many)?;
        }
        Ok(())
    }

    /// From here on every batch has the texts that are known now, as a file of Arrow needs it.
    #[cfg(feature = "harvest")]
    pub(super) fn share(&mut self) -> Result<(), ArrowError> {
        self.shared = Some(Arc::new(texts(&self.known)?));
        Ok(())
    }

    /// The column; the next begins.
    pub(super) fn finish(&mut self) -> Result<ArrayRef, ArrowError> {
        let values = match &self.shared {
            Some(shared) => Arc::clone(shared),
            None => {
                self.last = 0;
                Arc::new(texts(&std::mem::take(&mut self.known))?)
            }
        };
        Ok(Arc::new(DictionaryArray::<Int32Type>::try_new(self.keys.finish(), values)?))
    }
}

/// Figures, and beside them what is no number of the schema's.
#[derive(Default)]
pub(super) struct FigureColumns {
    numbers: Decimal128Builder,
    others: TextColumn,
}

impl FigureColumns {
    pub(super) fn push(&mut self, value: Value<'_>) -> Result<(), ArrowError> {
        let figure = number(value);
        self.numbers.append_option(figure);
        let other = if figure.is_none() { value.sent() } else { None };
        self.others.push(other.as_deref())
    }

    /// Takes what is no number into the dictionary, without a row.
    #[cfg(feature = "harvest")]
    pub(super) fn learn(&mut self, value: Value<'_>) -> Result<(), ArrowError> {
        match value.sent() {
            Some(other) if number(value).is_none() => self.others.learn(&other),
            _ => Ok(()),
        }
    }

    #[cfg(feature = "harvest")]
    pub(super) fn share(&mut self) -> Result<(), ArrowError> {
        self.others.share()
    }

    /// Both columns; the next begin.
    pub(super) fn finish(&mut self) -> Result<[ArrayRef; 2], ArrowError> {
        let numbers = self.numbers.finish().with_precision_and_scale(FIGURE_PRECISION, FIGURE_SCALE)?;
        Ok([Arc::new(numbers), self.others.finish()?])
    }
}

/// The fields of a row that the document does not know, as one JSON object.
pub(super) fn extra(table: &Table, row: usize) -> Option<String> {
    let mut object = String::new();
    for (name, value) in table.extra(row) {
        let name = serde_json::Value::from(name);
        object.push_str(&format!("{}{name}:{value}", if object.is_empty() { "{" } else { "," }));
    }
    (!object.is_empty()).then(|| object + "}")
}

/// The texts of a dictionary, if Arrow can hold them.
fn texts(known: &Dictionary) -> Result<StringArray, ArrowError> {
    let all = || known.texts().map(|(_, text)| text);
    let bytes: usize = all().map(str::len).sum();
    if i32::try_from(bytes).is_err() {
        return Err(too_many());
    }
    Ok(StringArray::from_iter_values(all()))
}

/// The texts of several dictionaries, one after another, as the values of one column.
#[derive(Default)]
pub(super) struct Values {
    texts: String,
    ends: Vec<usize>,
}

impl Values {
    pub(super) fn push(&mut self, text: &str) {
        self.texts.push_str(text);
        self.ends.push(self.texts.len());
    }

    pub(super) fn len(&self) -> Result<i32, ArrowError> {
        i32::try_from(self.ends.len()).map_err(|_| too_many())
    }

    pub(super) fn finish(self, keys: Int32Array) -> Result<ArrayRef, ArrowError> {
        self.len()?;
        if i32::try_from(self.texts.len()).is_err() {
            return Err(too_many());
        }
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        let texts = starts.zip(&self.ends).map(|(from, to)| self.texts.get(from..*to));
        let values: StringArray = texts.collect();
        Ok(Arc::new(DictionaryArray::<Int32Type>::try_new(keys, Arc::new(values))?))
    }
}

fn too_many() -> ArrowError {
    ArrowError::InvalidArgumentError("a column has more texts than one batch of Arrow holds".to_owned())
}

/// A figure at the scale of the schema; none where it is no number, or has more digits behind the point.
fn number(value: Value<'_>) -> Option<i128> {
    let (digits, scale) = match value {
        Value::None => return None,
        Value::Number(digits, scale) => (i128::from(digits), scale),
        Value::Text(_) => {
            let number = value.decimal()?;
            (number.mantissa(), number.scale())
        }
    };
    let missing = u32::from(FIGURE_SCALE.unsigned_abs()).checked_sub(scale)?;
    let number = digits.checked_mul(10i128.checked_pow(missing)?)?;
    (number.unsigned_abs() < 10u128.pow(u32::from(FIGURE_PRECISION))).then_some(number)
}
