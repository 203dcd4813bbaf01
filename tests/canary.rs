//! A canary key is sent, and echoed by a careless service wherever it can be: it must come out nowhere.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may")]

use std::error::Error as _;
use std::fmt::Write as _;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Map, Value, json};
use tracing_subscriber::fmt::format::FmtSpan;
use tradebind::exchange::Exchange;
use tradebind::http::{Pace, Recorder};
use tradebind::replica::{Door, Replica, Reply, Step};
use tradebind::tradewind::api::types::{UnknownRequest, WorldRegionsRequest};
use tradebind::tradewind::{Client, read_request};
use tradebind::{Error, hk};

const CANARY: &str = "tw_live_canary_7f3a";

/// Everything that `tracing` is told, of every crate, at every level.
#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<u8>>>);

impl Heard {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }

    /// Listens on this thread until the guard is dropped.
    fn listen(&self) -> tracing::subscriber::DefaultGuard {
        let writer = self.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_span_events(FmtSpan::FULL)
            .with_ansi(false)
            .with_writer(move || writer.clone())
            .finish();
        tracing::subscriber::set_default(subscriber)
    }
}

impl io::Write for Heard {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// All that an error prints, its causes too.
fn printed(error: &Error) -> String {
    let mut told = format!("{error}\n{error:?}\n{error:#?}\n");
    let mut cause = error.source();
    while let Some(error) = cause {
        write!(told, "{error}\n{error:?}\n").unwrap();
        cause = error.source();
    }
    told
}

fn pet() -> WorldRegionsRequest {
    read_request(r#"{"type": "exporter", "product": "pet"}"#).unwrap()
}

/// Answers that repeat the key in every place.
fn echoes() -> Vec<Step> {
    let echo = |data: Value| {
        json!({
            "success": true, "request_id": "r", "data": data, "error": null,
            "meta": { "billing": { "credits_charged": 0.1 } }, "you": CANARY,
        })
    };
    let failure = json!({ "success": false, "error": { "code": format!("bad:{CANARY}"), "message": format!("no {CANARY}"), "key": CANARY } });
    let away = format!("http://user:{CANARY}@localhost:1/{CANARY}?key={CANARY}&{CANARY}");
    vec![
        Reply::json(200, &echo(json!({ "code": 2, "msg": format!("who is {CANARY}?") }))).into(),
        Reply::json(200, &echo(json!(format!("PHP trace of {CANARY}")))).into(),
        Reply::json(200, &echo(json!({ "code": CANARY, "data": 1 }))).into(),
        Reply::json(200, &echo(json!({ "code": 1, "data": { "list": CANARY } }))).into(),
        Reply::json(200, &json!({ "success": CANARY })).into(),
        Reply::json(400, &failure).header("x-echo", CANARY).into(),
        Reply::json(401, &failure).into(),
        Reply::json(500, &failure).into(),
        Reply::new(200, format!("<html>{CANARY}")).header("set-cookie", &format!("key={CANARY}")).into(),
        Reply::new(502, CANARY).header("content-type", CANARY).into(),
        Reply::new(302, CANARY).header("location", &away).into(),
        Reply::new(302, CANARY).header("location", CANARY).into(),
        Reply::new(429, CANARY).header("retry-after", CANARY).into(),
        Reply::json(201, &failure).cut_after(60).into(),
        Step::CloseAfterRequest,
        Reply::json(201, &failure).slowly(30, Duration::from_secs(30)).into(),
    ]
}

#[tokio::test]
async fn the_key_comes_out_nowhere() {
    let heard = Heard::default();
    let listening = heard.listen();
    let folder = std::env::temp_dir().join(format!("tradebind-canary-{}", std::process::id()));
    let replica = Replica::start().await.unwrap();
    let (memory, files) = (Recorder::in_memory(), Recorder::to_folder(&folder));
    let builder = || {
        Client::builder()
            .base_url(replica.tradewind_url())
            .key(CANARY)
            .unwrap()
            .max_credits("1000".parse().unwrap())
            .timeout(Duration::from_millis(500))
            .pace(Pace::off())
    };
    let mut out = format!("{:?}", builder());
    // Where a password has no business, or is the user's own: proxies and headers of the builder handed in.
    let own = || {
        let proxy = reqwest::Proxy::https(format!("http://user:{CANARY}@localhost:1")).unwrap();
        let mut headers = reqwest::header::HeaderMap::new();
        headers.insert("x-own", CANARY.parse().unwrap());
        builder().http(reqwest::Client::builder().proxy(proxy).default_headers(headers))
    };
    out += &format!("{:?}{:?}", own(), own().build().unwrap());
    let inside = builder().base_url(format!("https://user:{CANARY}@localhost"));
    out += &format!("{inside:?}");
    out += &printed(&inside.build().unwrap_err());
    let mut errors = 0;
    for recorder in [&memory, &files] {
        let client = builder().record(recorder.clone()).build().unwrap();
        out += &format!("{client:?}{:?}{}", client.ledger(), client.ledger());
        let one = "1".parse().unwrap();
        for step in echoes() {
            replica.script(Door::Tradewind, [step]);
            let error = client.world_regions(pet()).await.unwrap_err();
            out += &printed(&error);
            errors += 1;
        }
        for step in echoes() {
            replica.script(Door::Tradewind, [step]);
            let call =
                client.market_trend(serde_json::from_value(json!({ "k": CANARY })).unwrap()).allow(one);
            out += &format!("{call:?}");
            if let Err(error) = call.await {
                out += &printed(&error);
                errors += 1;
            }
        }
        for step in echoes() {
            replica.script(Door::Tradewind, [step]);
            let path = format!("/api/{CANARY}?key={CANARY}&{CANARY}&page=1");
            let call = client.raw("POST", &path, Some(json!({ "key": CANARY }))).unwrap().allow(one);
            out += &format!("{call:?}");
            match call.await {
                Ok(answer) => out += &format!("{answer:?}"),
                Err(error) => out += &printed(&error),
            }
        }
        out += &printed(&client.raw("GET", CANARY, None).unwrap_err());
    }
    assert!(errors > 50, "{errors}");
    drop(listening);

    assert!(!out.contains(CANARY), "{}", around(&out));
    assert!(!heard.text().contains(CANARY), "{}", around(&heard.text()));
    let recorded: Vec<_> = memory.exchanges().iter().map(ToString::to_string).collect();
    assert!(recorded.len() > 30, "{}", recorded.len());
    let mut written = 0;
    for file in std::fs::read_dir(folder.join("tradewind")).unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        assert!(!text.contains(CANARY), "{}", around(&text));
        Exchange::read(&text, "recorded").unwrap();
        written += 1;
    }
    assert_eq!((files.finish().unwrap(), written), (recorded.len(), recorded.len()));
    std::fs::remove_dir_all(&folder).unwrap();
    for text in recorded {
        assert!(!text.contains(CANARY), "{}", around(&text));
    }
    // What was sent did hold the key, else all this would prove nothing.
    let requests = replica.tradewind_requests();
    assert!(requests.iter().all(|request| request.headers.iter().any(|(name, _)| name == "authorization")));
    assert!(requests.iter().any(|request| request.target.contains(CANARY)));
}

fn around(text: &str) -> &str {
    let at = text.find(CANARY).unwrap_or_default();
    let (from, to) = (at.saturating_sub(300), (at + 100).min(text.len()));
    text.get(from..to).unwrap_or("(no text around)")
}

#[tokio::test]
async fn spans_tell_what_a_call_was() {
    let heard = Heard::default();
    let listening = heard.listen();
    let replica = Replica::start().await.unwrap();
    let client = hk::Client::builder().base_url(replica.hk_url()).pace(Pace::off()).build().unwrap();
    let query = "lang=TC&sv=VCm&freq=M&period=201805,201806&ttype=4&ccclass=C&cc=CN".parse().unwrap();
    client.query(&query).await.unwrap();
    let client = Client::builder().base_url(replica.tradewind_url()).key(CANARY).unwrap().build().unwrap();
    let pet = read_request(
        r#"{"type": "exporter", "start_time": "2024-04-19", "end_time": "2025-04-18", "product": "pet"}"#,
    );
    client.world_regions(pet.unwrap()).await.unwrap();
    client.company_enrich(UnknownRequest(Map::new())).await.unwrap_err();
    drop(listening);
    let text = heard.text();
    let closed: Vec<_> =
        text.lines().filter(|line| line.contains("tradebind.call{") && line.contains("close")).collect();
    let told = |line: &str| {
        let (_, span) = line.split_once("tradebind.call{").unwrap();
        let (fields, _) = span.split_once('}').unwrap();
        let fixed = fields
            .split(' ')
            .map(|field| if field.starts_with("duration_ms=") { "duration_ms=N" } else { field });
        fixed.collect::<Vec<_>>().join(" ")
    };
    insta::assert_snapshot!(closed.iter().map(|line| told(line)).collect::<Vec<_>>().join("\n"), @r#"
    service="hk-trade" operation="get_trade" status=200 attempts=1  duration_ms=N outcome="ok"
    service="tradewind" operation="world_regions" status=201 attempts=1 credits=0.14 duration_ms=N outcome="ok"
    service="tradewind" operation="company_enrich"  attempts=0  duration_ms=N outcome=PriceUnknown
    "#);
}
