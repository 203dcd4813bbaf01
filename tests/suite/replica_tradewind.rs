//! The TradeWind side of the local server, seen over plain HTTP and by this crate's own client.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use reqwest::{Response, StatusCode};
use serde_json::{Value, json};
use tradebind::domain::Credits;
use tradebind::exchange::{self, Body};
use tradebind::http::{ManualClock, Pace};
use tradebind::replica::{Door, Fault, Replica, Step};
use tradebind::tradewind::api::types::WorldRegionsRequest;
use tradebind::tradewind::{Client, read_request};
use tradebind::{ErrorKind, exchange::Exchange};

const KEY: &str = "tw_test_0123456789";
const REGIONS: &str = "/api/customs/analytics/world-regions";

fn credits(text: &str) -> Credits {
    text.parse().unwrap()
}

fn documented() -> Exchange {
    let mut all = exchange::documented().unwrap().into_iter();
    all.find(|(name, _)| name.contains("world_regions.documented")).unwrap().1
}

fn documented_request() -> Value {
    documented().request.body.as_ref().and_then(Body::json).unwrap().clone()
}

fn request() -> WorldRegionsRequest {
    read_request(&documented_request().to_string()).unwrap()
}

fn client(replica: &Replica) -> Client {
    let builder = Client::builder().base_url(replica.tradewind_url()).key(KEY).unwrap().pace(Pace::off());
    builder.max_credits(credits("10")).build().unwrap()
}

async fn post(replica: &Replica, path: &str, body: &Value) -> Response {
    let request = reqwest::Client::new().post(replica.tradewind_url() + path).bearer_auth(KEY);
    let request = request.header("content-type", "application/json").body(body.to_string());
    request.send().await.unwrap()
}

async fn get(replica: &Replica, path: &str) -> Response {
    reqwest::Client::new().get(replica.tradewind_url() + path).bearer_auth(KEY).send().await.unwrap()
}

fn header(answer: &Response, name: &str) -> String {
    answer.headers().get(name).map_or("", |value| value.to_str().unwrap()).to_owned()
}

async fn json(answer: Response) -> Value {
    serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap()
}

