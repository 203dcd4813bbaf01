//! The envelopes around TradeWind's answers.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value, json};

use crate::domain::Credits;
use crate::replica::seeded;

/// Message of the upstream in the documented answer.
const SUCCESS: &str = "Success:获取成功";
/// Letters of the id of a call.
const LETTERS: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// Items of a page unless asked for.
const ITEMS: u64 = 10;
/// The most items of a page (vendor, of an operation that is not named).
const MOST_ITEMS: u64 = 100;
/// Items that a made-up search has in all.
const FOUND: u64 = 25;

/// The id of a call, in the form of the documented one: `req_` and 12 letters and digits.
pub(super) fn request_id(seed: u64, call: u64) -> String {
    let mut rng = seeded::rng(seed, &[b"request_id", &call.to_le_bytes()]);
    let letters = (0..12).filter_map(|_| rng.choice(LETTERS).copied().map(char::from));
    format!("req_{}", letters.collect::<String>())
}

/// `meta` of an answer.
pub(super) fn meta(credits: Credits) -> Value {
    json!({ "billing": { "credits_charged": credits, "byok_used": false } })
}

/// The upstream's envelope of a customs answer.
pub(super) fn upstream(data: Value, now: SystemTime) -> Value {
    let seconds = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    json!({ "code": 1, "msg": SUCCESS, "time": seconds.to_string(), "data": data })
}

/// Makes a success of data in the shape of an envelope: what the shape alone cannot know. `None` for what is none.
pub(super) fn success(shape: &Value, request_id: &str, credits: Credits) -> Option<Map<String, Value>> {
    let mut envelope = shape.as_object().filter(|shape| is_envelope(shape))?.clone();
    envelope.insert("success".to_owned(), true.into());
    let known = [("request_id", Value::from(request_id)), ("meta", meta(credits)), ("error", Value::Null)];
    // An envelope of a document's own may lack them, and may be closed.
    for (name, value) in known {
        if let Some(member) = envelope.get_mut(name) {
            *member = value;
        }
    }
    Some(envelope)
}

fn is_envelope(shape: &Map<String, Value>) -> bool {
    shape.get("success").is_some_and(|success| success.is_boolean() || success.is_null())
        && shape.contains_key("data")
}

/// Data of the operations of which more is known than the document's schema tells, and what `meta` tells beside.
pub(super) fn known(id: &str, path: &str, sent: &Value, task: &str) -> Option<(Value, Option<Value>)> {
    let page = Page::of(sent);
    let searched = |has_more: bool| {
        let more = page.number.saturating_mul(page.size) < FOUND;
        let meta = json!({ "total_results": FOUND });
        let more = json!({ "total_results": FOUND, "has_more": more });
        if has_more { more } else { meta }
    };
    Some(match id {
        // Each as the vendor's client names it.
        "agentic_search" => (json!({ "task_id": task }), None),
        "company_search" => (json!({ "companies": page.items() }), Some(searched(false))),
        "people_search" => (json!({ "people": page.items() }), Some(searched(true))),
        // Rows of customs answers lie at data.data.list (documented).
        _ if path.starts_with("/api/customs/") => (json!({ "total": FOUND, "list": page.items() }), None),
        _ => return None,
    })
}

/// Which items are asked for.
struct Page {
    number: u64,
    size: u64,
}

impl Page {
    fn of(sent: &Value) -> Self {
        let count = |name: &str| sent.get(name).and_then(Value::as_u64).filter(|count| *count > 0);
        let size = count("per_page").or_else(|| count("limit")).unwrap_or(ITEMS).min(MOST_ITEMS);
        Self { number: count("page").unwrap_or(1), size }
    }

    /// The items of the page; past the last, none.
    fn items(&self) -> Vec<Value> {
        let first = self.number.saturating_sub(1).saturating_mul(self.size).min(FOUND);
        let last = first.saturating_add(self.size).min(FOUND);
        (first + 1..=last).map(|item| json!({ "id": item, "name": format!("made up {item}") })).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_end() {
        let items = |sent: Value| Page::of(&sent).items().len();
        assert_eq!(items(json!({})), 10);
        assert_eq!(items(json!({ "page": 3, "per_page": 10 })), 5);
        assert_eq!(items(json!({ "page": 4 })), 0);
        assert_eq!(items(json!({ "limit": 100 })), 25);
        assert_eq!(items(json!({ "limit": "x", "page": -1, "per_page": 0 })), 10);
        let far = json!({ "page": u64::MAX, "per_page": u64::MAX });
        assert_eq!(items(far.clone()), 0);
        assert_eq!(known("people_search", "", &far, "").unwrap().1.unwrap()["has_more"], false);
    }

    #[test]
    fn ids_look_like_the_documented_one() {
        let id = request_id(0, 1);
        assert_eq!((id.len(), &id[..4]), ("req_nQoYWnuIjKOv".len(), "req_"));
        assert_ne!(id, request_id(0, 2));
        assert_eq!(id, request_id(0, 1));
    }

    #[test]
    fn only_envelopes_are_made_a_success() {
        let credits = Credits::default();
        for none in [json!({}), json!([]), json!({ "success": "x", "data": 1 }), json!({ "success": true })] {
            assert_eq!(success(&none, "x", credits), None);
        }
        let small = success(&json!({ "success": false, "data": 1 }), "x", credits).unwrap();
        assert_eq!(Value::Object(small), json!({ "success": true, "data": 1 }));
    }
}
