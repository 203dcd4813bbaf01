//! Every recorded exchange under `spec/examples`: decoded, encoded again, and compared; each file fits the
//! schema of exchanges, and each is named by its operation in the document.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tradebind::RequestBody;
use tradebind::exchange::{Exchange, differences, documented};
use tradebind::hk::{self, Query};
use tradebind::tradewind;

include!(concat!(env!("OUT_DIR"), "/by_operation.rs"));

/// Decodes, encodes, and tells every place that changed.
fn round_trip<T: DeserializeOwned + Serialize>(what: &str, json: &Value) {
    let text = json.to_string();
    let mut reader = serde_json::Deserializer::from_str(&text);
    let typed: T = serde_path_to_error::deserialize(&mut reader)
        .unwrap_or_else(|e| panic!("{what}: at {}: {e}", e.path()));
    let again = serde_json::to_value(&typed).unwrap();
    let changed: Vec<_> = differences(json, &again).iter().map(ToString::to_string).collect();
    assert!(changed.is_empty(), "{what}:\n{}", changed.join("\n"));
}

/// A request that comes back as it was, and that goes out with every field that the recorded one has.
fn sent_again<T: DeserializeOwned + Serialize + RequestBody>(name: &str, body: &Value) {
    round_trip::<T>(name, body);
    let read: T = tradewind::read_request(&body.to_string()).unwrap();
    assert_eq!(serde_json::to_value(read).unwrap(), *body, "{name}: the fields that are sent");
}

#[test]
fn every_answer_comes_back_unchanged() {
    let mut answers = 0;
    for (name, exchange) in documented().unwrap() {
        let Some(body) = exchange.response.as_ref().and_then(|response| response.body.as_ref()) else {
            continue;
        };
        let json = body.json().unwrap_or_else(|| panic!("{name}: the answer is not JSON"));
        by_answer!(exchange.operation.as_str(), round_trip(name, json));
        answers += 1;
    }
    assert!(answers >= 2, "the guide's answer and world regions'");
}

#[test]
fn every_request_comes_back_unchanged() {
    for (name, exchange) in documented().unwrap() {
        match exchange.operation.as_str() {
            "get_trade" => {
                let query: Query = exchange.request.target.parse().unwrap_or_else(|e| panic!("{name}: {e}"));
                assert_eq!(
                    query.to_string().to_lowercase(),
                    exchange.request.target.to_lowercase(),
                    "{name}"
                );
            }
            other => {
                // What has no body is told by its path alone.
                if let Some(body) = exchange.request.body.as_ref() {
                    by_request!(other, sent_again(name, body.json().expect("a JSON body")));
                }
            }
        }
    }
}

#[test]
fn every_exchange_writes_as_its_file() {
    for (name, exchange) in documented().unwrap() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("spec").join(name);
        let text = std::fs::read_to_string(path).unwrap();
        let (before, after): (Value, Value) =
            (serde_json::from_str(&text).unwrap(), serde_json::from_str(&exchange.to_string()).unwrap());
        assert_eq!(before, after, "{name}");
        assert_eq!(text.parse::<Exchange>().unwrap(), exchange);
    }
}

#[test]
fn every_exchange_fits_its_schema() {
    let schema: Value = serde_json::from_str(include_str!("../../spec/exchange.schema.json")).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for (name, exchange) in documented().unwrap() {
        let json = serde_json::to_value(&exchange).unwrap();
        let faults: Vec<_> =
            validator.iter_errors(&json).map(|e| format!("{}: {e}", e.instance_path())).collect();
        assert!(faults.is_empty(), "{name}: {faults:?}");
    }
}

#[test]
fn every_exchange_names_an_operation_of_its_document() {
    let known = |id: &str, method: &str, path: &str| {
        let mut all = hk::api::OPERATIONS.iter().chain(tradewind::api::OPERATIONS);
        all.any(|operation| operation.id == id && operation.method == method && operation.path == path)
    };
    for (name, exchange) in documented().unwrap() {
        let path = exchange.request.target.split('?').next().unwrap_or_default();
        assert!(known(&exchange.operation, &exchange.request.method, path), "{name}");
    }
}