#[tokio::test]
async fn the_documented_request_is_answered_as_documented() {
    let replica = Replica::start().await.unwrap();
    let whole = documented_request();
    let mut short = whole.clone();
    short.as_object_mut().unwrap().retain(|_, value| *value != "");
    let mut typo = whole.clone();
    typo["hs_code"] = json!("3907");
    for (request, ignored) in [
        (whole, ""),
        (short, ""),
        (typo, r#"body /hs_code: unknown field "hs_code"; did you mean "hscode"?"#),
    ] {
        let answer = post(&replica, REGIONS, &request).await;
        assert_eq!(answer.status(), StatusCode::CREATED, "{request}");
        assert_eq!(header(&answer, "x-tradebind-assumed"), "", "nothing is made up");
        assert_eq!(header(&answer, "x-tradebind-ignored"), ignored);
        let recorded = documented().response.unwrap().body.unwrap();
        assert_eq!(json(answer).await, *recorded.json().unwrap());
    }
    let account = replica.tradewind_account(KEY).unwrap();
    assert_eq!((account.charged, account.calls, account.balance), (credits("0.42"), 3, None));
    // More than are told are ignored all the same.
    let mut many = documented_request();
    many.as_object_mut().unwrap().extend((0..40).map(|n| (format!("unknown_{n}"), json!(n))));
    let answer = post(&replica, REGIONS, &many).await;
    assert!(header(&answer, "x-tradebind-ignored").ends_with("; and 20 more"));
    assert_eq!(json(answer).await, *documented().response.unwrap().body.unwrap().json().unwrap());
    // What no header takes is shown by its number, and not without end.
    let mut strange = documented_request();
    strange.as_object_mut().unwrap().insert("a\nb".to_owned(), json!(1));
    let told = header(&post(&replica, REGIONS, &strange).await, "x-tradebind-ignored");
    assert!(told.starts_with(r"body /a\u{a}b: unknown field"), "{told}");
    strange.as_object_mut().unwrap().extend((0..20).map(|n| ("貨物".repeat(100) + &n.to_string(), json!(n))));
    let told = header(&post(&replica, REGIONS, &strange).await, "x-tradebind-ignored");
    assert!((4000..4200).contains(&told.len()) && told.ends_with("..."), "{}", told.len());
    // What was sent, and what became of it, can be read.
    let logged = replica.tradewind_requests();
    assert_eq!(serde_json::from_slice::<Value>(&logged[0].body).unwrap(), documented_request());
    assert_eq!((logged[0].body_length, logged[0].status), (logged[0].body.len(), Some(201)));
    assert!(logged[2].note.as_ref().unwrap().starts_with("ignored: body /hs_code"), "{:?}", logged[2].note);
}

/// A body whose bytes a reader of JSON would change is recorded as a text.
#[tokio::test]
async fn a_recorded_text_is_played_byte_for_byte() {
    let json = documented().response.unwrap().body.unwrap().json().unwrap().to_string();
    let json = json.replace("success", r"s\u0075ccess").replace("0.14", "0.20");
    let mut recorded = documented();
    recorded.response.as_mut().unwrap().body = Some(Body::of(json.as_bytes()));
    recorded.request.body = Some(Body::Text(documented_request().to_string()));
    assert!(matches!(recorded.response.as_ref().unwrap().body, Some(Body::Text(_))));
    let mut page = recorded.clone();
    page.operation = "health".to_owned();
    (page.request.method, page.request.target) = ("GET".to_owned(), "/api/health".to_owned());
    page.request.body = None;
    page.response.as_mut().unwrap().body = Some(Body::Text("<html>".to_owned()));
    let replica = Replica::builder().exchanges([recorded, page]).start().await.unwrap();
    let answer = post(&replica, REGIONS, &documented_request()).await;
    assert_eq!(header(&answer, "x-tradebind-assumed"), "", "nothing is made up");
    assert_eq!(answer.text().await.unwrap(), json);
    assert_eq!(replica.tradewind_account(KEY).unwrap().charged, credits("0.2"), "as it tells");
    assert_eq!(get(&replica, "/api/health").await.text().await.unwrap(), "<html>");
}

/// Who gives up waiting is charged all the same.
#[tokio::test]
async fn a_late_answer_is_charged_before_it_comes() {
    let replica = Replica::start().await.unwrap();
    replica.script(Door::Tradewind, [Fault::Latency(Duration::from_secs(60)).into()]);
    let request = reqwest::Client::new().post(replica.tradewind_url() + REGIONS).bearer_auth(KEY);
    let request = request.header("content-type", "application/json").body(documented_request().to_string());
    assert!(request.timeout(Duration::from_secs(3)).send().await.unwrap_err().is_timeout());
    assert_eq!(replica.tradewind_account(KEY).unwrap().charged, credits("0.14"));

    // So late that no clock knows the moment.
    let replica = Replica::start().await.unwrap();
    replica.script(Door::Tradewind, [Fault::Latency(Duration::MAX).into()]);
    let builder = Client::builder().base_url(replica.tradewind_url()).key(KEY).unwrap();
    let client = builder.timeout(Duration::from_secs(3)).build().unwrap();
    let error = client.world_regions(self::request()).await.unwrap_err();
    assert!(error.is_outcome_unknown() && error.to_string().contains("the time limit passed"), "{error}");
    assert_eq!(replica.tradewind_account(KEY).unwrap().charged, credits("0.14"));
}

#[tokio::test]
async fn other_requests_get_made_up_answers_of_the_same_shape() {
    let wall = SystemTime::UNIX_EPOCH + Duration::from_secs(1_776_239_021);
    let start = async |seed| {
        let clock = Arc::new(ManualClock::at(wall));
        Replica::builder().seed(seed).clock(clock).start().await.unwrap()
    };
    let replica = start(1).await;
    let ask = async |replica: &Replica, request: Value| {
        let answer = post(replica, REGIONS, &request).await;
        assert_eq!(answer.status(), StatusCode::CREATED);
        (header(&answer, "x-tradebind-assumed"), json(answer).await)
    };
    let tea =
        json!({ "type": "exporter", "product": "tea", "start_time": "2024-01-01", "end_time": "2024-12-31" });
    let (assumed, first) = ask(&replica, tea.clone()).await;
    assert_eq!(assumed, "data");
    let upstream = &first["data"];
    assert_eq!((&upstream["code"], &upstream["time"]), (&json!(1), &json!("1776239021")));
    let regions = &upstream["data"];
    let rows = regions["list"].as_array().unwrap();
    assert!(!rows.is_empty() && rows.len() as u64 <= regions["total"].as_u64().unwrap());
    let names = |row: &Value| row.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let recorded = documented().response.unwrap().body.unwrap();
    assert_eq!(names(&rows[0]), names(&recorded.json().unwrap()["data"]["data"]["list"][0]));
    assert_eq!(first["meta"]["billing"], json!({ "credits_charged": 0.14, "byok_used": false }));

    // Seed and request decide on the data, and on nothing else.
    let (_, again) = ask(&replica, tea.clone()).await;
    assert_eq!(again["data"], first["data"]);
    assert_ne!(again["request_id"], first["request_id"]);
    assert_eq!(ask(&start(1).await, tea.clone()).await.1, first);
    assert_ne!(ask(&start(2).await, tea.clone()).await.1["data"], first["data"]);
    let mut imports = tea;
    imports["type"] = "importer".into();
    let (assumed, imports) = ask(&replica, imports).await;
    assert_eq!(assumed, "data, key of the country id");
    assert_ne!(imports["data"], first["data"]);
}

#[tokio::test]
async fn a_key_is_demanded() {
    let replica = Replica::start().await.unwrap();
    let status = async |path: &str, value: Option<&str>| {
        let request = reqwest::Client::new().post(replica.tradewind_url() + path).body("{}");
        let request =
            value.into_iter().fold(request, |request, value| request.header("authorization", value));
        request.send().await.unwrap().status().as_u16()
    };
    let refused = [
        "",
        "Bearer",
        "Bearer ",
        "Bearer x",
        "Bearer tw_test_",
        "Basic tw_test_1",
        "tw_test_1",
        "Bearer tw_test_a b",
        "Bearer TW_TEST_1",
    ];
    for value in refused {
        assert_eq!(status("/api/email/verify", Some(value)).await, 401, "{value:?}");
    }
    assert_eq!(status("/api/email/verify", None).await, 401);
    for value in ["Bearer tw_test_1", "bearer tw_live_a-B_9", "Bearer  tw_test_1 "] {
        assert_eq!(status("/api/email/verify", Some(value)).await, 201, "{value:?}");
    }
    // Without one, what needs none is answered, and nothing is charged.
    for path in ["/api/health", "/api/metrics", "/api/reference/agentic-country-cr-lang.json"] {
        let answer = reqwest::get(replica.tradewind_url() + path).await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
    }
    assert_eq!(replica.tradewind_account("tw_test_1").unwrap().calls, 2);
}

/// No key is asked for before what no key would cure is told.
#[tokio::test]
async fn what_no_operation_takes_is_told_the_nearest_without_a_key() {
    let replica = Replica::start().await.unwrap();
    let ask = async |method: reqwest::Method, path: &str| {
        let request = reqwest::Client::new().request(method, replica.tradewind_url() + path);
        request.send().await.unwrap()
    };
    let mut told = Vec::new();
    for (method, path) in
        [("POST", "/api/health"), ("HEAD", "/api/health"), ("GET", "/api/helth"), ("POST", "/api/elsewhere")]
    {
        let answer = ask(method.parse().unwrap(), path).await;
        let (status, allow) = (answer.status().as_u16(), header(&answer, "allow"));
        assert_eq!(
            header(&answer, "x-tradebind-assumed"),
            "status, error code and message, billing of a failure"
        );
        let body = answer.bytes().await.unwrap();
        let body: Value = serde_json::from_slice(&body).unwrap_or_default();
        told.push(format!("{method} {path}: {status} [{allow}] {}", body["error"]["message"]));
    }
    insta::assert_snapshot!(told.join("\n"), @r#"
    POST /api/health: 405 [GET] "the replica of tradewind has no POST /api/health; method: this path takes GET"
    HEAD /api/health: 405 [GET] null
    GET /api/helth: 404 [] "the replica of tradewind has no GET /api/helth; nearest is GET /api/health (health); path: \"helth\" is not \"health\""
    POST /api/elsewhere: 404 [] "the replica of tradewind has no POST /api/elsewhere; nearest is POST /api/email/verify (email_verify); path: \"elsewhere\" is not \"email\""
    "#);
}

#[tokio::test]
async fn free_is_free_and_other_prices_are_assumed() {
    let replica = Replica::builder().tradewind_price("match_contacts", credits("1.5")).start().await.unwrap();
    let told = async |answer: Response| {
        let assumed = header(&answer, "x-tradebind-assumed");
        (assumed, json(answer).await["meta"]["billing"]["credits_charged"].to_string())
    };
    let free = told(get(&replica, "/api/customs/reference/countries").await).await;
    assert_eq!(free, ("data, status".to_owned(), "0".to_owned()));
    for (path, price) in [
        ("/api/customs/analytics/market-trend", "0.14"),
        ("/api/customs/companies/match-contacts", "1.5"),
        ("/api/email/verify", "0.14"),
    ] {
        let (assumed, charged) = told(post(&replica, path, &json!({})).await).await;
        assert_eq!((assumed.as_str(), charged.as_str()), ("data, status, price", price), "{path}");
    }
    assert_eq!(replica.tradewind_account(KEY).unwrap().charged, credits("1.78"));
    let metrics = get(&replica, "/api/metrics").await;
    assert_eq!(header(&metrics, "x-tradebind-assumed"), "status, names of the metrics");
    assert_eq!(header(&metrics, "content-type"), "text/plain");
    assert!(metrics.text().await.unwrap().contains("\ntradebind_replica_credits_charged_total 1.78\n"));
}

#[tokio::test]
async fn what_is_known_of_other_answers_is_in_them() {
    let replica = Replica::start().await.unwrap();
    let task = json(post(&replica, "/api/agentic/search", &json!({ "keyword": "tea" })).await).await;
    assert!(task["data"]["task_id"].as_str().unwrap().starts_with("task_"), "{task}");
    let companies =
        json(post(&replica, "/api/company/search", &json!({ "page": 3, "per_page": 10 })).await).await;
    assert_eq!(companies["data"]["companies"].as_array().unwrap().len(), 5);
    assert_eq!(
        (&companies["meta"]["total_results"], &companies["meta"]["has_more"]),
        (&json!(25), &Value::Null)
    );
    let people = json(post(&replica, "/api/people/search", &json!({ "per_page": 20 })).await).await;
    assert_eq!(people["data"]["people"].as_array().unwrap().len(), 20);
    assert_eq!(people["meta"]["has_more"], true);
    let trend =
        json(post(&replica, "/api/customs/analytics/market-trend", &json!({ "limit": 2 })).await).await;
    assert_eq!(
        (trend["data"]["code"].as_i64(), trend["data"]["data"]["list"].as_array().unwrap().len()),
        (Some(1), 2)
    );
}

/// Each is refused in a way that says what to do, and costs nothing.
#[tokio::test]
async fn what_does_not_fit_is_told() {
    let replica = Replica::start().await.unwrap();
    let told = async |answer: Response| {
        let (status, assumed) = (answer.status().as_u16(), header(&answer, "x-tradebind-assumed"));
        let body = json(answer).await;
        assert_eq!(
            (&body["success"], &body["meta"]["billing"]["credits_charged"]),
            (&json!(false), &json!(0))
        );
        assert!(assumed.contains("error code and message"), "{assumed}");
        format!(
            "{status} {}\n  {}\n",
            body["error"]["code"],
            body["error"]["message"].as_str().unwrap().replace("; ", "\n  ")
        )
    };
    let mut all = String::new();
    for (path, body) in [
        (REGIONS, json!({})),
        (REGIONS, json!([])),
        (REGIONS, json!({ "type": "exportr", "start_time": "2024", "hscode": 3907, "hs_code": "" })),
        (REGIONS, json!({ "type": "exporter", "start_time": "2023-02-29" })),
        (
            "/api/people/search",
            json!({ "page": "1", "job": { "job_titels": ["buyer"], "departments": ["ceo"] } }),
        ),
        ("/api/customs/analytics/world-region", json!({})),
        ("/api/customs/analytics/world-regions/", json!({})),
        ("/api/customs/analytics", json!({})),
        ("/api/customs/analytics/world-regions?page=1", json!({ "type": "exporter" })),
        ("/api/health", json!({})),
    ] {
        all += &format!("POST {path} {body}\n  {}", told(post(&replica, path, &body).await).await);
    }
    for path in ["/api/email/verify/result/", REGIONS, "/"] {
        all += &format!("GET {path}\n  {}", told(get(&replica, path).await).await);
    }
    let send = async |body: Vec<u8>, kind: &str| {
        let request = reqwest::Client::new().post(replica.tradewind_url() + REGIONS).bearer_auth(KEY);
        told(request.header("content-type", kind).body(body).send().await.unwrap()).await
    };
    all += &format!("no JSON\n  {}", send(b"{".to_vec(), "application/json").await);
    all += &format!("no body\n  {}", send(vec![], "application/json").await);
    all += &format!(
        "a form\n  {}",
        send(b"{\"type\": \"exporter\"}".to_vec(), "application/x-www-form-urlencoded").await
    );
    all += &format!("too long\n  {}", send(vec![b' '; (1 << 20) + 1], "application/json").await);
    insta::assert_snapshot!(all);
    assert_eq!(replica.tradewind_account(KEY), None, "nothing was charged");
}

#[tokio::test]
async fn a_balance_runs_out() {
    let replica = Replica::builder().tradewind_balance(credits("0.3")).start().await.unwrap();
    let client = client(&replica);
    for _ in 0..2 {
        assert_eq!(client.world_regions(request()).await.unwrap().credits(), Some(credits("0.14")));
    }
    let error = client.world_regions(request()).await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::Refused, Some(402)));
    assert_eq!((error.service_code(), error.credits()), (Some("insufficient_credits"), Some(credits("0"))));
    assert!(!error.is_retryable(), "{error}");
    assert_eq!(client.ledger().charged(), credits("0.28"));
    let account = replica.tradewind_account(KEY).unwrap();
    assert_eq!(
        (account.balance, account.charged, account.calls),
        (Some(credits("0.02")), credits("0.28"), 2)
    );
    let refused = post(&replica, REGIONS, &documented_request()).await;
    assert_eq!(refused.status(), StatusCode::PAYMENT_REQUIRED);
    insta::assert_snapshot!(header(&refused, "x-tradebind-assumed"), @"status, error code and message, billing of a failure");
    // What is free needs none; another key has its own; and it can be filled up.
    assert_eq!(get(&replica, "/api/customs/reference/countries").await.status(), StatusCode::OK);
    replica.set_tradewind_balance(KEY, Some(credits("0.14")));
    assert!(client.world_regions(request()).await.is_ok());
    assert!(client.world_regions(request()).await.is_err());
}

