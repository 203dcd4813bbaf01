//! Answers as columns, from the outside.

use std::io;

use serde_json::json;
use tradebind::ErrorKind;
use tradebind::hk::{Client, Query};
use tradebind::http::{Backoff, Pace};
use tradebind::replica::{Door, Replica, Reply};
use tradebind::table::{Column, CsvOptions, Table};

const GUIDE: &str = "lang=TC&sv=VCm&freq=M&period=201805,201806&ttype=4&ccclass=C&cc=CN";

async fn service() -> (Replica, Client) {
    let replica = Replica::start().await.unwrap();
    let client = Client::builder().base_url(replica.hk_url()).pace(Pace::off()).backoff(Backoff::none());
    let client = client.build().unwrap();
    (replica, client)
}

fn body(rows: serde_json::Value) -> Vec<u8> {
    let count = rows.as_array().unwrap().len();
    let header = json!({ "status": { "code": 0 }, "count": { "noOfRecords": count }, "title": "a title" });
    json!({ "header": header, "dataSet": rows }).to_string().into_bytes()
}

fn table(rows: serde_json::Value) -> Table {
    Table::decode(&body(rows)).unwrap()
}

fn csv(table: &Table) -> String {
    let mut out = Vec::new();
    table.write_csv(&mut out, &CsvOptions::default()).unwrap();
    String::from_utf8(out).unwrap().replace("\r\n", "\n")
}

fn odd() -> Table {
    table(json!([
        { "freq": "M", "period": "201805", "ttype": 1, "co": "US", "coDescEN": "UNITED STATES, \"THE\"", "cc": "CN",
          "ccDescTC": "中國內地", "codeclass": "HKHS4", "code": "0106", "codeDescEN": "Live animals\nnesoi", "sv": "VCm",
          "unitEN": "HK$ '000", "figure": "1,234" },
        { "freq": "A", "period": "2018", "ttype": 6, "ccRegionDescEN": "ASIA", "sv": "QCq", "unitTC": "公斤",
          "figure": "12.50", "new": { "a": 1 } },
        { "freq": "Q", "period": "2018Q1", "ttype": "4", "sv": "QCm", "figure": "..", "cellfootnoteEN": "N.e.s." },
        { "freq": "M", "period": "201812", "ttype": 5, "sv": "VCm", "figure": null, "tmDescEN": "Air" },
    ]))
}

