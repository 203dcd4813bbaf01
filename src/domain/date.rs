use std::fmt;
use std::str::FromStr;

use super::InvalidValue;
use super::wire::{schema, text_serde};

/// A day as TradeWind takes it: `YYYY-MM-DD`, or an empty text where the field is unused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct DateText(Option<(u16, u8, u8)>);

impl DateText {
    /// No day: the field is unused.
    pub const UNUSED: Self = Self(None);

    /// Year, month and day; `None` where the field is unused.
    #[must_use]
    pub fn ymd(self) -> Option<(u16, u8, u8)> {
        self.0
    }
}

impl fmt::Display for DateText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some((year, month, day)) => write!(f, "{year:04}-{month:02}-{day:02}"),
            None => Ok(()),
        }
    }
}

impl FromStr for DateText {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        let given = text.trim();
        if given.is_empty() {
            return Ok(Self::UNUSED);
        }
        let wrong = |problem: &str| {
            Err(InvalidValue::new("date", text, problem, "TradeWind API documentation, world regions"))
        };
        let parts: Vec<&str> = given.split('-').collect();
        let [year, month, day] = parts[..] else { return wrong("must be YYYY-MM-DD, or empty when unused") };
        let number = |part: &str, digits: usize| -> Option<u16> {
            (part.len() == digits && part.bytes().all(|b| b.is_ascii_digit())).then(|| part.parse().ok())?
        };
        let (Some(year), Some(month), Some(day)) = (number(year, 4), number(month, 2), number(day, 2)) else {
            return wrong("must be YYYY-MM-DD, or empty when unused");
        };
        let leap = year.is_multiple_of(4) && !year.is_multiple_of(100) || year.is_multiple_of(400);
        let last = match month {
            2 => 28 + u16::from(leap),
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => return wrong("the month must be 01 to 12"),
        };
        if !(1..=last).contains(&day) {
            return wrong(&format!("the day must be 01 to {last} in that month"));
        }
        let byte = |n: u16| u8::try_from(n).unwrap_or_default();
        Ok(Self(Some((year, byte(month), byte(day)))))
    }
}

text_serde!(DateText, "a day as text");

schema!(DateText, { "type": "string", "pattern": "^([0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01]))?$", });

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_read_and_print() {
        for text in ["2024-04-19", "2024-02-29", "2000-02-29", ""] {
            assert_eq!(text.parse::<DateText>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn messages_tell_what_is_wrong() {
        let wrong = |text: &str| text.parse::<DateText>().unwrap_err().to_string();
        insta::assert_snapshot!(
            ["2024-4-19", "19/04/2024", "2024-13-01", "2023-02-29", "1900-02-29", "2024-04-31", "2024-04-00"].map(wrong).join("\n"),
            @r#"
        date "2024-4-19": must be YYYY-MM-DD, or empty when unused (TradeWind API documentation, world regions)
        date "19/04/2024": must be YYYY-MM-DD, or empty when unused (TradeWind API documentation, world regions)
        date "2024-13-01": the month must be 01 to 12 (TradeWind API documentation, world regions)
        date "2023-02-29": the day must be 01 to 28 in that month (TradeWind API documentation, world regions)
        date "1900-02-29": the day must be 01 to 28 in that month (TradeWind API documentation, world regions)
        date "2024-04-31": the day must be 01 to 30 in that month (TradeWind API documentation, world regions)
        date "2024-04-00": the day must be 01 to 30 in that month (TradeWind API documentation, world regions)
        "#
        );
    }
}
