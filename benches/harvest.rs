//! `cargo xtask bench harvest`: a harvest against the replica, pace off, each answer 200 ms late, 3 in flight.
#![allow(missing_docs, clippy::unwrap_used, reason = "a measurement, not the library")]

use std::time::{Duration, Instant};

use tradebind::domain::{CommodityClass, Statistic, TradeType};
use tradebind::harvest::{Areas, Commodities, Harvest, Limits, Plan, Request, Settings};
use tradebind::hk::Client;
use tradebind::http::Pace;
use tradebind::replica::{Door, Fault, Replica, Rule};

const LATENCY: Duration = Duration::from_millis(200);
const IN_FLIGHT: usize = 3;

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        println!("| request | calls | planned | lower bound | plain loop | wall, s | calls × latency ÷ 3, s | ratio |");
        println!("| --- | --- | --- | --- | --- | --- | --- | --- |");
        for (name, request, most) in requests() {
            measure(name, request, most).await;
        }
    });
}

fn requests() -> Vec<(&'static str, Request, u64)> {
    let chapters = (1..=97).filter(|n| *n != 77).map(|n| format!("{n:02}"));
    let chapters = Commodities::codes(CommodityClass::Hs2, chapters).unwrap();
    let builder = || Request::builder().periods("2020-01..2024-12".parse().unwrap());
    let types = [TradeType::Imports, TradeType::ReExports];
    let small = builder().trade_types(types).commodities(chapters.clone()).build().unwrap();
    let partners = Areas::countries(["CN", "JP", "DE", "US", "KR", "SG", "VN", "GB"]).unwrap();
    let wide = builder()
        .trade_types(types)
        .statistics([Statistic::MonthlyValue, Statistic::AnnualValue])
        .destination(partners)
        .commodities(chapters)
        .build()
        .unwrap();
    vec![("chapters", small, 3_000), ("chapters by 8 partners", wide, 3_000)]
}

/// What users write: a batch of 20 codes, one type of trade, one year at a time.
fn plain_loop(request: &Request) -> usize {
    let Some(Commodities::Codes { codes, .. }) = request.commodities() else { return 0 };
    let years = request.periods().end().year() - request.periods().start().year() + 1;
    codes.len().div_ceil(20) * request.trade_types().len() * usize::from(years)
}

async fn measure(name: &str, request: Request, most: u64) {
    let replica = Replica::builder()
        .faults([Rule::on(Door::HkAnswer).with(Fault::Latency(LATENCY))])
        .start()
        .await
        .unwrap();
    let http = reqwest::Client::builder().no_proxy();
    let client = Client::builder().base_url(replica.hk_url()).pace(Pace::off()).http(http).build().unwrap();
    let limits = Limits::default().rows(most);
    let plan = Plan::new(request.clone(), limits).unwrap();
    let rows: u64 = plan.queries().iter().map(|one| one.rows()).sum();
    // No plan can do with fewer: each type of trade alone, codes and rows within their caps.
    let codes = match request.commodities() {
        Some(Commodities::Codes { codes, .. }) => codes.len(),
        _ => 1,
    };
    let by_rows = usize::try_from(rows.div_ceil(most)).unwrap();
    let bound = by_rows.max(codes.div_ceil(20) * request.trade_types().len());
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings::new("replica").in_flight(IN_FLIGHT);
    let harvest = Harvest::open(folder.path(), &plan, &settings).unwrap();
    let began = Instant::now();
    let summary = harvest.run(&client, |_| {}).await.unwrap();
    let took = began.elapsed().as_secs_f64();
    assert!(summary.cells.failed == 0, "{summary}");
    let ideal = summary.calls as f64 * LATENCY.as_secs_f64() / IN_FLIGHT as f64;
    println!(
        "| {name} | {} | {} | {bound} | {} | {took:.2} | {ideal:.2} | **{:.2}** |",
        summary.calls,
        plan.len(),
        plain_loop(&request),
        took / ideal
    );
}
