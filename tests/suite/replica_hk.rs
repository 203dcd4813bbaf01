//! The Hong Kong side of the replica, as callers see it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use tradebind::ErrorKind;
use tradebind::domain::{CommodityClass, Region};
use tradebind::hk::{Client, Query};
use tradebind::http::{Backoff, ManualClock, Pace};
use tradebind::replica::{Door, Fault, Replica, ReplicaBuilder};

/// 2026-11-23 12:00 UTC.
fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::at(SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_435_200)))
}

async fn replica(builder: ReplicaBuilder) -> (Replica, Client) {
    let replica = builder.start().await.unwrap();
    let client = Client::builder().base_url(replica.hk_url()).pace(Pace::off()).backoff(Backoff::none());
    (replica, client.build().unwrap())
}

/// What is answered to an address as it stands, and what of it is told as made up.
async fn ask(replica: &Replica, query: &str) -> (Value, String) {
    let http = reqwest::Client::builder().cookie_store(true).build().unwrap();
    let answer = http.get(format!("{}/api/get?{query}", replica.hk_url())).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let assumed = answer.headers().get("x-tradebind-assumed").map(|value| value.to_str().unwrap().to_owned());
    (answer.json().await.unwrap(), assumed.unwrap_or_default())
}

fn query(text: &str) -> Query {
    text.parse().unwrap()
}

fn figures(answer: &Value, key: &str) -> Vec<(String, String)> {
    let text = |row: &Value, key: &str| row[key].as_str().unwrap_or_default().to_owned();
    answer["dataSet"].as_array().unwrap().iter().map(|row| (text(row, key), text(row, "figure"))).collect()
}

const DOCUMENTED: &str = "lang=TC&sv=VCm&freq=M&period=201805,201806&ttype=4&ccclass=C&cc=CN";

#[tokio::test]
async fn the_guides_query_returns_the_guides_answer_and_others_agree_with_it() {
    let (replica, _) = replica(Replica::builder().seed(11)).await;
    let (documented, assumed) = ask(&replica, DOCUMENTED).await;
    let guide: Value =
        serde_json::from_str(include_str!("../../spec/examples/hk-trade/get_trade.total-exports-cn.json"))
            .unwrap();
    assert_eq!(documented, guide["response"]["body"]["json"]);
    assert_eq!(assumed, "", "nothing of it is made up");
    let (shouted, _) =
        ask(&replica, "CC=cn&CCCLASS=c&TTYPE=4&PERIOD=201805%2C201806&FREQ=m&SV=vcM&LANG=tc").await;
    assert_eq!(shouted, documented);
    let told: Vec<_> =
        replica.hk_requests().into_iter().map(|request| (request.status, request.note)).collect();
    assert_eq!(told[0], (Some(302), None));
    assert_eq!(told[1], (Some(200), Some("recorded: hk-trade get_trade.total-exports-cn".to_owned())));

    let (wider, assumed) =
        ask(&replica, "lang=EN&sv=VCm&freq=M&period=201805,201806&ttype=4&ccclass=C&cc=ALL").await;
    assert!(assumed.starts_with("figures, title"), "{assumed}");
    let of_china: Vec<_> = figures(&wider, "cc").into_iter().filter(|(code, _)| code == "CN").collect();
    assert_eq!(of_china, [("CN".into(), "194542691".into()), ("CN".into(), "186190690".into())]);
}

