//! Countries and regions.

use std::fmt;

use super::lookup::{self, Entry, LookupError};
use super::tables::AREAS;

/// A country, territory or region that the Hong Kong trade statistics know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Area {
    /// The service's code: `US`, `XA`, `EU`, `1`.
    pub code: &'static str,
    /// Whether queries ask for it as a country or as a region.
    pub kind: AreaKind,
    /// How it relates to ISO 3166-1.
    pub scope: Scope,
    /// The English name in the guide's spelling. The live service may print another one.
    pub en: &'static str,
    /// The name in traditional Chinese.
    pub tc: &'static str,
    /// The name in simplified Chinese.
    pub sc: &'static str,
    /// Other usual names, some of them printed by the live service.
    pub aliases: &'static [&'static str],
    /// Where the code was found.
    pub source: Source,
    /// What to know before using the code.
    pub note: Option<&'static str>,
    /// Both ISO codes or none.
    pub(super) iso: Option<(&'static str, &'static str)>,
}

impl Area {
    /// The ISO 3166-1 alpha-2 code, where one country fits exactly.
    #[must_use]
    pub fn alpha2(&self) -> Option<&'static str> {
        self.iso.map(|(two, _)| two)
    }

    /// The ISO 3166-1 alpha-3 code, where one country fits exactly.
    #[must_use]
    pub fn alpha3(&self) -> Option<&'static str> {
        self.iso.map(|(_, three)| three)
    }
}

/// The code and the English name: `KR KOREA`.
impl fmt::Display for Area {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.code, self.en)
    }
}

/// Whether an area is a country or a region, which queries keep apart (`coclass`, `ccclass`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AreaKind {
    /// A country or territory, class `C`.
    Country,
    /// A group of countries, class `R`.
    Region,
}

/// How an area relates to ISO 3166-1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Scope {
    /// Exactly one ISO country.
    Iso,
    /// The service's own code (`XA` to `XH`) for the places without one.
    Private,
    /// Looks like an ISO country and holds more: `FM` includes Palau.
    Wider,
    /// A region.
    Region,
}

/// Where a code was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Source {
    /// The service's API guide.
    Guide,
    /// Answers of the live service only.
    Observed,
}

/// All countries by code, then all regions by code.
#[must_use]
pub fn areas() -> &'static [Area] {
    AREAS
}

/// The country or region with this code, or the country with this ISO alpha-3 code; upper or lower case.
///
/// `EU` is a region: use [`country`] or [`region`] where only one of the two will do.
#[must_use]
pub fn area(code: &str) -> Option<&'static Area> {
    AREAS.iter().find(|area| area.has_code(code))
}

/// The country with this code or ISO alpha-3 code. Never a region.
#[must_use]
pub fn country(code: &str) -> Option<&'static Area> {
    AREAS.iter().find(|area| area.kind == AreaKind::Country && area.has_code(code))
}

/// The region with this code. Never a country.
#[must_use]
pub fn region(code: &str) -> Option<&'static Area> {
    AREAS.iter().find(|area| area.kind == AreaKind::Region && area.has_code(code))
}

/// Finds a country or region by code, else by full name or alias, else a country by whole words that only its names have.
///
/// Names count in English and both kinds of Chinese; case, accents, punctuation and `the`, `of`, `and` do not. Each step decides before the
/// next is tried, so a full name wins over a longer one that contains it: `korea` is `KR` (the guide's KOREA), `congo` is `CG`, `guinea` is
/// `GN`, `asia` is the region. Part of a word, or of a region's name, finds nothing and only suggests, because the list lacks many places:
/// `Dominica` must not become the Dominican Republic.
///
/// # Errors
/// [`LookupError::Ambiguous`] when several areas fit, [`LookupError::Unknown`] when none does.
pub fn find_area(words: &str) -> Result<&'static Area, LookupError> {
    lookup::find(AREAS, "country or region", words)
}

/// Every country and region whose code is given, or that has all of the words in a name; those named in full come first.
///
/// ```
/// let korea: Vec<_> = tradebind::codes::search_areas("korea").iter().map(|area| area.code).collect();
/// assert_eq!(korea, ["KR", "KP"]);
/// ```
#[must_use]
pub fn search_areas(words: &str) -> Vec<&'static Area> {
    lookup::search(AREAS, words)
}

impl Entry for Area {
    fn code(&self) -> &'static str {
        self.code
    }

    fn has_code(&self, given: &str) -> bool {
        self.code.eq_ignore_ascii_case(given)
            || self.alpha3().is_some_and(|code| code.eq_ignore_ascii_case(given))
    }

    fn names(&self) -> impl Iterator<Item = &'static str> {
        [self.en, self.tc, self.sc].into_iter().chain(self.aliases.iter().copied())
    }

    /// Part of a region's name tends to be another place: Europe (歐洲) is not the European Union (歐洲聯盟).
    fn by_part(&self) -> bool {
        self.kind == AreaKind::Country
    }
}

#[cfg(test)]
#[allow(clippy::expect_used)]
#[path = "area_tests.rs"]
mod tests;
