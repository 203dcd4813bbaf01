//! The two documented calls through the generated bindings.

use tradebind::domain::OrOther;
use tradebind::hk::{self, Query};
use tradebind::tradewind::{self, Access, api::types};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut urls = std::env::args().skip(1);
    let (hong_kong, tradewind) = (urls.next().unwrap_or_default(), urls.next().unwrap_or_default());

    let client = hk::api::Client::new_with_client(&hong_kong, hk::api_http_client()?);
    let query: Query = "lang=TC&sv=VCm&freq=M&period=201805,201806&ttype=4&ccclass=C&cc=CN".parse()?;
    let answer = query.request(&client).send().await?.into_inner();
    for row in answer.data_set.unwrap_or_default() {
        println!("{} {:?} {:?}", row.period, row.figure, row.unit_en);
    }

    let access = Access::key("tw_test_bench")?;
    let client = tradewind::api::Client::new_with_client(&tradewind, tradewind::api_http_client()?, access);
    let request: types::WorldRegionsRequest = tradewind::read_request(
        r#"{"type":"exporter","start_time":"2024-04-19","end_time":"2025-04-18","product":"pet"}"#,
    )?;
    let answer = client.world_regions().body(request).send().await?.into_inner();
    let upstream = answer.data.and_then(OrOther::expected);
    let regions = upstream.and_then(|upstream| upstream.data).and_then(|data| data.list).unwrap_or_default();
    for region in regions {
        println!("{:?} {:?}", region.en, region.trade_count);
    }
    Ok(())
}
