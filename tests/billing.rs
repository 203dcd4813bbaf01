//! The TradeWind client: envelopes, what a call costs, and what becomes of a call whose answer is lost.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde_json::{Map, Value, json};
use tradebind::domain::Credits;
use tradebind::http::{ManualClock, Pace};
use tradebind::replica::{Door, Replica, Reply, Step};
use tradebind::tradewind::api::OPERATIONS;
use tradebind::tradewind::api::types::{UnknownRequest, WorldRegions, WorldRegionsRequest};
use tradebind::tradewind::{Access, Billed, Client, ClientBuilder, Ledger, read_request};
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
async fn the_documented_call_is_undone_and_booked() {
    let bench = Bench::new().await;
    let client = bench.client();
    let answer: Billed<WorldRegions> = client.world_regions(pet()).await.unwrap();
    assert_eq!((answer.value().list.as_ref().unwrap().len(), answer.value().total), (10, Some(169)));
    assert_eq!((answer.credits(), answer.byok()), (Some(credits("0.14")), Some(false)));
    assert!(answer.request_id().is_some());
    insta::assert_snapshot!(client.ledger(), @"0.14 credits charged, 0 unconfirmed, 0 under way, of 100");
    assert_eq!(client.ledger().operations()["world_regions"].calls, 1);
    // 201 is documented; 200 is as good. Unknown fields and values are kept.
    let mut body =
        envelope(upstream(1, json!({ "total": 1, "list": [{ "name": "中国", "rank": "A" }], "new": 1 })));
    body["meta"]["plan"] = json!("gold");
    bench.script([Reply::json(200, &body).into()]);
    let answer = client.world_regions(pet()).await.unwrap();
    assert_eq!(answer.value().list.as_ref().unwrap()[0].extra["rank"], json!("A"));
    assert_eq!(
        (&answer.value().extra["new"], &answer.meta().unwrap().extra["plan"]),
        (&json!(1), &json!("gold"))
    );
    assert_eq!(client.ledger().charged(), credits("0.28"));
}

