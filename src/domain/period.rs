use std::fmt;
use std::str::FromStr;

use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::wire::{schema, text_serde};
use super::{Frequency, InvalidValue, Known};

const SOURCE: &str = "C&SD query guide, section A, period";

/// A year or a month.
///
/// ```
/// use tradebind::domain::Period;
/// let month: Period = "2018-05".parse().unwrap();
/// assert_eq!(month.to_string(), "201805");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Period {
    year: u16,
    month: Option<u8>,
}

impl Period {
    /// A year of four digits.
    ///
    /// # Errors
    /// A year after 9999.
    pub fn annual(year: u16) -> Result<Self, InvalidValue> {
        Self::checked(year, None, &year.to_string())
    }

    /// A month, from 1 to 12, of a year of four digits.
    ///
    /// # Errors
    /// A year after 9999, or a month that is not 1 to 12.
    pub fn monthly(year: u16, month: u8) -> Result<Self, InvalidValue> {
        Self::checked(year, Some(month), &format!("{year:04}-{month:02}"))
    }

    fn checked(year: u16, month: Option<u8>, given: &str) -> Result<Self, InvalidValue> {
        let wrong = |problem: String| Err(InvalidValue::new("period", given, problem, SOURCE));
        match month {
            _ if year > 9999 => wrong(format!("the year {year} has more than four digits")),
            Some(month) if !(1..=12).contains(&month) => {
                wrong(format!("the month must be 01 to 12, not {month:02}"))
            }
            _ => Ok(Self { year, month }),
        }
    }

    /// The year.
    #[must_use]
    pub fn year(self) -> u16 {
        self.year
    }

    /// The month, from 1 to 12; `None` for a year.
    #[must_use]
    pub fn month(self) -> Option<u8> {
        self.month
    }

    /// Whether it is a year or a month.
    #[must_use]
    pub fn frequency(self) -> Frequency {
        if self.month.is_some() { Frequency::Monthly } else { Frequency::Annual }
    }

    /// As ISO 8601 writes it, and as the tidy form has it: `2018` or `2018-05`.
    #[must_use]
    pub fn to_iso(self) -> String {
        match self.month {
            Some(month) => format!("{:04}-{month:02}", self.year),
            None => format!("{:04}", self.year),
        }
    }

    /// The period so many months before; of a year, so many years.
    ///
    /// # Errors
    /// Before the year 0.
    pub fn months_before(self, count: u32) -> Result<Self, InvalidValue> {
        let step = if self.month.is_some() { 1 } else { 12 };
        let before = count.checked_mul(step).and_then(|months| self.ordinal().checked_sub(months));
        let Some(before) = before else {
            let problem = format!("{count} before it is before the year 0");
            return Err(InvalidValue::new("period", self, problem, SOURCE));
        };
        let year = u16::try_from(before / 12).unwrap_or(u16::MAX);
        match self.month {
            Some(_) => Self::monthly(year, u8::try_from(before % 12 + 1).unwrap_or_default()),
            None => Self::annual(year),
        }
    }

    /// The period so many months after; of a year, so many years.
    ///
    /// # Errors
    /// After the year 9999.
    pub fn months_after(self, count: u32) -> Result<Self, InvalidValue> {
        let step = if self.month.is_some() { 1 } else { 12 };
        let after = count.checked_mul(step).and_then(|months| self.ordinal().checked_add(months));
        let year = after.and_then(|after| u16::try_from(after / 12).ok()).filter(|year| *year <= 9999);
        match (after, year, self.month) {
            (Some(after), Some(year), Some(_)) => {
                Self::monthly(year, u8::try_from(after % 12 + 1).unwrap_or_default())
            }
            (Some(_), Some(year), None) => Self::annual(year),
            _ => {
                let problem = format!("{count} after it is after the year 9999");
                Err(InvalidValue::new("period", self, problem, SOURCE))
            }
        }
    }

    /// Months since the year 0; of a year, those of its January.
    pub(crate) fn ordinal(self) -> u32 {
        u32::from(self.year) * 12 + u32::from(self.month.unwrap_or(1)) - 1
    }

    /// `YYYY` or `YYYYMM`, the service's spelling.
    fn canonical(text: &str) -> Option<(u16, Option<u8>)> {
        if !text.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        match text.len() {
            4 => Some((text.parse().ok()?, None)),
            6 => Some((text[..4].parse().ok()?, Some(text[4..].parse().ok()?))),
            _ => None,
        }
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.month {
            Some(month) => write!(f, "{:04}{month:02}", self.year),
            None => write!(f, "{:04}", self.year),
        }
    }
}

