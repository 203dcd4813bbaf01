use std::fmt;
use std::str::FromStr;

use super::wire::{schema, text_serde, wire_enum};
use super::{CommaList, InvalidValue, ListItem};

const SOURCE: &str = "C&SD query guide, section A, code, and appendix 2";

wire_enum! {
    /// Classification and level of commodity codes: the parameter and row key `codeclass`.
    CommodityClass, what: "commodity class", source: "C&SD query guide, section A, codeclass", numeric: false,
    {
        /// Hong Kong Harmonized System, chapters (2 digits).
        Hs2 = "HKHS2", "hs2";
        /// Hong Kong Harmonized System, headings (4 digits).
        Hs4 = "HKHS4", "hs4";
        /// Hong Kong Harmonized System, subheadings (6 digits).
        Hs6 = "HKHS6", "hs6";
        /// Hong Kong Harmonized System, items (8 digits).
        Hs8 = "HKHS8", "hs8";
        /// Standard International Trade Classification, sections (1 digit).
        Sitc1 = "SITC1", "sitc-section";
        /// Standard International Trade Classification, divisions (2 digits).
        Sitc2 = "SITC2", "sitc-division";
        /// Standard International Trade Classification, groups (3 digits).
        Sitc3 = "SITC3", "sitc-group";
        /// Standard International Trade Classification, items (5 digits); there is no level of 4 digits.
        Sitc5 = "SITC5", "sitc-item";
        /// End-use categories; takes no codes.
        EndUse = "EUC", "end-use";
    }
}

impl CommodityClass {
    /// The level of the Hong Kong Harmonized System whose codes have so many digits: 2, 4, 6 or 8.
    #[must_use]
    pub fn hs(digits: usize) -> Option<Self> {
        [Self::Hs2, Self::Hs4, Self::Hs6, Self::Hs8].into_iter().find(|class| class.digits() == Some(digits))
    }

    /// The level of the Standard International Trade Classification whose codes have so many digits: 1, 2, 3 or 5.
    #[must_use]
    pub fn sitc(digits: usize) -> Option<Self> {
        [Self::Sitc1, Self::Sitc2, Self::Sitc3, Self::Sitc5]
            .into_iter()
            .find(|class| class.digits() == Some(digits))
    }

    /// Digits of a code of the class; `None` for end-use categories, which take no codes.
    #[must_use]
    pub fn digits(self) -> Option<usize> {
        match self {
            Self::Sitc1 => Some(1),
            Self::Hs2 | Self::Sitc2 => Some(2),
            Self::Sitc3 => Some(3),
            Self::Hs4 => Some(4),
            Self::Sitc5 => Some(5),
            Self::Hs6 => Some(6),
            Self::Hs8 => Some(8),
            Self::EndUse => None,
        }
    }
}

/// Code of a commodity, as text: 1 to 8 digits, leading zeros kept.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CommodityCode(String);

impl CommodityCode {
    /// The digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// How many digits it has.
    #[must_use]
    pub fn digits(&self) -> usize {
        self.0.len()
    }
}

impl fmt::Display for CommodityCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl FromStr for CommodityCode {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        let code = text.trim();
        if (1..=8).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_digit()) {
            Ok(Self(code.to_owned()))
        } else {
            let problem = format!("must be 1 to 8 digits, such as 1006{}", meant(code).unwrap_or_default());
            Err(InvalidValue::new("commodity code", text, problem, SOURCE))
        }
    }
}

/// What seems to be meant by a text that is no code.
fn meant(text: &str) -> Option<String> {
    let parts: Vec<_> = text.split([' ', ';']).filter(|part| !part.is_empty()).collect();
    let are_codes = parts.len() > 1 && parts.iter().all(|part| part.parse::<CommodityCode>().is_ok());
    // Printed tariffs part the digits, four first (SITC: three) and two and two behind them.
    let short = parts.first().is_some_and(|part| part.len() < 3);
    if are_codes && (text.contains(';') || short || parts.iter().skip(1).any(|part| part.len() > 2)) {
        return Some(format!("; between codes stand commas: {}", parts.join(",")));
    }
    let bare: String = text.chars().filter(|c| !matches!(c, '.' | ' ')).collect();
    (bare != text && bare.parse::<CommodityCode>().is_ok()).then(|| format!("; write {bare}"))
}

text_serde!(CommodityCode, "a commodity code as text, since leading zeros count");

schema!(CommodityCode, { "type": "string", "pattern": "^[0-9]{1,8}$" });

/// Commodity codes of one query, at most 20.
pub type CodeList = CommaList<CommodityCode>;

impl ListItem for CommodityCode {
    const LIST: &'static str = "commodity codes";
    const ITEMS: &'static str = "codes";
    const NAME: &'static str = "CodeList";
    const MAX: usize = 20;
    const SOURCE: &'static str = SOURCE;
}
