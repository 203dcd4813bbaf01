//! The recorded exchange: what was asked of a service and, where known, what was answered.
//!
//! One format (`spec/exchange.schema.json`) serves documented examples, tests, replay and the local server.

mod compare;
mod file;

pub use compare::{Difference, differences};
pub use file::{InvalidExchange, documented};
pub use generated::*;

/// What stands for the operation's id where an address was asked for that the caller chose.
#[cfg(any(feature = "hk-trade", feature = "tradewind"))]
pub(crate) const RAW: &str = "raw";

/// The types of `spec/exchange.schema.json`.
#[allow(missing_docs, clippy::all, clippy::pedantic, clippy::unwrap_used)]
mod generated {
    include!(concat!(env!("OUT_DIR"), "/exchange.rs"));
}
