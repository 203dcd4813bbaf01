//! Harvests from a service that refuses more than the replica does, and does not say what.

use std::path::Path;
use std::sync::Arc;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tradebind::domain::{CommodityClass, Language};
use tradebind::harvest::{Areas, Commodities, Harvest, Limits, Plan, Request, Settings, Summary};
use tradebind::hk::{Client, Query};
use tradebind::http::Pace;
use tradebind::replica::Replica;

/// What comes instead of the replica's answer.
#[derive(Clone, Copy)]
enum Instead {
    /// A refusal that names nothing.
    Refused,
    /// A page that says no more than that the request is bad.
    BadRequest,
}

/// The replica behind a front that judges each query; its address.
async fn front(
    replica: &Replica,
    judge: impl Fn(&Query) -> Option<Instead> + Send + Sync + 'static,
) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let behind = reqwest::Client::builder().no_proxy().cookie_store(true).build().unwrap();
    let (judge, replica) = (Arc::new(judge), replica.hk_url());
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            tokio::spawn(answer(stream, Arc::clone(&judge), behind.clone(), replica.clone()));
        }
    });
    url
}

async fn answer(
    mut stream: TcpStream,
    judge: Arc<impl Fn(&Query) -> Option<Instead>>,
    behind: reqwest::Client,
    replica: String,
) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") && stream.read_buf(&mut head).await.unwrap() > 0 {}
    let head = String::from_utf8(head).unwrap();
    let target = head.split(' ').nth(1).unwrap();
    let query: Query = target.parse().unwrap();
    let refused = r#"{"header":{"status":{"name":"Fail","code":1,"message":["This selection is not available"],"description":"Fail"}}}"#;
    let (status, body) = match judge(&query) {
        None => {
            let played = behind.get(format!("{replica}{target}")).send().await.unwrap();
            ("200 OK", played.text().await.unwrap())
        }
        Some(Instead::Refused) => ("200 OK", refused.to_owned()),
        Some(Instead::BadRequest) => ("400 Bad Request", "<html>Bad Request</html>".to_owned()),
    };
    let head = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
    stream.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
}

fn holds(query: &Query, code: &str) -> bool {
    let codes = query.commodities().and_then(|commodities| commodities.codes());
    codes.is_some_and(|codes| codes.as_slice().iter().any(|one| one.as_str() == code))
}

fn goes_to(query: &Query, area: &str) -> bool {
    query.destination().is_some_and(|to| to.codes().as_slice().iter().any(|one| one.as_str() == area))
}

fn plan(codes: &[&str], language: Language, areas: &[&str], rows: u64) -> Plan {
    plan_of(CommodityClass::Hs2, codes, language, areas, rows)
}

fn plan_of(class: CommodityClass, codes: &[&str], language: Language, areas: &[&str], rows: u64) -> Plan {
    let mut request = Request::builder()
        .periods("2024-01..2024-02".parse().unwrap())
        .language(language)
        .trade_types([tradebind::domain::TradeType::Imports])
        .commodities(Commodities::codes(class, codes).unwrap());
    if !areas.is_empty() {
        request = request.destination(Areas::countries(areas).unwrap());
    }
    Plan::new(request.build().unwrap(), Limits::default().rows(rows)).unwrap()
}

async fn harvest(url: &str, plan: &Plan, folder: &Path, in_flight: usize) -> Summary {
    let http = reqwest::Client::builder().no_proxy();
    let client = Client::builder().base_url(url).pace(Pace::off()).http(http).build().unwrap();
    let harvest = Harvest::open(folder, plan, &Settings::new("own").in_flight(in_flight)).unwrap();
    harvest.run(&client, |_| {}).await.unwrap()
}

fn data(folder: &Path) -> String {
    std::fs::read_to_string(folder.join("data.csv")).unwrap()
}

