//! The Hong Kong client against a service that behaves as the real one does on its bad days.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use tradebind::ErrorKind;
use tradebind::domain::Period;
use tradebind::hk::{Client, ClientBuilder, Query};
use tradebind::http::{Backoff, ManualClock, Pace};
use tradebind::replica::{Door, Replica, Reply, Step};

const DOCUMENTED: &str = "lang=TC&sv=VCm&freq=M&period=201805,201806&ttype=4&ccclass=C&cc=CN";

struct Bench {
    replica: Replica,
    clock: Arc<ManualClock>,
}

impl Bench {
    async fn new() -> Self {
        // 2026-11-23 12:00 UTC.
        let wall = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_435_200);
        Self { replica: Replica::start().await.unwrap(), clock: Arc::new(ManualClock::at(wall)) }
    }

    fn builder(&self) -> ClientBuilder {
        Client::builder().base_url(self.replica.hk_url()).clock(self.clock.clone()).pace(Pace::off())
    }

    fn client(&self) -> Client {
        self.builder().build().unwrap()
    }

    fn answers(&self, steps: impl IntoIterator<Item = Step>) {
        self.replica.script(Door::HkAnswer, steps);
    }

    /// Requests for an answer, those that were redirected first left aside.
    fn asked(&self) -> usize {
        self.replica.hk_requests().iter().filter(|request| !request.target.starts_with("/api/get?")).count()
    }

    /// What comes of a step, without repeats.
    async fn told(&self, step: impl Into<Step>) -> tradebind::Error {
        self.answers([step.into()]);
        let client = self.builder().backoff(Backoff::none()).build().unwrap();
        client.query(&english()).await.unwrap_err()
    }
}

fn documented() -> Query {
    DOCUMENTED.parse().unwrap()
}

fn english() -> Query {
    documented().in_language(tradebind::domain::Language::English)
}

fn row(change: impl FnOnce(&mut Value)) -> Value {
    let mut row = json!({
        "freq": "M", "period": "201805", "ttype": 4, "ttypeDescEN": "Total exports", "cc": "CN",
        "ccDescEN": "CHINESE MAINLAND", "sv": "VCm", "svDescEN": "Value (Current month)",
        "unitEN": "HK$ '000", "figure": "194542691",
    });
    change(&mut row);
    row
}

fn success(rows: &[Value], told: impl Into<Value>) -> Value {
    json!({
        "header": {
            "status": { "name": "Success", "code": 0, "description": "Success" },
            "count": { "noOfRecords": told.into() }, "title": "t", "tablenote": ["n"],
        },
        "dataSet": rows,
    })
}

#[tokio::test]
async fn the_documented_query_brings_rows_in_the_language_asked() {
    let bench = Bench::new().await;
    let answer = bench.client().query(&documented()).await.unwrap();
    let told: Vec<_> = answer
        .rows()
        .iter()
        .map(|row| {
            let area = row.destination().unwrap();
            format!(
                "{} {} {} {} {}",
                row.period,
                area.code,
                area.name.unwrap(),
                row.number().unwrap().unwrap(),
                row.unit().unwrap()
            )
        })
        .collect();
    insta::assert_snapshot!(told.join("\n"), @"
    201805 CN 中國內地 194542691 千港元
    201806 CN 中國內地 186190690 千港元
    ");
    assert_eq!((answer.attempts(), answer.waited()), (1, Duration::ZERO));
    assert!(answer.unknown().is_empty() && answer.title().is_some() && !answer.notes().is_empty());
    let request = bench.replica.hk_requests().remove(0);
    let header = |name: &str| request.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.clone());
    assert_eq!(header("user-agent").unwrap(), concat!("tradebind/", env!("CARGO_PKG_VERSION")));
    assert_eq!(header("accept-encoding").unwrap(), "gzip");
}

#[tokio::test]
async fn a_redirect_without_cookie_is_denied_and_cured_by_a_new_session() {
    let bench = Bench::new().await;
    bench.replica.script(Door::HkFront, [Step::RedirectWithoutCookie, Step::RedirectWithoutCookie]);
    let answer = bench.client().query(&documented()).await.unwrap();
    assert_eq!((answer.attempts(), answer.rows().len()), (3, 2));
    assert!(bench.clock.naps().is_empty(), "a new session needs no wait");
}

#[tokio::test]
async fn a_session_is_begun_anew_twice_and_no_more() {
    let bench = Bench::new().await;
    bench.replica.script(Door::HkFront, vec![Step::RedirectWithoutCookie; 9]);
    let error = bench.client().query(&documented()).await.unwrap_err();
    assert!(error.is_access_denied() && !error.is_retryable());
    assert_eq!((error.attempts(), bench.asked()), (3, 3));
    insta::assert_snapshot!(error, @r#"hk-trade get_trade: access denied; the service says "Access denied" (HTTP 200, code 4, 3 attempts, waited 0 s); repeat it later"#);
}

/// A repeat counts also where another call began the session in which it is made.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_of_many_calls_that_are_denied_is_repeated_twice_and_no_more() {
    let bench = Bench::new().await;
    let client = bench.client();
    // Held back, so that all are under way when the first is denied.
    let denied = Reply::json(200, &json!({"header": {"status": {"code": 4}}}));
    bench.answers(vec![Step::from(denied.after(Duration::from_millis(100))); 60]);
    let calls = [(); 6].map(|()| {
        let client = client.clone();
        tokio::spawn(async move { client.query(&documented()).await.unwrap_err() })
    });
    for call in calls {
        let error = call.await.unwrap();
        assert!(error.is_access_denied(), "{error}");
        assert_eq!(error.attempts(), 3);
    }
    assert_eq!(bench.asked(), 18);
    assert!(bench.clock.naps().is_empty());
}

