//! TradeWind AI API 2.0: commercial customs data, billed per call in credits.
//!
//! [`api`] is the generated client, which mirrors `spec/tradewind.yaml`; [`read_request`] reads a request
//! from JSON and refuses what the service would silently ignore and bill.

mod access;
pub mod api;
mod request;

pub use access::{Access, BASE_URL, InvalidKey, api_http_client, http_client_builder};
pub use request::{InvalidRequest, read_request};
