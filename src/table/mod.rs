//! Answers of the Hong Kong service as columns, and their forms as files.
//!
//! [`Table`] holds the rows of an answer as columns: texts as dictionaries, figures as exact numbers, which takes some ten
//! to twenty bytes a row. It is read straight from the body ([`hk::Client::table`](crate::hk::Client::table),
//! [`Table::decode`]), and written in the tidy form, one figure a row, as CSV and JSON.

#[cfg(feature = "arrow")]
mod arrow;
mod cells;
mod client;
mod column;
#[cfg(feature = "parquet")]
mod dataset;
mod decode;
mod dictionary;
mod field;
mod figures;
mod ids;
mod layout;
mod money;
mod pairs;
#[cfg(test)]
mod properties;
#[cfg(feature = "arrow")]
mod provenance;
mod reader;
mod row_error;
mod rows;
mod scan;
mod write;
mod zeros;

#[cfg(feature = "arrow")]
pub use arrow::{FIGURE_PRECISION, FIGURE_SCALE, schema};
#[cfg(all(feature = "arrow", feature = "harvest"))]
pub(crate) use arrow::{Gather, plain as plain_arrow};
pub use column::Column;
#[cfg(feature = "object-store")]
pub use dataset::Bucket;
#[cfg(all(feature = "parquet", feature = "harvest"))]
pub(crate) use dataset::Gathered;
#[cfg(feature = "parquet")]
pub use dataset::{Dataset, Finish, Folder, Store, Written};
pub use pairs::{Basis, Pair, Pairs};
#[cfg(all(feature = "arrow", feature = "harvest"))]
pub(crate) use provenance::Notes;
#[cfg(feature = "arrow")]
pub use provenance::Provenance;
pub use row_error::RowError;
pub use write::CsvOptions;
#[cfg(feature = "harvest")]
pub(crate) use write::{Lines, View};

use bytes::Bytes;
use http::HeaderMap;

use crate::domain::{CommodityClass, Decimal, Frequency, Known, Period, Statistic, TradeType};
use crate::error::{Error, ErrorKind};
use crate::hk::api::types::TradeResponse;
use crate::hk::{Answer, Head, Outcome, Query, Row, Unknown, check_count, told_by_head};
use crate::http::{Response, without_mark};
#[cfg(feature = "harvest")]
pub(crate) use decode::Decoded;
#[cfg(not(feature = "harvest"))]
use decode::Decoded;
use decode::columns;
use dictionary::index;
use field::Field;
use rows::Rows;

/// The rows of an answer as columns.
///
/// All that came is held: every field of the document under its own suffix, unknown fields as JSON text, figures
/// exact. What is read here is the tidy form ([`Column`]); [`Table::row`] gives a row as it came.
///
/// ```
/// use tradebind::table::{Column, Table};
///
/// let body = br#"{"header": {"status": {"code": 0}, "count": {"noOfRecords": 1}}, "dataSet": [{"freq": "M", "period":
///     "201805", "ttype": 4, "cc": "CN", "ccDescTC": "\u4e2d\u570b\u5167\u5730", "sv": "VCm", "figure": "194542691"}]}"#;
/// let table = Table::decode(body)?;
/// assert_eq!(table.cell(0, Column::Period).as_deref(), Some("2018-05"));
/// assert_eq!(table.cell(0, Column::DestinationName).as_deref(), Some("中國內地"));
/// assert_eq!(table.number(0), Some(194_542_691.into()));
/// # Ok::<(), tradebind::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Table {
    head: Head,
    rows: Rows,
    /// Rows that stand for what was left out.
    filled: std::ops::Range<usize>,
    /// The columns that the query asks for, whether a row has them or not.
    asked: Vec<Column>,
}

impl Table {
    /// Reads the body of an answer, with the verdicts of [`hk::Client::query`](crate::hk::Client::query): what tells
    /// a failure is an error, "No record found" is a table without rows. One thing only a client can do: what an answer in
    /// Chinese without rows means it finds by asking again in English; here that is an error, of
    /// [`ErrorKind::Refused`].
    ///
    /// # Errors
    /// A body that is not as the document says, or that tells a failure; a number of rows that is not as told, which
    /// keeps them in [`Error::table`].
    pub fn decode(body: &[u8]) -> Result<Self, Error> {
        if let Some(decoded) = columns(without_mark(body)) {
            let outcome = Outcome::of(&decoded.head.header.status);
            let well = matches!(outcome, Outcome::Success | Outcome::Empty);
            let wrong = check_count(&decoded.head, decoded.rows.len(), outcome == Outcome::Empty);
            if well && wrong.is_none() {
                return Ok(Self::of(decoded));
            }
        }
        // The body is copied for an error alone.
        let response = Response::new(200, HeaderMap::new(), Bytes::copy_from_slice(body));
        let decoded = Decoded::read(&response)?;
        let status = &decoded.head.header.status;
        let outcome = Outcome::of(status);
        let empty = outcome == Outcome::Empty;
        match outcome.error(status, &response) {
            Some(error) => Err(error),
            None => Self::new(decoded, empty, &response),
        }
    }