/// A code that the service refuses beside one country is lost there alone, in whatever order answers come and wherever a
/// run was killed.
#[tokio::test]
async fn a_code_refused_beside_one_country_costs_no_others() {
    let replica = Replica::start().await.unwrap();
    let refuses = |query: &Query| (holds(query, "85") && goes_to(query, "CN")).then_some(Instead::Refused);
    let url = front(&replica, refuses).await;
    let areas = ["CN", "JP", "DE", "US", "FR", "GB", "KR", "SG"];
    let plan = plan(&["85", "10", "71"], Language::English, &areas, 12);
    let with: Vec<_> = plan.queries().iter().filter(|one| refuses(one.query()).is_some()).collect();
    assert_eq!((plan.len(), with.len()), (4, 1));
    let whole = tempfile::tempdir().unwrap();
    let Summary { cells, refused, .. } = harvest(&url, &plan, whole.path(), 1).await;
    // Of three codes one.
    assert_eq!((cells.asked, cells.refused, cells.failed), (48, with[0].rows() / 3, 0));
    for in_flight in [2, 3, 10] {
        let folder = tempfile::tempdir().unwrap();
        let summary = harvest(&url, &plan, folder.path(), in_flight).await;
        assert_eq!((summary.cells, &summary.refused), (cells, &refused), "{in_flight}");
        assert_eq!(data(folder.path()), data(whole.path()), "{in_flight}");
        let journal = std::fs::read_to_string(folder.path().join("journal")).unwrap();
        for lines in 0..journal.lines().count() {
            let killed: String = journal.split_inclusive('\n').take(lines).collect();
            std::fs::write(folder.path().join("journal"), killed).unwrap();
            std::fs::remove_file(folder.path().join("manifest.json")).unwrap();
            let again = harvest(&url, &plan, folder.path(), in_flight).await;
            assert_eq!((again.cells, &again.refused), (cells, &refused), "{in_flight}, {lines} lines");
            assert_eq!(data(folder.path()), data(whole.path()), "{in_flight}, {lines} lines");
        }
    }
}

/// A country that the service refuses without naming it costs nothing where it is not asked for, in whatever order answers
/// come.
#[tokio::test]
async fn a_bad_country_that_nobody_names_costs_no_others() {
    let replica = Replica::start().await.unwrap();
    let refuses = |query: &Query| goes_to(query, "XC").then_some(Instead::Refused);
    let url = front(&replica, refuses).await;
    let plan = plan(&["85", "10"], Language::English, &["XC", "CN", "JP", "DE", "US", "FR"], 8);
    let with: Vec<_> = plan.queries().iter().filter(|one| refuses(one.query()).is_some()).collect();
    assert_eq!((plan.len(), with.len()), (3, 1));
    let mut told = Vec::new();
    for in_flight in [1, 3] {
        let folder = tempfile::tempdir().unwrap();
        let Summary { cells, refused, data, .. } = harvest(&url, &plan, folder.path(), in_flight).await;
        assert_eq!((cells.asked, cells.refused, cells.failed), (24, with[0].rows(), 0));
        told.push((cells, refused, data));
    }
    assert_eq!(told[0], told[1]);
}

/// What the service refuses in Chinese alone has failed at each run; the good codes of its batch, before it and behind it, are
/// there at the first.
#[tokio::test]
async fn a_code_that_always_fails_costs_no_good_ones() {
    let replica = Replica::start().await.unwrap();
    let refused = |query: &Query| holds(query, "27") && query.language() != Language::English;
    let url = front(&replica, move |query| refused(query).then_some(Instead::Refused)).await;
    let plan = plan(&["10", "27", "85", "71", "90"], Language::SimplifiedChinese, &[], 100);
    assert_eq!(plan.len(), 1);
    let folder = tempfile::tempdir().unwrap();
    for calls in [14, 2] {
        let summary = harvest(&url, &plan, folder.path(), 1).await;
        assert_eq!((summary.cells.failed, summary.cells.refused, summary.data.rows), (2, 0, 8), "{summary}");
        assert_eq!(summary.calls, calls, "{summary}");
        let [failed] = &summary.failed[..] else { panic!("{summary}") };
        assert!(failed.reason.contains("This selection is not available"), "{summary}");
        assert!(
            failed.reason.contains("answers this in English and refuses it in this language"),
            "{summary}"
        );
    }
}

