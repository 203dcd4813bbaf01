//! The documented page gives the operation as the document has it; a page of an operation that the document lacks gives one that
//! all of the generator takes.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::*;
use crate::{document, generate};

/// A page of an operation that no service has.
const INVENTED: &str = include_str!("../../tests/invented-page.txt");
const DOCUMENTED: &str = "examples/tradewind/world_regions.documented.json";

/// A copy of `spec/`, gone when the test ends.
struct Spec(PathBuf);

impl Spec {
    fn new(name: &str) -> Self {
        let to = std::env::temp_dir().join(format!("tradebind-draft-{}-{name}", std::process::id()));
        copy(&root().join("spec"), &to);
        Self(to)
    }

    fn text(&self) -> String {
        fs::read_to_string(self.0.join("tradewind.yaml")).unwrap()
    }

    fn root(&self) -> Value {
        document::parse(&self.text()).unwrap()
    }

    /// The document without one operation and the components that only it uses, and without its example.
    fn without_world_regions(name: &str) -> Self {
        let spec = Self::new(name);
        let mut text = cut(&spec.text(), "  /api/customs/analytics/world-regions:", 2);
        for component in ["Request", "Envelope", "Data", "Upstream", ""] {
            text = cut(&text, &format!("    WorldRegions{component}:"), 4);
        }
        text = cut(&text, "    WorldRegion:", 4);
        fs::write(spec.0.join("tradewind.yaml"), text).unwrap();
        fs::remove_file(spec.0.join(DOCUMENTED)).unwrap();
        spec
    }
}

