//! TradeWind AI API 2.0: commercial customs data, billed per call in credits.
//!
//! [`Client`] has a method for each operation, which makes a [`Call`]; [`Billed`] is what comes, with what it cost, and
//! the [`Ledger`] holds the budget. [`read_request`] reads a request from JSON and refuses what the service would silently
//! ignore and bill. [`api`] is the generated client below, which mirrors `spec/tradewind.yaml`.

mod access;
pub mod api;
mod billed;
mod call;
mod client;
mod envelope;
mod ledger;
mod operation;
mod request;
#[cfg(feature = "table")]
mod rows;
mod told;

pub use access::{Access, BASE_URL, InvalidKey, api_http_client, http_client_builder};
pub use billed::Billed;
pub use call::Call;
pub use client::{Client, ClientBuilder, operation_at};
pub use envelope::Text;
pub(crate) use envelope::{Enveloped, Inner, Parts, Strict};
pub use ledger::{Ledger, Spent};
pub use operation::OperationRequest;
pub(crate) use request::read_body;
pub use request::{InvalidRequest, read_request};
#[cfg(feature = "table")]
pub use rows::Rows;
