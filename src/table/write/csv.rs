use std::io::{self, Write};

use crate::table::cells::{Cell, Reads};
use crate::table::{Column, Table};

/// How CSV is written.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CsvOptions {
    /// Whether the first line names the columns; it does unless set otherwise.
    pub header: bool,
    /// Whether the byte-order mark comes first, without which Excel takes UTF-8 for something else.
    pub excel: bool,
    /// The columns; those that apply unless set.
    pub columns: Option<Vec<Column>>,
}

impl Default for CsvOptions {
    fn default() -> Self {
        Self { header: true, excel: false, columns: None }
    }
}

impl CsvOptions {
    /// With a first line that names the columns, or without.
    #[must_use]
    pub fn header(self, header: bool) -> Self {
        Self { header, ..self }
    }

    /// With the byte-order mark, or without.
    #[must_use]
    pub fn excel(self, excel: bool) -> Self {
        Self { excel, ..self }
    }

    /// With these columns, whether they apply or not: so that many answers have the same.
    #[must_use]
    pub fn columns(self, columns: Vec<Column>) -> Self {
        Self { columns: Some(columns), ..self }
    }
}

impl Table {
    /// Writes CSV as RFC 4180 has it: UTF-8, lines that end with CR LF, quotes where they are needed. What a row does not
    /// have is empty.
    ///
    /// Nothing is gathered but the writer's own buffer of 8 KiB; it is flushed at the end.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write_csv(&self, mut out: impl Write, options: &CsvOptions) -> io::Result<()> {
        if options.excel {
            out.write_all("\u{feff}".as_bytes())?;
        }
        let columns = options.columns.clone().unwrap_or_else(|| self.columns());
        let mut csv = ::csv::WriterBuilder::new().terminator(::csv::Terminator::CRLF).from_writer(out);
        if options.header {
            csv.write_record(columns.iter().map(|column| column.name())).map_err(plain)?;
        }
        let reads: Vec<_> = columns.iter().map(|column| self.reads(*column)).collect();
        let mut number = Vec::new();
        for row in 0..self.len() {
            record(&mut csv, reads.iter(), row, &mut number)?;
        }
        csv.flush()
    }
}

/// Writes one row; `number` is room for a figure.
pub(super) fn record<'a, W: Write>(
    csv: &mut ::csv::Writer<W>,
    reads: impl Iterator<Item = &'a Reads<'a>>,
    row: usize,
    number: &mut Vec<u8>,
) -> io::Result<()> {
    for column in reads {
        let written = match column.cell(row) {
            None => csv.write_field(""),
            Some(Cell::Text(text)) => csv.write_field(text),
            Some(Cell::Long(text)) => csv.write_field(text),
            Some(Cell::Number(digits, scale)) => {
                number.clear();
                super::number(number, digits, scale)?;
                csv.write_field(&number)
            }
        };
        written.map_err(plain)?;
    }
    csv.write_record(None::<&[u8]>).map_err(plain)
}

/// The error of the writer below, whose kind tells a closed pipe from a full disk.
pub(in crate::table) fn plain(error: ::csv::Error) -> io::Error {
    match error.into_kind() {
        ::csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}
