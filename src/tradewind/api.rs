//! The generated client: types and methods that mirror `spec/tradewind.yaml`.
#![allow(missing_docs, unused_mut, clippy::all, clippy::pedantic, clippy::unwrap_used)]

include!(concat!(env!("OUT_DIR"), "/tradewind.rs"));
