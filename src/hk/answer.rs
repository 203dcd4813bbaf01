use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::head::{Head, told_by_head};
use crate::domain::Open;
use crate::error::{Error, ErrorKind};
use crate::hk::api::types::{Header, Row, TradeResponse};
use crate::http::Response;

/// The answer to a query.
///
/// A row that is missing from it is zero where the service gives that statistic at all: nil rows are left out
/// (guide; inferred for single rows).
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    head: Head,
    rows: Vec<Row>,
}

/// What an answer holds that the document does not know, each with how often; all of it is kept in the rows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Unknown {
    /// Fields, such as `/dataSet/*/newField`.
    pub fields: BTreeMap<String, usize>,
    /// Values of fields that the guide lists values for, such as `/dataSet/*/ttype: 6`.
    pub values: BTreeMap<String, usize>,
}

impl Unknown {
    /// Whether the document knows everything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty() && self.values.is_empty()
    }

    /// Of all but the rows.
    pub(crate) fn of_head(header: &Header, extra: &Map<String, Value>) -> Self {
        let mut unknown = Self::default();
        unknown.fields("", extra);
        unknown.fields("/header", &header.extra);
        unknown.fields("/header/status", &header.status.extra);
        if let Some(count) = &header.count {
            unknown.fields("/header/count", &count.extra);
        }
        unknown
    }

    pub(crate) fn count_row(&mut self, row: &Row) {
        self.fields("/dataSet/*", &row.extra);
        self.value("freq", &row.freq);
        self.value("period", &row.period);
        self.value("ttype", &row.ttype);
        self.value("sv", &row.sv);
        if let Some(class) = &row.codeclass {
            self.value("codeclass", class);
        }
    }

    fn fields(&mut self, at: &str, extra: &Map<String, Value>) {
        for name in extra.keys() {
            *self.fields.entry(format!("{at}/{name}")).or_default() += 1;
        }
    }

    fn value<T>(&mut self, name: &str, value: &Open<T>) {
        if let Open::Other(text) = value {
            *self.values.entry(format!("/dataSet/*/{name}: {text}")).or_default() += 1;
        }
    }
}

/// What is wrong with the number of rows of an answer that tells success, or that nothing was found.
pub(crate) fn check_count(head: &TradeResponse, held: usize, empty: bool) -> Option<Error> {
    let told = head.header.count.as_ref().and_then(|count| count.no_of_records);
    let held = i64::try_from(held).unwrap_or(i64::MAX);
    match told {
        // Nothing to count where nothing was found.
        _ if empty => None,
        None if head.data_set.is_none() => {
            Some(Error::new(ErrorKind::NoData, "neither dataSet nor noOfRecords came"))
        }
        Some(told) if told != held => {
            let detail = format!("noOfRecords tells {told}, {held} came");
            Some(Error::new(ErrorKind::CountMismatch, detail).repeatable(true))
        }
        _ => None,
    }
}

impl Answer {
    /// Takes an answer that tells success, or that nothing was found.
    pub(super) fn new(decoded: TradeResponse, empty: bool, response: &Response) -> Result<Self, Error> {
        let held = decoded.data_set.as_ref().map_or(0, Vec::len);
        let wrong = check_count(&decoded, held, empty);
        let TradeResponse { header, data_set, extra } = decoded;
        let answer = Self { head: Head::new(header, extra), rows: data_set.unwrap_or_default() };
        let error = match wrong {
            None => return Ok(answer),
            Some(error) if error.kind() == ErrorKind::CountMismatch => error.with_answer(answer),
            Some(error) => error,
        };
        Err(error.with_response(response.clone()))
    }

    told_by_head!();

    /// The rows, in the service's order.
    #[must_use]
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The rows, to keep.
    #[must_use]
    pub fn into_rows(self) -> Vec<Row> {
        self.rows
    }

    /// Whether the query found nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    #[cfg(feature = "table")]
    pub(crate) fn head(&self) -> &Head {
        &self.head
    }

    /// Counts what the document does not know.
    #[must_use]
    pub fn unknown(&self) -> Unknown {
        let mut unknown = self.head.unknown();
        self.rows.iter().for_each(|row| unknown.count_row(row));
        unknown
    }
}
