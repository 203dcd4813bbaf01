//! The tidy form as Arrow.

mod columns;
#[cfg(feature = "harvest")]
mod gather;

use std::io::{self, Write};
use std::sync::{Arc, LazyLock};

use arrow_array::{ArrayRef, RecordBatch};
use arrow_ipc::writer::{FileWriter, StreamWriter};
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};

use super::cells::tidy;
use super::provenance::{Notes, Provenance};
use super::{Column, Table};
use columns::{FigureColumns, TextColumn, Values};
#[cfg(feature = "harvest")]
pub(crate) use gather::Gather;

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
    /// metadata, and units, source and query as [`Provenance`] tells.
    ///
    /// # Errors
    /// Those of `out`, and of [`Table::record_batch`].
    pub fn write_arrow(&self, out: impl Write, provenance: &Provenance) -> io::Result<()> {
        let (schema, batch) = self.described(provenance)?;
        let mut out = FileWriter::try_new_buffered(out, &schema).map_err(plain)?;
        if let Some(batch) = batch {
            out.write(&batch).map_err(plain)?;
        }
        out.finish().map_err(plain)?;
        out.get_mut().flush()
    }

    /// Writes the same as an Arrow IPC stream, which a reader needs not seek in: for pipes.
    ///
    /// # Errors
    /// As [`Table::write_arrow`].
    pub fn write_arrow_stream(&self, out: impl Write, provenance: &Provenance) -> io::Result<()> {
        let (schema, batch) = self.described(provenance)?;
        let mut out = StreamWriter::try_new_buffered(out, &schema).map_err(plain)?;
        if let Some(batch) = batch {
            out.write(&batch).map_err(plain)?;
        }
        out.finish().map_err(plain)?;
        out.get_mut().flush()
    }

    /// The schema with what is told of the rows, and the rows, if there are any.
    fn described(&self, provenance: &Provenance) -> io::Result<(SchemaRef, Option<RecordBatch>)> {
        let mut metadata = std::collections::HashMap::new();
        metadata.extend(self.title().map(|title| ("title".to_owned(), title.to_owned())));
        metadata.extend((!self.notes().is_empty()).then(|| ("notes".to_owned(), self.notes().join("\n"))));
        let mut notes = Notes::default();
        notes.rows(self, 0..self.len(), provenance);
        metadata.extend(notes.told()?);
        let schema = Arc::new(schema().as_ref().clone().with_metadata(metadata));
        let batch = if self.is_empty() {
            None
        } else {
            let arrays = self.arrays(0..self.len()).map_err(plain)?;
            Some(RecordBatch::try_new(Arc::clone(&schema), arrays).map_err(plain)?)
        };
        Ok((schema, batch))
    }

    /// The columns of some rows, in the order of the schema.
    pub(super) fn arrays<R>(&self, rows: R) -> Result<Vec<ArrayRef>, ArrowError>
    where
        R: Iterator<Item = usize> + Clone,
    {
        let mut arrays: Vec<ArrayRef> = Vec::new();
        for column in Column::ALL {
            if *column == Column::Figure {
                arrays.extend(self.figure_arrays(rows.clone())?);
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

    fn figure_arrays(&self, rows: impl Iterator<Item = usize>) -> Result<[ArrayRef; 2], ArrowError> {
        let mut figures = FigureColumns::default();
        for row in rows {
            figures.push(self.rows.figures.get(row))?;
        }
        figures.finish()
    }

    fn extra_array(&self, rows: impl Iterator<Item = usize>) -> Result<ArrayRef, ArrowError> {
        let mut extra = TextColumn::default();
        for row in rows {
            extra.push(columns::extra(self, row).as_deref())?;
        }
        extra.finish()
    }
}

/// An error of Arrow's as one of input and output, with its kind where it has one.
pub(crate) fn plain(error: ArrowError) -> io::Error {
    match error {
        ArrowError::IoError(_, error) => error,
        other => io::Error::other(other),
    }
}