/// Where several codes fail so, or all of them, the calls stay bounded, and the rest is left as where nobody answers.
#[tokio::test]
async fn many_codes_that_always_fail_take_bounded_calls() {
    let replica = Replica::start().await.unwrap();
    let codes: Vec<_> = Replica::hk_codes(CommodityClass::Hs4).into_iter().take(20).collect();
    let codes: Vec<_> = codes.iter().map(String::as_str).collect();
    let plan = plan_of(CommodityClass::Hs4, &codes, Language::TraditionalChinese, &[], 1_000);
    assert_eq!((plan.len(), codes.len()), (1, 20));
    for bad in [7, 20] {
        let bad =
            codes.iter().rev().step_by(20 / bad).take(bad).map(|code| (*code).to_owned()).collect::<Vec<_>>();
        let count = bad.len();
        let refused = move |query: &Query| {
            let is_bad = bad.iter().any(|code| holds(query, code)) && query.language() != Language::English;
            is_bad.then_some(Instead::Refused)
        };
        let url = front(&replica, refused).await;
        let folder = tempfile::tempdir().unwrap();
        let summary = harvest(&url, &plan, folder.path(), 1).await;
        // Each contradiction takes two calls.
        assert!(summary.calls <= 2 * 39, "{count} bad: {summary}");
        assert_eq!((summary.cells.failed, summary.cells.refused), (2 * count as u64, 0), "{summary}");
    }
}

/// Where the first codes of a query fail each time, and enough of them to leave the rest, the next run asks for the rest first.
#[tokio::test]
async fn codes_that_always_fail_do_not_keep_those_behind_them_waiting() {
    let replica = Replica::start().await.unwrap();
    let codes: Vec<_> = Replica::hk_codes(CommodityClass::Hs4).into_iter().take(20).collect();
    let codes: Vec<_> = codes.iter().map(String::as_str).collect();
    let plan = plan_of(CommodityClass::Hs4, &codes, Language::TraditionalChinese, &[], 1_000);
    let bad: Vec<_> = codes[..6].iter().map(|code| (*code).to_owned()).collect();
    let refused = move |query: &Query| {
        let is_bad = bad.iter().any(|code| holds(query, code)) && query.language() != Language::English;
        is_bad.then_some(Instead::Refused)
    };
    let url = front(&replica, refused).await;
    let folder = tempfile::tempdir().unwrap();
    let first = harvest(&url, &plan, folder.path(), 1).await;
    assert_eq!((first.failed.len(), first.left, first.data.rows), (5, 1, 0), "{first}");
    let second = harvest(&url, &plan, folder.path(), 1).await;
    assert_eq!((second.cells.failed, second.cells.reported + second.cells.nil), (12, 28), "{second}");
    // The same data as of one who was asked for the good ones alone.
    let rows = data(folder.path()).lines().count();
    let good = plan_of(CommodityClass::Hs4, &codes[6..], Language::TraditionalChinese, &[], 1_000);
    let alone = tempfile::tempdir().unwrap();
    harvest(&url, &good, alone.path(), 1).await;
    assert_eq!((data(folder.path()), rows > 20), (data(alone.path()), true));
}

/// Where the same queries fail each time, and enough of them to leave the rest, the next run begins behind them.
#[tokio::test]
async fn queries_that_always_fail_do_not_keep_the_rest_waiting() {
    let replica = Replica::start().await.unwrap();
    let bad = ["01", "02", "03", "04", "05", "06", "07"];
    let url = front(&replica, move |query| {
        bad.iter().any(|code| holds(query, code)).then_some(Instead::BadRequest)
    })
    .await;
    let codes: Vec<_> = bad.into_iter().chain(["10", "27", "71", "85", "90"]).collect();
    // Each code by itself.
    let plan = plan(&codes, Language::English, &[], 2);
    assert_eq!(plan.len(), codes.len());
    let folder = tempfile::tempdir().unwrap();
    let first = harvest(&url, &plan, folder.path(), 1).await;
    assert_eq!((first.failed.len(), first.left, first.data.rows), (5, 7, 0), "{first}");
    let second = harvest(&url, &plan, folder.path(), 1).await;
    assert_eq!((second.failed.len(), second.data.rows), (7, 10), "{second}");

    // The same for one code over many years.
    let url =
        front(&replica, |query| (query.periods().start().year() < 2018).then_some(Instead::BadRequest)).await;
    let request = Request::builder()
        .periods("2012..2023".parse().unwrap())
        .trade_types([tradebind::domain::TradeType::Imports])
        .commodities(Commodities::codes(CommodityClass::Hs2, ["85"]).unwrap());
    let plan = Plan::new(request.build().unwrap(), Limits::default().rows(1)).unwrap();
    assert_eq!(plan.len(), 12);
    let folder = tempfile::tempdir().unwrap();
    let first = harvest(&url, &plan, folder.path(), 1).await;
    assert_eq!((first.failed.len(), first.data.rows), (5, 0), "{first}");
    let second = harvest(&url, &plan, folder.path(), 1).await;
    assert_eq!((second.failed.len(), second.data.rows), (6, 6), "{second}");
}
