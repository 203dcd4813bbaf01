//! What is asked for now otherwise than in a folder.

use std::collections::BTreeSet;

use serde_json::Value;

use super::plan::grouped;

/// What is asked for otherwise than in the folder.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Difference {
    /// What it is, such as `periods` or `commodities`.
    pub what: String,
    /// As in the folder; of a list, what only the folder's has.
    pub there: String,
    /// As asked for now; of a list, what is new.
    pub now: String,
}

/// How many items of a list are named.
const NAMED: usize = 5;

impl Difference {
    /// Between two values of a request, as JSON has them; none where they are the same.
    pub(super) fn of(what: &str, there: &Value, now: &Value) -> Vec<Self> {
        let told = |there: String, now: String| vec![Self { what: what.to_owned(), there, now }];
        match (there, now) {
            (there, now) if there == now => Vec::new(),
            // A class and its codes, countries and regions, the limits: each for itself.
            (Value::Object(there), Value::Object(now)) => {
                let names: BTreeSet<_> = there.keys().chain(now.keys()).collect();
                let each = |name: &String| {
                    let value =
                        |map: &serde_json::Map<String, Value>| map.get(name).cloned().unwrap_or_default();
                    let (there, now) = (value(there), value(now));
                    let path = if is_wrapper(name, &there) || is_wrapper(name, &now) {
                        what.to_owned()
                    } else {
                        format!("{what}, {}", name.replace('_', " "))
                    };
                    Self::of(&path, &there, &now)
                };
                names.into_iter().flat_map(each).collect()
            }
            (Value::Array(there), Value::Array(now)) => {
                let set = |list: &[Value]| list.iter().map(plain).collect::<BTreeSet<_>>();
                let (old, new) = (set(there), set(now));
                if old == new {
                    // The plan is the folder's, and so is the order of the rows.
                    return Vec::new();
                }
                let only = |one: &BTreeSet<String>, other: &BTreeSet<String>, kind: &str| {
                    let only: Vec<_> = one.difference(other).map(String::as_str).collect();
                    let more = only.len().saturating_sub(NAMED);
                    let named = only.into_iter().take(NAMED).collect::<Vec<_>>().join(", ");
                    match (named.is_empty(), more) {
                        (true, _) => format!("{} in all", grouped(one.len() as u64)),
                        (_, 0) => format!("{} in all, {kind} {named}", grouped(one.len() as u64)),
                        _ => format!(
                            "{} in all, {kind} {named} and {} more",
                            grouped(one.len() as u64),
                            grouped(more as u64)
                        ),
                    }
                };
                told(only(&old, &new, "among them"), only(&new, &old, "new"))
            }
            (there, now) => told(short(there), short(now)),
        }
    }
}

/// Whether a name only says which form of a value this is.
fn is_wrapper(name: &str, value: &Value) -> bool {
    matches!(name, "listed" | "codes") && value.is_object()
}

/// A value as people write it.
fn plain(value: &Value) -> String {
    match value {
        Value::Null => "none".to_owned(),
        Value::String(text) if text == "enduse" => "end-use categories".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The same; of what has many items, how many.
fn short(value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            let told = |(name, value): (&String, &Value)| match is_wrapper(name, value) {
                true => short(value),
                false => format!("{} {}", name.replace('_', " "), short(value)),
            };
            fields.iter().map(told).collect::<Vec<_>>().join(", ")
        }
        Value::Array(items) if items.is_empty() => "none".to_owned(),
        Value::Array(items) if items.len() > NAMED => format!("{} of them", grouped(items.len() as u64)),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(","),
        other => plain(other),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn differences_name_what_differs() {
        let codes = |from: u32, to: u32| -> Vec<_> { (from..to).map(|code| format!("{code:06}")).collect() };
        let there = json!({
            "trade_types": ["Imports"], "transport": false, "origin": null, "limits": {"rows": 100_000, "bytes": 9},
            "commodities": {"codes": {"class": "HKHS6", "codes": codes(0, 5_000)}}, "statistics": ["VCm", "QCm"],
        });
        let now = json!({
            "trade_types": ["Imports", "ReExports"], "transport": true, "origin": "all", "limits": {"rows": 10, "bytes": 9},
            "commodities": {"codes": {"class": "HKHS6", "codes": codes(1, 5_010)}}, "statistics": ["QCm", "VCm"],
        });
        let differences: Vec<_> = there
            .as_object()
            .into_iter()
            .flatten()
            .flat_map(|(name, there)| Difference::of(name, there, &now[name]))
            .collect();
        let folder = std::path::PathBuf::from("chips");
        let changed = super::super::HarvestError::Changed { folder, differences };
        insta::assert_snapshot!(changed.to_string());
        assert_eq!(Difference::of("request", &there, &there), []);
    }
}
