use std::fmt;
use std::str::FromStr;

use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::InvalidValue;
use super::number::{decimal, serialize_number};
use super::wire::schema;
use crate::scalar;

/// An amount of credits, exact: what a TradeWind call was charged.
///
/// The service sends it as a JSON number, of which at least 15 significant digits are kept. A negative amount
/// is read as it came: whether it makes sense is for a validator to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Credits(Decimal);

impl Credits {
    /// The amount.
    #[must_use]
    pub fn amount(self) -> Decimal {
        self.0
    }
}

impl From<Decimal> for Credits {
    fn from(amount: Decimal) -> Self {
        Self(amount)
    }
}

impl fmt::Display for Credits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Credits {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        decimal(text.trim()).map(Self).ok_or_else(|| {
            let problem = "must be a decimal number of at most 28 digits, such as 0.14";
            InvalidValue::new(
                "credits",
                text,
                problem,
                "TradeWind API documentation, meta.billing.credits_charged",
            )
        })
    }
}

impl Serialize for Credits {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize_number(&self.0.normalize().to_string(), serializer)
    }
}

impl<'de> Deserialize<'de> for Credits {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        scalar::text(deserializer, |text| text.parse())?.map_err(serde::de::Error::custom)
    }
}

schema!(Credits, { "type": "number" });

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_exact_and_add_up() {
        let charged: Credits = serde_json::from_str("0.14").unwrap();
        assert_eq!(charged.amount() * Decimal::from(3), Decimal::from_str_exact("0.42").unwrap());
        assert_eq!(serde_json::to_string(&charged).unwrap(), "0.14");
        assert_eq!(serde_json::from_str::<Credits>("\"0.140\"").unwrap(), charged);
        let long: Credits = "12345678901234567890.123".parse().unwrap();
        assert_eq!(serde_json::to_string(&long).unwrap(), "\"12345678901234567890.123\"", "never rounded");
    }

    #[test]
    fn what_is_no_amount_is_told() {
        insta::assert_snapshot!("free".parse::<Credits>().unwrap_err(), @r#"credits "free": must be a decimal number of at most 28 digits, such as 0.14 (TradeWind API documentation, meta.billing.credits_charged)"#);
    }
}
