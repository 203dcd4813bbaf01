//! The documented calls of both services through the generated clients, against the local replica: no key
//! and no network needed.
//!
//! `cargo run --features replica --example documented_calls`

use std::error::Error;

use tradebind::domain::{AreaClass, OrOther, StatusCode, TradeType};
use tradebind::hk::{self, Query};
use tradebind::replica::Replica;
use tradebind::tradewind::{self, Access, api::types};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let replica = Replica::start().await?;
    hong_kong(&replica.hk_url()).await?;
    world_regions(&replica.tradewind_url()).await
}

/// Total exports to the mainland of China in May and June 2018, the query of the guide's section B.
async fn hong_kong(url: &str) -> Result<(), Box<dyn Error>> {
    let client = hk::api::Client::new_with_client(url, hk::api_http_client()?);
    let query = Query::builder()
        .language("TC")
        .trade_type(TradeType::TotalExports)
        .periods("2018-05..2018-06")
        .destination(AreaClass::Country, "CN")
        .build()?;
    println!("hk-trade  GET {query}");
    let answer = query.request(&client).send().await?.into_inner();
    // Failures come with HTTP 200: only the status inside the answer tells.
    let status = answer.header.status;
    if status.code.known() != Some(&StatusCode::Success) {
        return Err(format!("the query failed with code {}: {:?}", status.code, status.message).into());
    }
    for row in answer.data_set.unwrap_or_default() {
        let figure =
            row.figure.ok_or("a row without a figure")?.integer()?.ok_or("a figure without a number")?;
        let unit = row.unit_en.unwrap_or_default();
        println!("  {}  {}  {figure} {unit}", row.period, row.cc_desc_en.unwrap_or_default());
    }
    Ok(())
}

/// Exporters of pet by country, the documented call of world regions.
async fn world_regions(url: &str) -> Result<(), Box<dyn Error>> {
    // The replica takes any key; the live service takes yours.
    let access = Access::key("tw_test_replica")?;
    let client = tradewind::api::Client::new_with_client(url, tradewind::api_http_client()?, access);
    let request: types::WorldRegionsRequest = tradewind::read_request(
        r#"{"type": "exporter", "start_time": "2024-04-19", "end_time": "2025-04-18", "product": "pet"}"#,
    )?;
    println!("tradewind POST /api/customs/analytics/world-regions");
    let answer = client.world_regions().body(request).send().await?.into_inner();
    // Two envelopes, and either may tell a failure inside a 2xx.
    let upstream =
        answer.data.and_then(OrOther::expected).ok_or("an answer without the upstream's envelope")?;
    if answer.success != Some(true) || upstream.code != Some(1) {
        return Err(format!(
            "the call failed: {:?}, upstream {:?}: {:?}",
            answer.error, upstream.code, upstream.msg
        )
        .into());
    }
    let regions = upstream.data.ok_or("an answer without data")?;
    for region in regions.list.unwrap_or_default() {
        let share = region.trade_percent.ok_or("a region without a share")?.decimal()?;
        let name = region.en.or(region.name).unwrap_or_default();
        println!("  {:>6}  {share:>6.2} %  {name}", region.trade_count.unwrap_or_default());
    }
    let charged = answer.meta.and_then(|meta| meta.billing).and_then(|billing| billing.credits_charged);
    println!("  {} credits charged", charged.ok_or("an answer without billing")?);
    Ok(())
}
