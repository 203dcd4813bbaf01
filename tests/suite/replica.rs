//! The local server, seen over plain HTTP.

use reqwest::{Client, StatusCode, redirect::Policy};
use tradebind::exchange::{self, Exchange};
use tradebind::hk::{self, api};
use tradebind::replica::Replica;
use tradebind::tradewind::{self, Access};

const DOCUMENTED: &str = "/api/get?lang=TC&sv=VCm&freq=M&period=201805,201806&ttype=4&ccclass=C&cc=CN";

/// What the guide and the page of world regions document: an example more changes no message.
fn documented() -> impl Iterator<Item = Exchange> {
    let known = |name: &str| {
        let of_the_guide =
            ["imports-by-origin", "imports-hkhs4-1006", "total-exports-cn", "total-trade-sitc1"];
        name.contains("world_regions.documented") || of_the_guide.iter().any(|case| name.contains(case))
    };
    let all = exchange::documented().unwrap().into_iter();
    all.filter(move |(name, _)| known(name)).map(|(_, exchange)| exchange)
}

fn plain() -> Client {
    Client::builder().redirect(Policy::none()).build().unwrap()
}

#[tokio::test]
async fn the_first_answer_is_a_redirect_with_a_cookie() {
    let replica = Replica::start().await.unwrap();
    let answer = plain().get(replica.hk_url() + DOCUMENTED).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::FOUND);
    let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
    let location = header("location");
    let (path, query) = location.split_once('?').unwrap();
    let token = path.strip_prefix("/api/").and_then(|rest| rest.strip_suffix("/get")).unwrap();
    assert!(token.len() == 32 && token.bytes().all(|b| b.is_ascii_hexdigit()), "{token}");
    assert_eq!(query, DOCUMENTED.split_once('?').unwrap().1);

    let cookie = header("set-cookie").split(';').next().unwrap().to_owned();
    let second = plain().get(replica.hk_url() + &location).header("cookie", cookie).send().await.unwrap();
    assert!(second.text().await.unwrap().contains("194542691"));
    for wrong in ["", "tradebind-replica-session=999", "other=1"] {
        let denied = plain().get(replica.hk_url() + &location).header("cookie", wrong).send().await.unwrap();
        assert_eq!(denied.status(), StatusCode::OK);
        assert!(denied.text().await.unwrap().contains("Access denied"), "{wrong:?}");
    }
}

