//! Whatever is done to a payload, the quick path finds it clean where, and only where, the diagnosing path tells nothing.

use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};

use super::diagnose::{Faults, diagnose};
use super::judge::{Context, Judge};
use super::quick::is_clean;
use super::schema::Schemas;
use crate::documents::{Part, document};
use crate::exchange::{self, ServiceName};

/// Payloads to begin with, and what they are.
fn bases() -> Vec<(Value, ServiceName, &'static str, Part)> {
    let mut bases = Vec::new();
    for (_, recorded) in exchange::documented().unwrap() {
        let id = if recorded.service == ServiceName::HkTrade { "get_trade" } else { "world_regions" };
        let bodies = [
            (recorded.request.body, Part::Request),
            (recorded.response.and_then(|response| response.body), Part::Response),
        ];
        for (body, part) in bodies {
            if let Some(body) = body {
                bases.push((body.json().unwrap().clone(), recorded.service, id, part));
            }
        }
    }
    let row = |kind: u8, area: &str, figure: &str| {
        json!({ "freq": "A", "period": "2020", "ttype": kind, "cc": area, "sv": "QCy", "codeclass": "HKHS2", "code": "01",
            "unitEN": "KILOGRAM", "figure": figure })
    };
    let rows = [row(2, "CN", "5"), row(3, "CN", "6"), row(4, "CN", "11"), row(4, "NO", "-")];
    let answer =
        json!({ "header": { "status": { "code": 0 }, "count": { "noOfRecords": 4 } }, "dataSet": rows });
    bases.push((answer, ServiceName::HkTrade, "get_trade", Part::Response));
    let people = json!({ "page": 1, "company": { "names": ["ü", "\n"] }, "job": { "departments": ["it"] }, "person": { "a": [1, {}] } });
    bases.push((people, ServiceName::Tradewind, "people_search", Part::Request));
    let envelope = json!({ "success": true, "data": { "code": 1, "x": [null, 1.5] }, "meta": { "billing": { "credits_charged": 0.5 } } });
    bases.push((envelope, ServiceName::Tradewind, "market_trend", Part::Response));
    bases.push((
        json!({ "limit": 10, "per_page": 10, "x": 1 }),
        ServiceName::Tradewind,
        "market_trend",
        Part::Request,
    ));
    bases
}

fn verdicts(text: &[u8], service: ServiceName, id: &str, part: Part) -> (bool, Faults) {
    let document = document(service);
    let operation = document.operation(id).unwrap();
    let (_, schema) =
        if part == Part::Request { operation.request_schema() } else { operation.success_schema() }.unwrap();
    let mut schemas = Schemas::of(document);
    let node = schemas.compile(schema);
    let path = operation.path().to_owned();
    let context = Context { service, operation: id.to_owned(), part, path, query: None };
    let clean = is_clean(&schemas, node, &mut Judge::new(context.clone()), text, true).unwrap();
    let mut judge = Judge::new(context);
    let faults = diagnose(&schemas, node, &mut judge, true, 100, |walk| {
        walk(&mut &*text);
        Ok::<_, std::convert::Infallible>(())
    });
    let Ok(faults) = faults;
    (clean, faults)
}

