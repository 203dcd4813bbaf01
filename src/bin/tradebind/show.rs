//! Tables in every form.

use std::borrow::Cow;
use std::io::{self, Write};

use tradebind::table::{Column, Table};
use tradebind::tradewind::Rows;
use unicode_width::UnicodeWidthStr as _;

use crate::output::Format;

/// Rows whose columns have names.
pub trait Tabular {
    fn columns(&self) -> Vec<Cow<'_, str>>;
    fn len(&self) -> usize;
    /// A cell as text.
    fn text(&self, row: usize, column: usize) -> Option<Cow<'_, str>>;
    /// A cell as JSON.
    fn json(&self, row: usize, column: usize) -> Option<Cow<'_, str>>;
    /// Whether the column holds numbers, which stand under each other by their ends.
    fn is_number(&self, column: usize) -> bool;
}

/// Rows of texts.
pub struct Texts<const N: usize> {
    columns: [&'static str; N],
    rows: Vec<[Option<&'static str>; N]>,
}

impl<const N: usize> Texts<N> {
    pub fn new(columns: [&'static str; N]) -> Self {
        Self { columns, rows: Vec::new() }
    }

    pub fn push(&mut self, row: [Option<&'static str>; N]) {
        self.rows.push(row);
    }
}

impl<const N: usize> Tabular for Texts<N> {
    fn columns(&self) -> Vec<Cow<'_, str>> {
        self.columns.iter().map(|name| (*name).into()).collect()
    }

    fn len(&self) -> usize {
        self.rows.len()
    }

    fn text(&self, row: usize, column: usize) -> Option<Cow<'_, str>> {
        (*self.rows.get(row)?.get(column)?).map(Cow::Borrowed)
    }

    fn json(&self, row: usize, column: usize) -> Option<Cow<'_, str>> {
        // Each row has the same keys.
        Some(
            self.text(row, column)
                .map_or("null".into(), |text| serde_json::Value::from(text).to_string().into()),
        )
    }

    fn is_number(&self, _: usize) -> bool {
        false
    }
}

impl Tabular for Rows {
    fn columns(&self) -> Vec<Cow<'_, str>> {
        Self::columns(self).iter().map(|name| name.into()).collect()
    }

    fn len(&self) -> usize {
        Self::len(self)
    }

    fn text(&self, row: usize, column: usize) -> Option<Cow<'_, str>> {
        self.cell(row, column)
    }

    fn json(&self, row: usize, column: usize) -> Option<Cow<'_, str>> {
        Self::json(self, row, column).map(Cow::Borrowed)
    }

    fn is_number(&self, column: usize) -> bool {
        let mut cells = (0..Self::len(self)).filter_map(|row| self.cell(row, column)).peekable();
        let number = |text: Cow<'_, str>| {
            text.bytes().next().is_some_and(|b| b == b'-' || b.is_ascii_digit())
                && text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-'))
        };
        cells.peek().is_some() && cells.all(number)
    }
}

/// Writes rows in a form.
pub fn write(out: &mut dyn Write, rows: &impl Tabular, format: Format) -> io::Result<()> {
    match format {
        Format::Table => aligned(out, rows),
        Format::Csv => csv(out, rows),
        Format::Json | Format::Ndjson => objects(out, rows, format == Format::Json),
    }
}

fn csv(out: &mut dyn Write, rows: &impl Tabular) -> io::Result<()> {
    let columns = rows.columns();
    if columns.is_empty() {
        // A record without fields would be a pair of quotes.
        return Ok(());
    }
    let mut csv = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(out);
    csv.write_record(columns.iter().map(|name| name.as_bytes())).map_err(plain)?;
    for row in 0..rows.len() {
        let cells = (0..columns.len()).map(|column| rows.text(row, column).unwrap_or_default().into_owned());
        csv.write_record(cells).map_err(plain)?;
    }
    csv.flush()
}