/// The session's cookie is lost on the service's side: the client must not send the old one again.
#[tokio::test]
async fn a_stale_session_is_replaced() {
    let bench = Bench::new().await;
    let client = bench.client();
    client.query(&documented()).await.unwrap();
    bench.answers([Step::hk_status(4, ())]);
    assert_eq!(client.query(&documented()).await.unwrap().attempts(), 2);
    let fronts: Vec<_> = bench.replica.hk_requests();
    let has_cookie: Vec<_> = fronts
        .iter()
        .filter(|request| request.target.starts_with("/api/get?"))
        .map(|request| request.headers.iter().any(|(name, _)| name == "cookie"))
        .collect();
    assert_eq!(has_cookie, [false, true, false], "the new session begins without a cookie");
}

/// An attempt that is denied only after its whole time limit; so many of them never pass the total.
#[tokio::test]
async fn slow_denials_and_slow_refusals_end_at_the_total() {
    let slow = |step: Reply| Step::from(step.after(Duration::from_millis(300)));
    let status = |code: u8, message: Value| {
        Reply::json(200, &json!({"header": {"status": {"code": code, "message": message}}}))
    };
    for (reply, kind) in
        [(status(4, Value::Null), ErrorKind::AccessDenied), (status(1, json!(["不明"])), ErrorKind::Refused)]
    {
        let bench = Bench::new().await;
        bench.answers(vec![slow(reply); 4]);
        let client = bench.client();
        let call = tokio::spawn(async move { client.query(&documented()).await.unwrap_err() });
        while bench.asked() == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        bench.clock.advance(Duration::from_secs(590));
        let error = call.await.unwrap();
        assert_eq!((error.kind(), error.attempts(), bench.asked()), (kind, 1, 1), "{error}");
    }
}

/// What stands beside the codes 2 and 3 is unknown: no form of it hides the code.
#[tokio::test]
async fn no_form_of_a_message_hides_the_code() {
    let bench = Bench::new().await;
    for (code, message, told) in [
        (2, json!(17), None),
        (2, json!(["limit", null]), Some("limit")),
        (3, json!({"en": "busy", "tc": ["忙"]}), Some("busy")),
    ] {
        let error = bench.told(Step::hk_status(code, message.clone())).await;
        assert_eq!(error.service_code(), Some(code.to_string().as_str()), "{message}: {error}");
        assert!(error.is_retryable(), "{message}: {error}");
        if let Some(told) = told {
            assert_eq!(error.messages()[0], told);
        }
    }
}

#[tokio::test]
async fn broken_gzip_is_no_broken_connection() {
    let bench = Bench::new().await;
    let broken =
        Reply::new(200, "{}").header("content-encoding", "gzip").header("content-type", "application/json");
    let error = bench.told(broken).await;
    assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::Decode, false), "{error}");
    let cut = Reply::json(200, &success(&[row(|_| ())], 1)).gzip().cut_after(60);
    let error = bench.told(cut).await;
    assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::Interrupted, true), "{error}");
}

/// A gateway's page that stays.
#[tokio::test]
async fn a_gateways_refusal_that_stays_is_told() {
    let bench = Bench::new().await;
    let error = bench.told(Reply::html(403)).await;
    assert!(error.is_access_denied() && error.is_retryable() && error.service_code().is_none(), "{error}");
}

/// A server that lets nobody in: its queue of connections is full.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_connection_that_does_not_open_has_a_limit_of_its_own() {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let mut held = Vec::new();
    // Until one does not open.
    while let Ok(Ok(stream)) =
        tokio::time::timeout(Duration::from_millis(300), tokio::net::TcpStream::connect(address)).await
    {
        held.push(stream);
        assert!(held.len() < 100, "the queue is never full");
    }
    let client = Client::builder()
        .base_url(format!("http://{address}"))
        .connect_timeout(Duration::from_millis(300))
        .backoff(Backoff::none())
        .build()
        .unwrap();
    let error =
        tokio::time::timeout(Duration::from_secs(60), client.query(&english())).await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unreachable, "{error}");
}

#[tokio::test]
async fn limits_and_busy_hours_are_waited_out_within_the_bound() {
    let bench = Bench::new().await;
    bench.answers([
        Step::hk_status(2, ()),
        Step::hk_status(3, json!(["busy"])),
        Step::hk_status(2, "one text"),
    ]);
    let answer = bench.client().query(&documented()).await.unwrap();
    assert_eq!(answer.attempts(), 4);
    let naps = bench.clock.naps();
    for (nap, whole) in naps.iter().zip([10, 20, 40]) {
        let whole = Duration::from_secs(whole);
        assert!((whole / 2..=whole).contains(nap), "{naps:?}");
    }
    assert_eq!(answer.waited(), naps.iter().sum::<Duration>());

    bench.answers(vec![Step::hk_status(2, ()); 20]);
    let error = bench.client().query(&documented()).await.unwrap_err();
    assert!(error.is_usage_limit() && error.is_retryable());
    assert!(error.waited() <= Duration::from_secs(300) && error.attempts() <= 8, "{error}");
    assert_eq!(error.service_code(), Some("2"));
}

#[tokio::test]
async fn gateways_are_waited_out() {
    let bench = Bench::new().await;
    bench.answers([
        Reply::html(503).into(),
        Reply::html(403).into(),
        Reply::html(500).header("retry-after", "7").into(),
        Reply::new(429, "").header("retry-after", "11").into(),
        Reply::new(429, "")
            .header("date", "Mon, 23 Nov 2026 12:00:00 GMT")
            .header("retry-after", "Mon, 23 Nov 2026 12:00:12 GMT")
            .into(),
        Reply::html(502)
            .header("date", "Mon, 23 Nov 2026 12:00:00 GMT")
            .header("retry-after", "Mon, 23 Nov 2026 12:00:13 GMT")
            .into(),
    ]);
    let answer = bench.client().query(&documented()).await.unwrap();
    assert_eq!(answer.attempts(), 7);
    let naps: Vec<_> = bench.clock.naps().iter().map(Duration::as_secs).collect();
    assert_eq!(naps[2..], [7, 11, 12, 13]);
}