/// What answers of the live service hold beyond the guide (observed) decodes and comes back.
#[test]
fn observed_variations_come_back_unchanged() {
    for (what, json) in [
        (
            "a refusal with a list of messages",
            r#"{"header":{"status":{"name":"Fail","code":1,"description":"Validation error","apiHelp":"x","message":["Period code (202606) is not defined"]}}}"#,
        ),
        (
            "a refusal with one message",
            r#"{"header":{"status":{"code":1,"message":"No record found"}},"dataSet":null}"#,
        ),
        ("an unknown status", r#"{"header":{"status":{"code":9,"name":"New"}},"news":{"a":[1,null]}}"#),
        (
            "a commodity row in simplified Chinese",
            r#"{"header":{"status":{"code":0},"count":{"noOfRecords":1}},"dataSet":[{"freq":"A","period":"2025","ttype":1,"ttypeDescSC":"进口","codeclass":"HKHS4","code":"0101","co":392,"codeDescSC":"马","sv":"QCy","svDescSC":"货量","figure":"12","cellfootnoteSC":"a"}]}"#,
        ),
        (
            "marks instead of figures, new values, undeclared fields",
            r#"{"header":{"status":{"code":0}},"dataSet":[{"freq":"Q","period":"2025Q1","ttype":7,"sv":"VCq","figure":"..","coRegion":"EU","coRegionDescXX":"E.U."},{"freq":"M","period":"202501","ttype":1,"sv":"VCm","figure":"-"},{"freq":"M","period":"202501","ttype":1,"sv":"VCm","figure":""},{"freq":"M","period":"202501","ttype":1,"sv":"VCm","figure":"1,234"}]}"#,
        ),
        (
            "a figure that is null, one that is absent",
            r#"{"header":{"status":{"code":0}},"dataSet":[{"freq":"M","period":"202501","ttype":1,"sv":"VCm","figure":null},{"freq":"M","period":"202501","ttype":1,"sv":"VCm"}]}"#,
        ),
    ] {
        round_trip::<hk::api::types::TradeResponse>(what, &serde_json::from_str(json).unwrap());
    }
}

/// A billed answer is read with its charge, whatever stands where its data belong.
#[test]
fn a_billed_answer_keeps_its_charge() {
    type Envelope = tradewind::api::types::WorldRegionsEnvelope;
    for data in [
        r#""PHP Fatal error: x""#,
        r#"{"code":0,"msg":"no"}"#,
        r#"{"code":"1","time":1776239021}"#,
        "[]",
        r#"{"code":1,"data":{"list":[{"tradeCount":"x"}]}}"#,
    ] {
        let json = format!(
            r#"{{"success":true,"request_id":"r","data":{data},"meta":{{"billing":{{"credits_charged":0.14}}}}}}"#
        );
        round_trip::<Envelope>(data, &serde_json::from_str(&json).unwrap());
        let answer: Envelope = serde_json::from_str(&json).unwrap();
        let charged = answer.meta.unwrap().billing.unwrap().credits_charged.unwrap();
        assert_eq!((charged.to_string().as_str(), answer.request_id.as_deref()), ("0.14", Some("r")));
    }
}

/// The document names every recorded exchange.
#[test]
fn every_exchange_is_named_in_its_document() {
    for (name, exchange) in documented().unwrap() {
        let path =
            std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("spec/{}.yaml", exchange.service));
        let document = std::fs::read_to_string(path).unwrap();
        assert!(
            document.lines().any(|line| line.trim() == format!("- {name}")),
            "{name} stands in no x-exchanges"
        );
    }
}

#[test]
fn unknown_fields_are_kept_and_can_be_counted() {
    let json = r#"{"header":{"status":{"code":0}},"dataSet":[{"freq":"M","period":"202501","ttype":1,"sv":"VCm","new":1,"newer":"x"}]}"#;
    let answer: hk::api::types::TradeResponse = serde_json::from_str(json).unwrap();
    let row = &answer.data_set.unwrap()[0];
    assert_eq!(row.extra.keys().collect::<Vec<_>>(), ["new", "newer"]);
}
