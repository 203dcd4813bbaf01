//! A key that nobody may see, searched for in all that the TradeWind client says, logs and records.

use std::error::Error as StdError;
use std::fmt::Debug;
use std::io::Write;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use serde_json::{Value, json};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::format::FmtSpan;
use tracing_subscriber::util::SubscriberInitExt as _;
use tradebind::exchange::documented;
use tradebind::http::{Backoff, ManualClock, Pace, Recorder, Replay};
use tradebind::replica::{Door, Replica, Reply, Step};
use tradebind::tradewind::api::types::{UnknownRequest, WorldRegionsRequest};
use tradebind::tradewind::{Access, Client, ClientBuilder, Ledger, read_request};

const CANARY: &str = "tw_live_canary_5c1f0e77";
const PASSWORD: &str = "canary-password-9d2a";

/// Everything that one test's thread logs, by `tracing` or by `log`, at any level.
#[derive(Clone, Default)]
pub(crate) struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Lines {
    pub(crate) fn capture() -> (Self, tracing::subscriber::DefaultGuard) {
        // Where nobody listens in all of the process, a thread that meets a place of the code first may note that nobody ever does there,
        // also for this thread. With one who takes everything nobody can.
        static SOMEBODY: std::sync::Once = std::sync::Once::new();
        SOMEBODY
            .call_once(|| tracing::subscriber::set_global_default(tracing_subscriber::registry()).unwrap());
        let lines = Self::default();
        let writer = lines.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(LevelFilter::TRACE)
            .with_span_events(FmtSpan::FULL)
            .with_ansi(false)
            .with_writer(move || writer.clone())
            .finish();
        let listens = subscriber.set_default();
        tracing::callsite::rebuild_interest_cache();
        (lines, listens)
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

/// All that an error says: itself in each form, and every source.
fn said(error: &tradebind::Error) -> String {
    let mut text = format!("{error}\n{error:?}\n{error:#?}\n");
    let mut source = error.source();
    while let Some(error) = source {
        text += &format!("{error}\n{error:?}\n{error:#?}\n");
        source = error.source();
    }
    text
}

fn shown(value: &impl Debug) -> String {
    format!("{value:?}\n{value:#?}\n")
}

#[track_caller]
fn clean(what: &str, text: &str) {
    for secret in [CANARY, PASSWORD] {
        let lines: Vec<_> = text.lines().filter(|line| line.contains(secret)).collect();
        assert!(lines.is_empty(), "{what} shows {secret}:\n{}", lines.join("\n"));
    }
}

fn request() -> WorldRegionsRequest {
    read_request(&json!({"type": "exporter", "product": CANARY}).to_string()).unwrap()
}

fn any_request() -> UnknownRequest {
    read_request(&json!({"word": CANARY, CANARY: [1]}).to_string()).unwrap()
}

fn builder(url: &str) -> ClientBuilder {
    Client::builder()
        .base_url(url)
        .key(CANARY)
        .unwrap()
        .pace(Pace::off())
        .clock(Arc::new(ManualClock::at(SystemTime::UNIX_EPOCH)))
        .backoff(Backoff::default().attempts(2))
        .allow("match_contacts", "1".parse().unwrap())
        .allow("agentic_search", "1".parse().unwrap())
}

/// Answers that repeat the key wherever an answer can hold something.
fn answers() -> Vec<Reply> {
    let echo = |status, body: Value| {
        Reply::json(status, &body)
            .header("x-echo", CANARY)
            .header("x-tradebind-assumed", CANARY)
            .header("date", CANARY)
            .header("retry-after", CANARY)
            .header("set-cookie", &format!("key={CANARY}"))
    };
    let meta = json!({"billing": {"credits_charged": 0.14, "key": CANARY}, CANARY: CANARY});
    let envelope = |data: Value| json!({"success": true, "request_id": CANARY, "data": data, "meta": meta});
    let error = json!({"code": CANARY, "message": format!("the key {CANARY} is bad"), "hint": CANARY, CANARY: CANARY});
    let failure = json!({"success": false, "request_id": CANARY, "error": error, "meta": meta});
    let mut all: Vec<_> =
        [200, 302, 400, 401, 429, 500, 503].map(|status| echo(status, failure.clone())).into();
    all.extend(
        [
            json!({"code": 1, "data": {"list": [{"name": CANARY, CANARY: CANARY}], CANARY: CANARY}}),
            json!({"code": 0, "msg": format!("no {CANARY}")}),
            json!({"code": CANARY, "msg": CANARY}),
            json!({"code": 1, "data": {"list": [{"tradeCount": CANARY}]}}),
            json!({"code": 1, "data": {"list": {CANARY: CANARY}}}),
            json!({"code": 1, "data": CANARY}),
            json!([CANARY]),
            json!(CANARY),
        ]
        .map(|data| echo(201, envelope(data))),
    );
    all.push(echo(200, json!({"success": CANARY, "request_id": CANARY})));
    all.push(echo(200, json!({"success": false, "error": CANARY})));
    all.push(echo(200, json!(CANARY)));
    all.push(echo(201, failure).cut_after(150));
    for status in [200, 403, 429, 502] {
        all.push(Reply::new(status, format!("<html>{CANARY}</html>")).header("content-type", CANARY));
        all.push(Reply::new(status, CANARY).header("retry-after", CANARY));
    }
    for location in [
        format!("https://evil.example/{CANARY}?key={CANARY}&page={CANARY}&{CANARY}#{CANARY}"),
        format!("https://{CANARY}.example/"),
        format!("https://{CANARY}:{PASSWORD}@evil.example/"),
        format!("/{CANARY}"),
        CANARY.to_owned(),
    ] {
        all.push(Reply::new(307, "").header("location", &location));
    }
    all
}

/// Calls of every kind, each answered so; all that they say.
async fn calls(replica: &Replica, client: &Client, reply: &Reply) -> (String, usize, usize) {
    let (mut text, mut echoed, mut values) = (String::new(), 0, 0);
    let mut told = |result: Result<String, tradebind::Error>| match result {
        Ok(shown) => {
            values += 1;
            text += &shown;
        }
        Err(error) => {
            let holds = |bytes: &[u8]| bytes.windows(CANARY.len()).any(|window| window == CANARY.as_bytes());
            echoed += usize::from(error.body().is_some_and(|body| holds(body)));
            text += &said(&error);
        }
    };
    // Twice for those that may be repeated; what is left over is asked for by the next.
    let script = || {
        // What is charged against the document's word stops what follows.
        client.ledger().resume();
        replica.script(Door::Tradewind, vec![Step::from(reply.clone()); 2]);
    };
    script();
    told(client.world_regions(request()).await.map(|billed| shown(&billed)));
    client.ledger().resume();
    script();
    told(client.match_contacts(any_request()).await.map(|billed| shown(&billed)));
    script();
    told(client.agentic_search(read_request("{}").unwrap()).await.map(|billed| shown(&billed)));
    script();
    told(client.customs_countries().await.map(|billed| shown(&billed)));
    script();
    told(client.health().await.map(|billed| shown(&billed)));
    script();
    told(client.metrics().await.map(|billed| shown(&billed)));
    script();
    let path = format!("/api/{CANARY}?key={CANARY}&page={CANARY}&{CANARY}&{CANARY}=1#{CANARY}");
    let raw =
        client.raw("POST", &path, Some(json!({"key": CANARY}).into())).unwrap().allow("1".parse().unwrap());
    told(Ok(shown(&raw)));
    told(raw.await.map(|billed| shown(&billed)));
    client.ledger().resume();
    text += &shown(client.ledger());
    text += &client.ledger().to_string();
    text += &client.ledger().stopped().unwrap_or_default();
    (text, echoed, values)
}

#[tokio::test]
async fn a_key_that_answers_repeat_is_shown_nowhere() {
    let (lines, _guard) = Lines::capture();
    let folder = std::env::temp_dir().join(format!("tradebind-secrets-{}", std::process::id()));
    let (mut echoed, mut values, mut recorded) = (0, 0, 0);
    for reply in answers() {
        // A server of its own: what a call leaves over of its script is not for the next.
        let replica = Replica::start().await.unwrap();
        let in_memory = Recorder::in_memory();
        let client = builder(&replica.tradewind_url()).record(in_memory.clone()).build().unwrap();
        let (text, bodies, given) = calls(&replica, &client, &reply).await;
        clean("an error or an answer", &text);
        (echoed, values) = (echoed + bodies, values + given);
        clean("a client", &shown(&client));

        recorded += in_memory.finish().unwrap();
        clean("a recorder", &shown(&in_memory));
        for exchange in in_memory.exchanges() {
            clean("a recording", &exchange.to_string());
            clean("a recording", &shown(&exchange));
        }
        let in_folder = Recorder::to_folder(&folder);
        let client = builder(&replica.tradewind_url()).record(in_folder.clone()).build().unwrap();
        calls(&replica, &client, &reply).await;
        assert!(in_folder.finish().unwrap() > 0 || in_memory.exchanges().is_empty());
        let files = files(&folder);
        assert!(files.len() >= in_folder.finish().unwrap());
        for file in files {
            clean("a file's name", file.to_str().unwrap());
            clean("a file", &std::fs::read_to_string(file).unwrap());
        }
        _ = std::fs::remove_dir_all(&folder);
    }
    // Else nothing was looked at.
    assert!(
        echoed > 50 && values > 20 && recorded > 200,
        "{echoed} bodies, {values} values, {recorded} recorded"
    );
    let log = lines.text();
    clean("the log", &log);
    assert!(log.contains("TRACE") && log.contains("tradebind.call"), "{log}");
}

fn files(folder: &std::path::Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { all.push(path) }
        }
    }
    all
}

