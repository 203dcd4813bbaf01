//! Areas as people write them.

use std::fmt;

use super::AreaSelection;
use crate::codes::{self, AreaKind, LookupError};
use crate::domain::{AreaClass, AreaCode, AreaList, InvalidValue};
#[cfg(feature = "harvest")]
use crate::domain::{Known as _, Region};

impl AreaSelection {
    /// Reads areas as people write them. Each text is a list of codes with commas, such as `CN,US`; or one code; or one
    /// whole name in English or Chinese, which may hold commas itself (`TANZANIA,UNITED REP`); or `ALL`. All texts
    /// together are at most 30 countries, or one region, or `ALL`.
    ///
    /// Names and ISO codes of three letters are looked up in [`crate::codes`]. Two letters that are not in its table are taken
    /// as a code all the same: the service knows codes that its guide lacks (observed).
    ///
    /// ```
    /// use tradebind::hk::AreaSelection;
    ///
    /// assert_eq!(AreaSelection::from_words(["cn,US", "Korea, Dem Peo Rep"])?.codes().to_string(), "CN,US,KP");
    /// assert_eq!(AreaSelection::from_words(["歐盟"])?.codes().to_string(), "EU");
    /// # Ok::<(), tradebind::hk::InvalidAreas>(())
    /// ```
    ///
    /// # Errors
    /// Every name that fits none or several areas, and what breaks a bound of the guide.
    pub fn from_words<S: AsRef<str>>(words: impl IntoIterator<Item = S>) -> Result<Self, InvalidAreas> {
        let found = found(words)?;
        let regions = !found.is_empty() && found.iter().all(|area| area.region);
        let class = if regions { AreaClass::Region } else { AreaClass::Country };
        let codes = AreaList::new(found.into_iter().map(|area| area.code));
        codes.and_then(|codes| Self::new(class, codes)).map_err(InvalidAreas::from)
    }
}

/// Every area of these texts, however many.
fn found<S: AsRef<str>>(words: impl IntoIterator<Item = S>) -> Result<Vec<Found>, InvalidAreas> {
    let (mut found, mut reasons) = (Vec::new(), Vec::new());
    for text in words {
        match read(text.as_ref()) {
            Ok(areas) => found.extend(areas),
            Err(wrong) => reasons.extend(wrong),
        }
    }
    if reasons.is_empty() { Ok(found) } else { Err(InvalidAreas { reasons }) }
}

#[cfg(feature = "harvest")]
impl crate::harvest::Areas {
    /// Reads areas as [`AreaSelection::from_words`] does, as many as are given, countries and regions together.
    ///
    /// # Errors
    /// Every name that fits none or several areas; `ALL` beside others.
    pub fn from_words<S: AsRef<str>>(words: impl IntoIterator<Item = S>) -> Result<Self, InvalidAreas> {
        let found = found(words)?;
        if let [one] = &found[..]
            && one.code.is_all()
        {
            return Ok(Self::All);
        }
        if let Some(all) = found.iter().find(|area| area.code.is_all()) {
            let problem = "stands alone; leave out the other codes";
            return Err(InvalidValue::new(
                "area",
                &all.code,
                problem,
                "C&SD query guide, section A, co and cc",
            )
            .into());
        }
        let (regions, countries): (Vec<_>, Vec<_>) = found.into_iter().partition(|area| area.region);
        let region = |area: Found| Region::exact(area.code.as_str());
        Ok(Self::Listed {
            countries: countries.into_iter().map(|area| area.code).collect(),
            regions: regions.into_iter().filter_map(region).collect(),
        })
    }
}

struct Found {
    code: AreaCode,
    region: bool,
}

impl Found {
    fn of(area: &codes::Area) -> Option<Self> {
        Some(Self { code: area.code.parse().ok()?, region: area.kind == AreaKind::Region })
    }

    /// A code, of the table or not.
    fn by_code(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Some(area) = codes::area(text) {
            return Self::of(area);
        }
        let plain = text.len() == 2 && text.bytes().all(|b| b.is_ascii_alphabetic());
        if plain || text.eq_ignore_ascii_case("ALL") {
            // `UK` and the like are other names of a country, not codes.
            return match codes::find_area(text) {
                Ok(area) => Self::of(area),
                Err(_) => Some(Self { code: text.parse().ok()?, region: false }),
            };
        }
        None
    }
}

/// Reads one text: codes go before names, the whole before its parts.
fn read(text: &str) -> Result<Vec<Found>, Vec<InvalidArea>> {
    if text.trim().is_empty() {
        let problem = "is empty; give a code such as CN, a name such as Germany, or ALL";
        return Err(vec![InvalidArea::Value(InvalidValue::new("area", text, problem, "tradebind"))]);
    }
    let parts: Vec<_> = text.split(',').map(str::trim).filter(|part| !part.is_empty()).collect();
    let by_code: Vec<_> = parts.iter().map(|part| Found::by_code(part)).collect();
    if !parts.is_empty() && by_code.iter().all(Option::is_some) {
        return Ok(by_code.into_iter().flatten().collect());
    }
    let whole = match codes::find_area(text) {
        Ok(area) => return Ok(Found::of(area).into_iter().collect()),
        Err(unknown) => InvalidArea::Name(unknown),
    };
    if parts.len() < 2 {
        return Err(vec![slip(text).map_or(whole, InvalidArea::Value)]);
    }
    // Some codes among it: a list with slips, not a name.
    let unknown = || {
        let odd = parts.iter().zip(&by_code).filter(|(_, code)| code.is_none());
        odd.map(|(part, _)| codes::find_area(part)).collect::<Vec<_>>()
    };
    match unknown() {
        looked_up if looked_up.iter().all(Result::is_ok) => {
            let mut named = looked_up.into_iter().flatten().map(|area| area.code.to_owned());
            let code = |code: &Option<Found>| match code {
                Some(found) => Some(found.code.to_string()),
                None => named.next(),
            };
            let codes = by_code.iter().filter_map(code).collect::<Vec<_>>().join(",");
            let problem = format!(
                "is no one area; names hold commas, so give each of several names on its own, or their codes: {codes}"
            );
            Err(vec![InvalidArea::Value(InvalidValue::new("area", text, problem, "tradebind"))])
        }
        looked_up if by_code.iter().any(Option::is_some) => {
            Err(looked_up.into_iter().filter_map(Result::err).map(InvalidArea::Name).collect())
        }
        _ => Err(vec![whole]),
    }
}

