use std::fmt;
use std::str::FromStr;

use super::wire::{schema, text_serde, wire_enum};
use super::{CommaList, InvalidValue, ListItem};

const SOURCE: &str = "C&SD query guide, section A, co and cc, and appendix 1";

wire_enum! {
    /// What a list of areas holds: the parameters `coclass` and `ccclass`.
    AreaClass, what: "area class", source: "C&SD query guide, section A, coclass and ccclass", numeric: false,
    {
        /// Regions.
        Region = "R", "region";
        /// Countries and territories.
        Country = "C", "country";
    }
}

wire_enum! {
    /// A region of the guide; one at most fits in a query.
    ///
    /// `EU` looks like a country and is none.
    Region, what: "region", source: "C&SD query guide, appendix 1", numeric: false,
    {
        /// Asia-Pacific Economic Cooperation.
        Apec = "APEC", "apec";
        /// Association of Southeast Asian Nations.
        Asean = "ASEA", "asean";
        /// European Union.
        EuropeanUnion = "EU", "european-union";
        /// Organization of the Petroleum Exporting Countries.
        Opec = "OPEC", "opec";
        /// North America.
        NorthAmerica = "1", "north-america";
        /// Western Europe.
        WesternEurope = "2", "western-europe";
        /// Commonwealth of Independent States and Eastern Europe.
        CisAndEasternEurope = "3", "cis-and-eastern-europe";
        /// Central and South America.
        CentralAndSouthAmerica = "4", "central-and-south-america";
        /// Middle East.
        MiddleEast = "5", "middle-east";
        /// Asia.
        Asia = "6", "asia";
        /// Africa.
        Africa = "7", "africa";
        /// Australasia and Oceania.
        AustralasiaAndOceania = "8", "australasia-and-oceania";
    }
}

wire_enum! {
    /// Whether figures are broken down by mode of transport: the parameter `tm`, left out unless asked for.
    TransportChoice, what: "transport choice", source: "C&SD query guide, section A, tm", numeric: false,
    {
        /// By mode of transport.
        ByMode = "Y", "by-mode";
    }
}

/// Code of a country, territory or region, or `ALL`: an item of the parameters `co` and `cc`.
///
/// Any text of one to four letters or digits is taken, since the service knows codes that its guide lacks
/// (observed); [`crate::codes`] has those of the guide. Held in capitals: `NO` is Norway, `NA` Namibia.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AreaCode(String);

impl AreaCode {
    /// The code in capitals.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it stands for every country.
    #[must_use]
    pub fn is_all(&self) -> bool {
        self.0 == "ALL"
    }
}

impl From<Region> for AreaCode {
    fn from(region: Region) -> Self {
        Self(region.as_str().to_owned())
    }
}

impl From<Region> for AreaList {
    fn from(region: Region) -> Self {
        Self::single(region.into())
    }
}

impl fmt::Display for AreaCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl FromStr for AreaCode {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        let code = text.trim();
        if (1..=4).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_alphanumeric()) {
            Ok(Self(code.to_ascii_uppercase()))
        } else {
            Err(InvalidValue::new(
                "area code",
                text,
                "must be 1 to 4 letters or digits, such as CN; `tradebind::codes::find_area` finds the code of a name",
                SOURCE,
            ))
        }
    }
}

text_serde!(AreaCode, "an area code");

schema!(AreaCode, { "type": "string", "pattern": "^[A-Z0-9]{1,4}$" });

/// Areas of one query: at most 30 countries, or `ALL` alone, or one region alone.
pub type AreaList = CommaList<AreaCode>;

impl ListItem for AreaCode {
    const LIST: &'static str = "areas";
    const ITEMS: &'static str = "countries";
    const NAME: &'static str = "AreaList";
    const MAX: usize = 30;
    const SOURCE: &'static str = SOURCE;

    fn whole(items: &[Self]) -> Result<(), String> {
        match items {
            [_] => Ok(()),
            several if several.iter().any(Self::is_all) => {
                Err("ALL stands alone; leave out the other codes".to_owned())
            }
            _ => Ok(()),
        }
    }
}