#[tokio::test]
async fn neither_client_nor_builder_show_a_key_or_a_password() {
    let (lines, _guard) = Lines::capture();
    let replica = Replica::start().await.unwrap();
    let host = replica.tradewind_url().replace("http://", "");
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let http = || {
        let mut headers = reqwest::header::HeaderMap::new();
        headers.insert("x-password", PASSWORD.parse().unwrap());
        reqwest::Client::builder().default_headers(headers)
    };
    let proxy = |at: &str| reqwest::Proxy::all(format!("http://user:{PASSWORD}@{at}")).unwrap();
    for (what, made) in [
        ("plain", builder(&replica.tradewind_url())),
        ("a password in the base URL", builder(&format!("http://user:{PASSWORD}@{host}/"))),
        ("nobody at the base URL", builder(&format!("http://user:{PASSWORD}@{closed}/"))),
        (
            "a builder that logs every byte",
            builder(&replica.tradewind_url()).http(reqwest::Client::builder().connection_verbose(true)),
        ),
        ("a proxy", builder(&replica.tradewind_url()).http(http().proxy(proxy(&host)))),
        (
            "nobody at the proxy",
            builder(&replica.tradewind_url()).http(http().proxy(proxy(&closed.to_string()))),
        ),
        (
            "nobody at the tunnel",
            builder("https://127.0.0.1:1/").http(http().proxy(proxy(&closed.to_string()))),
        ),
        ("a tunnel", builder("https://127.0.0.1:1/").http(http().proxy(proxy(&host)))),
    ] {
        clean(what, &shown(&made));
        let client = match made.build() {
            Ok(client) => client,
            Err(error) => {
                assert!(what.contains("base URL"), "{what}: {error}");
                clean(what, &said(&error));
                continue;
            }
        };
        clean(what, &shown(&client));
        replica.script(Door::Tradewind, vec![Step::from(Reply::new(200, "{}")); 2]);
        match client.raw("GET", "/api/health", None).unwrap().await {
            Ok(billed) => clean(what, &shown(&billed)),
            Err(error) => clean(what, &said(&error)),
        }
        match client.health().await {
            Ok(billed) => clean(what, &shown(&billed)),
            Err(error) => clean(what, &said(&error)),
        }
    }
    clean("the log", &lines.text());
    for url in [
        format!("http://{PASSWORD}"),
        format!("http://user:{PASSWORD}@:0"),
        format!("ftp://u:{PASSWORD}@h"),
        PASSWORD.into(),
    ] {
        let made = builder(&url);
        clean(&url.replace(PASSWORD, "…"), &shown(&made).replace(&format!("http://{PASSWORD}"), ""));
        if let Err(error) = made.build() {
            clean("a builder", &said(&error));
        }
    }

    // A key in the wrong place.
    let slip = builder("http://h").allow(CANARY, "1".parse().unwrap()).build().unwrap_err();
    clean("a builder", &said(&slip));
    let access = Access::key(CANARY).unwrap();
    clean("access", &shown(&access));
    clean("a generated client", &shown(&tradebind::tradewind::api::Client::new("http://h", access)));
    clean("a ledger", &shown(&Ledger::new()));
    for key in [format!("{CANARY}\n{CANARY}"), format!("Bearer {CANARY}")] {
        let error = Access::key(&key).unwrap_err();
        clean("a key that is none", &format!("{error} {error:?}"));
        clean("a key that is none", &said(&Client::new(&key).unwrap_err()));
    }
}

