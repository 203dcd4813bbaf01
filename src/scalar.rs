//! Reads a text or a number of JSON, without a copy where it is a text that nobody keeps.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Number, Value};

/// What JSON holds in the place of a text.
pub(crate) enum Scalar<'a> {
    /// A text.
    Text(Cow<'a, str>),
    /// A number.
    Number(Number),
    /// Anything else, in words.
    Other(&'static str),
}

/// Reads a text, or a number as the text that it prints as: exact for integers of 64 bits and for fractions
/// of at most 15 significant digits.
pub(crate) fn text<'de, D, T>(deserializer: D, take: impl FnOnce(Cow<'_, str>) -> T) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
{
    read(deserializer, |value| match value {
        Scalar::Text(text) => Ok(take(text)),
        // Codes of one digit stand in every answer: they need no room.
        Scalar::Number(number) => Ok(take(match number.as_u64().and_then(digit) {
            Some(digit) => Cow::Borrowed(digit),
            None => Cow::Owned(number.to_string()),
        })),
        Scalar::Other(kind) => Err(Error::custom(format_args!("expected a text or a number, found {kind}"))),
    })
}

fn digit(number: u64) -> Option<&'static str> {
    let at = usize::try_from(number).ok()?;
    "0123456789".get(at..at.checked_add(1)?)
}

/// Reads a value of JSON and hands it over, borrowed where it can be.
pub(crate) fn read<'de, D, T, F>(deserializer: D, take: F) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    F: FnOnce(Scalar<'_>) -> Result<T, D::Error>,
{
    struct Reader<T, F>(F, PhantomData<T>);

    impl<'de, T, F, X: Error> Visitor<'de> for Reader<(T, X), F>
    where
        F: FnOnce(Scalar<'_>) -> Result<T, X>,
    {
        type Value = Result<T, X>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a text or a number")
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
            Ok((self.0)(Scalar::Text(Cow::Borrowed(text))))
        }

        fn visit_string<E: Error>(self, text: String) -> Result<Self::Value, E> {
            Ok((self.0)(Scalar::Text(Cow::Owned(text))))
        }

        fn visit_u64<E: Error>(self, number: u64) -> Result<Self::Value, E> {
            Ok((self.0)(Scalar::Number(number.into())))
        }

        fn visit_i64<E: Error>(self, number: i64) -> Result<Self::Value, E> {
            Ok((self.0)(Scalar::Number(number.into())))
        }

        // What JSON readers make of a fraction; it is turned back into its text, which `Figure` checks.
        fn visit_f64<E: Error>(self, number: f64) -> Result<Self::Value, E> {
            Ok((self.0)(Number::from_f64(number).map_or(Scalar::Other("no number"), Scalar::Number)))
        }

        fn visit_bool<E: Error>(self, _: bool) -> Result<Self::Value, E> {
            Ok((self.0)(Scalar::Other("true or false")))
        }

        fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
            Ok((self.0)(Scalar::Other("null")))
        }

        fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
            serde::de::IgnoredAny::deserialize(SeqAccessDeserializer::new(seq))?;
            Ok((self.0)(Scalar::Other("a list")))
        }

        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
            // A dependent may have turned on serde_json's exact numbers, which come as maps.
            match Value::deserialize(MapAccessDeserializer::new(map))? {
                Value::Number(number) => Ok((self.0)(Scalar::Number(number))),
                _ => Ok((self.0)(Scalar::Other("an object"))),
            }
        }
    }
    deserializer.deserialize_any(Reader(take, PhantomData::<(T, D::Error)>))?
}