impl FromStr for Period {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        let given = text.trim();
        let plain = match given.split_once('-') {
            Some((year, month)) if year.len() == 4 && month.len() == 2 => {
                Self::canonical(&format!("{year}{month}"))
            }
            Some(_) => None,
            None => Self::canonical(given),
        };
        let (year, month) = plain.ok_or_else(|| {
            InvalidValue::new("period", text, "must be a year YYYY, or a month YYYYMM or YYYY-MM", SOURCE)
        })?;
        Self::checked(year, month, given)
    }
}

impl Known for Period {
    fn exact(text: &str) -> Option<Self> {
        let (year, month) = Self::canonical(text)?;
        Self::checked(year, month, text).ok()
    }
}

text_serde!(Period, "a period as text");

schema!(Period, { "type": "string", "pattern": "^[0-9]{4}(0[1-9]|1[0-2])?$" });

/// First and last period of a query, both included: the parameter `period`.
///
/// Reads `201805,201806` and `2018-05..2018-06`; one period alone stands for itself to itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PeriodPair {
    start: Period,
    end: Period,
}

impl PeriodPair {
    /// From `start` to `end`, both included.
    ///
    /// # Errors
    /// A year beside a month, or a start after the end.
    pub fn new(start: Period, end: Period) -> Result<Self, InvalidValue> {
        let wrong = |problem: String| {
            Err(InvalidValue::new("periods", format_args!("{start},{end}"), problem, SOURCE))
        };
        if start.frequency() != end.frequency() {
            return wrong(format!(
                "both must be of one frequency, but {start} is {} and {end} is {}",
                start.frequency().name(),
                end.frequency().name()
            ));
        }
        if start.ordinal() > end.ordinal() {
            return wrong(format!("the start {start} is after the end {end}"));
        }
        Ok(Self { start, end })
    }

    /// One period, sent as a pair of itself.
    #[must_use]
    pub fn single(period: Period) -> Self {
        Self { start: period, end: period }
    }

    /// The first period.
    #[must_use]
    pub fn start(self) -> Period {
        self.start
    }

    /// The last period.
    #[must_use]
    pub fn end(self) -> Period {
        self.end
    }

    /// Whether the periods are years or months.
    #[must_use]
    pub fn frequency(self) -> Frequency {
        self.start.frequency()
    }

    /// How many periods there are.
    #[must_use]
    pub fn count(self) -> usize {
        let step = if self.start.month.is_some() { 1 } else { 12 };
        usize::try_from((self.end.ordinal() - self.start.ordinal()) / step + 1).unwrap_or(usize::MAX)
    }

    /// Whether a period is one of them.
    #[must_use]
    pub fn contains(self, period: Period) -> bool {
        period.frequency() == self.frequency()
            && (self.start.ordinal()..=self.end.ordinal()).contains(&period.ordinal())
    }

    /// The periods that are in both; none where there are none, or where one holds years and the other months.
    #[must_use]
    pub fn overlap(self, other: Self) -> Option<Self> {
        let later = |one: Period, two: Period| if one.ordinal() < two.ordinal() { two } else { one };
        let earlier = |one: Period, two: Period| if one.ordinal() < two.ordinal() { one } else { two };
        let same = self.frequency() == other.frequency();
        let (start, end) = (later(self.start, other.start), earlier(self.end, other.end));
        (same && start.ordinal() <= end.ordinal()).then_some(Self { start, end })
    }
}

impl From<Period> for PeriodPair {
    fn from(period: Period) -> Self {
        Self::single(period)
    }
}

impl fmt::Display for PeriodPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{},{}", self.start, self.end)
    }
}

impl FromStr for PeriodPair {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        match text.split_once("..").or_else(|| text.split_once(',')) {
            Some((start, end)) => Self::new(start.parse()?, end.parse()?),
            None => text.parse().map(Self::single),
        }
    }
}

impl TryFrom<&str> for PeriodPair {
    type Error = InvalidValue;

    fn try_from(text: &str) -> Result<Self, InvalidValue> {
        text.parse()
    }
}

impl TryFrom<String> for PeriodPair {
    type Error = InvalidValue;

    fn try_from(text: String) -> Result<Self, InvalidValue> {
        text.parse()
    }
}

impl Serialize for PeriodPair {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PeriodPair {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextOrPair;