/// The books of the service and of the client, where the answer is lost.
#[tokio::test]
async fn a_call_is_charged_then_lost() {
    for (fault, charged) in [
        (Fault::ChargeThenDrop, "0.14"),
        (Fault::ResetDuring, "0.14"),
        (Fault::Truncated(100), "0.14"),
        (Fault::Truncated(0), "0.14"),
        (Fault::ResetBefore, "0"),
    ] {
        let replica = Replica::start().await.unwrap();
        let client = client(&replica);
        replica.script(Door::Tradewind, [fault.clone().into()]);
        let error = client.world_regions(request()).await.unwrap_err();
        assert!(error.is_outcome_unknown() && !error.is_retryable(), "{fault}: {error}");
        assert_eq!(replica.tradewind_requests().len(), 1, "{fault}: sent once");
        let ledger = client.ledger();
        assert_eq!((ledger.charged(), ledger.unconfirmed()), (credits("0"), credits("0.14")), "{fault}");
        let account = replica.tradewind_account(KEY).unwrap_or_default();
        assert_eq!(account.charged, credits(charged), "{fault}");
        ledger.settle_unconfirmed(account.charged);
        assert_eq!(ledger.charged(), account.charged);
        let logged = &replica.tradewind_requests()[0];
        assert_eq!(logged.note.as_deref(), Some(&*fault.to_string()));
    }
}