#[tokio::test]
async fn a_retry_after_beyond_the_bound_ends_the_call_at_once() {
    let bench = Bench::new().await;
    bench.answers([Reply::html(503).header("retry-after", "3600").into()]);
    let error = bench.client().query(&documented()).await.unwrap_err();
    assert_eq!((error.attempts(), error.retry_after()), (1, Some(Duration::from_secs(3600))));
    assert!(bench.clock.naps().is_empty());
    insta::assert_snapshot!(error, @"hk-trade get_trade: the service is busy: the body is an HTML or XML page of 110 bytes, as gateways send (HTTP 503, Retry-After 3600 s); repeat it later");
}

#[tokio::test]
async fn broken_connections_are_repeated() {
    let bench = Bench::new().await;
    let client = bench.client();
    bench
        .replica
        .script(Door::HkFront, [Step::CloseOnAccept, Step::CloseDuringRequest, Step::CloseAfterRequest]);
    bench.answers([
        Step::CloseAfterRequest,
        Reply::json(200, &success(&[row(|_| ())], 1)).cut_after(40).into(),
        Reply::json(200, &success(&[row(|_| ())], 1)).gzip().cut_after(40).into(),
    ]);
    let answer = client.query(&documented()).await.unwrap();
    assert_eq!(answer.attempts(), 7);
    assert_eq!((bench.replica.pending(Door::HkFront), bench.replica.pending(Door::HkAnswer)), (0, 0));
}

#[tokio::test]
async fn time_limits_hold_for_head_and_body() {
    let bench = Bench::new().await;
    let client = bench.builder().timeout(Duration::from_secs(3)).build().unwrap();
    let slow = Duration::from_secs(30);
    bench.answers([
        Reply::json(200, &success(&[], 0)).after(slow).into(),
        Reply::json(200, &success(&[], 0)).slowly(1, slow).into(),
    ]);
    let answer = client.query(&documented()).await.unwrap();
    assert_eq!(answer.attempts(), 3);
    bench.answers([Reply::json(200, &success(&[], 0)).slowly(1, slow).into()]);
    let once = bench.builder().timeout(Duration::from_secs(1)).backoff(Backoff::none()).build().unwrap();
    let error = once.query(&documented()).await.unwrap_err();
    assert!(error.is_timeout() && error.is_retryable());
    assert_eq!(error.status(), Some(200), "the head had come");
    insta::assert_snapshot!(error, @"hk-trade get_trade: the time limit passed: after 1 bytes of the body (HTTP 200); repeat it, ask for less, or raise the limit");
}

#[tokio::test]
async fn nobody_listens() {
    let bench = Bench::new().await;
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let client = bench.builder().base_url(format!("http://{closed}")).build().unwrap();
    let error = client.query(&documented()).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Unreachable, 8));
    assert!(error.is_unsent() && error.is_retryable());
    assert!(!error.to_string().contains(&closed.port().to_string()), "no address: {error}");
    insta::assert_snapshot!(error.to_string().split(" (").next().unwrap(), @"hk-trade get_trade: no connection: tcp connect error: Connection refused");
}