/// A replay that holds another request tells the difference without the key.
#[tokio::test]
async fn a_replay_s_differences_show_no_key() {
    let all = || documented().unwrap().into_iter();
    let regions = || {
        let regions = all().filter(|(name, _)| name.contains("world_regions.documented"));
        Replay::in_order(regions.map(|(_, exchange)| exchange))
    };
    let client = builder("http://h").replay(regions()).build().unwrap();
    let error = client.world_regions(request()).await.unwrap_err();
    assert!(error.to_string().contains("/product"), "{error}");
    clean("a replay", &said(&error));
    let path = format!("/api/{CANARY}?page={CANARY}&{CANARY}");
    let raw = client.raw("POST", &path, None).unwrap().allow("1".parse().unwrap());
    clean("a replay", &said(&raw.await.map(drop).unwrap_err()));

    let access =
        Access::key(CANARY).unwrap().over(tradebind::http::Transport::default().replaying(regions()));
    let api = tradebind::tradewind::api::Client::new("http://h", access);
    let error = api.world_regions().body(request()).send().await.map(drop).unwrap_err();
    let mut text = shown(&error);
    let mut source: Option<&dyn StdError> = Some(&error);
    while let Some(error) = source {
        text += &format!("{error}\n{error:?}\n");
        source = error.source();
    }
    assert!(text.contains("/product"), "{text}");
    clean("a generated client's replay", &text);
}

