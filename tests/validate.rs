//! Payload checks from the outside: what is found, where, and what is told.

#![cfg(feature = "validate")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may")]

use serde_json::{Value, json};
use tradebind::documents::Part;
use tradebind::exchange;
use tradebind::validate::{RULES, Report, Severity, Validator, report};

mod support {
    pub mod payloads;
}
use support::payloads::{hk_answer, hk_rows, pretty, regions};

fn told(report: &Report) -> String {
    let mut text = Vec::new();
    report::text(report, false, &mut text).unwrap();
    String::from_utf8(text).unwrap()
}

fn check(body: &Value) -> Report {
    Validator::new().check_text("body.json", &pretty(body))
}

fn rules(report: &Report) -> Vec<&'static str> {
    report.findings.iter().map(|finding| finding.rule).collect()
}

#[test]
fn documented_payloads_are_sound() {
    for (name, recorded) in exchange::documented().unwrap() {
        let report = Validator::new().strict(true).check_text(name, &recorded.to_string());
        assert!(report.passes(Severity::Note), "{}", told(&report));
    }
    for body in [hk_answer(hk_rows(7)), regions()] {
        let report = check(&body);
        assert_eq!((report.checked.len(), report.exit_code(Severity::Note)), (1, 0), "{}", told(&report));
    }
}

/// Every fault of a payload in one run, each with its place.
#[test]
fn every_fault_is_told_with_its_place() {
    let mut body = hk_answer(hk_rows(3));
    body["dataSet"][0]["figure"] = json!(5);
    body["dataSet"][1].as_object_mut().unwrap().remove("sv");
    body["dataSet"][1]["period"] = json!("201813");
    body["dataSet"][2]["ccDescXX"] = json!("?");
    body["header"]["count"]["noOfRecords"] = json!(9);
    body["header"]["title"] = json!(["x"]);
    insta::assert_snapshot!(told(&check(&body)));
}

/// What a mutated payload is made of: its text, and what it is where its shape does not tell.
struct Case {
    text: String,
    operation: Option<&'static str>,
}

fn case(body: Value) -> Case {
    Case { text: pretty(&body), operation: None }
}

/// A payload with one value changed; nothing else.
fn with(mut body: Value, pointer: &str, value: Value) -> Case {
    *body.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer}")) = value;
    case(body)
}

/// A row of a table with three trade types whose figures are 10, 20 and another.
fn table(kinds: [u8; 3], total: &str) -> Case {
    let mut rows = hk_rows(3);
    for (row, (kind, figure)) in rows.iter_mut().zip(kinds.into_iter().zip(["10", "20", total])) {
        row["ttype"] = json!(kind);
        row["cc"] = json!("CN");
        row["figure"] = json!(figure);
    }
    case(hk_answer(rows))
}

fn failure(message: Value) -> Case {
    case(
        json!({ "header": { "status": { "name": "Fail", "code": 1, "description": "Fail", "message": message } } }),
    )
}

/// The documented exchange of Hong Kong, with a value changed.
fn exchange_with(pointer: &str, value: Value) -> Case {
    let all = exchange::documented().unwrap();
    let (_, recorded) = all.into_iter().find(|(name, _)| name.contains("total-exports-cn")).unwrap();
    with(serde_json::to_value(&recorded).unwrap(), pointer, value)
}

const WORLD_REQUEST: &str =
    r#"{"type": "exporter", "start_time": "2024-04-19", "end_time": "2025-04-18", "product": "pet"}"#;

fn request_with(pointer: &str, value: Value) -> Case {
    with(serde_json::from_str(WORLD_REQUEST).unwrap(), pointer, value)
}

