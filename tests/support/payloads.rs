//! Payloads in the shape of the documented ones. Figures and names are made up.

#![allow(dead_code, reason = "not every test needs all of it")]

use serde_json::{Value, json};
use tradebind::exchange;

/// Rows by country, month and trade type, all different.
pub fn hk_rows(count: usize) -> Vec<Value> {
    let letter = |n: usize| char::from(b'A' + u8::try_from(n % 26).unwrap());
    let row = |n: usize| {
        let (month, area) = (n / 676, n % 676);
        json!({
            "freq": "M",
            "period": format!("{}{:02}", 2012 + month / 12, month % 12 + 1),
            "ttype": 1,
            "ttypeDescEN": "Imports",
            "cc": format!("{}{}", letter(area / 26), letter(area)),
            "ccDescEN": "A PLACE",
            "codeclass": "HKHS4",
            "code": "1006",
            "codeDescEN": "RICE",
            "sv": "VCm",
            "svDescEN": "Value (Monthly)",
            "unitEN": "HK$ '000",
            "figure": (1000 + n * 7919 % 900_000).to_string(),
        })
    };
    (0..count).map(row).collect()
}

/// A successful answer with these rows.
pub fn hk_answer(rows: Vec<Value>) -> Value {
    json!({
        "header": {
            "status": { "name": "Success", "code": 0, "description": "Query success" },
            "count": { "noOfRecords": rows.len(), "durationSeconds": 0.25 },
            "title": "Imports",
            "tablenote": ["A note."],
        },
        "dataSet": rows,
    })
}

/// The documented answer of world regions.
pub fn regions() -> Value {
    let all = exchange::documented().unwrap();
    let (_, recorded) = all.into_iter().find(|(name, _)| name.contains("world_regions.documented")).unwrap();
    recorded.response.unwrap().body.unwrap().json().unwrap().clone()
}

/// Indented, as people keep payloads.
pub fn pretty(body: &Value) -> String {
    serde_json::to_string_pretty(body).unwrap()
}
