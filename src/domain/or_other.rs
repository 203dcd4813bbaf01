use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

/// A part of an answer that should be a `T`, or whatever came in its place, kept as it came.
///
/// An answer that was billed must not be lost with its charge because one part of it is not as documented:
/// TradeWind is reported to put an error trace, as text, where its data belong.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum OrOther<T> {
    /// As documented.
    Expected(T),
    /// Anything else.
    Other(Value),
}

impl<T> OrOther<T> {
    /// The documented part, if that is what came.
    pub fn expected(self) -> Option<T> {
        match self {
            Self::Expected(value) => Some(value),
            Self::Other(_) => None,
        }
    }

    /// A reference to the documented part, if that is what came.
    pub fn as_expected(&self) -> Option<&T> {
        match self {
            Self::Expected(value) => Some(value),
            Self::Other(_) => None,
        }
    }
}

impl<T> From<T> for OrOther<T> {
    fn from(value: T) -> Self {
        Self::Expected(value)
    }
}

impl<T: Serialize> Serialize for OrOther<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Expected(value) => value.serialize(serializer),
            Self::Other(value) => value.serialize(serializer),
        }
    }
}

impl<'de, T: serde::de::DeserializeOwned> Deserialize<'de> for OrOther<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        Ok(T::deserialize(&value).map_or(Self::Other(value), Self::Expected))
    }
}
