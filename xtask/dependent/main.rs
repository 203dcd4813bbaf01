//! A dependent of the packaged crate, as small as can be: `cargo xtask ci` builds and runs it.

use tradebind::domain::{AreaClass, TradeType};
use tradebind::hk::{self, Query};
use tradebind::tradewind;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let query = Query::builder()
        .trade_type(TradeType::TotalExports)
        .periods("2018-05..2018-06")
        .destination(AreaClass::Country, "CN")
        .build()?;
    let hong_kong = hk::api::Client::new_with_client(hk::BASE_URL, hk::api_http_client()?);
    let access = tradewind::Access::without_key();
    let tradewind = tradewind::api::Client::new_with_client(tradewind::BASE_URL, tradewind::api_http_client()?, access);
    // Never sent: that it compiles is the point.
    drop((query.request(&hong_kong).send(), tradewind.health().send()));
    println!("{query}");
    Ok(())
}
