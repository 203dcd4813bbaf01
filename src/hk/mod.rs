//! Hong Kong's external merchandise trade statistics, from the Census and Statistics Department (C&SD).
//!
//! [`Query`] is what to ask for, [`Client`] asks it, [`Answer`] is what comes. [`api`] is the generated client below,
//! which mirrors `spec/hk-trade.yaml`.

mod answer;
pub mod api;
mod client;
mod head;
mod hooks;
mod latest;
mod lenient;
mod outcome;
mod query;
mod row;
mod selection;
mod session;
mod span;
#[cfg(any(feature = "replica", feature = "validate"))]
mod spelling;
mod words;

#[cfg(feature = "table")]
pub(crate) use answer::check_count;
pub use answer::{Answer, Unknown};
pub use api::types::Row;
pub use client::{Client, ClientBuilder};
#[cfg(feature = "table")]
pub(crate) use client::{Form, InEnglish};
#[cfg(feature = "table")]
pub(crate) use head::{Head, told_by_head};
pub use hooks::{BASE_URL, api_http_client, http_client_builder};
pub(crate) use lenient::{count, notes, respelled};
pub use outcome::Outcome;
pub use query::{InvalidQuery, Query, QueryBuilder};
pub use row::Named;
pub use selection::{AreaSelection, CommoditySelection};
pub use span::Span;
#[cfg(any(feature = "replica", feature = "validate"))]
pub(crate) use spelling::misspelled;
pub use words::{InvalidArea, InvalidAreas};

#[cfg(feature = "replica")]
pub(crate) use latest::in_hong_kong;
