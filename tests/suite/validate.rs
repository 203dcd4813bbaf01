//! Payload checks from the outside: what is found, where, and what is told.

use serde_json::{Value, json};
use tradebind::documents::Part;
use tradebind::exchange::{self, Exchange};
use tradebind::validate::{Baseline, RULES, Report, Severity, Validator, report};

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
        // Of some only the request is on record, which is told.
        let notes: &[&str] = if recorded.response.is_some() { &[] } else { &["http/unchecked"] };
        assert!(report.passes(Severity::Warning) && rules(&report) == notes, "{}", told(&report));
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

/// A documented exchange, by a part of its file's name.
fn documented(part: &str) -> Exchange {
    let all = exchange::documented().unwrap();
    all.into_iter().find(|(name, _)| name.contains(part)).unwrap().1
}

/// The documented exchange of Hong Kong, with a value changed.
fn exchange_with(pointer: &str, value: Value) -> Case {
    with(serde_json::to_value(documented("total-exports-cn")).unwrap(), pointer, value)
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
        "json/byte-order-mark" => raw(&format!("\u{feff}{}", pretty(&hk()))),
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
        "http/failure" => exchange_with("/response/status", json!(503)),
        "http/unchecked" => exchange_with("/response/status", json!(204)),
        "http/undocumented" => {
            let url = |path: &str| format!("https://app.trade-wind.co/api/customs/analytics/{path}");
            let entry = |method: &str, path: &str| {
                json!({
                    "request": { "method": method, "url": url(path) },
                    "response": { "status": 201, "content": { "text": regions().to_string() } },
                })
            };
            raw(&har(json!([entry("POST", "world-regions"), entry("POST", "world-region")])))
        }
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

/// Calls of a service's own host that no operation is are told; those of others are nobody's business.
#[test]
fn har_entries_that_no_document_has_are_told() {
    let entry = |method: &str, url: &str| {
        let content = json!({ "text": regions().to_string() });
        json!({ "request": { "method": method, "url": url }, "response": { "status": 201, "content": content } })
    };
    let own = |path: &str| format!("https://app.trade-wind.co{path}");
    let sound = entry("POST", &own("/api/customs/analytics/world-regions"));
    let check = |entries: &[Value]| Validator::new().check_text("x.har", &har(json!(entries)));
    let right = "did you mean POST /api/customs/analytics/world-regions?";
    let mend = "correct method or path; if the service has the operation, add it to the document";
    for (method, path, hint) in [
        ("POST", "/api/customs/analytics/world-region", right),
        ("POST", "/api/customs/analytics/world-regions/", right),
        ("PUT", "/api/customs/analytics/world-regions", right),
        ("POST", "/api/customs/analytics/harbours?key=SECRET#SECRET", mend),
    ] {
        let strange = entry(method, &own(path));
        let report = check(&[strange.clone(), sound.clone(), strange.clone()]);
        let written = told(&report);
        assert_eq!(rules(&report), ["http/undocumented"], "{written}");
        let finding = &report.findings[0];
        assert_eq!((finding.pointer.as_str(), finding.mend.as_str()), ("/log/entries/0/request/url", hint));
        assert!(finding.found.ends_with(", 2 times") && !written.contains("SECRET"), "{written}");
        assert_eq!((report.checked[0].findings, report.exit_code(Severity::Warning)), (1, 0));
        // Alone, it is nothing that was checked.
        let report = check(&[strange]);
        assert_eq!((rules(&report), report.exit_code(Severity::Error)), (vec!["http/undocumented"], 3));
    }
    let quiet = [
        entry("GET", &own("/assets/index.js")),
        entry("OPTIONS", &own("/api/customs/analytics/world-regions")),
        entry("POST", "https://example.org/api/customs/analytics/world-region"),
        entry("POST", "http://localhost:8080/api/customs/analytics/world-region"),
    ];
    assert_eq!(rules(&check(&[&quiet[..], std::slice::from_ref(&sound)].concat())), [] as [&str; 0]);
    let off = tradebind::validate::Config::read("[rules]\n\"http/undocumented\" = \"error\"\n", "c").unwrap();
    let text = har(json!([entry("PUT", &own("/api/customs/analytics/world-regions")), sound]));
    assert_eq!(Validator::new().config(off).check_text("x.har", &text).exit_code(Severity::Error), 1);
}

/// A raw call is recorded without the name of its operation: its path tells, or what is given where that is a proxy's.
#[test]
fn a_raw_call_is_known_by_its_path_or_what_is_given() {
    use tradebind::exchange::ServiceName::{HkTrade, Tradewind};
    let raw = |part: &str, target: &dyn Fn(&str) -> String| {
        let mut exchange = documented(part);
        exchange.operation = "raw".to_owned();
        exchange.request.target = target(&exchange.request.target);
        exchange.to_string()
    };
    for (service, part, operation) in
        [(HkTrade, "total-exports-cn", "get_trade"), (Tradewind, "world_regions.documented", "world_regions")]
    {
        let report = Validator::new().check_text("x", &raw(part, &str::to_owned));
        assert_eq!(report.exit_code(Severity::Note), 0, "{}", told(&report));
        assert!(report.checked.len() == 2 && report.checked[1].subject.operation == operation);
        let behind = raw(part, &|target| format!("/proxy{target}"));
        let report = Validator::new().check_text("x", &behind);
        assert_eq!(report.exit_code(Severity::Error), 3);
        assert!(told(&report).contains("say which operation it is with --service and --operation"));
        let given = Validator::new().only(Some(service), Some(operation), None);
        let report = given.unwrap().check_text("x", &behind);
        assert_eq!(report.exit_code(Severity::Note), 0, "{}", told(&report));
        assert_eq!(report.checked.len(), 2);
    }
    let wrong = raw("total-exports-cn", &|target| format!("/proxy{}", target.replace("ttype=4", "ttype=9")));
    let report = Validator::new().only(Some(HkTrade), None, None).unwrap().check_text("x", &wrong);
    let finding = &report.findings[0];
    assert_eq!(
        (finding.rule, usize::try_from(finding.offset).unwrap()),
        ("hk/query", wrong.find("ttype=9").unwrap())
    );
}

/// The upstream's trace, inside its own envelope, whether the shape of the data is known or not; and what is no data either. The
/// client's verdict is the same.
#[test]
fn a_trace_inside_the_upstream_s_envelope_is_told() {
    use tradebind::documents::document;
    use tradebind::exchange::ServiceName::Tradewind;
    let enveloped = |operation: &tradebind::documents::DocumentOperation<'_>| {
        operation
            .success_schema()
            .is_some_and(|(_, schema)| document(Tradewind).resolve(schema).pointer.ends_with("Envelope"))
    };
    let operations: Vec<_> = document(Tradewind).operations().filter(enveloped).collect();
    let customs =
        |id: &str| operations.iter().any(|of| of.id() == id && of.path().starts_with("/api/customs/"));
    assert!(operations.iter().filter(|of| customs(of.id())).count() > 4);
    let documented = exchange::documented().unwrap();
    let trace = "PHP Fatal error: Uncaught TypeError";
    for operation in &operations {
        let id = operation.id();
        let told = |body: Value| {
            let mut validator = Validator::new().only(None, Some(id), Some(Part::Response)).unwrap();
            let report = validator.check_text("x", &body.to_string());
            assert_eq!((report.checked.len(), report.problems.len()), (1, 0), "{id}");
            let told = report.findings.iter().filter(|told| told.severity == Severity::Error);
            told.map(|told| format!("{} {}", told.rule, told.pointer)).collect::<Vec<_>>().join(", ")
        };
        let with = |data: Value| told(json!({ "success": true, "data": data }));
        // Types of data are known from examples.
        let typed = documented.iter().any(|(_, exchange)| exchange.operation == id);
        // What the document says of a kind goes before.
        let no_data = |pointer: &str| match typed && pointer.ends_with("data") {
            true => format!("schema/type {pointer}"),
            false => format!("tradewind/trace {pointer}"),
        };
        let text = if id == "agentic_search" { String::new() } else { "tradewind/trace /data".to_owned() };
        assert_eq!(with(json!(trace)), text, "{id}");
        assert_eq!(with(Value::Null), no_data("/data"), "{id}");
        assert_eq!(told(json!({ "success": true })), "tradewind/trace ", "{id}");
        assert_eq!(told(json!({})), "tradewind/trace ", "{id}");
        assert_eq!(told(json!({ "success": null })), "tradewind/trace ", "{id}");
        // Without a code it is no envelope of the upstream's, unless the document says that it is one.
        let bare = if typed { "tradewind/trace /data" } else { "" };
        assert_eq!(with(json!({ "list": [] })), bare, "{id}");
        assert_eq!(with(json!({ "code": 1, "msg": "ok", "data": {} })), "", "{id}");
        let inside = |code: Value, data: Value| with(json!({ "code": code, "msg": "ok", "data": data }));
        if customs(id) {
            for code in [json!(1), Value::Null] {
                assert_eq!(inside(code.clone(), json!(trace)), "tradewind/trace /data/data", "{id}");
                assert_eq!(inside(code.clone(), Value::Null), no_data("/data/data"), "{id}");
                assert_eq!(with(json!({ "code": code })), "tradewind/trace /data", "{id}");
            }
            let kind = if typed { "schema/type" } else { "tradewind/envelopes" };
            assert_eq!(inside(json!([1]), json!({})), format!("{kind} /data/code"), "{id}");
        } else {
            assert_eq!(inside(json!(1), json!(trace)), "", "{id}");
        }
    }
}