#[tokio::test]
async fn the_guides_example_as_columns() {
    let (_replica, client) = service().await;
    let query: Query = GUIDE.parse().unwrap();
    let table = client.table(&query).await.unwrap();
    insta::assert_snapshot!(csv(&table), @"
    period,frequency,trade_type,destination,destination_name,statistic,unit,figure
    2018-05,M,total-exports,CN,中國內地,VCm,千港元,194542691
    2018-06,M,total-exports,CN,中國內地,VCm,千港元,186190690
    ");
    assert_eq!((table.len(), table.attempts(), table.waited().is_zero()), (2, 1, true));
    assert!(table.unknown().is_empty() && table.title().is_some() && !table.notes().is_empty());
    let answer = client.query(&query).await.unwrap();
    assert_eq!(
        (table.title(), table.notes(), table.header().count.is_some()),
        (answer.title(), answer.notes(), true)
    );
    let rows: Vec<_> = (0..2).map(|row| table.row(row).unwrap()).collect();
    assert_eq!(rows, answer.rows());
    assert_eq!(csv(&Table::from_answer(&answer)), csv(&table));
}

#[tokio::test]
async fn outcomes_are_those_of_a_query() {
    let (replica, client) = service().await;
    let query: Query = GUIDE.parse().unwrap();
    let fail =
        |message: &str| json!({ "header": { "status": { "code": 1, "message": [message] } } }).to_string();
    let english = || GUIDE.replace("TC", "EN").parse::<Query>().unwrap();
    for reply in [
        Reply::new(200, fail("Period code (202606) is not defined")),
        Reply::new(200, fail("Commodity code (0101) is not defined")),
        Reply::new(200, r#"{"header": {"status": {"code": 2}}}"#),
        Reply::new(200, r#"{"header": {"status": {"code": 0}}}"#),
        Reply::new(200, r#"{"header": {"status": {"code": 0}}, "dataSet": [{"freq": "M"}]}"#),
        Reply::new(200, r#"{"header": {"status": {"code": 0}}, "dataSet": 1}"#),
        Reply::new(200, ""),
        Reply::html(503),
    ] {
        let mut told = Vec::new();
        for _ in 0..2 {
            replica.script(Door::HkAnswer, [reply.clone().into()]);
            let error = match told.len() {
                0 => client.query(&english()).await.unwrap_err(),
                _ => client.table(&english()).await.unwrap_err(),
            };
            told.push((error.kind(), error.to_string(), error.place().cloned()));
        }
        assert_eq!(told.first(), told.last());
    }
    // In Chinese "No record found" is known by asking again in English.
    replica.script(
        Door::HkAnswer,
        [Reply::new(200, fail("沒有紀錄")).into(), Reply::new(200, fail("No record found")).into()],
    );
    // A body alone cannot tell.
    let alone = Table::decode(fail("沒有紀錄").as_bytes()).unwrap_err();
    assert_eq!(alone.kind(), ErrorKind::Refused);
    let empty = client.table(&query).await.unwrap();
    assert!(empty.is_empty());
    let columns = "period,frequency,trade_type,destination,destination_name,statistic,unit,figure\n";
    assert_eq!(csv(&empty), columns, "those of the query");
}

#[tokio::test]
async fn a_wrong_count_keeps_the_rows() {
    let (replica, client) = service().await;
    let row = json!({ "freq": "M", "period": "201805", "ttype": 4, "sv": "VCm", "figure": "7" });
    let body =
        json!({ "header": { "status": { "code": 0 }, "count": { "noOfRecords": 2 } }, "dataSet": [row] });
    replica.script(Door::HkAnswer, [Reply::new(200, body.to_string()).into()]);
    let error = client.table(&GUIDE.parse().unwrap()).await.unwrap_err();
    assert_eq!((error.kind(), error.answer().is_none()), (ErrorKind::CountMismatch, true));
    let kept = error.into_table().unwrap();
    assert_eq!((kept.len(), kept.attempts(), kept.number(0)), (1, 1, Some(7.into())));
    assert_eq!(Table::decode(body.to_string().as_bytes()).unwrap_err().table().unwrap().len(), 1);
}

#[test]
fn forms_of_odd_rows() {
    let table = odd();
    insta::assert_snapshot!("csv", csv(&table));
    let mut out = Vec::new();
    table.write_ndjson(&mut out).unwrap();
    insta::assert_snapshot!("ndjson", String::from_utf8(out.clone()).unwrap());
    let lines: Vec<serde_json::Value> =
        String::from_utf8(out).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let mut out = Vec::new();
    table.write_json(&mut out).unwrap();
    assert_eq!(serde_json::from_slice::<serde_json::Value>(&out).unwrap(), json!(lines));
    insta::assert_debug_snapshot!("unknown", table.unknown());
    assert_eq!(table.extra(1).collect::<Vec<_>>(), [("new", "{\"a\":1}")]);
    assert_eq!((table.row(4), table.cell(4, Column::Period), table.number(3)), (None, None, None));
}

#[test]
fn what_is_written_can_be_set() {
    let table = odd();
    let mut out = Vec::new();
    let columns = vec![Column::Figure, Column::Origin];
    let options = CsvOptions::default().header(false).excel(true).columns(columns);
    table.write_csv(&mut out, &options).unwrap();
    assert_eq!(String::from_utf8(out).unwrap(), "\u{feff}1234,US\r\n12.50,\r\n..,\r\n,\r\n");
    let mut out = Vec::new();
    self::table(json!([])).write_json(&mut out).unwrap();
    assert_eq!(out, b"[]\n");
}

#[test]
fn a_closed_pipe_is_told_as_one() {
    struct Closed;
    impl io::Write for Closed {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
    }
    let table = odd();
    let kinds = [
        table.write_csv(Closed, &CsvOptions::default()),
        table.write_csv(Closed, &CsvOptions::default().excel(true)),
        table.write_json(Closed),
        table.write_ndjson(Closed),
    ];
    assert!(kinds.into_iter().all(|written| written.unwrap_err().kind() == io::ErrorKind::BrokenPipe));
}
