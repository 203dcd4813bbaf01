//! `cargo xtask bench harvest`: a harvest against the replica, pace off, each answer 200 ms late, 3 in flight.
#![allow(missing_docs, clippy::unwrap_used, reason = "a measurement, not the library")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use tradebind::domain::{CommodityClass, Statistic, TradeType};
use tradebind::harvest::{Areas, Commodities, Harvest, Limits, Plan, Request, Settings, Summary};
use tradebind::hk::Client;
use tradebind::http::Pace;
use tradebind::replica::{Door, Fault, Replica, Rule};

const LATENCY: Duration = Duration::from_millis(200);
const IN_FLIGHT: usize = 3;

fn main() {
    runtime().block_on(async {
        println!("| request | calls | planned | lower bound | plain loop | without latency, s | wall, s | of it data | calls × latency ÷ 3, s | ratio |");
        println!("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |");
        for (name, request, most) in requests() {
            measure(name, request, most).await;
        }
    });
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// A replica in a thread of its own, so that its work is not the harvest's.
fn serve() -> Arc<Replica> {
    let (tell, started) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        runtime().block_on(async {
            tell.send(Arc::new(Replica::start().await.unwrap())).unwrap();
            std::future::pending::<()>().await;
        });
    });
    started.recv().unwrap()
}

fn requests() -> Vec<(&'static str, Request, u64)> {
    // Subheadings that every edition of the HS has, and that the replica knows.
    let codes = [
        "090111", "090121", "090210", "090240", "090411", "100199", "100590", "100610", "100630", "100640",
        "220300", "220410", "220421", "220820", "220830", "271012", "271019", "271121", "271600", "300420",
        "300490", "610910", "610990", "611020", "611030", "710239", "710812", "711319", "847130", "847150",
        "847170", "847330", "851762", "852351", "854231", "854232", "854239", "901890",
    ];
    let codes = Commodities::codes(CommodityClass::Hs6, codes).unwrap();
    let builder = || Request::builder().periods("2012-01..2026-04".parse().unwrap());
    let types = [TradeType::Imports, TradeType::ReExports, TradeType::TotalExports];
    let small = builder().trade_types(types).commodities(codes.clone()).build().unwrap();
    let partners = Areas::countries(["CN", "JP", "DE", "US", "KR", "SG", "VN", "GB"]).unwrap();
    let wide = builder()
        .trade_types(types)
        .statistics([Statistic::MonthlyValue, Statistic::MonthlyQuantity])
        .destination(partners)
        .commodities(codes)
        .build()
        .unwrap();
    vec![
        ("38 subheadings, 172 months", small, 1_000),
        ("the same by 8 partners, value and quantity", wide, 5_000),
    ]
}

/// What users write: a batch of 20 codes, one type of trade, one year at a time.
fn plain_loop(request: &Request) -> usize {
    let Some(Commodities::Codes { codes, .. }) = request.commodities() else { return 0 };
    let years = request.periods().end().year() - request.periods().start().year() + 1;
    codes.len().div_ceil(20) * request.trade_types().len() * usize::from(years)
}

async fn measure(name: &str, request: Request, most: u64) {
    let replica = serve();
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
    let types = request.trade_types().len();
    let by_rows = usize::try_from((rows / types as u64).div_ceil(most)).unwrap();
    let bound = by_rows.max(codes.div_ceil(20)) * types;
    // The replica makes its sums when they are first asked for: it is not the replica that is measured.
    run(&plan, &client).await;
    let (_, quick, _) = run(&plan, &client).await;
    replica.faults([Rule::on(Door::HkAnswer).with(Fault::Latency(LATENCY))]);
    let (summary, took, data) = run(&plan, &client).await;
    let ideal = summary.calls as f64 * LATENCY.as_secs_f64() / IN_FLIGHT as f64;
    println!(
        "| {name} | {} | {} | {bound} | {} | {quick:.2} | {took:.2} | {data:.2} | {ideal:.2} | **{:.2}** |",
        summary.calls,
        plan.len(),
        plain_loop(&request),
        took / ideal
    );
}

/// A harvest into a new folder, how long it took in seconds, and how long of it to write the data once all was answered.
async fn run(plan: &Plan, client: &Client) -> (Summary, f64, f64) {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings::new("replica").in_flight(IN_FLIGHT);
    let harvest = Harvest::open(folder.path(), plan, &settings).unwrap();
    let began = Instant::now();
    let mut answered = began;
    let summary = harvest.run(client, |_| answered = Instant::now()).await.unwrap();
    assert!(summary.cells.failed == 0, "{summary}");
    (summary, began.elapsed().as_secs_f64(), answered.elapsed().as_secs_f64())
}
