//! The generated client: types and methods that mirror `spec/hk-trade.yaml`.
#![allow(missing_docs, unused_mut, clippy::all, clippy::pedantic, clippy::unwrap_used)]

include!(concat!(env!("OUT_DIR"), "/hk_trade.rs"));
