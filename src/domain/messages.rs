use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::wire::schema;

/// Why a query failed: a list of texts or, in some accounts, one text. Kept in the form it came. What stands there beside
/// the codes 2, 3 and 4 is unknown, so that no form is refused.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum Messages {
    /// A list, as observed.
    Several(Vec<String>),
    /// One text, as reported.
    One(String),
    /// Anything else; its texts count as messages.
    Other(Value),
}

impl Messages {
    /// Every message, in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        let (texts, other) = match self {
            Self::Several(texts) => (texts.as_slice(), Vec::new()),
            Self::One(text) => (std::slice::from_ref(text), Vec::new()),
            Self::Other(value) => (Default::default(), texts(value)),
        };
        texts.iter().map(String::as_str).chain(other)
    }
}

/// Every text in a value, in order.
fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        Value::Object(members) => members.values().flat_map(texts).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) => Vec::new(),
    }
}

/// The messages, one a line.
impl fmt::Display for Messages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.iter().collect::<Vec<_>>().join("\n"))
    }
}

/// One text; a list only comes from JSON.
impl FromStr for Messages {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self::One(text.to_owned()))
    }
}

schema!(Messages, { "oneOf": [{ "type": "array", "items": { "type": "string" } }, { "type": "string" }] });

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_come_back_as_sent() {
        for wire in [r#"["a","b"]"#, r#""a""#, "[]"] {
            let messages: Messages = serde_json::from_str(wire).unwrap();
            assert_eq!(serde_json::to_string(&messages).unwrap(), wire);
        }
    }

    #[test]
    fn any_other_form_is_kept_with_its_texts() {
        for (wire, texts) in [
            ("7", vec![]),
            (r#"["busy",null]"#, vec!["busy"]),
            (r#"{"en":"busy","tc":["忙"]}"#, vec!["busy", "忙"]),
        ] {
            let messages: Messages = serde_json::from_str(wire).unwrap();
            assert_eq!(messages.iter().collect::<Vec<_>>(), texts, "{wire}");
            assert_eq!(serde_json::to_string(&messages).unwrap(), wire);
        }
    }
}
