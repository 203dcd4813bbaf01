//! The tidy form as Arrow.

use std::io::{self, Write};
use std::sync::{Arc, LazyLock};

use arrow_array::types::Int32Type;
use arrow_array::{ArrayRef, Decimal128Array, DictionaryArray, Int32Array, RecordBatch, StringArray};
use arrow_ipc::writer::FileWriter;
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};

use super::cells::tidy;
use super::dictionary::Dictionary;
use super::figures::Value;
use super::{Column, Table};

/// Digits of a figure in Arrow: what 128 bits hold.
pub const FIGURE_PRECISION: u8 = 38;
/// Digits behind the point: beside them, every number of 28 digits has room (a figure has no more, see
/// [`Figure`](crate::domain::Figure)).
pub const FIGURE_SCALE: i8 = 10;

/// Name of the column of what stands in a figure's place and is no number of [`schema`]'s.
const FIGURE_TEXT: &str = "figure_text";
/// Name of the column of unknown fields.
const EXTRA: &str = "extra";

/// The schema of every batch, whatever the answer: so that all files of a dataset have the same.
///
/// The columns of [`Column::ALL`]: texts as dictionaries (`Dictionary(Int32, Utf8)`), `figure` as `Decimal128(38, 10)`,
/// null where it is no number. Behind `figure` stands `figure_text`, which is null unless a figure is a mark such as `..`,
/// or has more than 10 digits behind the point: then it holds what was sent. Last stands `extra`: the fields of a row
/// that the document does not know, as one JSON object; null where there are none. Every column may be null.
#[must_use]
pub fn schema() -> SchemaRef {
    static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
        let text = || DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
        let mut fields = Vec::new();
        for column in Column::ALL {
            let kind = match column {
                Column::Figure => DataType::Decimal128(FIGURE_PRECISION, FIGURE_SCALE),
                _ => text(),
            };
            fields.push(Field::new(column.name(), kind, true));
            if *column == Column::Figure {
                fields.push(Field::new(FIGURE_TEXT, text(), true));
            }
        }
        fields.push(Field::new(EXTRA, text(), true));
        Arc::new(Schema::new(fields))
    });
    Arc::clone(&SCHEMA)
}

impl Table {
    /// The rows as one batch of [`schema`].
    ///
    /// # Errors
    /// More distinct texts in a column than 31 bits count, or more than 2 GiB of them.
    pub fn record_batch(&self) -> Result<RecordBatch, ArrowError> {
        RecordBatch::try_new(schema(), self.arrays(0..self.len())?)
    }

    /// Writes an Arrow IPC file, as Feather version 2 is, of one batch. Title and notes of the answer stand in the schema's
    /// metadata.
    ///
    /// # Errors
    /// Those of `out`, and of [`Table::record_batch`].
    pub fn write_arrow(&self, out: impl Write) -> io::Result<()> {
        let mut metadata = std::collections::HashMap::new();
        metadata.extend(self.title().map(|title| ("title".to_owned(), title.to_owned())));
        metadata.extend((!self.notes().is_empty()).then(|| ("notes".to_owned(), self.notes().join("\n"))));
        let schema = Arc::new(schema().as_ref().clone().with_metadata(metadata));
        let mut out = FileWriter::try_new_buffered(out, &schema).map_err(plain)?;
        if !self.is_empty() {
            let batch = RecordBatch::try_new(Arc::clone(&schema), self.arrays(0..self.len()).map_err(plain)?);
            out.write(&batch.map_err(plain)?).map_err(plain)?;
        }
        out.finish().map_err(plain)?;
        out.get_mut().flush()
    }

    /// The columns of some rows, in the order of the schema.
    pub(super) fn arrays<R>(&self, rows: R) -> Result<Vec<ArrayRef>, ArrowError>
    where
        R: Iterator<Item = usize> + Clone,
    {
        let mut arrays: Vec<ArrayRef> = Vec::new();
        for column in Column::ALL {
            if *column == Column::Figure {
                let (figures, texts) = self.figure_arrays(rows.clone())?;
                arrays.extend([figures, texts]);
            } else {
                arrays.push(self.text_array(*column, rows.clone())?);
            }
        }
        arrays.push(self.extra_array(rows)?);
        Ok(arrays)
    }

    fn text_array(&self, column: Column, rows: impl Iterator<Item = usize>) -> Result<ArrayRef, ArrowError> {
        let mut values = Values::default();
        let mut fields = Vec::new();
        for texts in self.fields(column) {
            let from = values.len()?;
            texts.known.texts().for_each(|(_, text)| values.push(&tidy(column, text)));
            fields.push((texts, from));
        }
        // Beyond 31 bits there is no key; `finish` would have failed before.
        let key = |row| {
            fields.iter().find_map(|(texts, from)| {
                let id = texts.ids.get(row).checked_sub(1)?;
                i32::try_from(id).ok()?.checked_add(*from)
            })
        };
        values.finish(rows.map(key).collect())
    }

    fn figure_arrays(&self, rows: impl Iterator<Item = usize>) -> Result<(ArrayRef, ArrayRef), ArrowError> {
        let mut odd = Dictionary::default();
        let mut keys: Vec<Option<i32>> = Vec::new();
        let mut figures: Vec<Option<i128>> = Vec::new();
        for row in rows {
            let value = self.rows.figures.get(row);
            let figure = number(value);
            let text = if figure.is_none() { value.sent() } else { None };
            let id = match text {
                Some(text) => odd.put(&text).ok_or_else(too_many)?,
                None => 0,
            };
            keys.push(id.checked_sub(1).and_then(|id| i32::try_from(id).ok()));
            figures.push(figure);
        }
        let figures =
            Decimal128Array::from(figures).with_precision_and_scale(FIGURE_PRECISION, FIGURE_SCALE)?;
        let mut values = Values::default();
        odd.texts().for_each(|(_, text)| values.push(text));
        Ok((Arc::new(figures), values.finish(keys.into_iter().collect())?))
    }

    fn extra_array(&self, rows: impl Iterator<Item = usize>) -> Result<ArrayRef, ArrowError> {
        let mut known = Dictionary::default();
        let mut keys: Vec<Option<i32>> = Vec::new();
        for row in rows {
            let mut object = String::new();
            for (name, value) in self.extra(row) {
                let name = serde_json::Value::from(name);
                object.push_str(&format!("{}{name}:{value}", if object.is_empty() { "{" } else { "," }));
            }
            if object.is_empty() {
                keys.push(None);
                continue;
            }
            object.push('}');
            let id = known.put(&object).ok_or_else(too_many)?;
            keys.push(id.checked_sub(1).and_then(|id| i32::try_from(id).ok()));
        }
        let mut values = Values::default();
        known.texts().for_each(|(_, text)| values.push(text));
        values.finish(keys.into_iter().collect())
    }
}

/// The texts of a dictionary.
#[derive(Default)]
struct Values {
    texts: String,
    ends: Vec<usize>,
}

impl Values {
    fn push(&mut self, text: &str) {
        self.texts.push_str(text);
        self.ends.push(self.texts.len());
    }

    fn len(&self) -> Result<i32, ArrowError> {
        i32::try_from(self.ends.len()).map_err(|_| too_many())
    }

    fn finish(self, keys: Int32Array) -> Result<ArrayRef, ArrowError> {
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

/// An error of Arrow's as one of input and output, with its kind where it has one.
pub(super) fn plain(error: ArrowError) -> io::Error {
    match error {
        ArrowError::IoError(_, error) => error,
        other => io::Error::other(other),
    }
}