#[test]
fn a_service_of_one_answer_needs_no_more() {
    use tradebind::exchange::ServiceName;
    let with =
        |service, text: &str| Validator::new().only(Some(service), None, None).unwrap().check_text("x", text);
    let report = with(ServiceName::HkTrade, r#"{"hello": "world"}"#);
    assert_eq!((report.problems.len(), report.exit_code(Severity::Error)), (0, 1), "{}", told(&report));
    let report = with(ServiceName::Tradewind, r#"{"hello": "world"}"#);
    let problem = report.problems[0].to_string();
    assert!(
        problem.contains("fits none of what was given:\n  --service tradewind --operation "),
        "{problem}"
    );
}

/// A status of 400 or more is a failure whatever the body says, in exchanges and in HAR files.
#[test]
fn a_status_of_failure_is_told_beside_a_success() {
    let recorded = documented("world_regions.documented");
    let recorded = serde_json::to_value(&recorded).unwrap();
    let with = |status: u16, body: Value| {
        let mut exchange = recorded.clone();
        exchange["response"]["status"] = json!(status);
        exchange["response"]["body"] = json!({ "json": body });
        let har = har(json!([{
            "request": { "method": "POST", "url": "https://app.trade-wind.co/api/customs/analytics/world-regions" },
            "response": { "status": status, "content": { "text": body.to_string() } },
        }]));
        let reports = [
            Validator::new().check_text("x.json", &pretty(&exchange)),
            Validator::new().check_text("x.har", &har),
        ];
        let found = reports.map(|report| {
            let last = report.checked.last().unwrap();
            assert_eq!(last.findings, report.findings.len(), "{}", told(&report));
            report
                .findings
                .iter()
                .map(|finding| format!("{} {}", finding.rule, finding.found))
                .collect::<Vec<_>>()
        });
        assert_eq!(found[0], found[1]);
        found.into_iter().next().unwrap()
    };
    assert_eq!(with(200, regions()), [] as [&str; 0]);
    for status in [400, 401, 500, 599] {
        let told = format!("http/failure status {status} with a body that tells no failure");
        assert_eq!(with(status, regions()), [told]);
        let failure = json!({ "success": false, "error": { "code": "X" } });
        assert_eq!(with(status, failure), ["tradewind/failure code \"X\""]);
    }
}

/// The guide's names, in any case; what another language calls them is not known.
#[test]
fn a_name_of_another_code_is_told() {
    let with = |name: &str, code: u8| {
        let mut body = hk_answer(hk_rows(usize::from(code == 0)));
        body["header"]["status"] = json!({ "name": name, "code": code, "message": "No record found." });
        let report = check(&body);
        report.findings.iter().map(|told| format!("{} {}", told.rule, told.pointer)).collect::<Vec<_>>()
    };
    let name = "hk/failure /header/status/name";
    for (wrong, right) in [("Fail", "Success"), ("SERVER BUSY", "SUCCESS"), ("Usage limit", "success")] {
        assert_eq!((with(wrong, 0), with(right, 0)), (vec![name.to_owned()], vec![]));
    }
    assert_eq!((with("成功", 0), with("Fine", 0)), (vec![], vec![]));
    assert_eq!(with("Fail", 1), ["hk/no-record /header/status/code"]);
    assert!(with("Success", 1).contains(&name.to_owned()));
    assert_eq!(with("Access denied", 4), ["hk/failure /header/status/code"]);
}

/// "No record found" beside rows is a contradiction, and every fault of the rows is told with it.
#[test]
fn rows_beside_a_failure_are_told() {
    let told = |code: u8, rows: usize, count: Value| {
        let mut rows = hk_rows(rows);
        if let Some(row) = rows.first().cloned() {
            rows.push(row);
        }
        let mut body = hk_answer(rows);
        body["header"]["status"] = json!({ "code": code, "message": ["No record found for the selection."] });
        body["header"]["count"]["noOfRecords"] = count;
        rules(&check(&body)).join(" ")
    };
    for code in [1, 3, 9] {
        assert_eq!(told(code, 1, json!(99)), "hk/duplicate-cell hk/count hk/failure", "{code}");
        assert_eq!(told(code, 1, json!(2)), "hk/duplicate-cell hk/failure", "{code}");
    }
    // As the service says it.
    for count in [json!(0), Value::Null] {
        assert_eq!(told(1, 0, count.clone()), "hk/no-record");
        assert_eq!(told(3, 0, count), "hk/failure");
    }
}

/// Sums of fractions are exact, and figures of different units are no parts of one another.
#[test]
fn sums_know_fractions_and_units() {
    let told = |figures: [&str; 3], units: [&str; 3]| {
        let mut rows = hk_rows(3);
        for (row, (kind, (figure, unit))) in rows.iter_mut().zip((2..).zip(figures.into_iter().zip(units))) {
            (row["ttype"], row["cc"]) = (json!(kind), json!("CN"));
            (row["figure"], row["unitEN"]) = (json!(figure), json!(unit));
        }
        let report = check(&hk_answer(rows));
        report.findings.iter().map(|told| format!("{} {}", told.rule, told.expected)).collect::<Vec<_>>()
    };
    let one = ["HK$ '000"; 3];
    let sum = "the sum of domestic exports and re-exports (types 2 and 3)";
    let off = |most: &str| vec![format!("hk/total-exports {most}: {sum}")];
    assert_eq!(told(["10.5", "20", "99.5"], one), off("30.5, give or take 0.6"));
    assert_eq!(told(["0.10", "0.20", "0.32"], one), off("0.3, give or take 0.01"));
    assert_eq!(told(["0.10", "0.20", "0.31"], one), [] as [&str; 0]);
    assert_eq!(told(["10", "20", "99"], one), off("30, give or take 1"));
    assert_eq!(told(["10", "20", "99"], ["HK$ '000", "HK$ '000", "HK$ Mn"]), [] as [&str; 0]);
}

/// One verdict with the client, which the rule's words give.
#[test]
fn a_figure_is_what_the_client_reads() {
    use tradebind::domain::Figure;
    let largest = "79228162514264337593543950335";
    let about = tradebind::validate::rule("hk/figure").unwrap().about;
    assert!(about.contains(largest) && about.contains("white space"));
    let (nines, ones) = ("9".repeat(28), "1".repeat(30));
    for (text, is_figure) in [
        (" ", true),
        (" 5", true),
        ("5\n", true),
        ("\t5", true),
        ("\u{a0}5", true),
        (nines.as_str(), true),
        (largest, true),
        ("79228162514264337593543950336", false),
        (ones.as_str(), false),
        ("5 5", false),
    ] {
        let mut body = hk_answer(hk_rows(1));
        body["dataSet"][0]["figure"] = json!(text);
        assert_eq!(rules(&check(&body)).is_empty(), is_figure, "{text:?}");
        assert_eq!(text.parse::<Figure>().unwrap().reading().is_ok(), is_figure, "{text:?}");
    }
}

#[test]
fn a_request_without_an_answer_is_told() {
    let all = exchange::documented().unwrap();
    let (_, mut recorded) = all.into_iter().find(|(_, recorded)| recorded.response.is_some()).unwrap();
    recorded.response = None;
    let report = Validator::new().check_text("x.json", &recorded.to_string());
    assert_eq!((rules(&report), report.exit_code(Severity::Warning)), (vec!["http/unchecked"], 0));
    assert_eq!(report.exit_code(Severity::Note), 1);
    assert_eq!(report.findings[0].found, "no answer was recorded; only the request was checked");
    assert_eq!(report.checked.last().unwrap().findings, 1);
    // An answer without its body is none.
    let mut exchange = serde_json::to_value(&recorded).unwrap();
    exchange["response"] = json!({ "status": 200 });
    let report = Validator::new().check_text("x.json", &exchange.to_string());
    assert_eq!((report.problems.len(), report.exit_code(Severity::Error)), (1, 3), "{}", told(&report));
}

#[test]
fn a_value_over_several_lines_is_no_ndjson() {
    let text = pretty(&hk_answer(hk_rows(2)));
    let report = Validator::new().check_text("x.ndjson", &format!("\n{text}\n"));
    assert_eq!((report.problems.len(), report.exit_code(Severity::Error)), (1, 3), "{}", told(&report));
    assert!(report.problems[0].text.contains("is one JSON value over several lines"), "{}", told(&report));
    // Lines of which the first is none are told each.
    let report = Validator::new().check_text("x.ndjson", &format!("{text}\n{{}}\n"));
    assert!(report.problems.len() > 10);
}

#[test]
fn a_page_in_a_recording_is_told_as_one() {
    let url = "https://tradeidds.censtatd.gov.hk/api/get?lang=EN&sv=VCm&freq=M&period=201201,201201&ttype=1";
    let with = |content: Value| {
        let entry = json!({ "request": { "method": "GET", "url": url }, "response": { "status": 200, "content": content } });
        let report = Validator::new().check_text("x.har", &har(json!([entry])));
        assert_eq!((rules(&report), report.findings[0].line > 1), (vec!["json/syntax"], true));
        report.findings[0].found.clone()
    };
    let page = "a page of HTML or XML, as gateways send";
    assert_eq!(with(json!({ "text": "\n<html>503</html>" })), page);
    assert_eq!(with(json!({ "text": "PGh0bWw+", "encoding": "base64" })), page);
    assert!(!with(json!({ "text": "nope <p>" })).contains("page"));
}

/// Browsers keep no body of what they served from memory, and write status 0 where a call was given up.
#[test]
fn har_entries_without_a_body_are_told() {
    let url = "https://tradeidds.censtatd.gov.hk/api/get?lang=EN&sv=VCm&freq=M&period=201201,201201&ttype=1&ccclass=C&cc=ALL&codeclass=HKHS4&code=1006";
    let of = |entry: Value| {
        let report = Validator::new().check_text("x.har", &har(json!([entry])));
        let status = entry["response"]["status"].as_i64().unwrap_or(0);
        // A query alone is no answer that was checked.
        let code = if status == 200 { 3 } else { u8::from(status < 1) };
        assert_eq!(report.exit_code(Severity::Error), code, "{}", told(&report));
        let told = report
            .findings
            .iter()
            .map(|told| (told.pointer.as_str(), format!("{}: {}", told.rule, told.found)));
        let (places, told): (Vec<_>, Vec<_>) = told.unzip();
        assert!(places.iter().all(|place| place.starts_with("/log/entries/0")), "{places:?}");
        told.join(", ")
    };
    let request = json!({ "method": "GET", "url": url });
    let with = |status: i32, content: Value| {
        of(json!({ "request": request, "response": { "status": status, "content": content } }))
    };
    assert_eq!(with(200, json!({})), "http/unchecked: status 200 with no body");
    assert_eq!(with(200, json!({ "text": "" })), "http/unchecked: status 200 with no body");
    assert_eq!(with(204, json!({})), "");
    // Beside an answer that was checked it is a note, and no more.
    let entry =
        |content: Value| json!({ "request": request, "response": { "status": 200, "content": content } });
    let all = [json!({}), json!({ "text": hk_answer(hk_rows(1)).to_string() })].map(entry);
    let report = Validator::new().check_text("x.har", &har(json!(all)));
    assert_eq!((report.exit_code(Severity::Error), report.problems.len()), (0, 0), "{}", told(&report));
    assert_eq!(with(0, json!({ "text": "" })), "http/failure: status 0 with no body");
    assert_eq!(with(0, json!({ "text": "{}" })), "http/failure: status 0 with a body that no schema covers");
    assert_eq!(with(-1, json!({})), "http/failure: status 0 with no body");
    assert_eq!(with(-1, json!({ "text": "{}" })), "http/failure: status 0 with a body that no schema covers");
    for none in [
        json!({ "request": request }),
        json!({ "request": request, "response": null }),
        json!({ "request": request, "response": {} }),
    ] {
        assert_eq!(of(none), "http/failure: status 0 with no body");
    }
    // However the number is written, the body is checked.
    for status in [json!(200.0), json!("200"), Value::Null] {
        let sound = hk_answer(hk_rows(1)).to_string();
        let bad = sound.replace("\"noOfRecords\":1", "\"noOfRecords\":2");
        for (text, codes) in [(sound, 0), (bad, 1)] {
            let response = json!({ "status": status, "content": { "text": text } });
            let entry = json!({ "request": request, "response": response });
            let report = Validator::new().check_text("x.har", &har(json!([entry])));
            assert_eq!(report.exit_code(Severity::Error), codes, "{status}: {}", told(&report));
        }
    }
}

#[test]
fn lines_of_ndjson_are_payloads() {
    let (good, bad) = (hk_answer(hk_rows(2)), hk_answer(hk_rows(3)));
    let mut bad = bad.to_string();
    bad = bad.replace("\"noOfRecords\":3", "\"noOfRecords\":2");
    let exchange = serde_json::to_value(documented("imports-by-origin")).unwrap();
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
        problems("period,figure\n201805,1\n"),
        problems(r#"{"hello": "world"}"#),
        problems(r#" [{"period": "202305", "figure": "1"}]"#),
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
    let all = told(&Validator::new().limit(8).check_text("x", &text));
    assert!(all.contains("x: 1 more finding beyond --limit; a higher one tells more"), "{all}");
    assert_eq!(Validator::new().check_text("x", &text).findings.len(), 9);
    for (limit, unlisted) in [(0, ", 9 of them not listed"), (2, ", 7 of them not listed"), (9, "")] {
        let report = Validator::new().limit(limit).check_text("x", &text);
        assert_eq!(report.count(Severity::Error), 9);
        let all = told(&report);
        let more = match limit {
            9 => String::new(),
            limit => format!("x: {} more findings beyond --limit", 9 - limit),
        };
        assert!(all.contains(&more) && all.contains("beyond") != more.is_empty(), "{all}");
        let totals = format!("1 payload checked, 9 errors, 0 warnings, 0 notes{unlisted}");
        assert_eq!(all.lines().last(), Some(totals.as_str()));
    }
}

/// What is not listed weighs as what is.
#[test]
fn findings_beyond_the_limit_weigh_what_their_rule_weighs() {
    let mut rows = hk_rows(9);
    rows.iter_mut().for_each(|row| row["unitEN"] = json!("KILOGRAM"));
    let text = pretty(&hk_answer(rows));
    let with = |level: &str| {
        let config = format!("[rules]\n\"hk/unit\" = \"{level}\"");
        let config = tradebind::validate::Config::read(&config, "c.toml").unwrap();
        let report = Validator::new().config(config).limit(2).check_text("x", &text);
        (report.findings.len(), report.checked[0].untold, report.exit_code(Severity::Error))
    };
    assert_eq!(with("error"), (2, 7, 1));
    assert_eq!(with("warning"), (2, 7, 0));
    assert_eq!(with("off"), (0, 0, 0));
}

/// No baseline and no configuration lets pass what was not checked.
#[test]
fn what_is_no_json_is_never_accepted() {
    use tradebind::validate::{Baseline, Config};
    let mut report = Validator::new().check_text("x", &pretty(&hk_answer(hk_rows(2)))[..900]);
    assert_eq!(rules(&report), ["json/syntax"]);
    Baseline::of(&report).apply(&mut report);
    assert_eq!((report.accepted, report.exit_code(Severity::Error)), (0, 1));
    assert!(Config::read("[rules]\n\"json/syntax\" = \"note\"", "c.toml").is_err());
    assert!(Config::read("[rules]\n\"json/syntax\" = \"error\"", "c.toml").is_ok());
}

/// Answers in lines so long that the first does not end in what is looked at, as they are piped.
#[test]
fn long_lines_are_told_from_one_long_value() {
    let good = hk_answer(hk_rows(600)).to_string();
    let bad = good.replace("\"noOfRecords\":600", "\"noOfRecords\":601");
    assert!(good.len() > 100_000);
    let report = Validator::new().check_text("-", &format!("{good}\n{bad}\n\n{good}"));
    let lines: Vec<_> = report.checked.iter().map(|checked| (checked.line, checked.findings)).collect();
    assert_eq!(lines, [(1, 0), (2, 1), (4, 0)]);
    assert!(Validator::new().check_text("-", &format!("{good}\n\n")).passes(Severity::Note));
    // What follows in the same line is a fault.
    assert_eq!(rules(&Validator::new().check_text("-", &format!("{good} {bad}\n"))), ["json/syntax"]);
}

/// The whole form of an exchange, each slip with its place; what it holds is checked all the same.
#[test]
fn every_slip_of_an_exchange_is_told() {
    let mut exchange = serde_json::to_value(documented("imports-by-origin")).unwrap();
    exchange["evidence"] = json!("observd");
    exchange["source"] = json!({ "titel": "x" });
    exchange["request"]["target"] = json!("/api/get?lang=XX");
    exchange["request"]["headers"] = json!([{ "name": "accept" }]);
    exchange["response"]["status"] = json!(1000);
    exchange["case"] = json!(5);
    exchange["operation"] = json!("get_trade");
    exchange["service"] = json!("hk-trade");
    let text = pretty(&exchange).replacen("\"case\": 5", "\"case\": 5, \"case\": 6", 1);
    insta::assert_snapshot!(told(&Validator::new().check_text("x.json", &text)));
    let mut exchange = serde_json::to_value(documented("imports-by-origin")).unwrap();
    exchange["request"]["target"] = json!("/api/other");
    let report = Validator::new().check_text("x.json", &pretty(&exchange));
    assert!(report.findings.iter().any(|finding| finding.pointer == "/request/target"), "{}", told(&report));
    // More text after it is not passed over.
    let twice = format!("{} {}", pretty(&exchange), pretty(&exchange));
    assert_eq!(Validator::new().check_text("x.json", &twice).exit_code(Severity::Error), 3);
}

#[test]
fn marks_stand_below_wide_letters() {
    let mut body = hk_answer(hk_rows(1));
    body["dataSet"][0]["codeDescTC"] = json!("無線電話");
    body["dataSet"][0]["figure"] = json!("萬");
    let text = body.to_string();
    let said = told(&Validator::new().check_text("x", &text));
    let lines: Vec<_> = said.lines().collect();
    let at = lines.iter().position(|line| line.contains("\"figure\":")).unwrap();
    let (line, marks) = (lines[at], lines[at + 1]);
    let before = line.split("\"萬\"").next().unwrap();
    // Each of the four letters takes two columns.
    assert_eq!(marks.find('^').unwrap(), before.chars().count() + 4, "{said}");
    assert_eq!(marks.matches('^').count(), 4, "{said}");
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

/// Only what was looked at, or is gone, is stale.
#[test]
fn a_baseline_tells_nothing_of_what_was_not_looked_at() {
    use tradebind::validate::Baseline;
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name).display().to_string().replace('\\', "/");
    let there = [file("a#1.json"), file("a#/b.json")];
    std::fs::create_dir(folder.path().join("a#")).unwrap();
    there.iter().for_each(|file| std::fs::write(file, "{}").unwrap());
    let entry = |file: &str| format!("hk/figure {file}#/dataSet/*/figure: \"#/x\"");
    let listed = |files: &[&str]| {
        let entries: serde_json::Map<_, _> = files.iter().map(|file| (entry(file), json!(1))).collect();
        let text = json!({ "format": "tradebind-baseline/1", "accepted": entries }).to_string();
        Baseline::read(&text, "b.json").unwrap()
    };
    let stale = |baseline: &Baseline, checked: &str| {
        let mut report = Validator::new().check_text(checked, &pretty(&hk_answer(hk_rows(1))));
        baseline.apply(&mut report);
        report.stale
    };
    let baseline = listed(&[&there[0], &there[1], "-"]);
    assert_eq!(stale(&baseline, "x"), [] as [&str; 0]);
    for checked in ["-", &there[0], &there[1]] {
        assert_eq!(stale(&baseline, checked), [entry(checked)]);
    }
    assert_eq!(stale(&listed(&["gone#1.json"]), "x"), [entry("gone#1.json")]);
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

/// The schema of SARIF, of which the crate that writes it brings a copy.
fn sarif_schema() -> jsonschema::Validator {
    let run = |program: &str, arguments: &[&str]| {
        let mut command = std::process::Command::new(program);
        // The compiler stands still under another day's clock (`cargo xtask other-days`).
        let told = command
            .env_remove("LD_PRELOAD")
            .args(arguments)
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .unwrap();
        String::from_utf8(told.stdout).unwrap()
    };
    let version = run("rustc", &["-vV"]);
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    // What this test itself was built of, so that all of it is here.
    let arguments = ["metadata", "--format-version=1", "--features=validate", "--offline", "--locked"];
    let told = run(env!("CARGO"), &[&arguments[..], &["--filter-platform", host]].concat());
    let metadata: Value = serde_json::from_str(&told).unwrap();
    let mut packages = metadata["packages"].as_array().unwrap().iter();
    let package = packages.find(|package| package["name"] == "serde-sarif").unwrap();
    let manifest = std::path::Path::new(package["manifest_path"].as_str().unwrap());
    let schema = std::fs::read_to_string(manifest.with_file_name("src").join("schema.json")).unwrap();
    jsonschema::validator_for(&serde_json::from_str(&schema).unwrap()).unwrap()
}

#[test]
fn reports_are_read_back() {
    let report = mixed();
    let written = |format| written(&report, format);
    let json: Value = serde_json::from_str(&written(report::Format::Json)).unwrap();
    assert_eq!(json["findings"].as_array().unwrap().len(), 2);
    assert_eq!(json["checked"][1]["operation"], "get_trade");
    let sarif: Value = serde_json::from_str(&written(report::Format::Sarif)).unwrap();
    let wrong: Vec<_> =
        sarif_schema().iter_errors(&sarif).map(|e| format!("{}: {e}", e.instance_path())).collect();
    assert_eq!(wrong, [] as [String; 0]);
    let run = &sarif["runs"][0];
    assert_eq!((&sarif["version"], run["results"].as_array().unwrap().len()), (&json!("2.1.0"), 2));
    for (result, finding) in run["results"].as_array().unwrap().iter().zip(&report.findings) {
        let place = &result["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], "bad%3A%25.json");
        assert_eq!(place["region"]["startLine"], finding.line);
        assert!(place["region"].get("snippet").is_none(), "the line is more than the region");
        assert_eq!(
            place["contextRegion"]["snippet"]["text"],
            finding.excerpt.as_ref().unwrap().text.as_str()
        );
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

fn written(report: &Report, format: report::Format) -> String {
    let mut text = Vec::new();
    format.write(report, Severity::Error, false, &mut text).unwrap();
    String::from_utf8(text).unwrap()
}

/// What is missing in a row hides nothing else of it.
#[test]
fn a_missing_field_hides_no_other_fault() {
    let mut body = hk_answer(hk_rows(2));
    body["dataSet"][1].as_object_mut().unwrap().remove("sv");
    body["dataSet"][1]["figure"] = json!(null);
    assert_eq!(rules(&check(&body)), ["schema/required", "hk/figure"]);
    body["dataSet"][1].as_object_mut().unwrap().remove("figure");
    assert_eq!(rules(&check(&body)), ["schema/required", "hk/figure"]);
}

/// What is accepted is one absence, and not whatever is missing there.
#[test]
fn a_baseline_tells_absences_apart() {
    use tradebind::validate::Baseline;
    let without = |field: &str| {
        let mut body = hk_answer(hk_rows(2));
        body["dataSet"][1].as_object_mut().unwrap().remove(field);
        pretty(&body)
    };
    let query = |parameters: &str| format!("/api/get?lang=EN&sv=VCm&freq=M&{parameters}");
    let exchange = |member: &str| {
        let all = exchange::documented().unwrap();
        let (_, whole) = all.into_iter().find(|(_, one)| one.response.is_some()).unwrap();
        let mut exchange = serde_json::to_value(&whole).unwrap();
        exchange.as_object_mut().unwrap().remove(member);
        pretty(&exchange)
    };
    for (accepted, other) in [
        (without("sv"), without("period")),
        (query("period=201805,201806"), query("ttype=4")),
        (query("period=201805,201806&ttype=4&ccclass=9&cc=CN"), query("period=9&ttype=4")),
        (exchange("evidence"), exchange("source")),
    ] {
        let checked = |text: &str| Validator::new().check_text("x", text);
        let mut report = checked(&accepted);
        assert_eq!(report.exit_code(Severity::Error), 1, "{}", told(&report));
        let baseline = Baseline::of(&report);
        baseline.apply(&mut report);
        assert_eq!(report.exit_code(Severity::Error), 0, "{}", told(&report));
        let mut report = checked(&other);
        baseline.apply(&mut report);
        assert_eq!((report.accepted, report.exit_code(Severity::Error)), (0, 1), "{}", told(&report));
    }
}

/// At one place something graver may come: it is not what was accepted.
#[test]
fn a_baseline_tells_kinds_and_failures_apart() {
    let figure = |value: Value| with(hk_answer(hk_rows(3)), "/dataSet/1/ttypeDescEN", value).check();
    let refused = |code: u8, message: &str| {
        let status = json!({ "code": code, "message": [message] });
        check(&json!({ "header": { "status": status } }))
    };
    let failed = |code: &str| {
        let answer = json!({ "success": false, "data": {}, "error": { "code": code } });
        Case { operation: Some("world_regions"), ..case(answer) }.check()
    };
    for (accepted, graver) in [
        (figure(json!(7)), figure(json!({ "id": 7 }))),
        (refused(3, "busy"), refused(1, "Commodity code (9999) is not defined")),
        (failed("RATE_LIMIT"), failed("OPERATION_REMOVED")),
    ] {
        let baseline = Baseline::of(&accepted);
        for (mut report, left) in [(accepted, 0), (graver, 1)] {
            baseline.apply(&mut report);
            assert_eq!(report.findings.len(), left, "{}", told(&report));
        }
    }
}

/// An undeclared field that is accepted stays so in one row more.
#[test]
fn a_baseline_knows_an_undeclared_field_without_its_count() {
    use tradebind::validate::Baseline;
    let checked = |count: usize| {
        let mut rows = hk_rows(count);
        rows.iter_mut().for_each(|row| row["novelty"] = json!("x"));
        Validator::new().strict(true).check_text("x", &pretty(&hk_answer(rows)))
    };
    let baseline = Baseline::of(&checked(5));
    for count in [1, 5, 6] {
        let mut report = checked(count);
        baseline.apply(&mut report);
        assert_eq!((report.findings.len(), report.accepted, report.stale.len()), (0, 1, 0), "{count}");
    }
}

/// What holds a payload has headers, too, and a query may stand beside them: no report shows more than the payload.
#[test]
fn no_report_shows_what_stands_around_a_payload() {
    const SECRET: &str = "tw_live_x";
    let headers = json!([{ "name": "Authorization", "value": format!("Bearer {SECRET}") }]);
    let body = WORLD_REQUEST.replace("\"type\": \"exporter\"", "\"type\": \"seler\"");
    let entry = json!({
        "request": {
            "method": "POST", "headers": headers, "postData": { "text": body, "mimeType": "application/json" },
            "url": "https://app.trade-wind.co/api/customs/analytics/world-regions",
        },
        "response": { "headers": headers, "status": 201, "content": { "text": "[]" } },
    });
    let query = json!({
        "request": { "headers": headers, "method": "GET", "url": "https://tradeidds.censtatd.gov.hk/api/get?lang=XX" },
        "response": { "headers": headers, "status": 503, "content": { "text": SECRET } },
    });
    let har = json!({ "log": { "version": "1.2", "creator": { "name": "x" }, "entries": [entry, query] } });
    let recorded = documented("world_regions.documented");
    let mut exchange = serde_json::to_value(&recorded).unwrap();
    exchange["request"]["headers"] = headers.clone();
    exchange["response"]["headers"] = headers;
    exchange["response"]["headers"][0]["valeu"] = json!(SECRET);
    exchange["request"]["body"]["json"]["type"] = json!("seler");
    exchange["response"]["body"]["json"]["success"] = json!("yes");
    exchange["evidence"] = json!(5);
    let mut failed = exchange.clone();
    failed["response"] =
        json!({ "status": 299, "headers": failed["response"]["headers"], "body": { "text": "nothing" } });
    for (name, text) in [
        ("x.har", har.to_string()),
        ("x.json", exchange.to_string()),
        ("y.json", failed.to_string()),
        ("mark.json", format!("\u{feff}{exchange}")),
        ("lines.ndjson", format!("{exchange}\n{har}\n")),
        ("pretty.har", pretty(&har)),
        ("pretty.json", pretty(&exchange)),
    ] {
        assert!(text.contains(SECRET));
        let report = Validator::new().check_text(name, &text);
        assert!(report.findings.len() >= 3, "{}", told(&report));
        for format in report::Format::ALL {
            let written = written(&report, format);
            assert!(!written.contains(SECRET) && !written.contains("Bearer"), "{name} {format:?}\n{written}");
        }
    }
}

/// Every failure of the service comes with HTTP 200: any other is a gateway's, and no answer.
#[test]
fn a_failed_exchange_is_not_sound() {
    let recorded = documented("total-exports-cn");
    let with = |response: Value| {
        let mut exchange = serde_json::to_value(&recorded).unwrap();
        exchange["response"] = response;
        Validator::new().check_text("x.json", &pretty(&exchange))
    };
    for response in [
        json!({ "status": 503, "body": { "text": "<html>503</html>" } }),
        json!({ "status": 503, "body": { "json": { "header": { "status": { "code": 0 } } } } }),
        json!({ "status": 403 }),
    ] {
        let report = with(response);
        assert_eq!((rules(&report), report.exit_code(Severity::Error)), (vec!["http/failure"], 1));
        assert_eq!(report.checked[1].findings, 1);
    }
    let url = "https://tradeidds.censtatd.gov.hk/api/get?lang=EN&sv=VCm&freq=M&period=201201,201201&ttype=1";
    let entry = json!({ "request": { "method": "GET", "url": url }, "response": { "status": 502, "content": { "text": "<p>" } } });
    let report = Validator::new().check_text("x.har", &har(json!([entry])));
    assert_eq!(rules(&report), ["http/failure"], "{}", told(&report));
    assert_eq!(report.findings[0].pointer, "/log/entries/0/response/status");
}

/// What the document does not declare may tell two rows apart, whatever its kind and wherever it stands in the row.
#[test]
fn undeclared_fields_tell_cells_apart() {
    let twice = |one: &str, other: &str| {
        let row = hk_rows(1)[0].to_string();
        let row = |more: &str| format!("{},{more}}}", row.trim_end_matches('}'));
        let head = r#"{"header":{"status":{"code":0},"count":{"noOfRecords":2}},"dataSet":["#;
        let report = Validator::new().check_text("x", &format!("{head}{},{}]}}", row(one), row(other)));
        rules(&report).contains(&"hk/duplicate-cell")
    };
    assert!(!twice(r#""port":1"#, r#""port":2"#));
    assert!(!twice(r#""sea":true"#, r#""sea":false"#));
    assert!(!twice(r#""port":"a""#, r#""port":"b""#));
    assert!(twice(r#""port":1"#, r#""port":1"#));
    assert!(twice(r#""port":"a","sea":true"#, r#""sea":true,"port":"a""#));
}

/// Keys and names are other people's: nothing of them moves a terminal's cursor or commands a workflow.
#[test]
fn control_characters_are_escaped() {
    use tradebind::validate::Baseline;
    let mut body = hk_answer(hk_rows(1));
    body["header"]["a\u{1b}[31mRED\n::warning::injected"] = json!(1);
    body["header"]["b\u{202e}c"] = json!("\u{2066}\u{200f}\u{61c}");
    let name = "::error::\u{1b}x\n::error::y.json";
    let mut report = Validator::new().check_text(name, &pretty(&body));
    report.add(Validator::new().check_text(name, "{}"));
    let stale = Baseline::of(&report);
    let mut whole = Validator::new().check_text("x", &pretty(&hk_answer(hk_rows(1))));
    stale.apply(&mut whole);
    assert_eq!((report.findings.len(), report.problems.len(), whole.stale.len()), (2, 1, 2));
    for report in [&report, &whole] {
        for format in [report::Format::Text, report::Format::Github] {
            let written = written(report, format);
            let steers = |c: char| c.is_control() || "\u{202e}\u{2066}\u{200f}\u{61c}".contains(c);
            assert!(!written.contains(|c: char| steers(c) && c != '\n'), "{written:?}");
            let commands = written.lines().filter(|line| line.trim_start().starts_with("::"));
            assert_eq!(
                commands.count(),
                if format == report::Format::Text {
                    0
                } else {
                    report.findings.len() + report.problems.len() + report.stale.len()
                },
                "{written}"
            );
        }
    }
}

/// Each line that is a query is checked by itself, and told with its own place.
#[test]
fn queries_may_come_a_line_each() {
    let sound = "lang=EN&sv=VCm&freq=M&period=201805,201806&ttype=4";
    let wrong = sound.replace("ttype=4", "ttype=9");
    let address = "https://tradeidds.censtatd.gov.hk/api/get?";
    let text =
        format!("\n  /api/get?{sound}\r\n\n  {address}{wrong}\n{sound}\n{}\n", sound.replace("EN", "XX"));
    let report = Validator::new().check_text("q.txt", &text);
    assert_eq!((report.checked.len(), report.problems.len()), (4, 0), "{}", told(&report));
    let lines: Vec<_> = report.checked.iter().map(|checked| checked.line).collect();
    assert_eq!(lines, [2, 4, 5, 6]);
    let places: Vec<_> = report.findings.iter().map(|told| (told.line, told.column, told.offset)).collect();
    let column = |text: &str, line: &str| line.find(text).unwrap() as u64 + 1;
    let offset = |part: &str| text.find(part).unwrap() as u64;
    let third = format!("  {address}{wrong}");
    assert_eq!(places, [(4, column("ttype=9", &third), offset("ttype=9")), (6, 1, offset("lang=XX"))]);
    // Where nothing else can be meant, a line may begin with any parameter.
    let given = || Validator::new().only(None, Some("get_trade"), Some(Part::Request)).unwrap();
    let turned = "sv=VCm&lang=EN&freq=M&period=201805,201806&ttype=4";
    assert_eq!(given().check_text("q.txt", &format!("{turned}\n{turned}\n")).checked.len(), 2);
    // A line that is none is told, and hides no other.
    let report = Validator::new().check_text("q.txt", &format!("{sound}\n{sound}\nperiod=201805\n{wrong}"));
    assert_eq!((report.checked.len(), report.problems.len(), report.exit_code(Severity::Error)), (3, 1, 3));
    assert_eq!((report.problems[0].line, rules(&report)), (3, vec!["hk/query"]));
    // One over several lines is no several, whatever stands below it.
    let report = Validator::new().check_text("q.txt", "lang=EN&sv=VCm\n&freq=M\nlang=EN&sv=VCm\n");
    assert!(report.checked.len() < 2, "{}", told(&report));
    // One query alone, behind blank lines.
    let report = Validator::new().check_text("q.txt", &format!("\n\n {wrong}\n"));
    assert_eq!((report.findings[0].line, report.findings[0].column), (3, column("ttype", &wrong) + 1));
}

#[test]
fn a_query_is_read_where_its_service_is_given() {
    let text = "/api/get?lang=EN&sv=VCm&freq=M&period=201805,201806&ttype=9";
    let given = |service: tradebind::exchange::ServiceName| {
        Validator::new().only(Some(service), None, None).unwrap().check_text("x", text)
    };
    assert_eq!(rules(&given(tradebind::exchange::ServiceName::HkTrade)), ["hk/query"]);
    assert_eq!(given(tradebind::exchange::ServiceName::Tradewind).checked.len(), 0);
}

/// What people may write, and the service is not known to read.
#[test]
fn a_query_is_spelled_as_the_guide_has_it() {
    let with = |query: &str| {
        let report = Validator::new().check_text("x", &format!("/api/get?lang=EN&sv=VCm&freq=M&{query}"));
        assert_eq!(report.exit_code(Severity::Error), u8::from(!report.findings.is_empty()));
        report.findings.iter().map(|told| format!("{told}: {}", told.mend)).collect::<Vec<_>>().join("\n")
    };
    assert_eq!(with("period=201805,201805&ttype=4"), "");
    let bare = Validator::new().check_text("x", "lang=EN&sv=VCm&freq=M&period=201805&ttype=4");
    assert_eq!(rules(&bare), ["hk/query"]);
    insta::assert_snapshot!([
        with("period=201805&ttype=4"),
        with("period=2018-05..2018-06&ttype=4"),
        with("PERIOD=201805&ttype=4"),
        with("period=&ttype=4&Period=201805"),
        with("period=201805,201805&ttype=4&foo=1"),
        with("period=201805,201805&ttype=4&ccclas=C"),
        with("period=201805,201805&ttype=4&TType=1"),
    ].join("\n"), @r#"
    x:1:32: error[hk/query]: expected period in the guide's spelling, 201805,201805; found "201805": send 201805,201805
    x:1:32: error[hk/query]: expected period in the guide's spelling, 201805,201806; found "2018-05..2018-06": send 201805,201806
    x:1:32: error[hk/query]: expected period in the guide's spelling, 201805,201805; found "201805": send 201805,201805
    x:1:48: error[hk/query]: expected period in the guide's spelling, 201805,201805; found "201805": send 201805,201805
    x:1:61: error[hk/query]: expected what the guide allows as parameter; "foo" is not one of the guide's: lang, sv, freq, period, ttype, tm, coclass, co, ccclass, cc, codeclass, code (C&SD query guide, section A); found "foo": change the parameter named
    x:1:61: error[hk/query]: expected what the guide allows as parameter; "ccclas" is not one of the guide's (C&SD query guide, section A); found "ccclas": did you mean "ccclass"?
    x:1:61: error[hk/query]: expected what the guide allows as parameter; "TType" is given more than once (C&SD query guide, section A); found "TType": join its values with commas
    "#);
}

/// The option that comes last wins.
#[test]
fn strict_goes_before_a_configuration() {
    let mut body = hk_answer(hk_rows(1));
    body["header"]["novelty"] = json!(1);
    let config = "[rules]\n\"schema/undeclared\" = \"note\"";
    let config = tradebind::validate::Config::read(config, "c.toml").unwrap();
    let severity = |mut validator: Validator| validator.check_text("x", &pretty(&body)).findings[0].severity;
    assert_eq!(severity(Validator::new().config(config.clone()).strict(true)), Severity::Error);
    assert_eq!(severity(Validator::new().config(config.clone()).strict(false)), Severity::Note);
    assert_eq!(severity(Validator::new().strict(true).config(config)), Severity::Note);
}

/// Numbers that no decimal holds are judged all the same, and shares of nothing are none.
#[test]
fn numbers_out_of_range_are_judged() {
    for (pointer, value, rule) in [
        ("/meta/billing/credits_charged", json!(-1e30), "tradewind/credits"),
        ("/meta/billing/credits_charged", json!(-1e-30), "tradewind/credits"),
        ("/data/data/list/3/tradePercent", json!(1e30), "tradewind/percent"),
        ("/data/data/list/3/tradePercent", json!(-1e300), "tradewind/percent"),
    ] {
        assert_eq!(rules(&with(regions(), pointer, value.clone()).check()), [rule], "{value}");
    }
    assert_eq!(
        rules(&with(regions(), "/meta/billing/credits_charged", json!(-0.0)).check()),
        [] as [&str; 0]
    );
    let mut body = regions();
    let listed = body["data"]["data"]["list"].as_array().unwrap().len();
    body["data"]["data"]["tradeCount"] = json!(0);
    assert_eq!(rules(&check(&body)), vec!["tradewind/percent"; listed]);
}

/// A payload fails in JUnit where it fails the run.
#[test]
fn junit_fails_what_the_run_fails() {
    let report = check(&serde_json::from_str(&table([2, 3, 4], "32").text).unwrap());
    let failures = |fail_on: Severity| {
        let mut text = Vec::new();
        report::Format::Junit.write(&report, fail_on, false, &mut text).unwrap();
        let text = String::from_utf8(text).unwrap();
        let read = roxmltree::Document::parse(&text).unwrap();
        read.root_element().attribute("failures").unwrap().to_owned()
    };
    assert_eq!([Severity::Error, Severity::Warning, Severity::Note].map(failures), ["0", "1", "1"]);
}

/// A file that begins with more white space than is looked at is not empty.
#[test]
fn long_white_space_goes_before_a_body() {
    let body = pretty(&hk_answer(hk_rows(2))).replace("\"figure\": \"1", "\"figure\": \"x");
    for blank in [" ".repeat(70_000), "\n".repeat(70_000), format!("\u{feff}{}", " \n".repeat(70_000))] {
        let report = Validator::new().check_text("x.json", &format!("{blank}{body}"));
        let figures: Vec<_> = report.findings.iter().filter(|finding| finding.rule == "hk/figure").collect();
        assert!(!figures.is_empty(), "{}", told(&report));
        let at = usize::try_from(figures[0].offset).unwrap();
        assert!(format!("{blank}{body}")[at..].starts_with("\"x"));
        let lines = u64::try_from(blank.matches('\n').count()).unwrap();
        let alone = Validator::new().check_text("x.json", &body);
        assert_eq!(figures[0].line, alone.findings[0].line + lines);
        let nothing = Validator::new().check_text("x.json", &blank);
        assert!(nothing.problems[0].text.starts_with("is empty"), "{}", told(&nothing));
    }
}

/// What a document under way asks for, and no check holds, is told: never a success that checked less.
#[test]
fn what_a_document_asks_for_in_vain_is_told() {
    use tradebind::documents::{Document, document};
    use tradebind::exchange::ServiceName;
    let mut root = document(ServiceName::HkTrade).root().clone();
    root["components"]["schemas"]["Count"]["minProperties"] = json!(1);
    let changed: &'static Document = Box::leak(Box::new(Document::new(ServiceName::HkTrade, root).unwrap()));
    let body = pretty(&hk_answer(hk_rows(1)));
    let report = Validator::of([changed])
        .check_text("x.ndjson", &format!("{}\n{}", hk_answer(hk_rows(1)), hk_answer(hk_rows(2))));
    assert_eq!((report.checked.len(), report.exit_code(Severity::Error)), (2, 3), "{}", told(&report));
    let texts: Vec<_> = report.problems.iter().map(|problem| problem.text.as_str()).collect();
    assert_eq!(texts, ["asks for what is not checked: /components/schemas/Count/minProperties"]);
    assert_eq!(Validator::new().check_text("x", &body).exit_code(Severity::Note), 0);
}
