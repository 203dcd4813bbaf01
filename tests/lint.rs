//! One broken document for each rule of `build/lint.rs`, with its message.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may")]

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Value, json};

#[path = "../build/derived.rs"]
mod derived;
#[path = "../build/document.rs"]
mod document;
#[path = "../build/lint.rs"]
#[allow(dead_code, reason = "the build script uses what this test does not")]
mod lint;
#[path = "support/replaced.rs"]
mod replaced;

fn spec() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("spec")
}

fn findings(service: &str, root: &Value) -> Vec<lint::Finding> {
    let file = |name: &str| serde_json::from_slice(&std::fs::read(spec().join(name)).ok()?).ok();
    let derived = derived::replacements(root, "types");
    let mut replaced = replaced::replaced(service);
    replaced.extend(derived.iter().map(|(name, _)| name.as_str()));
    lint::lint(root, &lint::Context { replaced: &replaced, file: &file })
}

fn hk() -> Value {
    document::read(&spec().join("hk-trade.yaml")).unwrap()
}

fn tradewind() -> Value {
    document::read(&spec().join("tradewind.yaml")).unwrap()
}

const GET: &str = "/paths/~1api~1get/get";
const REGIONS: &str = "/paths/~1api~1customs~1analytics~1world-regions/post";
const SCHEMAS: &str = "/components/schemas";

