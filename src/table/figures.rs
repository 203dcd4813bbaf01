use std::borrow::Cow;

use rust_decimal::Decimal;

use super::dictionary::Dictionary;
use super::ids::{Ids, shrink};
use crate::domain::Figure;

/// The figures of the rows, exact: a number as its digits and how many of them are behind the point, any other text as
/// sent.
#[derive(Debug, Clone, Default)]
pub(super) struct Figures {
    /// Digits of a number; number of the text for any other.
    values: Vec<i64>,
    /// Digits behind the point, or what else the value is.
    scales: Ids,
    texts: Dictionary,
}

/// There is none.
const NONE: u32 = u32::MAX;
/// The value is the number of a text.
const TEXT: u32 = 64;
/// The most digits of a number that is kept as such: whatever they are, 64 bits hold them.
const DIGITS: usize = 18;

/// A figure of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Value<'a> {
    None,
    /// Digits, and how many of them are behind the point.
    Number(i64, u32),
    Text(&'a str),
}

impl Figures {
    pub(super) fn reserve(&mut self, rows: usize) {
        self.values.reserve(rows);
    }

    /// Sets the figure of the row after the last, or of the last anew.
    pub(super) fn set(&mut self, row: usize, value: Value<'_>) -> Option<()> {
        let (value, scale) = match value {
            Value::None => (0, NONE),
            Value::Number(digits, scale) => (digits, scale),
            Value::Text(text) => (i64::from(self.texts.put(text)?), TEXT),
        };
        self.values.truncate(row);
        self.values.push(value);
        self.scales.set(row, scale);
        Some(())
    }

    pub(super) fn get(&self, row: usize) -> Value<'_> {
        let Some(value) = self.values.get(row).copied() else { return Value::None };
        match self.scales.get(row) {
            NONE => Value::None,
            TEXT => {
                let text = u32::try_from(value).ok().and_then(|id| self.texts.text(id));
                text.map_or(Value::None, Value::Text)
            }
            scale => Value::Number(value, scale),
        }
    }

    /// Undoes [`Figures::freeze`].
    pub(super) fn thaw(&mut self) {
        self.texts.thaw();
    }

    /// Ends the figures: none is added from here on.
    pub(super) fn freeze(&mut self) {
        self.texts.freeze();
        shrink(&mut self.values);
        self.scales.shrink();
    }
}

impl<'a> Value<'a> {
    /// What a text is: a number where it prints as the very same text again.
    pub(super) fn of(text: &'a str) -> Self {
        match number(text.as_bytes()) {
            Some((digits, scale, read)) if read == text.len() => Self::Number(digits, scale),
            _ => Self::Text(text),
        }
    }

    /// The text as sent.
    pub(super) fn sent(self) -> Option<Cow<'a, str>> {
        match self {
            Self::None => None,
            Self::Number(digits, scale) => Some(Decimal::new(digits, scale).to_string().into()),
            Self::Text(text) => Some(text.into()),
        }
    }

    /// The number; none for a mark, and for a text that no figure is.
    pub(super) fn decimal(self) -> Option<Decimal> {
        match self {
            Self::None => None,
            Self::Number(digits, scale) => Some(Decimal::new(digits, scale)),
            Self::Text(text) => {
                text.parse::<Figure>().ok().and_then(|figure| figure.decimal().ok().flatten())
            }
        }
    }
}

/// Reads a number that prints as the same text again: no plus, no `-0`, no leading zeros, no bare point. Gives its
/// digits, how many are behind the point, and how many bytes were read; none where there is no such number.
pub(super) fn number(text: &[u8]) -> Option<(i64, u32, usize)> {
    let negative = text.first() == Some(&b'-');
    let start = usize::from(negative);
    let (mut digits, mut at, mut point) = (0i64, start, None);
    // One more than fits is never read: the text is cut before.
    for byte in text.iter().skip(start).take(DIGITS + 1) {
        match byte {
            b'0'..=b'9' if at - start - usize::from(point.is_some()) < DIGITS => {
                digits = digits * 10 + i64::from(byte - b'0');
            }
            b'.' if point.is_none() => point = Some(at),
            _ => break,
        }
        at += 1;
    }
    let whole = point.unwrap_or(at) - start;
    let scale = point.map_or(0, |point| at - point - 1);
    let leads = text.get(start) == Some(&b'0') && whole > 1;
    let more = matches!(text.get(at), Some(b'0'..=b'9' | b'.'));
    if whole == 0 || leads || more || (point.is_some() && scale == 0) || (negative && digits == 0) {
        return None;
    }
    Some((if negative { -digits } else { digits }, u32::try_from(scale).ok()?, at))
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn any_text_comes_back_as_sent(text in "-?[0-9]{0,20}(\\.[0-9]{0,20})?|.{0,5}") {
            let value = Value::of(&text);
            proptest::prop_assert_eq!(value.sent().unwrap(), text.as_str());
            let figure: Figure = text.parse().unwrap();
            proptest::prop_assert_eq!(value.decimal(), figure.decimal().ok().flatten());
            let mut figures = Figures::default();
            figures.set(0, value).unwrap();
            figures.set(0, value).unwrap();
            proptest::prop_assert_eq!(figures.get(0), value);
        }
    }

    #[test]
    fn plain_numbers_are_numbers() {
        for text in ["0", "194542691", "-5", "0.50", "123456789012345678", "-0.1", "1.000"] {
            assert!(matches!(Value::of(text), Value::Number(..)), "{text}");
        }
        for text in ["", "..", "-", "007", "-0", "-0.0", "1.", ".5", "1,234", "1234567890123456789", "+1"] {
            assert!(matches!(Value::of(text), Value::Text(_)), "{text}");
        }
        assert_eq!(number(b"12.5\",\"x"), Some((125, 1, 4)));
    }
}
