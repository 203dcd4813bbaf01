//! The partners of the made-up world: every country of the code table, and who is in which region.

use std::sync::LazyLock;

use crate::codes::{self, Area, AreaKind};
use crate::domain::{Language, Region};

/// A country as the service lists it.
#[derive(Debug)]
pub(in crate::replica) struct Place {
    pub(in crate::replica) code: &'static str,
    area: &'static Area,
}

/// Names that the live service prints in place of the guide's (observed).
const OBSERVED: [(&str, &str); 2] = [("CN", "CHINESE MAINLAND"), ("TR", "TURKIYE")];

static PLACES: LazyLock<Vec<Place>> = LazyLock::new(|| {
    let countries = codes::areas().iter().filter(|area| area.kind == AreaKind::Country);
    let mut places: Vec<_> = countries.map(|area| Place { code: area.code, area }).collect();
    places.sort_by_key(|place| place.name(Language::English));
    places
});

/// Every country, by English name, as rows sort (observed).
pub(in crate::replica) fn places() -> &'static [Place] {
    &PLACES
}

/// Where a country stands among them.
pub(in crate::replica) fn place(code: &str) -> Option<usize> {
    places().iter().position(|place| place.code == code)
}

impl Place {
    pub(in crate::replica) fn name(&self, language: Language) -> &'static str {
        match language {
            Language::English => OBSERVED
                .iter()
                .find(|(code, _)| *code == self.code)
                .map_or(self.area.en, |(_, observed)| *observed),
            Language::TraditionalChinese => self.area.tc,
            Language::SimplifiedChinese => self.area.sc,
        }
    }

    fn is_in(&self, region: Region) -> bool {
        members(region).split(' ').any(|code| code == self.code)
    }
}

/// Codes of the members of a region, by English name.
pub(in crate::replica) fn codes_of(group: Region) -> Vec<&'static str> {
    region(group).into_iter().filter_map(|at| places().get(at)).map(|place| place.code).collect()
}

/// Where the members of a region stand.
pub(in crate::replica) fn region(region: Region) -> Vec<usize> {
    (0..places().len()).filter(|at| places()[*at].is_in(region)).collect()
}

/// Members of a region. The regions of the earth are the blocks in which the guide's appendix 1 lists the countries,
/// with Hong Kong, which it lacks, put to Asia. Who is in which union is assumed: members of 2024 for all years.
fn members(region: Region) -> &'static str {
    match region {
        Region::Apec => "AU BN CA CL CN HK ID JP KR MX MY NZ PE PG PH RU SG TH TW US VN",
        Region::Asean => "BN ID KH LA MM MY PH SG TH VN",
        Region::EuropeanUnion => {
            "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK"
        }
        Region::Opec => "AE CG DZ GA GQ IQ IR KW LY NG SA VE",
        Region::NorthAmerica => "US GL CA XA",
        Region::WesternEurope => {
            "FI SE NO DK CH PT AT LI LU DE NL BE FR IT VA SM AD ES GR TR IS IE BA HR SI MK ME RS EE LV LT GI MT GB XB"
        }
        Region::CisAndEasternEurope => "AL BG CZ SK HU PL RO AM AZ BY GE KZ KG MD RU TJ TM UA UZ XC",
        Region::CentralAndSouthAmerica => {
            "AR BO BR CL CO CR CU DO EC SV GT HT HN MX NI PA PY PE UY VE SR AW PR BS BB GY BZ JM GD TT VI XD"
        }
        Region::MiddleEast => "BH IQ IL JO KW LB OM QA SA SY AE YE CY XE",
        Region::Asia => "KH TW ID LA MO PH KR TH JP MM CN KP VN AF NP PK IR BT MV MN XF BN LK IN MY SG BD HK",
        Region::Africa => {
            "DZ MA TN LY EG SD ET DJ SO KM MZ MG ML MR SN GW GN LR CI SS BF TG BJ NE TD CF CM GQ GA CG CD AO ZA RW BI \
             NA CV ST MW ZM GM BW LS SC XG GH KE MU NG ZW SL TZ UG SZ"
        }
        Region::AustralasiaAndOceania => "XH UM AS GU MH MP TK KI TV PN FM TO WS NR AU SB FJ NZ VU PG",
    }
}

/// A month's trade with the larger partners, in HK$ million: imports, exports. The sizes are round, and ours.
pub(super) const LARGE: [(&str, u32, u32); 24] = [
    ("CN", 180_000, 190_000),
    ("US", 19_000, 28_000),
    ("TW", 28_000, 8_000),
    ("SG", 26_000, 6_000),
    ("KR", 23_000, 5_000),
    ("JP", 22_000, 11_000),
    ("MY", 14_000, 3_000),
    ("TH", 8_000, 5_000),
    ("IN", 8_000, 11_000),
    ("PH", 7_000, 3_500),
    ("DE", 7_000, 7_000),
    ("VN", 6_000, 7_500),
    ("CH", 6_000, 2_500),
    ("GB", 6_000, 5_500),
    ("FR", 6_000, 3_500),
    ("IT", 5_000, 2_500),
    ("NL", 2_500, 6_500),
    ("AE", 4_000, 5_000),
    ("AU", 2_500, 3_500),
    ("ID", 2_500, 2_500),
    ("BR", 1_800, 1_500),
    ("MX", 900, 2_400),
    ("MO", 100, 4_500),
    ("HK", 900, 0),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_country_is_in_one_region_of_the_earth_and_every_member_is_known() {
        let (unions, earth) = Region::VALUES.split_at(4);
        for place in places() {
            let homes = earth.iter().filter(|region| place.is_in(**region)).count();
            assert_eq!(homes, 1, "{}", place.code);
        }
        for group in unions.iter().chain(earth) {
            assert_eq!(region(*group).len(), members(*group).split(' ').count(), "{group}");
        }
    }

    #[test]
    fn names_are_those_of_the_live_service() {
        let name = |code: &str| place(code).map(|at| places()[at].name(Language::English));
        assert_eq!((name("CN"), name("TR")), (Some("CHINESE MAINLAND"), Some("TURKIYE")));
        assert!(places().is_sorted_by_key(|place| place.name(Language::English)));
    }
}