/// Each call is a span, with all that an operator asks for.
#[tokio::test]
async fn spans_tell_of_each_call() {
    let (lines, _guard) = Lines::capture();
    let replica = Replica::start().await.unwrap();
    let client = builder(&replica.tradewind_url()).build().unwrap();
    let answer =
        documented().unwrap().into_iter().find(|(name, _)| name.contains("world_regions.documented"));
    let answer = answer.unwrap().1.response.unwrap().body.unwrap().json().unwrap().clone();
    replica.script(
        Door::Tradewind,
        [Reply::json(201, &answer).into(), Reply::html(503).into(), Reply::html(503).into()],
    );
    client.world_regions(request()).await.unwrap();
    client.health().await.unwrap_err();
    let log = lines.text();
    let closed: Vec<_> =
        log.lines().filter(|line| line.contains("tradebind.call{") && line.contains(": close ")).collect();
    assert_eq!(closed.len(), 2, "{log}");
    for (line, fields) in closed.iter().zip([
        [
            r#"service="tradewind""#,
            r#"operation="world_regions""#,
            "status=201",
            "attempts=1",
            "credits=0.14",
            r#"outcome="ok""#,
        ],
        [
            r#"service="tradewind""#,
            r#"operation="health""#,
            "status=503",
            "attempts=2",
            "duration_ms=",
            "outcome=Busy",
        ],
    ]) {
        for field in fields {
            assert!(line.contains(field), "{field} in {line}");
        }
        assert!(line.contains("duration_ms="), "{line}");
    }
    assert!(!closed[1].contains("credits="), "none were told: {}", closed[1]);
    assert!(
        log.lines().any(|line| line.contains("DEBUG")
            && line.contains("repeated after a wait")
            && line.contains("kind=Busy")),
        "{log}"
    );
}

/// The same of the Hong Kong client; and the session's cookie is in none of it, nor in what is recorded.
#[tokio::test]
async fn hong_kong_s_spans_show_no_cookie() {
    let (lines, _guard) = Lines::capture();
    let replica = Replica::start().await.unwrap();
    let recorder = Recorder::in_memory();
    let client = tradebind::hk::Client::builder()
        .base_url(replica.hk_url())
        .pace(Pace::off())
        .clock(Arc::new(ManualClock::at(SystemTime::UNIX_EPOCH)))
        .backoff(Backoff::default().attempts(2))
        .record(recorder.clone())
        .build()
        .unwrap();
    let query = "lang=EN&sv=VCm&freq=M&period=201805,201806&ttype=4&ccclass=C&cc=CN".parse().unwrap();
    client.query(&query).await.unwrap();
    client.query(&query).await.unwrap();
    replica.script(Door::HkAnswer, [Step::hk_status(3, ()), Step::hk_status(3, ())]);
    let error = client.query(&query).await.unwrap_err();
    let log = lines.text();
    let closed: Vec<_> =
        log.lines().filter(|line| line.contains("tradebind.call{") && line.contains(": close ")).collect();
    assert_eq!(closed.len(), 3, "{log}");
    for (line, fields) in closed.iter().zip([
        ["status=200", "attempts=1", r#"outcome="ok""#],
        ["status=200", "attempts=1", r#"outcome="ok""#],
        ["status=200", "attempts=2", "outcome=Busy"],
    ]) {
        for field in fields.into_iter().chain([r#"service="hk-trade" operation="get_trade""#, "duration_ms="])
        {
            assert!(line.contains(field), "{field} in {line}");
        }
    }
    let cookie = "tradebind-replica-session";
    let sent = replica
        .hk_requests()
        .iter()
        .filter(|request| request.headers.iter().any(|(name, _)| name == "cookie"))
        .count();
    assert!(sent > 0, "there is a cookie to be shown");
    let recorded: String = recorder.exchanges().iter().map(ToString::to_string).collect();
    for text in [log, said(&error), shown(&client), recorded] {
        assert!(!text.contains(cookie), "{text}");
    }
}
