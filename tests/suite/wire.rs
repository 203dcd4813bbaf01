//! What the generated clients put on the wire, seen from the replica.

use tradebind::exchange::documented;
use tradebind::hk::{self, Query};
use tradebind::http::Transport;
use tradebind::replica::{LoggedRequest, Replica};
use tradebind::tradewind::{self, Access, api::types};

fn hk_client(replica: &Replica) -> hk::api::Client {
    hk::api::Client::new_with_client(&replica.hk_url(), hk::api_http_client().unwrap(), Transport::default())
}

fn tradewind_client(replica: &Replica, access: Access) -> tradewind::api::Client {
    tradewind::api::Client::new_with_client(
        &replica.tradewind_url(),
        tradewind::api_http_client().unwrap(),
        access,
    )
}

/// Names and values of the query, sorted by name: the order of parameters means nothing.
fn sorted(target: &str) -> Vec<&str> {
    let mut pairs: Vec<_> = target.split(['?', '&']).collect();
    pairs.sort_unstable();
    pairs
}

fn names(request: &LoggedRequest) -> Vec<&str> {
    request.headers.iter().map(|(name, _)| name.as_str()).collect()
}

/// Any case in, canonical out, each list one parameter with plain commas.
#[tokio::test]
async fn the_guide_s_queries_go_out_as_documented() {
    let replica = Replica::start().await.unwrap();
    let client = hk_client(&replica);
    let mut lines = Vec::new();
    for (name, exchange) in documented().unwrap() {
        if exchange.operation != "get_trade" {
            continue;
        }
        let documented = &exchange.request.target;
        for spelling in [documented.clone(), documented.to_uppercase(), documented.to_lowercase()] {
            let query: Query = spelling.parse().unwrap_or_else(|e| panic!("{name}: {e}"));
            // Three of the four are documented without an answer: only what was sent matters here.
            _ = query.request(&client).send().await;
            let sent = replica.hk_requests();
            let first = &sent[sent.len() - 2];
            assert_eq!(sorted(&first.target), sorted(&query.to_string()), "{name}");
            lines.push(format!("{name}: {} {}", first.method, first.target));
        }
    }
    lines.dedup();
    // Whatever the spelling, each goes out in one way.
    for (file, line) in [
        ("imports-by-origin", "GET /api/get?co=ALL&coclass=C&freq=A&lang=TC&period=2015,2017&sv=VCy&ttype=1"),
        (
            "imports-hkhs4-1006",
            "GET /api/get?code=1006&codeclass=HKHS4&freq=M&lang=TC&period=201801,201806&sv=VCm&ttype=1",
        ),
        (
            "total-exports-cn",
            "GET /api/get?cc=CN&ccclass=C&freq=M&lang=TC&period=201805,201806&sv=VCm&ttype=4",
        ),
        (
            "total-trade-sitc1",
            "GET /api/get?code=1&codeclass=SITC1&freq=A&lang=TC&period=2017,2017&sv=VCy&ttype=5",
        ),
    ] {
        let own: Vec<_> = lines.iter().filter(|line| line.contains(file)).collect();
        assert!(own.len() == 1 && own[0].ends_with(line), "{own:?}");
    }
}

#[tokio::test]
async fn every_parameter_of_the_guide_goes_out() {
    let replica = Replica::start().await.unwrap();
    let query: Query = "lang=sc&sv=vcm,qcm&freq=m&period=201801,201812&ttype=all&tm=y&coclass=r&co=eu\
                        &ccclass=c&cc=no,na&codeclass=hkhs6&code=010121,010129"
        .parse()
        .unwrap();
    _ = query.request(&hk_client(&replica)).send().await;
    let sent = replica.hk_requests();
    insta::assert_snapshot!(sent[0].target, @"/api/get?cc=NO,NA&ccclass=C&co=EU&coclass=R&code=010121,010129&codeclass=HKHS6&freq=M&lang=SC&period=201801,201812&sv=VCm,QCm&tm=Y&ttype=ALL");
}

/// The hand-shake, and nothing that the service did not ask for.
#[tokio::test]
async fn the_hong_kong_client_sends_what_is_asked_for_and_no_more() {
    let replica = Replica::start().await.unwrap();
    let query: Query = "lang=TC&sv=VCm&freq=M&period=201805,201806&ttype=4&ccclass=C&cc=CN".parse().unwrap();
    query.request(&hk_client(&replica)).send().await.unwrap();
    let sent = replica.hk_requests();
    assert_eq!(sent.len(), 2, "the query, then the address of the answer");
    assert_eq!(names(&sent[0]), ["accept", "user-agent", "accept-encoding", "host"]);
    let agent = format!("tradebind/{}", env!("CARGO_PKG_VERSION"));
    assert!(sent[0].headers.contains(&("user-agent".into(), agent)), "{:?}", sent[0].headers);
    assert!(sent[1].headers.contains(&("cookie".into(), "(not shown)".into())), "{:?}", sent[1].headers);
    assert!(sent[1].target.starts_with("/api/0000"), "{}", sent[1].target);
}

