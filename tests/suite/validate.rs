//! Payload checks from the outside: what is found, where, and what is told.

use serde_json::{Value, json};
use tradebind::documents::Part;
use tradebind::exchange;
use tradebind::validate::{RULES, Report, Severity, Validator, report};

use crate::support::payloads::{hk_answer, hk_rows, pretty, regions};

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
        "schema/length" | "drift/gone" | "drift/kind" => length(),
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

/// Rules without a mutation above: no body of a document bounds the length of a list today; `src/validate/diagnose.rs` tests it.
/// Drift is looked for by another command, with tests of its own.
#[test]
fn only_what_no_document_asks_for_lacks_a_mutation() {
    let without: Vec<_> = RULES.iter().map(|rule| rule.id).filter(|id| mutated(id).text.is_empty()).collect();
    assert_eq!(without, ["schema/length", "drift/gone", "drift/kind"]);
    assert!(RULES.iter().all(|rule| !rule.about.is_empty() && !rule.mend.ends_with('.')));
}

fn har(entries: Value) -> String {
    pretty(
        &json!({ "log": { "version": "1.2", "creator": { "name": "x", "version": "1" }, "entries": entries } }),
    )
}

/// Bodies inside texts: places are those of the file.
#[test]
fn har_entries_are_recognised_and_point_into_the_file() {
    let mut body = hk_answer(hk_rows(2));
    body["dataSet"][1]["ccDescEN"] = json!("\u{4e2d}\u{570b}");
    body["dataSet"][1]["figure"] = json!(7);
    let url = "https://tradeidds.censtatd.gov.hk/api/get?lang=EN&sv=VCm&freq=M&period=201201,201201&ttype=1&ccclass=C&cc=ALL&codeclass=HKHS4&code=1006";
    let hk = json!({
        "request": { "method": "GET", "url": url },
        "response": { "status": 200, "content": { "mimeType": "application/json", "text": body.to_string() } },
    });
    let redirect =
        json!({ "request": { "method": "GET", "url": url }, "response": { "status": 302, "content": {} } });
    let world = json!({
        "request": {
            "method": "POST", "url": "https://app.trade-wind.co/api/customs/analytics/world-regions",
            "postData": { "mimeType": "application/json", "text": WORLD_REQUEST.replace("exporter", "seler") },
        },
        "response": { "status": 201, "content": { "mimeType": "application/json", "text": "e30=", "encoding": "base64" } },
    });
    let other = json!({ "request": { "method": "GET", "url": "https://example.org/" }, "response": { "status": 200 } });
    let text = har(json!([redirect, hk, other, world]));
    let report = Validator::new().check_text("session.har", &text);
    insta::assert_snapshot!(told(&report));
    // The place in the file is that of the value: its digit, inside the escaped text.
    let finding = report.findings.iter().find(|finding| finding.rule == "schema/type").unwrap();
    assert_eq!(&text[usize::try_from(finding.offset).unwrap()..][..1], "7");
    let checked: Vec<_> =
        report.checked.iter().map(|checked| format!("{} {}", checked.name(), checked.subject)).collect();
    insta::assert_snapshot!(checked.join("\n"));
    // Another host's paths mean nothing; unless its service is given, as for a proxy.
    let proxied = text.replace("https://tradeidds.censtatd.gov.hk", "https://proxy.example");
    assert_eq!(Validator::new().check_text("x.har", &proxied).checked.len(), 2);
    let given = Validator::new().only(Some(tradebind::exchange::ServiceName::HkTrade), None, None).unwrap();
    let mut given = given;
    assert_eq!(given.check_text("x.har", &proxied).checked.len(), 4);
    let nothing = Validator::new().check_text("x.har", &har(json!([])));
    insta::assert_snapshot!(told(&nothing));
}

