//! The documented example of an answer.

use serde_json::Value;

use crate::documents::Placed;
use crate::exchange;

/// An example, and the HTTP status that it was recorded with.
pub(super) struct Example {
    pub(super) value: Value,
    pub(super) status: Option<u16>,
}

/// The example of a media type: its own, or the first of several.
pub(super) fn of(media: &Placed<'_>) -> Option<Example> {
    let plain = |value: &Value| Example { value: value.clone(), status: None };
    if let Some(value) = media.value.get("example") {
        return Some(plain(value));
    }
    let all = media.value.get("examples").and_then(Value::as_object)?;
    all.values().find_map(|example| match example.get("value") {
        Some(value) => Some(plain(value)),
        None => recorded(example.get("externalValue")?.as_str()?),
    })
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