#[tokio::test]
async fn a_failure_inside_a_success_is_charged() {
    let replica = Replica::start().await.unwrap();
    let client = client(&replica);
    replica.script(Door::Tradewind, [Fault::upstream(0, "no data source").into(), Fault::StackTrace.into()]);
    let error = client.world_regions(request()).await.unwrap_err();
    assert_eq!((error.kind(), error.service_code()), (ErrorKind::Upstream, Some("0")));
    assert_eq!(error.messages(), ["no data source"]);
    assert_eq!(error.credits(), Some(credits("0.14")));
    let error = client.world_regions(request()).await.unwrap_err();
    assert_eq!((error.kind(), error.credits()), (ErrorKind::TextInsteadOfData, Some(credits("0.14"))));
    assert!(!error.to_string().contains("Stack trace"), "{error}");
    assert_eq!(replica.tradewind_account(KEY).unwrap().charged, client.ledger().charged());
    // Nothing lies in the upstream's envelope where there is none.
    replica.script(Door::Tradewind, [Fault::upstream(0, "").into()]);
    assert!(client.company_search(Default::default()).allow(credits("1")).await.is_ok());
    assert_eq!(replica.tradewind_requests()[2].note.as_deref(), Some("upstream code 0: nothing to work on"));
    replica.script(Door::Tradewind, [Fault::upstream(0, "").into()]);
    let untouched = post(&replica, "/api/company/search", &json!({})).await;
    assert_eq!(header(&untouched, "x-tradebind-assumed"), "data, status, price");
}

#[tokio::test]
async fn data_faults_reach_the_client() {
    let replica = Replica::start().await.unwrap();
    let client = client(&replica);
    let steps = [Fault::DuplicateRows(2), Fault::WrongCount(-168), Fault::UnknownFields].map(Step::from);
    replica.script(Door::Tradewind, steps);
    let rows = async || client.world_regions(request()).await.unwrap().into_value();
    let doubled = rows().await.list.unwrap();
    assert_eq!(doubled.len(), 12);
    assert_eq!(doubled[10].en, doubled[0].en);
    assert_eq!(rows().await.total, Some(1));
    let unknown = rows().await.list.unwrap();
    assert_eq!(unknown[9].extra.len(), 1, "{:?}", unknown[9].extra);
}