#[tokio::test]
async fn refusals_tell_which_and_are_not_repeated() {
    let bench = Bench::new().await;
    let period: Period = "202606".parse().unwrap();
    let error = bench.told(Step::hk_status(1, json!(["Period code (202606) is not defined"]))).await;
    assert!(error.is_unpublished_period());
    assert_eq!(error.periods(), [period]);
    insta::assert_snapshot!(error, @r#"hk-trade get_trade: a period is not published: 202606; the service says "Period code (202606) is not defined" (HTTP 200, code 1); ask up to the last one published: `hk latest` or latest_period() tells the last month"#);
    let error = bench
        .told(Step::hk_status(
            1,
            json!(["Commodity code (0101) is not defined", "Commodity code (9999) is not defined"]),
        ))
        .await;
    assert!(error.is_unknown_commodity());
    assert_eq!(error.codes(), ["0101", "9999"]);
    insta::assert_snapshot!(error, @r#"hk-trade get_trade: commodity codes are unknown: 0101, 9999; the service says "Commodity code (0101) is not defined"; the service says "Commodity code (9999) is not defined" (HTTP 200, code 1); ask without them"#);
    let reasons = json!(["A commodity cannot be given with re-exports", "second", "third", "fourth"]);
    let error = bench.told(Step::hk_status(1, reasons)).await;
    assert!(error.is_refused() && !error.is_retryable());
    assert_eq!(error.messages().len(), 4);
    insta::assert_snapshot!(error, @r#"hk-trade get_trade: the service refused the request; the service says "A commodity cannot be given with re-exports"; the service says "second"; the service says "third" and 1 more (HTTP 200, code 1)"#);
    let error = bench.told(Step::hk_status(1, "one text, as some report")).await;
    assert_eq!(error.messages(), ["one text, as some report"]);
    let error = bench.told(Step::hk_status(9, ())).await;
    assert!(error.is_refused());
    assert_eq!(error.service_code(), Some("9"));
    assert_eq!(bench.asked(), 5);
}

#[tokio::test]
async fn nothing_found_is_an_answer() {
    let bench = Bench::new().await;
    bench.answers([Step::hk_status(1, json!(["No record found for the selection"]))]);
    let answer = bench.client().query(&english()).await.unwrap();
    assert!(answer.is_empty());
    bench.answers([Reply::json(200, &success(&[], 0)).into()]);
    assert!(bench.client().query(&english()).await.unwrap().is_empty());
}

/// The reasons are known in English only: a refusal in Chinese is asked about once more.
#[tokio::test]
async fn a_refusal_in_chinese_is_understood() {
    let bench = Bench::new().await;
    let chinese = || Step::hk_status(1, json!(["期間"]));
    bench.answers([chinese(), Step::hk_status(1, json!(["Period code (202606) is not defined"]))]);
    let error = bench.client().query(&documented()).await.unwrap_err();
    assert_eq!((error.periods().len(), error.messages()), (1, &["期間".to_owned()][..]));
    let languages: Vec<_> =
        bench.replica.hk_requests().iter().map(|request| request.target.contains("lang=EN")).collect();
    assert_eq!(languages, [false, false, true, true]);

    bench.answers([chinese(), Step::hk_status(1, json!(["No record found"]))]);
    assert!(bench.client().query(&documented()).await.unwrap().is_empty());
    bench.answers([chinese(), Step::hk_status(1, json!(["Something else"]))]);
    let error = bench.client().query(&documented()).await.unwrap_err();
    assert!(error.is_refused());
    assert_eq!(error.messages(), ["期間"]);
}

#[tokio::test]
async fn a_wrong_number_of_rows_is_told_and_the_rows_are_kept() {
    let bench = Bench::new().await;
    let error = bench.told(Reply::json(200, &success(&[row(|_| ())], 2))).await;
    assert_eq!(error.kind(), ErrorKind::CountMismatch);
    insta::assert_snapshot!(error, @"hk-trade get_trade: the number of rows is not as told: noOfRecords tells 2, 1 came (HTTP 200); the rows that came are in the error; repeat the query");
    assert_eq!(error.into_answer().unwrap().rows().len(), 1);
    let mut no_count = success(&[row(|_| ())], 1);
    no_count["header"]["count"] = Value::Null;
    bench.answers([Reply::json(200, &no_count).into()]);
    assert_eq!(bench.client().query(&english()).await.unwrap().rows().len(), 1);
    no_count["dataSet"] = Value::Null;
    assert_eq!(bench.told(Reply::json(200, &no_count)).await.kind(), ErrorKind::NoData);
    let mut one_told = success(&[], 1);
    one_told["dataSet"] = Value::Null;
    assert_eq!(bench.told(Reply::json(200, &one_told)).await.kind(), ErrorKind::CountMismatch);
}

#[tokio::test]
async fn what_is_unknown_is_kept_and_counted() {
    let bench = Bench::new().await;
    let new = |n: i64| {
        row(|row| {
            row["newField"] = json!({ "deep": [n] });
            row["ttype"] = json!(6);
            row["sv"] = json!("VCq");
            row["figure"] = json!("1,234");
            row["unitEN"].take();
            row["unitSC"] = json!("千港元");
        })
    };
    let mut body = success(&[new(1), new(2), row(|_| ())], 3);
    body["header"]["servedBy"] = json!("x");
    body["later"] = json!(1);
    bench.answers([Reply::json(200, &body).into()]);
    let answer = bench.client().query(&english()).await.unwrap();
    let unknown = answer.unknown();
    insta::assert_debug_snapshot!(unknown, @r#"
    Unknown {
        fields: {
            "/dataSet/*/newField": 2,
            "/header/servedBy": 1,
            "/later": 1,
        },
        values: {
            "/dataSet/*/sv: VCq": 2,
            "/dataSet/*/ttype: 6": 2,
        },
    }
    "#);
    assert_eq!(answer.rows()[1].extra["newField"], json!({ "deep": [2] }));
    assert_eq!(answer.rows()[0].number().unwrap().unwrap().to_string(), "1234");
    assert_eq!(answer.rows()[0].unit(), Some("千港元"));
}

#[tokio::test]
async fn bodies_that_are_none_tell_what_they_are() {
    let bench = Bench::new().await;
    let good = success(&[row(|_| ())], 1).to_string();
    let mut bytes = good.clone().into_bytes();
    let at = good.find("CHINESE").unwrap();
    bytes[at] = 0xff;
    let mut told = Vec::new();
    for (what, reply) in [
        ("empty", Reply::new(200, "")),
        ("html", Reply::html(200)),
        ("no json", Reply::new(200, "Service temporarily unavailable").header("content-type", "text/plain")),
        ("half", Reply::new(200, good[..good.len() / 2].to_owned())),
        ("two", Reply::new(200, format!("{good}{good}"))),
        ("not utf-8", Reply::new(200, bytes)),
        ("a list", Reply::new(200, "[]")),
        ("no header", Reply::new(200, "{\"dataSet\":[]}")),
        (
            "odd row",
            Reply::json(200, &success(&[row(|_| ()), row(|row| row["figure"] = json!({"n": 1}))], 2)),
        ),
        ("odd text", Reply::json(200, &success(&[row(|row| row["unitEN"] = json!(["secret"]))], 1))),
        (
            "no period",
            Reply::json(
                200,
                &success(
                    &[row(|row| {
                        row.as_object_mut().unwrap().remove("period");
                    })],
                    1,
                ),
            ),
        ),
    ] {
        let error = bench.told(reply).await;
        // A page, or nothing, in the place of an answer may pass.
        let passes = error.to_string().contains("as gateways send") || what == "empty";
        assert!(error.is_decode() && error.is_retryable() == passes, "{what}: {error}");
        assert_eq!(error.status(), Some(200), "{what}: {error}");
        assert!(error.body().is_some() && error.headers().is_some());
        if what == "not utf-8" {
            let offset = error.place().unwrap().offset;
            assert!((at..at + 30).contains(&offset), "{offset} is not near {at}");
        }
        told.push(format!("{what}: {error}"));
    }
    insta::assert_snapshot!(told.join("\n"), @"
    empty: hk-trade get_trade: the body is not what the document says: the body is empty (HTTP 200); repeat it later
    html: hk-trade get_trade: the body is not what the document says: the body is an HTML or XML page of 76 bytes, as gateways send (HTTP 200); repeat it later
    no json: hk-trade get_trade: the body is not what the document says: the body is no JSON (31 bytes) (HTTP 200); the body is in the error; report it, so that the document can follow
    half: hk-trade get_trade: the body is not what the document says: at /dataSet/0, offset 168: EOF while parsing a string (HTTP 200); the body is in the error; report it, so that the document can follow
    two: hk-trade get_trade: the body is not what the document says: more follows after the JSON, at offset 339: trailing characters (HTTP 200); the body is in the error; report it, so that the document can follow
    not utf-8: hk-trade get_trade: the body is not what the document says: at /dataSet/0/ccDescEN, offset 35: invalid unicode code point (HTTP 200); the body is in the error; report it, so that the document can follow
    a list: hk-trade get_trade: the body is not what the document says: at the top, offset 0: invalid type: sequence, expected struct TradeResponse (HTTP 200); the body is in the error; report it, so that the document can follow
    no header: hk-trade get_trade: the body is not what the document says: at the top, offset 13: missing field `header` (HTTP 200); the body is in the error; report it, so that the document can follow
    odd row: hk-trade get_trade: the body is not what the document says: at /dataSet/1/figure, offset 266: expected a figure as text, found an object (HTTP 200); the body is in the error; report it, so that the document can follow
    odd text: hk-trade get_trade: the body is not what the document says: at /dataSet/0/unitEN, offset 197: invalid type: sequence, expected a string (HTTP 200); the body is in the error; report it, so that the document can follow
    no period: hk-trade get_trade: the body is not what the document says: at /dataSet/0, offset 190: missing field `period` (HTTP 200); the body is in the error; report it, so that the document can follow
    ");
}

#[tokio::test]
async fn odd_but_readable_bodies_are_read() {
    let bench = Bench::new().await;
    let good = success(&[row(|_| ())], 1).to_string();
    for reply in [
        Reply::new(200, format!("\u{feff}{good}")),
        Reply::new(200, good.clone()).header("content-type", "text/html"),
        Reply::new(200, good.clone()).gzip(),
        Reply::new(200, good.clone()).slowly(100, Duration::from_millis(1)),
        Reply::new(201, good.clone()),
        Reply::new(200, format!("\n\n {good} \n")),
    ] {
        let told = format!("{reply:?}");
        bench.answers([reply.into()]);
        assert_eq!(bench.client().query(&english()).await.expect(&told).rows().len(), 1);
    }
    // As the guide's table spells the keys; and parts of the head in another form than documented.
    let spelled =
        success(&[row(|row| row["tmDescEN"] = json!("BY AIR"))], 1).to_string().replace("Desc", "Dsec");
    bench.answers([Reply::new(200, spelled).into()]);
    let answer = bench.client().query(&english()).await.unwrap();
    let first = &answer.rows()[0];
    assert_eq!(
        (first.destination().unwrap().name, first.transport()),
        (Some("CHINESE MAINLAND"), Some("BY AIR"))
    );
    assert!(answer.unknown().is_empty(), "{:?}", answer.unknown());
    // Spelled both ways, the document's key counts; the other is unknown.
    let both = row(|row| row["ttypeDsecEN"] = json!("another"));
    bench.answers([Reply::json(200, &success(&[both], 1)).into()]);
    let answer = bench.client().query(&english()).await.unwrap();
    assert_eq!(answer.rows()[0].ttype_desc_en.as_deref(), Some("Total exports"));
    assert_eq!(answer.unknown().fields["/dataSet/*/ttypeDsecEN"], 1);
    for (count, note, notes) in [
        (json!("1"), json!("one note"), &["one note"][..]),
        (json!(" 1 "), json!({"en": "a", "tc": ["b"]}), &["a", "b"]),
        (Value::Null, Value::Null, &[]),
        (json!(1), json!(["n", "m"]), &["n", "m"]),
    ] {
        let mut body = success(&[row(|_| ())], count);
        body["header"]["tablenote"] = note;
        bench.answers([Reply::json(200, &body).into()]);
        let answer = bench.client().query(&english()).await.unwrap();
        assert_eq!(
            (answer.rows().len(), answer.notes()),
            (1, &notes.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>()[..])
        );
    }
    let error = bench.told(Reply::json(200, &success(&[row(|_| ())], "2"))).await;
    assert_eq!(error.kind(), ErrorKind::CountMismatch);
    assert!(bench.told(Reply::json(200, &success(&[row(|_| ())], "many"))).await.is_decode());
    // Behind a byte order mark the offset is still that of the body as it came.
    let error = bench.told(Reply::new(200, "\u{feff}{\"header\": 1}")).await;
    assert_eq!(error.place().unwrap().offset, 3 + 11, "{error}");
}

#[tokio::test]
async fn another_host_is_not_followed() {
    let bench = Bench::new().await;
    let other = Replica::start().await.unwrap();
    let away = format!("{}/api/get?user=me&lang=EN", other.hk_url());
    bench.replica.script(Door::HkFront, [Reply::new(302, "").header("location", &away).into()]);
    let error = bench.client().query(&english()).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Redirected, 1));
    assert!(other.hk_requests().is_empty());
    insta::assert_snapshot!(error.to_string().replace(&other.hk_url(), "http://other"), @"hk-trade get_trade: a redirect that is not followed: to http://other (HTTP 302); check the base URL");
    // In circles: followed so far and no further.
    let circle = Reply::new(302, "").header("location", "/api/get?lang=EN");
    bench.replica.script(Door::HkFront, vec![Step::from(circle); 20]);
    let error = bench.client().query(&english()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Redirected);
    assert_eq!(bench.replica.pending(Door::HkFront), 14);
}

/// So many tasks ask the documented query together, and each gets its two rows.
async fn all_at_once(client: &Client, tasks: usize) {
    let tasks: Vec<_> = (0..tasks)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { client.query(&documented()).await.map(|answer| answer.rows().len()) })
        })
        .collect();
    for task in tasks {
        assert_eq!(task.await.unwrap().unwrap(), 2);
    }
}

