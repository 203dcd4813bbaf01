//! Rows of many tables in one file.

use std::io::{self, Write};

use super::csv::{plain, record};
use super::json::object;
use crate::table::cells::{Cell, Reads};
use crate::table::{Column, Table};

/// Some columns of a table, looked up once for many rows.
pub(crate) struct View<'a>(Vec<(Column, Reads<'a>)>);

impl Table {
    pub(crate) fn view(&self, columns: &[Column]) -> View<'_> {
        View(columns.iter().map(|column| (*column, self.reads(*column))).collect())
    }
}

impl View<'_> {
    /// The text of a row in one of the columns, by its place; none for what is no text.
    pub(crate) fn text(&self, row: usize, column: usize) -> Option<&str> {
        match self.0.get(column)?.1.cell(row)? {
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
    /// CSV with a first line that names the columns.
    pub(crate) fn csv(out: W, columns: &[Column]) -> io::Result<Self> {
        let mut csv = ::csv::WriterBuilder::new().terminator(::csv::Terminator::CRLF).from_writer(out);
        csv.write_record(columns.iter().map(|column| column.name())).map_err(plain)?;
        Ok(Self::Csv(Box::new(csv), Vec::new()))
    }

    /// One JSON object a line.
    pub(crate) fn ndjson(out: W) -> Self {
        Self::Ndjson(out)
    }

    pub(crate) fn write(&mut self, view: &View<'_>, row: usize) -> io::Result<()> {
        match self {
            Self::Csv(csv, number) => record(csv, view.0.iter().map(|(_, reads)| reads), row, number),
            Self::Ndjson(out) => {
                object(out, &view.0, row)?;
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
