//! The two documented calls through the clients.

use tradebind::hk::{self, Query};
use tradebind::tradewind::{self, api::types::WorldRegionsRequest};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut urls = std::env::args().skip(1);
    let (hong_kong, tradewind) = (urls.next().unwrap_or_default(), urls.next().unwrap_or_default());

    let client = hk::Client::builder().base_url(hong_kong).build()?;
    let query: Query = "lang=TC&sv=VCm&freq=M&period=201805,201806&ttype=4&ccclass=C&cc=CN".parse()?;
    for row in client.query(&query).await?.rows() {
        println!("{} {:?} {:?}", row.period, row.number()?, row.unit());
    }

    let client = tradewind::Client::builder().base_url(tradewind).key("tw_test_bench")?.build()?;
    let request: WorldRegionsRequest = tradewind::read_request(
        r#"{"type":"exporter","start_time":"2024-04-19","end_time":"2025-04-18","product":"pet"}"#,
    )?;
    for region in client.world_regions(request).await?.value().list.iter().flatten() {
        println!("{:?} {:?}", region.en, region.trade_count);
    }
    Ok(())
}
