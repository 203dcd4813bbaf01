use crate::codes;
use crate::domain::{AreaClass, AreaCode, AreaList, CodeList, CommodityClass, InvalidValue, Known, Region};

/// Which origins or destinations a query asks for: a class, and codes of that class.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AreaSelection {
    class: AreaClass,
    codes: AreaList,
}

impl AreaSelection {
    /// The areas of a class: at most 30 countries or `ALL` under class C, one region under class R.
    ///
    /// # Errors
    /// Codes that do not fit the class (C&SD query guide, section A and appendix 1).
    pub fn new(class: AreaClass, codes: AreaList) -> Result<Self, InvalidValue> {
        const SOURCE: &str = "C&SD query guide, section A, co and cc, and appendix 1";
        let region = |code: &AreaCode| Region::exact(code.as_str()).is_some();
        let wrong = |problem: String| Err(InvalidValue::new("areas", &codes, problem, SOURCE));
        match class {
            AreaClass::Region if codes.as_slice().len() > 1 => {
                wrong(format!("holds {} regions, at most 1 fits in one query", codes.as_slice().len()))
                    .map_err(InvalidValue::over_cap)
            }
            AreaClass::Region if !codes.iter().all(region) => {
                let known: Vec<_> = Region::VALUES.iter().map(|region| region.as_str()).collect();
                wrong(format!("is not a region; the regions are {}", known.join(", ")))
            }
            AreaClass::Country => {
                let problems: Vec<_> = codes.iter().filter_map(not_a_country).collect();
                if problems.is_empty() { Ok(Self { class, codes }) } else { wrong(problems.join("; ")) }
            }
            AreaClass::Region => Ok(Self { class, codes }),
        }
    }

    /// One region.
    #[must_use]
    pub fn region(region: Region) -> Self {
        Self { class: AreaClass::Region, codes: region.into() }
    }

    /// Region or country.
    #[must_use]
    pub fn class(&self) -> AreaClass {
        self.class
    }

    /// The codes.
    #[must_use]
    pub fn codes(&self) -> &AreaList {
        &self.codes
    }
}

/// Why a code cannot stand under class C: every country of the guide's appendix 1 has two letters.
fn not_a_country(code: &AreaCode) -> Option<String> {
    let text = code.as_str();
    if Region::exact(text).is_some() {
        return Some(format!("{code} is a region, not a country; ask for it alone under class R"));
    }
    if code.is_all() || (text.len() == 2 && text.bytes().all(|b| b.is_ascii_uppercase())) {
        return None;
    }
    let meant = codes::country(text).map(|country| format!("; did you mean {country}?"));
    Some(format!("{code} is not the code of a country, which has two letters{}", meant.unwrap_or_default()))
}

/// Which commodities a query asks for: a class, and codes of as many digits as the class has.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CommoditySelection {
    class: CommodityClass,
    codes: Option<CodeList>,
}

impl CommoditySelection {
    /// The codes of a class; none for end-use categories.
    ///
    /// # Errors
    /// Codes whose digits do not fit the class, codes under EUC, no codes under another class (C&SD query
    /// guide, section A, codeclass and code). That a class needs codes is a rule of ours.
    pub fn new(class: CommodityClass, codes: Option<CodeList>) -> Result<Self, InvalidValue> {
        const SOURCE: &str = "C&SD query guide, section A, codeclass and code";
        let wrong =
            |given: &str, problem: String| Err(InvalidValue::new("commodities", given, problem, SOURCE));
        match (class.digits(), &codes) {
            (None, Some(codes)) => {
                wrong(&codes.to_string(), format!("{class} takes no codes; leave them out"))
            }
            (Some(digits), None) => {
                const TOGETHER: &str = "tradebind: the guide's examples always give class and codes";
                let problem = format!("is given without codes, which have {digits} digits");
                Err(InvalidValue::new("commodity class", class, problem, TOGETHER))
            }
            (Some(digits), Some(list)) => {
                let odd: Vec<_> = list.iter().filter(|code| code.digits() != digits).collect();
                if odd.is_empty() {
                    return Ok(Self { class, codes });
                }
                let odd: Vec<_> = odd.iter().map(|code| format!("{code} has {}", code.digits())).collect();
                wrong(
                    &list.to_string(),
                    format!("codes of {class} have {digits} digits, but {}", odd.join(", ")),
                )
            }
            (None, None) => Ok(Self { class, codes }),
        }
    }

    /// Classification and level.
    #[must_use]
    pub fn class(&self) -> CommodityClass {
        self.class
    }

    /// The codes; `None` for end-use categories.
    #[must_use]
    pub fn codes(&self) -> Option<&CodeList> {
        self.codes.as_ref()
    }
}