#[tokio::test]
async fn made_up_figures_say_so_in_title_and_note() {
    let (replica, _) = replica(Replica::builder().seed(7)).await;
    let mut told = Vec::new();
    for lang in ["EN", "TC", "SC"] {
        let (answer, _) =
            ask(&replica, &format!("lang={lang}&sv=VCm&freq=M&period=202401,202402&ttype=1&coclass=C&co=JP"))
                .await;
        let header = &answer["header"];
        assert_eq!(header["status"]["code"], 0);
        assert_eq!(header["count"]["noOfRecords"], 2);
        for moment in ["started", "finished"] {
            let moment = header["count"][moment].as_str().unwrap();
            assert!(moment.len() == 33 && moment.ends_with("+08:00"), "{moment}");
        }
        told.push(format!(
            "{}\n{}",
            header["title"].as_str().unwrap(),
            header["tablenote"][0].as_str().unwrap()
        ));
    }
    insta::assert_snapshot!(told.join("\n"), @r"
    [Synthetic figures] Imports by selected origin, January 2024 to February 2024
    These are synthetic figures, made by tradebind's local replica from the seed 7; they are no statistics of Hong Kong.
    【虛構數字】2024 年 1 月至 2024 年 2 月按選定來源地劃分的進口統計數字
    以上為 tradebind 本地模擬伺服器以種子 7 產生的虛構數字，並非香港的統計數字。
    【虚构数字】2024 年 1 月至 2024 年 2 月按选定来源地划分的进口统计数字
    以上为 tradebind 本地模拟服务器以种子 7 产生的虚构数字，并非香港的统计数字。
    ");
}

/// Each way to fail, in each language where it has words of its own.
#[tokio::test]
async fn every_refusal_has_its_messages() {
    let (replica, _) = replica(Replica::builder()).await;
    let countries: Vec<_> = Replica::hk_members(Region::Africa).into_iter().take(31).collect();
    let codes: Vec<_> = (1000..1021).map(|code| code.to_string()).collect();
    let cases = [
        ("unpublished month", "lang=EN&sv=VCm&freq=M&period=202604,202607&ttype=1".to_owned()),
        ("before the first month", "lang=EN&sv=VCm&freq=M&period=201112,201201&ttype=1".to_owned()),
        ("year not over", "lang=EN&sv=VCy&freq=A&period=2024,2026&ttype=1".to_owned()),
        ("unpublished month, TC", "lang=TC&sv=VCm&freq=M&period=202606,202606&ttype=1".to_owned()),
        ("unknown codes", "lang=EN&sv=VCm&freq=M&period=202401,202401&ttype=1&codeclass=HKHS4&code=1006,9999,0101".to_owned()),
        ("a code of other years", "lang=EN&sv=VCm&freq=M&period=202112,202201&ttype=1&codeclass=HKHS6&code=851712,100630".to_owned()),
        ("unknown code, SC", "lang=SC&sv=VCm&freq=M&period=202401,202401&ttype=1&codeclass=HKHS4&code=9999".to_owned()),
        ("nothing to find", "lang=EN&sv=QCm&freq=M&period=202401,202401&ttype=1&codeclass=HKHS4&code=1006".to_owned()),
        ("nothing to find, TC", "lang=TC&sv=VCm&freq=M&period=202401,202401&ttype=2&coclass=C&co=JP".to_owned()),
        ("unknown country", "lang=EN&sv=VCm&freq=M&period=202401,202401&ttype=1&coclass=C&co=JP,ZZ".to_owned()),
        ("re-exports by both and commodity", "lang=EN&sv=VCm&freq=M&period=202401,202401&ttype=3&coclass=C&co=CN&ccclass=C&cc=US&codeclass=HKHS2&code=85".to_owned()),
        ("month's figure by year", "lang=EN&sv=VCm&freq=A&period=2024,2024&ttype=1".to_owned()),
        ("months by year", "lang=EN&sv=VCy&freq=A&period=202401,202402&ttype=1".to_owned()),
        ("class without codes", "lang=EN&sv=VCm&freq=M&period=202401,202401&ttype=1&codeclass=HKHS2".to_owned()),
        ("end uses with codes", "lang=EN&sv=VCm&freq=M&period=202401,202401&ttype=1&codeclass=EUC&code=1".to_owned()),
        ("21 codes", format!("lang=EN&sv=VCm&freq=M&period=202401,202401&ttype=1&codeclass=HKHS4&code={}", codes.join(","))),
        ("31 countries", format!("lang=EN&sv=VCm&freq=M&period=202401,202401&ttype=1&coclass=C&co={}", countries.join(","))),
        ("2 regions", "lang=EN&sv=VCm&freq=M&period=202401,202401&ttype=1&coclass=R&co=EU,ASEA".to_owned()),
        ("what is missing and what is no parameter", "lang=EN&sv=VCm&frequency=M&ttype=1".to_owned()),
    ];
    let mut told = Vec::new();
    for (what, query) in cases {
        let (answer, assumed) = ask(&replica, &query).await;
        assert!(answer.get("dataSet").is_none(), "{what}");
        let status = &answer["header"]["status"];
        assert_eq!((&status["code"], &status["name"]), (&json!(1), &json!("Fail")), "{what}");
        let messages: Vec<_> =
            status["message"].as_array().unwrap().iter().map(|m| m.as_str().unwrap()).collect();
        told.push(format!("{what} [assumed: {assumed}]\n  {}", messages.join("\n  ")));
    }
    insta::assert_snapshot!(told.join("\n"));
}

#[tokio::test]
async fn our_client_tells_every_outcome_apart() {
    let clock = clock();
    let builder = Replica::builder().clock(clock.clone()).hk_usage_limit(8, Duration::from_secs(60));
    let (replica, client) = replica(builder).await;
    let kind = async |text: &str| client.query(&query(text)).await.map(|answer| answer.rows().len());

    assert_eq!(kind("lang=EN&sv=VCm&freq=M&period=201805,201806&ttype=4&ccclass=C&cc=CN").await.unwrap(), 2);
    assert_eq!(kind("lang=EN&sv=VCm&freq=M&period=202401,202401&ttype=2&coclass=C&co=JP").await.unwrap(), 0);
    let error = kind("lang=EN&sv=VCm&freq=M&period=202604,202607&ttype=1").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnpublishedPeriod);
    assert_eq!(error.periods()[0].to_string(), "202606");
    let unknown = "sv=VCm&freq=M&period=202401,202401&ttype=1&codeclass=HKHS4&code=1006,9999,0101";
    let error = kind(&format!("lang=EN&{unknown}")).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.codes()),
        (ErrorKind::UnknownCommodity, &["9999".into(), "0101".into()][..])
    );
    // In Chinese the client asks once more to understand.
    let error = kind(&format!("lang=TC&{unknown}")).await.unwrap_err();
    assert_eq!((error.kind(), error.codes().len()), (ErrorKind::UnknownCommodity, 2));
    assert!(error.messages()[0].contains("貨物編號"), "{:?}", error.messages());
    let refused = "lang=EN&sv=VCm&freq=M&period=202401,202401&ttype=3&coclass=C&co=CN&ccclass=C&cc=US&codeclass=HKHS2&code=85";
    assert_eq!(kind(refused).await.unwrap_err().kind(), ErrorKind::Refused);

    // Seven answers so far; the eighth is the last within the limit.
    assert!(kind(DOCUMENTED).await.is_ok());
    assert_eq!(kind(DOCUMENTED).await.unwrap_err().kind(), ErrorKind::UsageLimit);
    assert_eq!(replica.hk_requests().last().unwrap().note.as_deref(), Some("usage limit"));
    // A client that waits by the same clock comes through.
    let patient = Client::builder().base_url(replica.hk_url()).pace(Pace::off()).clock(clock.clone());
    let answer = patient.build().unwrap().query(&query(DOCUMENTED)).await.unwrap();
    assert!(answer.attempts() > 1 && answer.waited() >= Duration::from_secs(60), "{:?}", answer.waited());
}