/// One way to break a document: the rule that must tell it, the document, where, and what is put there.
fn broken() -> Vec<(&'static str, &'static str, String, Value)> {
    let object =
        json!({ "type": "object", "description": "x", "additionalProperties": {}, "properties": {} });
    let text = json!({ "description": "x", "content": { "text/plain": { "schema": { "type": "string" } } } });
    vec![
        ("openapi-version", "HK_TRADE", "/openapi".into(), json!("3.1.0")),
        ("ascii-version", "HK_TRADE", "/info/version".into(), json!("二")),
        (
            "ref-target",
            "HK_TRADE",
            format!("{SCHEMAS}/Header/properties/status"),
            json!({ "$ref": "#/components/schemas/State" }),
        ),
        (
            "ref-target",
            "HK_TRADE",
            format!("{SCHEMAS}/Header/properties/status"),
            json!({ "$ref": "other.yaml#/Status" }),
        ),
        ("keyword", "TRADEWIND", format!("{SCHEMAS}/WorldRegionsRequest/requried"), json!(["type"])),
        ("keyword", "TRADEWIND", format!("{SCHEMAS}/DateText/patern"), json!("x")),
        ("keyword", "HK_TRADE", format!("{GET}/sumary"), json!("x")),
        ("keyword", "HK_TRADE", "/components/parameters/tm/requierd".into(), json!(true)),
        ("ref-sibling", "HK_TRADE", format!("{SCHEMAS}/Header/properties/status/nullable"), json!(true)),
        ("path-parameters", "HK_TRADE", "/paths/~1api~1get/parameters".into(), json!([])),
        ("path-ref", "TRADEWIND", "/paths/~1api~1health".into(), json!({ "$ref": "#/paths/~1api~1metrics" })),
        ("operation-id", "HK_TRADE", format!("{GET}/operationId"), json!("getTrade")),
        ("operation-id", "TRADEWIND", "/paths/~1api~1metrics/get/operationId".into(), json!("health")),
        ("evidence", "HK_TRADE", format!("{GET}/x-evidence"), json!("rumoured")),
        ("evidence", "TRADEWIND", format!("{REGIONS}/x-billing"), Value::Null),
        ("evidence", "TRADEWIND", format!("{REGIONS}/externalDocs"), Value::Null),
        ("credits", "TRADEWIND", format!("{REGIONS}/x-credits"), json!(0.14)),
        ("credits", "TRADEWIND", "/paths/~1api~1email~1verify/post/x-credits".into(), json!("1.")),
        ("credits", "TRADEWIND", "/paths/~1api~1metrics/get/x-credits".into(), json!("1")),
        ("parameter", "HK_TRADE", "/components/parameters/tm/in".into(), json!("cookie")),
        ("parameter", "HK_TRADE", "/components/parameters/tm/style".into(), json!("deepObject")),
        ("parameter", "HK_TRADE", "/components/parameters/tm/schema".into(), Value::Null),
        (
            "parameter",
            "TRADEWIND",
            "/paths/~1api~1email~1verify~1result~1{taskId}/get/parameters/0/name".into(),
            json!("id"),
        ),
        ("comma-list", "HK_TRADE", "/components/parameters/cc/explode".into(), json!(true)),
        (
            "comma-list",
            "HK_TRADE",
            "/components/parameters/cc/schema".into(),
            json!({ "type": "array", "items": { "type": "string" } }),
        ),
        (
            "request-body",
            "TRADEWIND",
            format!("{REGIONS}/requestBody/content/application~1json/schema"),
            object.clone(),
        ),
        ("request-body", "TRADEWIND", format!("{REGIONS}/requestBody/content/application~1xml"), json!({})),
        (
            "response-schema",
            "HK_TRADE",
            format!("{GET}/responses/200/content/application~1json/schema"),
            object.clone(),
        ),
        ("response-types", "HK_TRADE", format!("{GET}/responses/default"), text.clone()),
        (
            "response-types",
            "HK_TRADE",
            format!("{GET}/responses/204"),
            json!({ "description": "x", "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Header" } } } }),
        ),
        ("response-types", "TRADEWIND", format!("{REGIONS}/responses/429"), text),
        ("response-types", "HK_TRADE", format!("{GET}/responses/204"), json!({ "description": "x" })),
        ("type", "HK_TRADE", format!("{SCHEMAS}/Count/properties/started/type"), json!("strng")),
        ("type", "HK_TRADE", format!("{SCHEMAS}/Row/type"), Value::Null),
        (
            "extra-fields",
            "HK_TRADE",
            format!("{SCHEMAS}/Row/additionalProperties"),
            json!({ "type": "integer" }),
        ),
        (
            "property-name",
            "HK_TRADE",
            format!("{SCHEMAS}/Row/properties/unit_en"),
            json!({ "type": "string", "description": "x" }),
        ),
        (
            "property-name",
            "HK_TRADE",
            format!("{SCHEMAS}/Row/properties/extra"),
            json!({ "type": "string", "description": "x" }),
        ),
        (
            "default",
            "TRADEWIND",
            format!("{SCHEMAS}/WorldRegionsRequest/properties/product/default"),
            json!(7),
        ),
        (
            "default",
            "TRADEWIND",
            format!("{SCHEMAS}/WorldRegionsRequest/properties/start_time/default"),
            json!("yesterday"),
        ),
        ("float", "HK_TRADE", "/components/parameters/tm/schema".into(), json!({ "type": "number" })),
        (
            "checked-value",
            "HK_TRADE",
            "/components/parameters/tm/schema".into(),
            json!({ "type": "string", "pattern": "^Y$" }),
        ),
        ("component-name", "HK_TRADE", format!("{SCHEMAS}/row-of-data"), object.clone()),
        ("component-name", "HK_TRADE", format!("{SCHEMAS}/ROW"), object.clone()),
        ("title", "HK_TRADE", format!("{SCHEMAS}/Row/title"), json!("Record")),
        ("inline-object", "HK_TRADE", format!("{SCHEMAS}/Row/properties/inner"), object),
        ("checked-value", "HK_TRADE", format!("{SCHEMAS}/Row/properties/unitEN/maxLength"), json!(9)),
        (
            "float",
            "TRADEWIND",
            format!("{SCHEMAS}/WorldRegion/properties/tradePercent"),
            json!({ "type": "number", "description": "x" }),
        ),
        ("format", "HK_TRADE", format!("{SCHEMAS}/Count/properties/started/format"), json!("date-time")),
        (
            "combined",
            "HK_TRADE",
            format!("{SCHEMAS}/Row/properties/x"),
            json!({ "description": "x", "anyOf": [{ "type": "string" }, { "type": "integer" }] }),
        ),
        (
            "answer-enum",
            "HK_TRADE",
            format!("{SCHEMAS}/Status/properties/name/enum"),
            json!(["Success", "Fail"]),
        ),
        ("answer-open", "HK_TRADE", format!("{SCHEMAS}/Row/additionalProperties"), json!(true)),
        (
            "request-closed",
            "TRADEWIND",
            format!("{SCHEMAS}/WorldRegionsRequest/additionalProperties"),
            json!({}),
        ),
        ("required-property", "HK_TRADE", format!("{SCHEMAS}/Row/required/0"), json!("frequency")),
        (
            "nullable-list",
            "HK_TRADE",
            format!("{SCHEMAS}/TradeResponse/properties/dataSet/nullable"),
            json!(false),
        ),
        ("enum-value", "TRADEWIND", format!("{SCHEMAS}/Role/enum/0"), json!("ex-porter")),
        ("parameter", "HK_TRADE", "/components/parameters/tm/name".into(), Value::Null),
        ("enum-value", "HK_TRADE", format!("{SCHEMAS}/TradeType/enum/0"), json!(1)),
        ("description", "HK_TRADE", format!("{SCHEMAS}/Row/properties/unitEN/description"), Value::Null),
        ("description", "HK_TRADE", format!("{SCHEMAS}/Row/description"), json!("A row:\n\n    like this")),
        ("replacement", "HK_TRADE", format!("{SCHEMAS}/Region"), Value::Null),
        ("example-file", "HK_TRADE", format!("{GET}/x-exchanges/0"), json!("examples/hk-trade/missing.json")),
        (
            "example-file",
            "TRADEWIND",
            format!("{REGIONS}/responses/2XX/content/application~1json/examples/documented/externalValue"),
            json!("examples/tradewind/world_regions.documented.json#/answer"),
        ),
        (
            "example-file",
            "TRADEWIND",
            format!("{REGIONS}/requestBody/content/application~1json/examples/documented"),
            json!({ "value": {} }),
        ),
    ]
}

