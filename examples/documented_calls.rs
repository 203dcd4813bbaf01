//! The documented calls of both services through the clients, against the local replica: no key and no
//! network needed.
//!
//! `cargo run --features replica --example documented_calls`

use std::error::Error;

use tradebind::domain::{AreaClass, TradeType};
use tradebind::hk::{self, Query};
use tradebind::replica::Replica;
use tradebind::tradewind::{self, api::types::WorldRegionsRequest};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let replica = Replica::start().await?;
    hong_kong(replica.hk_url()).await?;
    world_regions(replica.tradewind_url()).await
}

/// Total exports to the mainland of China in May and June 2018, the query of the guide's section B.
async fn hong_kong(url: String) -> Result<(), Box<dyn Error>> {
    let client = hk::Client::builder().base_url(url).build()?;
    let query = Query::builder()
        .language("TC")
        .trade_type(TradeType::TotalExports)
        .periods("2018-05..2018-06")
        .destination(AreaClass::Country, "CN")
        .build()?;
    println!("hk-trade  GET {query}");
    for row in client.query(&query).await?.rows() {
        let name = row.destination().and_then(|area| area.name).unwrap_or_default();
        let figure = row.number()?.ok_or("a row without a figure")?;
        println!("  {}  {name}  {figure} {}", row.period, row.unit().unwrap_or_default());
    }
    Ok(())
}

/// Exporters of pet by country, the documented call of world regions.
async fn world_regions(url: String) -> Result<(), Box<dyn Error>> {
    // The replica takes any key; the live service takes yours. The budget holds for all calls of the client.
    let client = tradewind::Client::builder()
        .base_url(url)
        .key("tw_test_replica")?
        .max_credits("1".parse()?)
        .build()?;
    let request: WorldRegionsRequest = tradewind::read_request(
        r#"{"type": "exporter", "start_time": "2024-04-19", "end_time": "2025-04-18", "product": "pet"}"#,
    )?;
    println!("tradewind POST /api/customs/analytics/world-regions");
    let answer = client.world_regions(request).await?;
    for region in answer.value().list.iter().flatten() {
        let share = region.trade_percent.as_ref().ok_or("a region without a share")?.decimal()?;
        let name = region.en.as_deref().or(region.name.as_deref()).unwrap_or_default(); // English is null for some
        println!("  {:>6}  {share:>6.2} %  {name}", region.trade_count.unwrap_or_default());
    }
    println!("  {} credits charged", answer.credits().ok_or("an answer without billing")?);
    Ok(())
}