/// Something to be done to a payload.
#[derive(Debug, Clone)]
enum Change {
    Replace(Index, Value),
    Remove(Index),
    Rename(Index, &'static str),
    Twice(Index),
    Byte(Index, u8),
    Cut(Index, Index),
    /// A doubled member, which a value in memory cannot have.
    DoubleKey(Index),
}

fn value() -> impl Strategy<Value = Value> {
    let fixed = prop_oneof![
        Just(json!(null)),
        Just(json!(true)),
        Just(json!(false)),
        Just(json!(0)),
        Just(json!(1)),
        Just(json!(4)),
        Just(json!(-3)),
        Just(json!(1.0)),
        Just(json!(2.5)),
        Just(json!(u64::MAX)),
        Just(json!(1e300)),
        Just(json!("")),
        Just(json!("..")),
        Just(json!("VCm")),
        Just(json!("M")),
        Just(json!("201805")),
        Just(json!("2020")),
        Just(json!("CN")),
        Just(json!("HK$ '000")),
        Just(json!("n.a.")),
        Just(json!([])),
        Just(json!(["x"])),
        Just(json!({})),
        Just(json!({ "code": 2 })),
        Just(json!("2024-02-30")),
        Just(json!("中\u{1f600}\"\\")),
    ];
    prop_oneof![4 => fixed, 1 => any::<i64>().prop_map(|n| json!(n)), 1 => ".{0,8}".prop_map(|s| json!(s))]
}

fn change() -> impl Strategy<Value = Change> {
    let name = prop_oneof![
        Just("co"),
        Just("figure"),
        Just("neu"),
        Just("code"),
        Just("data"),
        Just("success"),
        Just("domains")
    ];
    prop_oneof![
        4 => (any::<Index>(), value()).prop_map(|(at, value)| Change::Replace(at, value)),
        2 => any::<Index>().prop_map(Change::Remove),
        2 => (any::<Index>(), name).prop_map(|(at, name)| Change::Rename(at, name)),
        1 => any::<Index>().prop_map(Change::Twice),
        1 => (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Change::Byte(at, byte)),
        1 => (any::<Index>(), any::<Index>()).prop_map(|(from, to)| Change::Cut(from, to)),
        1 => any::<Index>().prop_map(Change::DoubleKey),
    ]
}

/// Every place in a value.
fn places(value: &Value, at: &str, into: &mut Vec<String>) {
    into.push(at.to_owned());
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                places(member, &format!("{at}/{}", crate::place::escape(name)), into);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                places(item, &format!("{at}/{index}"), into);
            }
        }
        _ => {}
    }
}

fn apply(mut body: Value, changes: &[Change]) -> Vec<u8> {
    for change in changes {
        let mut all = Vec::new();
        places(&body, "", &mut all);
        let (Change::Replace(at, _) | Change::Remove(at) | Change::Rename(at, _) | Change::Twice(at)) =
            change
        else {
            continue;
        };
        let place = at.get(&all).clone();
        if place.is_empty() && !matches!(change, Change::Replace(..)) {
            continue;
        }
        let (parent, last) = place.rsplit_once('/').unwrap_or_default();
        match (change, body.pointer_mut(parent)) {
            (Change::Replace(_, value), _) => *body.pointer_mut(&place).unwrap() = value.clone(),
            (Change::Remove(_), Some(Value::Object(members))) => _ = members.remove(last),
            (Change::Remove(_), Some(Value::Array(items))) => _ = items.remove(last.parse().unwrap()),
            (Change::Rename(_, name), Some(Value::Object(members))) => {
                if let Some(value) = members.remove(last) {
                    members.insert((*name).to_owned(), value);
                }
            }
            (Change::Twice(_), Some(Value::Array(items))) => {
                let item = items[last.parse::<usize>().unwrap()].clone();
                items.push(item);
            }
            _ => {}
        }
    }
    let mut text = body.to_string().into_bytes();
    for change in changes {
        match change {
            Change::Byte(at, byte) if !text.is_empty() => {
                let at = at.index(text.len());
                text[at] = *byte;
            }
            Change::Cut(from, to) if !text.is_empty() => {
                let (from, to) = (from.index(text.len()), to.index(text.len()));
                text.drain(from.min(to)..from.max(to).min(from.min(to) + 9));
            }
            Change::DoubleKey(at) => {
                let keys: Vec<_> = (0..text.len()).filter(|at| text[*at..].starts_with(b",\"")).collect();
                if !keys.is_empty() {
                    let from = *at.get(&keys);
                    let to = keys.iter().copied().find(|to| *to > from).unwrap_or(text.len());
                    let member = text[from..to].to_vec();
                    text.splice(from..from, member);
                }
            }
            _ => {}
        }
    }
    text
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, ..ProptestConfig::default() })]

    #[test]
    fn both_paths_come_to_one_verdict(base in any::<Index>(), changes in prop::collection::vec(change(), 0..4)) {
        let bases = bases();
        let (body, service, id, part) = base.get(&bases).clone();
        let text = apply(body, &changes);
        let (clean, faults) = verdicts(&text, service, id, part);
        prop_assert_eq!(clean, faults.list.is_empty(), "{}\n{:?}", String::from_utf8_lossy(&text), faults.list);
    }
}

#[test]
fn the_payloads_to_begin_with_are_clean() {
    for (body, service, id, part) in bases() {
        let (clean, faults) = verdicts(body.to_string().as_bytes(), service, id, part);
        assert!(clean && faults.list.is_empty(), "{body} {:?}", faults.list);
    }
}
