//! Exchanges that are recorded, and programs that are held to them.

use progenitor_client::Error as Refusal;
use serde_json::{Value, json};
use tradebind::exchange::{Exchange, documented};
use tradebind::http::{Pace, Recorder, Replay, Transport};
use tradebind::replica::{Door, Replica, Reply};
use tradebind::tradewind::api::types::WorldRegionsRequest;
use tradebind::tradewind::{self, Access, read_request};
use tradebind::{ErrorKind, hk};

const QUERY: &str = "lang=TC&sv=VCm&freq=M&period=201805,201806&ttype=4&ccclass=C&cc=CN";

fn pet() -> WorldRegionsRequest {
    read_request(
        r#"{"type": "exporter", "start_time": "2024-04-19", "end_time": "2025-04-18", "product": "pet"}"#,
    )
    .unwrap()
}

fn query(text: &str) -> hk::Query {
    text.parse().unwrap()
}

/// A client of each service, both recorded.
fn recorded_clients(replica: &Replica, recorder: &Recorder) -> (hk::Client, tradewind::Client) {
    let hong_kong =
        hk::Client::builder().base_url(replica.hk_url()).pace(Pace::off()).record(recorder.clone()).build();
    let wind = tradewind::Client::builder()
        .base_url(replica.tradewind_url())
        .key("tw_test_recording")
        .unwrap()
        .pace(Pace::off())
        .record(recorder.clone())
        .build();
    (hong_kong.unwrap(), wind.unwrap())
}

/// One call of each service, recorded against the replica.
async fn recorded() -> Vec<Exchange> {
    let replica = Replica::start().await.unwrap();
    let recorder = Recorder::in_memory();
    let (hong_kong, regions) = recorded_clients(&replica, &recorder);
    hong_kong.query(&query(QUERY)).await.unwrap();
    regions.world_regions(pet()).await.unwrap();
    // A body that is no JSON, and one that is no text.
    replica
        .script(Door::Tradewind, [Reply::new(200, "up 1\n").into(), Reply::new(200, vec![0xff, 0]).into()]);
    regions.metrics().await.unwrap();
    regions.metrics().await.unwrap_err();
    recorder.exchanges()
}

fn clients(replay: &Replay) -> (hk::Client, tradewind::Client) {
    let hong_kong = hk::Client::builder().pace(Pace::off()).replay(replay.clone()).build().unwrap();
    let regions =
        tradewind::Client::builder().key("tw_test_other").unwrap().pace(Pace::off()).replay(replay.clone());
    (hong_kong, regions.build().unwrap())
}