#[tokio::test]
async fn rows_are_as_the_service_writes_them() {
    let (replica, client) = replica(Replica::builder()).await;
    let (answer, assumed) = ask(
        &replica,
        "lang=SC&sv=VCm,QCm&freq=M&period=202401,202401&ttype=1&tm=Y&coclass=R&co=ASEA&ccclass=C&cc=VN&codeclass=HKHS6&code=854231",
    )
    .await;
    insta::assert_snapshot!(format!("{assumed}\n{:#}\n{:#}", answer["dataSet"][0], answer["dataSet"][1]));

    let text = "lang=EN&sv=VCm,QCm,VCy,QCy&freq=M&period=202401,202402&ttype=ALL&coclass=C&co=ALL&codeclass=HKHS8&code=";
    let codes = Replica::hk_codes(CommodityClass::Hs8).into_iter().filter(|code| code.starts_with("8542"));
    let answer =
        client.query(&query(&(text.to_owned() + &codes.collect::<Vec<_>>().join(",")))).await.unwrap();
    assert!(answer.unknown().is_empty(), "{:?}", answer.unknown());
    let mut units = BTreeSet::new();
    let mut names: BTreeMap<_, Vec<String>> = BTreeMap::new();
    for row in answer.rows() {
        assert_eq!(row.codeclass.as_ref().unwrap().to_string(), "HKHS8");
        let (origin, good) = (row.origin().unwrap(), row.commodity().unwrap());
        assert!(row.number().unwrap().unwrap().is_sign_positive());
        let block = (row.period.to_string(), row.ttype.to_string(), good.code.to_owned(), row.sv.to_string());
        names.entry(block).or_default().push(origin.name.unwrap().to_owned());
        units.insert((row.sv.to_string().starts_with('Q'), row.unit().unwrap().to_owned()));
    }
    assert_eq!(
        units.into_iter().collect::<Vec<_>>(),
        [(false, "HK$ '000".to_owned()), (true, "NUMBER".to_owned())]
    );
    assert!(names.len() > 40 && names.values().all(|names| names.is_sorted()), "by English name");
    let longest = names.values().map(Vec::len).max().unwrap();
    assert!((31..207).contains(&longest), "ALL is not bound by 30; nil rows are left out: {longest}");
    assert!(answer.rows().iter().any(|row| row.footnote().is_some()), "some have a footnote");
}

