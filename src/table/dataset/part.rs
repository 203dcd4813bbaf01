use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::{Schema, SchemaRef};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};

use super::{Finish, Provenance, Written};
use crate::table::arrow::{plain as plain_arrow, schema};
use crate::table::{Column, Table};

/// The most rows of a row group.
const GROUP: usize = 256 << 10;
/// The most queries that a file's metadata names; more are counted.
const QUERIES: usize = 1000;

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
    /// Units by statistic.
    units: BTreeMap<String, BTreeSet<String>>,
    sources: BTreeSet<String>,
    queries: BTreeSet<String>,
    more_queries: usize,
    retrieved: BTreeSet<String>,
}

impl<F: io::Write + Send + Finish> Part<F> {
    pub(super) fn begin(file: F, path: String) -> io::Result<Self> {
        let properties = WriterProperties::builder()
            .set_created_by(concat!("tradebind ", env!("CARGO_PKG_VERSION")).to_owned())
            .set_compression(Compression::SNAPPY)
            .set_dictionary_enabled(true)
            .set_statistics_enabled(EnabledStatistics::Chunk)
            .set_max_row_group_row_count(Some(GROUP))
            .build();
        let writer =
            ArrowWriter::try_new(Counted { file, bytes: 0 }, columns(), Some(properties)).map_err(plain)?;
        Ok(Self {
            path,
            writer,
            rows: 0,
            units: BTreeMap::new(),
            sources: BTreeSet::new(),
            queries: BTreeSet::new(),
            more_queries: 0,
            retrieved: BTreeSet::new(),
        })
    }

    /// Writes some rows of a table.
    pub(super) fn write(&mut self, table: &Table, rows: &[usize], provenance: &Provenance) -> io::Result<()> {
        let arrays = table.arrays(rows.iter().copied()).map_err(plain_arrow)?;
        let all = schema();
        let arrays = arrays.into_iter().zip(all.fields()).filter(|(_, field)| is_column(field.name()));
        let batch = RecordBatch::try_new(columns(), arrays.map(|(array, _)| array).collect());
        self.writer.write(&batch.map_err(plain_arrow)?).map_err(plain)?;
        self.rows += rows.len();
        self.note(table, rows, provenance);
        Ok(())
    }

    fn note(&mut self, table: &Table, rows: &[usize], provenance: &Provenance) {
        self.sources.extend(provenance.source.clone());
        self.retrieved.extend(provenance.retrieved.clone());
        if let Some(query) = &provenance.query
            && !self.queries.contains(query)
        {
            if self.queries.len() < QUERIES {
                self.queries.insert(query.clone());
            } else {
                self.more_queries += 1;
            }
        }
        let (statistics, units) = (table.reads(Column::Statistic), table.reads(Column::Unit));
        let mut last = None;
        for row in rows {
            let both = (statistics.cell(*row), units.cell(*row));
            if last.as_ref() != Some(&both)
                && let (Some(statistic), Some(unit)) = (text(&both.0), text(&both.1))
                && !self.units.get(statistic).is_some_and(|units| units.contains(unit))
            {
                self.units.entry(statistic.to_owned()).or_default().insert(unit.to_owned());
            }
            last = Some(both);
        }
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
        let lines = |all: &BTreeSet<String>| all.iter().cloned().collect::<Vec<_>>().join("\n");
        let mut queries = lines(&self.queries);
        if self.more_queries > 0 {
            queries.push_str(&format!("\n… and {} more", self.more_queries));
        }
        let units = serde_json::to_string(&self.units).map_err(io::Error::other)?;
        let told = [
            ("units", units),
            ("source", lines(&self.sources)),
            ("queries", queries),
            ("retrieved", lines(&self.retrieved)),
        ];
        for (key, value) in told.into_iter().filter(|(_, value)| !value.is_empty()) {
            self.writer.append_key_value_metadata(KeyValue::new(format!("tradebind.{key}"), value));
        }
        let Counted { file, bytes } = self.writer.into_inner().map_err(plain)?;
        file.finish()?;
        Ok(Written { path: self.path, rows: self.rows, bytes })
    }
}

fn text<'a>(cell: &'a Option<crate::table::cells::Cell<'_>>) -> Option<&'a str> {
    match cell {
        Some(crate::table::cells::Cell::Text(text)) => Some(text),
        _ => None,
    }
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
