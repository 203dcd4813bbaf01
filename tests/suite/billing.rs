//! What no answer, and no allowance, may do to a budget or a message.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde_json::{Map, Value, json};
use tradebind::domain::Credits;
use tradebind::http::{ManualClock, Pace};
use tradebind::replica::{Door, Replica, Reply, Step};
use tradebind::tradewind::api::types::{UnknownRequest, WorldRegionsRequest};
use tradebind::tradewind::{Client, ClientBuilder, Ledger, read_request};
use tradebind::{Error, ErrorKind};

struct Bench {
    replica: Replica,
    clock: Arc<ManualClock>,
}

impl Bench {
    async fn new() -> Self {
        let wall = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_435_200);
        Self { replica: Replica::start().await.unwrap(), clock: Arc::new(ManualClock::at(wall)) }
    }

    fn builder(&self) -> ClientBuilder {
        Client::builder()
            .base_url(self.replica.tradewind_url())
            .clock(self.clock.clone())
            .pace(Pace::off())
            .key("tw_test_billing")
            .unwrap()
    }

    fn client(&self) -> Client {
        self.builder().max_credits(credits("100")).build().unwrap()
    }

    fn script(&self, steps: impl IntoIterator<Item = Step>) {
        self.replica.script(Door::Tradewind, steps);
    }

    fn sent(&self) -> usize {
        self.replica.tradewind_requests().len()
    }

    /// What comes of a step, and what was charged and is unconfirmed after it.
    async fn told(&self, step: impl Into<Step>) -> (Error, String) {
        self.script([step.into()]);
        let client = self.client();
        let error = client.world_regions(pet()).await.unwrap_err();
        assert_eq!(self.replica.pending(Door::Tradewind), 0);
        (error, client.ledger().to_string())
    }
}

fn credits(text: &str) -> Credits {
    text.parse().unwrap()
}

fn pet() -> WorldRegionsRequest {
    let pet =
        r#"{"type": "exporter", "start_time": "2024-04-19", "end_time": "2025-04-18", "product": "pet"}"#;
    read_request(pet).unwrap()
}

fn envelope(data: Value) -> Value {
    json!({
        "success": true, "request_id": "r-1", "data": data, "error": null,
        "meta": { "billing": { "credits_charged": 0.14, "byok_used": false } },
    })
}

fn upstream(code: i64, data: Value) -> Value {
    json!({ "code": code, "msg": "upstream says", "time": "1744000000", "data": data })
}

#[tokio::test]
async fn an_overcharge_stops_calls_that_wait_for_their_turn() {
    let bench = Bench::new().await;
    let mut dear = envelope(upstream(1, json!({ "list": [] })));
    dear["meta"]["billing"]["credits_charged"] = json!(1);
    let dear = Reply::json(201, &dear).after(Duration::from_millis(20));
    bench.script(vec![Step::from(dear); 10]);
    let pace = Pace::new(1, Duration::ZERO);
    let client = bench.builder().pace(pace).max_credits(credits("1.4")).build().unwrap();
    let tasks: Vec<_> = (0..10)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { client.world_regions(pet()).await.map(|_| ()) })
        })
        .collect();
    let mut stopped = 0;
    for task in tasks {
        stopped += usize::from(task.await.unwrap().is_err_and(|error| error.is_budget_reached()));
    }
    assert_eq!((bench.sent(), stopped), (1, 9));
    insta::assert_snapshot!(client.ledger(), @"1 credits charged, 0 unconfirmed, 0 under way, of 1.4");
}

#[tokio::test]
async fn no_allowance_passes_the_budget_by() {
    let bench = Bench::new().await;
    let client = bench.builder().max_credits(credits("0.05")).build().unwrap();
    let error = client.world_regions(pet()).allow(credits("0.01")).await.unwrap_err();
    insta::assert_snapshot!(error, @"tradewind world_regions: the request is refused before it is sent: 0.01 credits are allowed where 0.14 were charged on record; allow no less");
    assert!(client.world_regions(pet()).await.unwrap_err().is_budget_reached());
    assert_eq!(bench.sent(), 0);
    // Nothing is allowed, something is charged: the next is stopped.
    bench.script([Reply::json(200, &envelope(json!({}))).into()]);
    let call = || client.company_enrich(UnknownRequest(Map::new())).allow(credits("0"));
    assert!(call().await.is_ok());
    assert!(call().await.unwrap_err().is_budget_reached());
    let both = bench.builder().max_credits(credits("1")).ledger(Ledger::new()).build().unwrap_err();
    insta::assert_snapshot!(both, @"the client cannot be made: max_credits and a ledger are both given; give the budget to the ledger, which others may share");
}

#[tokio::test]
async fn odd_envelopes_of_raw_calls_keep_their_charge() {
    let bench = Bench::new().await;
    let odd = json!({ "success": false, "request_id": 7, "error": "x", "meta": { "billing": { "credits_charged": 0.14, "byok_used": "no" } } });
    bench.script([Reply::json(200, &odd).into()]);
    let client = bench.client();
    let error = client.raw("POST", "/api/new", None).unwrap().allow(credits("1")).await.unwrap_err();
    assert!(error.is_refused());
    assert_eq!(client.ledger().charged(), credits("0.14"));
    // An error that says nothing is none; an upstream's code of another kind is no success.
    for empty in [json!(""), json!({}), json!([]), json!(false)] {
        let mut body = envelope(upstream(1, json!({ "list": [] })));
        body["error"] = empty;
        bench.script([Reply::json(200, &body).into()]);
        assert!(client.world_regions(pet()).await.is_ok());
    }
    for (data, kind) in [
        (json!({ "code": false, "data": 1 }), ErrorKind::Upstream),
        (json!({ "code": [1], "data": 1 }), ErrorKind::Upstream),
        (json!({ "code": 1, "data": "PHP Fatal error" }), ErrorKind::TextInsteadOfData),
    ] {
        bench.script([Reply::json(200, &envelope(data)).into()]);
        let error = client.customs_countries().await.unwrap_err();
        assert_eq!(error.kind(), kind);
        client.ledger().resume();
    }
}

#[tokio::test]
async fn hostile_texts_stay_on_a_line() {
    let bench = Bench::new().await;
    let long = "x\n\u{1b}[31m".repeat(500);
    let body = json!({ "success": false, "request_id": long, "error": { "code": long, "message": long } });
    let (error, _) = bench.told(Reply::json(400, &body)).await;
    let told = error.to_string();
    assert!(told.chars().count() < 1000 && !told.contains(['\n', '\u{1b}']), "{told}");
    assert_eq!(error.service_code(), Some(long.as_str()));
}
