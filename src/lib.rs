#![doc = include_str!("../README.md")]

#[cfg(any(feature = "hk-trade", feature = "tradewind"))]
mod operation;

#[cfg(all(feature = "blocking", any(feature = "hk-trade", feature = "tradewind")))]
pub mod blocking;
#[cfg(feature = "chart")]
pub mod chart;
pub mod codes;
#[cfg(feature = "documents")]
pub mod documents;
pub mod domain;
#[cfg(any(feature = "hk-trade", feature = "tradewind"))]
mod error;
pub mod exchange;
#[cfg(feature = "harvest")]
pub mod harvest;
#[cfg(feature = "hk-trade")]
pub mod hk;
#[cfg(any(feature = "hk-trade", feature = "tradewind"))]
pub mod http;
#[cfg(any(feature = "hk-trade", feature = "tradewind", feature = "documents"))]
mod near;
#[cfg(any(feature = "tradewind", feature = "documents"))]
mod path_template;
mod place;
#[cfg(feature = "replica")]
pub mod replica;
mod scalar;
#[cfg(feature = "table")]
pub mod table;
#[cfg(feature = "tradewind")]
pub mod tradewind;
#[cfg(feature = "validate")]
pub mod validate;

#[cfg(any(feature = "hk-trade", feature = "tradewind"))]
pub use error::{Error, ErrorKind, Place};
#[cfg(any(feature = "hk-trade", feature = "tradewind"))]
pub use operation::{AnswerForm, Billing, Closed, Evidence, Field, Operation, RequestBody};
