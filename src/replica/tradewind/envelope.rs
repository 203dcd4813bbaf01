//! The envelopes around TradeWind's answers.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value, json};

use crate::domain::Credits;
use crate::replica::contract::Prepared;
use crate::replica::seeded;

/// Where an answer tells what it cost.
pub(super) const CHARGED: &str = "/meta/billing/credits_charged";
/// How the paths of the operations begin whose answers hold the upstream's envelope.
pub(super) const CUSTOMS: &str = "/api/customs/";

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

/// Makes a success of data in the shape of an envelope: what the shape alone cannot know, as far as the document lets
/// it be so. `more` is what `meta` tells beside the bill. `None` for what is no envelope.
pub(super) fn success(
    answer: &Prepared,
    request_id: &str,
    credits: Credits,
    more: &Map<String, Value>,
) -> Option<Value> {
    if !answer.value.get("success").is_some_and(|success| success.is_boolean() || success.is_null()) {
        return None;
    }
    let mut made = answer.value.clone();
    answer.set(&mut made, "/success", true.into());
    answer.set(&mut made, "/request_id", request_id.into());
    // What nobody knows of `meta` is left out, unless the document asks for it.
    let meta = meta(credits);
    let mut whole = meta.clone();
    whole.as_object_mut().into_iter().for_each(|whole| whole.extend(more.clone()));
    if !answer.set(&mut made, "/meta", whole) {
        for (at, value) in
            [("/meta/billing", &meta["billing"]), (CHARGED, &meta["billing"]["credits_charged"])]
        {
            answer.set(&mut made, at, value.clone());
        }
        for (name, value) in more {
            answer.set(&mut made, &format!("/meta/{name}"), value.clone());
        }
    }
    if !answer.set(&mut made, "/error", Value::Null) {
        answer.remove(&mut made, "error");
    }
    Some(made)
}

/// Data of the operations of which more is known than the document's schema tells, and what `meta` tells beside.
pub(super) fn known(id: &str, path: &str, sent: &Value, task: &str) -> Option<(Value, Map<String, Value>)> {
    let page = Page::of(sent);
    let searched = |has_more: bool| {
        let more = page.number.saturating_mul(page.size) < FOUND;
        let told = [("total_results", Some(FOUND.into())), ("has_more", has_more.then_some(more.into()))];
        told.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
    };
    Some(match id {
        // Each as the vendor's client names it.
        "agentic_search" => (json!({ "task_id": task }), Map::new()),
        "company_search" => (json!({ "companies": page.items() }), searched(false)),
        "people_search" => (json!({ "people": page.items() }), searched(true)),
        // Rows of customs answers lie at data.data.list (documented).
        _ if path.starts_with(CUSTOMS) => (json!({ "total": FOUND, "list": page.items() }), Map::new()),
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
        assert_eq!(known("people_search", "", &far, "").unwrap().1["has_more"], false);
    }

    #[test]
    fn ids_look_like_the_documented_one() {
        let id = request_id(0, 1);
        assert_eq!((id.len(), &id[..4]), ("req_nQoYWnuIjKOv".len(), "req_"));
        assert_ne!(id, request_id(0, 2));
        assert_eq!(id, request_id(0, 1));
    }
}
