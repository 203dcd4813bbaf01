//! The hand-written types against the components they replace, and the parameters against their wire form.

use std::collections::BTreeSet;
use std::path::Path;

use crate::document;
use serde_json::{Value, json};
use tradebind::domain::*;

fn read(name: &str) -> Value {
    document::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("spec").join(name)).unwrap()
}

/// The part of a schema that says which values are valid; `nullable` is the field's, not the type's.
fn bare(schema: &Value) -> Value {
    match schema {
        Value::Object(object) => {
            if let Some(target) = object.get("$ref").and_then(Value::as_str) {
                return json!({ "$ref": target.rsplit('/').next() });
            }
            let notes = [
                "description",
                "example",
                "default",
                "nullable",
                "$schema",
                "title",
                "$defs",
                "x-enum-varnames",
            ];
            object
                .iter()
                .filter(|(key, _)| !notes.contains(&key.as_str()))
                .map(|(k, v)| (k.clone(), bare(v)))
                .collect()
        }
        Value::Array(items) => items.iter().map(bare).collect(),
        other => other.clone(),
    }
}

fn ours<T: schemars::JsonSchema>() -> Value {
    bare(schemars::schema_for!(T).as_value())
}

/// Name of each replaced component of a document, and the schema of the type that stands for it.
fn hk_types() -> Vec<(&'static str, Value)> {
    vec![
        ("Language", ours::<Language>()),
        ("Statistic", ours::<Statistic>()),
        ("StatisticList", ours::<StatisticList>()),
        ("Frequency", ours::<Frequency>()),
        ("Period", ours::<Period>()),
        ("PeriodPair", ours::<PeriodPair>()),
        ("TradeType", ours::<TradeType>()),
        ("TransportChoice", ours::<TransportChoice>()),
        ("AreaClass", ours::<AreaClass>()),
        ("AreaCode", ours::<AreaCode>()),
        ("Region", ours::<Region>()),
        ("AreaList", ours::<AreaList>()),
        ("CommodityClass", ours::<CommodityClass>()),
        ("CommodityCode", ours::<CommodityCode>()),
        ("CodeList", ours::<CodeList>()),
        ("Figure", ours::<Figure>()),
        ("Messages", ours::<Messages>()),
        ("OpenStatusCode", ours::<Open<StatusCode>>()),
        ("OpenNumber", ours::<OpenNumber>()),
        ("OpenFrequency", ours::<Open<Frequency>>()),
        ("OpenPeriod", ours::<Open<Period>>()),
        ("OpenTradeType", ours::<Open<TradeType>>()),
        ("OpenCommodityClass", ours::<Open<CommodityClass>>()),
        ("OpenStatistic", ours::<Open<Statistic>>()),
        ("OpenCode", ours::<OpenCode>()),
    ]
}

fn tradewind_types() -> Vec<(&'static str, Value)> {
    vec![
        ("Credits", ours::<Credits>()),
        ("DateText", ours::<DateText>()),
        ("DecimalText", ours::<Figure>()),
        ("OpenNumber", ours::<OpenNumber>()),
        ("UnknownJson", json!({})),
    ]
}

#[test]
fn each_type_has_the_schema_of_its_component() {
    for (file, types) in [("hk-trade.yaml", hk_types()), ("tradewind.yaml", tradewind_types())] {
        let document = read(file);
        for (name, ours) in types {
            let component = &document["components"]["schemas"][name];
            assert_eq!(
                bare(component),
                ours,
                "{file}#/components/schemas/{name}, left, against the type, right"
            );
        }
    }
}

/// A component's default is read at run time; one that cannot be read would panic there.
#[test]
fn defaults_of_replaced_components_read() {
    let document = read("tradewind.yaml");
    let schemas = document["components"]["schemas"].as_object().unwrap();
    let defaults = schemas
        .iter()
        .filter(|(name, _)| crate::support::replaced::replaced("TRADEWIND").contains(&name.as_str()));
    let defaults: Vec<_> =
        defaults.filter_map(|(name, schema)| Some((name.as_str(), schema.get("default")?))).collect();
    assert_eq!(defaults, [("DateText", &json!(""))]);
    assert_eq!(serde_json::from_value::<DateText>(defaults[0].1.clone()).unwrap(), DateText::UNUSED);
}

/// The lists above hold what `build/generate.rs` replaces: nothing is left unchecked.
#[test]
fn every_replacement_is_checked() {
    for (service, types) in [("HK_TRADE", hk_types()), ("TRADEWIND", tradewind_types())] {
        let checked: BTreeSet<&str> = types.iter().map(|(name, _)| *name).collect();
        assert_eq!(crate::support::replaced::replaced(service).into_iter().collect::<BTreeSet<_>>(), checked);
    }
}

/// `style: form` and `explode: false` in the document; one text with commas on the wire.
#[test]
fn lists_go_out_as_the_document_says() {
    let document = read("hk-trade.yaml");
    let parameters = document["components"]["parameters"].as_object().unwrap();
    let mut lists = Vec::new();
    for (name, parameter) in parameters {
        let component = parameter["schema"]["$ref"].as_str().unwrap().rsplit('/').next().unwrap();
        if document["components"]["schemas"][component]["type"] != "array" {
            assert!(parameter.get("explode").is_none(), "{name} is no list");
            continue;
        }
        assert_eq!((&parameter["style"], &parameter["explode"]), (&json!("form"), &json!(false)), "{name}");
        lists.push((name.as_str(), component));
    }
    lists.sort_unstable();
    let expected = [
        ("cc", "AreaList"),
        ("co", "AreaList"),
        ("code", "CodeList"),
        ("period", "PeriodPair"),
        ("sv", "StatisticList"),
    ];
    assert_eq!(lists, expected);

    let wire = |value: Value| value.as_str().map(str::to_owned).expect("one text");
    let statistics: StatisticList = "VCm,QCm".parse().unwrap();
    let areas: AreaList = "CN,US".parse().unwrap();
    let codes: CodeList = "0101,0102".parse().unwrap();
    let periods: PeriodPair = "2018-05..2018-06".parse().unwrap();
    assert_eq!(wire(serde_json::to_value(&statistics).unwrap()), "VCm,QCm");
    assert_eq!(wire(serde_json::to_value(&areas).unwrap()), "CN,US");
    assert_eq!(wire(serde_json::to_value(&codes).unwrap()), "0101,0102");
    assert_eq!(wire(serde_json::to_value(periods).unwrap()), "201805,201806");
}

/// What users of the service must not meet at run time is in the guide: the caps.
#[test]
fn bounds_are_the_document_s() {
    let document = read("hk-trade.yaml");
    let bound = |name: &str| document["components"]["schemas"][name]["maxItems"].as_u64().unwrap();
    assert_eq!(bound("AreaList"), AreaList::MAX as u64);
    assert_eq!(bound("CodeList"), CodeList::MAX as u64);
    assert_eq!(bound("StatisticList"), StatisticList::MAX as u64);
}

/// The table of regions and the type of regions hold the same codes.
#[test]
fn regions_are_those_of_the_code_table() {
    let table: BTreeSet<_> = tradebind::codes::areas()
        .iter()
        .filter(|area| area.kind == tradebind::codes::AreaKind::Region)
        .map(|area| area.code)
        .collect();
    assert_eq!(Region::VALUES.iter().map(|region| region.as_str()).collect::<BTreeSet<_>>(), table);
}
