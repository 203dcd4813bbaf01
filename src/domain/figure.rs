use std::fmt;
use std::str::FromStr;

use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::InvalidValue;
use super::open::is_exact;
use super::wire::schema;
use crate::scalar::{self, Scalar};

const SOURCE: &str = "answers of the services: integers, decimals, and the marks that callers guard against";

/// A figure as the service sent it, unit apart: the text is kept, and read as a number on demand.
///
/// An empty text, `-`, `..` and thousands commas are values of a figure, not faults.
///
/// ```
/// use tradebind::domain::{Figure, Reading};
/// let figure: Figure = "194,542,691".parse().unwrap();
/// assert_eq!(figure.integer().unwrap(), Some(194_542_691));
/// assert_eq!(figure.to_string(), "194,542,691");
/// assert_eq!("..".parse::<Figure>().unwrap().reading().unwrap(), Reading::TwoDots);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Figure(String);

/// What the text of a [`Figure`] says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reading {
    /// A number, exact.
    Number(Decimal),
    /// Nothing, or white space.
    Blank,
    /// `-`, which the services do not explain.
    Dash,
    /// `..`, which the services do not explain.
    TwoDots,
}

impl Figure {
    /// The text as sent.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What the text says.
    ///
    /// # Errors
    /// A text that is neither one of the marks nor a number that can be held: all of 28 digits can, and some of 29. White space around
    /// it is passed over.
    pub fn reading(&self) -> Result<Reading, InvalidValue> {
        match self.0.trim() {
            "" => Ok(Reading::Blank),
            "-" => Ok(Reading::Dash),
            ".." => Ok(Reading::TwoDots),
            text => self.number(text).map(Reading::Number),
        }
    }

    /// The figure as an exact decimal; `None` where the text is a mark, not a number.
    ///
    /// # Errors
    /// As [`Figure::reading`].
    pub fn decimal(&self) -> Result<Option<Decimal>, InvalidValue> {
        Ok(match self.reading()? {
            Reading::Number(number) => Some(number),
            Reading::Blank | Reading::Dash | Reading::TwoDots => None,
        })
    }

    /// The figure as an integer; `None` where the text is a mark, not a number.
    ///
    /// # Errors
    /// As [`Figure::reading`], and for a number with a fraction or beyond 64 bits.
    pub fn integer(&self) -> Result<Option<i64>, InvalidValue> {
        let Some(number) = self.decimal()? else { return Ok(None) };
        if !number.fract().is_zero() {
            return Err(self.wrong("has a fraction; read it as a decimal"));
        }
        match i64::try_from(number) {
            Ok(integer) => Ok(Some(integer)),
            Err(_) => Err(self.wrong("is beyond 64 bits; read it as a decimal")),
        }
    }

    fn number(&self, text: &str) -> Result<Decimal, InvalidValue> {
        let digits = text.strip_prefix('-').unwrap_or(text);
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
        let plain = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        let mut groups = whole.split(',');
        let first = groups.next().unwrap_or_default();
        let grouped = whole.contains(',')
            && first.len() <= 3
            && plain(first)
            && groups.all(|group| group.len() == 3 && plain(group));
        if !(plain(whole) || grouped) || !plain(fraction) {
            return Err(self.wrong("is neither a number nor blank, - or .."));
        }
        Decimal::from_str_exact(&text.replace(',', "")).map_err(|_| self.wrong("has more than 28 digits"))
    }

    fn wrong(&self, problem: &str) -> InvalidValue {
        InvalidValue::new("figure", &self.0, problem, SOURCE)
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// Any text is a figure: whether it can be read as a number is asked later.
impl FromStr for Figure {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.to_owned()))
    }
}

impl Serialize for Figure {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

/// Reads a text or, should a service begin to send one, a number that JSON carries exactly.
impl<'de> Deserialize<'de> for Figure {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        scalar::read(deserializer, |value| match value {
            Scalar::Text(text) => Ok(Self(text.into_owned())),
            Scalar::Number(number) if is_exact(&number.to_string()) => Ok(Self(number.to_string())),
            Scalar::Number(_) => Err(serde::de::Error::custom(
                "the figure came as a JSON number too long to be kept exactly; expected a text",
            )),
            Scalar::Other(kind) => {
                Err(serde::de::Error::custom(format_args!("expected a figure as text, found {kind}")))
            }
        })
    }
}

schema!(Figure, { "type": "string" });

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(text: &str) -> Figure {
        text.parse().unwrap()
    }

    #[test]
    fn numbers_are_exact() {
        assert_eq!(figure("4860572861.748").decimal().unwrap().unwrap().to_string(), "4860572861.748");
        assert_eq!(figure("260705934.880").decimal().unwrap().unwrap().to_string(), "260705934.880");
        assert_eq!(figure("0.00").integer().unwrap(), Some(0));
        assert_eq!(figure("-1,234").integer().unwrap(), Some(-1234));
        assert_eq!(figure(" 12 ").integer().unwrap(), Some(12));
    }

    #[test]
    fn marks_are_values() {
        for (text, reading) in
            [("", Reading::Blank), (" ", Reading::Blank), ("-", Reading::Dash), ("..", Reading::TwoDots)]
        {
            assert_eq!(figure(text).reading().unwrap(), reading);
            assert_eq!(figure(text).integer().unwrap(), None);
        }
    }

    #[test]
    fn messages_tell_what_is_wrong() {
        let wrong = |text: &str| figure(text).integer().unwrap_err().to_string();
        insta::assert_snapshot!([
            wrong("n.a."),
            wrong("1,23"),
            wrong("1,2345"),
            wrong("1e3"),
            wrong("1."),
            wrong("0.5"),
            wrong("9223372036854775808"),
            wrong("123456789012345678901234567890"),
        ].join("\n"), @r#"
        figure "n.a.": is neither a number nor blank, - or .. (answers of the services: integers, decimals, and the marks that callers guard against)
        figure "1,23": is neither a number nor blank, - or .. (answers of the services: integers, decimals, and the marks that callers guard against)
        figure "1,2345": is neither a number nor blank, - or .. (answers of the services: integers, decimals, and the marks that callers guard against)
        figure "1e3": is neither a number nor blank, - or .. (answers of the services: integers, decimals, and the marks that callers guard against)
        figure "1.": is neither a number nor blank, - or .. (answers of the services: integers, decimals, and the marks that callers guard against)
        figure "0.5": has a fraction; read it as a decimal (answers of the services: integers, decimals, and the marks that callers guard against)
        figure "9223372036854775808": is beyond 64 bits; read it as a decimal (answers of the services: integers, decimals, and the marks that callers guard against)
        figure "123456789012345678901234567890": has more than 28 digits (answers of the services: integers, decimals, and the marks that callers guard against)
        "#);
    }

    #[test]
    fn a_number_sent_as_a_number_is_read() {
        assert_eq!(serde_json::from_str::<Figure>("194542691").unwrap(), figure("194542691"));
        assert_eq!(serde_json::from_str::<Figure>("0.5").unwrap(), figure("0.5"));
        let wrong = |json: &str| serde_json::from_str::<Figure>(json).unwrap_err().to_string();
        insta::assert_snapshot!(["{}", "1234567890.12345678", "100000000000000000000"].map(wrong).join("\n"), @"
        expected a figure as text, found an object
        the figure came as a JSON number too long to be kept exactly; expected a text
        the figure came as a JSON number too long to be kept exactly; expected a text
        ");
    }
}
