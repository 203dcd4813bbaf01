use crate::domain::{Known, Messages, Period, StatusCode};
use crate::error::{Error, ErrorKind};
use crate::hk::api::types::Status;
use crate::http::Response;

/// What `header.status` of an answer says. Every failure comes with HTTP 200 (observed).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// The query went well.
    Success,
    /// Nothing fits the query: code 1, "No record found…" (observed).
    Empty,
    /// Periods that are not published: code 1, "Period code (202606) is not defined" (observed).
    UnpublishedPeriod(Vec<Period>),
    /// Commodity codes that the service does not know: code 1, "Commodity code (…) …", one message each (observed).
    UnknownCommodities(Vec<String>),
    /// Refused for any other reason: code 1, or a code that the guide does not know.
    Refused,
    /// The usage limit is reached: code 2.
    UsageLimit,
    /// The server is busy: code 3.
    Busy,
    /// Access denied: code 4.
    Denied,
}

impl Outcome {
    /// Reads a status.
    ///
    /// The messages of code 1 are known in English only. Where several reasons come together and one of them is
    /// none of the known, the outcome is [`Outcome::Refused`].
    #[must_use]
    pub fn of(status: &Status) -> Self {
        match status.code.known() {
            Some(StatusCode::Success) => Self::Success,
            Some(StatusCode::UsageLimit) => Self::UsageLimit,
            Some(StatusCode::ServerBusy) => Self::Busy,
            Some(StatusCode::AccessDenied) => Self::Denied,
            Some(StatusCode::Fail) => Self::of_told(Told::of(messages(status))),
            None => Self::Refused,
        }
    }

    fn of_told(told: Told) -> Self {
        match (told.other, told.periods.is_empty(), told.codes.is_empty(), told.empty) {
            (false, false, _, _) => Self::UnpublishedPeriod(told.periods),
            (false, true, false, _) => Self::UnknownCommodities(told.codes),
            (false, true, true, true) => Self::Empty,
            _ => Self::Refused,
        }
    }

    /// The error that it is, if it is one.
    pub(crate) fn error(self, status: &Status, response: &Response) -> Option<Error> {
        let kind = match self {
            Self::Success | Self::Empty => return None,
            Self::UnpublishedPeriod(_) => ErrorKind::UnpublishedPeriod,
            Self::UnknownCommodities(_) => ErrorKind::UnknownCommodity,
            Self::Refused => ErrorKind::Refused,
            Self::UsageLimit => ErrorKind::UsageLimit,
            Self::Busy => ErrorKind::Busy,
            Self::Denied => ErrorKind::AccessDenied,
        };
        // Whatever the outcome, all that is named is told.
        let Told { periods, codes, .. } = Told::of(messages(status));
        let mut messages: Vec<_> = messages(status).map(str::to_owned).collect();
        if messages.is_empty() {
            messages.extend(status.description.clone());
        }
        let (told, also) = (listed(&periods), listed(&codes));
        let told = match (told.is_empty(), also.is_empty()) {
            (false, false) => format!("{told}; and commodity codes are unknown: {also}"),
            _ => told + &also,
        };
        Some(
            Error::new(kind, told)
                .repeatable(matches!(kind, ErrorKind::UsageLimit | ErrorKind::Busy))
                .with_code(Some(status.code.to_string()))
                .with_messages(messages)
                .with_periods(periods)
                .with_codes(codes)
                .with_response(response.clone()),
        )
    }
}

/// The most periods and codes that a message names, and the most characters of each: what a query may hold (guide).
const SHOWN: usize = 20;

/// Names as a message lists them.
fn listed(names: &[impl ToString]) -> String {
    let short = |name: String| name.chars().take(SHOWN).collect::<String>();
    let mut told: Vec<_> = names.iter().take(SHOWN).map(|name| short(name.to_string())).collect();
    let more = names.len().saturating_sub(SHOWN);
    told.extend((more > 0).then(|| format!("{more} more")));
    told.join(", ")
}

/// Every message of a status, whichever form it came in.
fn messages(status: &Status) -> impl Iterator<Item = &str> {
    status.message.iter().flat_map(Messages::iter)
}

/// What messages of code 1 name.
#[derive(Default)]
struct Told {
    periods: Vec<Period>,
    codes: Vec<String>,
    empty: bool,
    other: bool,
}

impl Told {
    fn of<'a>(messages: impl Iterator<Item = &'a str>) -> Self {
        let mut told = Self::default();
        for message in messages {
            if let Some(period) = named(message, "period code").and_then(Period::exact) {
                told.periods.push(period);
            } else if let Some(code) = named(message, "commodity code") {
                told.codes.push(code.to_owned());
            } else if starts(message, "no record found").is_some() {
                told.empty = true;
            } else {
                told.other = true;
            }
        }
        told
    }
}

/// What stands in brackets behind the words that a message begins with.
fn named<'a>(message: &'a str, words: &str) -> Option<&'a str> {
    let rest = starts(message, words)?.trim_start().strip_prefix('(')?;
    Some(rest.split_once(')')?.0.trim()).filter(|name| !name.is_empty())
}

fn starts<'a>(message: &'a str, words: &str) -> Option<&'a str> {
    let message = message.trim_start();
    let (head, rest) = message.split_at_checked(words.len())?;
    head.eq_ignore_ascii_case(words).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn outcome(code: u8, message: serde_json::Value) -> Outcome {
        Outcome::of(&serde_json::from_value(json!({ "code": code, "message": message })).unwrap())
    }

    #[test]
    fn messages_tell_which() {
        let month = |text: &str| text.parse::<Period>().unwrap();
        assert_eq!(
            outcome(1, json!(["Period code (202606) is not defined"])),
            Outcome::UnpublishedPeriod(vec![month("202606")])
        );
        assert_eq!(
            outcome(1, json!("Period code (202606) is not defined")),
            Outcome::UnpublishedPeriod(vec![month("202606")])
        );
        assert_eq!(
            outcome(1, json!(["Commodity code (0101) is not defined", "Commodity code (9999) …"])),
            Outcome::UnknownCommodities(vec!["0101".into(), "9999".into()])
        );
        assert_eq!(outcome(1, json!(["No record found for the selection."])), Outcome::Empty);
        for other in [
            json!([]),
            json!(null),
            json!(["Period code (soon) is not defined"]),
            json!(["Commodity code () is not defined"]),
            json!(["Commodity code (1"]),
            json!(["Commodity code (0101) is not defined", "Country code (ZZ) is not defined"]),
            json!(["沒有紀錄"]),
        ] {
            assert_eq!(outcome(1, other.clone()), Outcome::Refused, "{other}");
        }
    }

    proptest::proptest! {
        /// Any messages are told apart without a panic, and those that name nothing are refusals.
        #[test]
        fn any_messages_are_read(words in "(Period code |Commodity code |No record found)?", rest in ".{0,30}") {
            let told = outcome(1, json!([format!("{words}{rest}")]));
            if !rest.contains(')') && words != "No record found" && !rest.to_lowercase().starts_with("no record") {
                proptest::prop_assert_eq!(told, Outcome::Refused);
            }
        }
    }

    #[test]
    fn codes_tell_the_rest() {
        let all = [0, 2, 3, 4, 9].map(|code| outcome(code, json!(null)));
        let expected =
            [Outcome::Success, Outcome::UsageLimit, Outcome::Busy, Outcome::Denied, Outcome::Refused];
        assert_eq!(all, expected);
    }
}
