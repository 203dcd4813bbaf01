//! Values of answers that a service may extend: known ones named, others kept and sent back unchanged.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::wire::schema;
use crate::scalar;

/// A type whose values may stand in an [`Open`].
pub trait Known: Sized + fmt::Display {
    /// Whether the service writes the value as a JSON number in its answers.
    const NUMERIC: bool = false;

    /// The value whose canonical spelling is exactly `text`.
    fn exact(text: &str) -> Option<Self>;
}

/// A value of an answer: one that the documentation names, or any other text, kept as it came.
///
/// ```
/// use tradebind::domain::{Open, Statistic};
/// let known: Open<Statistic> = "VCm".parse().unwrap();
/// assert_eq!(known, Open::Known(Statistic::MonthlyValue));
/// let new: Open<Statistic> = "VCq".parse().unwrap();
/// assert_eq!((new.known(), new.to_string()), (None, "VCq".to_owned()));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Open<T> {
    /// A documented value.
    Known(T),
    /// Any other text. Never the canonical spelling of a documented value, when it was read.
    Other(String),
}

impl<T> Open<T> {
    /// The documented value, if it is one.
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Other(_) => None,
        }
    }
}

impl<T> From<T> for Open<T> {
    fn from(value: T) -> Self {
        Self::Known(value)
    }
}

impl<T: fmt::Display> fmt::Display for Open<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(value) => value.fmt(f),
            Self::Other(text) => f.pad(text),
        }
    }
}

impl<T: Known> FromStr for Open<T> {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(T::exact(text).map_or_else(|| Self::Other(text.to_owned()), Self::Known))
    }
}

impl<T: Known> Serialize for Open<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = self.to_string();
        match text.parse::<i64>() {
            // `007` is no number of ours: only what prints the same goes out as a number.
            Ok(number) if T::NUMERIC && number.to_string() == text => serializer.serialize_i64(number),
            _ => serializer.serialize_str(&text),
        }
    }
}

impl<'de, T: Known> Deserialize<'de> for Open<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        scalar::text(deserializer, |text| {
            T::exact(&text).map_or_else(|| Self::Other(text.into_owned()), Self::Known)
        })
    }
}

/// Whether a number's text is sure to be what the service wrote: JSON readers round longer fractions.
pub(super) fn is_exact(text: &str) -> bool {
    let integer = text.parse::<i64>().is_ok() || text.parse::<u64>().is_ok();
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    integer || (digits <= 15 && !text.contains(['e', 'E']))
}

#[cfg(feature = "schemars")]
impl<T: Known> schemars::JsonSchema for Open<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Open".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        if T::NUMERIC {
            schemars::json_schema!({ "type": "integer" })
        } else {
            schemars::json_schema!({ "type": "string" })
        }
    }
}

/// A code of an answer, such as that of a country or commodity: text as sent, leading zeros kept.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct OpenCode(String);

/// Reads a text or, should a service begin to send one, a number.
impl<'de> Deserialize<'de> for OpenCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        scalar::text(deserializer, |text| Self(text.into_owned()))
    }
}

impl OpenCode {
    /// The code as sent.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for OpenCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl FromStr for OpenCode {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.to_owned()))
    }
}

impl AsRef<str> for OpenCode {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

schema!(OpenCode, { "type": "string" });

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{StatusCode, TradeType};

    #[test]
    fn numbers_stay_numbers_and_unknown_values_come_back() {
        for wire in ["4", "9", "\"x\"", "\"007\""] {
            let read: Open<TradeType> = serde_json::from_str(wire).unwrap();
            assert_eq!(serde_json::to_string(&read).unwrap(), wire, "{read:?}");
        }
        let read: Open<StatusCode> = serde_json::from_str("\"0\"").unwrap();
        assert_eq!(read, Open::Known(StatusCode::Success), "a code sent as text is the same code");
    }

    #[test]
    fn a_known_value_in_another_case_is_kept_as_sent() {
        let read: Open<crate::domain::Statistic> = serde_json::from_str("\"VCM\"").unwrap();
        assert_eq!(read, Open::Other("VCM".into()));
    }

    #[test]
    fn other_kinds_are_refused_in_words() {
        let error = serde_json::from_str::<Open<TradeType>>("[4]").unwrap_err().to_string();
        assert!(error.contains("expected a text or a number, found a list"), "{error}");
    }
}