#[tokio::test]
async fn the_pace_holds_over_tasks() {
    let bench = Bench::new().await;
    // None is set: it is the default's.
    let client =
        Client::builder().base_url(bench.replica.hk_url()).clock(bench.clock.clone()).build().unwrap();
    all_at_once(&client, 6).await;
    // Each waits for its turn on a clock that moves on when somebody waits.
    let naps: Duration = bench.clock.naps().iter().sum();
    assert_eq!(naps, Duration::from_millis(2500));
}

/// At most three at once: the answers are held back, and a fourth request must not come.
#[tokio::test]
async fn no_more_than_three_are_in_flight() {
    let bench = Bench::new().await;
    let held = Reply::json(200, &success(&[], 0)).after(Duration::from_millis(300));
    bench.answers(vec![Step::from(held); 6]);
    let client = bench.builder().pace(Pace::new(3, Duration::ZERO)).build().unwrap();
    let tasks: Vec<_> = (0..6)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { client.query(&english()).await.is_ok() })
        })
        .collect();
    for task in tasks {
        assert!(task.await.unwrap());
    }
    // Times of arrival: the fourth came when one of the first three had been answered.
    let arrivals: Vec<_> = bench
        .replica
        .hk_requests()
        .iter()
        .filter(|request| !request.target.starts_with("/api/get?"))
        .map(|request| request.at)
        .collect();
    assert!(arrivals[3] - arrivals[0] >= Duration::from_millis(300), "{arrivals:?}");
}

