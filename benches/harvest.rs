//! `cargo xtask bench harvest`: a harvest against the replica, pace off, each answer 200 ms late, 3 in flight.
#![allow(missing_docs, clippy::unwrap_used, reason = "a measurement, not the library")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use tradebind::domain::{CommodityClass, Statistic, TradeType};
use tradebind::exchange::Exchange;
use tradebind::harvest::{Areas, Commodities, Harvest, Limits, Plan, Request, Settings, Summary};
use tradebind::hk::{Client, ClientBuilder};
use tradebind::http::{Pace, Recorder};
use tradebind::replica::{Door, Fault, Replica, ReplicaBuilder, Rule};

const LATENCY: Duration = Duration::from_millis(200);
const IN_FLIGHT: usize = 3;
/// The most that the wall time may be of calls × latency ÷ 3; above it the program fails.
const AIM: f64 = 1.1;

fn main() -> Result<(), String> {
    runtime().block_on(async {
        println!("| request | calls | planned | lower bound | plain loop | without latency, s | wall, s | of it data | calls × latency ÷ 3, s | ratio |");
        println!("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |");
        let mut missed = Vec::new();
        for (name, request, most) in requests() {
            missed.extend(measure(name, request, most).await);
        }
        if missed.is_empty() { Ok(()) } else { Err(missed.join("; ")) }
    })
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// A replica in a thread of its own, so that its work is not the harvest's.
fn serve(replica: ReplicaBuilder) -> Arc<Replica> {
    let (tell, started) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        runtime().block_on(async {
            tell.send(Arc::new(replica.start().await.unwrap())).unwrap();
            std::future::pending::<()>().await;
        });
    });
    started.recv().unwrap()
}

fn client(replica: &Replica) -> ClientBuilder {
    let http = reqwest::Client::builder().no_proxy();
    Client::builder().base_url(replica.hk_url()).pace(Pace::off()).http(http)
}

/// The answers to a plan. The replica makes a large answer while it sends it, on the cores that the harvest needs: from here on it
/// plays what it made, as it is the harvest that is measured.
async fn answers(plan: &Plan) -> Vec<Exchange> {
    let recorder = Recorder::in_memory();
    let replica = serve(Replica::builder());
    run(plan, &client(&replica).record(recorder.clone()).build().unwrap()).await;
    recorder.exchanges()
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

/// Measures a request, prints its line, and tells what missed its aim.
async fn measure(name: &str, request: Request, most: u64) -> Option<String> {
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
    let replica = serve(Replica::builder().playing(answers(&plan).await));
    let client = client(&replica).build().unwrap();
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
    let ratio = took / ideal;
    (ratio > AIM || summary.calls > plan.len()).then(|| {
        format!(
            "{name}: {ratio:.3} of the ideal time (aim {AIM}), {} calls of {} planned",
            summary.calls,
            plan.len()
        )
    })
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
