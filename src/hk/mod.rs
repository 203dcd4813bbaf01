//! Hong Kong's external merchandise trade statistics, from the Census and Statistics Department (C&SD).
//!
//! [`Query`] is what to ask for; [`api`] is the generated client, which mirrors `spec/hk-trade.yaml`.

pub mod api;
mod hooks;
mod query;
mod selection;

pub use hooks::{BASE_URL, api_http_client, http_client_builder};
#[cfg(feature = "replica")]
pub(crate) use query::is_token;
pub use query::{InvalidQuery, Query, QueryBuilder};
pub use selection::{AreaSelection, CommoditySelection};
