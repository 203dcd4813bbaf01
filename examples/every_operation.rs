//! Calls every operation of both documents through the generated clients, and tells which answers could be
//! read: a check of a server that plays the documents. `cargo xtask tools prism` runs it against Prism.
//!
//! `TRADEBIND_HK_URL=… TRADEBIND_TRADEWIND_URL=… cargo run --example every_operation`
//!
//! Never point it at the live services: some operations are billed.

use std::error::Error;
use std::fmt::Display;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::process::ExitCode;
use std::time::Duration;

use progenitor_client::{ByteStream, Error as Refusal, ResponseValue};
use serde_json::{Map, Value, json};
use tradebind::domain::{AreaClass, CommodityClass, DateText, TradeType};
use tradebind::hk::{self, Query};
use tradebind::http::Transport;
use tradebind::tradewind::{self, Access, api::types};

/// How long one operation may take: the clients themselves wait ten minutes.
const PATIENCE: Duration = Duration::from_secs(30);

/// What became of a call: the status of an answer that could be read, or of one that could not, and why.
type Outcome = Result<u16, (Option<u16>, String)>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode, Box<dyn Error>> {
    let hk = hk::api::Client::new_with_client(
        &local("TRADEBIND_HK_URL")?,
        hk::api_http_client()?,
        Transport::default(),
    );
    let access = Access::key("tw_test_x")?;
    let tradewind = tradewind::api::Client::new_with_client(
        &local("TRADEBIND_TRADEWIND_URL")?,
        tradewind::api_http_client()?,
        access,
    );
    let mut failed = 0;
    for operation in hk::api::OPERATIONS {
        failed += usize::from(!told(operation.id, hong_kong(&hk, operation.id).await?));
    }
    for operation in tradewind::api::OPERATIONS {
        failed += usize::from(!told(operation.id, customs(&tradewind, operation.id).await?));
    }
    let all = hk::api::OPERATIONS.len() + tradewind::api::OPERATIONS.len();
    println!("{} of {all} operations ok", all - failed);
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The base URL that a variable names, which must be on this machine: a slip would be billed.
fn local(variable: &str) -> Result<String, Box<dyn Error>> {
    let text =
        std::env::var(variable).map_err(|_| format!("set {variable} to the base URL of a local server"))?;
    let url =
        reqwest::Url::parse(&text).map_err(|e| format!("{variable}: {text:?} is not an address: {e}"))?;
    match url.host_str() {
        Some("localhost" | "127.0.0.1" | "[::1]") => Ok(text),
        _ => Err(format!("{variable}: {text:?} is not on this machine, and some calls are billed").into()),
    }
}

/// Calls an operation of the Hong Kong service.
async fn hong_kong(client: &hk::api::Client, id: &str) -> Result<Outcome, Box<dyn Error>> {
    Ok(match id {
        "get_trade" => {
            // Every parameter, and two items in each list: a server that minds the document sees them all.
            let query = Query::builder()
                .language("TC")
                .statistics("VCm,QCm")
                .periods("2018-05..2018-06")
                .trade_type(TradeType::TotalExports)
                .by_transport(true)
                .origin(AreaClass::Country, "CN,JP")
                .destination(AreaClass::Country, "US,VN")
                .commodities(CommodityClass::Hs4, "1006,3907")
                .build()?;
            read(query.request(client).send()).await
        }
        _ => uncalled(),
    })
}

/// Calls an operation of TradeWind.
async fn customs(client: &tradewind::api::Client, id: &str) -> Result<Outcome, Box<dyn Error>> {
    Ok(match id {
        "health" => read(client.health().send()).await,
        "metrics" => read_text(client.metrics().send()).await,
        "agentic_countries" => read(client.agentic_countries().send()).await,
        "agentic_search" => {
            let call = client.agentic_search().body_map(|request| {
                let request = request.keyword("pet".to_owned()).country("USA".to_owned());
                request.cr("countryUS".to_owned()).lang("English".to_owned())
            });
            read(call.send()).await
        }
        "agentic_list" => read(client.agentic_list().body(unknown(json!({}))).send()).await,
        "agentic_task" => read(client.agentic_task().body(unknown(json!({"task_id": "1"}))).send()).await,
        "company_search" => read(client.company_search().body(company_search()?).send()).await,
        "company_enrich" => {
            read(client.company_enrich().body(unknown(json!({"domain": "example.com"}))).send()).await
        }
        "people_search" => read(client.people_search().body(people_search()?).send()).await,
        "people_enrich" => {
            let person = types::PersonIdentity::builder()
                .first_name("Ada".to_owned())
                .last_name("Lovelace".to_owned())
                .domain("example.com".to_owned());
            let person = types::PersonIdentity::try_from(person)?;
            read(client.people_enrich().body_map(|request| request.identity(person)).send()).await
        }
        "email_verify" => {
            read(client.email_verify().body(unknown(json!({"email": "ada@example.com"}))).send()).await
        }
        // A character that must be escaped, so that the path is put together as it should.
        "email_verify_result" => read(client.email_verify_result().task_id("task 1").send()).await,
        "customs_countries" => read(client.customs_countries().send()).await,
        "world_regions" => {
            let (start, end): (DateText, DateText) = ("2024-04-19".parse()?, "2025-04-18".parse()?);
            let call = client.world_regions().body_map(|request| {
                request.type_(types::Role::Exporter).start_time(start).end_time(end).product("pet")
            });
            read(call.send()).await
        }
        "market_trend" => {
            read(client.market_trend().body_map(|request| request.limit(10).per_page(10)).send()).await
        }
        "customs_company_detail" => {
            read(client.customs_company_detail().body(unknown(json!({"id": 1}))).send()).await
        }
        "match_contacts" => {
            read(client.match_contacts().body(unknown(json!({"name": "Example"}))).send()).await
        }
        _ => uncalled(),
    })
}

fn company_search() -> Result<types::CompanySearchRequest, Box<dyn Error>> {
    Ok(tradewind::read_request(
        r#"{
            "page": 1, "per_page": 10, "waterfall": {"mode": "first_match"},
            "company": {"names": ["Example"], "domains": ["example.com"]},
            "location": {"country_code": ["US", "HK"]}
        }"#,
    )?)
}