#[test]
fn lines_of_ndjson_are_payloads() {
    let (good, bad) = (hk_answer(hk_rows(2)), hk_answer(hk_rows(3)));
    let mut bad = bad.to_string();
    bad = bad.replace("\"noOfRecords\":3", "\"noOfRecords\":2");
    let exchange = exchange::documented().unwrap().remove(0).1;
    let exchange = serde_json::to_value(&exchange).unwrap();
    let text = format!("{good}\n\n{bad}\r\n  {exchange}\n{{\"header\": \n");
    let report = Validator::new().check_text("answers.ndjson", &text);
    insta::assert_snapshot!(told(&report));
    // The same without the ending: its lines tell.
    assert_eq!(Validator::new().check_text("-", &text).findings.len(), report.findings.len());
}

#[test]
fn what_a_body_is_must_be_plain_or_given() {
    let problems = |text: &str| {
        let report = Validator::new().check_text("x", text);
        assert_eq!((report.checked.len(), report.exit_code(Severity::Error)), (0, 3), "{text}");
        report.problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    };
    let all = [
        problems(""),
        problems(" \n"),
        problems("<html><body>503</body></html>"),
        problems(r#"{"hello": "world"}"#),
        problems(r#"{"page": 1, "per_page": 10}"#),
        problems(r#"{"success": true, "request_id": "r", "data": null}"#),
        problems(r#"{"format": "tradebind-exchange/1", "service": "hk", "operation": "get"}"#),
        problems(r#"{"format": "tradebind-exchange/1", "#),
    ];
    insta::assert_snapshot!(all.join("\n"));
    let given = Validator::new().only(None, Some("people_search"), Some(Part::Request)).unwrap();
    let mut given = given;
    assert!(given.check_text("x", r#"{"page": 1, "per_page": 10}"#).passes(Severity::Note));
    insta::assert_snapshot!(Validator::new().only(None, Some("worldregions"), None).unwrap_err());
    insta::assert_snapshot!(Validator::new().only(None, Some("health"), Some(Part::Request)).unwrap_err());
}

#[test]
fn undeclared_fields_are_told_once_and_are_errors_when_strict() {
    let mut rows = hk_rows(5);
    rows.iter_mut().for_each(|row| row["novelty"] = json!("x"));
    let text = pretty(&hk_answer(rows));
    let report = Validator::new().check_text("x", &text);
    assert!(report.passes(Severity::Warning));
    assert_eq!(report.findings[0].found, "\"novelty\", 5 times");
    assert_eq!(Validator::new().strict(true).check_text("x", &text).exit_code(Severity::Error), 1);
}

#[test]
fn a_rule_that_tells_too_much_is_cut_and_fails() {
    let mut rows = hk_rows(9);
    rows.iter_mut().for_each(|row| row["figure"] = json!("x"));
    let text = pretty(&hk_answer(rows));
    let report = Validator::new().limit(2).check_text("x", &text);
    assert_eq!(
        (report.findings.len(), report.checked[0].untold, report.exit_code(Severity::Error)),
        (2, 7, 1)
    );
    assert_eq!(Validator::new().check_text("x", &text).findings.len(), 9);
}

#[test]
fn a_configuration_weighs_and_silences() {
    let text = pretty(&serde_json::from_str::<Value>(&mutated("hk/unit").text).unwrap());
    let with = |config: &str| {
        let config = tradebind::validate::Config::read(config, "c.toml").unwrap();
        Validator::new().config(config).check_text("x", &text)
    };
    assert_eq!(with("[rules]\n\"hk/unit\" = \"off\"").findings, []);
    assert!(with("[rules]\n\"hk/unit\" = \"note\"").passes(Severity::Warning));
}

/// A baseline accepts what it lists, wherever its line has gone to, and tells what is gone.
#[test]
fn a_baseline_survives_shifted_lines() {
    use tradebind::validate::Baseline;
    let mut body = hk_answer(hk_rows(3));
    body["dataSet"][1]["unitEN"] = json!("KILOGRAM");
    body["dataSet"][2]["figure"] = json!("n.a.");
    let baseline = Baseline::of(&check(&body));
    insta::assert_snapshot!(baseline.to_string());
    let baseline = Baseline::read(&baseline.to_string(), "b.json").unwrap();
    // A row before them, and one of them mended.
    let rows = body["dataSet"].as_array_mut().unwrap();
    rows.insert(0, hk_rows(9).pop().unwrap());
    rows[3]["figure"] = json!("7");
    body["header"]["count"]["noOfRecords"] = json!(4);
    let mut report = check(&body);
    baseline.apply(&mut report);
    assert_eq!((report.findings.len(), report.accepted, report.checked[0].findings), (0, 1, 0));
    assert_eq!(report.stale, ["hk/figure body.json#/dataSet/*/figure: \"n.a.\""]);
    // Another value is another finding.
    body["dataSet"][2]["unitEN"] = json!("GRAM");
    let mut report = check(&body);
    baseline.apply(&mut report);
    assert_eq!((report.findings.len(), report.stale.len()), (1, 2));
    assert!(Baseline::read("{}", "b.json").is_err());
}

#[test]
#[should_panic(expected = "body:52:18: error[hk/count] at /header/count/noOfRecords")]
fn the_helper_of_tests_panics_with_the_same_words() {
    tradebind::validate::assert_valid(&mutated("hk/count").text.replace("    ", "  ").replace("\n  ", "\n"));
}

#[test]
fn the_helper_of_tests_takes_what_is_sound() {
    tradebind::validate::assert_valid(&pretty(&hk_answer(hk_rows(2))));
}

/// One payload that passes, one that does not, and a file that cannot be checked.
fn mixed() -> Report {
    let mut validator = Validator::new();
    let mut report = validator.check_text("good, one.json", &pretty(&hk_answer(hk_rows(1))));
    let mut body = hk_answer(hk_rows(2));
    body["dataSet"][1]["figure"] = json!("<5 & \u{1f600}\u{7}");
    body["header"]["neu"] = json!(1);
    report.add(validator.check_text("bad:%.json", &pretty(&body)));
    report.add(validator.check_text("none.json", "{}"));
    report
}

#[test]
fn reports_are_read_back() {
    let report = mixed();
    let written = |format: report::Format| {
        let mut text = Vec::new();
        format.write(&report, false, &mut text).unwrap();
        String::from_utf8(text).unwrap()
    };
    let json: Value = serde_json::from_str(&written(report::Format::Json)).unwrap();
    assert_eq!(json["findings"].as_array().unwrap().len(), 2);
    assert_eq!(json["checked"][1]["operation"], "get_trade");
    let sarif: Value = serde_json::from_str(&written(report::Format::Sarif)).unwrap();
    let run = &sarif["runs"][0];
    assert_eq!((&sarif["version"], run["results"].as_array().unwrap().len()), (&json!("2.1.0"), 2));
    for (result, finding) in run["results"].as_array().unwrap().iter().zip(&report.findings) {
        let place = &result["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], "bad%3A%25.json");
        assert_eq!(place["region"]["startLine"], finding.line);
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(run["tool"]["driver"]["rules"][index]["id"], finding.rule);
    }
    assert_eq!(run["invocations"][0]["executionSuccessful"], false);
    let junit = written(report::Format::Junit);
    let junit = roxmltree::Document::parse(&junit).unwrap();
    let cases: Vec<_> = junit.descendants().filter(|node| node.has_tag_name("testcase")).collect();
    let failed: Vec<_> = cases
        .iter()
        .map(|case| {
            (
                case.attribute("name").unwrap(),
                case.children().find(|c| c.is_element()).map(|c| c.tag_name().name()),
            )
        })
        .collect();
    assert_eq!(
        failed,
        [("good, one.json", None), ("bad:%.json", Some("failure")), ("none.json", Some("error"))]
    );
    assert_eq!(junit.root_element().attribute("tests"), Some("3"));
    insta::assert_snapshot!(written(report::Format::Github));
    insta::assert_snapshot!(written(report::Format::Text));
}
