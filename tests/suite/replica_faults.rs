//! Each fault that the local server can be told to make, seen over plain HTTP and bare TCP.

use std::io::Read as _;
use std::time::{Duration, Instant};

use reqwest::{Client, Response, StatusCode, redirect::Policy};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tradebind::replica::{Door, Fault, Replica, Reply, Rule, Step};

const DOCUMENTED: &str = "/api/get?lang=TC&sv=VCm&freq=M&period=201805,201806&ttype=4&ccclass=C&cc=CN";
const ONE_TIME: &str = "/api/0123456789abcdef0123456789abcdef/get?lang=EN";

fn plain() -> Client {
    Client::builder().redirect(Policy::none()).no_gzip().build().unwrap()
}

/// What the first address answers, with the steps of its script before it.
async fn front(replica: &Replica) -> reqwest::Result<Response> {
    plain().get(replica.hk_url() + DOCUMENTED).send().await
}

/// The whole answer to one request, as it comes over TCP.
async fn raw(replica: &Replica) -> String {
    let mut stream = connect(replica).await;
    stream.write_all(b"GET /api/get HTTP/1.1\r\nhost: replica\r\n\r\n").await.unwrap();
    let mut all = Vec::new();
    stream.read_to_end(&mut all).await.unwrap();
    String::from_utf8(all).unwrap()
}

async fn connect(replica: &Replica) -> TcpStream {
    TcpStream::connect(replica.hk_url().strip_prefix("http://").unwrap()).await.unwrap()
}

/// Waits for the server's end of the connection, which holds nothing more.
async fn is_closed(stream: &mut TcpStream) -> bool {
    // Bytes that the server never read make a reset of the close.
    stream.read(&mut [0; 16]).await.map_or(true, |n| n == 0)
}

/// Asks on an open connection for an address that no door has, and reads the answer.
async fn ask_elsewhere(stream: &mut TcpStream) {
    stream.write_all(b"GET /elsewhere HTTP/1.1\r\nhost: replica\r\n\r\n").await.unwrap();
    let mut got = String::new();
    while !got.ends_with("is not \"api\"\n") {
        let mut some = [0; 1024];
        let n = stream.read(&mut some).await.unwrap();
        assert_ne!(n, 0, "closed after {got:?}");
        got += std::str::from_utf8(&some[..n]).unwrap();
    }
}