#[tokio::test]
async fn what_was_recorded_is_an_exchange_and_plays() {
    let exchanges = recorded().await;
    let schema: Value = serde_json::from_str(include_str!("../../spec/exchange.schema.json")).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for exchange in &exchanges {
        let value = serde_json::to_value(exchange).unwrap();
        assert!(validator.is_valid(&value), "{value}");
        assert_eq!(exchange.to_string().parse::<Exchange>().unwrap(), *exchange);
    }
    let lines: Vec<_> = exchanges
        .iter()
        .map(|exchange| {
            let (request, response) = (&exchange.request, exchange.response.as_ref().unwrap());
            let names = |headers: &[tradebind::exchange::Header]| {
                headers.iter().map(|header| header.name.clone()).collect::<Vec<_>>().join(",")
            };
            format!(
                "{} {}.{} {:?}: {} {} [{}] -> {} [{}]",
                exchange.service,
                exchange.operation,
                exchange.case,
                exchange.evidence,
                request.method,
                request.target,
                names(&request.headers),
                response.status,
                names(&response.headers)
            )
        })
        .collect();
    insta::assert_snapshot!(lines.join("\n"), @"
    hk-trade get_trade.recorded-0001 Assumed: GET /api/get?lang=TC&sv=VCm&freq=M&period=201805,201806&ttype=4&ccclass=C&cc=CN [accept] -> 200 [content-type,date]
    tradewind world_regions.recorded-0002 Assumed: POST /api/customs/analytics/world-regions [accept,content-type] -> 201 [content-type,date]
    tradewind metrics.recorded-0003 Assumed: GET /api/metrics [] -> 200 [content-type,date]
    tradewind metrics.recorded-0004 Assumed: GET /api/metrics [] -> 200 [content-type,date]
    ");

    let replay = Replay::in_order(exchanges.clone());
    let (hong_kong, regions) = clients(&replay);
    assert_eq!(hong_kong.query(&query(QUERY)).await.unwrap().rows().len(), 2);
    let answer = regions.world_regions(pet()).await.unwrap();
    assert_eq!(
        (answer.value().list.as_ref().unwrap().len(), answer.credits().unwrap().to_string()),
        (10, "0.14".into())
    );
    assert_eq!(regions.metrics().await.unwrap().value(), "up 1\n");
    assert!(regions.metrics().await.unwrap_err().is_decode());
    replay.finish().unwrap();

    let replay = Replay::in_any_order(exchanges);
    let (hong_kong, regions) = clients(&replay);
    regions.world_regions(pet()).await.unwrap();
    hong_kong.query(&query(&QUERY.to_uppercase())).await.unwrap();
    let left = replay.finish().unwrap_err();
    insta::assert_snapshot!(left, @"the replay was not asked as recorded: never asked for: tradewind metrics.recorded-0003, tradewind metrics.recorded-0004");
}

#[tokio::test]
async fn a_request_that_differs_is_told_where() {
    let exchanges = recorded().await;
    let replay = Replay::in_order(exchanges);
    let (hong_kong, regions) = clients(&replay);
    let mut told = vec![
        hong_kong.query(&query(&QUERY.replace("CN", "US"))).await.unwrap_err(),
        hong_kong.raw("GET", "/api/other", None).await.unwrap_err(),
        regions.world_regions(pet()).await.unwrap_err(),
    ];
    hong_kong.query(&query(QUERY)).await.unwrap();
    let other: WorldRegionsRequest = read_request(r#"{"type": "importer", "product": "pet"}"#).unwrap();
    told.push(regions.world_regions(other).await.unwrap_err());
    for error in &told {
        assert!(error.kind() == ErrorKind::Replay && error.is_unsent() && error.attempts() == 1);
    }
    assert_eq!(regions.ledger().to_string(), "0 credits charged, 0 unconfirmed, 0 under way");
    let mut told: Vec<_> = told.iter().map(ToString::to_string).collect();
    let empty = Replay::in_order([]);
    told.push(clients(&empty).0.query(&query(QUERY)).await.unwrap_err().to_string());
    let (_, unanswered) =
        documented().unwrap().into_iter().find(|(name, _)| name.contains("imports-by-origin")).unwrap();
    let target = unanswered.request.target.clone();
    told.push(
        clients(&Replay::in_order([unanswered])).0.query(&query(&target)).await.unwrap_err().to_string(),
    );
    insta::assert_snapshot!(told.join("\n"), @r#"
    hk-trade get_trade: the replay was not asked as recorded: GET /api/get?lang=TC&sv=VCm&freq=M&period=201805,201806&ttype=4&ccclass=C&cc=US: next is hk-trade get_trade.recorded-0001; parameters cc=cn became cc=us
    hk-trade raw: the replay was not asked as recorded: GET /api/other: next is hk-trade get_trade.recorded-0001; path /api/get became /api/other; parameters cc=cn&ccclass=c&freq=m&lang=tc&period=201805,201806&sv=vcm&ttype=4 became nothing
    tradewind world_regions: the replay was not asked as recorded: POST /api/customs/analytics/world-regions: next is hk-trade get_trade.recorded-0001; service hk-trade became tradewind; method GET became POST; path /api/get became /api/customs/analytics/world-regions; parameters cc=CN&ccclass=C&freq=M&lang=TC&period=201805,201806&sv=VCm&ttype=4 became nothing; the body is another
    tradewind world_regions: the replay was not asked as recorded: POST /api/customs/analytics/world-regions: next is tradewind world_regions.recorded-0002; body /end_time: "2025-04-18" became ""; body /start_time: "2024-04-19" became ""; body /type: "exporter" became "importer"
    hk-trade get_trade: the replay was not asked as recorded: GET /api/get?lang=TC&sv=VCm&freq=M&period=201805,201806&ttype=4&ccclass=C&cc=CN: nothing is left
    hk-trade get_trade: the replay was not asked as recorded: hk-trade get_trade.imports-by-origin: is recorded without an answer
    "#);
}

#[tokio::test]
async fn generated_clients_record_and_replay_too() {
    let exchanges = recorded().await;
    let over = Transport::default().replaying(Replay::in_any_order(exchanges));
    let recorder = Recorder::in_memory();
    let over = over.recording(recorder.clone());
    let hong_kong =
        hk::api::Client::new_with_client("http://nowhere", hk::api_http_client().unwrap(), over.clone());
    let answer = query(QUERY).request(&hong_kong).send().await.unwrap().into_inner();
    assert_eq!(answer.data_set.unwrap().len(), 2);
    let access = Access::key("tw_test_other").unwrap().over(over);
    let http = tradewind::api_http_client().unwrap();
    let regions = tradewind::api::Client::new_with_client("http://nowhere", http, access);
    assert_eq!(regions.world_regions().body(pet()).send().await.unwrap().status(), 201);
    assert_eq!(recorder.exchanges().len(), 2);
    // What the replay does not hold reaches the caller as this crate's error.
    let refusal = query(QUERY).request(&hong_kong).send().await.unwrap_err();
    let Refusal::ResponseBodyError(error) = refusal else { panic!("{refusal}") };
    let mut cause: &dyn std::error::Error = &error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    let error = cause.downcast_ref::<tradebind::Error>().unwrap();
    assert_eq!(error.kind(), ErrorKind::Replay);
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_is_told_at_the_end() {
    let file = std::env::temp_dir().join(format!("tradebind-recorder-{}", std::process::id()));
    std::fs::write(&file, "").unwrap();
    let recorder = Recorder::to_folder(&file);
    let replica = Replica::start().await.unwrap();
    let client = hk::Client::builder().base_url(replica.hk_url()).record(recorder.clone()).build().unwrap();
    client.query(&query(QUERY)).await.unwrap();
    let told = recorder.finish().unwrap_err().to_string();
    assert!(told.contains("get_trade.recorded-0001.json cannot be written"), "{told}");
    assert!(!recorder.finish().unwrap_err().is_unsent(), "the call was made all the same");
    std::fs::remove_file(&file).unwrap();
}

/// A folder with recordings is counted on from; none of them is written over.
#[tokio::test]
async fn a_folder_is_gone_on_with() {
    let folder = std::env::temp_dir().join(format!("tradebind-recorder-on-{}", std::process::id()));
    let replica = Replica::start().await.unwrap();
    for _ in 0..2 {
        let recorder = Recorder::to_folder(&folder);
        let client =
            hk::Client::builder().base_url(replica.hk_url()).record(recorder.clone()).build().unwrap();
        client.query(&query(QUERY)).await.unwrap();
        assert_eq!(recorder.finish().unwrap(), 1);
    }
    for case in ["recorded-0001", "recorded-0002"] {
        let file = folder.join(format!("hk-trade/get_trade.{case}.json"));
        let exchange: tradebind::exchange::Exchange =
            std::fs::read_to_string(&file).unwrap().parse().unwrap();
        assert_eq!(exchange.case, case);
    }
    std::fs::remove_dir_all(&folder).unwrap();
}

/// Several recorders at once write to one folder, and none writes over another's file.
#[test]
fn recorders_share_a_folder() {
    let folder = std::env::temp_dir().join(format!("tradebind-recorder-shared-{}", std::process::id()));
    _ = std::fs::remove_dir_all(&folder);
    let exchange = documented()
        .unwrap()
        .into_iter()
        .find(|(_, exchange)| exchange.operation == "get_trade" && exchange.response.is_some());
    let (exchange, start) = (exchange.unwrap().1, std::sync::Barrier::new(8));
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let recorder = Recorder::to_folder(&folder);
                let client = hk::Client::builder()
                    .pace(Pace::off())
                    .replay(Replay::in_any_order([exchange.clone()]))
                    .record(recorder.clone())
                    .build()
                    .unwrap();
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                start.wait();
                runtime.block_on(client.query(&query(&exchange.request.target))).unwrap();
                assert_eq!(recorder.finish().unwrap(), 1);
            });
        }
    });
    let files: Vec<_> =
        std::fs::read_dir(folder.join("hk-trade")).unwrap().map(|file| file.unwrap().path()).collect();
    assert_eq!(files.len(), 8, "{files:?}");
    for file in files {
        std::fs::read_to_string(&file).unwrap().parse::<Exchange>().unwrap();
    }
    std::fs::remove_dir_all(&folder).unwrap();
}

