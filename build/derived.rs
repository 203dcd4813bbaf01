//! Hand-written types that follow from the shape of a component, so that a new operation needs no entry in the settings.

use serde_json::Value;

use crate::lint::component;

/// The component that a choice is about, where it is one of a component or a text: what a billed answer holds in `data`, where
/// an error trace may stand in its place. `None` for anything else.
pub fn or_text(schema: &Value) -> Option<&str> {
    match schema.get("anyOf")?.as_array()?.as_slice() {
        [expected, other] if *other == serde_json::json!({ "type": "string" }) => component(expected),
        _ => None,
    }
}

/// Every component that is such a choice, and the type that replaces it, with the generated types in `types`.
pub fn replacements(root: &Value, types: &str) -> Vec<(String, String)> {
    let schemas = root.pointer("/components/schemas").and_then(Value::as_object);
    let choices = schemas.into_iter().flatten().filter_map(|(name, schema)| {
        or_text(schema).map(|expected| (name.clone(), format!("crate::domain::OrOther<{types}::{expected}>")))
    });
    choices.collect()
}
