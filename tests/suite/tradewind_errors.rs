//! What each kind of error says that the TradeWind client can give: where, what, and what to do.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use tradebind::http::{Backoff, ManualClock, Pace, Recorder, Replay};
use tradebind::replica::{Door, Replica, Reply, Step};
use tradebind::tradewind::api::types::WorldRegionsRequest;
use tradebind::tradewind::{Client, ClientBuilder, read_request};
use tradebind::{Error, ErrorKind};

fn request() -> WorldRegionsRequest {
    read_request(r#"{"type": "exporter", "product": "pet"}"#).unwrap()
}

fn builder(url: &str) -> ClientBuilder {
    Client::builder()
        .base_url(url)
        .key("tw_test_0123456789")
        .unwrap()
        .pace(Pace::off())
        .clock(Arc::new(ManualClock::at(SystemTime::UNIX_EPOCH)))
        .backoff(
            Backoff::default()
                .attempts(2)
                .first_after_fault(Duration::ZERO)
                .first_after_limit(Duration::ZERO),
        )
}

/// The message, without the words that the machine has for a connection that fails.
fn portable(error: &Error) -> String {
    let text = error.to_string();
    if let (Some((before, rest)), Some((_, after))) =
        (text.split_once("the recording "), text.split_once("/tradewind/"))
    {
        assert!(rest.contains("tradebind-no-folder"), "{text}");
        let after = after.split_once(" cannot be written: ").unwrap().0;
        return format!("{before}the recording FOLDER/tradewind/{after} cannot be written: CAUSE");
    }
    let cause =
        ["no connection: ", "the connection broke: "].iter().find_map(|before| text.split_once(before));
    let Some((before, after)) = cause else { return text };
    let end = after.find(" (2 attempts").or_else(|| after.find("; ")).unwrap_or(after.len());
    format!("{before}(connection) CAUSE{}", &after[end..])
}

#[tokio::test]
async fn each_kind_says_what_where_and_what_to_do() {
    let replica = Replica::start().await.unwrap();
    let url = replica.tradewind_url();
    let client = builder(&url).build().unwrap();
    let closed = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    let ask = async |client: &Client| client.world_regions(request()).await.unwrap_err();
    let fault = async |step: Step| {
        replica.script(Door::Tradewind, [step]);
        ask(&client).await
    };
    let read = async |steps: Vec<Step>| {
        replica.script(Door::Tradewind, steps);
        client.health().await.unwrap_err()
    };
    let charged = |data: Value| {
        let meta = json!({"billing": {"credits_charged": 0.14}});
        Step::from(Reply::json(
            201,
            &json!({"success": true, "request_id": "req_1", "data": data, "meta": meta}),
        ))
    };
    let refused = |status| {
        let error = json!({"code": "bad_type", "message": "type must be importer or exporter"});
        Reply::json(status, &json!({"success": false, "request_id": "req_1", "error": error}))
    };
    let budget = builder(&url).max_credits("0.1".parse().unwrap()).build().unwrap();
    let few = builder(&url).body_cap(10).build().unwrap();
    let quick = builder(&url).timeout(Duration::from_secs(2)).backoff(Backoff::none()).build().unwrap();
    let hour = Duration::from_secs(3600);
    // A file, in which no folder can be made.
    let file = std::env::temp_dir().join(format!("tradebind-no-folder-{}", std::process::id()));
    std::fs::write(&file, "").unwrap();
    replica.script(Door::Tradewind, [Reply::new(200, "{}").after(hour).into()]);
    let slow = quick.health().await.unwrap_err();
    replica.script(Door::Tradewind, [Reply::new(201, "{}").after(hour).into()]);
    let slow_billed = ask(&quick).await;

    let errors: Vec<Error> = vec![
        builder("ftp://x").build().unwrap_err(),
        builder(&url).allow("world_region", "1".parse().unwrap()).build().unwrap_err(),
        builder(&url).key("").unwrap_err(),
        client.raw("GET", "api/health", None).map(drop).unwrap_err(),
        ask(&Client::builder().base_url(&url).build().unwrap()).await,
        client.market_trend(read_request("{}").unwrap()).await.unwrap_err(),
        ask(&budget).await,
        ask(&builder(&closed).build().unwrap()).await,
        slow,
        read(vec![Step::CloseAfterRequest, Step::CloseAfterRequest]).await,
        slow_billed,
        fault(Step::CloseAfterRequest).await,
        fault(Reply::html(502).into()).await,
        {
            replica.script(Door::Tradewind, [Reply::new(200, r#"{"status": "ok"}"#).into()]);
            few.health().await.unwrap_err()
        },
        fault(Reply::new(302, "").header("location", "https://login.example/x?token=1").into()).await,
        fault(refused(429).header("retry-after", "60").into()).await,
        read(vec![Reply::html(503).into(), Reply::html(503).into()]).await,
        fault(refused(401).into()).await,
        fault(Reply::html(404).into()).await,
        fault(charged(json!({"code": 1, "data": {"list": [{"tradeCount": "many"}]}}))).await,
        fault(Reply::html(200).into()).await,
        fault(refused(400).into()).await,
        fault(charged(json!({"code": 0, "msg": "参数错误"}))).await,
        fault(charged(json!("PHP Fatal error"))).await,
        fault(charged(Value::Null)).await,
        fault(charged(json!({"code": 1}))).await,
        ask(&builder(&url).replay(Replay::in_order([])).build().unwrap()).await,
        {
            let recorder = Recorder::to_folder(&file);
            builder(&url).record(recorder.clone()).build().unwrap().world_regions(request()).await.unwrap();
            recorder.finish().unwrap_err()
        },
    ];
    std::fs::remove_file(&file).unwrap();
    let mut kinds = BTreeMap::new();
    for error in &errors {
        *kinds.entry(format!("{:?}", error.kind())).or_insert(0) += 1;
        assert!(!error.to_string().contains("tw_test"), "{error}");
    }
    // All but the three that only Hong Kong's answers give, and the one that takes another process.
    let elsewhere = [
        ErrorKind::UnpublishedPeriod,
        ErrorKind::UnknownCommodity,
        ErrorKind::CountMismatch,
        ErrorKind::NoTurn,
    ];
    for kind in ErrorKind::ALL {
        assert_ne!(kinds.contains_key(&format!("{kind:?}")), elsewhere.contains(kind), "{kind:?}");
    }
    let shown: Vec<_> =
        errors.iter().map(|error| format!("{:?}\n  {}", error.kind(), portable(error))).collect();
    insta::assert_snapshot!(shown.join("\n"), @r#"
    Setup
      the client cannot be made: the base URL must begin with https:// or http://
    Setup
      the client cannot be made: credits are allowed for "world_region", which is no operation; did you mean "world_regions"?
    Setup
      the client cannot be made: the TradeWind key is empty
    InvalidRequest
      tradewind raw: the request is refused before it is sent: the path must begin with /, such as /api/get; the host is the client's
    NoKey
      tradewind world_regions: the operation needs a key, and the client has none; nothing was sent; make the client with one: ClientBuilder::key, key_from_env or key_from_file
    PriceUnknown
      tradewind market_trend: the price is unknown; nothing was sent: no price of `market_trend` is documented; allow what it may cost, by Call::allow or ClientBuilder::allow
    BudgetReached
      tradewind world_regions: the budget does not hold this call; nothing was sent: 0.14 credits more do not fit 0.1: 0 charged, 0 unconfirmed, 0 under way; Ledger::set_budget raises it, Ledger::settle_unconfirmed frees what was not charged
    Unreachable
      tradewind world_regions: (connection) CAUSE (2 attempts, waited 0 s); check address, network and proxy
    Timeout
      tradewind health: the time limit passed; repeat it, ask for less, or raise the limit
    Interrupted
      tradewind health: (connection) CAUSE (2 attempts, waited 0 s)
    OutcomeUnknown
      tradewind world_regions: the call left and its answer was lost: it may have been done and charged: the time limit passed (0.14 credits held as unconfirmed); find out whether it was charged before you repeat it
    OutcomeUnknown
      tradewind world_regions: the call left and its answer was lost: it may have been done and charged: (connection) CAUSE; find out whether it was charged before you repeat it
    OutcomeUnknown
      tradewind world_regions: the call left and its answer was lost: it may have been done and charged: the HTTP status tells a failure: the body is an HTML or XML page of 94 bytes, as gateways send (HTTP 502, 0.14 credits held as unconfirmed); find out whether it was charged before you repeat it
    TooLarge
      tradewind health: the body passes the cap: 10 bytes, decompressed; reading stopped there (HTTP 200); ask for less, or raise the cap
    Redirected
      tradewind world_regions: a redirect that is not followed: to https://login.example (HTTP 302, 0.14 credits held as unconfirmed); check the base URL
    UsageLimit
      tradewind world_regions: the usage limit is reached; the service says "type must be importer or exporter" (HTTP 429, code bad_type, 0.14 credits held as unconfirmed, request req_1, Retry-After 60 s); repeat it later
    Busy
      tradewind health: the service is busy: the body is an HTML or XML page of 110 bytes, as gateways send (HTTP 503, 2 attempts, waited 0 s); repeat it later
    AccessDenied
      tradewind world_regions: access denied; the service says "type must be importer or exporter" (HTTP 401, code bad_type, 0.14 credits held as unconfirmed, request req_1); check the key, where the service takes one; else repeat it later
    HttpStatus
      tradewind world_regions: the HTTP status tells a failure: the body is an HTML or XML page of 90 bytes, as gateways send (HTTP 404, 0.14 credits held as unconfirmed)
    Decode
      tradewind world_regions: the body is not what the document says: at /data/data/list/0/tradeCount, offset 53: invalid type: string …, expected i64 (HTTP 201, 0.14 credits charged, request req_1); the body is in the error; report it, so that the document can follow
    OutcomeUnknown
      tradewind world_regions: the call left and its answer was lost: it may have been done and charged: the body is not what the document says: the body is an HTML or XML page of 76 bytes, as gateways send (HTTP 200, 0.14 credits held as unconfirmed); find out whether it was charged before you repeat it
    Refused
      tradewind world_regions: the service refused the request; the service says "type must be importer or exporter" (HTTP 400, code bad_type, 0.14 credits held as unconfirmed, request req_1)
    Upstream
      tradewind world_regions: the upstream failed; the service says "参数错误" (HTTP 201, code 0, 0.14 credits charged, request req_1)
    TextInsteadOfData
      tradewind world_regions: a text came where data belong (it is kept, not shown) (HTTP 201, 0.14 credits charged, request req_1)
    NoData
      tradewind world_regions: the answer holds no data (HTTP 201, 0.14 credits charged, request req_1)
    NoData
      tradewind world_regions: the answer holds no data: in the upstream's envelope (HTTP 201, 0.14 credits charged, request req_1)
    Replay
      tradewind world_regions: the replay was not asked as recorded: POST /api/customs/analytics/world-regions: nothing is left
    Recording
      not all was recorded: the recording FOLDER/tradewind/world_regions.recorded-0001.json cannot be written: CAUSE
    "#);
    insta::assert_snapshot!(format!("{:#?}", errors[21]), @r#"
    Error {
        kind: Refused,
        message: "tradewind world_regions: the service refused the request; the service says \"type must be importer or exporter\" (HTTP 400, code bad_type, 0.14 credits held as unconfirmed, request req_1)",
        response: Some(
            Response {
                status: 400,
                headers: [
                    "content-type",
                    "content-length",
                    "date",
                ],
                body: 112 bytes,
            },
        ),
        source: None,
        ..
    }
    "#);
}