/// What is asked by its address or at run time is recorded as the document's operation, so that it can be checked.
#[tokio::test]
async fn raw_calls_are_recorded_as_what_they_ask() {
    let replica = Replica::start().await.unwrap();
    let recorder = Recorder::in_memory();
    let (hong_kong, wind) = recorded_clients(&replica, &recorder);
    hong_kong.raw("GET", &format!("/api/get?{QUERY}"), None).await.unwrap();
    hong_kong.raw("GET", "/api/other", None).await.unwrap_err();
    let request =
        tradewind::OperationRequest::new("world_regions", &[], Some(r#"{"type": "exporter"}"#)).unwrap();
    wind.operation(&request).unwrap().await.unwrap();
    let exchanges = recorder.exchanges();
    let operations: Vec<_> = exchanges.iter().map(|exchange| &*exchange.operation).collect();
    assert_eq!(operations, ["get_trade", "raw", "world_regions"]);
    #[cfg(feature = "validate")]
    for (exchange, known) in exchanges.iter().zip([true, false, true]) {
        let report = tradebind::validate::Validator::new().check_text("exchange.json", &exchange.to_string());
        let told = format!("{report:?}");
        assert_eq!(!told.contains("which no document has"), known, "{told}");
    }
}

/// A redirect's one-time address and its cookie are no part of a recording.
#[tokio::test]
async fn a_session_is_not_recorded() {
    let text = recorded().await.iter().map(ToString::to_string).collect::<String>();
    assert!(!text.contains("cookie") && !text.contains("tradebind-replica-session"), "{text}");
    assert!(!text.contains(&json!("authorization").to_string()));
}

/// A parameter whose value is not shown stands for any; one that somebody wrote down for itself, in a replay and at the replica.
#[tokio::test]
async fn what_is_not_shown_of_a_target_replays_and_plays() {
    let replica = Replica::start().await.unwrap();
    let recorder = Recorder::in_memory();
    let (hong_kong, wind) = recorded_clients(&replica, &recorder);
    let ask = async |client: &tradewind::Client, path: &str| {
        let call = client.raw("GET", path, None).unwrap().allow("1".parse().unwrap());
        call.await.map(|billed| billed.value().body().to_vec())
    };
    replica.script(Door::Tradewind, [Reply::json(200, &json!({"seven": true})).into()]);
    ask(&wind, "/api/x?page=2&task=7").await.unwrap();
    let target = format!("/api/get?{QUERY}&task=7");
    replica.script(Door::HkAnswer, [Reply::json(200, &json!({"header": {"status": {"code": 0}}})).into()]);
    hong_kong.raw("GET", &target, None).await.unwrap();
    let mut exchanges = recorder.exchanges();
    assert_eq!(exchanges[0].request.target, "/api/x?page=2&task=(not shown)");
    let replayed = |exchange: &Exchange| clients(&Replay::in_order([exchange.clone()])).1;
    let played = async |exchange: &Exchange| {
        let replica = Replica::playing([exchange.clone()]).await.unwrap();
        let (hong_kong, wind) = recorded_clients(&replica, &Recorder::default());
        (replica, hong_kong, wind)
    };
    let (_replica, _, wind) = played(&exchanges[0]).await;
    for client in [&replayed(&exchanges[0]), &wind] {
        assert_eq!(ask(client, "/api/x?task=8&page=2").await.unwrap(), br#"{"seven":true}"#);
    }
    for other in ["/api/x?page=3&task=7", "/api/x?page=2&job=7", "/api/x?page=2"] {
        ask(&replayed(&exchanges[0]), other).await.unwrap_err();
        ask(&wind, other).await.unwrap_err();
    }
    clients(&Replay::in_order([exchanges[1].clone()])).0.raw("GET", &target, None).await.unwrap();
    let (_replica, hong_kong, _) = played(&exchanges[1]).await;
    hong_kong.raw("GET", &target, None).await.unwrap();
    hong_kong.raw("GET", &target.replace("task", "job"), None).await.unwrap_err();

    // Of several, the one that shows what was asked goes first.
    let mut shown = exchanges[0].clone();
    shown.request.target = "/api/x?page=2&task=7".to_owned();
    shown.response = exchanges[1].response.clone();
    let replica = Replica::playing([exchanges[0].clone(), shown]).await.unwrap();
    let (_, wind) = recorded_clients(&replica, &Recorder::default());
    assert_ne!(ask(&wind, "/api/x?page=2&task=7").await.ok().as_deref(), Some(&br#"{"seven":true}"#[..]));
    assert_eq!(ask(&wind, "/api/x?page=2&task=8").await.unwrap(), br#"{"seven":true}"#);

    // Written by hand, its value counts; the sent one is shown to nobody.
    exchanges[0].request.target = "/api/x?task=7".to_owned();
    let (_replica, _, wind) = played(&exchanges[0]).await;
    for client in [&replayed(&exchanges[0]), &wind] {
        ask(client, "/api/x?task=7").await.unwrap();
    }
    ask(&wind, "/api/x?task=8").await.unwrap_err();
    let error = ask(&replayed(&exchanges[0]), "/api/x?task=8").await.unwrap_err();
    insta::assert_snapshot!(error, @"tradewind raw: the replay was not asked as recorded: GET /api/x?task=(not shown): next is tradewind raw.recorded-0001; parameters task=7 became task=(not shown)");
}

/// An id of a task is no one-time address: another one is another request.
#[tokio::test]
async fn ids_in_a_path_are_told_apart() {
    const ONE: &str = "0123456789abcdef0123456789abcdef";
    let replica = Replica::start().await.unwrap();
    let recorder = Recorder::in_memory();
    replica.script(Door::Tradewind, [Reply::json(200, &json!({"success": true, "data": {}})).into()]);
    let ask = async |client: &tradewind::Client, id: &str| {
        client.email_verify_result(id).allow("1".parse().unwrap()).await
    };
    ask(&recorded_clients(&replica, &recorder).1, ONE).await.unwrap();
    let exchanges = recorder.exchanges();
    assert_eq!(exchanges[0].request.target, format!("/api/email/verify/result/{ONE}"));
    let replayed = || clients(&Replay::in_order(exchanges.clone())).1;
    let error = ask(&replayed(), &ONE.replace('f', "0")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Replay, "{error}");
    ask(&replayed(), ONE).await.unwrap();
}