        impl<'de> Visitor<'de> for TextOrPair {
            type Value = PeriodPair;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("two periods as a list, or as one text with a comma")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<PeriodPair, E> {
                text.parse().map_err(E::custom)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<PeriodPair, A::Error> {
                let mut periods = Vec::new();
                while let Some(period) = seq.next_element::<Period>()? {
                    periods.push(period);
                }
                match periods[..] {
                    [start, end] => PeriodPair::new(start, end).map_err(serde::de::Error::custom),
                    _ => Err(serde::de::Error::invalid_length(periods.len(), &self)),
                }
            }
        }
        deserializer.deserialize_any(TextOrPair)
    }
}

#[cfg(feature = "schemars")]
impl schemars::JsonSchema for PeriodPair {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "PeriodPair".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let items = generator.subschema_for::<Period>();
        schemars::json_schema!({ "type": "array", "items": items, "minItems": 2, "maxItems": 2 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_reads_to_the_service_s_spelling() {
        let read = |text: &str| text.parse::<PeriodPair>().unwrap().to_string();
        assert_eq!(read("2015"), "2015,2015");
        assert_eq!(read("2018-05"), "201805,201805");
        assert_eq!(read("2018-05..201806"), "201805,201806");
        assert_eq!(read("2015, 2017"), "2015,2017");
        assert_eq!(read("201712..201801"), "201712,201801");
    }

    #[test]
    fn months_are_counted_back_over_the_year() {
        let before =
            |text: &str, count| text.parse::<Period>().unwrap().months_before(count).map(|p| p.to_string());
        assert_eq!(before("201801", 1).unwrap(), "201712");
        assert_eq!(before("201812", 11).unwrap(), "201801");
        assert_eq!(before("201806", 0).unwrap(), "201806");
        assert_eq!(before("2018", 3).unwrap(), "2015");
        assert!(before("000001", 1).is_err() && before("2018", u32::MAX).is_err());
        let after =
            |text: &str, count| text.parse::<Period>().unwrap().months_after(count).map(|p| p.to_string());
        assert_eq!(
            (after("201712", 1).unwrap(), after("2018", 3).unwrap()),
            ("201801".into(), "2021".into())
        );
        assert!(after("999912", 1).is_err() && after("2018", u32::MAX).is_err());
    }

    #[test]
    fn pairs_are_counted_and_overlap() {
        let pair = |text: &str| text.parse::<PeriodPair>().unwrap();
        assert_eq!((pair("201712..201801").count(), pair("2012..2018").count()), (2, 7));
        assert_eq!(pair("2012..2018").overlap(pair("2017..2021")), Some(pair("2017..2018")));
        assert_eq!(pair("2012..2016").overlap(pair("2017..2021")), None);
        assert_eq!(pair("2012..2016").overlap(pair("201201..201212")), None);
        assert!(pair("2012..2016").contains("2014".parse().unwrap()));
        assert!(!pair("2012..2016").contains("201401".parse().unwrap()));
    }

    #[test]
    fn messages_name_the_bound_the_value_and_the_source() {
        let wrong = |text: &str| text.parse::<PeriodPair>().unwrap_err().to_string();
        insta::assert_snapshot!([
            wrong("201813"),
            wrong("2018-00"),
            wrong("2018-5"),
            wrong("May 2018"),
            wrong("201806..201805"),
            wrong("2018,201805"),
            wrong("201801,201802,201803"),
            wrong(""),
        ].join("\n"), @r#"
        period "201813": the month must be 01 to 12, not 13 (C&SD query guide, section A, period)
        period "2018-00": the month must be 01 to 12, not 00 (C&SD query guide, section A, period)
        period "2018-5": must be a year YYYY, or a month YYYYMM or YYYY-MM (C&SD query guide, section A, period)
        period "May 2018": must be a year YYYY, or a month YYYYMM or YYYY-MM (C&SD query guide, section A, period)
        periods "201806,201805": the start 201806 is after the end 201805 (C&SD query guide, section A, period)
        periods "2018,201805": both must be of one frequency, but 2018 is annual and 201805 is monthly (C&SD query guide, section A, period)
        period "201802,201803": must be a year YYYY, or a month YYYYMM or YYYY-MM (C&SD query guide, section A, period)
        period "": must be a year YYYY, or a month YYYYMM or YYYY-MM (C&SD query guide, section A, period)
        "#);
    }

    #[test]
    fn pairs_read_as_json_lists_and_as_texts() {
        let pair: PeriodPair = serde_json::from_str(r#"["201805","2018-06"]"#).unwrap();
        assert_eq!(serde_json::to_string(&pair).unwrap(), r#""201805,201806""#);
        let error = serde_json::from_str::<PeriodPair>(r#"["201805"]"#).unwrap_err().to_string();
        assert!(error.starts_with("invalid length 1, expected two periods"), "{error}");
    }
}
