use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::wire::schema;

/// Why a query failed: a list of texts or, in some accounts, one text. Kept in the form it came.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(untagged, expecting = "expected a list of texts, or one text")]
#[non_exhaustive]
pub enum Messages {
    /// A list, as observed.
    Several(Vec<String>),
    /// One text, as reported.
    One(String),
}

impl Messages {
    /// Every message, in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        let texts = match self {
            Self::Several(texts) => texts.as_slice(),
            Self::One(text) => std::slice::from_ref(text),
        };
        texts.iter().map(String::as_str)
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
        assert_eq!(
            serde_json::from_str::<Messages>("7").unwrap_err().to_string(),
            "expected a list of texts, or one text"
        );
    }
}