#[tokio::test]
async fn the_suffix_of_descriptions_is_the_guides_or_the_languages() {
    let text = "lang=TC&sv=VCm&freq=M&period=202401,202401&ttype=4&ccclass=C&cc=CN";
    let (guides, _) = replica(Replica::builder()).await;
    let (own, _) = replica(Replica::builder().hk_suffix_by_language()).await;
    let (guides, own) = (ask(&guides, text).await.0, ask(&own, text).await.0);
    let row = |answer: &Value| answer["dataSet"][0].clone();
    assert_eq!(row(&guides)["ccDescEN"], "中國內地");
    assert_eq!(row(&own)["ccDescTC"], "中國內地");
    assert_eq!((row(&own).get("ccDescEN"), row(&guides).get("unitTC")), (None, None));
    assert_eq!(row(&own)["figure"], row(&guides)["figure"]);

    // The guide's own answer cannot be played then; its figures are the same.
    let (own, _) = replica(Replica::builder().hk_suffix_by_language()).await;
    let (made, assumed) = ask(&own, DOCUMENTED).await;
    let figures: Vec<_> =
        made["dataSet"].as_array().unwrap().iter().map(|row| row["figure"].clone()).collect();
    assert_eq!(figures, ["194542691", "186190690"].map(Value::from).as_slice());
    assert!(row(&made)["ccDescTC"].is_string() && assumed.contains("title"), "{made} {assumed}");
}

/// Of the SITC it knows the sections alone.
#[tokio::test]
async fn codes_of_other_levels_of_the_sitc_are_unknown() {
    let (_replica, client) = replica(Replica::builder()).await;
    assert_eq!(Replica::hk_codes(CommodityClass::Sitc1).len(), 10);
    for (class, name, code) in [
        (CommodityClass::Sitc2, "SITC2", "77"),
        (CommodityClass::Sitc3, "SITC3", "776"),
        (CommodityClass::Sitc5, "SITC5", "77641"),
    ] {
        assert_eq!(Replica::hk_codes(class), Vec::<String>::new(), "{name}");
        let text = format!("lang=EN&sv=VCm&freq=M&period=202401,202401&ttype=1&codeclass={name}&code={code}");
        let error = client.query(&query(&text)).await.unwrap_err();
        assert!(error.is_unknown_commodity() && error.codes() == [code], "{name}: {error}");
    }
}

/// An answer that was given before is given again at its own time.
#[tokio::test]
async fn a_remembered_answer_tells_its_own_time() {
    let clock = clock();
    let replica = Replica::builder().clock(clock.clone()).start().await.unwrap();
    let query = "lang=EN&sv=VCm&freq=M&period=202401,202403&ttype=4";
    let (mut first, assumed) = ask(&replica, query).await;
    clock.advance(Duration::from_secs(90));
    let (mut second, again) = ask(&replica, query).await;
    assert_eq!(again, assumed);
    let mut started = [&mut first, &mut second].map(|answer| answer["header"]["count"]["started"].take());
    for answer in [&mut first, &mut second] {
        for time in ["finished", "durationSeconds"] {
            answer["header"]["count"][time].take();
        }
    }
    assert_eq!(first, second);
    assert_ne!(started[0], started[1]);
    started.sort_by_key(ToString::to_string);
    assert!(started[1].to_string().contains("T20:01:30"), "{started:?}");
}

