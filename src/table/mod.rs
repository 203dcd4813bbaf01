//! Answers of the Hong Kong service as columns, and their forms as files.
//!
//! [`Table`] holds the rows of an answer as columns: texts as dictionaries, figures as exact numbers, which takes some ten
//! to twenty bytes a row. It is read straight from the body ([`hk::Client::table`](crate::hk::Client::table),
//! [`Table::decode`]), and written in the tidy form, one figure a row, as CSV and JSON.

mod cells;
mod client;
mod column;
mod dictionary;
mod field;
mod figures;
mod ids;
mod layout;
#[cfg(test)]
mod properties;
mod reader;
mod rows;
mod scan;
mod table;
mod write;

pub use column::Column;
pub use table::Table;
pub use write::CsvOptions;
