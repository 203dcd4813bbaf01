//! The TradeWind client against the local server: envelopes, money, faults, and what is never sent twice.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use tradebind::domain::Credits;
use tradebind::exchange::documented;
use tradebind::http::{Backoff, ManualClock, Pace, RawBody};
use tradebind::replica::{Door, Replica, Reply, Step};
use tradebind::tradewind::api::{self, types};
use tradebind::tradewind::{Access, Billed, Client, ClientBuilder, Ledger, OperationRequest, read_request};
use tradebind::{Error, ErrorKind};

include!(concat!(env!("OUT_DIR"), "/by_operation.rs"));

const KEY: &str = "tw_test_0123456789";
const AN_HOUR: Duration = Duration::from_secs(3600);

fn credits(text: &str) -> Credits {
    text.parse().unwrap()
}

fn json_body<T: tradebind::RequestBody>() -> T {
    read_request(r"{}").unwrap()
}

/// The documented request.
fn request() -> types::WorldRegionsRequest {
    let body = world_regions_exchange().request.body.unwrap();
    read_request(&body.json().unwrap().to_string()).unwrap()
}

fn world_regions_exchange() -> tradebind::exchange::Exchange {
    let mut all = documented().unwrap().into_iter();
    all.find(|(name, _)| name.contains("world_regions.documented")).unwrap().1
}

/// The documented answer.
fn answer() -> Value {
    world_regions_exchange().response.unwrap().body.unwrap().json().unwrap().clone()
}

/// An answer with these data, charged 0.14 as request `r1`.
fn charged(data: &Value) -> Value {
    json!({
        "success": true, "request_id": "r1", "data": data, "error": null,
        "meta": { "billing": { "credits_charged": 0.14, "byok_used": false } },
    })
}

/// A client of the local server, with the price of every operation allowed for.
fn builder(replica: &Replica) -> ClientBuilder {
    let builder = Client::builder().base_url(replica.tradewind_url()).key(KEY).unwrap().pace(Pace::off());
    api::OPERATIONS
        .iter()
        .filter(|operation| operation.credits.is_none() && operation.billing != tradebind::Billing::Free)
        .fold(builder, |builder, operation| builder.allow(operation.id, credits("0.5")))
}

/// A server whose TradeWind side answers so, and a client of it with a budget.
async fn scripted(steps: impl IntoIterator<Item = Step>) -> (Replica, Client) {
    let replica = Replica::start().await.unwrap();
    replica.script(Door::Tradewind, steps);
    let client = builder(&replica).max_credits(credits("10")).build().unwrap();
    (replica, client)
}

/// Charged, unconfirmed and reserved credits.
fn books(ledger: &Ledger) -> String {
    assert_eq!(ledger.reserved(), Credits::default(), "nothing is under way after a call");
    format!("{} {}", ledger.charged().amount().normalize(), ledger.unconfirmed().amount().normalize())
}

/// What a call of world regions fails with, and the state of the books.
async fn fault(step: impl Into<Step>) -> (Error, String) {
    let (replica, client) = scripted([step.into()]).await;
    let error = client.world_regions(request()).await.unwrap_err();
    assert_eq!((replica.tradewind_requests().len(), replica.pending(Door::Tradewind)), (1, 0), "sent once");
    assert_eq!(error.operation(), Some("tradewind world_regions"));
    assert_eq!((error.attempts(), error.waited()), (1, Duration::ZERO));
    (error, books(client.ledger()))
}

#[tokio::test]
async fn the_documented_call() {
    let replica = Replica::start().await.unwrap();
    let client = Client::builder().base_url(replica.tradewind_url()).key(KEY).unwrap().build().unwrap();
    let billed = client.world_regions(request()).await.unwrap();
    assert_eq!(billed.credits(), Some(credits("0.14")));
    assert_eq!((billed.request_id(), billed.byok()), (Some("req_nQoYWnuIjKOv"), Some(false)));
    assert!(billed.meta().unwrap().billing.is_some());
    let regions = billed.into_value();
    assert_eq!((regions.total, regions.trade_count), (Some(169), Some(1_273_129)));
    let list = regions.list.unwrap();
    assert_eq!(list.len(), 10);
    assert_eq!((list[0].en.as_deref(), list[4].en.as_deref()), (Some("China"), None));

    assert_eq!(books(client.ledger()), "0.14 0");
    let spent = client.ledger().operations()["world_regions"];
    assert_eq!((spent.calls, spent.charged, spent.unconfirmed_calls), (1, credits("0.14"), 0));
    let sent = &replica.tradewind_requests()[0];
    assert_eq!((&*sent.method, &*sent.target), ("POST", "/api/customs/analytics/world-regions"));
}

#[tokio::test]
async fn any_status_of_success_will_do() {
    for status in [200, 201, 202, 299] {
        let (_replica, client) = scripted([Reply::json(status, &answer()).into()]).await;
        let billed = client.world_regions(request()).await.unwrap();
        assert_eq!(billed.value().list.as_ref().unwrap().len(), 10, "{status}");
        assert_eq!(books(client.ledger()), "0.14 0");
    }
}