/// Puts a value at a pointer; `null` takes away what is there.
fn put(root: &mut Value, pointer: &str, value: Value) {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let key = key.replace("~1", "/").replace("~0", "~");
    match root.pointer_mut(parent).unwrap_or_else(|| panic!("{parent} is not there")) {
        Value::Object(object) if value.is_null() => {
            _ = object.remove(&key).unwrap_or_else(|| panic!("{pointer} is not there"))
        }
        Value::Object(object) => _ = object.insert(key, value),
        Value::Array(items) => items[key.parse::<usize>().unwrap()] = value,
        other => panic!("{parent} holds {other}"),
    }
}

#[test]
fn the_documents_themselves_have_no_finding() {
    assert_eq!(findings("HK_TRADE", &hk()), []);
    assert_eq!(findings("TRADEWIND", &tradewind()), []);
}

#[test]
fn each_rule_tells_a_broken_document() {
    let mut told = Vec::new();
    for (rule, service, pointer, value) in broken() {
        let mut root = if service == "HK_TRADE" { hk() } else { tradewind() };
        put(&mut root, &pointer, value);
        let found = findings(service, &root);
        assert!(found.iter().any(|finding| finding.rule == rule), "{pointer}: {found:?}");
        told.extend(
            found.iter().filter(|f| f.rule == rule).map(|f| format!("[{rule}] {}: {}", f.pointer, f.message)),
        );
    }
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn no_rule_is_without_a_broken_document() {
    let both = [include_str!("../build/lint.rs"), include_str!("../build/lint_schemas.rs")].concat();
    let text: String = both.split_whitespace().collect::<Vec<_>>().join(" ");
    let rules: BTreeSet<&str> =
        text.split("self.find(").skip(1).filter_map(|rest| rest.split('"').nth(1)).collect();
    assert!(rules.len() > 20, "{rules:?}");
    assert_eq!(rules, broken().iter().map(|(rule, ..)| *rule).collect());
}

#[test]
fn what_is_not_a_document_is_told_with_its_place() {
    let told = ["a: [1,\nb: 2", "a: 1\na: 2", "1: x", "a: 1\n---\nb: 2", "a: !!binary x", "", "a: *nowhere"]
        .map(|text| {
            format!("spec/x.yaml{}", document::parse(text).map_or_else(|e| e, |value| format!(": {value}")))
        });
    insta::assert_snapshot!(told.join("\n"), @"
    spec/x.yaml:2:1: not YAML: invalid indentation in flow construct
    spec/x.yaml:2:1: not YAML: duplicated key in mapping
    spec/x.yaml#: the key 1 is a number; put it in quotes
    spec/x.yaml: holds 2 YAML documents, expected one
    spec/x.yaml#/a: a value that JSON cannot hold
    spec/x.yaml: holds 0 YAML documents, expected one
    spec/x.yaml:1:4: not YAML: while parsing node, found unknown anchor
    ");
    let missing = document::read(Path::new("spec/missing.yaml")).unwrap_err();
    assert!(missing.starts_with("spec/missing.yaml: cannot be read"), "{missing}");
}

/// YAML 1.2: the code of Norway is a text, not false.
#[test]
fn no_is_norway() {
    assert_eq!(
        document::parse("[NO, on, y, 0o17, 1e3, ~, 'null']").unwrap(),
        json!(["NO", "on", "y", 15, 1000.0, null, "null"])
    );
}
