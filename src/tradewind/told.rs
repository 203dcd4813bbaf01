//! What TradeWind's envelopes tell: a failure, or that there are no data. `cargo xtask draft` has this file, too.

use serde_json::Value;

/// The one operation whose data may be a text: they carry a task id of unknown shape (vendor).
const TEXT_DATA: &str = "agentic_search";

/// Whether the service's own envelope tells a failure. An `error` that says nothing is none.
pub(crate) fn refused(success: Option<bool>, error: Option<&Value>) -> bool {
    success == Some(false) || error.is_some_and(says)
}

/// Whether an `error` says something.
pub(crate) fn says(error: &Value) -> bool {
    match error {
        Value::Null | Value::Bool(false) => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(members) => !members.is_empty(),
        Value::Bool(true) | Value::Number(_) => true,
    }
}

/// The upstream's code, where it tells a failure: 1 is success, anything else is none (documented).
pub(crate) fn failing_code(code: Option<&Value>) -> Option<String> {
    let code = code.filter(|code| !code.is_null())?;
    let code = scalar(code).unwrap_or_else(|| "of another kind".to_owned());
    (code != "1").then_some(code)
}

/// A text or a number as text.
pub(crate) fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// What stands where data should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Instead {
    /// Nothing, or null.
    Nothing,
    /// A text, such as an error trace (reported).
    Text,
}

/// What stands where an operation's data should be, where that is none.
pub(crate) fn instead(data: Option<&Value>, operation: &str) -> Option<Instead> {
    match data {
        None | Some(Value::Null) => Some(Instead::Nothing),
        Some(Value::String(_)) if operation != TEXT_DATA => Some(Instead::Text),
        Some(_) => None,
    }
}
