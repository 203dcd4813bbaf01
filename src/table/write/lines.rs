//! Rows of many tables in one file.

use std::io::{self, Write};

use super::MARK;
use super::csv::{plain, record};
use super::json::object;
use crate::table::cells::{Cell, Reads};
use crate::table::{Column, Table};

/// Some columns of a table, looked up once for many rows.
pub(crate) struct View<'a> {
    #[cfg(feature = "arrow")]
    table: &'a Table,
    columns: Vec<(Column, Reads<'a>)>,
}

impl Table {
    pub(crate) fn view(&self, columns: &[Column]) -> View<'_> {
        let columns = columns.iter().map(|column| (*column, self.reads(*column))).collect();
        View {
            #[cfg(feature = "arrow")]
            table: self,
            columns,
        }
    }
}

impl View<'_> {
    /// The table.
    #[cfg(feature = "arrow")]
    pub(in crate::table) fn table(&self) -> &Table {
        self.table
    }

    /// The text of a row in one of the columns, by its place; none for what is no text.
    pub(crate) fn text(&self, row: usize, column: usize) -> Option<&str> {
        match self.columns.get(column)?.1.cell(row)? {
            Cell::Text(text) => Some(text),
            Cell::Number(..) | Cell::Long(_) => None,
        }
    }
}

/// Writes rows of views that have the same columns.
pub(crate) enum Lines<W: Write> {
    /// With room for a figure.
    Csv(Box<::csv::Writer<W>>, Vec<u8>),
    Ndjson(W),
}

impl<W: Write> Lines<W> {
    /// CSV with a first line that names the columns, after the byte-order mark if that is for Excel.
    pub(crate) fn csv(mut out: W, columns: &[Column], excel: bool) -> io::Result<Self> {
        if excel {
            out.write_all(MARK.as_bytes())?;
        }
        let mut lines = Self::bare(out);
        if let Self::Csv(csv, _) = &mut lines {
            csv.write_record(columns.iter().map(|column| column.name())).map_err(plain)?;
        }
        Ok(lines)
    }

    /// CSV without a first line.
    pub(crate) fn bare(out: W) -> Self {
        let csv = ::csv::WriterBuilder::new().terminator(::csv::Terminator::CRLF).from_writer(out);
        Self::Csv(Box::new(csv), Vec::new())
    }

    /// One JSON object a line.
    pub(crate) fn ndjson(out: W) -> Self {
        Self::Ndjson(out)
    }

    pub(crate) fn write(&mut self, view: &View<'_>, row: usize) -> io::Result<()> {
        match self {
            Self::Csv(csv, number) => record(csv, view.columns.iter().map(|(_, reads)| reads), row, number),
            Self::Ndjson(out) => {
                object(out, &view.columns, row)?;
                out.write_all(b"\n")
            }
        }
    }

    /// Writes what is left.
    pub(crate) fn end(self) -> io::Result<W> {
        match self {
            Self::Csv(csv, _) => csv.into_inner().map_err(|e| io::Error::from(e.error().kind())),
            Self::Ndjson(mut out) => {
                out.flush()?;
                Ok(out)
            }
        }
    }
}
