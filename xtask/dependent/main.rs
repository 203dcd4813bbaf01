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
    let hong_kong = hk::Client::new()?;
    let tradewind = tradewind::Client::builder().build()?;
    // Never sent: that it compiles is the point.
    drop((hong_kong.query(&query), tradewind.health()));
    println!("{query}");
    Ok(())
}