/// In the dialect of the service, so that a client shows it where it shows the service's own refusals.
#[tokio::test]
async fn what_is_not_recorded_is_told() {
    let replica = Replica::playing(documented()).await.unwrap();
    let client =
        api::Client::new_with_client(&replica.hk_url(), hk::api_http_client().unwrap(), Default::default());
    let ask = async |address: &str| {
        let query: hk::Query = address.parse().unwrap();
        let answer = query.request(&client).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "failures come with HTTP 200");
        assert_eq!(answer.headers()["x-tradebind-assumed"], "messages");
        answer.header.status.message.as_ref().unwrap().to_string()
    };
    let told = ask("lang=EN&sv=VCy&freq=A&period=2020,2020&ttype=1").await;
    // The one-time part of the address differs from run to run.
    insta::assert_snapshot!(told.lines().skip(1).collect::<Vec<_>>().join("\n"), @"
    recorded is hk-trade get_trade.imports-by-origin: GET /api/get?lang=TC&sv=Vcy&freq=A&period=2015,2017&ttype=1&coclass=C&co=ALL
    recorded is hk-trade get_trade.imports-hkhs4-1006: GET /api/get?lang=TC&sv=Vcm&freq=M&period=201801,201806&ttype=1&codeclass=HKHS4&code=1006
    recorded is hk-trade get_trade.total-exports-cn: GET /api/get?lang=TC&sv=VCm&freq=M&period=201805,201806&ttype=4&ccclass=C&cc=CN
    recorded is hk-trade get_trade.total-trade-sitc1: GET /api/get?lang=TC&sv=Vcy&freq=A&period=2017,2017&ttype=5&codeclass=SITC1&code=1
    ");
    let told = ask("lang=TC&sv=Vcy&freq=A&period=2017,2017&ttype=5&codeclass=SITC1&code=1").await;
    insta::assert_snapshot!(told, @"hk-trade get_trade.total-trade-sitc1 is recorded without an answer: none is documented");
    let elsewhere = plain().get(replica.hk_url() + "/elsewhere").send().await.unwrap();
    assert_eq!(elsewhere.status(), StatusCode::NOT_FOUND);
    insta::assert_snapshot!(elsewhere.text().await.unwrap(), @r#"
    the replica of hk-trade has no GET /elsewhere
    nearest is GET /api/get (get_trade)
    path: "elsewhere" is not "api"
    "#);
    let posted = plain().post(replica.hk_url() + "/api/get").send().await.unwrap();
    assert_eq!(posted.status(), StatusCode::METHOD_NOT_ALLOWED);
    insta::assert_snapshot!(posted.text().await.unwrap(), @"
    the replica of hk-trade has no POST /api/get
    method: this path takes GET
    ");
}

#[tokio::test]
async fn a_request_that_differs_from_what_is_recorded_is_told_where() {
    let replica = Replica::playing(documented()).await.unwrap();
    let url = replica.tradewind_url();
    let access = Access::key("tw_test_replica").unwrap();
    let client = tradewind::api::Client::new_with_client(&url, tradewind::api_http_client().unwrap(), access);
    let request: tradewind::api::types::WorldRegionsRequest =
        tradewind::read_request(r#"{"type": "importer", "product": "pet"}"#).unwrap();
    let error = client.world_regions().body(request).send().await.unwrap_err();
    let progenitor_client::Error::ErrorResponse(failure) = error else { panic!("{error}") };
    assert_eq!(failure.status(), StatusCode::NOT_FOUND);
    let told = failure.error.as_ref().unwrap()["message"].as_str().unwrap().replace("; ", "\n");
    insta::assert_snapshot!(told, @r#"
    the replica has no recorded exchange that fits POST /api/customs/analytics/world-regions
    recorded is tradewind world_regions.documented: POST /api/customs/analytics/world-regions
    unlike tradewind world_regions.documented: /end_time: "2025-04-18" became ""
    unlike tradewind world_regions.documented: /start_time: "2024-04-19" became ""
    unlike tradewind world_regions.documented: /type: "exporter" became "importer"
    "#);
}

#[tokio::test]
async fn what_is_made_up_is_marked() {
    let replica = Replica::start().await.unwrap();
    let answer =
        plain().post(replica.tradewind_url() + "/api/customs/analytics/world-regions").send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(answer.headers()["x-tradebind-assumed"], "error code and message, billing of a failure");
}

#[tokio::test]
async fn it_stops_when_dropped() {
    let replica = Replica::start().await.unwrap();
    let url = replica.hk_url();
    assert!(plain().get(&url).send().await.is_ok());
    drop(replica);
    assert!(plain().get(&url).send().await.is_err(), "the port still answers");
}

/// Also while a caller keeps a connection open.
#[tokio::test]
async fn its_ports_are_free_once_it_is_dropped() {
    let replica = Replica::start().await.unwrap();
    let port = |url: String| url.rsplit(':').next().unwrap().parse().unwrap();
    let ports = [port(replica.hk_url()), port(replica.tradewind_url())];
    let client = plain();
    for url in [replica.hk_url(), replica.tradewind_url()] {
        client.get(url).send().await.unwrap();
    }
    drop(replica);
    let again = Replica::builder().ports(ports[0], ports[1]).start().await.unwrap();
    assert_eq!(plain().get(again.hk_url() + DOCUMENTED).send().await.unwrap().status(), StatusCode::FOUND);
}
