use std::io::{self, BufWriter, Write};

use crate::table::cells::{Cell, Reads};
use crate::table::{Column, Table};

impl Table {
    /// Writes one JSON object a row and line (NDJSON), with every column that applies: null where a row has nothing
    /// there, the figure as a number with all its digits, or as text where it is no number.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write_ndjson(&self, out: impl Write) -> io::Result<()> {
        let mut out = BufWriter::new(out);
        let columns = self.keyed();
        for row in 0..self.len() {
            object(&mut out, &columns, row)?;
            out.write_all(b"\n")?;
        }
        out.flush()
    }

    /// Writes one JSON array of the objects that [`Table::write_ndjson`] writes, each on a line, and a line's end.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write_json(&self, out: impl Write) -> io::Result<()> {
        let mut out = BufWriter::new(out);
        let columns = self.keyed();
        out.write_all(b"[")?;
        for row in 0..self.len() {
            out.write_all(if row == 0 { b"\n" } else { b",\n" })?;
            object(&mut out, &columns, row)?;
        }
        out.write_all(if self.is_empty() { b"]\n" } else { b"\n]\n" })?;
        out.flush()
    }

    fn keyed(&self) -> Vec<(Column, Reads<'_>)> {
        self.columns().into_iter().map(|column| (column, self.reads(column))).collect()
    }
}

/// Writes one row as an object.
pub(super) fn object(out: &mut impl Write, columns: &[(Column, Reads<'_>)], row: usize) -> io::Result<()> {
    for (at, (column, reads)) in columns.iter().enumerate() {
        // Names are plain: they need no escapes.
        write!(out, "{}\"{}\":", if at == 0 { "{" } else { "," }, column.name())?;
        match reads.cell(row) {
            None => out.write_all(b"null")?,
            Some(Cell::Text(text)) => serde_json::to_writer(&mut *out, text)?,
            Some(Cell::Long(number)) => out.write_all(number.as_bytes())?,
            Some(Cell::Number(digits, scale)) => super::number(out, digits, scale)?,
        }
    }
    out.write_all(b"}")
}