#[tokio::test]
async fn a_query_may_span_all_months() {
    let (_replica, client) = replica(Replica::builder().hk_newest("202606".parse().unwrap())).await;
    let answer = client
        .query(&query("lang=EN&sv=VCm&freq=M&period=201201,202606&ttype=1&codeclass=SITC1&code=7"))
        .await
        .unwrap();
    assert_eq!(answer.rows().len(), 174);
    // The three examples of the guide whose answers it does not print.
    for text in [
        "lang=TC&sv=Vcy&freq=A&period=2015,2017&ttype=1&coclass=C&co=ALL",
        "lang=TC&sv=Vcm&freq=M&period=201801,201806&ttype=1&codeclass=HKHS4&code=1006",
        "lang=TC&sv=Vcy&freq=A&period=2017,2017&ttype=5&codeclass=SITC1&code=1",
    ] {
        assert!(!client.query(&query(text)).await.unwrap().is_empty(), "{text}");
    }
}

#[tokio::test]
async fn the_newest_month_is_fixed_or_goes_by_the_clock() {
    let clock = clock();
    let by_clock = Replica::builder().clock(clock.clone()).hk_newest_by_clock().start().await.unwrap();
    let client = Client::builder().base_url(by_clock.hk_url()).clock(clock.clone()).pace(Pace::off());
    let client = client.build().unwrap();
    assert_eq!(client.latest_period().await.unwrap().to_string(), "202609");
    clock.advance(Duration::from_secs(4 * 24 * 60 * 60));
    assert_eq!(client.latest_period().await.unwrap().to_string(), "202610");

    let fixed = Replica::start().await.unwrap();
    let client = Client::builder().base_url(fixed.hk_url()).clock(clock).pace(Pace::off()).build().unwrap();
    assert_eq!(client.latest_period().await.unwrap().to_string(), "202605");
    // Also where a recorded answer is at hand.
    let before = Replica::builder().hk_newest("201805".parse().unwrap()).start().await.unwrap();
    let (refused, _) = ask(&before, DOCUMENTED).await;
    assert_eq!(
        (&refused["header"]["status"]["code"], refused.get("dataSet")),
        (&json!(1), None),
        "{refused}"
    );
    assert!(refused.to_string().contains("201806"), "{refused}");
    for (wrong, told) in [("2024", "not 2024"), ("201112", "not 201112"), ("205001", "not 205001")] {
        let error =
            Replica::builder().hk_newest(wrong.parse().unwrap()).start().await.unwrap_err().to_string();
        assert!(error.contains("from 201201 to 204912") && error.contains(told), "{error}");
    }
}