    /// The rows of a typed answer.
    #[must_use]
    pub fn from_answer(answer: &Answer) -> Self {
        let mut rows = Rows::default();
        for row in answer.rows() {
            if rows.push(row).is_none() {
                break;
            }
        }
        rows.freeze();
        Self { head: answer.head().clone(), rows, filled: 0..0, asked: Vec::new() }
    }

    /// Takes an answer that tells success, or that nothing was found.
    pub(crate) fn new(decoded: Decoded, empty: bool, response: &Response) -> Result<Self, Error> {
        match check_count(&decoded.head, decoded.rows.len(), empty) {
            None => Ok(Self::of(decoded)),
            Some(error) if error.kind() == ErrorKind::CountMismatch => {
                Err(error.with_table(Self::of(decoded)).with_response(response.clone()))
            }
            Some(error) => Err(error.with_response(response.clone())),
        }
    }

    fn of(decoded: Decoded) -> Self {
        let TradeResponse { header, extra, .. } = decoded.head;
        Self { head: Head::new(header, extra), rows: decoded.rows, filled: 0..0, asked: Vec::new() }
    }

    told_by_head!();

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A row as it came, with its unknown fields; none behind the last.
    #[must_use]
    pub fn row(&self, row: usize) -> Option<Row> {
        self.rows.typed(row)
    }

    /// The figure of a row as an exact number; none where there is none, or a mark such as `..`.
    #[must_use]
    pub fn number(&self, row: usize) -> Option<Decimal> {
        self.rows.figures.get(row).decimal()
    }

    /// The fields of a row that the document does not know, each as JSON.
    pub fn extra(&self, row: usize) -> impl Iterator<Item = (&str, &str)> {
        self.rows.extras.of(row)
    }

    /// Counts what the document does not know; the same as [`Answer::unknown`] of the same answer.
    #[must_use]
    pub fn unknown(&self) -> Unknown {
        let mut unknown = self.head.unknown();
        for (name, rows) in self.rows.extras.counts().filter(|(_, rows)| *rows > 0) {
            unknown.fields.insert(format!("/dataSet/*/{name}"), rows);
        }
        let mut values = |key: &str, is_known: fn(&str) -> bool| {
            let Some(texts) = Field::of(key).and_then(|field| self.rows.texts_of(field)) else { return };
            if texts.known.texts().all(|(_, text)| is_known(text)) {
                return;
            }
            let counts = texts.ids.counts(self.len(), texts.known.len());
            for (id, text) in texts.known.texts() {
                let rows = counts.get(index(id)).copied().unwrap_or_default();
                if rows > 0 && !is_known(text) {
                    unknown.values.insert(format!("/dataSet/*/{key}: {text}"), rows);
                }
            }
        };
        values("freq", |text| Frequency::exact(text).is_some());
        values("period", |text| Period::exact(text).is_some());
        values("ttype", |text| TradeType::exact(text).is_some());
        values("sv", |text| Statistic::exact(text).is_some());
        values("codeclass", |text| CommodityClass::exact(text).is_some());
        unknown
    }

    /// The same with the columns that a query asks for, whether a row of this answer has them or not: so that two answers
    /// to one query, of which one is empty, are written alike. [`hk::Client::table`](crate::hk::Client::table) does it.
    #[must_use]
    pub fn asked_by(self, query: &Query) -> Self {
        let asks = |column: &Column| match column {
            Column::Origin | Column::OriginName => query.origin().is_some(),
            Column::Destination | Column::DestinationName => query.destination().is_some(),
            Column::Transport => query.by_transport(),
            Column::CommodityClass | Column::Commodity | Column::CommodityName => {
                query.commodities().is_some()
            }
            Column::Footnote => false,
            _ => true,
        };
        Self { asked: Column::ALL.iter().copied().filter(asks).collect(), ..self }
    }

    /// The columns that apply: those that every row has, those that some row has, and those of the query where it is
    /// known ([`Table::asked_by`]).
    #[must_use]
    pub fn columns(&self) -> Vec<Column> {
        let applies =
            |column: &Column| column.is_always() || self.asked.contains(column) || self.has(*column);
        Column::ALL.iter().copied().filter(applies).collect()
    }
}