#[tokio::test]
async fn the_latest_period_takes_one_call_or_two() {
    let months = |last: u32| {
        (last - 2..=last)
            .map(|month| row(|row| row["period"] = json!(format!("2026{month:02}"))))
            .collect::<Vec<_>>()
    };
    let unpublished = |names: &[&str]| {
        Step::hk_status(
            1,
            names.iter().map(|name| format!("Period code ({name}) is not defined")).collect::<Vec<_>>(),
        )
    };
    let rows = |rows: &[Value]| Step::from(Reply::json(200, &success(rows, rows.len())));
    for (steps, latest) in [
        (vec![rows(&months(10))], "202610"),
        // The month before is not out yet: the one before what the refusal names is asked for.
        (vec![unpublished(&["202610"]), rows(&[row(|row| row["period"] = json!("202609"))])], "202609"),
        // Later than the schedule: the months before are asked for until one answers.
        (
            vec![unpublished(&["202609", "202610"]), rows(&[row(|row| row["period"] = json!("202608"))])],
            "202608",
        ),
        (
            vec![
                unpublished(&["202609"]),
                unpublished(&["202608"]),
                rows(&[row(|row| row["period"] = json!("202607"))]),
            ],
            "202607",
        ),
    ] {
        let bench = Bench::new().await;
        let calls = steps.len();
        bench.answers(steps);
        let found = bench.client().latest_period().await.unwrap();
        assert_eq!((found.to_string().as_str(), bench.asked()), (latest, calls));
        assert!(bench.replica.hk_requests()[0].target.contains("period=202608,202610"));
    }
    let bench = Bench::new().await;
    bench.answers((0..20).map(|_| unpublished(&["201201"])).collect::<Vec<_>>());
    let error = bench.client().latest_period().await.unwrap_err();
    insta::assert_snapshot!(error, @"hk-trade latest_period: the answer holds no data: no month from 201101 on is published");
}

#[tokio::test]
async fn raw_calls_share_session_errors_and_repeats() {
    let bench = Bench::new().await;
    let client = bench.client();
    let response = client.raw("GET", &format!("/api/get?{DOCUMENTED}"), None).await.unwrap();
    assert_eq!(response.json::<Value>().unwrap()["dataSet"].as_array().unwrap().len(), 2);
    bench.answers([Step::hk_status(3, ()), Step::hk_status(4, ())]);
    assert!(client.raw("GET", &format!("/api/get?{DOCUMENTED}"), None).await.is_ok());
    bench.answers([Step::hk_status(1, json!(["Commodity code (0101) is not defined"]))]);
    let error = client.raw("GET", &format!("/api/get?{DOCUMENTED}"), None).await.unwrap_err();
    assert_eq!(error.codes(), ["0101"]);
    let error = client.raw("GET", "/elsewhere", None).await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::HttpStatus, Some(404)));
    insta::assert_snapshot!(error, @"hk-trade raw: the HTTP status tells a failure: the body is no JSON (113 bytes) (HTTP 404)");
    for path in ["api/get", "https://other.example/", ""] {
        let error = client.raw("GET", path, None).await.unwrap_err();
        assert!(error.is_unsent() && error.to_string().contains("must begin with /"), "{error}");
    }
    let error = response.json::<Vec<u8>>().unwrap_err();
    assert!(error.is_decode());
}