impl Drop for Spec {
    fn drop(&mut self) {
        _ = fs::remove_dir_all(&self.0);
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().flatten() {
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// The text without the block that a line opens.
fn cut(text: &str, head: &str, indent: usize) -> String {
    let (mut kept, mut inside, mut found) = (String::new(), false, false);
    for line in text.split_inclusive('\n') {
        if line.trim_end() == head {
            (inside, found) = (true, true);
            continue;
        }
        let own = line.len() - line.trim_start_matches(' ').len();
        if inside && own <= indent && !line.trim().is_empty() {
            inside = false;
        }
        if !inside {
            kept.push_str(line);
        }
    }
    assert!(found, "{head}");
    kept
}

/// The documentation page of world regions, as far as it is read, from the recorded exchange in `spec/examples`.
fn page() -> String {
    let exchange = fs::read_to_string(root().join("spec").join(DOCUMENTED)).unwrap();
    let body = |side: &str| pretty::member(&exchange, &[side, "body", "json"]).unwrap();
    let (request, answer) = (body("request"), body("response"));
    format!(
        "1. 05 海关数据接口\ntradewind-api\n    • 05 海关数据接口\n      • 获取海关采购趋势\n        POST\n      • 获取海关全球区域分布图\n        POST\n  1. 05 海关数据接口\n\n获取海关全球区域分布图\n\nPOST\n/api/customs/analytics/world-regions\n国家编码/api/customs/reference/countries\n\n请求参数\n\nHeader 参数\n\nBody 参数application/json\n\n示例\n{request}\n\n请求示例代码\n\nShell\ncurl --location --request POST '/api/customs/analytics/world-regions' \\\n--header 'Authorization: Bearer {{{{apiKey}}}}' \\\n--header 'Content-Type: application/json' \\\n--data-raw '{request}'\n\n返回响应\n\n🟢201成功\napplication/json\nBody\n\n示例\n{answer}\n修改于 2026-04-15 11:04:24\n上一页\n"
    )
}

fn drafted(spec: &Spec, text: &str, choices: &Choices) -> Draft {
    match draft(&spec.0, text, None, choices).unwrap() {
        Outcome::New(draft) => draft,
        Outcome::Known(id, _) => panic!("{id} is known"),
    }
}

fn known(spec: &Spec, text: &str) -> Vec<String> {
    match draft(&spec.0, text, None, &Choices::default()).unwrap() {
        Outcome::Known(_, differences) => differences,
        Outcome::New(draft) => panic!("{} is new", draft.id),
    }
}

fn per_call() -> Choices {
    // The page tells what the call was charged, but not that each call is.
    Choices { billing: Some("per-call".to_owned()), ..Choices::default() }
}

/// A document without what a person words.
fn bare(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let kept = members.iter().filter(|(name, value)| {
                !(value.is_string() && ["description", "summary"].contains(&name.as_str()))
            });
            kept.map(|(name, value)| (name.clone(), bare(value))).collect()
        }
        // Examples that are no page's.
        Value::Array(items) if items.iter().any(|item| item == DOCUMENTED) => json!([DOCUMENTED]),
        Value::Array(items) => items.iter().map(bare).collect(),
        other => other.clone(),
    }
}

#[test]
fn the_documented_page_gives_world_regions_as_it_stands() {
    let spec = Spec::without_world_regions("as-it-stands");
    let before = spec.text();
    let page = page();
    let draft = drafted(&spec, &page, &per_call());
    apply(&spec.0, &draft).unwrap();

    let reviewed = document::read(&root().join("spec/tradewind.yaml")).unwrap();
    let (drafted, reviewed) = (bare(&spec.root()), bare(&reviewed));
    let places = ["/paths", "/components/schemas"];
    for place in places {
        let (left, right) = (drafted.pointer(place).unwrap(), reviewed.pointer(place).unwrap());
        for (name, value) in right.as_object().unwrap() {
            assert_eq!(
                left.get(name),
                Some(value),
                "{place}/{name}: the draft, left, against the document, right"
            );
        }
        assert_eq!(left.as_object().unwrap().len(), right.as_object().unwrap().len(), "{place}");
    }

    // The example: what was sent and answered, to the byte.
    let exchange = |spec: &Path| fs::read_to_string(spec.join(DOCUMENTED)).unwrap();
    let (drafted, reviewed) = (exchange(&spec.0), exchange(&root().join("spec")));
    for side in ["request", "response"] {
        let part = |text: &str| pretty::member(text, &[side]).unwrap();
        assert_eq!(part(&drafted), part(&reviewed), "{side}");
    }

    // Nothing but insertions: every line of before comes again, in its order.
    let after = spec.text();
    let mut lines = after.split_inclusive('\n');
    for line in before.split_inclusive('\n') {
        assert!(lines.any(|other| other == line), "{line:?} is gone");
    }
}

#[test]
fn a_page_that_the_document_has_differs_nowhere() {
    let spec = Spec::new("nowhere");
    assert_eq!(known(&spec, &page()), Vec::<String>::new());
    let exchange = fs::read_to_string(spec.0.join(DOCUMENTED)).unwrap();
    assert_eq!(known(&spec, &exchange), Vec::<String>::new());
}

/// A list without items is of the kind that the document says.
#[test]
fn an_empty_list_differs_nowhere() {
    let spec = Spec::new("empty-list");
    let mut answer: Value = serde_json::from_str(
        &pretty::member(&fs::read_to_string(spec.0.join(DOCUMENTED)).unwrap(), &["response", "body", "json"])
            .unwrap(),
    )
    .unwrap();
    *answer.pointer_mut("/data/data/list").unwrap() = json!([]);
    let at = page().find("201成功").unwrap();
    let page = format!("{}201成功\n{answer}\n修改于 2026-04-15\n", &page()[..at]);
    assert_eq!(known(&spec, &page), Vec::<String>::new());
}

/// An apostrophe ends a quoted word of a shell, and is written around it.
#[test]
fn a_page_may_have_apostrophes() {
    let spec = Spec::new("apostrophes");
    let (head, curl) = page().split_once("--data-raw").map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    let product = "\"product\": \"pet\"";
    assert!(head.contains(product), "{head}");
    let with = |head: &str, curl: &str| {
        format!(
            "{}--data-raw{}",
            head.replace(product, "\"product\": \"men's\""),
            curl.replace(product, "\"product\": \"men'\\''s\"")
        )
    };
    assert_eq!(known(&spec, &with(&head, &curl)), Vec::<String>::new());
    // Where the page has no other example, the curl command's is read.
    let alone = head.split_once("Body").unwrap().0.to_owned()
        + "\nShell\ncurl '/api/customs/analytics/world-regions' \\\n--header 'Authorization: x' \\\n";
    assert_eq!(known(&spec, &with(&alone, &curl)), Vec::<String>::new());
    // A command that cannot be read is passed over, where there is another example.
    assert_eq!(known(&spec, &with(&head, &curl.replacen('{', "{{", 1))), Vec::<String>::new());
}

#[test]
fn a_changed_page_tells_what_changed() {
    let spec = Spec::new("changed");
    let changed = page()
        .replace("\"buyerCount\"", "\"buyersInAll\"")
        .replace("\"tradeCount\": 675879", "\"tradeCount\": \"675879\"")
        .replace("\"type\": \"exporter\"", "\"type\": \"carrier\"")
        .replace("\"weight\": \"4860572861.748\"", "\"weight\": \"heavy\"")
        .replace("\"start_time\": \"2024-04-19\"", "\"start_time\": \"April\"")
        .replace("\"seller\": \"\",", "\"seller\": null,")
        .replace("\"departure_port\": \"\"", "\"arrival_port\": \"\"");
    insta::assert_snapshot!(known(&spec, &changed).join("\n"), @"
    request /type: has the value `carrier`, which the document does not list
    request /start_time: changed its type: the document says DateText, the example has text
    request /seller: null was seen, which the document does not allow
    request /arrival_port: appeared: text
    request /departure_port: vanished: the example has it no more
    answer /data/data/list/*/tradeCount: changed its type: the document says integer, the example has several kinds of values
    answer /data/data/list/*/buyersInAll: appeared: an integer
    answer /data/data/list/*/weight: changed its type: the document says DecimalText, the example has text
    answer /data/data/list/*/buyerCount: vanished: the example has it no more
    ");
}

/// A text without its white space, which the formatter chooses.
fn dense(text: &str) -> String {
    text.split_whitespace().collect()
}

/// From the page to the generated client, with nothing written by hand between.
#[test]
fn an_operation_that_the_document_lacks_is_taken_by_all_that_follows() {
    let spec = Spec::new("lacks");
    let draft = drafted(&spec, INVENTED, &Choices::default());
    apply(&spec.0, &draft).unwrap();
    insta::assert_snapshot!(
        "invented",
        format!("{}{}{}\n{}", draft.operation, draft.requests, draft.answers, draft.notes.join("\n"))
    );

    let made = generate::TRADEWIND.generate(&spec.0).unwrap();
    let file = syn::parse_file(&made.text).unwrap();
    assert!(file.items.len() > 5);
    for expected in [
        "pub fn port_statistics(",
        "-> crate::tradewind::Call<types::PortStatisticsEnvelope>",
        "impl crate::tradewind::Enveloped for types::PortStatisticsEnvelope",
        "pub weight: ::std::option::Option<crate::domain::Figure>",
        "OrOther<crate::tradewind::api::types::PortStatisticsUpstream",
    ] {
        assert!(dense(&made.text).contains(&dense(expected)), "{expected}");
    }
    // What was drafted is known from now on.
    assert_eq!(known(&spec, INVENTED), Vec::<String>::new());
    let again = apply(&spec.0, &draft).unwrap_err().to_string();
    assert_eq!(
        again,
        "spec/examples/tradewind/port_statistics.documented.json is there already; name the case by --case"
    );
}

/// What the maker of options puts them into.
#[path = "../../../src/bin/tradebind/tradewind/members.rs"]
#[allow(dead_code, reason = "the command line uses more of it")]
mod members;

/// The command line's own maker of options.
#[path = "../../../src/bin/tradebind/tradewind/fields.rs"]
#[allow(dead_code, reason = "the command line uses more of it")]
mod fields;

/// What goes by the document at run time takes a drafted operation at once: the local server answers the page's request as the page
/// does, and others with data that fit; the client sends it; the validator knows it; the command line has its fields as options.
/// (`cargo xtask draft --prove` builds and uses the rest: the method of the client and its types.)
#[tokio::test]
async fn what_goes_by_the_document_takes_an_operation_that_it_lacked() {
    use tradebind::documents::{Document, Part};
    use tradebind::exchange::{Exchange, ServiceName};
    use tradebind::replica::Replica;
    use tradebind::tradewind::Client;
    use tradebind::validate::{Severity, Validator};

    const PATH: &str = "/api/customs/invented/port-statistics";
    let spec = Spec::new("run-time");
    let draft = drafted(&spec, INVENTED, &Choices::default());
    apply(&spec.0, &draft).unwrap();
    let document = || Document::new(ServiceName::Tradewind, spec.root()).unwrap();
    let shown: Exchange = draft.exchange.1.parse().unwrap();
    let body = |body: &Option<tradebind::exchange::Body>| body.as_ref().unwrap().json().unwrap().clone();
    let (asked, told) = (body(&shown.request.body), body(&shown.response.as_ref().unwrap().body));

    let replica = Replica::builder().document(document()).exchanges([shown.clone()]).start().await.unwrap();
    let builder = Client::builder().key("tw_test_draft").unwrap().base_url(replica.tradewind_url());
    let client = builder.max_credits("10".parse().unwrap()).build().unwrap();
    let ask = async |request: Value| {
        let call = client.raw("POST", PATH, Some(request.into())).unwrap().allow("1".parse().unwrap());
        call.send().await.unwrap().into_value().json::<Value>().unwrap()
    };
    assert_eq!(ask(asked.clone()).await, told);
    let mut other = asked.clone();
    other["top"] = json!(7);
    let made_up = ask(other.clone()).await;
    assert_ne!(made_up, told);
    assert!(made_up.pointer("/data/data/ports/0/weight").is_some(), "{made_up}");

    let known: &'static Document = Box::leak(Box::new(document()));
    let mut validator = Validator::of([known]).strict(true);
    let report = validator.check_text("page.json", &draft.exchange.1);
    assert!(report.passes(Severity::Note) && report.checked.len() == 2, "{report:#?}");
    let mut answers =
        Validator::of([known]).strict(true).only(None, Some(&draft.id), Some(Part::Response)).unwrap();
    assert!(answers.check_text("made-up.json", &made_up.to_string()).passes(Severity::Note));
    let odd =
        draft.exchange.1.replace("\"portId\": 7", "\"portId\": \"seven\"").replace("\"top\"", "\"topp\"");
    let report = validator.check_text("odd.json", &odd);
    let found: Vec<_> =
        report.findings.iter().map(|finding| (finding.rule, finding.pointer.as_str())).collect();
    assert_eq!(
        found,
        [
            ("schema/closed", "/request/body/json/topp"),
            ("schema/type", "/response/body/json/data/data/ports/0/portId"),
        ]
    );

    let operation = known.operation(&draft.id).unwrap();
    let (_, request) = operation.request_schema().unwrap();
    let (fields, others) = fields::of(known, &request, &[]);
    assert_eq!(others, Vec::<String>::new());
    let command =
        fields.iter().fold(clap::Command::new("tradebind"), |command, field| command.arg(field.arg("body")));
    let words = "tradebind --type importer --start-time 2024-01-01 --product= --top 5 --exact true --ports A --ports B \
                 --filter.minimum 3 --filter.names x";
    let matches =
        command.arg(clap::Arg::new("body").long("body")).try_get_matches_from(words.split_whitespace());
    let (matches, mut given) = (matches.unwrap(), members::Members::default());
    for field in &fields {
        assert!(field.put(&matches, &mut given).unwrap());
    }
    assert_eq!(serde_json::from_str::<Value>(&given.to_string()).unwrap(), asked);
}

#[test]
fn a_har_file_gives_a_draft_without_secrets() {
    let spec = Spec::new("har");
    let entry = |path: &str, token: &str| {
        json!({
            "startedDateTime": "2026-01-01T00:00:00Z", "time": 1,
            "request": {
                "method": "POST", "url": format!("https://app.trade-wind.co{path}"), "httpVersion": "HTTP/1.1",
                "cookies": [{ "name": "sid", "value": "cookie-of-somebody" }],
                "headers": [
                    { "name": "Authorization", "value": format!("Bearer {token}") },
                    { "name": "Content-Type", "value": "application/json" },
                ],
                "queryString": [],
                "postData": { "mimeType": "application/json", "text": "{\"page\": 1, \"token\": \"hidden-by-name\"}" },
                "headersSize": -1, "bodySize": -1,
            },
            "response": {
                "status": 200, "statusText": "OK", "httpVersion": "HTTP/1.1", "cookies": [], "headers": [],
                "content": {
                    "size": 1, "mimeType": "application/json; charset=utf-8",
                    "text": format!("{{\"success\": true, \"data\": [{{\"name\": \"n\", \"echo\": \"{token} cookie-of-somebody\"}}], \"error\": null}}"),
                },
                "redirectURL": "", "headersSize": -1, "bodySize": -1,
            },
            "cache": {}, "timings": { "send": 0, "wait": 0, "receive": 0 },
        })
    };
    let har = |entries: Vec<Value>| {
        json!({ "log": { "version": "1.2", "creator": { "name": "t", "version": "1" }, "entries": entries } })
            .to_string()
    };
    let one = har(vec![
        entry("/logo.png", "x"),
        entry("/api/invented/list?page=1&key=query-secret", "tw_live_12345"),
    ]);
    let draft = drafted(&spec, &one, &Choices::default());
    apply(&spec.0, &draft).unwrap();
    let written = format!("{}{}", spec.text(), draft.exchange.1);
    for secret in ["tw_live_12345", "cookie-of-somebody", "hidden-by-name", "query-secret"] {
        assert!(!written.contains(secret), "{secret}");
    }
    assert!(draft.operation.contains("x-evidence: observed"), "{}", draft.operation);
    generate::TRADEWIND.generate(&spec.0).unwrap();

    let several = har(vec![entry("/api/a", "x"), entry("/api/b", "x")]);
    let told = |text: &str, number| format!("{:#}", draft_error(&spec, text, number));
    insta::assert_snapshot!([
        told(&several, None),
        told(&several, Some(7)),
        told(&har(vec![entry("/x", "y")]), None),
        told("{}", None),
        told("{", None),
        told("{\"log\": 1}", None),
        told("{\"format\": \"tradebind-exchange/1\", \"evidence\": \"assumed\"}", None),
        told("{\"format\": \"tradebind-exchange/1\", \"evidence\": \"observed\", \"service\": \"hk-trade\"}", None),
    ].join("\n"), @"
    several entries call an API; pick one by --entry: 0 (POST /api/a: 200), 1 (POST /api/b: 200)
    entry 7 calls no /api/ path; those that do: 0 (POST /api/a: 200), 1 (POST /api/b: 200)
    no entry of the HAR file calls a path that begins with /api/
    is JSON, but neither a recorded exchange (`format`) nor a HAR file (`log`)
    begins as JSON, but is none: EOF while parsing an object at line 1 column 1
    is no HAR file: HAR document must contain a top-level `log` object
    the exchange is made up by a local server (`evidence: assumed`): nothing is known from it
    the exchange has no text at /request/target
    ");
}

/// One entry of a HAR file.
fn har_entry(method: &str, url: &str, status: u16, headers: Value, answer: &Value) -> Value {
    json!({
        "startedDateTime": "2026-01-01T00:00:00Z", "time": 1,
        "request": {
            "method": method, "url": url, "httpVersion": "HTTP/1.1", "cookies": [], "headers": headers, "queryString": [],
            "headersSize": -1, "bodySize": -1,
        },
        "response": {
            "status": status, "statusText": "", "httpVersion": "HTTP/1.1", "cookies": [], "headers": [],
            "content": { "size": 1, "mimeType": "application/json", "text": answer.to_string() },
            "redirectURL": "", "headersSize": -1, "bodySize": -1,
        },
        "cache": {}, "timings": { "send": 0, "wait": 0, "receive": 0 },
    })
}

fn har(entries: &[Value]) -> String {
    json!({ "log": { "version": "1.2", "creator": { "name": "t", "version": "1" }, "entries": entries } })
        .to_string()
}

/// The host tells whose call it is; what a browser sends beside a call is passed over; no cookie gets through.
#[test]
fn a_har_file_is_read_by_host() {
    let spec = Spec::new("hosts");
    let answer = json!({ "success": true, "data": { "id": "of abcdef123456", "n": 1 } });
    let cookies = json!([{ "name": "Cookie", "value": "lang=true; who=abcdef123456" }]);
    let at = |host: &str| {
        let url = format!("{host}/api/invented/things");
        har(&[
            har_entry("OPTIONS", &url, 204, json!([]), &answer),
            har_entry("GET", &url, 302, json!([]), &answer),
            har_entry("GET", &url, 200, cookies.clone(), &answer),
        ])
    };
    let draft = drafted(&spec, &at("https://app.trade-wind.co"), &Choices::default());
    assert!(!draft.exchange.1.contains("abcdef"), "{}", draft.exchange.1);
    assert!(draft.exchange.1.contains("\"success\": true"), "{}", draft.exchange.1);
    let elsewhere = drafted(&spec, &at("https://user:pass@API.example:8443"), &Choices::default());
    assert_eq!(
        elsewhere.notes[0],
        "`api.example` was called, which is no server of a document: taken for a call of tradewind"
    );
    let told = |text: &str| format!("{:#}", draft_error(&spec, text, None));
    let refused = har(&[har_entry("GET", "https://app.trade-wind.co/api/x", 401, json!([]), &json!({}))]);
    insta::assert_snapshot!([
        told(&at("https://tradeidds.censtatd.gov.hk")),
        told(&at("http://127.0.0.1:8080")),
        told(&refused),
        format!("{:#}", draft_error(&spec, &refused, Some(0))),
        format!("{:#}", draft_error(&spec, INVENTED, Some(0))),
    ].join("\n"), @"
    spec/hk-trade.yaml has no GET /api/invented/things, and only spec/tradewind.yaml grows by drafts: write the operation by hand
    the entry calls a server on this machine, and no service: nothing is known from it
    no call of an API was answered with a success: 0 (GET /api/x: 401)
    the answer has the status 401; a success is needed
    --entry picks an entry of a HAR file, and this is none
    ");

    // A query of Hong Kong at its one-time address.
    let shown = fs::read_to_string(spec.0.join("examples/hk-trade/get_trade.total-exports-cn.json")).unwrap();
    let mut json: Value =
        serde_json::from_str(&pretty::member(&shown, &["response", "body", "json"]).unwrap()).unwrap();
    let url = "https://tradeidds.censtatd.gov.hk/api/0123456789abcdef0123456789abcdef/get?lang=TC&sv=VCm&freq=M&period=201805,201806&ttype=4&new=1";
    let hong_kong = |json: &Value| har(&[har_entry("GET", url, 200, json!([]), json)]);
    assert_eq!(known(&spec, &hong_kong(&json)), ["request: the parameter `new` appeared"]);
    assert_eq!(known(&spec, &shown), Vec::<String>::new());
    json["dataSet"][0]["news"] = json!(1);
    json["dataSet"][1]["figure"] = json!(7);
    json["header"]["status"].as_object_mut().unwrap().remove("code");
    let told = known(&spec, &hong_kong(&json)).join("\n");
    for expected in [
        "answer /dataSet/*/news: appeared",
        "answer /dataSet/*/figure: changed its type",
        "parameter `new` appeared",
    ] {
        assert!(told.contains(expected), "{expected}: {told}");
    }
}

/// What comes inside HTTP 2xx may be a failure, which shows nothing of a success: as the client judges it.
#[test]
fn a_failure_is_no_example() {
    let spec = Spec::new("failures");
    let told = |text: &str| format!("{:#}", draft_error(&spec, text, None));
    let called = |path: &str, answer: Value| {
        told(&har(&[har_entry("POST", &format!("https://app.trade-wind.co{path}"), 201, json!([]), &answer)]))
    };
    const KNOWN: &str = "/api/customs/analytics/world-regions";
    const NEW: &str = "/api/invented/things";
    let page = |answer: &str| {
        told(&format!("T\nPOST\n/api/customs/y\nBody\n{{\"k\": \"\"}}\n返回响应\n🟢201成功\n{answer}\n"))
    };
    let shown = fs::read_to_string(spec.0.join("examples/hk-trade/get_trade.total-exports-cn.json")).unwrap();
    let mut shown: Value = serde_json::from_str(&shown).unwrap();
    *shown.pointer_mut("/response/body/json").unwrap() = json!({ "header": { "status": {
        "name": "Fail", "code": 1, "message": ["Period code (209901) is not defined"], "description": "Query fail",
    } } });
    insta::assert_snapshot!([
        called(KNOWN, json!({ "success": true, "data": { "code": 0, "msg": "参数错误", "data": null }, "error": null })),
        called(KNOWN, json!({ "success": true, "data": { "code": 1, "data": null } })),
        called(KNOWN, json!({ "success": true, "data": format!("PHP Fatal error: Uncaught {}", "x".repeat(200)) })),
        called(KNOWN, json!({ "success": true, "request_id": "r" })),
        called(NEW, json!({ "success": true, "data": "an id" })),
        called(NEW, json!({ "success": true, "data": { "code": "7", "data": {} } })),
        called(NEW, json!({ "success": true, "data": { "code": 1, "data": null } })),
        called(NEW, json!({ "success": true, "data": { "a": 1 }, "error": "broken" })),
        page(r#"{"success": false, "data": null, "error": {"code": "X"}}"#),
        told(&shown.to_string()),
    ].join("\n"), @r#"
    the answer has the status 201 but shows no success: /data/code is 0, and 1 is success (参数错误); draft from an answer that succeeded
    the answer has the status 201 but shows no success: /data/data holds nothing; draft from an answer that succeeded
    the answer has the status 201 but shows no success: a text stands at /data ("PHP Fatal error: Uncaught xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…); draft from an answer that succeeded
    the answer has the status 201 but shows no success: /data holds nothing; draft from an answer that succeeded
    the answer has the status 201 but shows no success: a text stands at /data ("an id"); draft from an answer that succeeded
    the answer has the status 201 but shows no success: /data/code is 7, and 1 is success; draft from an answer that succeeded
    the answer has the status 201 but shows no success: /data/data holds nothing; draft from an answer that succeeded
    the answer has the status 201 but shows no success: there is an error ("broken"); draft from an answer that succeeded
    the answer has the status 201 but shows no success: success is false ({"code":"X"}); draft from an answer that succeeded
    the answer has the status 200 but shows no success: /header/status has the code 1 (Fail, Period code (209901) is not defined, Query fail); draft from an answer that succeeded
    "#);

    // A code of another kind, an error that says nothing, and answers of operations without an envelope are none.
    for (path, answer) in [
        (NEW, json!({ "success": true, "data": { "code": "CN" }, "error": {} })),
        (NEW, json!({ "data": null })),
    ] {
        drafted(
            &spec,
            &har(&[har_entry("GET", &format!("https://app.trade-wind.co{path}"), 200, json!([]), &answer)]),
            &Choices::default(),
        );
    }
    let health =
        har_entry("GET", "https://app.trade-wind.co/api/health", 200, json!([]), &json!({ "data": "up" }));
    assert_eq!(known(&spec, &har(&[health])), Vec::<String>::new());
}

/// A name of the query is written as it is meant: what sends it escapes it again.
#[test]
fn escapes_of_a_query_are_undone() {
    let spec = Spec::new("escapes");
    let answer = json!({ "success": true, "data": { "list": [{ "id": 1 }] } });
    let called = |path: &str| {
        har(&[har_entry("GET", &format!("https://app.trade-wind.co{path}"), 200, json!([]), &answer)])
    };
    let target = "/api/customs/ports?filter%5Bcountry%5D=CN&page%5Bsize%5D=20&a+b=1&%70er_page=20";
    let draft = drafted(&spec, &called(target), &Choices::default());
    for name in ["'filter[country]'", "'page[size]'", "'a b'", "per_page"] {
        assert!(draft.operation.contains(&format!("- name: {name}\n")), "{name}: {}", draft.operation);
    }
    assert!(!draft.operation.contains("%5B"), "{}", draft.operation);
    // `per_page` is known to be harmless, however it is written.
    assert!(draft.exchange.1.contains("%70er_page=20"), "{}", draft.exchange.1);
    apply(&spec.0, &draft).unwrap();
    assert!(generate::TRADEWIND.generate(&spec.0).unwrap().text.contains("\"filter[country]\""));
    assert_eq!(known(&spec, &called(target)), Vec::<String>::new());
    assert_eq!(
        known(&spec, &called("/api/health?%70er+page=20&%70er+page=21")),
        ["request: the parameter `per page` appeared"]
    );

    let page = "T\nGET\n/api/invented/list\ncurl '/api/invented/list?name=a%26b+c'\nResponses\n200\n{}";
    let draft = drafted(&spec, page, &Choices::default());
    assert!(draft.operation.contains("a&b c in the example"), "{}", draft.operation);
    assert_eq!(draft.arguments, [("a&b c".to_owned(), "\"a&b c\"".to_owned())]);
}

/// Parameters that vanished, and values that the document does not allow.
#[test]
fn a_changed_query_tells_what_changed() {
    let spec = Spec::new("query");
    let shown = fs::read_to_string(spec.0.join("examples/hk-trade/get_trade.total-exports-cn.json")).unwrap();
    let asked = |query: &str| {
        let mut shown: Value = serde_json::from_str(&shown).unwrap();
        shown["request"]["target"] = json!(format!("/api/get?{query}"));
        known(&spec, &shown.to_string())
    };
    insta::assert_snapshot!(asked("lang=XX&sv=VCm,VCx&period=abc&ttype=four&freq=&cc=C-N&tm=N").join("\n"), @"
    request parameter `lang`: has the value `XX`, which the document does not list
    request parameter `sv`/*: has the value `VCx`, which the document does not list
    request: the parameter `freq` vanished, which the document requires
    request parameter `period`: has 1 item(s), the document says at least 2
    request parameter `period`/*: has the value `abc`, which is not of the document's form `^[0-9]{4}(0[1-9]|1[0-2])?$`
    request parameter `ttype`: has the value `four`, which the document does not list
    request parameter `tm`: has the value `N`, which the document does not list
    request parameter `cc`/*: has the value `C-N`, which is not of the document's form `^[A-Z0-9]{1,4}$`
    ");
    // Names and values are read in any case, and what is empty as what is not there.
    let sound = "LANG=en&sv=vcm%2CQCm&freq=m&period=201805,201806&ttype=all&ccclass=C&cc=cn&co=";
    assert_eq!(asked(sound), Vec::<String>::new());

    // Types of other parameters, and lists that are sent by one name several times.
    let mut root = spec.root();
    root["paths"]["/api/health"]["get"]["parameters"] = json!([
        { "name": "n", "in": "query", "required": true, "schema": { "type": "integer", "format": "int64" } },
        { "name": "on", "in": "query", "schema": { "type": "boolean" } },
        { "name": "many", "in": "query", "schema": { "type": "array", "items": { "type": "integer" }, "maxItems": 2 } },
    ]);
    let operation = root.pointer("/paths/~1api~1health/get").unwrap();
    let compared = |target: &str, page: bool| {
        let text = match page {
            true => format!("T\nGET\n{target}\nResponses\n200\n{{}}"),
            false => har(&[har_entry(
                "GET",
                &format!("https://app.trade-wind.co{target}"),
                200,
                json!([]),
                &json!({}),
            )]),
        };
        let mut source = source::read(&text, None).unwrap();
        source.target = target.to_owned();
        compare::differences(&root, operation, &source).unwrap()
    };
    assert_eq!(compared("/api/health?n=1&on=true&many=1&many=2", false), Vec::<String>::new());
    assert_eq!(compared("/api/health?n=(not shown)", false), Vec::<String>::new());
    assert_eq!(compared("/api/health", true), Vec::<String>::new());
    insta::assert_snapshot!(
        [compared("/api/health?n=a&on=1&many=1&many=b&many=3", false), compared("/api/health", false)].concat().join("\n"),
        @"
    request parameter `n`: changed its type: the document says integer, the example has text
    request parameter `on`: changed its type: the document says boolean, the example has an integer
    request parameter `many`: has 3 item(s), the document says at most 2
    request parameter `many`/*: changed its type: the document says integer, the example has several kinds of values
    request: the parameter `n` vanished, which the document requires
    "
    );
}

/// Nothing of a secret is written, whichever part of an exchange it stands in and however it is spelt there.
#[test]
fn secrets_of_an_exchange_are_not_written() {
    let spec = Spec::new("secrets");
    let text = json!({
        "format": "tradebind-exchange/1", "service": "tradewind", "operation": "raw", "case": "recorded-0001",
        "about": "Asked with ab/cdef-ticket", "evidence": "observed",
        "source": { "title": "recorded by hand", "section": "of header-secret" },
        "request": {
            "method": "POST", "target": "/api/invented/header-secret/list?page=1&ticket=ab%2Fcdef-ticket&who=somebody",
            "headers": [{ "name": "X-CSRF-Token", "value": "header-secret" }, { "name": "cookie", "value": "a=b; c=cookie-secret" }],
            "body": { "json": { "auth": { "value": "nested-secret", "number": 7654321 } } },
        },
        "response": {
            "status": 200, "headers": [{ "name": "set-cookie", "value": "c=other-secret; path=/" }],
            "body": { "json": { "success": true, "data": {
                "header-secret": 1, "cookie-secret of": "x", "echo": "ab/cdef-ticket nested-secret other-secret", "again": 7654321,
            } } },
        },
    });
    let draft = drafted(&spec, &text.to_string(), &Choices::default());
    apply(&spec.0, &draft).unwrap();
    let written = format!("{}{}{:?}", spec.text(), draft.exchange.1, draft.notes);
    for secret in [
        "header-secret",
        "cookie-secret",
        "other-secret",
        "nested-secret",
        "cdef-ticket",
        "7654321",
        "somebody",
    ] {
        assert!(!written.contains(secret), "{secret}: {}{}", draft.operation, draft.exchange.1);
    }
    // A part of the path that is hidden is a parameter.
    assert_eq!(draft.path, "/api/invented/{id}/list");
    assert!(
        draft.notes.iter().any(|note| note.contains("{id} is written in its place")),
        "{:?}",
        draft.notes
    );
    generate::TRADEWIND.generate(&spec.0).unwrap();
}

/// What is hidden keeps its kind, a HAR file without the header of a key tells nothing of keys, and values of parameters have types.
#[test]
fn what_is_hidden_keeps_its_kind() {
    let spec = Spec::new("kinds");
    let answer = json!({ "success": true, "data": [{ "key": 1, "value": "person's" }] });
    let url = "https://app.trade-wind.co/api/invented/kinds?page=1&flag=true&code=0301&limit=100";
    let draft = drafted(&spec, &har(&[har_entry("GET", url, 200, json!([]), &answer)]), &Choices::default());
    assert!(draft.answers.contains("key: {type: integer, format: int64"), "{}", draft.answers);
    assert!(!draft.operation.contains("security: []") && draft.key, "{}", draft.operation);
    assert_eq!(draft.operation.matches("type: integer").count(), 2, "{}", draft.operation);
    // What was observed is not repeated in the document.
    assert!(!draft.operation.contains("0301") && !draft.answers.contains("person's"), "{}", draft.operation);
    apply(&spec.0, &draft).unwrap();
    let made = generate::TRADEWIND.generate(&spec.0).unwrap();
    assert!(dense(&made.text).contains(&dense("pub fn kinds(&self, page: i64")), "{}", draft.operation);

    // A page shows what it shows: there, too, a key of the service is hidden.
    let page = page().replace("\"type\": \"exporter\"", "\"type\": \"tw_live_12345\"");
    assert_eq!(known(&spec, &page), Vec::<String>::new());
}

/// An answer without JSON is told of: in a draft, and of an operation that the document has.
#[test]
fn an_answer_without_json_is_told() {
    let spec = Spec::new("no-json");
    let mut entry =
        har_entry("GET", "https://app.trade-wind.co/api/invented/page", 200, json!([]), &json!({}));
    entry["response"]["content"]["text"] = json!("<p>secret page</p>");
    let draft = drafted(&spec, &har(&[entry]), &Choices::default());
    assert!(draft.notes.contains(&source::NO_JSON.to_owned()), "{:?}", draft.notes);
    let (page, after) = (page(), "修改于 2026-04-15");
    let before = page.rsplit_once("示例").unwrap().0;
    assert_eq!(
        known(&spec, &format!("{before}\n{after}\n")),
        ["answer: the document declares a JSON body, the source shows none"]
    );
    let dearer = page.replace("\"credits_charged\": 0.14", "\"credits_charged\": 0.2");
    assert_eq!(known(&spec, &dearer), ["the example was charged 0.2 credits, the document says 0.14 a call"]);
}

/// A recorded exchange keeps a body as text where its members are in an order of their own; a raw call has no operation's name.
#[test]
fn a_recorded_exchange_gives_a_draft() {
    let spec = Spec::new("recorded");
    let recorded = |status: u16, text: &str, method: &str| {
        json!({
            "format": "tradebind-exchange/1", "service": "tradewind", "operation": "raw", "case": "recorded-0001",
            "evidence": "observed", "source": { "title": "recorded by tradebind" },
            "request": { "method": method, "target": "/api/invented/123456/match?page=(not shown)" },
            "response": { "status": status, "headers": [], "body": { "text": text } },
        })
        .to_string()
    };
    let answer = r#"{"success": true, "data": {"z": 1, "a": "x"}, "error": null}"#;
    let draft = drafted(&spec, &recorded(200, answer, "get"), &Choices::default());
    apply(&spec.0, &draft).unwrap();
    generate::TRADEWIND.generate(&spec.0).unwrap();
    insta::assert_snapshot!(format!("{}{}\n{}", draft.operation, draft.answers, draft.notes.join("\n")));
    let told = |text: &str| format!("{:#}", draft_error(&spec, text, None));
    assert_eq!(told(&recorded(404, answer, "GET")), "the answer has the status 404; a success is needed");
}

/// Only a page has a path with names in the place of values, whatever an exchange says of where it is from.
#[test]
fn a_call_of_a_known_path_is_known_whatever_its_evidence() {
    let spec = Spec::new("evidence");
    for evidence in ["documented", "vendor", "observed", "reported"] {
        let exchange = json!({
            "format": "tradebind-exchange/1", "service": "tradewind", "operation": "email_verify_result", "case": "one",
            "evidence": evidence, "source": { "title": "T" },
            "request": { "method": "GET", "target": "/api/email/verify/result/tk_123" },
            "response": { "status": 200, "body": { "json": { "success": true, "data": {}, "error": null } } },
        });
        known(&spec, &exchange.to_string());
    }
}

/// What names a file or a method is looked at before anything is written.
#[test]
fn names_are_checked() {
    let spec = Spec::new("names");
    let page =
        |path: &str| format!("T\nGET\n{path}\nResponses\n200\n{{\"success\": true, \"data\": {{}}}}\n");
    let told = |path: &str, id: Option<&str>, case: Option<&str>| {
        let choices =
            Choices { id: id.map(str::to_owned), case: case.map(str::to_owned), ..Choices::default() };
        match draft(&spec.0, &page(path), None, &choices) {
            Ok(Outcome::New(draft)) => apply(&spec.0, &draft)
                .map_or_else(|e| format!("{e:#}"), |()| format!("{} {}", draft.id, draft.path)),
            Ok(Outcome::Known(id, _)) => format!("{id} is known"),
            Err(e) => format!("{e:#}"),
        }
    };
    let no_method = "does not do as the name of a method in snake case";
    for (path, id, case, expected) in [
        ("/api/invented/a", Some("../../a"), None, no_method),
        ("/api/invented/a", Some("type"), None, no_method),
        ("/api/invented/a", Some("aB"), None, no_method),
        ("/api/invented/a", Some("health"), None, "the operationId `health` is taken"),
        ("/api/invented/a", None, Some("../a"), "the case `../a` names a file"),
        ("/api/invented/type", None, None, "op_type /api/invented/type"),
        ("/api/invented/2.0", None, None, "op_2_0 /api/invented/2.0"),
        ("/api/invented/:id/list", None, None, "invented_list /api/invented/{id}/list"),
        // Another name of a parameter is the same path; a word in its place is another.
        ("/api/email/verify/result/{id}", None, None, "email_verify_result is known"),
        ("/api/email/verify/result/newest", None, None, "newest /api/email/verify/result/newest"),
    ] {
        let told = told(path, id, case);
        assert!(told.contains(expected), "{path}: {told}");
    }
    generate::TRADEWIND.generate(&spec.0).unwrap();
}

fn draft_error(spec: &Spec, text: &str, entry: Option<usize>) -> anyhow::Error {
    draft(&spec.0, text, entry, &Choices::default()).unwrap_err()
}

/// Other forms of answers generate too: a bare object, a bare list, data that are a list, data that are a text.
#[test]
fn odd_answers_generate() {
    let spec = Spec::new("odd");
    for (name, answer) in [
        ("bare", r#"{"rows": [{"n": 1}], "true": 1}"#),
        ("bare-list", r#"[{"n": 1}]"#),
        ("listed", r#"{"success": true, "data": [1, null], "new": {"a": 1}}"#),
        ("upstream-list", r#"{"success": true, "data": {"code": "1", "data": [{"deep": [[1]]}]}}"#),
        ("plain", r#"{"success": true, "data": {"mixed": [1, "x"], "more": [true, null]}}"#),
        ("nothing", "null"),
        (
            "deep",
            r#"{"success": true, "data": {"lists": [[1, "x"], [null]], "empty": [], "none": null, "mixed": {"a": [{}, []]}}}"#,
        ),
        (
            "numbers",
            r#"{"success": true, "data": {"exponent": 1.5e300, "text": "1.5E3", "wide": 123456789012345678901234567890, "amount": "-0.00"}}"#,
        ),
        (
            "names",
            r#"{"success": true, "data": {"": 1, "type": 2, "a b": 3, "国": 4, "1st": 5, "self": {"crate": [{"fn": 1}]}}}"#,
        ),
        ("again", r#"{"success": false, "success": true, "data": {"a": 1, "a": "x"}}"#),
    ] {
        let text = format!(
            "Invented by a test: {name}\nGET\n/api/invented/{name}?page=1\nResponses\n200 OK\napplication/json\n{answer}\n"
        );
        let draft = drafted(&spec, &text, &Choices::default());
        apply(&spec.0, &draft).unwrap_or_else(|e| panic!("{name}: {e:#}"));
        let made = generate::TRADEWIND.generate(&spec.0).unwrap_or_else(|e| panic!("{name}: {e:#?}"));
        syn::parse_file(&made.text).unwrap();
        let told = match name {
            "nothing" => vec!["answer: the document declares a JSON body, the source shows none".to_owned()],
            _ => Vec::new(),
        };
        assert_eq!(known(&spec, &text), told, "{name}");
    }
}

/// A draft that breaks a rule is told, and nothing is left behind.
#[test]
fn what_the_lint_refuses_is_not_written() {
    let spec = Spec::new("refused");
    let text = "T\nPOST\n/api/invented/x\nBody\n{\"a_b\": 1, \"aB\": 2}\nResponses\n200\n{\"success\": true, \"data\": {}}\n";
    let before = spec.text();
    let draft = drafted(&spec, text, &Choices::default());
    let told = format!("{:#}", apply(&spec.0, &draft).unwrap_err());
    assert!(told.contains("would become the same field as `aB`"), "{told}");
    assert_eq!(spec.text(), before);
    assert!(!spec.0.join(&draft.exchange.0).exists());
}