/// The operations known when this was written: their data come without any envelope, as they were sent.
#[tokio::test]
async fn envelopes_are_undone() {
    for operation in api::OPERATIONS {
        let customs = operation.path.starts_with("/api/customs/");
        let data = if customs { json!({"code": 1, "data": {"x": [1]}}) } else { json!({"x": [1]}) };
        let reply = match operation.id {
            "health" | "agentic_countries" => Reply::new(200, r#"{"up": true}"#),
            "metrics" => Reply::new(200, "up 1\n").header("content-type", "text/plain"),
            "world_regions" => Reply::json(200, &answer()),
            _ => Reply::json(200, &charged(&data)),
        };
        let (replica, client) = scripted([reply.into()]).await;
        let value = |billed: tradebind::tradewind::Billed<Value>| {
            assert_eq!(billed.request_id(), Some("r1"), "{}", operation.id);
            assert_eq!(billed.credits(), Some(credits("0.14")), "{}", operation.id);
            billed.into_value()
        };
        let given = match operation.id {
            "agentic_countries" => client.agentic_countries().await.unwrap().into_value(),
            "agentic_list" => value(client.agentic_list(json_body()).await.unwrap()),
            "agentic_search" => value(client.agentic_search(json_body()).await.unwrap()),
            "agentic_task" => value(client.agentic_task(json_body()).await.unwrap()),
            "company_enrich" => value(client.company_enrich(json_body()).await.unwrap()),
            "company_search" => value(client.company_search(json_body()).await.unwrap()),
            "customs_company_detail" => value(client.customs_company_detail(json_body()).await.unwrap()),
            "customs_countries" => value(client.customs_countries().await.unwrap()),
            "email_verify" => value(client.email_verify(json_body()).await.unwrap()),
            "email_verify_result" => value(client.email_verify_result("a/b c").await.unwrap()),
            "health" => client.health().await.unwrap().into_value(),
            "market_trend" => value(client.market_trend(json_body()).await.unwrap()),
            "match_contacts" => value(client.match_contacts(json_body()).await.unwrap()),
            "metrics" => {
                assert_eq!(client.metrics().await.unwrap().value(), "up 1\n");
                json!({"up": true})
            }
            "people_enrich" => value(client.people_enrich(json_body()).await.unwrap()),
            "people_search" => value(client.people_search(json_body()).await.unwrap()),
            "world_regions" => {
                let regions = client.world_regions(request()).await.unwrap();
                json!({"x": [regions.value().list.as_ref().unwrap().len() / 10]})
            }
            // The next test calls it.
            _ => continue,
        };
        let plain = ["health", "agentic_countries", "metrics"].contains(&operation.id);
        assert_eq!(given, if plain { json!({"up": true}) } else { json!({"x": [1]}) }, "{}", operation.id);

        let sent = &replica.tradewind_requests()[0];
        let path = operation.path.replace("{taskId}", "a%2Fb%20c");
        assert_eq!((&*sent.method, &*sent.target), (operation.method, &*path));
        let keyed = sent.headers.iter().any(|(name, _)| name == "authorization");
        assert_eq!(keyed, operation.key, "{}", operation.id);
        assert_eq!(client.ledger().operations()[operation.id].calls, 1);
    }
}

/// What is told of any operation's answer.
fn told<T: serde::Serialize>(answer: Result<Billed<T>, Error>) -> (Value, Option<String>, Option<Credits>) {
    let billed = answer.unwrap();
    let (id, credits) = (billed.request_id().map(str::to_owned), billed.credits());
    (serde_json::to_value(billed.into_value()).unwrap(), id, credits)
}

/// Every operation of the document is called by its method, to its path and with its key. What the local server answers follows from
/// the document, as the methods do: a new operation is held without a line here.
#[tokio::test]
async fn every_operation_has_a_method() {
    let documented = documented().unwrap();
    for operation in api::OPERATIONS {
        let replica = Replica::start().await.unwrap();
        let client = builder(&replica).max_credits(credits("10")).build().unwrap();
        let own = documented
            .iter()
            .map(|(_, exchange)| exchange)
            .filter(|exchange| exchange.operation == operation.id);
        let sent = own.filter_map(|exchange| exchange.request.body.as_ref()?.json()).next();
        let sent = sent.map_or("{}".to_owned(), Value::to_string);
        let (value, id, charged) =
            by_method!(operation.id, client("a/b c", read_request(&sent).unwrap()), told);
        assert!(!value.is_null() && value.get("request_id").is_none(), "{}: {value}", operation.id);
        assert_eq!(id.is_some(), operation.key, "{}", operation.id);
        if operation.key && operation.billing != tradebind::Billing::Free {
            assert!(charged.is_some(), "{}", operation.id);
        }

        let asked = &replica.tradewind_requests()[0];
        let parts =
            operation.path.split('/').map(|part| if part.starts_with('{') { "a%2Fb%20c" } else { part });
        let path = asked.target.split('?').next().unwrap();
        assert_eq!((&*asked.method, path), (operation.method, &*parts.collect::<Vec<_>>().join("/")));
        let keyed = asked.headers.iter().any(|(name, _)| name == "authorization");
        assert_eq!(keyed, operation.key, "{}", operation.id);
        assert_eq!(client.ledger().operations()[operation.id].calls, 1);
    }
}

#[tokio::test]
async fn unknown_fields_are_kept() {
    let mut body = answer();
    body["news"] = json!("n");
    body["meta"]["trace"] = json!("t");
    body["meta"]["billing"]["currency"] = json!("c");
    body["data"]["data"]["page"] = json!(1);
    body["data"]["data"]["list"][0]["importer_country_id"] = json!(75);
    let (_replica, client) = scripted([Reply::json(200, &body).into()]).await;
    let billed = client.world_regions(request()).await.unwrap();
    let meta = billed.meta().unwrap();
    assert_eq!(meta.extra["trace"], "t");
    assert_eq!(meta.billing.as_ref().unwrap().extra["currency"], "c");
    assert_eq!(billed.value().extra["page"], 1);
    assert_eq!(billed.value().list.as_ref().unwrap()[0].extra["importer_country_id"], 75);

    let (_replica, client) =
        scripted([Reply::json(200, &charged(&json!({"code": 1, "data": 7}))).into()]).await;
    assert_eq!(client.market_trend(json_body()).await.unwrap().value(), 7);
}

/// A task id may be a text, since nobody knows its shape; anything else that is one is a fault.
#[tokio::test]
async fn a_task_id_may_be_a_text() {
    let reply = || Step::from(Reply::json(200, &charged(&json!("task-1"))));
    let (_replica, client) = scripted([reply(), reply()]).await;
    assert_eq!(client.agentic_search(json_body()).await.unwrap().value(), "task-1");
    let error = client.agentic_list(json_body()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TextInsteadOfData);
}

/// A failure inside HTTP 200 is one, and its charge is booked and told.
#[tokio::test]
async fn failures_inside_a_success_keep_their_charge() {
    use ErrorKind::{Decode, NoData, Refused, TextInsteadOfData, Upstream};
    let with = |name: &str, value: Value| {
        let mut body = charged(&json!({"code": 1, "data": {"list": []}}));
        body[name] = value;
        body
    };
    let without = |name: &str| {
        let mut body = charged(&json!({"code": 1, "data": {}}));
        body.as_object_mut().unwrap().remove(name);
        body
    };
    for (kind, body, code, messages) in [
        (Upstream, charged(&json!({"code": 0, "msg": "no", "data": {}})), Some("0"), vec!["no"]),
        (Upstream, charged(&json!({"code": -7, "msg": null})), Some("-7"), vec![]),
        (Refused, with("success", json!(false)), None, vec![]),
        (
            Refused,
            with("error", json!({"code": "x", "message": "m", "hint": "h"})),
            Some("x"),
            vec!["h", "m"],
        ),
        (Refused, with("error", json!({"code": 17})), Some("17"), vec![]),
        (Refused, with("error", json!("broken")), None, vec!["broken"]),
        (TextInsteadOfData, charged(&json!("PHP Fatal error: secret")), None, vec![]),
        (NoData, charged(&Value::Null), None, vec![]),
        (NoData, without("data"), None, vec![]),
        (NoData, charged(&json!({"code": 1, "msg": "ok"})), None, vec![]),
        (NoData, charged(&json!({"code": 1, "data": null})), None, vec![]),
        (Decode, charged(&json!([1])), None, vec![]),
        // As PHP writes an empty list, and other things that are not as documented.
        (
            Upstream,
            charged(&json!({"code": 0, "msg": "bad", "time": "1", "data": []})),
            Some("0"),
            vec!["bad"],
        ),
        (Upstream, charged(&json!({"code": "0", "data": false})), Some("0"), vec![]),
        (Upstream, charged(&json!({"code": 0, "time": 1, "data": ""})), Some("0"), vec![]),
        (TextInsteadOfData, charged(&json!({"code": 1, "data": "PHP secret"})), None, vec![]),
        (Decode, charged(&json!({"code": 1, "data": [1]})), None, vec![]),
        (NoData, charged(&json!({"list": []})), None, vec![]),
        (Decode, charged(&json!({"code": 1, "data": {"list": [{"tradeCount": "x"}]}})), None, vec![]),
    ] {
        let (error, books) = fault(Reply::json(200, &body)).await;
        assert_eq!(error.kind(), kind, "{body}: {error}");
        assert_eq!((error.credits(), error.request_id()), (Some(credits("0.14")), Some("r1")), "{body}");
        assert_eq!((error.service_code(), error.status()), (code, Some(200)), "{body}");
        assert_eq!(error.messages(), messages, "{body}");
        assert_eq!(books, "0.14 0", "{body}");
        assert!(!error.is_retryable() && !error.is_unsent(), "{body}");
        assert!(!error.to_string().contains("secret"), "the text is kept, not shown: {error}");
        assert_eq!(serde_json::from_slice::<Value>(error.body().unwrap()).unwrap(), body);

        // Asked by its id, the operation fails in the same way, but for the shape of what was paid for: it comes as it is.
        let is_shape = kind == Decode || body["data"] == json!({"list": []});
        let (answer, books) = by_id("world_regions", Reply::json(200, &body)).await;
        assert_eq!(books, "0.14 0", "{body}");
        match answer {
            Ok(answer) => {
                assert!(is_shape, "{body}");
                assert_eq!(
                    (answer.value().json::<Value>().unwrap(), answer.credits()),
                    (body, Some(credits("0.14")))
                );
            }
            Err(error) => {
                assert_eq!((error.kind(), is_shape), (kind, false), "{body}: {error}");
                assert_eq!(
                    (error.credits(), error.request_id()),
                    (Some(credits("0.14")), Some("r1")),
                    "{body}"
                );
                assert_eq!((error.service_code(), error.status()), (code, Some(200)), "{body}");
                assert_eq!(error.messages(), messages, "{body}");
                assert_eq!(serde_json::from_slice::<Value>(error.body().unwrap()).unwrap(), body);
            }
        }
    }

    // The same of an operation whose data are of unknown shape.
    for (kind, body) in [
        (Upstream, charged(&json!({"code": 0, "msg": "no", "data": {}}))),
        (Upstream, charged(&json!({"code": "2"}))),
        (Refused, with("success", json!(false))),
        (TextInsteadOfData, charged(&json!("trace"))),
        (NoData, charged(&Value::Null)),
        (NoData, without("data")),
        (NoData, charged(&json!({"code": 1}))),
    ] {
        let (_replica, client) = scripted([Reply::json(200, &body).into()]).await;
        let error = client.market_trend(json_body()).await.unwrap_err();
        assert_eq!((error.kind(), error.credits()), (kind, Some(credits("0.14"))), "{body}");
        assert_eq!(self::books(client.ledger()), "0.14 0", "{body}");
    }
}

/// Where a failure inside HTTP 200 tells no charge, what was reserved is held, and the error says so.
#[tokio::test]
async fn failures_inside_a_success_tell_what_is_held() {
    use ErrorKind::{NoData, Refused, TextInsteadOfData, Upstream};
    let without_charge = |data: &Value| {
        let mut body = charged(data);
        body.as_object_mut().unwrap().remove("meta");
        body
    };
    let mut refused = without_charge(&json!({}));
    refused["error"] = json!("broken");
    let mut told = Vec::new();
    for (kind, body) in [
        (Upstream, without_charge(&json!({"code": 0, "msg": "no"}))),
        (TextInsteadOfData, without_charge(&json!("PHP Fatal error"))),
        (NoData, without_charge(&Value::Null)),
        (Refused, refused),
    ] {
        let reply = || Reply::json(200, &body);
        let by_method = fault(reply()).await;
        let (answer, books) = by_id("world_regions", reply()).await;
        let by_id = (answer.unwrap_err(), books);
        let (_replica, client) = scripted([reply().into()]).await;
        let path = "/api/customs/analytics/world-regions";
        let answer = client.raw("POST", path, Some("{}".into())).unwrap().await;
        let by_address = (answer.unwrap_err(), self::books(client.ledger()));
        for (error, books) in [&by_method, &by_id, &by_address] {
            assert_eq!((error.kind(), error.credits()), (kind, None), "{error}");
            assert_eq!((error.unconfirmed(), &**books), (Some(credits("0.14")), "0 0.14"), "{error}");
            assert_eq!(error.to_string(), by_method.0.to_string());
        }
        told.push(by_method.0.to_string());
    }
    insta::assert_snapshot!(told.join("\n"), @r#"
    tradewind world_regions: the upstream failed; the service says "no" (HTTP 200, code 0, 0.14 credits held as unconfirmed, request r1)
    tradewind world_regions: a text came where data belong (it is kept, not shown) (HTTP 200, 0.14 credits held as unconfirmed, request r1)
    tradewind world_regions: the answer holds no data (HTTP 200, 0.14 credits held as unconfirmed, request r1)
    tradewind world_regions: the service refused the request; the service says "broken" (HTTP 200, 0.14 credits held as unconfirmed, request r1)
    "#);
}

/// What is handed on as it came may tell a charge, though it can be skipped over only.
#[tokio::test]
async fn a_charge_is_booked_wherever_it_stands() {
    let body =
        r#"{"success":true,"request_id":"r1","note":"half \ud800","meta":{"billing":{"credits_charged":5}}}"#;
    let (_replica, client) = scripted([Reply::new(200, body).into()]).await;
    let call = client.raw("POST", "/api/new", Some("{}".into())).unwrap();
    let billed = call.allow(credits("1")).await.unwrap();
    assert_eq!(billed.value().body(), body);
    assert_eq!((billed.credits(), billed.request_id()), (Some(credits("5")), Some("r1")));
    assert_eq!(books(client.ledger()), "5 0");
    assert!(client.ledger().stopped().is_some(), "more than was allowed");
    // What the document calls free, too.
    let body = json!({"up": true, "meta": {"billing": {"credits_charged": 0.5}}});
    let (_replica, client) = scripted([Reply::json(200, &body).into()]).await;
    assert_eq!(client.health().await.unwrap().credits(), Some(credits("0.5")));
    assert_eq!(books(client.ledger()), "0.5 0");
}

/// What a call by an operation's id brings, and the state of the books.
async fn by_id(
    id: &str,
    step: impl Into<Step>,
) -> (Result<Billed<tradebind::http::Response>, Error>, String) {
    let (replica, client) = scripted([step.into()]).await;
    let body = api::OPERATIONS.iter().find(|operation| operation.id == id).unwrap().body;
    let request = OperationRequest::new(id, &[], body.map(|_| r#"{"type": "exporter"}"#)).unwrap();
    let answer = client.operation(&request).unwrap().await;
    assert_eq!(replica.tradewind_requests().len(), 1, "sent once");
    (answer, books(client.ledger()))
}

/// What is no JSON is none by the operation's id either.
#[tokio::test]
async fn bodies_that_are_none_are_told_by_id_too() {
    for reply in [Reply::html(200), Reply::new(200, ""), Reply::new(201, "PHP Fatal error")] {
        let (answer, books) = by_id("world_regions", reply).await;
        let error = answer.unwrap_err();
        assert_eq!((error.kind(), &*books), (ErrorKind::OutcomeUnknown, "0 0.14"), "{error}");
        assert_eq!(error.operation(), Some("tradewind world_regions"));
    }
    for (body, place) in [("[1]", ""), ("{\"success\": tru}", "/success")] {
        let (answer, _) = by_id("world_regions", Reply::new(200, body)).await;
        let error = answer.unwrap_err();
        assert!(error.is_decode() && error.place().unwrap().pointer == place, "{error:?}");
        assert_eq!(error.body().unwrap(), body);
    }
    // Bodies that can be skipped over, but not read; a charge that stands there is booked.
    let deep: &str =
        format!("{{\"success\": false, \"data\": {}{}}}", "[".repeat(200), "]".repeat(200)).leak();
    for (body, told) in [
        (
            r#"{"success":false,"error":{"code":"x","message":"no \ud800"},"request_id":"r1","meta":{"billing":{"credits_charged":5}}}"#,
            (Some("r1"), "5 0"),
        ),
        (r#"{"success":true,"data":"PHP Fatal error \ud800"}"#, (None, "0 0.14")),
        (r#"{"success":false,"error":{"code":"x"},"n":1e999}"#, (None, "0 0.14")),
        (r#"{"success":"false","request_id":7,"data":[1],"meta":"x"}"#, (None, "0 0.14")),
        (deep, (None, "0 0.14")),
    ] {
        let (answer, books) = by_id("world_regions", Reply::new(200, body)).await;
        let error = answer.unwrap_err();
        assert!(error.is_decode() && error.place().is_some(), "{body}: {error:?}");
        assert_eq!((error.request_id(), &*books), told, "{body}");
        assert_eq!(error.body().unwrap(), body);
        // The operation's method says the same.
        let (error, books) = fault(Reply::new(200, body)).await;
        assert!(error.is_decode(), "{body}: {error:?}");
        assert_eq!((error.request_id(), &*books), told, "{body}");
    }
    let (answer, _) = by_id("health", Reply::new(200, r#"{"success":false,"error":"\ud800"}"#)).await;
    assert!(answer.unwrap_err().is_decode());
    let (answer, _) = by_id("health", Reply::new(200, "up")).await;
    assert!(answer.unwrap_err().is_decode());
    let (answer, _) = by_id("metrics", Reply::new(200, "up 1\n")).await;
    assert_eq!(answer.unwrap().value().body(), "up 1\n");
}

/// What is given at run time goes out as it was given, and behind it what the document wants sent beside it.
#[tokio::test]
async fn bodies_go_out_as_they_are() {
    let replica = Replica::start().await.unwrap();
    let client = builder(&replica).build().unwrap();
    let sent = || {
        replica.tradewind_requests().last().map(|sent| String::from_utf8(sent.body.clone()).unwrap()).unwrap()
    };
    let text = "{ \"z\": 123456789012345678901234567890,\n\"a\": 0.10, \"é\": 1e2 }\n";
    for path in ["/api/any", "/api/company/search"] {
        replica.script(Door::Tradewind, [Reply::new(200, "{}").into()]);
        _ = client.raw("POST", path, Some(text.into())).unwrap().allow(credits("1")).await;
        assert_eq!(sent(), text);
    }
    let form = RawBody::from(vec![0, 0xff]).of_type("application/octet-stream");
    replica.script(Door::Tradewind, [Reply::new(200, "{}").into()]);
    client.raw("PUT", "/api/any", Some(form)).unwrap().allow(credits("1")).await.unwrap();
    let last = replica.tradewind_requests().pop().unwrap();
    assert_eq!(last.body, [0, 0xff]);
    assert!(
        last.headers.contains(&("content-type".to_owned(), "application/octet-stream".to_owned())),
        "{last:?}"
    );
    let error = client.raw("PUT", "/x", Some(RawBody::from("").of_type("a\nb"))).map(drop).unwrap_err();
    assert_eq!((error.kind(), error.is_unsent()), (ErrorKind::InvalidRequest, true));

    let run = async |id: &str, body: &str| {
        let request = OperationRequest::new(id, &[], Some(body)).unwrap();
        assert!(client.operation(&request).unwrap().await.is_ok(), "{id}");
        assert_eq!(request.body(), Some(&*sent()));
        sent()
    };
    assert_eq!(run("match_contacts", text).await, text);
    let all = r#"{"type": "exporter", "departure_port": "", "end_time": "", "hscode": "0101", "product": "", "seller": "", "start_time": "", "tradeCode": "", "buyer": ""}"#;
    assert_eq!(run("world_regions", all).await, all);
    let short = run("world_regions", " {\"type\": \"exporter\" }\n").await;
    assert!(
        short.starts_with(" {\"type\": \"exporter\",\"buyer\":\"\",") && short.ends_with("\"\"}"),
        "{short}"
    );
    assert_eq!(serde_json::from_str::<Value>(&short).unwrap().as_object().unwrap().len(), 9);
}

#[tokio::test]
async fn a_decode_fault_tells_its_place() {
    for (data, place) in [
        (
            json!({"code": 1, "data": {"list": [{}, {"tradeCount": "x"}]}}),
            "at /data/data/list/1/tradeCount, offset ",
        ),
        (json!([1]), "at /data, offset "),
        (json!(7), "at /data, offset "),
    ] {
        let (error, _) = fault(Reply::json(200, &charged(&data))).await;
        assert!(error.is_decode() && error.to_string().contains(place), "{data}: {error}");
    }
    // Where the envelope itself is none, the cost is fished out of what came.
    let body =
        json!({"success": "yes", "request_id": "r1", "meta": {"billing": {"credits_charged": "0.14"}}});
    let (error, books) = fault(Reply::json(200, &body)).await;
    assert_eq!((error.kind(), error.place().unwrap().pointer.as_str()), (ErrorKind::Decode, "/success"));
    assert_eq!((error.request_id(), error.credits()), (Some("r1"), Some(credits("0.14"))));
    assert_eq!(books, "0.14 0");
    let (error, books) = fault(Reply::new(200, "")).await;
    assert_eq!((error.kind(), &*books), (ErrorKind::OutcomeUnknown, "0 0.14"));
    let (error, books) = fault(Reply::html(200)).await;
    assert_eq!((error.kind(), error.status(), &*books), (ErrorKind::OutcomeUnknown, Some(200), "0 0.14"));
    assert!(error.to_string().contains("HTML"), "{error}");
}

/// What a status other than 2xx means for a call that may be billed; none is repeated.
#[tokio::test]
async fn statuses_of_failure() {
    use ErrorKind::{AccessDenied, Busy, HttpStatus, OutcomeUnknown, Redirected, Refused, UsageLimit};
    let envelope = json!({"success": false, "request_id": "r1", "error": {"code": "c", "message": "m"}});
    for (status, kind, retryable) in [
        (302, Redirected, false),
        (400, Refused, false),
        (401, AccessDenied, false),
        (402, Refused, false),
        (403, AccessDenied, false),
        (422, Refused, false),
        (429, UsageLimit, true),
        (500, HttpStatus, false),
        (503, Busy, false),
    ] {
        let (error, books) = fault(Reply::json(status, &envelope)).await;
        assert_eq!((error.kind(), error.is_retryable()), (kind, retryable), "{status}");
        assert_eq!((error.status(), error.request_id(), error.credits()), (Some(status), Some("r1"), None));
        assert_eq!((error.service_code(), &error.messages()[0][..]), (Some("c"), "m"));
        assert_eq!(books, "0 0.14", "{status}: whether a failed call is billed is untold");
    }
    let mut told = envelope.clone();
    told["meta"] = json!({"billing": {"credits_charged": 0}});
    let (error, books) = fault(Reply::json(400, &told)).await;
    assert_eq!(
        (error.credits(), &*books),
        (Some(credits("0")), "0 0"),
        "the answer says that nothing was charged"
    );

    // A gateway's page hides what happened behind it.
    for (status, kind, retryable) in [
        (301, Redirected, false),
        (400, HttpStatus, false),
        (401, AccessDenied, false),
        (404, HttpStatus, false),
        (408, OutcomeUnknown, false),
        (429, UsageLimit, true),
        (500, OutcomeUnknown, false),
        (502, OutcomeUnknown, false),
        (503, OutcomeUnknown, false),
        (504, OutcomeUnknown, false),
    ] {
        let (error, books) = fault(Reply::html(status)).await;
        assert_eq!((error.kind(), error.is_retryable()), (kind, retryable), "{status}");
        assert_eq!((error.status(), &*books), (Some(status), "0 0.14"), "{status}");
    }
    // JSON that is no envelope is a gateway's as well, also one with an `error`.
    for (status, body) in [
        (502, json!({"message": "upstream"})),
        (502, json!({"error": "upstream connect error"})),
        (504, json!({"timestamp": 1, "status": 504, "error": "Gateway Timeout"})),
        (408, json!({"error": {"code": "timeout"}})),
    ] {
        let (error, books) = fault(Reply::json(status, &body)).await;
        assert_eq!((error.kind(), &*books), (OutcomeUnknown, "0 0.14"), "{body}");
    }
    // One odd member does not hide what the others say.
    let odd = json!({"success": false, "request_id": 7, "error": {"code": "E1", "message": "m"}});
    let (error, _) = fault(Reply::json(400, &odd)).await;
    assert_eq!(
        (error.kind(), error.service_code(), error.messages()),
        (Refused, Some("E1"), &["m".to_owned()][..])
    );
}

#[tokio::test]
async fn a_usage_limit_tells_how_long_to_wait() {
    let body = json!({"success": false, "error": {"code": "rate"}});
    let (error, _) = fault(Reply::json(429, &body).header("retry-after", "17")).await;
    assert_eq!(error.retry_after(), Some(Duration::from_secs(17)));
    let date = |text| ("Sun, 06 Nov 1994 08:49:37 GMT", text);
    let (now, later) = date("Sun, 06 Nov 1994 08:50:07 GMT");
    let reply = Reply::json(429, &body).header("retry-after", later).header("date", now);
    let (error, _) = fault(reply).await;
    assert_eq!(error.retry_after(), Some(Duration::from_secs(30)));
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let other = Replica::start().await.unwrap();
    for status in [301, 302, 303, 307, 308] {
        let reply =
            || Reply::new(status, "").header("location", &(other.tradewind_url() + "/api/health?a=b"));
        let (error, books) = fault(reply()).await;
        assert_eq!((error.kind(), &*books), (ErrorKind::Redirected, "0 0.14"), "{status}");
        assert!(error.to_string().contains(&format!("to {}", other.tradewind_url())), "{error}");
        assert!(!error.to_string().contains("a=b"), "{error}");

        // Nor is one of a free read, or within the host.
        let within = Reply::new(status, "").header("location", "/api/metrics");
        let (replica, client) = scripted([reply().into(), within.into()]).await;
        for _ in 0..2 {
            assert_eq!(client.health().await.unwrap_err().kind(), ErrorKind::Redirected);
        }
        assert_eq!(replica.tradewind_requests().len(), 2);
    }
    assert_eq!(other.connections(Door::Tradewind), 0, "nobody came to the other host");
}

/// The answer of a billed call is lost: once sent, never again, and its price stays in the books.
#[tokio::test]
async fn a_lost_answer_is_an_unknown_outcome() {
    let body = answer();
    let cut = |bytes| Step::from(Reply::json(201, &body).cut_after(bytes));
    for (what, step, requests, status) in [
        ("closed as it opens", Step::CloseOnAccept, 0, None),
        ("closed during the request", Step::CloseDuringRequest, 0, None),
        ("closed after the request", Step::CloseAfterRequest, 1, None),
        ("no body", cut(0), 1, Some(201)),
        ("half a body", cut(1000), 1, Some(201)),
        ("all but a byte", cut(body.to_string().len() - 1), 1, Some(201)),
        ("slow headers", Reply::json(201, &body).after(AN_HOUR).into(), 1, None),
        ("a slow body", Reply::json(201, &body).slowly(100, AN_HOUR).into(), 1, Some(201)),
    ] {
        let replica = Replica::start().await.unwrap();
        replica.script(Door::Tradewind, [step]);
        // More than the whole call takes where nothing is slow, on a busy machine, too.
        let slow = what.contains("slow");
        let limit = if slow { Duration::from_secs(3) } else { Duration::from_secs(60) };
        let clock = Arc::new(ManualClock::at(SystemTime::UNIX_EPOCH));
        let budget = credits("0.14");
        let client =
            builder(&replica).timeout(limit).clock(clock.clone()).max_credits(budget).build().unwrap();
        let error = client.world_regions(request()).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.is_retryable()),
            (ErrorKind::OutcomeUnknown, false),
            "{what}: {error}"
        );
        assert!(error.is_outcome_unknown() && !error.is_unsent(), "{what}");
        assert_eq!(error.to_string().contains("the time limit passed"), slow, "{what}: {error}");
        assert_eq!((error.attempts(), error.status(), error.credits()), (1, status, None), "{what}");
        assert_eq!(replica.connections(Door::Tradewind), 1, "{what}: nothing is repeated");
        assert_eq!(replica.tradewind_requests().len(), requests, "{what}");
        assert_eq!((books(client.ledger()), clock.naps()), ("0 0.14".to_owned(), vec![]), "{what}");
        assert_eq!(client.ledger().operations()["world_regions"].unconfirmed_calls, 1, "{what}");

        // The budget holds what may have been charged, until the account tells.
        let error = client.world_regions(request()).await.unwrap_err();
        assert!(error.is_budget_reached() && error.is_unsent(), "{what}: {error}");
        assert_eq!(replica.connections(Door::Tradewind), 1, "{what}");
        client.ledger().settle_unconfirmed(credits("0"));
        assert_eq!(client.world_regions(request()).await.unwrap().credits(), Some(budget), "{what}");
    }
}

#[tokio::test]
async fn a_body_past_the_cap_keeps_its_reservation() {
    let replica = Replica::start().await.unwrap();
    replica.script(Door::Tradewind, [Reply::json(201, &answer()).gzip().endless(1 << 30).into()]);
    let client = builder(&replica).body_cap(10_000).build().unwrap();
    let error = client.world_regions(request()).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.status(), error.is_retryable()),
        (ErrorKind::OutcomeUnknown, Some(201), false)
    );
    assert_eq!((books(client.ledger()), replica.tradewind_requests().len()), ("0 0.14".to_owned(), 1));
    assert!(error.body().unwrap().len() <= 10_000);
    assert!(error.to_string().contains("the body passes the cap: 10000 bytes"), "{error}");
}

/// A port of loopback that nobody listens on.
fn closed_port() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

#[tokio::test]
async fn nothing_is_reserved_where_nobody_listens() {
    let clock = Arc::new(ManualClock::at(SystemTime::UNIX_EPOCH));
    let client = Client::builder()
        .base_url(closed_port())
        .key(KEY)
        .unwrap()
        .pace(Pace::off())
        .clock(clock.clone())
        .backoff(Backoff::default().attempts(3))
        .max_credits(credits("0.14"))
        .build()
        .unwrap();
    for calls in 1..=2 {
        let error = client.world_regions(request()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unreachable, "{error}");
        assert!(error.is_unsent() && error.is_retryable());
        assert_eq!(error.attempts(), 3);
        let naps = clock.naps();
        assert_eq!(naps.len(), 2 * calls);
        assert_eq!(error.waited(), naps[naps.len() - 2..].iter().sum::<Duration>());
        assert_eq!(books(client.ledger()), "0 0", "nothing left, so that nothing is spent");
        assert_eq!(client.ledger().operations(), Default::default());
    }
}

#[tokio::test]
async fn free_reads_are_repeated() {
    let replica = Replica::start().await.unwrap();
    let clock = Arc::new(ManualClock::at(SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777)));
    let client = builder(&replica)
        .clock(clock.clone())
        .backoff(Backoff::default().attempts(4))
        .max_credits(credits("0"))
        .build()
        .unwrap();
    let limited = json!({"success": false, "error": {"code": "rate"}});
    replica.script(
        Door::Tradewind,
        [
            Reply::html(503).header("retry-after", "7").into(),
            Reply::json(429, &limited)
                .header("date", "Sun, 06 Nov 1994 08:49:00 GMT")
                .header("retry-after", "Sun, 06 Nov 1994 08:50:00 GMT")
                .into(),
            Step::CloseAfterRequest,
            Reply::json(200, &charged(&json!({"code": 1, "data": [140]}))).into(),
        ],
    );
    let billed = client.customs_countries().await.unwrap();
    assert_eq!(billed.value(), &json!([140]));
    let naps = clock.naps();
    assert_eq!((naps.len(), &naps[..2]), (3, &[Duration::from_secs(7), Duration::from_secs(60)][..]));
    assert_eq!(replica.tradewind_requests().len(), 4);
    client.ledger().resume();

    // Up to the bound, and no further.
    replica.script(Door::Tradewind, vec![Step::from(Reply::html(503)); 5]);
    let error = client.health().await.unwrap_err();
    assert_eq!((error.kind(), error.attempts(), error.is_retryable()), (ErrorKind::Busy, 4, true));
    assert_eq!(error.waited(), clock.naps()[3..].iter().sum::<Duration>());
    assert_eq!((replica.tradewind_requests().len(), replica.pending(Door::Tradewind)), (8, 1));

    // What is refused is not asked again.
    replica.script(Door::Tradewind, [Reply::json(400, &limited).into()]);
    replica.script(Door::Tradewind, [Reply::html(404).into()]);
    assert_eq!(client.health().await.unwrap_err().kind(), ErrorKind::Refused, "after one more 503");
    assert_eq!(client.health().await.unwrap_err().kind(), ErrorKind::HttpStatus);
    assert_eq!(replica.tradewind_requests().len(), 11);
}

/// A free read whose failure tells a charge is not repeated, and the charge is booked.
#[tokio::test]
async fn a_read_that_is_charged_is_not_free() {
    let mut failure = json!({"success": false, "request_id": "r9", "error": {"code": "busy"}});
    failure["meta"] = json!({"billing": {"credits_charged": 0.2}});
    let (replica, client) = scripted([Reply::json(503, &failure).into()]).await;
    let error = client.health().await.unwrap_err();
    assert_eq!((error.kind(), error.credits(), error.attempts()), (ErrorKind::Busy, Some(credits("0.2")), 1));
    assert_eq!(error.request_id(), Some("r9"));
    assert_eq!((books(client.ledger()), replica.tradewind_requests().len()), ("0.2 0".to_owned(), 1));
    assert!(
        client.ledger().stopped().is_some(),
        "against a budget, a charge above its price stops the ledger"
    );
}

/// Whatever the status: what was charged is not told to be harmless to repeat.
#[tokio::test]
async fn what_was_charged_is_never_retryable() {
    let mut told = Vec::new();
    for status in [429, 503, 500] {
        let mut failure = json!({"success": false, "request_id": "r9", "error": {"code": "busy"}});
        failure["meta"] = json!({"billing": {"credits_charged": 0.2}});
        let (replica, client) = scripted(vec![Step::from(Reply::json(status, &failure)); 2]).await;
        let free = client.health().await.unwrap_err();
        assert_eq!((free.credits(), free.attempts()), (Some(credits("0.2")), 1));
        assert!(!free.is_retryable(), "{free}");
        client.ledger().resume();
        let billed = client.world_regions(request()).await.unwrap_err();
        assert!(!billed.is_retryable() && billed.attempts() == 1, "{billed}");
        assert_eq!(replica.tradewind_requests().len(), 2);
        told.push(free.to_string());
    }
    insta::assert_snapshot!(told.join("\n"), @"
    tradewind health: the usage limit is reached (HTTP 429, code busy, 0.2 credits charged, request r9); a repeat may be charged again
    tradewind health: the service is busy (HTTP 503, code busy, 0.2 credits charged, request r9); a repeat may be charged again
    tradewind health: the HTTP status tells a failure (HTTP 500, code busy, 0.2 credits charged, request r9)
    ");
}

/// Budget and ledger hold also for what only the document calls free.
#[tokio::test]
async fn what_proves_to_be_charged_is_free_no_longer() {
    let replica = Replica::start().await.unwrap();
    let client = builder(&replica).max_credits(credits("0.5")).build().unwrap();
    let mut dear = charged(&json!({"code": 1, "data": [140]}));
    dear["meta"]["billing"]["credits_charged"] = json!(0.2);
    let answer = || Step::from(Reply::json(200, &dear));
    replica.script(Door::Tradewind, [answer()]);
    assert_eq!(client.customs_countries().await.unwrap().credits(), Some(credits("0.2")));
    assert!(client.customs_countries().await.unwrap_err().is_budget_reached());
    assert!(client.health().await.unwrap_err().is_budget_reached());
    assert_eq!((books(client.ledger()), replica.tradewind_requests().len()), ("0.2 0".to_owned(), 1));

    // What it cost is its price, which the budget must hold, and nobody may allow less.
    client.ledger().resume();
    replica.script(Door::Tradewind, [answer()]);
    client.customs_countries().await.unwrap();
    assert_eq!(client.ledger().stopped(), None);
    let error = client.customs_countries().await.unwrap_err();
    assert!(error.is_budget_reached(), "{error}");
    let error = client.customs_countries().allow(credits("0.1")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{error}");
    client.health().await.unwrap();
    assert_eq!((books(client.ledger()), replica.tradewind_requests().len()), ("0.4 0".to_owned(), 3));

    // Nor is it repeated any more.
    client.ledger().set_budget(Some(credits("1")));
    replica.script(Door::Tradewind, [Reply::html(503).into()]);
    let error = client.customs_countries().await.unwrap_err();
    assert_eq!((error.is_outcome_unknown(), error.attempts()), (true, 1), "{error}");
    assert_eq!(books(client.ledger()), "0.4 0.2");
}

/// An allowance counts for what is free, too: else what the stop advises would not help.
#[tokio::test]
async fn what_is_allowed_for_what_is_free_counts() {
    let mut dear = charged(&json!({"code": 1, "data": [140]}));
    dear["meta"]["billing"]["credits_charged"] = json!(0.2);
    let answer = || Step::from(Reply::json(200, &dear));
    let (_replica, client) = scripted([answer()]).await;
    client.customs_countries().allow(credits("1")).await.unwrap();
    assert_eq!((books(client.ledger()), client.ledger().stopped()), ("0.2 0".to_owned(), None));
    let (_replica, client) = scripted([answer(), answer()]).await;
    client.customs_countries().allow(credits("0.1")).await.unwrap();
    let told = client.customs_countries().allow(credits("1")).await.unwrap_err().to_string();
    assert!(told.contains("was charged 0.2 credits where 0.1 were reserved; allow more, then"), "{told}");
    client.ledger().resume();
    client.customs_countries().allow(credits("1")).await.unwrap();
    assert_eq!((books(client.ledger()), client.ledger().stopped()), ("0.4 0".to_owned(), None));
}

#[tokio::test]
async fn without_a_key_only_what_needs_none_is_sent() {
    let replica = Replica::start().await.unwrap();
    replica.script(Door::Tradewind, [Reply::new(200, "{}").into()]);
    let client = Client::builder().base_url(replica.tradewind_url()).build().unwrap();
    client.health().await.unwrap();
    for error in [
        client.world_regions(request()).await.unwrap_err(),
        client.customs_countries().await.map(drop).map(|()| unreachable!()).unwrap_err(),
        client
            .raw("GET", "/api/any", None)
            .unwrap()
            .allow(credits("1"))
            .await
            .map(|_| unreachable!())
            .unwrap_err(),
    ] {
        assert_eq!((error.kind(), error.is_unsent()), (ErrorKind::NoKey, true));
    }
    assert_eq!(replica.tradewind_requests().len(), 1);
    assert_eq!(client.ledger().reserved(), Credits::default());
}

#[tokio::test]
async fn an_unknown_price_needs_an_allowance() {
    let replica = Replica::start().await.unwrap();
    let made = || Client::builder().base_url(replica.tradewind_url()).key(KEY).unwrap().pace(Pace::off());
    let client = made().build().unwrap();
    let error = client.market_trend(json_body()).await.unwrap_err();
    assert_eq!((error.kind(), error.is_unsent()), (ErrorKind::PriceUnknown, true));
    assert_eq!((replica.tradewind_requests().len(), books(client.ledger())), (0, "0 0".to_owned()));

    let reply = Step::from(Reply::json(200, &charged(&json!({"code": 1, "data": []}))));
    replica.script(Door::Tradewind, vec![reply; 2]);
    client.market_trend(json_body()).allow(credits("0.2")).await.unwrap();
    made().allow("market_trend", credits("0.2")).build().unwrap().market_trend(json_body()).await.unwrap();
    assert_eq!(replica.tradewind_requests().len(), 2);

    // The call's own goes before the client's, and both before the document's.
    let client = made().max_credits(credits("1")).allow("world_regions", credits("2")).build().unwrap();
    assert!(client.world_regions(request()).await.unwrap_err().is_budget_reached());
    client.world_regions(request()).allow(credits("1")).await.unwrap();

    let wrong = |builder: ClientBuilder| builder.build().unwrap_err();
    let error = wrong(made().allow("market_trends", credits("1")));
    assert_eq!(error.kind(), ErrorKind::Setup);
    assert!(error.to_string().contains(r#"did you mean "market_trend"?"#), "{error}");
    assert!(!wrong(made().allow("zzzzzzzzzzzzzzz", credits("1"))).to_string().contains("did you mean"));
    assert_eq!(wrong(made().allow("market_trend", credits("-1"))).kind(), ErrorKind::Setup);
    assert_eq!(wrong(made().max_credits(credits("-0.01"))).kind(), ErrorKind::Setup);
    let error = client.market_trend(json_body()).allow(credits("-1")).await.unwrap_err();
    assert_eq!((error.kind(), error.is_unsent()), (ErrorKind::InvalidRequest, true));
    assert_eq!(replica.tradewind_requests().len(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_tasks_against_a_budget_of_ten_calls() {
    let replica = Replica::start().await.unwrap();
    // Each answer waits a little, so that many calls are under way at once.
    let reply = Reply::json(201, &answer()).after(Duration::from_millis(20));
    replica.script(Door::Tradewind, vec![Step::from(reply); 50]);
    let client = builder(&replica).max_credits(credits("1.4")).build().unwrap();
    let tasks: Vec<_> = (0..50)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { client.world_regions(request()).await.map(|billed| billed.credits()) })
        })
        .collect();
    let (mut done, mut refused) = (0, 0);
    for task in tasks {
        match task.await.unwrap() {
            Ok(cost) => {
                assert_eq!(cost, Some(credits("0.14")));
                done += 1;
            }
            Err(error) => {
                assert!(error.is_budget_reached() && error.is_unsent(), "{error}");
                refused += 1;
            }
        }
    }
    assert_eq!((done, refused, replica.tradewind_requests().len()), (10, 40, 10));
    assert_eq!((books(client.ledger()), client.ledger().left()), ("1.4 0".to_owned(), Some(credits("0"))));
    assert_eq!(client.ledger().operations()["world_regions"].calls, 10);
}

#[tokio::test]
async fn a_task_that_is_stopped_in_mid_flight_leaves_its_price_unconfirmed() {
    let (replica, client) = scripted([Reply::json(201, &answer()).after(AN_HOUR).into()]).await;
    let task = tokio::spawn(client.world_regions(request()).into_future());
    while replica.tradewind_requests().is_empty() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(client.ledger().reserved(), credits("0.14"));
    task.abort();
    assert!(task.await.unwrap_err().is_cancelled());
    assert_eq!(books(client.ledger()), "0 0.14");

    // One that waits for its turn has sent nothing.
    let busy =
        builder(&replica).pace(Pace::new(1, Duration::ZERO)).max_credits(credits("10")).build().unwrap();
    replica.script(Door::Tradewind, [Reply::json(201, &answer()).after(AN_HOUR).into()]);
    let first = tokio::spawn(busy.world_regions(request()).into_future());
    while replica.tradewind_requests().len() < 2 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let second = tokio::spawn(busy.world_regions(request()).into_future());
    while busy.ledger().reserved() < credits("0.28") {
        tokio::task::yield_now().await;
    }
    second.abort();
    assert!(second.await.unwrap_err().is_cancelled());
    assert_eq!((busy.ledger().reserved(), busy.ledger().unconfirmed()), (credits("0.14"), credits("0")));
    first.abort();
}

#[tokio::test]
async fn a_charge_above_its_reservation_stops_later_calls() {
    let mut dear = answer();
    dear["meta"]["billing"]["credits_charged"] = json!(3);
    let (replica, client) = scripted([Reply::json(201, &dear).into(), Reply::new(200, "{}").into()]).await;
    assert_eq!(
        client.world_regions(request()).await.unwrap().credits(),
        Some(credits("3")),
        "it is handed on"
    );
    assert_eq!(books(client.ledger()), "3 0");
    let error = client.world_regions(request()).await.unwrap_err();
    assert!(error.is_budget_reached(), "{error}");
    assert!(
        error.to_string().contains("`world_regions` was charged 3 credits where 0.14 were reserved"),
        "{error}"
    );
    assert!(client.health().await.unwrap_err().is_budget_reached(), "what is free may be charged, too");
    assert_eq!(replica.tradewind_requests().len(), 1);
    client.ledger().resume();
    client.health().await.unwrap();
    client.world_regions(request()).await.unwrap();
    assert_eq!(books(client.ledger()), "3.14 0");

    // The same where the answer is a failure.
    dear["success"] = json!(false);
    replica.script(Door::Tradewind, [Reply::json(500, &dear).into()]);
    assert_eq!(client.world_regions(request()).await.unwrap_err().credits(), Some(credits("3")));
    assert!(client.world_regions(request()).await.unwrap_err().is_budget_reached());

    // The same without a budget.
    let open =
        Client::builder().base_url(replica.tradewind_url()).key(KEY).unwrap().pace(Pace::off()).build();
    let open = open.unwrap();
    dear["success"] = json!(true);
    replica.script(Door::Tradewind, [Reply::json(201, &dear).into()]);
    open.world_regions(request()).await.unwrap();
    assert!(open.world_regions(request()).await.unwrap_err().is_budget_reached());
    open.ledger().resume();
    open.world_regions(request()).await.unwrap();
    assert_eq!(books(open.ledger()), "3.14 0");
}

#[tokio::test]
async fn a_charge_below_nothing_makes_no_budget_larger() {
    let mut odd = answer();
    odd["meta"]["billing"]["credits_charged"] = json!(-100);
    let (_replica, client) = scripted([Reply::json(201, &odd).into()]).await;
    assert_eq!(client.world_regions(request()).await.unwrap().credits(), Some(credits("-100")));
    assert_eq!(books(client.ledger()), "0 0.14", "as if none were told");
    assert_eq!(client.ledger().left(), Some(credits("9.86")));

    // Nor does the largest amount break the sums.
    odd["meta"]["billing"]["credits_charged"] = json!("9999999999999999999999999999");
    let (_replica, client) = scripted(vec![Step::from(Reply::json(201, &odd)); 12]).await;
    for _ in 0..12 {
        client.ledger().resume();
        client.ledger().set_budget(None);
        client.world_regions(request()).await.unwrap();
    }
    assert!(client.ledger().charged() > credits("9999999999999999999999999999"));
}

#[tokio::test]
async fn two_clients_share_a_ledger() {
    let replica = Replica::start().await.unwrap();
    let ledger = Ledger::with_budget(credits("0.3"));
    let made = || builder(&replica).ledger(ledger.clone()).build().unwrap();
    let (one, two) = (made(), made());
    one.world_regions(request()).await.unwrap();
    two.world_regions(request()).await.unwrap();
    for client in [&one, &two, &two.clone()] {
        assert!(client.world_regions(request()).await.unwrap_err().is_budget_reached());
    }
    assert_eq!((books(&ledger), replica.tradewind_requests().len()), ("0.28 0".to_owned(), 2));
    ledger.set_budget(Some(credits("0.42")));
    one.world_regions(request()).await.unwrap();
}

#[tokio::test]
async fn raw_calls_go_by_the_same_rules() {
    let replica = Replica::start().await.unwrap();
    let client = Client::builder()
        .base_url(replica.tradewind_url())
        .key(KEY)
        .unwrap()
        .pace(Pace::off())
        .max_credits(credits("5"))
        .build()
        .unwrap();
    let targets = || replica.tradewind_requests().into_iter().map(|sent| sent.target).collect::<Vec<_>>();
    let keyed = || {
        let sent = replica.tradewind_requests();
        sent.last().unwrap().headers.iter().any(|(name, _)| name == "authorization")
    };

    // A known address keeps its price, and its answer comes whole.
    let body = serde_json::to_value(request()).unwrap();
    let path = "/api/customs/analytics/world-regions";
    let billed = client.raw("post", path, Some(body.into())).unwrap().await.unwrap();
    assert_eq!(billed.value().json::<Value>().unwrap(), answer());
    assert_eq!((billed.credits(), billed.value().status()), (Some(credits("0.14")), 201));
    assert_eq!(books(client.ledger()), "0.14 0");
    assert_eq!(client.ledger().operations()["world_regions"].calls, 1);
    assert!(keyed());
    // A free one goes without allowance, and without the key where it needs none.
    replica.script(Door::Tradewind, [Reply::new(200, "{}").into()]);
    client.raw("GET", "/api/health?deep=1&x=a%20b", None).unwrap().await.unwrap();
    assert!(!keyed());
    assert_eq!(targets()[1], "/api/health?deep=1&x=a%20b", "the query is kept");

    // Another way to write a free path, or another method, is not free.
    for (method, path) in [
        ("GET", "/api/new"),
        ("POST", "/api/health"),
        ("GET", "//api/health"),
        ("GET", "/api/health/"),
        ("GET", "/api/health/../company/search"),
        ("GET", "/api/%68ealth"),
        ("GET", "/api/email/verify/result/7"),
        ("GET", "/api/email/verify/result/"),
    ] {
        let error = client.raw(method, path, None).unwrap().await.map(|_| ()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::PriceUnknown, "{method} {path}");
    }
    let error = client.raw("POST", path, None).unwrap().allow(credits("4.87")).await.map(|_| ()).unwrap_err();
    assert!(error.is_budget_reached());
    for (method, path) in [("GET", "api/health"), ("GET", "http://evil.example/"), ("GET", ""), ("G T", "/")]
    {
        let error = client.raw(method, path, None).map(|_| ()).unwrap_err();
        assert_eq!((error.kind(), error.is_unsent()), (ErrorKind::InvalidRequest, true), "{method} {path}");
    }
    assert_eq!(replica.tradewind_requests().len(), 2);

    // Whatever path: it stays at the host.
    for path in [
        "//evil.example/",
        "/\\evil.example/",
        "/@evil.example/",
        "/..//evil.example",
        "/#x",
        "/%0d%0aHost:x",
    ] {
        replica.script(Door::Tradewind, [Reply::new(200, r#"["any"]"#).into()]);
        let billed = client.raw("GET", path, None).unwrap().allow(credits("0")).await.unwrap();
        assert_eq!(billed.value().body(), &r#"["any"]"#, "{path}: other shapes are handed on");
        assert_eq!((billed.credits(), billed.request_id()), (None, None));
        let host = format!(
            "http://{}",
            replica
                .tradewind_requests()
                .last()
                .unwrap()
                .headers
                .iter()
                .find(|(name, _)| name == "host")
                .unwrap()
                .1
        );
        assert_eq!(host, replica.tradewind_url(), "{path}");
    }
    assert_eq!(replica.tradewind_requests().len(), 8);
    assert_eq!(client.ledger().operations()["raw"].calls, 6);
}

#[tokio::test]
async fn raw_calls_tell_failures() {
    let call = async |path: &str, reply: Reply| {
        let (replica, client) = scripted([reply.into()]).await;
        let result = client.raw("POST", path, Some("{}".into())).unwrap().allow(credits("0.5")).await;
        assert_eq!(replica.tradewind_requests().len(), 1);
        (result.map(|billed| billed.into_value().status()), books(client.ledger()))
    };
    let upstream = charged(&json!({"code": 0, "msg": "no"}));
    let (result, books) = call("/api/customs/new", Reply::json(200, &upstream)).await;
    let error = result.unwrap_err();
    assert_eq!(
        (error.kind(), error.credits(), &*books),
        (ErrorKind::Upstream, Some(credits("0.14")), "0.14 0")
    );
    assert_eq!(error.operation(), Some("tradewind raw"));
    let (result, books) = call("/api/new", Reply::json(200, &upstream)).await;
    assert_eq!((result.unwrap(), &*books), (200, "0.14 0"), "a code of nobody knows what");
    for data in [Value::Null, json!("text")] {
        let (result, _) = call("/api/customs/new", Reply::json(200, &charged(&data))).await;
        assert_eq!(result.unwrap(), 200, "{data}");
    }

    let mut refused = charged(&json!({}));
    refused["success"] = json!(false);
    let (result, books) = call("/api/new", Reply::json(200, &refused)).await;
    assert_eq!((result.unwrap_err().kind(), &*books), (ErrorKind::Refused, "0.14 0"));
    let (result, books) = call("/api/new", Reply::json(401, &refused)).await;
    assert_eq!((result.unwrap_err().kind(), &*books), (ErrorKind::AccessDenied, "0.14 0"));
    let (result, books) = call("/api/new", Reply::html(502)).await;
    assert_eq!((result.unwrap_err().kind(), &*books), (ErrorKind::OutcomeUnknown, "0 0.5"));
    let (result, books) = call("/api/new", Reply::html(200)).await;
    assert_eq!((result.unwrap(), &*books), (200, "0 0.5"));
    // An envelope with a member of another shape is one all the same.
    let odd = json!({"success": false, "meta": {"billing": {"credits_charged": 0.14, "byok_used": "no"}}});
    let (result, books) = call("/api/new", Reply::json(200, &odd)).await;
    assert_eq!((result.unwrap_err().kind(), &*books), (ErrorKind::Refused, "0.14 0"));
}

#[test]
fn keys_come_from_an_argument_or_a_file() {
    let told = |result: Result<Access, tradebind::tradewind::InvalidKey>| result.unwrap_err().to_string();
    insta::assert_snapshot!(
        ["", " \n", "Bearer x", "bearer  x", "tw\nx", "tw_\u{7f}x"].map(|key| told(Access::key(key))).join("\n"),
        @"
    the TradeWind key is empty
    the TradeWind key is empty
    the TradeWind key begins with `Bearer`; give the key alone
    the TradeWind key begins with `Bearer`; give the key alone
    the TradeWind key holds characters that cannot stand in a header
    the TradeWind key holds characters that cannot stand in a header
    "
    );

    let folder = tempfile("keys");
    let file = |name: &str, text: &str| {
        let path = folder.join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    for text in ["tw_test_file", "tw_test_file\n", "\r\n  tw_test_file\r\n\n"] {
        Access::from_file(file("good", text)).unwrap();
    }
    let wrong = [
        file("two-lines", "tw_test_file\ntw_test_other\n"),
        file("two-words", "tw_test_file comment"),
        file("empty", ""),
        file("binary", ""),
        file("bearer", "Bearer tw_test_file"),
        file("too-big", &"x".repeat(4097)),
        file("huge", &" ".repeat(1 << 20)),
        folder.join("missing"),
        folder.clone(),
    ];
    std::fs::write(&wrong[3], [0xff, 0xfe]).unwrap();
    let shown = wrong.map(|path| told(Access::from_file(&path)).replace(folder.to_str().unwrap(), "FOLDER"));
    insta::assert_snapshot!(shown.join("\n"), @"
    the TradeWind key in FOLDER/two-lines is not alone there; the file must hold the key and nothing else
    the TradeWind key in FOLDER/two-words is not alone there; the file must hold the key and nothing else
    the TradeWind key in FOLDER/empty is empty
    the TradeWind key in FOLDER/binary cannot be read: stream did not contain valid UTF-8
    the TradeWind key in FOLDER/bearer is not alone there; the file must hold the key and nothing else
    the TradeWind key in FOLDER/too-big is not alone there; the file must hold the key and nothing else
    the TradeWind key in FOLDER/huge is not alone there; the file must hold the key and nothing else
    the TradeWind key in FOLDER/missing cannot be read: No such file or directory (os error 2)
    the TradeWind key in FOLDER cannot be read: Is a directory (os error 21)
    ");
    assert!(!shown.concat().contains("tw_test"));
    // The key itself, where its file is meant.
    let given = Access::from_file("tw_test_given").unwrap_err();
    assert!(given.is_given_as_file());
    insta::assert_snapshot!(given.to_string(), @"the TradeWind key is given where a file that holds it is meant; it is not shown");
    let long = Access::from_file(format!("tw_test_{}", "x".repeat(300))).unwrap_err();
    assert!(long.is_given_as_file(), "no file has such a name");
    assert!(!Access::from_file("tw_keys/missing").unwrap_err().is_given_as_file(), "a path, which is shown");
    let error = Client::builder().key_from_file(folder.join("missing")).unwrap_err();
    assert_eq!((error.kind(), error.is_unsent()), (ErrorKind::Setup, true));
    assert_eq!(Client::new("").unwrap_err().kind(), ErrorKind::Setup);
    std::fs::remove_dir_all(folder).unwrap();
}

fn tempfile(name: &str) -> std::path::PathBuf {
    let folder = std::env::temp_dir().join(format!("tradebind-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// The variable is read in a process of its own: this very test, told by another variable what to expect.
#[tokio::test]
async fn keys_come_from_the_environment() {
    const TOLD: &str = "TRADEBIND_TEST_KEY_FROM_ENV";
    if let Some(base) = std::env::var_os(TOLD) {
        match Client::builder().key_from_env() {
            Ok(builder) => {
                let client = builder.base_url(base.to_str().unwrap()).build().unwrap();
                println!(
                    "credits: {:?}",
                    client.world_regions(request()).await.map(|billed| billed.credits())
                );
            }
            Err(error) => println!("refused: {error}"),
        }
        return;
    }
    let replica = Replica::start().await.unwrap();
    let run = async |key: Option<&str>| {
        let mut child = std::process::Command::new(std::env::current_exe().unwrap());
        child.args(["--exact", "tradewind_client::keys_come_from_the_environment", "--nocapture"]);
        child.env(TOLD, replica.tradewind_url()).env_remove("TRADEWIND_API_KEY");
        child.envs(key.map(|key| ("TRADEWIND_API_KEY", key)));
        let output = tokio::task::spawn_blocking(move || child.output().unwrap()).await.unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(run(Some("tw_test_env\n")).await.contains("credits: Ok(Some("));
    assert_eq!(replica.tradewind_requests().len(), 1);
    let missing = run(None).await;
    assert!(
        missing.contains(
            "refused: the client cannot be made: the TradeWind key is not there: set TRADEWIND_API_KEY"
        ),
        "{missing}"
    );
    let wrong = run(Some("Bearer tw_test_env")).await;
    assert!(wrong.contains("the TradeWind key in TRADEWIND_API_KEY begins with `Bearer`"), "{wrong}");
    assert!(!wrong.contains("tw_test_env"), "{wrong}");
    assert_eq!(replica.tradewind_requests().len(), 1);
}

/// Only what surrounds the data is odd: what was paid for is handed over.
#[tokio::test]
async fn an_odd_envelope_around_good_data_costs_nothing() {
    let body = charged(&json!({"code": "1", "msg": ["ok"], "time": 1, "data": {"total": 3, "list": []}}));
    let (_replica, client) = scripted([Reply::json(201, &body).into()]).await;
    let answer = client.world_regions(request()).await.unwrap();
    assert_eq!((answer.value().total, answer.credits()), (Some(3), Some(credits("0.14"))));
}

/// What a gateway sets to know its caller again goes back to it.
#[tokio::test]
async fn a_cookie_goes_back() {
    let reply = || Step::from(Reply::new(200, "{}").header("set-cookie", "route=1; Path=/"));
    let (replica, client) = scripted([reply(), reply()]).await;
    for _ in 0..2 {
        client.health().await.unwrap();
    }
    let sent = replica.tradewind_requests();
    let has_cookie: Vec<_> =
        sent.iter().map(|sent| sent.headers.iter().any(|(name, _)| name == "cookie")).collect();
    assert_eq!(has_cookie, [false, true]);
}

/// No connection is kept: a call sent on one that the server has just closed cannot be told from one that was done.
#[tokio::test]
async fn each_call_has_a_connection_of_its_own() {
    let (replica, client) = scripted([]).await;
    for _ in 0..2 {
        client.world_regions(request()).await.unwrap();
    }
    assert_eq!(replica.connections(Door::Tradewind), 2);
}

/// Bodies that are no JSON in UTF-8, for operations that the generated code decodes.
#[tokio::test]
async fn odd_bodies_are_told_as_what_they_are() {
    let text = answer().to_string();
    let plain = |bytes: Vec<u8>| Reply::new(201, bytes).header("content-type", "text/plain");
    let (_replica, client) = scripted([
        plain([b"\xef\xbb\xbf", text.as_bytes()].concat()).into(),
        plain(text.clone().into_bytes()).gzip().into(),
    ])
    .await;
    for _ in 0..2 {
        assert_eq!(client.world_regions(request()).await.unwrap().value().total, Some(169));
    }
    let at = text.bytes().position(|b| !b.is_ascii()).unwrap();
    let latin = [&text.as_bytes()[..at], b"\xff", &text.as_bytes()[at + 1..]].concat();
    // What it was charged stands in it all the same, and is booked.
    let (error, books) = fault(plain(latin)).await;
    assert_eq!((error.kind(), &*books), (ErrorKind::Decode, "0.14 0"), "{error}");
    let (error, books) = fault(Reply::json(201, &answer()).gzip().cut_after(100)).await;
    assert_eq!((error.kind(), &*books), (ErrorKind::OutcomeUnknown, "0 0.14"), "{error}");
}
