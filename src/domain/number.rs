use std::fmt;
use std::str::FromStr;

use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::InvalidValue;
use super::wire::schema;
use crate::scalar;

/// A number of an answer, kept as decimal text: exact to 15 significant digits, which is what a JSON number
/// is sure to carry.
///
/// Should a service send a text instead, it is kept as such.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct OpenNumber(String);

impl OpenNumber {
    /// The number as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The number as an exact decimal.
    ///
    /// # Errors
    /// A text that is no number, or one of more than 28 digits.
    pub fn decimal(&self) -> Result<Decimal, InvalidValue> {
        decimal(&self.0).ok_or_else(|| {
            InvalidValue::new("number", &self.0, "is not a decimal number of at most 28 digits", "JSON")
        })
    }
}

pub(super) fn decimal(text: &str) -> Option<Decimal> {
    let scientific = text.contains(['e', 'E']);
    if scientific { Decimal::from_scientific(text).ok() } else { Decimal::from_str_exact(text).ok() }
}

/// Sends a text that a JSON number carries unchanged as that number, any other as text: nothing is rounded.
pub(super) fn serialize_number<S: Serializer>(text: &str, serializer: S) -> Result<S::Ok, S::Error> {
    match serde_json::from_str::<serde_json::Number>(text) {
        Ok(number) if number.to_string() == text => number.serialize(serializer),
        _ => serializer.serialize_str(text),
    }
}

impl fmt::Display for OpenNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl FromStr for OpenNumber {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.to_owned()))
    }
}

impl Serialize for OpenNumber {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize_number(&self.0, serializer)
    }
}

impl<'de> Deserialize<'de> for OpenNumber {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        scalar::text(deserializer, |text| Self(text.into_owned()))
    }
}

schema!(OpenNumber, { "type": "number" });

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fifteen_digits_come_back_as_sent() {
        for wire in [
            "0.3437587",
            "53.09",
            "169",
            "0",
            "-1.5",
            "123456789.012345",
            "99999999999999.9",
            "\"n.a.\"",
            "\"53.10\"",
            "\"12345678901234567890123\"",
        ] {
            let number: OpenNumber = serde_json::from_str(wire).unwrap();
            assert_eq!(serde_json::to_string(&number).unwrap(), wire);
        }
        assert_eq!(
            serde_json::from_str::<OpenNumber>("1e-7").unwrap().decimal().unwrap().to_string(),
            "0.0000001"
        );
    }
}
