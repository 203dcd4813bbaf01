//! The tidy form as text, row by row.

mod csv;
mod json;
#[cfg(feature = "harvest")]
mod lines;

pub use csv::CsvOptions;
pub(super) use csv::plain;
#[cfg(feature = "harvest")]
pub(crate) use lines::{Lines, View};

use std::io::{self, Write};

use rust_decimal::Decimal;

/// Writes a number with all its digits.
fn number(out: &mut impl Write, digits: i64, scale: u32) -> io::Result<()> {
    if scale == 0 { write!(out, "{digits}") } else { write!(out, "{}", Decimal::new(digits, scale)) }
}