fn mutated(rule: &str) -> Case {
    let hk = || hk_answer(hk_rows(3));
    let raw = |text: &str| Case { text: text.to_owned(), operation: None };
    match rule {
        "json/syntax" => raw(&pretty(&hk()).replace("\"count\": {", "\"count\": {,")),
        "json/duplicate-key" => {
            raw(&pretty(&hk()).replacen("\"ttype\": 1,", "\"ttype\": 1, \"ttype\": 1,", 1))
        }
        "schema/type" => with(hk(), "/dataSet/1/ttypeDescEN", json!(5)),
        "schema/required" => {
            let mut body = hk();
            body["dataSet"][1].as_object_mut().unwrap().remove("sv");
            case(body)
        }
        "schema/value" => request_with("/type", json!("exportor")),
        "schema/pattern" => {
            request_with("/product", json!("pet")).operation_text("2024-04-19", "19 April 2024")
        }
        "schema/length" => return length(),
        "schema/undeclared" => {
            let mut body = hk();
            body["header"]["news"] = json!("x");
            case(body)
        }
        "schema/closed" => raw(&WORLD_REQUEST.replace("product", "produkt")),
        "exchange/form" => exchange_with("/format", json!("tradebind-exchange/2")),
        "hk/query" => raw("/api/get?lang=EN&sv=VCm&freq=M&period=201805,201806&ttype=9"),
        "hk/failure" => failure(json!(["Commodity code (9999) is not defined"])),
        "hk/no-record" => failure(json!(["No record found for the selection."])),
        "hk/count" => with(hk(), "/header/count/noOfRecords", json!(4)),
        "hk/duplicate-cell" => {
            let mut rows = hk_rows(3);
            rows[2] = rows[0].clone();
            case(hk_answer(rows))
        }
        "hk/figure" => with(hk(), "/dataSet/1/figure", json!("n.a.")),
        "hk/value" => with(hk(), "/dataSet/1/sv", json!("VCq")),
        "hk/period" => with(hk(), "/dataSet/1/period", json!("2012")),
        "hk/statistic" => {
            let mut body = with(hk(), "/dataSet/1/freq", json!("A"));
            body.text = body.text.replacen("\"period\": \"201201\"", "\"period\": \"2012\"", 2);
            let mut value: Value = serde_json::from_str(&body.text).unwrap();
            value["dataSet"][0]["period"] = json!("201201");
            case(value)
        }
        "hk/code-class" => with(hk(), "/dataSet/1/code", json!("106")),
        "hk/code" => with(hk(), "/dataSet/1/code", json!("7701")),
        "hk/area" => with(hk(), "/dataSet/1/cc", json!("CHINA")),
        "hk/unit" => with(hk(), "/dataSet/1/unitEN", json!("KILOGRAM")),
        "hk/answers-query" => exchange_with("/response/body/json/dataSet/1/period", json!("201807")),
        "hk/total-exports" => table([2, 3, 4], "32"),
        "hk/total-trade" => table([1, 4, 5], "28"),
        "hk/partners" => {
            let mut rows = hk_rows(3);
            rows[2].as_object_mut().unwrap().retain(|key, _| !key.starts_with("cc"));
            rows[2]["figure"] = json!("1000");
            case(hk_answer(rows))
        }
        "tradewind/failure" => Case {
            operation: Some("world_regions"),
            ..case(
                json!({ "success": false, "request_id": "r", "data": {}, "error": { "code": "NO_MONEY" } }),
            )
        },
        "tradewind/envelopes" => with(regions(), "/data/code", json!(0)),
        "tradewind/trace" => Case {
            operation: Some("world_regions"),
            ..with(regions(), "/data", json!("PHP Fatal error: Uncaught TypeError"))
        },
        "tradewind/credits" => with(regions(), "/meta/billing/credits_charged", json!(-0.14)),
        "tradewind/percent" => with(regions(), "/data/data/list/3/tradePercent", json!(2.78)),
        "tradewind/total" => with(regions(), "/data/data/total", json!(9)),
        "tradewind/decimal" => with(regions(), "/data/data/list/3/weight", json!("1,5")),
        "tradewind/day" => request_with("/start_time", json!("2024-02-30")),
        "tradewind/page" => case(json!({ "limit": 10, "per_page": 20 })).of("market_trend"),
        "tradewind/names" => {
            case(json!({ "waterfall": {}, "company": { "names": ["a"], "domains": ["b"] }, "industry": 1 }))
        }
        other => panic!("no payload is mutated for {other}"),
    }
}

impl Case {
    fn of(self, operation: &'static str) -> Self {
        Self { operation: Some(operation), ..self }
    }

    fn operation_text(self, from: &str, to: &str) -> Self {
        Self { text: self.text.replace(from, to), ..self }
    }

    fn check(&self) -> Report {
        let validator = Validator::new();
        let mut validator = match self.operation {
            Some(id) => {
                let part = if id == "market_trend" { Part::Request } else { Part::Response };
                validator.only(None, Some(id), Some(part)).unwrap()
            }
            None => validator,
        };
        validator.check_text("body.json", &self.text)
    }
}

/// No schema of a body bounds the length of a list today: the lists with bounds are parameters.
fn length() -> Case {
    Case { text: String::new(), operation: None }
}

/// A mutated payload is caught by its rule alone, and where the mutation is.
#[test]
fn each_rule_alone_catches_its_mutation() {
    let mut all = String::new();
    for rule in RULES {
        let case = mutated(rule.id);
        if case.text.is_empty() {
            continue;
        }
        let report = case.check();
        assert_eq!(rules(&report), [rule.id], "{}\n{}", told(&report), case.text);
        assert!(report.problems.is_empty() && report.checked.iter().any(|checked| checked.findings == 1));
        let finding = &report.findings[0];
        assert_eq!(finding.severity, rule.severity);
        all += &format!("{}:{} {}\n", finding.line, finding.column, told(&report));
    }
    insta::assert_snapshot!(all);
}