/// Each operation of the document, by its method, against an answer as it may be.
#[tokio::test]
async fn every_operation_is_a_method() {
    let bench = Bench::new().await;
    let client = bench.client();
    let unknown = || UnknownRequest(Map::new());
    let one = credits("1");
    let mut told = BTreeMap::new();
    macro_rules! call {
        ($name:ident($($body:expr)?), $answer:expr) => {
            bench.script([Step::from($answer)]);
            let answer = client.$name($($body)?).allow(one).await.expect(stringify!($name));
            told.insert(stringify!($name), json!(answer.value()).to_string());
        };
    }
    let plain = || Reply::json(200, &envelope(json!({ "n": 1 })));
    let customs = || Reply::json(201, &envelope(upstream(1, json!({ "n": 1 }))));
    call!(health(), Reply::json(200, &json!({ "ok": true })));
    call!(metrics(), Reply::new(200, "up 1\n").header("content-type", "text/plain"));
    call!(agentic_countries(), Reply::json(200, &json!([{ "country": "USA" }])));
    call!(
        agentic_search(serde_json::from_value(json!({})).unwrap()),
        Reply::json(200, &envelope(json!("task-1")))
    );
    call!(agentic_list(unknown()), plain());
    call!(agentic_task(unknown()), plain());
    call!(company_search(serde_json::from_value(json!({})).unwrap()), plain());
    call!(company_enrich(unknown()), plain());
    call!(people_search(serde_json::from_value(json!({})).unwrap()), plain());
    call!(people_enrich(serde_json::from_value(json!({})).unwrap()), plain());
    call!(email_verify(unknown()), plain());
    call!(email_verify_result("task/1"), plain());
    call!(customs_countries(), customs());
    call!(world_regions(pet()), customs());
    call!(market_trend(serde_json::from_value(json!({ "limit": 10, "any": 1 })).unwrap()), customs());
    call!(customs_company_detail(unknown()), customs());
    call!(match_contacts(unknown()), customs());
    let ids: Vec<_> = told.keys().copied().collect();
    let mut known: Vec<_> = OPERATIONS.iter().map(|operation| operation.id).collect();
    known.sort_unstable();
    assert_eq!(ids, known);
    let told: Vec<_> = told.iter().map(|(id, value)| format!("{id}: {value}")).collect();
    insta::assert_snapshot!(told.join("\n"), @r#"
    agentic_countries: [{"country":"USA"}]
    agentic_list: {"n":1}
    agentic_search: "task-1"
    agentic_task: {"n":1}
    company_enrich: {"n":1}
    company_search: {"n":1}
    customs_company_detail: {"n":1}
    customs_countries: {"n":1}
    email_verify: {"n":1}
    email_verify_result: {"n":1}
    health: {"ok":true}
    market_trend: {"n":1}
    match_contacts: {"n":1}
    metrics: "up 1\n"
    people_enrich: {"n":1}
    people_search: {"n":1}
    world_regions: {"n":1}
    "#);
    let requests = bench.replica.tradewind_requests();
    assert!(requests.iter().any(|request| request.target == "/api/email/verify/result/task%2F1"));
    for request in requests {
        let open = OPERATIONS.iter().any(|operation| operation.path == request.target && !operation.key);
        let key = request.headers.iter().any(|(name, _)| name == "authorization");
        assert_eq!(key, !open, "{}", request.target);
    }
}

#[tokio::test]
async fn failures_inside_a_success_keep_the_charge() {
    let bench = Bench::new().await;
    let mut told = Vec::new();
    for (data, kind) in [
        (upstream(0, Value::Null), ErrorKind::Upstream),
        (upstream(401, json!({})), ErrorKind::Upstream),
        (json!("PHP Fatal error: secret"), ErrorKind::TextInsteadOfData),
        (Value::Null, ErrorKind::NoData),
        (upstream(1, Value::Null), ErrorKind::NoData),
        (json!({ "code": 1, "data": { "list": "none" } }), ErrorKind::Decode),
        (json!([1, 2]), ErrorKind::Decode),
    ] {
        let (error, ledger) = bench.told(Reply::json(200, &envelope(data))).await;
        assert_eq!(error.kind(), kind, "{error}");
        assert_eq!((error.credits(), error.request_id()), (Some(credits("0.14")), Some("r-1")), "{error}");
        assert!(ledger.starts_with("0.14 credits charged, 0 unconfirmed"), "{ledger}");
        assert!(!error.is_retryable() && !error.is_outcome_unknown());
        told.push(error.to_string());
    }
    let mut refused = envelope(json!({}));
    refused["success"] = json!(false);
    refused["error"] = json!({ "code": "QUOTA", "message": "no balance", "hint": "top up" });
    let mut with_error = envelope(json!({ "list": [] }));
    with_error["error"] = json!("broken");
    // A field of the envelope itself is odd: the charge is read all the same.
    let mut odd = envelope(upstream(1, json!({})));
    odd["success"] = json!("yes");
    for body in [refused, with_error, odd] {
        let (error, ledger) = bench.told(Reply::json(200, &body)).await;
        assert_eq!(error.credits(), Some(credits("0.14")), "{error}");
        assert!(ledger.starts_with("0.14"), "{ledger}");
        told.push(error.to_string());
    }
    insta::assert_snapshot!(told.join("\n"), @r#"
    tradewind world_regions: the upstream failed; the service says "upstream says" (HTTP 200, code 0, 0.14 credits charged, request r-1)
    tradewind world_regions: the upstream failed; the service says "upstream says" (HTTP 200, code 401, 0.14 credits charged, request r-1)
    tradewind world_regions: a text came where data belong (it is kept, not shown) (HTTP 200, 0.14 credits charged, request r-1)
    tradewind world_regions: the answer holds no data (HTTP 200, 0.14 credits charged, request r-1)
    tradewind world_regions: the answer holds no data: in the upstream's envelope (HTTP 200, 0.14 credits charged, request r-1)
    tradewind world_regions: the body is not what the document says: at /data/data/list, offset 38: invalid type: string …, expected a sequence (HTTP 200, 0.14 credits charged, request r-1)
    tradewind world_regions: the body is not what the document says: at /data, offset 7: invalid type: sequence, expected struct WorldRegionsUpstream (HTTP 200, 0.14 credits charged, request r-1)
    tradewind world_regions: the service refused the request; the service says "top up"; the service says "no balance" (HTTP 200, code QUOTA, 0.14 credits charged, request r-1)
    tradewind world_regions: the service refused the request; the service says "broken" (HTTP 200, 0.14 credits charged, request r-1)
    tradewind world_regions: the body is not what the document says: at /success, offset 179: invalid type: string …, expected a boolean (HTTP 200, 0.14 credits charged, request r-1)
    "#);
    // The operations of unknown shape, too.
    for (data, kind) in [
        (json!("trace"), ErrorKind::TextInsteadOfData),
        (Value::Null, ErrorKind::NoData),
        (upstream(7, json!({})), ErrorKind::Upstream),
    ] {
        bench.script([Reply::json(200, &envelope(data)).into()]);
        let error =
            bench.client().match_contacts(UnknownRequest(Map::new())).allow(credits("1")).await.unwrap_err();
        assert_eq!((error.kind(), error.credits()), (kind, Some(credits("0.14"))));
    }
}

#[tokio::test]
async fn refusals_by_status_are_told_and_not_repeated() {
    let bench = Bench::new().await;
    let failure = |code: &str| json!({ "success": false, "error": { "code": code, "message": "told" } });
    let mut told = Vec::new();
    for (reply, kind) in [
        (Reply::json(400, &failure("BAD")), ErrorKind::Refused),
        (Reply::json(401, &failure("KEY")), ErrorKind::AccessDenied),
        (Reply::html(403), ErrorKind::AccessDenied),
        (Reply::json(404, &json!({ "detail": "no such page" })), ErrorKind::HttpStatus),
        (Reply::json(429, &failure("SLOW")).header("retry-after", "30"), ErrorKind::UsageLimit),
        (Reply::json(500, &failure("OOPS")), ErrorKind::HttpStatus),
        (Reply::json(503, &failure("BUSY")), ErrorKind::Busy),
        // A gateway's page hides what happened behind it.
        (Reply::html(502), ErrorKind::OutcomeUnknown),
        (Reply::new(504, ""), ErrorKind::OutcomeUnknown),
        (Reply::html(200), ErrorKind::OutcomeUnknown),
        (Reply::new(200, ""), ErrorKind::OutcomeUnknown),
        (Reply::new(200, "\u{feff}{\"success\": 1}"), ErrorKind::Decode),
    ] {
        let (error, ledger) = bench.told(reply).await;
        assert_eq!((error.kind(), error.attempts()), (kind, 1), "{error}");
        assert_eq!(error.is_retryable(), error.is_usage_limit(), "{error}");
        // Nobody told what it cost: it may have been charged.
        assert!(ledger.starts_with("0 credits charged, 0.14 unconfirmed"), "{error}: {ledger}");
        told.push(error.to_string());
    }
    insta::assert_snapshot!(told.join("\n"), @r#"
    tradewind world_regions: the service refused the request; the service says "told" (HTTP 400, code BAD)
    tradewind world_regions: access denied; the service says "told" (HTTP 401, code KEY)
    tradewind world_regions: access denied: the body is an HTML or XML page of 90 bytes, as gateways send (HTTP 403)
    tradewind world_regions: the HTTP status tells a failure (HTTP 404)
    tradewind world_regions: the usage limit is reached; the service says "told" (HTTP 429, code SLOW, Retry-After 30 s); repeat it later
    tradewind world_regions: the HTTP status tells a failure; the service says "told" (HTTP 500, code OOPS)
    tradewind world_regions: the service is busy; the service says "told" (HTTP 503, code BUSY); repeat it later
    tradewind world_regions: the call left and its answer was lost: it may have been done and charged: the HTTP status tells a failure: the body is an HTML or XML page of 94 bytes, as gateways send (HTTP 502); find out whether it was charged before you repeat it
    tradewind world_regions: the call left and its answer was lost: it may have been done and charged: the HTTP status tells a failure: the body is empty (HTTP 504); find out whether it was charged before you repeat it
    tradewind world_regions: the call left and its answer was lost: it may have been done and charged: the body is not what the document says: the body is an HTML or XML page of 76 bytes, as gateways send (HTTP 200); find out whether it was charged before you repeat it
    tradewind world_regions: the call left and its answer was lost: it may have been done and charged: the body is not what the document says: the body is empty (HTTP 200); find out whether it was charged before you repeat it
    tradewind world_regions: the body is not what the document says: at /success, offset 15: invalid type: integer …, expected a boolean (HTTP 200)
    "#);
    assert!(bench.clock.naps().is_empty());
}

#[tokio::test]
async fn a_billed_call_follows_no_redirect() {
    let bench = Bench::new().await;
    let other = Replica::start().await.unwrap();
    for status in [301, 302, 303, 307, 308] {
        let away = format!("{}/api/customs/analytics/world-regions", other.tradewind_url());
        let (error, _) = bench.told(Reply::new(status, "").header("location", &away)).await;
        assert_eq!(error.kind(), ErrorKind::Redirected);
        let (error, _) = bench.told(Reply::new(status, "").header("location", "/api/health")).await;
        assert_eq!(error.kind(), ErrorKind::Redirected);
    }
    assert!(other.tradewind_requests().is_empty());
    assert_eq!(bench.sent(), 10);
}

#[tokio::test]
async fn a_lost_answer_is_told_and_the_call_never_repeated() {
    let bench = Bench::new().await;
    let good = envelope(upstream(1, json!({ "list": [] })));
    let slow = Duration::from_secs(30);
    let mut told = Vec::new();
    for (what, step) in [
        ("closed when accepted", Step::CloseOnAccept),
        ("closed during the request", Step::CloseDuringRequest),
        ("closed after the request", Step::CloseAfterRequest),
        ("lost after the charge", Reply::json(201, &good).cut_after(30).into()),
        ("slow head", Reply::json(201, &good).after(slow).into()),
        ("slow body", Reply::json(201, &good).slowly(1, slow).into()),
    ] {
        let before = bench.replica.connections(Door::Tradewind);
        bench.script([step]);
        let limit = Duration::from_millis(300);
        let client = bench.builder().max_credits(credits("1")).timeout(limit).build().unwrap();
        let error = client.world_regions(pet()).await.unwrap_err();
        assert!(error.is_outcome_unknown() && !error.is_retryable(), "{what}: {error:?}");
        assert_eq!(error.attempts(), 1, "{what}");
        assert_eq!(bench.replica.connections(Door::Tradewind) - before, 1, "{what}: sent once");
        assert_eq!(client.ledger().unconfirmed(), credits("0.14"), "{what}");
        assert_eq!(client.ledger().left(), Some(credits("0.86")), "{what}");
        client.ledger().settle_unconfirmed(credits("0.14"));
        assert_eq!(
            (client.ledger().charged(), client.ledger().unconfirmed()),
            (credits("0.14"), credits("0"))
        );
        // How a closed connection is felt depends on the machine.
        if !what.starts_with("closed") {
            told.push(format!("{what}: {error}"));
        }
    }
    insta::assert_snapshot!(told.join("\n"), @"
    lost after the charge: tradewind world_regions: the call left and its answer was lost: it may have been done and charged: the connection broke: after 30 bytes of the body: request or response body error: error reading a body from connection: end of file before message length reached (HTTP 201); find out whether it was charged before you repeat it
    slow head: tradewind world_regions: the call left and its answer was lost: it may have been done and charged: the time limit passed; find out whether it was charged before you repeat it
    slow body: tradewind world_regions: the call left and its answer was lost: it may have been done and charged: the time limit passed: after 1 bytes of the body (HTTP 201); find out whether it was charged before you repeat it
    ");
}

#[tokio::test]
async fn what_never_left_is_repeated_and_costs_nothing() {
    let bench = Bench::new().await;
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let client =
        bench.builder().base_url(format!("http://{closed}")).max_credits(credits("1")).build().unwrap();
    let error = client.world_regions(pet()).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Unreachable, 8));
    assert_eq!(client.ledger().left(), Some(credits("1")));
    assert_eq!(bench.clock.naps().len(), 7);
}

#[tokio::test]
async fn free_reads_are_repeated_within_the_bound() {
    let bench = Bench::new().await;
    bench.script([
        Reply::html(503).header("retry-after", "7").into(),
        Step::CloseAfterRequest,
        Reply::json(429, &json!({ "success": false, "error": { "code": 1 } }))
            .header("date", "Mon, 23 Nov 2026 12:00:00 GMT")
            .header("retry-after", "Mon, 23 Nov 2026 12:00:09 GMT")
            .into(),
        Reply::json(200, &envelope(upstream(1, json!([{ "id": 140 }])))).into(),
    ]);
    let answer = bench.client().customs_countries().await.unwrap();
    assert_eq!(*answer.value(), json!([{ "id": 140 }]));
    let naps: Vec<_> = bench.clock.naps().iter().map(Duration::as_secs).collect();
    assert_eq!((naps.len(), naps[0], naps[2]), (3, 7, 9));
    bench.script(vec![Step::from(Reply::html(503)); 30]);
    let error = bench.client().health().await.unwrap_err();
    assert!(error.is_busy() && error.is_retryable() && error.waited() <= Duration::from_secs(300));
    assert!((2..=8).contains(&error.attempts()));
}

#[tokio::test]
async fn what_has_no_price_needs_an_allowance() {
    let bench = Bench::new().await;
    let client = bench.client();
    let unknown = || UnknownRequest(Map::new());
    let error = client.company_enrich(unknown()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PriceUnknown);
    insta::assert_snapshot!(error, @"tradewind company_enrich: the price is unknown; nothing was sent: no price of `company_enrich` is documented; allow what it may cost, by Call::allow or ClientBuilder::allow");
    bench.script([
        Reply::json(200, &envelope(json!({}))).into(),
        Reply::json(200, &envelope(json!({}))).into(),
    ]);
    assert!(client.company_enrich(unknown()).allow(credits("0.5")).await.is_ok());
    let allowed = bench.builder().allow("company_enrich", credits("0.5")).build().unwrap();
    assert!(allowed.company_enrich(unknown()).await.is_ok());
    assert_eq!(bench.sent(), 2);
    let wrong = |builder: ClientBuilder| builder.build().unwrap_err().to_string();
    insta::assert_snapshot!([
        wrong(bench.builder().allow("company_enrch", credits("1"))),
        wrong(bench.builder().allow("health", credits("-1"))),
        wrong(bench.builder().max_credits(credits("-1"))),
        client.world_regions(pet()).allow(credits("-0.1")).await.unwrap_err().to_string(),
    ].join("\n"), @r#"
    the client cannot be made: credits are allowed for "company_enrch", which is no operation; did you mean "company_enrich"?
    the client cannot be made: -1 credits are allowed; it must be 0 or more
    the client cannot be made: -1 credits are allowed; it must be 0 or more
    tradewind world_regions: the request is refused before it is sent: -0.1 credits are allowed; it must be 0 or more
    "#);
    let keyless = Client::builder().base_url(bench.replica.tradewind_url()).build().unwrap();
    let error = keyless.world_regions(pet()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NoKey);
    insta::assert_snapshot!(error, @"tradewind world_regions: the operation needs a key, and the client has none; nothing was sent; make the client with one: ClientBuilder::key, key_from_env or key_from_file");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_tasks_cannot_spend_more_than_ten_calls() {
    let bench = Bench::new().await;
    let client = bench.builder().max_credits(credits("1.4")).build().unwrap();
    let tasks: Vec<_> = (0..50)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { client.world_regions(pet()).await.map(|answer| answer.credits()) })
        })
        .collect();
    let (mut done, mut refused) = (0, 0);
    for task in tasks {
        match task.await.unwrap() {
            Ok(charged) => {
                assert_eq!(charged, Some(credits("0.14")));
                done += 1;
            }
            Err(error) => {
                assert!(error.is_budget_reached() && error.is_unsent(), "{error}");
                refused += 1;
            }
        }
    }
    assert_eq!((done, refused, bench.sent()), (10, 40, 10));
    insta::assert_snapshot!(client.ledger(), @"1.4 credits charged, 0 unconfirmed, 0 under way, of 1.4");
}

#[tokio::test]
async fn a_call_that_is_given_up_stays_unconfirmed() {
    let bench = Bench::new().await;
    let client = bench.client();
    bench.script([Reply::json(201, &envelope(Value::Null)).after(Duration::from_secs(30)).into()]);
    let task = tokio::spawn({
        let client = client.clone();
        async move { client.world_regions(pet()).await.map(|_| ()) }
    });
    while bench.sent() == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(client.ledger().reserved(), credits("0.14"));
    task.abort();
    assert!(task.await.unwrap_err().is_cancelled());
    assert_eq!((client.ledger().reserved(), client.ledger().unconfirmed()), (credits("0"), credits("0.14")));
}

#[tokio::test]
async fn a_charge_above_its_reservation_stops_later_calls() {
    let bench = Bench::new().await;
    let ledger = Ledger::with_budget(credits("10"));
    let client = bench.builder().ledger(ledger.clone()).build().unwrap();
    let other = bench.builder().ledger(ledger.clone()).build().unwrap();
    let mut dear = envelope(upstream(1, json!({ "list": [] })));
    dear["meta"]["billing"]["credits_charged"] = json!(0.2);
    bench.script([Reply::json(201, &dear).into()]);
    assert_eq!(client.world_regions(pet()).await.unwrap().credits(), Some(credits("0.2")));
    let error = other.world_regions(pet()).await.unwrap_err();
    assert!(error.is_budget_reached());
    insta::assert_snapshot!(error, @"tradewind world_regions: the budget does not hold this call; nothing was sent: `world_regions` was charged 0.2 credits where 0.14 were reserved; allow more, then Ledger::resume");
    assert!(other.health().await.is_err_and(|error| !error.is_budget_reached()), "free calls go on");
    ledger.resume();
    assert!(other.world_regions(pet()).await.is_ok());
    assert_eq!(ledger.charged(), credits("0.34"));
    // Whatever a hostile answer charges: booked, never a panic.
    dear["meta"]["billing"]["credits_charged"] = json!("79228162514264337593543950335");
    bench.script([Reply::json(201, &dear).into(), Reply::json(201, &dear).into()]);
    for _ in 0..2 {
        assert!(client.world_regions(pet()).await.is_ok());
        ledger.resume();
        ledger.set_budget(None);
    }
}

#[tokio::test]
async fn raw_calls_keep_key_price_and_ledger() {
    let bench = Bench::new().await;
    let client = bench.client();
    let body = serde_json::to_value(pet()).unwrap();
    let answer =
        client.raw("post", "/api/customs/analytics/world-regions", Some(body)).unwrap().await.unwrap();
    assert_eq!(answer.credits(), Some(credits("0.14")));
    assert_eq!(answer.value().json::<Value>().unwrap()["data"]["code"], json!(1));
    assert_eq!(client.ledger().operations()["world_regions"].calls, 1);

    let new =
        |client: &Client| client.raw("POST", "/api/customs/new?page=2", Some(json!({ "a": 1 }))).unwrap();
    assert_eq!(new(&client).await.unwrap_err().kind(), ErrorKind::PriceUnknown);
    bench.script([
        Reply::json(200, &envelope(upstream(1, json!([])))).into(),
        Reply::json(200, &envelope(upstream(3, json!([])))).into(),
        Reply::new(200, "plain").into(),
        Step::CloseAfterRequest,
    ]);
    assert_eq!(new(&client).allow(credits("1")).await.unwrap().credits(), Some(credits("0.14")));
    assert_eq!(new(&client).allow(credits("1")).await.unwrap_err().kind(), ErrorKind::Upstream);
    let plain = new(&client).allow(credits("1")).await.unwrap();
    assert_eq!((&plain.value().body()[..], plain.credits()), (&b"plain"[..], None));
    assert!(new(&client).allow(credits("1")).await.unwrap_err().is_outcome_unknown());
    insta::assert_snapshot!(client.ledger(), @"0.42 credits charged, 2 unconfirmed, 0 under way, of 100");
    assert_eq!(bench.replica.tradewind_requests().last().unwrap().target, "/api/customs/new?page=2");

    // A free address in another spelling is not free.
    for path in ["/api/health/", "/api//health", "/API/health", "/api/customs/../health2"] {
        let error = client.raw("GET", path, None).unwrap().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::PriceUnknown, "{path}");
    }
    for (method, path) in [("GET", "api/health"), ("GET", "https://other.example/"), ("G T", "/api/health")] {
        assert!(client.raw(method, path, None).unwrap_err().is_unsent(), "{method} {path}");
    }
}

