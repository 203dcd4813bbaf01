//! The documented example of an answer.

use serde_json::Value;

use crate::documents::{Document, Placed};
use crate::exchange;
use crate::place::escape;

/// An example, and the HTTP status that it was recorded with.
pub(super) struct Example {
    pub(super) value: Value,
    pub(super) status: Option<u16>,
}

/// The example of a media type: its own, or the first of several that tells one.
pub(super) fn of(document: &Document, media: &Placed<'_>) -> Option<Example> {
    let plain = |value: &Value| Example { value: value.clone(), status: None };
    if let Some(value) = media.value.get("example") {
        return Some(plain(value));
    }
    let all = media.value.get("examples").and_then(Value::as_object);
    for (name, value) in all.into_iter().flatten() {
        let pointer = format!("{}/examples/{}", media.pointer, escape(name));
        let part = document.resolve(Placed { pointer, value });
        if let Some(value) = part.value.get("value") {
            return Some(plain(value));
        }
        // A file of somebody's own is not at hand: where no other example is, data are made, and marked as such.
        let address = part.value.get("externalValue").and_then(Value::as_str);
        if let Some(found) = address.and_then(recorded) {
            return Some(found);
        }
    }
    None
}

/// A part of a recorded exchange, by file and JSON pointer: `examples/…/….json#/response/body/json`.
fn recorded(address: &str) -> Option<Example> {
    let (file, pointer) = address.split_once('#')?;
    let all = exchange::documented().ok()?;
    let (_, recorded) = all.into_iter().find(|(name, _)| *name == file)?;
    let status = recorded.response.as_ref().map(|response| response.status);
    let value = serde_json::to_value(&recorded).ok()?.pointer(pointer)?.clone();
    Some(Example { value, status: status.filter(|_| pointer.starts_with("/response/")) })
}
