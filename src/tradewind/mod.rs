//! TradeWind customs data.
pub mod api;
#[derive(Debug,Clone)]
pub struct Access;
