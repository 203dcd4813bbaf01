use std::time::SystemTime;

use time::OffsetDateTime;

use super::{Client, Query};
use crate::domain::{AreaClass, Frequency, Open, Period, PeriodPair, TradeType};
use crate::error::{Error, ErrorKind};

/// How many months before the current one are asked about at once.
const LOOKED_AT: u32 = 3;
/// How often a month is asked for, each time further back.
const MOST_STEPS: usize = 12;

impl Client {
    /// The last month that is published.
    ///
    /// One call where the month before the current one is out, else two as a rule: month M appears near the end of M+1
    /// (reported). Asked are total exports to the mainland of China, a query of the guide's, in the three months before
    /// the current one, by the client's clock and Hong Kong's time. Either all come; or the refusal names a month that is
    /// not there (observed), and the one before it is asked for alone, further back until one answers: that the refusal
    /// names the first of them is not on record.
    ///
    /// # Errors
    /// As [`Client::query`]; when a year back no month is published; for a clock that no calendar holds.
    pub async fn latest_period(&self) -> Result<Period, Error> {
        let current = month_number(self.clock().wall())?;
        let range =
            PeriodPair::new(month(current.saturating_sub(LOOKED_AT))?, month(current.saturating_sub(1))?);
        let mut asked = range.map_err(invalid)?;
        for _ in 0..MOST_STEPS {
            match self.published(asked).await? {
                Looked::Published(period) => return Ok(period),
                // Never forward, whatever the refusal names.
                Looked::Unpublished(first) => {
                    let before = number(first).min(number(asked.end())).saturating_sub(1);
                    asked = month(before)?.into();
                }
            }
        }
        let detail = format!("no month from {} on is published", asked.start());
        Err(Error::new(ErrorKind::NoData, detail).with_operation("hk-trade latest_period"))
    }

    /// Asks whether the months of a range are published.
    async fn published(&self, range: PeriodPair) -> Result<Looked, Error> {
        let query = Query::builder()
            .trade_type(TradeType::TotalExports)
            .periods(range)
            .destination(AreaClass::Country, "CN")
            .build()
            .map_err(invalid)?;
        match self.query(&query).await {
            Ok(answer) => {
                let months = answer.rows().iter().filter_map(|row| match &row.period {
                    Open::Known(period) if period.frequency() == Frequency::Monthly => Some(*period),
                    _ => None,
                });
                let none = || {
                    let detail = format!("no row of {range} names a month");
                    Error::new(ErrorKind::NoData, detail).with_operation("hk-trade latest_period")
                };
                months.max_by_key(|period| number(*period)).map(Looked::Published).ok_or_else(none)
            }
            Err(error) if error.is_unpublished_period() => {
                let named = error.periods().iter().copied().filter(|period| period.month().is_some());
                named.min_by_key(|period| number(*period)).map(Looked::Unpublished).ok_or(error)
            }
            Err(error) => Err(error),
        }
    }
}

enum Looked {
    /// The last month of the range that has rows.
    Published(Period),
    /// The first month of the range that is not there.
    Unpublished(Period),
}

fn invalid(error: impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::InvalidRequest, error.to_string()).with_operation("hk-trade latest_period")
}

/// Date and time in Hong Kong, which is eight hours before UTC all year.
pub(crate) fn in_hong_kong(wall: SystemTime) -> Option<OffsetDateTime> {
    const AHEAD: u64 = 8 * 60 * 60;
    let since = wall.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    let nanoseconds = i128::try_from(since.as_nanos()).ok()? + i128::from(AHEAD) * 1_000_000_000;
    OffsetDateTime::from_unix_timestamp_nanos(nanoseconds).ok()
}

/// Months since the year 0, in Hong Kong.
fn month_number(wall: SystemTime) -> Result<u32, Error> {
    let here = in_hong_kong(wall).ok_or_else(|| invalid("the clock stands before 1970 or after 9999"))?;
    Ok(u32::try_from(here.year()).unwrap_or_default() * 12 + u32::from(u8::from(here.month())) - 1)
}

fn number(period: Period) -> u32 {
    u32::from(period.year()) * 12 + u32::from(period.month().unwrap_or(1)) - 1
}

fn month(number: u32) -> Result<Period, Error> {
    let year = u16::try_from(number / 12).unwrap_or(u16::MAX);
    let month = u8::try_from(number % 12 + 1).unwrap_or_default();
    Period::monthly(year, month).map_err(invalid)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn months_turn_at_midnight_in_hong_kong() {
        // 2026-10-31 15:59:59 and 16:00:00 UTC.
        let before = SystemTime::UNIX_EPOCH + Duration::from_secs(1_793_462_399);
        assert_eq!(month(month_number(before).unwrap()).unwrap().to_string(), "202610");
        assert_eq!(
            month(month_number(before + Duration::from_secs(1)).unwrap()).unwrap().to_string(),
            "202611"
        );
        for odd in [SystemTime::UNIX_EPOCH - Duration::from_secs(1), before + Duration::from_secs(1 << 40)] {
            assert!(month_number(odd).is_err());
        }
        assert_eq!(month(number("202601".parse().unwrap()) - 1).unwrap().to_string(), "202512");
    }
}