fn people_search() -> Result<types::PeopleSearchRequest, Box<dyn Error>> {
    Ok(tradewind::read_request(
        r#"{
            "page": 1, "per_page": 10, "waterfall": {"mode": "aggregate"},
            "company": {"names": ["Example"], "domains": ["example.com"]},
            "job": {"job_titles": ["Buyer"], "departments": ["sales", "it"], "seniorities": ["senior"]},
            "company_locations": {"country_code": ["US"]}, "person_locations": {"country_code": ["HK"]}
        }"#,
    )?)
}

/// A request whose fields the document does not know.
fn unknown(fields: Value) -> Map<String, Value> {
    match fields {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}

/// Waits for an answer of one type.
async fn read<T, E>(call: impl Future<Output = Result<ResponseValue<T>, Refusal<E>>>) -> Outcome
where
    Refusal<E>: Display,
{
    Ok(answer(call).await?.status().as_u16())
}

/// Waits for an answer that is text, to its end.
async fn read_text<E>(call: impl Future<Output = Result<ResponseValue<ByteStream>, Refusal<E>>>) -> Outcome
where
    Refusal<E>: Display,
{
    let answer = answer(call).await?;
    let status = answer.status().as_u16();
    let mut stream = answer.into_inner().into_inner();
    let mut text = Vec::new();
    while let Some(part) = poll_fn(|context| Pin::as_mut(&mut stream).poll_next(context)).await {
        text.extend_from_slice(&part.map_err(|e| (Some(status), e.to_string()))?);
    }
    match String::from_utf8(text) {
        Ok(text) if !text.is_empty() => Ok(status),
        Ok(_) => Err((Some(status), "the text is empty".to_owned())),
        Err(e) => Err((Some(status), e.to_string())),
    }
}

async fn answer<T, E>(
    call: impl Future<Output = Result<ResponseValue<T>, Refusal<E>>>,
) -> Result<ResponseValue<T>, (Option<u16>, String)>
where
    Refusal<E>: Display,
{
    match tokio::time::timeout(PATIENCE, call).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(e)) => Err((e.status().map(|status| status.as_u16()), e.to_string())),
        Err(_) => Err((None, format!("no answer within {} s", PATIENCE.as_secs()))),
    }
}

fn uncalled() -> Outcome {
    Err((
        None,
        "the document has it, but examples/every_operation.rs does not call it; add it there".to_owned(),
    ))
}

/// Prints an operation's line; whether it is a good one.
fn told(id: &str, outcome: Outcome) -> bool {
    match outcome {
        Ok(status) => println!("{id:<24} {status} ok"),
        Err((status, problem)) => {
            let status = status.map_or_else(|| "---".to_owned(), |status| status.to_string());
            println!("{id:<24} {status} {problem}");
            return false;
        }
    }
    true
}
