//! Payload checks from the outside: what is found, where, and what is told.

#![cfg(feature = "validate")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may")]

use serde_json::{Value, json};
use tradebind::exchange;
use tradebind::validate::{RULES, Report, Severity, Validator, report, rule};

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