/// The error of the writer below, whose kind tells a closed pipe from a full disk.
fn plain(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

/// One array of objects, a line each; or the lines alone.
fn objects(out: &mut dyn Write, rows: &impl Tabular, array: bool) -> io::Result<()> {
    let names: Vec<_> =
        rows.columns().iter().map(|name| serde_json::Value::from(&**name).to_string()).collect();
    if array {
        out.write_all(b"[")?;
    }
    for row in 0..rows.len() {
        out.write_all(match (array, row) {
            (true, 0) => b"\n{",
            (true, _) => b",\n{",
            (false, _) => b"{",
        })?;
        let cells = names.iter().enumerate().filter_map(|(at, name)| Some((name, rows.json(row, at)?)));
        for (at, (name, value)) in cells.enumerate() {
            write!(out, "{}{name}:{value}", if at == 0 { "" } else { "," })?;
        }
        out.write_all(if array { b"}" } else { b"}\n" })?;
    }
    if array { out.write_all(if rows.len() == 0 { b"]\n" } else { b"\n]\n" }) } else { Ok(()) }
}

/// Aligned columns, without those in which no row has anything.
fn aligned(out: &mut dyn Write, rows: &impl Tabular) -> io::Result<()> {
    let columns = rows.columns();
    let used: Vec<_> = (0..columns.len())
        .filter(|column| (0..rows.len()).any(|row| rows.text(row, *column).is_some()))
        .collect();
    let shown =
        used.iter().filter_map(|column| Some((*column, columns.get(*column)?, rows.is_number(*column))));
    let shown: Vec<_> = shown.collect();
    let head = shown.iter().map(|(_, name, right)| (&***name, *right));
    let cell = |row, column: usize| rows.text(row, shown.get(column)?.0);
    grid(out, head, rows.len(), cell)
}

/// An answer of Hong Kong for people, under its title.
pub fn hk_table(out: &mut dyn Write, table: &Table) -> io::Result<()> {
    if let Some(title) = table.title() {
        writeln!(out, "{}\n", printable(title))?;
    }
    let columns = table.columns();
    let head = columns.iter().map(|column| (column.name(), *column == Column::Figure));
    let cell = |row, column: usize| table.cell(row, *columns.get(column)?);
    grid(out, head, table.len(), cell)
}

/// Lines up columns, wide characters counted as wide; a line longer than the terminal is left to it. Cells are looked up
/// twice, for their widths and to be written, so that none is kept: an answer may have a hundred thousand rows.
fn grid<'a>(
    out: &mut dyn Write,
    head: impl Iterator<Item = (&'a str, bool)>,
    rows: usize,
    cell: impl Fn(usize, usize) -> Option<Cow<'a, str>>,
) -> io::Result<()> {
    let mut columns: Vec<_> = head.map(|(name, right)| (name, right, name.width())).collect();
    for (at, (_, _, widest)) in columns.iter_mut().enumerate() {
        let cells = (0..rows).filter_map(|row| cell(row, at));
        *widest = cells.map(|text| printable(&text).width()).fold(*widest, usize::max);
    }
    let mut line = String::new();
    for row in [None].into_iter().chain((0..rows).map(Some)) {
        line.clear();
        for (at, (name, right, widest)) in columns.iter().enumerate() {
            let text = row.map_or(Some(Cow::Borrowed(*name)), |row| cell(row, at)).unwrap_or_default();
            let text = printable(&text);
            let fill = " ".repeat(widest.saturating_sub(text.width()));
            line.extend(if *right { [&*fill, &*text] } else { [&*text, &*fill] });
            line.push_str("  ");
        }
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

/// A text of a service as it may stand on a terminal: nothing in it moves the cursor or breaks the line.
pub fn printable(text: &str) -> Cow<'_, str> {
    if text.contains(char::is_control) { text.replace(char::is_control, " ").into() } else { text.into() }
}
