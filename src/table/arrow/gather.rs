use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::ArrowError;

use super::columns::{FigureColumns, TextColumn, extra};
use super::schema;
use crate::table::{Column, View};

/// Rows of many tables, gathered into batches of [`schema`]. Views of the tables have the columns of [`Column::ALL`].
pub(crate) struct Gather {
    /// All but the figure, in the schema's order.
    texts: Vec<TextColumn>,
    figures: FigureColumns,
    extra: TextColumn,
    rows: usize,
}

impl Default for Gather {
    fn default() -> Self {
        Self {
            texts: Column::ALL.iter().map(|_| TextColumn::default()).collect(),
            figures: FigureColumns::default(),
            extra: TextColumn::default(),
            rows: 0,
        }
    }
}

impl Gather {
    /// How many rows wait.
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// Adds a row.
    pub(crate) fn push(&mut self, view: &View<'_>, row: usize) -> Result<(), ArrowError> {
        for (at, column) in self.texts.iter_mut().enumerate().filter(|(at, _)| !is_figure(*at)) {
            column.push(view.text(row, at))?;
        }
        self.figures.push(view.table().rows.figures.get(row))?;
        self.extra.push(extra(view.table(), row).as_deref())?;
        self.rows += 1;
        Ok(())
    }

    /// Takes the texts of a row into the dictionaries, without the row.
    pub(crate) fn learn(&mut self, view: &View<'_>, row: usize) -> Result<(), ArrowError> {
        for (at, column) in self.texts.iter_mut().enumerate().filter(|(at, _)| !is_figure(*at)) {
            if let Some(text) = view.text(row, at) {
                column.learn(text)?;
            }
        }
        self.figures.learn(view.table().rows.figures.get(row))?;
        match extra(view.table(), row) {
            Some(text) => self.extra.learn(&text),
            None => Ok(()),
        }
    }

    /// From here on all batches share the dictionaries that were learned, as a file of Arrow needs it.
    pub(crate) fn share(&mut self) -> Result<(), ArrowError> {
        self.texts.iter_mut().try_for_each(TextColumn::share)?;
        self.figures.share()?;
        self.extra.share()
    }

    /// The rows that wait, as one batch.
    pub(crate) fn batch(&mut self) -> Result<RecordBatch, ArrowError> {
        self.rows = 0;
        let mut arrays = Vec::with_capacity(schema().fields().len());
        for (at, column) in self.texts.iter_mut().enumerate() {
            if is_figure(at) {
                arrays.extend(self.figures.finish()?);
            } else {
                arrays.push(column.finish()?);
            }
        }
        arrays.push(self.extra.finish()?);
        RecordBatch::try_new(Arc::clone(&schema()), arrays)
    }
}

/// Whether that place of [`Column::ALL`] is the figure's.
fn is_figure(at: usize) -> bool {
    Column::ALL.get(at) == Some(&Column::Figure)
}