#[tokio::test]
async fn steps_are_taken_in_order_then_it_plays_as_always() {
    let replica = Replica::start().await.unwrap();
    replica.script(Door::HkFront, [Reply::html(503).into(), Step::Play]);
    replica.script(Door::HkFront, [Reply::json(418, &json!({"a": [1]})).into()]);
    let mut seen = Vec::new();
    for pending in [2, 1, 0, 0] {
        let answer = front(&replica).await.unwrap();
        assert_eq!(replica.pending(Door::HkFront), pending);
        let kind = answer.headers()["content-type"].to_str().unwrap().to_owned();
        seen.push((answer.status().as_u16(), kind, answer.text().await.unwrap()));
    }
    let page = "<html><head><title>503 Service Unavailable</title></head>\
                <body><h1>503 Service Unavailable</h1></body></html>\n";
    let told = |status, kind: &str, text: &str| (status, kind.to_owned(), text.to_owned());
    let redirect = told(302, "text/html", "");
    assert_eq!(
        seen,
        [
            told(503, "text/html", page),
            redirect.clone(),
            told(418, "application/json", r#"{"a":[1]}"#),
            redirect
        ]
    );
    assert_eq!(replica.hk_requests().len(), 4);
}

#[tokio::test]
async fn doors_are_independent() {
    let replica = Replica::start().await.unwrap();
    replica.script(Door::HkFront, [Reply::new(501, "").into()]);
    replica.script(Door::HkAnswer, [Reply::new(502, "").into()]);
    replica.script(Door::Tradewind, [Reply::new(503, "").into()]);
    let pending = || [Door::HkFront, Door::HkAnswer, Door::Tradewind].map(|door| replica.pending(door));

    let elsewhere = plain().get(replica.hk_url() + "/elsewhere").send().await.unwrap();
    assert_eq!((elsewhere.status().as_u16(), pending()), (404, [1, 1, 1]), "no door is there");
    let answer = plain().get(replica.hk_url() + ONE_TIME).send().await.unwrap();
    assert_eq!((answer.status().as_u16(), pending()), (502, [1, 0, 1]), "no cookie is asked for");
    // Any method, any path, no key.
    let answer =
        plain().put(replica.tradewind_url() + "/any").body("x".repeat(100_000)).send().await.unwrap();
    assert_eq!((answer.status().as_u16(), pending()), (503, [1, 0, 0]));
    assert_eq!(front(&replica).await.unwrap().status(), 501);
    assert_eq!(pending(), [0, 0, 0]);

    let logged = replica.tradewind_requests();
    assert_eq!((logged.len(), &*logged[0].method, &*logged[0].target), (1, "PUT", "/any"));
    assert!(logged[0].at <= Instant::now());
    // Without a script all that is asked for is asked for again.
    replica.script(Door::HkAnswer, [Step::Play]);
    replica.script(Door::Tradewind, [Step::Play]);
    let denied = plain().get(replica.hk_url() + ONE_TIME).send().await.unwrap().text().await.unwrap();
    assert!(denied.contains("Access denied"), "{denied}");
    let denied = plain().post(replica.tradewind_url() + "/api/email/verify").send().await.unwrap();
    assert_eq!(denied.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_redirect_without_its_cookie_leads_to_access_denied() {
    let replica = Replica::start().await.unwrap();
    replica.script(Door::HkFront, [Step::RedirectWithoutCookie]);
    let client = Client::builder().cookie_store(true).build().unwrap();
    let ask = async || client.get(replica.hk_url() + DOCUMENTED).send().await.unwrap().text().await.unwrap();
    assert!(ask().await.contains("Access denied"));
    assert!(ask().await.contains("194542691"), "the next redirect has its cookie");

    replica.script(Door::HkFront, [Step::RedirectWithoutCookie]);
    let redirect = front(&replica).await.unwrap();
    assert_eq!(redirect.status(), StatusCode::FOUND);
    assert!(redirect.headers().contains_key("location") && !redirect.headers().contains_key("set-cookie"));
    assert_eq!(redirect.headers()["x-tradebind-assumed"], "form of the token");

    replica.script(Door::HkAnswer, [Step::RedirectWithoutCookie]);
    let wrong = plain().get(replica.hk_url() + ONE_TIME).send().await.unwrap();
    assert_eq!(wrong.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert!(wrong.text().await.unwrap().contains("only HkFront redirects"));
}

#[tokio::test]
async fn statuses_have_the_guides_words() {
    let replica = Replica::start().await.unwrap();
    let ask = async |step: Step| {
        replica.script(Door::HkAnswer, [step]);
        let answer = plain().get(replica.hk_url() + ONE_TIME).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        let body: Value = answer.json().await.unwrap();
        assert_eq!(body.as_object().unwrap().len(), 1, "no data");
        let mut status = body["header"]["status"].clone();
        assert!(status.as_object_mut().unwrap().remove("apiHelp").unwrap().is_string());
        status
    };
    let words = [
        ("Success", "Query success"),
        ("Fail", "Validation error"),
        ("Usage limit", "Usage limit is reached"),
        ("Server busy", "Server is busy at this moment"),
        ("Access denied", "Access denied"),
    ];
    for (code, (name, description)) in (0..).zip(words) {
        let expected = json!({"code": code, "name": name, "description": description});
        assert_eq!(ask(Step::hk_status(code, ())).await, expected);
    }
    let told = ask(Step::hk_status(1, vec!["No record found"])).await;
    assert_eq!(told["message"], json!(["No record found"]));
    assert_eq!(ask(Step::hk_status(9, "text")).await, json!({"code": 9, "message": "text"}));
}

#[tokio::test]
async fn headers_are_sent_as_told_or_the_mistake_is() {
    let replica = Replica::start().await.unwrap();
    let reply = Reply::new(200, "x").header("Content-Type", "text/csv").header("x-a", "1").header("x-a", "2");
    replica.script(Door::HkFront, [reply.into()]);
    let answer = front(&replica).await.unwrap();
    let all =
        |name: &str| answer.headers().get_all(name).iter().map(|v| v.to_str().unwrap()).collect::<Vec<_>>();
    assert_eq!((all("content-type"), all("x-a")), (vec!["text/csv"], vec!["1", "2"]));

    for (wrong, told) in [
        (Reply::new(200, "").header("a b", ""), "\"a b\" is no header name"),
        (Reply::new(200, "").header("a", "b\nc"), "\"b\\nc\" is no value of header a"),
        (Reply::new(200, "").header("Content-Length", "7"), "header content-length follows from the body"),
        (Reply::new(101, ""), "status 101 is none of 200 to 999"),
        (Reply::new(1000, ""), "status 1000 is none of 200 to 999"),
    ] {
        replica.script(Door::HkFront, [wrong.into()]);
        let answer = front(&replica).await.unwrap();
        assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(answer.text().await.unwrap(), format!("the scripted reply cannot be sent: {told}\n"));
    }
}

#[tokio::test]
async fn a_cut_body_comes_so_far_and_no_further() {
    let replica = Replica::start().await.unwrap();
    let reply = Reply::new(200, "0123456789");
    let cut = |bytes| Step::from(reply.clone().cut_after(bytes));
    replica.script(Door::HkFront, [cut(4), cut(0), cut(4), cut(10)]);
    for left in ["0123", ""] {
        let got = raw(&replica).await;
        let (head, body) = got.split_once("\r\n\r\n").unwrap();
        assert!(head.contains("content-length: 10"), "{head}");
        assert_eq!(body, left);
    }
    assert!(front(&replica).await.unwrap().bytes().await.is_err());
    assert_eq!(front(&replica).await.unwrap().bytes().await.unwrap(), "0123456789", "nothing to cut");
}

/// More than the system's buffers hold, so that the cut is due long before the bytes have left.
#[tokio::test]
async fn a_cut_waits_for_a_slow_reader() {
    const SENT: usize = 20_000_000;
    let replica = Replica::start().await.unwrap();
    replica.script(Door::HkFront, [Reply::new(200, vec![b'x'; SENT + 1]).cut_after(SENT).into()]);
    let mut stream = connect(&replica).await;
    stream.write_all(b"GET /api/get HTTP/1.1\r\nhost: replica\r\n\r\n").await.unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    let mut all = Vec::new();
    stream.read_to_end(&mut all).await.unwrap();
    assert_eq!(all.iter().filter(|byte| **byte == b'x').count(), SENT);
}

#[tokio::test]
async fn an_endless_body_ends_at_the_told_byte() {
    let replica = Replica::start().await.unwrap();
    let long: String = (0..10_000).map(|i| format!("{i},")).collect();
    for (body, total) in [("abc", 1_000_003), (&long, 1_000_003), ("", 70_000), ("abc", 1), ("abc", 0)] {
        replica.script(Door::HkFront, [Reply::new(200, body.to_owned()).endless(total).into()]);
        let answer = front(&replica).await.unwrap();
        assert_eq!(answer.content_length(), None);
        let got = answer.bytes().await.unwrap();
        let unit = if body.is_empty() { "\0" } else { body };
        assert_eq!(got.len() as u64, total);
        assert!(got.iter().eq(unit.as_bytes().iter().cycle().take(got.len())), "{total} of {unit:.10}");
    }
    replica.script(Door::HkFront, [Reply::new(200, "abc").endless(1000).cut_after(500).into()]);
    let mut answer = front(&replica).await.unwrap();
    let mut got = 0;
    let broken = loop {
        match answer.chunk().await {
            Ok(Some(chunk)) => got += chunk.len(),
            Ok(None) => break false,
            Err(_) => break true,
        }
    };
    assert_eq!((got, broken), (500, true));
}

#[tokio::test]
async fn an_endless_body_ends_when_its_reader_does() {
    let replica = Replica::start().await.unwrap();
    replica.script(Door::HkFront, [Reply::new(200, "abc").endless(u64::MAX).into()]);
    let mut answer = front(&replica).await.unwrap();
    let mut got = 0;
    while got < 10_000_000 {
        got += answer.chunk().await.unwrap().unwrap().len();
    }
    drop(answer);
    assert_eq!(front(&replica).await.unwrap().status(), StatusCode::FOUND);
}

#[tokio::test]
async fn gzip_unpacks_to_what_was_told() {
    let replica = Replica::start().await.unwrap();
    let unpacked = async |reply: Reply| {
        replica.script(Door::HkFront, [reply.gzip().into()]);
        let answer = front(&replica).await.unwrap();
        assert_eq!(answer.headers()["content-encoding"], "gzip");
        let (length, packed) = (answer.content_length(), answer.bytes().await.unwrap());
        let mut plain = Vec::new();
        flate2::read::GzDecoder::new(&packed[..]).read_to_end(&mut plain).unwrap();
        (length, packed.len() as u64, plain)
    };
    let (length, packed, plain) = unpacked(Reply::new(200, "hello")).await;
    assert_eq!((length, &plain[..]), (Some(packed), &b"hello"[..]));
    let (length, _, plain) = unpacked(Reply::new(200, "abc").endless(100_001)).await;
    assert_eq!(length, None);
    assert!(plain.len() == 100_001 && plain.iter().eq(b"abc".iter().cycle().take(100_001)));
    let (_, packed, plain) = unpacked(Reply::new(200, "").endless(4_000_000)).await;
    assert_eq!(plain, vec![0; 4_000_000]);
    assert!(packed < 40_000, "{packed} bytes are no bomb");
    let (_, _, plain) = unpacked(Reply::new(200, "").endless(0)).await;
    assert_eq!(plain, b"");

    // The cut counts what is sent.
    replica.script(Door::HkFront, [Reply::new(200, "hello").gzip().cut_after(12).into()]);
    assert!(front(&replica).await.unwrap().bytes().await.is_err());
}

#[tokio::test]
async fn slow_answers_take_their_time() {
    let replica = Replica::start().await.unwrap();
    let wait = Duration::from_millis(60);
    replica.script(Door::HkFront, [Reply::new(200, "x").after(wait).into()]);
    let start = Instant::now();
    front(&replica).await.unwrap();
    assert!(start.elapsed() >= wait);

    for (reply, pauses) in [
        (Reply::new(200, "0123456789").slowly(3, wait), 3),
        (Reply::new(200, "01234").slowly(0, wait), 4),
        (Reply::new(200, "01").endless(10).slowly(5, wait), 1),
    ] {
        replica.script(Door::HkFront, [reply.into()]);
        let start = Instant::now();
        front(&replica).await.unwrap().bytes().await.unwrap();
        assert!(start.elapsed() >= wait * pauses, "{:?}", start.elapsed());
    }

    // Each piece leaves at once, whatever comes later; an hour's pause is never waited for.
    replica.script(Door::HkFront, [Reply::new(200, "0123").slowly(3, Duration::from_secs(3600)).into()]);
    let mut answer = front(&replica).await.unwrap();
    assert_eq!(answer.chunk().await.unwrap().unwrap(), "012");
}

#[tokio::test]
async fn only_a_new_connection_is_closed_on_accept() {
    let replica = Replica::start().await.unwrap();
    let mut open = connect(&replica).await;
    ask_elsewhere(&mut open).await;
    replica.script(Door::HkFront, [Step::CloseOnAccept, Reply::new(503, "").into()]);
    // The step is not for a request, nor does what stands behind it come before it.
    open.write_all(b"GET /api/get HTTP/1.1\r\nhost: replica\r\n\r\n").await.unwrap();
    let mut head = [0; 12];
    open.read_exact(&mut head).await.unwrap();
    assert_eq!((&head, replica.pending(Door::HkFront)), (b"HTTP/1.1 302", 2));

    assert!(is_closed(&mut connect(&replica).await).await);
    assert_eq!((replica.pending(Door::HkFront), replica.connections(Door::HkFront)), (1, 2));
    assert_eq!(front(&replica).await.unwrap().status(), 503);
    assert_eq!(front(&replica).await.unwrap().status(), 302);
    assert_eq!((replica.connections(Door::HkAnswer), replica.connections(Door::Tradewind)), (4, 0));

    replica.script(Door::Tradewind, [Step::CloseOnAccept]);
    assert!(plain().get(replica.tradewind_url() + "/api/health").send().await.is_err());
    let answer = plain().get(replica.tradewind_url() + "/api/health").send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(replica.connections(Door::Tradewind), 2);
}

#[tokio::test]
async fn a_connection_closes_during_its_request() {
    let replica = Replica::start().await.unwrap();
    replica.script(Door::HkFront, [Step::CloseDuringRequest, Step::CloseDuringRequest]);
    let mut stream = connect(&replica).await;
    stream.write_all(b"GET /api/g").await.unwrap();
    assert!(is_closed(&mut stream).await);
    assert_eq!(replica.pending(Door::HkFront), 1);
    assert!(front(&replica).await.is_err());
    assert_eq!(replica.hk_requests().len(), 0, "none was read");
    assert_eq!(front(&replica).await.unwrap().status(), StatusCode::FOUND);

    // A caller that says nothing is waited for.
    replica.script(Door::HkFront, [Step::CloseDuringRequest]);
    let mut silent = connect(&replica).await;
    assert_eq!(front(&replica).await.unwrap().status(), StatusCode::FOUND);
    silent.write_all(b"G").await.unwrap();
    assert!(is_closed(&mut silent).await);
}

#[tokio::test]
async fn a_connection_closes_after_its_request() {
    let replica = Replica::start().await.unwrap();
    replica.script(Door::HkFront, [Step::CloseAfterRequest]);
    assert_eq!(raw(&replica).await, "", "closed in order, without an answer");
    assert_eq!(replica.hk_requests().len(), 1);

    replica.script(Door::Tradewind, [Step::CloseAfterRequest]);
    let post = || plain().post(replica.tradewind_url() + "/api/email/verify");
    assert!(post().body("x".repeat(500_000)).send().await.is_err());
    assert_eq!(replica.tradewind_requests().len(), 1);
    assert_eq!(post().send().await.unwrap().status(), StatusCode::UNAUTHORIZED);

    // The answering door has no connections of its own.
    replica.script(Door::HkAnswer, [Step::CloseOnAccept, Step::CloseDuringRequest]);
    for pending in [1, 0] {
        assert!(plain().get(replica.hk_url() + ONE_TIME).send().await.is_err());
        assert_eq!(replica.pending(Door::HkAnswer), pending);
    }
    assert_eq!(replica.hk_requests().len(), 3);
}

/// A session at Hong Kong: the query's own answer, redirect and cookie behind.
struct Session {
    replica: Replica,
    client: Client,
    answer: String,
    cookie: String,
}

impl Session {
    async fn begin(replica: Replica) -> Self {
        let client = Client::builder().redirect(Policy::none()).build().unwrap();
        let redirect = client.get(replica.hk_url() + DOCUMENTED).send().await.unwrap();
        let header = |name: &str| redirect.headers()[name].to_str().unwrap().to_owned();
        let cookie = header("set-cookie").split(';').next().unwrap().to_owned();
        let answer = replica.hk_url() + &header("location");
        Self { replica, client, answer, cookie }
    }

    async fn ask(&self) -> reqwest::Result<Response> {
        self.client.get(&self.answer).header("cookie", &self.cookie).send().await
    }

    /// What the log says of the last request.
    fn last(&self) -> (Option<u16>, String) {
        let logged = self.replica.hk_requests().pop().unwrap();
        (logged.status, logged.note.unwrap_or_default())
    }
}

#[tokio::test]
async fn each_fault_at_hong_kong() {
    let session = Session::begin(Replica::start().await.unwrap()).await;
    let fault = |fault: Fault| session.replica.script(Door::HkAnswer, [fault.into()]);
    let json =
        async || serde_json::from_str::<Value>(&session.ask().await.unwrap().text().await.unwrap()).unwrap();
    let right = json().await;

    for status in [403, 429, 503] {
        fault(Fault::Html(status));
        let answer = session.ask().await.unwrap();
        assert_eq!(
            (answer.status().as_u16(), &answer.headers()["content-type"]),
            (status, &"text/html".parse().unwrap())
        );
        assert_eq!(answer.headers()["x-tradebind-assumed"], "the page, that nothing is charged");
    }
    let wait = Duration::from_millis(60);
    fault(Fault::Latency(wait));
    let start = Instant::now();
    assert_eq!(json().await, right);
    assert!(start.elapsed() >= wait);
    assert_eq!(
        session.last(),
        (Some(200), "recorded: hk-trade get_trade.total-exports-cn; 60 ms later".to_owned())
    );

    fault(Fault::DuplicateRows(1));
    let doubled = json().await;
    assert_eq!(
        (&doubled["dataSet"][2], &doubled["header"]["count"]["noOfRecords"]),
        (&right["dataSet"][0], &json!(3))
    );
    fault(Fault::WrongCount(5));
    let wrong = json().await;
    assert_eq!((&wrong["dataSet"], &wrong["header"]["count"]["noOfRecords"]), (&right["dataSet"], &json!(7)));
    fault(Fault::UnknownFields);
    let unknown = json().await;
    assert_eq!(
        unknown["dataSet"][1].as_object().unwrap().len(),
        right["dataSet"][1].as_object().unwrap().len() + 1
    );

    let whole = session.ask().await.unwrap().bytes().await.unwrap();
    for bytes in [0, 10, whole.len() as u64 - 1] {
        fault(Fault::Truncated(bytes));
        let mut answer = session.ask().await.unwrap();
        assert_eq!(answer.content_length(), Some(whole.len() as u64));
        let mut got = Vec::new();
        while let Ok(Some(piece)) = answer.chunk().await {
            got.extend_from_slice(&piece);
        }
        assert_eq!(got, whole[..usize::try_from(bytes).unwrap()]);
    }
    fault(Fault::Truncated(whole.len() as u64));
    assert_eq!(session.ask().await.unwrap().bytes().await.unwrap(), whole, "nothing to cut");

    // What has nothing to work on goes out as it is, and the log tells.
    session.replica.script(Door::HkFront, [Fault::DuplicateRows(1).into()]);
    assert_eq!(front(&session.replica).await.unwrap().status(), 302);
    assert_eq!(session.last(), (Some(302), "1 rows twice: nothing to work on".to_owned()));
    // A redirect has no body that could break off.
    for fault in [Fault::ResetDuring, Fault::Truncated(0), Fault::Truncated(9)] {
        session.replica.script(Door::HkFront, [fault.clone().into()]);
        assert_eq!(front(&session.replica).await.unwrap().status(), 302);
        assert_eq!(session.last(), (Some(302), format!("{fault}: nothing to work on")));
    }
}

#[tokio::test]
async fn resets_before_during_and_after() {
    use std::io::ErrorKind::ConnectionReset;
    let replica = Replica::start().await.unwrap();
    let ask = async |fault: Fault, requests| {
        replica.script(Door::HkFront, [fault.into()]);
        let mut stream = connect(&replica).await;
        let mut got = Vec::new();
        for _ in 0..requests {
            stream.write_all(b"GET /api/get?lang=EN HTTP/1.1\r\nhost: replica\r\n\r\n").await.unwrap();
            let mut some = vec![0; 4096];
            match stream.read(&mut some).await {
                Ok(n) => got.extend_from_slice(&some[..n]),
                Err(e) => return (String::from_utf8(got).unwrap(), Some(e.kind())),
            }
        }
        (String::from_utf8(got).unwrap(), None)
    };
    assert_eq!(ask(Fault::ResetBefore, 1).await, (String::new(), Some(ConnectionReset)));
    let (got, ended) = ask(Fault::ResetAfter, 2).await;
    assert!(got.starts_with("HTTP/1.1 302"), "{got}");
    assert_eq!((got.matches("HTTP/1.1").count(), ended), (1, Some(ConnectionReset)));
    let noted: Vec<_> =
        replica.hk_requests().into_iter().map(|logged| logged.note.unwrap_or_default()).collect();
    assert_eq!(
        noted,
        ["reset before the answer", "the next request meets a reset", "reset after the answer before"]
    );
    // A new connection is served.
    assert_eq!(front(&replica).await.unwrap().status(), 302);

    let session = Session::begin(replica).await;
    session.replica.script(Door::HkAnswer, [Fault::ResetDuring.into(), Fault::ChargeThenDrop.into()]);
    let mut answer = session.ask().await.unwrap();
    let (length, mut got) = (answer.content_length().unwrap(), 0);
    let broken = loop {
        match answer.chunk().await {
            Ok(Some(piece)) => got += piece.len() as u64,
            Ok(None) => break false,
            Err(_) => break true,
        }
    };
    assert!(broken && got <= length / 2, "{got} of {length}");
    assert_eq!(
        session.last(),
        (Some(200), "recorded: hk-trade get_trade.total-exports-cn; reset during the answer".to_owned())
    );
    assert!(session.ask().await.is_err());
    assert_eq!(session.last(), (None, "done, then closed without an answer".to_owned()));
    assert!(session.ask().await.is_ok());
}

#[tokio::test]
async fn rules_make_faults_by_count() {
    let replica = Replica::start().await.unwrap();
    replica.faults([Rule::on(Door::HkFront).every(3).with(Fault::Html(503))]);
    let statuses = async |n| {
        let mut all = Vec::new();
        for _ in 0..n {
            all.push(front(&replica).await.unwrap().status().as_u16());
        }
        all
    };
    assert_eq!(statuses(6).await, [302, 302, 503, 302, 302, 503]);
    // A script goes before, and its requests do not count.
    replica.script(Door::HkFront, [Step::Play, Reply::html(418).into()]);
    assert_eq!(statuses(5).await, [302, 418, 302, 302, 503]);
    replica.clear_faults();
    assert_eq!(statuses(3).await, [302, 302, 302]);
}

#[tokio::test]
async fn rules_make_faults_by_seed() {
    let run = async |seed| {
        let rule = Rule::on(Door::HkFront).one_in(3).with_any([403, 429, 503].map(Fault::Html));
        let replica = Replica::builder().seed(seed).faults([rule]).start().await.unwrap();
        let client = plain();
        let mut all = Vec::new();
        for _ in 0..40 {
            all.push(client.get(replica.hk_url() + DOCUMENTED).send().await.unwrap().status().as_u16());
        }
        all
    };
    let first = run(5).await;
    assert_eq!(first, run(5).await);
    assert_ne!(first, run(6).await);
    for status in [302, 403, 429, 503] {
        assert!(first.contains(&status), "{status} in {first:?}");
    }
}