#[tokio::test]
async fn what_the_client_cannot_be_made_of_is_told() {
    let wrong = |url: &str| Client::builder().base_url(url).build().unwrap_err().to_string();
    insta::assert_snapshot!(["", "tradeidds", "ftp://h", "https://h/?a=b"].map(wrong).join("\n"), @"
    the client cannot be made: the base URL cannot be read: relative URL without a base; it must be like https://host
    the client cannot be made: the base URL cannot be read: relative URL without a base; it must be like https://host
    the client cannot be made: the base URL must begin with https:// or http://
    the client cannot be made: the base URL must end before ? and #
    ");
    // What the user's builder says is kept, but for what the service needs.
    let bench = Bench::new().await;
    let mut headers = reqwest::header::HeaderMap::new();
    headers.insert("x-mine", "1".parse().unwrap());
    let own = reqwest::Client::builder().default_headers(headers).user_agent("other");
    bench.builder().http(own).build().unwrap().query(&documented()).await.unwrap();
    let request = &bench.replica.hk_requests()[0];
    assert!(request.headers.iter().any(|(name, _)| name == "x-mine"));
    assert!(request.headers.iter().any(|(_, value)| value.starts_with("tradebind/")));
}

#[test]
fn futures_go_between_threads_and_errors_stay_small() {
    fn send<T: Send>(_: T) {}
    let client = Client::new().unwrap();
    let query = documented();
    send(client.query(&query));
    send(client.raw("GET", "/", None));
    send(client.latest_period());
    assert_eq!(size_of::<tradebind::Error>(), size_of::<usize>());
}

/// A runtime of several threads, and a client of the replica in it.
#[cfg(feature = "blocking")]
fn blocking_bench() -> (tokio::runtime::Runtime, Replica, Client) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let replica = runtime.block_on(Replica::start()).unwrap();
    let client = Client::builder().base_url(replica.hk_url()).build().unwrap();
    (runtime, replica, client)
}

#[cfg(feature = "blocking")]
#[test]
fn scripts_wait_in_one_line() {
    let (runtime, _replica, client) = blocking_bench();
    assert_eq!(tradebind::blocking::wait(client.query(&documented())).unwrap().rows().len(), 2);
    // Within a runtime too, where others would panic; who listens on this thread hears the call.
    let (lines, _listens) = crate::secrets::Lines::capture();
    let outside = tracing::info_span!("outside");
    let inside = outside
        .in_scope(|| runtime.block_on(async { tradebind::blocking::wait(client.query(&documented())) }));
    assert_eq!(inside.unwrap().rows().len(), 2);
    assert!(lines.text().contains("get_trade"), "{}", lines.text());
    assert!(lines.text().contains("outside:tradebind.call{"), "{}", lines.text());
}

/// Each code of the guide, its message a list, one text, or none.
#[tokio::test]
async fn every_code_is_understood_with_any_form_of_message() {
    let bench = Bench::new().await;
    for message in [Value::Null, json!([]), json!(["why"]), json!("why")] {
        let told: &[&str] = if message == "why" || message == json!(["why"]) { &["why"] } else { &[] };
        let mut body = success(&[row(|_| ())], 1);
        body["header"]["status"]["message"] = message.clone();
        bench.answers([Reply::json(200, &body).into()]);
        assert_eq!(bench.client().query(&english()).await.unwrap().rows().len(), 1);
        for (code, kind) in [
            (1, ErrorKind::Refused),
            (2, ErrorKind::UsageLimit),
            (3, ErrorKind::Busy),
            (4, ErrorKind::AccessDenied),
        ] {
            bench.answers(vec![Step::hk_status(code, message.clone()); 3]);
            let client = bench.builder().backoff(Backoff::none()).build().unwrap();
            let error = client.query(&english()).await.unwrap_err();
            assert_eq!((error.kind(), error.service_code()), (kind, Some(code.to_string().as_str())));
            assert!(told.is_empty() || error.messages() == told, "{error}");
            let left = bench.replica.pending(Door::HkAnswer);
            assert_eq!(left, if code == 4 { 0 } else { 2 }, "only what is denied is asked again");
            bench.answers(std::iter::empty::<Step>());
            for _ in 0..left {
                client.query(&english()).await.unwrap_err();
            }
        }
    }
}

#[tokio::test]
async fn reasons_that_come_together_are_all_told() {
    let bench = Bench::new().await;
    let both = ["Commodity code (0101) is not defined", "Period code (202606) is not defined"];
    let error = bench.told(Step::hk_status(1, json!(both))).await;
    assert!(error.is_unpublished_period());
    assert_eq!((error.periods().len(), error.codes().len()), (1, 1));
    let error = bench.told(Step::hk_status(1, json!([both[0], both[1], "and more"]))).await;
    assert!(error.is_refused());
    assert_eq!((error.periods().len(), error.codes().len()), (1, 1));
    // Whatever stands in them, the message stays short and on one line.
    let hostile = format!("Commodity code ({}\n\u{1b}[31m) is not defined", "9".repeat(5000));
    let error = bench.told(Step::hk_status(1, json!(vec![hostile; 50]))).await;
    assert_eq!(error.codes().len(), 50);
    let told = error.to_string();
    assert!(told.len() < 2000 && !told.contains(['\n', '\u{1b}']), "{told}");
}