/// What people write who mean several areas, or the total.
fn slip(text: &str) -> Option<InvalidValue> {
    let words: Vec<_> = text.split([' ', ';', '+', '/']).filter(|word| !word.is_empty()).collect();
    let wrong = |problem: &str| Some(InvalidValue::new("area", text, problem, "tradebind"));
    if words.len() > 1 && words.iter().all(|word| Found::by_code(word).is_some()) {
        return wrong(&format!("is no one area; between codes stand commas: {}", words.join(",")));
    }
    match text.trim().to_ascii_lowercase().as_str() {
        "world" | "total" | "the world" | "any" | "*" => wrong(
            "is no area; for the total over all of them leave the option out, for each of them give ALL",
        ),
        _ => None,
    }
}

/// One reason why areas could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidArea {
    /// A name that fits none or several areas.
    Name(LookupError),
    /// A rule of the guide that is broken, such as the most countries of a query.
    Value(InvalidValue),
}

impl fmt::Display for InvalidArea {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(error) => error.fmt(f),
            Self::Value(error) => error.fmt(f),
        }
    }
}

/// Areas that could not be read, with every reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidAreas {
    reasons: Vec<InvalidArea>,
}

impl InvalidAreas {
    /// Every reason.
    #[must_use]
    pub fn reasons(&self) -> &[InvalidArea] {
        &self.reasons
    }
}

impl From<InvalidValue> for InvalidAreas {
    fn from(error: InvalidValue) -> Self {
        Self { reasons: vec![InvalidArea::Value(error)] }
    }
}

impl fmt::Display for InvalidAreas {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, reason) in self.reasons.iter().enumerate() {
            write!(f, "{}{reason}", if at == 0 { "" } else { "; " })?;
        }
        Ok(())
    }
}

impl std::error::Error for InvalidAreas {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ListItem as _;

    fn read(words: &[&str]) -> String {
        match AreaSelection::from_words(words) {
            Ok(areas) => format!("{}:{}", areas.class(), areas.codes()),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn every_form_is_read() {
        assert_eq!(read(&["CN"]), "C:CN");
        assert_eq!(read(&["cn, us ,CN"]), "C:CN,US");
        assert_eq!(read(&["deu"]), "C:DE");
        assert_eq!(read(&["Germany", "越南", "中国"]), "C:DE,VN,CN");
        assert_eq!(read(&["Tanzania,United Rep"]), "C:TZ");
        assert_eq!(read(&["all"]), "C:ALL");
        assert_eq!(read(&["ASIA"]), "R:6");
        assert_eq!(read(&["eu"]), "R:EU");
        assert_eq!(read(&["1"]), "R:1");
        assert_eq!(read(&["UK"]), "C:GB");
        assert_eq!(read(&["ZZ"]), "C:ZZ", "a code that the table lacks");
    }

    /// Every name of the table in every language means its own area, commas and all.
    #[test]
    fn every_name_is_read_whole() {
        for area in codes::areas() {
            for name in [area.en, area.tc, area.sc].into_iter().chain(area.aliases.iter().copied()) {
                if codes::find_area(name).is_ok_and(|found| found == area) {
                    let class = if area.kind == AreaKind::Region { "R" } else { "C" };
                    assert_eq!(read(&[name]), format!("{class}:{}", area.code), "{name}");
                }
            }
        }
    }

    #[test]
    fn messages_tell_what_to_do() {
        let many: Vec<_> = codes::areas()
            .iter()
            .filter(|area| area.kind == AreaKind::Country)
            .map(|area| area.code)
            .collect();
        let many = many.get(..=AreaCode::MAX).unwrap().join(",");
        insta::assert_snapshot!(
            [
                read(&["Germany,France"]),
                read(&["CN,Germny"]),
                read(&["Narnia", "Atlantis"]),
                read(&["america"]),
                read(&["CN", "EU"]),
                read(&["EU,OPEC"]),
                read(&["ALL,CN"]),
                read(&["CN US"]),
                read(&["cn;us;JP"]),
                read(&["World"]),
                read(&[""]),
                read(&[","]),
                read(&[&many]),
            ]
            .join("\n")
        );
        assert!(AreaSelection::from_words([many]).is_err_and(|error| {
            error
                .reasons()
                .iter()
                .any(|reason| matches!(reason, InvalidArea::Value(value) if value.is_over_cap()))
        }));
    }
}