#[tokio::test]
async fn an_answer_has_as_many_rows_as_are_asked_of_the_replica() {
    for rows in [1, 1000, 40_000] {
        let (replica, client) = replica(Replica::builder().hk_rows(rows)).await;
        let text = "lang=EN&sv=VCm&freq=M&period=202401,202401&ttype=1";
        let answer = client.query(&query(text)).await.unwrap();
        assert_eq!(answer.rows().len() as u64, rows, "and as many are told");
        let place = |row: &tradebind::hk::Row| {
            (row.commodity().unwrap().code.to_owned(), row.destination().unwrap().name.unwrap().to_owned())
        };
        assert!(answer.rows().is_sorted_by_key(place), "by code, then country");
        let distinct: BTreeSet<_> = answer
            .rows()
            .iter()
            .map(|row| (place(row), row.period.to_string(), row.ttype.to_string()))
            .collect();
        assert_eq!(distinct.len() as u64, rows);
        let bytes = reqwest::Client::builder().cookie_store(true).build().unwrap();
        let bytes = bytes.get(format!("{}/api/get?{text}", replica.hk_url())).send().await.unwrap();
        let each = bytes.bytes().await.unwrap().len() as u64 / rows;
        assert!(rows == 1 || (240..=320).contains(&each), "{each} bytes a row");
    }
    // In years where years are asked for, and each statistic.
    let (_replica, client) = replica(Replica::builder().hk_rows(501)).await;
    for (text, statistics, length) in [
        ("lang=EN&sv=VCy&freq=A&period=2024,2024&ttype=1", 1, 4),
        ("lang=EN&sv=VCm,VCy&freq=M&period=202401,202401&ttype=1", 2, 6),
    ] {
        let answer = client.query(&query(text)).await.unwrap();
        let mut counts = std::collections::BTreeMap::new();
        let mut distinct = BTreeSet::new();
        for row in answer.rows() {
            assert_eq!(row.period.to_string().len(), length, "{text}: {}", row.period);
            *counts.entry(row.sv.to_string()).or_insert(0) += 1;
            let area = row.destination().unwrap().name.unwrap();
            let code = row.commodity().unwrap().code;
            let which = (row.period.to_string(), row.ttype.to_string(), row.sv.to_string());
            distinct.insert((code, area, which));
        }
        assert_eq!((distinct.len(), counts.len()), (501, statistics), "{text}: {counts:?}");
    }
    let (_replica, client) = replica(Replica::builder().hk_rows(0)).await;
    let text = "lang=EN&sv=VCm&freq=M&period=202401,202401&ttype=1";
    assert!(client.query(&query(text)).await.unwrap().is_empty());
}

#[tokio::test]
async fn data_that_are_wrong_are_noticed() {
    let (replica, client) = replica(Replica::builder()).await;
    let query = query("lang=EN&sv=VCm&freq=M&period=202401,202401&ttype=4&ccclass=C&cc=US,CN");
    let answer = async |fault: Fault| {
        replica.script(Door::HkAnswer, [fault.into()]);
        client.query(&query).await
    };
    let twice = answer(Fault::DuplicateRows(1)).await.unwrap();
    assert_eq!((twice.rows().len(), &twice.rows()[2]), (3, &twice.rows()[0]));
    let error = answer(Fault::WrongCount(1)).await.unwrap_err();
    assert_eq!((error.kind(), error.answer().unwrap().rows().len()), (ErrorKind::CountMismatch, 2));
    let unknown = answer(Fault::UnknownFields).await.unwrap().unknown();
    assert_eq!(unknown.fields.values().sum::<usize>(), 3, "{unknown:?}");
}

#[tokio::test]
async fn regions_are_told_with_their_members() {
    assert_eq!(Replica::hk_members(Region::NorthAmerica), ["CA", "GL", "XA", "US"]);
    let (_replica, client) = replica(Replica::builder()).await;
    let ask = async |areas: String| {
        let text = format!("lang=EN&sv=VCm&freq=M&period=202401,202401&ttype=1&{areas}");
        let answer = client.query(&query(&text)).await.unwrap();
        answer.rows().iter().map(|row| row.figure.as_ref().unwrap().integer().unwrap().unwrap()).sum::<i64>()
    };
    let members = Replica::hk_members(Region::EuropeanUnion).join(",");
    assert_eq!(ask("coclass=R&co=EU".into()).await, ask(format!("coclass=C&co={members}")).await);
}

/// What the address is to be, where it is another.
#[tokio::test]
async fn an_unmatched_request_is_told_the_nearest() {
    let replica = Replica::start().await.unwrap();
    let http = reqwest::Client::new();
    let mut told = Vec::new();
    for (method, path) in [("GET", "/api/gets?lang=EN"), ("POST", "/api/get"), ("GET", "/")] {
        let answer = http.request(method.parse().unwrap(), replica.hk_url() + path).send().await.unwrap();
        told.push(format!("{method} {path}: {} {}", answer.status(), answer.text().await.unwrap()));
    }
    insta::assert_snapshot!(told.join(""), @r#"
    GET /api/gets?lang=EN: 404 Not Found the replica of hk-trade has no GET /api/gets
    nearest is GET /api/get (get_trade)
    path: "gets" is not "get"
    POST /api/get: 405 Method Not Allowed the replica of hk-trade has no POST /api/get
    method: this path takes GET
    GET /: 404 Not Found the replica of hk-trade has no GET /
    nearest is GET /api/get (get_trade)
    path: "" is not "api"
    "#);
}