/// Many calls, all denied at once: they share new sessions, and all come through.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sessions_are_shared_by_many_calls() {
    let bench = Bench::new().await;
    let client = bench.client();
    client.query(&documented()).await.unwrap();
    // Two, since one unlucky call may meet them all; held back, so that both are under way when the first is denied.
    let denied = Reply::json(200, &json!({"header": {"status": {"code": 4}}}));
    bench.answers(vec![Step::from(denied.after(Duration::from_millis(200))); 2]);
    let before = bench.replica.hk_requests().len();
    all_at_once(&client, 12).await;
    let without = |request: &&tradebind::replica::LoggedRequest| {
        request.target.starts_with("/api/get?") && !request.headers.iter().any(|(name, _)| name == "cookie")
    };
    let begun = bench.replica.hk_requests()[before..].iter().filter(without).count();
    assert!((1..=2).contains(&begun), "{begun} sessions were begun where two were denied together");
}

#[tokio::test]
async fn what_is_no_read_is_sent_once() {
    let bench = Bench::new().await;
    bench.replica.script(Door::HkFront, [Reply::html(503).into(), Reply::html(503).into()]);
    // As it is given, not as somebody read it.
    let text = r#"{"z":123456789012345678901234567890, "a":0.10}"#;
    let error = bench.client().raw("post", "/api/get", Some(text.into())).await.unwrap_err();
    assert_eq!((error.attempts(), error.is_busy()), (1, true));
    let sent = bench.replica.hk_requests().remove(0);
    assert_eq!((&*sent.method, &*sent.body), ("POST", text.as_bytes()));
    assert!(bench.client().raw("G T", "/api/get", None).await.unwrap_err().is_unsent());
    assert!(bench.client().raw("GET", "api/get", None).await.unwrap_err().is_unsent());

    // What may have been done is not told to be harmless; what was refused may be repeated.
    let seven = Some(Duration::from_secs(7));
    let asking = |status| Step::from(Reply::html(status).header("retry-after", "7"));
    for (step, kind, wait, may) in [
        (asking(503), ErrorKind::Busy, seven, false),
        (asking(502), ErrorKind::HttpStatus, seven, false),
        (asking(403), ErrorKind::AccessDenied, seven, false),
        (Step::CloseAfterRequest, ErrorKind::Interrupted, None, false),
        (Reply::html(503).after(Duration::from_secs(60)).into(), ErrorKind::Timeout, None, false),
        (asking(429), ErrorKind::UsageLimit, seven, false),
        (Step::hk_status(2, Value::Null), ErrorKind::UsageLimit, None, false),
        (Step::hk_status(3, Value::Null), ErrorKind::Busy, None, false),
    ] {
        let bench = Bench::new().await;
        bench.replica.script(Door::HkFront, [step]);
        let limit = Duration::from_millis(if kind == ErrorKind::Timeout { 300 } else { 60_000 });
        let client = bench.builder().timeout(limit).build().unwrap();
        let error = client.raw("POST", "/api/get", Some("{}".into())).await.unwrap_err();
        assert_eq!((error.attempts(), error.kind()), (1, kind), "{error}");
        assert_eq!((error.retry_after(), error.is_retryable()), (wait, may), "{error}");
    }

    // The second connection, of a redirect, fails: the first has done its work.
    let bench = Bench::new().await;
    let away = Reply::new(303, "").header("location", "/api/get?x").header("connection", "close");
    bench.replica.script(Door::HkFront, [away.into(), Step::CloseOnAccept, Step::CloseOnAccept]);
    let error = bench.client().raw("POST", "/api/get", Some("{}".into())).await.unwrap_err();
    let posts = bench.replica.hk_requests().iter().filter(|request| request.method == "POST").count();
    assert_eq!((error.attempts(), posts), (1, 1), "{error}");

    // It cannot even be made: what was sent before it has left all the same.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let once = tokio::spawn(async move {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        let (mut stream, _) = listener.accept().await.unwrap();
        drop(listener);
        _ = stream.read(&mut [0; 1024]).await.unwrap();
        let away = "HTTP/1.1 303 See Other\r\nlocation: /elsewhere\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
        stream.write_all(away.as_bytes()).await.unwrap();
    });
    let client = bench.builder().base_url(url).build().unwrap();
    let error = client.raw("POST", "/api/get", Some("{}".into())).await.unwrap_err();
    once.await.unwrap();
    assert_eq!(
        (error.kind(), error.is_unsent(), error.is_retryable()),
        (ErrorKind::Interrupted, false, false),
        "{error}"
    );
}

#[tokio::test]
async fn debug_shows_no_cookie() {
    let bench = Bench::new().await;
    let client = bench.client();
    client.query(&documented()).await.unwrap();
    assert!(!format!("{client:?}").contains("replica-session"));
}

#[cfg(feature = "blocking")]
#[test]
fn a_local_set_is_no_place_to_panic() {
    let (runtime, _replica, client) = blocking_bench();
    let local = tokio::task::LocalSet::new();
    let answer =
        runtime.block_on(local.run_until(async { tradebind::blocking::wait(client.query(&documented())) }));
    assert_eq!(answer.unwrap().rows().len(), 2);
}

/// As in a container with one processor.
#[cfg(feature = "blocking")]
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_worker_that_waits_holds_nothing_up() {
    let bench = Bench::new().await;
    let client = bench.client();
    client.query(&documented()).await.unwrap();
    let waiting = tokio::spawn(async move { tradebind::blocking::wait(client.query(&documented())) });
    let answer = tokio::time::timeout(Duration::from_secs(60), waiting).await.unwrap();
    assert_eq!(answer.unwrap().unwrap().rows().len(), 2);
}

#[cfg(feature = "blocking")]
#[tokio::test]
async fn a_runtime_of_one_thread_is_not_held_up() {
    let bench = Bench::new().await;
    let error = tradebind::blocking::wait(bench.client().query(&documented())).unwrap_err();
    insta::assert_snapshot!(error, @"the request is refused before it is sent: blocking::wait was called within an asynchronous runtime of one thread; await the call there");
}
