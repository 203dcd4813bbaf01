use std::io;
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::{Schema, SchemaRef};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};

use super::{Finish, Written};
use crate::table::arrow::{plain as plain_arrow, schema};
use crate::table::provenance::{Notes, Provenance};
use crate::table::{Column, Table};

/// Rows of one batch, which is made of a table in memory.
const BATCH: usize = 16 << 10;
/// The most rows of a row group.
const GROUP: usize = 256 << 10;

/// A file whose bytes are counted.
struct Counted<F> {
    file: F,
    bytes: usize,
}

impl<F: io::Write> io::Write for Counted<F> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.bytes += written;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// A file that is being written.
pub(super) struct Part<F: io::Write + Send> {
    path: String,
    writer: ArrowWriter<Counted<F>>,
    rows: usize,
    notes: Notes,
}

impl<F: io::Write + Send + Finish> Part<F> {
    pub(super) fn begin(file: F, path: String) -> io::Result<Self> {
        let writer = ArrowWriter::try_new(Counted { file, bytes: 0 }, columns(), Some(properties()));
        Ok(Self { path, writer: writer.map_err(plain)?, rows: 0, notes: Notes::default() })
    }

    /// Writes some rows of a table.
    pub(super) fn write(&mut self, table: &Table, rows: &[usize], provenance: &Provenance) -> io::Result<()> {
        for rows in rows.chunks(BATCH) {
            let arrays = table.arrays(rows.iter().copied()).map_err(plain_arrow)?;
            let all = schema();
            let arrays = arrays.into_iter().zip(all.fields()).filter(|(_, field)| is_column(field.name()));
            let batch = RecordBatch::try_new(columns(), arrays.map(|(array, _)| array).collect());
            self.writer.write(&batch.map_err(plain_arrow)?).map_err(plain)?;
        }
        self.rows += rows.len();
        self.notes.rows(table, rows.iter().copied(), provenance);
        Ok(())
    }

    /// Writes a batch of [`schema`].
    #[cfg(feature = "harvest")]
    pub(super) fn write_batch(&mut self, batch: &RecordBatch, notes: Notes) -> io::Result<()> {
        let names = batch.schema();
        let kept: Vec<_> =
            (0..names.fields().len()).filter(|at| is_column(names.field(*at).name())).collect();
        self.writer.write(&batch.project(&kept).map_err(plain_arrow)?).map_err(plain)?;
        self.rows += batch.num_rows();
        self.notes.take(notes);
        Ok(())
    }

    /// Bytes that wait for the row group to fill.
    pub(super) fn waiting(&self) -> usize {
        self.writer.memory_size()
    }

    /// Writes the row group out as it is.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.writer.flush().map_err(plain)
    }

    /// Ends the file.
    pub(super) fn close(mut self) -> io::Result<Written> {
        describe(&mut self.writer, &self.notes)?;
        let Counted { file, bytes } = self.writer.into_inner().map_err(plain)?;
        file.finish()?;
        Ok(Written { path: self.path, rows: self.rows, bytes })
    }
}

impl Table {
    /// Writes one Parquet file of all columns of [`schema`], the trade type too; else as the files
    /// of a [`Dataset`](super::Dataset) are. Title and notes of the answer stand in its metadata as well.
    ///
    /// # Errors
    /// Those of `out`, and of [`Table::record_batch`].
    pub fn write_parquet(&self, out: impl io::Write + Send, provenance: &Provenance) -> io::Result<()> {
        let mut writer = ArrowWriter::try_new(out, schema(), Some(properties())).map_err(plain)?;
        if !self.is_empty() {
            writer.write(&self.record_batch().map_err(plain_arrow)?).map_err(plain)?;
        }
        let mut notes = Notes::default();
        notes.rows(self, 0..self.len(), provenance);
        describe(&mut writer, &notes)?;
        let mut more = |key: &str, value: String| {
            writer.append_key_value_metadata(KeyValue::new(key.to_owned(), value));
        };
        if let Some(title) = self.title() {
            more("title", title.to_owned());
        }
        if !self.notes().is_empty() {
            more("notes", self.notes().join("\n"));
        }
        writer.into_inner().map_err(plain)?.flush()
    }
}

fn properties() -> WriterProperties {
    WriterProperties::builder()
        .set_created_by(concat!("tradebind ", env!("CARGO_PKG_VERSION")).to_owned())
        .set_compression(Compression::SNAPPY)
        .set_dictionary_enabled(true)
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_max_row_group_row_count(Some(GROUP))
        .build()
}

fn describe<W: io::Write + Send>(writer: &mut ArrowWriter<W>, notes: &Notes) -> io::Result<()> {
    for (key, value) in notes.told()? {
        writer.append_key_value_metadata(KeyValue::new(key, value));
    }
    Ok(())
}

/// The trade type is told by the folder.
fn is_column(name: &str) -> bool {
    name != Column::TradeType.name()
}

/// The schema of a file.
fn columns() -> SchemaRef {
    let all = schema();
    let fields = all.fields().iter().filter(|field| is_column(field.name())).cloned();
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

fn plain(error: ParquetError) -> io::Error {
    match error {
        ParquetError::External(error) => match error.downcast::<io::Error>() {
            Ok(error) => *error,
            Err(other) => io::Error::other(other),
        },
        other => io::Error::other(other),
    }
}
