//! The two documented calls by hand: reqwest, serde, and the types of what is sent and answered.

use serde::{Deserialize, Serialize};

#[derive(Serialize)]
struct Query<'a> {
    lang: &'a str,
    sv: &'a str,
    freq: &'a str,
    period: &'a str,
    ttype: &'a str,
    ccclass: &'a str,
    cc: &'a str,
}

#[derive(Deserialize)]
struct TradeResponse {
    header: Header,
    #[serde(rename = "dataSet", default)]
    data_set: Vec<Row>,
}

#[derive(Deserialize)]
struct Header {
    status: Status,
}

#[derive(Deserialize)]
struct Status {
    name: String,
    code: i64,
    description: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    freq: String,
    period: String,
    ttype: i64,
    #[serde(rename = "ttypeDescEN")]
    ttype_desc: String,
    cc: String,
    #[serde(rename = "ccDescEN")]
    cc_desc: String,
    sv: String,
    #[serde(rename = "svDescEN")]
    sv_desc: String,
    #[serde(rename = "unitEN")]
    unit: Option<String>,
    figure: String,
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
struct WorldRegionsRequest<'a> {
    r#type: &'a str,
    start_time: &'a str,
    end_time: &'a str,
    product: &'a str,
    hscode: &'a str,
    #[serde(rename = "tradeCode")]
    trade_code: &'a str,
    buyer: &'a str,
    seller: &'a str,
    departure_port: &'a str,
}

#[derive(Deserialize)]
struct Envelope {
    success: bool,
    request_id: String,
    data: Upstream,
    meta: Meta,
}

#[derive(Deserialize)]
struct Meta {
    billing: Billing,
}

#[derive(Deserialize)]
struct Billing {
    credits_charged: serde_json::Number,
    byok_used: bool,
}

#[derive(Deserialize)]
struct Upstream {
    code: i64,
    msg: String,
    time: String,
    data: WorldRegions,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WorldRegions {
    total: i64,
    list: Vec<WorldRegion>,
    qty: String,
    trade_count: i64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WorldRegion {
    #[serde(rename = "exporter_country_id")]
    exporter_country_id: i64,
    amount: String,
    qty: String,
    weight: String,
    trade_count: i64,
    seller_count: i64,
    buyer_count: i64,
    name: String,
    en: Option<String>,
    icon: String,
    trade_percent: serde_json::Number,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut urls = std::env::args().skip(1);
    let (hong_kong, tradewind) = (urls.next().unwrap_or_default(), urls.next().unwrap_or_default());

    let http = reqwest::Client::builder().cookie_store(true).build()?;
    let period = "201805,201806";
    let query = Query { lang: "TC", sv: "VCm", freq: "M", period, ttype: "4", ccclass: "C", cc: "CN" };
    let answer: TradeResponse = http.get(format!("{hong_kong}/api/get")).query(&query).send().await?.json().await?;
    let status = &answer.header.status;
    println!("{} {} {}", status.name, status.code, status.description);
    for row in answer.data_set {
        println!("{} {} {} {} {}", row.freq, row.ttype, row.ttype_desc, row.cc, row.cc_desc);
        println!("{} {} {} {} {:?}", row.period, row.sv, row.sv_desc, row.figure, row.unit);
    }

    let request = WorldRegionsRequest {
        r#type: "exporter",
        start_time: "2024-04-19",
        end_time: "2025-04-18",
        product: "pet",
        hscode: "",
        trade_code: "",
        buyer: "",
        seller: "",
        departure_port: "",
    };
    let url = format!("{tradewind}/api/customs/analytics/world-regions");
    let answer: Envelope = http.post(url).bearer_auth("tw_test_bench").json(&request).send().await?.json().await?;
    let (upstream, billing) = (answer.data, answer.meta.billing);
    println!("{} {} {} {}", answer.success, answer.request_id, billing.credits_charged, billing.byok_used);
    println!("{} {} {} {}", upstream.code, upstream.msg, upstream.time, upstream.data.total);
    println!("{} {}", upstream.data.qty, upstream.data.trade_count);
    for region in upstream.data.list {
        println!("{} {} {} {}", region.exporter_country_id, region.name, region.amount, region.qty);
        println!("{} {} {} {}", region.weight, region.seller_count, region.buyer_count, region.icon);
        println!("{:?} {} {}", region.en, region.trade_count, region.trade_percent);
    }
    Ok(())
}