#[test]
fn keys_come_from_text_environment_or_file() {
    let wrong = |key: &str| Access::key(key).unwrap_err().to_string();
    let folder = std::env::temp_dir().join(format!("tradebind-keys-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.join(name);
        std::fs::write(&path, text).unwrap();
        Access::from_file(&path)
            .map(|_| ())
            .map_err(|e| e.to_string().replace(&folder.display().to_string(), "FOLDER"))
    };
    assert!(file("good", "tw_test_secret\n").is_ok());
    let missing = Access::from_file(folder.join("none")).unwrap_err().to_string();
    let told = [
        wrong(""),
        wrong("Bearer tw_test_secret"),
        wrong("tw_test_\u{1}secret"),
        file("two", "tw_test_secret\ntw_test_secret").unwrap_err(),
        file("empty", " \n").unwrap_err(),
        file("big", &"secret".repeat(2000)).unwrap_err(),
        missing.replace(&folder.display().to_string(), "FOLDER"),
    ];
    assert!(!told.concat().contains("secret"));
    insta::assert_snapshot!(told.join("\n"), @"
    the TradeWind key is empty (it is not shown here)
    the TradeWind key begins with `Bearer`; give the key alone (it is not shown here)
    the TradeWind key holds characters that cannot stand in a header (it is not shown here)
    the TradeWind key in FOLDER/two is not alone there; the file must hold the key and nothing else (it is not shown here)
    the TradeWind key in FOLDER/empty is empty (it is not shown here)
    the TradeWind key in FOLDER/big is not alone there; the file must hold the key and nothing else (it is not shown here)
    the TradeWind key in FOLDER/none cannot be read: No such file or directory (os error 2) (it is not shown here)
    ");
    std::fs::remove_dir_all(&folder).unwrap();
    // Whether the variable is set is the caller's: only its absence can be tested without changing it.
    if std::env::var_os("TRADEWIND_API_KEY").is_none() {
        insta::assert_snapshot!(Client::builder().key_from_env().unwrap_err(), @"the client cannot be made: the TradeWind key is not there: set TRADEWIND_API_KEY (it is not shown here)");
    }
}

/// A reservation in hand is no leave to go on when another call was charged more than was thought.
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
async fn a_read_that_is_charged_is_not_free_to_repeat() {
    let bench = Bench::new().await;
    let charged = json!({ "success": false, "error": { "code": 1 }, "meta": { "billing": { "credits_charged": 0.1 } } });
    bench.script(vec![Step::from(Reply::json(503, &charged)); 3]);
    let client = bench.client();
    let error = client.customs_countries().await.unwrap_err();
    assert_eq!((error.attempts(), error.credits()), (1, Some(credits("0.1"))));
    assert!(client.ledger().stopped().is_some());
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

/// A service's texts cannot make a message long or break its line.
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
