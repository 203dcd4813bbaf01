use std::fmt;
use std::str::FromStr;

use super::Client;
use crate::domain::{InvalidValue, Period, PeriodPair};
use crate::error::{Error, ErrorKind};

/// The longest run of months back from the last one: monthly data begin in 2012 (observed), and more is a slip.
const MOST_MONTHS: u32 = 999;
/// How to get the end of a range that is to go up to what is published.
const LAST_MONTH: &str = "`hk latest` or latest_period() tells the last month";

/// Periods as people ask for them: fixed ones, or months up to the last that is published.
///
/// ```
/// use tradebind::hk::Span;
/// assert_eq!("last-12".parse(), Ok(Span::Last(12)));
/// assert_eq!("latest".parse(), Ok(Span::Last(1)));
/// assert_eq!("2018-05..2018-06".parse::<Span>()?.to_string(), "201805,201806");
/// # Ok::<(), tradebind::domain::InvalidValue>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Span {
    /// From one to another, both included.
    Fixed(PeriodPair),
    /// So many months, of which the last is the last that is published.
    Last(u32),
}

impl Client {
    /// The periods that are meant; asks for the last published month where that is needed.
    ///
    /// # Errors
    /// As [`Client::latest_period`]; months before the year 0.
    pub async fn resolve(&self, span: Span) -> Result<PeriodPair, Error> {
        let months = match span {
            Span::Fixed(pair) => return Ok(pair),
            Span::Last(months) => months,
        };
        let end = self.latest_period().await?;
        let start = end.months_before(months.saturating_sub(1));
        let pair = start.and_then(|start| PeriodPair::new(start, end));
        pair.map_err(|e| {
            Error::new(ErrorKind::InvalidRequest, e.to_string()).with_operation("hk-trade resolve")
        })
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed(pair) => pair.fmt(f),
            Self::Last(1) => f.write_str("latest"),
            Self::Last(months) => write!(f, "last-{months}"),
        }
    }
}

impl FromStr for Span {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        const FORMS: &str =
            "must be a year YYYY, a month YYYY-MM, START..END, latest, or last-N for the last N months";
        let wrong = |problem: &str| InvalidValue::new("period", text, problem, "tradebind");
        let lower = text.trim().to_ascii_lowercase();
        if lower == "latest" {
            return Ok(Self::Last(1));
        }
        if let Some(months) = lower.strip_prefix("last-") {
            return match months.parse() {
                Ok(months @ 1..=MOST_MONTHS) => Ok(Self::Last(months)),
                _ => Err(wrong(&format!("N of last-N must be 1 to {MOST_MONTHS}"))),
            };
        }
        if lower.contains(',') {
            return Err(wrong("a comma would be a list, and periods are a range: START..END"));
        }
        if let Some((start, end)) = lower.split_once("..") {
            let (start, end) = (start.trim(), end.trim());
            // The last month is that of no year alone.
            let from = match start.parse::<Period>() {
                Ok(period) if period.month().is_some() => period.to_iso(),
                Ok(year) => format!("{}-01", year.to_iso()),
                Err(_) => "START".to_owned(),
            };
            if start.is_empty() {
                return Err(wrong("has one end alone, and needs both: START..END"));
            }
            if end.is_empty() {
                return Err(wrong(&format!(
                    "has one end alone, and needs both: {LAST_MONTH}; write {from}..YYYY-MM"
                )));
            }
            if [start, end].iter().any(|end| end.starts_with("la")) {
                return Err(wrong(&format!(
                    "is a range of fixed periods: {LAST_MONTH}; write {from}..YYYY-MM, or last-N for the last N months"
                )));
            }
        }
        if let Some(months) = lower.strip_prefix("last").map(|rest| rest.trim_start_matches(['_', ' ']))
            && !months.is_empty()
            && months.bytes().all(|b| b.is_ascii_digit())
        {
            return Err(wrong(&format!("did you mean last-{months}?")));
        }
        // What has no digit is no slip in a period, but a word that is none of ours.
        match text.parse() {
            Ok(pair) => Ok(Self::Fixed(pair)),
            Err(_) if !text.bytes().any(|b| b.is_ascii_digit()) => Err(wrong(FORMS)),
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_reads_and_prints() {
        for (text, printed) in [
            ("latest", "latest"),
            ("LAST-12", "last-12"),
            (" last-1 ", "latest"),
            ("2018", "2018,2018"),
            ("2018-05..2018-06", "201805,201806"),
        ] {
            assert_eq!(text.parse::<Span>().unwrap().to_string(), printed);
        }
        let wrong = |text: &str| text.parse::<Span>().unwrap_err().to_string();
        insta::assert_snapshot!(
            [
                "last-0",
                "last-x",
                "last12",
                "last 3",
                "newest",
                "2018-13",
                "2018..",
                "..2018-06",
                "2018-05..latest",
                "2018..last-3",
                "latest..2018-06",
                "2018-05..2018",
            ]
            .map(wrong)
            .join("\n")
        );
    }
}