#[tokio::test]
async fn the_tradewind_client_sends_its_key_where_it_is_needed() {
    let replica = Replica::start().await.unwrap();
    let client = tradewind_client(&replica, Access::key("tw_test_canary").unwrap());
    let request: types::WorldRegionsRequest = tradewind::read_request(
        r#"{"type":"exporter","start_time":"2024-04-19","end_time":"2025-04-18","product":"pet"}"#,
    )
    .unwrap();
    let answer = client.world_regions().body(request).send().await.unwrap();
    assert_eq!(answer.status(), 201);
    _ = client.health().send().await;
    let sent = replica.tradewind_requests();
    assert_eq!(sent[0].target, "/api/customs/analytics/world-regions");
    assert!(names(&sent[0]).contains(&"authorization") && !names(&sent[0]).contains(&"api-version"));
    assert_eq!(sent[1].target, "/api/health");
    assert!(!names(&sent[1]).contains(&"authorization"), "the probe needs no key: {:?}", sent[1].headers);
}

/// The builder's own client is patched to do the same: cookies and patience for Hong Kong.
#[tokio::test]
async fn the_generated_constructor_works_as_well() {
    let replica = Replica::start().await.unwrap();
    let query: Query = "lang=TC&sv=VCm&freq=M&period=201805,201806&ttype=4&ccclass=C&cc=CN".parse().unwrap();
    let client = hk::api::Client::new(&replica.hk_url(), Transport::default());
    let answer = query.request(&client).send().await.unwrap();
    assert_eq!(answer.data_set.as_deref().unwrap_or_default().len(), 2);
}

/// A base URL is often written with a slash at its end.
#[tokio::test]
async fn a_slash_at_the_end_of_the_base_url_is_no_matter() {
    let replica = Replica::start().await.unwrap();
    let client = hk::api::Client::new_with_client(
        &(replica.hk_url() + "/"),
        hk::api_http_client().unwrap(),
        Transport::default(),
    );
    let query: Query = "lang=TC&sv=VCm&freq=M&period=201805,201806&ttype=4&ccclass=C&cc=CN".parse().unwrap();
    assert!(query.request(&client).send().await.is_ok());
    let url = replica.tradewind_url() + "/";
    let access = Access::key("tw_test_slash").unwrap();
    let client = tradewind::api::Client::new_with_client(&url, tradewind::api_http_client().unwrap(), access);
    _ = client.email_verify_result().task_id("a/b c").send().await;
    assert_eq!(replica.tradewind_requests()[0].target, "/api/email/verify/result/a%2Fb%20c");
}

#[tokio::test]
async fn without_a_cookie_store_the_answer_is_access_denied() {
    let replica = Replica::start().await.unwrap();
    let client =
        hk::api::Client::new_with_client(&replica.hk_url(), reqwest::Client::new(), Transport::default());
    let query: Query = "lang=TC&sv=VCm&freq=M&period=201805,201806&ttype=4&ccclass=C&cc=CN".parse().unwrap();
    let answer = query.request(&client).send().await.unwrap();
    assert_eq!(answer.status(), 200, "failures come with HTTP 200");
    assert_eq!(answer.header.status.code.known(), Some(&tradebind::domain::StatusCode::AccessDenied));
}

#[tokio::test]
async fn without_a_key_a_billed_call_is_not_sent() {
    let replica = Replica::start().await.unwrap();
    let client = tradewind_client(&replica, Access::without_key());
    let error = client.customs_countries().send().await.unwrap_err();
    insta::assert_snapshot!(error, @"Invalid Request: `customs_countries` needs a key, and the client was made without one; nothing was sent");
    assert_eq!(replica.tradewind_requests(), []);
}

#[test]
fn keys_never_print() {
    let access = Access::key("tw_live_canary").unwrap();
    let client = tradewind::api::Client::new("http://localhost", access.clone());
    for shown in [format!("{access:?}"), format!("{client:?}")] {
        assert!(!shown.contains("canary"), "{shown}");
    }
    for bad in ["", "  ", "tw_live_canary\u{7f}", "tw_live_canary\nx: y", "Bearer tw_live_canary"] {
        let error = Access::key(bad).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("canary"), "{error}");
    }
    insta::assert_snapshot!(Access::key("").unwrap_err(), @"the TradeWind key is empty");
}

/// The hand-written client writes its address itself: with the same parameters and headers as the generated one.
#[tokio::test]
async fn both_hong_kong_clients_ask_the_same() {
    let replica = Replica::start().await.unwrap();
    let client = hk::Client::builder().base_url(replica.hk_url() + "/").build().unwrap();
    let query: Query = "LANG=SC&SV=VCM,QCM&freq=m&period=2018-01..2018-12&ttype=ALL&tm=y&coclass=R&co=EU\
                        &ccclass=C&cc=NO,NA&codeclass=HKHS6&code=010121,010129"
        .parse()
        .unwrap();
    _ = query.request(&hk_client(&replica)).send().await;
    let generated = replica.hk_requests().remove(0);
    let before = replica.hk_requests().len();
    _ = client.query(&query).await;
    let by_hand = replica.hk_requests().remove(before);
    let parts = |request: &LoggedRequest| {
        let (path, query) = request.target.split_once('?').unwrap();
        let mut pairs: Vec<_> = query.split('&').map(str::to_owned).collect();
        pairs.sort();
        (path.to_owned(), pairs, names(request).into_iter().map(str::to_owned).collect::<Vec<_>>())
    };
    assert_eq!(parts(&generated), parts(&by_hand));
}
