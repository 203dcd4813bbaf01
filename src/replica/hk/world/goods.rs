//! The commodities that the made-up world knows.
//!
//! Numbers of four and six digits are the Harmonized System's. Titles, units, the codes of eight digits and those of
//! the end-use categories are this project's own: the service's list is not in its guide.

use std::sync::LazyLock;

use crate::codes::{hs_chapter, sitc_section};
use crate::domain::{CommodityClass, Language};

/// Years 2012 to 2016, 2017 to 2021, from 2022 on: the editions of the Harmonized System (observed).
const HS2012: u8 = 1;
const HS2017: u8 = 2;
const HS2022: u8 = 4;
const EVERY: u8 = HS2012 | HS2017 | HS2022;
/// Editions before that of 2022.
const OLD: u8 = HS2012 | HS2017;

/// What a quantity is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::replica) enum Unit {
    Kilogram,
    Gram,
    Litre,
    Number,
    Carat,
    KilowattHour,
}

impl Unit {
    /// Only the English word for a kilogram is observed.
    pub(in crate::replica) fn name(self, language: Language) -> &'static str {
        let [en, tc, sc] = match self {
            Self::Kilogram => ["KILOGRAM", "公斤", "公斤"],
            Self::Gram => ["GRAM", "克", "克"],
            Self::Litre => ["LITRE", "公升", "公升"],
            Self::Number => ["NUMBER", "數目", "数目"],
            Self::Carat => ["CARAT", "卡拉", "卡拉"],
            Self::KilowattHour => ["KILOWATT HOUR", "千瓦時", "千瓦时"],
        };
        match language {
            Language::English => en,
            Language::TraditionalChinese => tc,
            Language::SimplifiedChinese => sc,
        }
    }
}

/// A subheading of six digits.
struct Line {
    code: &'static str,
    title: &'static str,
    section: u8,
    end_use: u8,
    unit: Unit,
    /// HK$ for one unit, about.
    price: u32,
    /// Share of all trade, in parts of about ten thousand.
    weight: u32,
    editions: u8,
}

const fn line(
    (code, title): (&'static str, &'static str),
    (section, end_use): (u8, u8),
    (unit, price): (Unit, u32),
    weight: u32,
    editions: u8,
) -> Line {
    Line { code, title, section, end_use, unit, price, weight, editions }
}

/// Categories by end use, by their place in [`END_USES`].
const FOOD: u8 = 0;
const CONSUMER: u8 = 1;
const MATERIAL: u8 = 2;
const FUEL: u8 = 3;
const CAPITAL: u8 = 4;

const END_USES: [(&str, &str); 5] = [
    ("1", "Foodstuffs"),
    ("2", "Consumer goods"),
    ("3", "Raw materials and semi-manufactures"),
    ("4", "Fuels"),
    ("5", "Capital goods"),
];

const HEADINGS: [(&str, &str); 27] = [
    ("0901", "Coffee"),
    ("0902", "Tea"),
    ("0904", "Pepper and chillies"),
    ("1001", "Wheat"),
    ("1005", "Maize"),
    ("1006", "Rice"),
    ("2203", "Beer"),
    ("2204", "Wine of grapes"),
    ("2208", "Spirits and liqueurs"),
    ("2710", "Oils of petroleum, not crude"),
    ("2711", "Gases of petroleum"),
    ("2716", "Electricity"),
    ("3002", "Blood, vaccines and cultures"),
    ("3004", "Medicines in doses"),
    ("6109", "T-shirts and vests, knitted"),
    ("6110", "Jerseys and cardigans, knitted"),
    ("7102", "Diamonds"),
    ("7108", "Gold"),
    ("7113", "Jewellery of precious metal"),
    ("8471", "Computers"),
    ("8473", "Parts of office machines"),
    ("8485", "Machines for additive manufacturing"),
    ("8517", "Telephones and network apparatus"),
    ("8523", "Media for recording"),
    ("8524", "Flat panel display modules"),
    ("8542", "Integrated circuits"),
    ("9018", "Medical instruments"),
];

const LINES: &[Line] = &[
    line(("090111", "Coffee, not roasted"), (0, FOOD), (Unit::Kilogram, 30), 4, EVERY),
    line(("090121", "Coffee, roasted"), (0, FOOD), (Unit::Kilogram, 90), 5, EVERY),
    line(("090210", "Green tea in small packs"), (0, FOOD), (Unit::Kilogram, 120), 3, EVERY),
    line(("090240", "Black tea in bulk"), (0, FOOD), (Unit::Kilogram, 45), 4, EVERY),
    line(("090411", "Pepper, whole"), (0, FOOD), (Unit::Kilogram, 50), 1, EVERY),
    line(("100199", "Wheat"), (0, FOOD), (Unit::Kilogram, 3), 3, EVERY),
    line(("100590", "Maize"), (0, FOOD), (Unit::Kilogram, 3), 2, EVERY),
    line(("100610", "Rice in the husk"), (0, FOOD), (Unit::Kilogram, 5), 1, EVERY),
    line(("100630", "Rice, milled"), (0, FOOD), (Unit::Kilogram, 8), 7, EVERY),
    line(("100640", "Rice, broken"), (0, FOOD), (Unit::Kilogram, 4), 1, EVERY),
    line(("220300", "Beer"), (1, FOOD), (Unit::Litre, 9), 5, EVERY),
    line(("220410", "Sparkling wine"), (1, FOOD), (Unit::Litre, 150), 6, EVERY),
    line(("220421", "Wine in small bottles"), (1, FOOD), (Unit::Litre, 200), 24, EVERY),
    line(("220820", "Brandy"), (1, FOOD), (Unit::Litre, 300), 8, EVERY),
    line(("220830", "Whisky"), (1, FOOD), (Unit::Litre, 180), 7, EVERY),
    line(("271012", "Light oils"), (3, FUEL), (Unit::Litre, 5), 40, EVERY),
    line(("271019", "Heavier oils"), (3, FUEL), (Unit::Litre, 4), 130, EVERY),
    line(("271121", "Natural gas"), (3, FUEL), (Unit::Kilogram, 4), 20, EVERY),
    line(("271600", "Electricity"), (3, FUEL), (Unit::KilowattHour, 1), 15, EVERY),
    line(("300220", "Vaccines for people, edition of 2012"), (5, CONSUMER), (Unit::Kilogram, 9000), 9, OLD),
    line(("300241", "Vaccines for people"), (5, CONSUMER), (Unit::Kilogram, 9000), 9, HS2022),
    line(("300420", "Medicines with antibiotics"), (5, CONSUMER), (Unit::Kilogram, 900), 10, EVERY),
    line(("300490", "Other medicines"), (5, CONSUMER), (Unit::Kilogram, 1200), 45, EVERY),
    line(("610910", "T-shirts of cotton"), (8, CONSUMER), (Unit::Number, 35), 40, EVERY),
    line(("610990", "T-shirts of other textiles"), (8, CONSUMER), (Unit::Number, 40), 20, EVERY),
    line(("611020", "Jerseys of cotton"), (8, CONSUMER), (Unit::Number, 60), 45, EVERY),
    line(("611030", "Jerseys of man-made fibres"), (8, CONSUMER), (Unit::Number, 55), 35, EVERY),
    line(("710239", "Diamonds, worked"), (6, CONSUMER), (Unit::Carat, 2500), 160, EVERY),
    line(("710812", "Gold, unwrought"), (9, MATERIAL), (Unit::Gram, 350), 260, EVERY),
    line(("711319", "Jewellery of gold and platinum"), (8, CONSUMER), (Unit::Gram, 250), 150, EVERY),
    line(("847130", "Portable computers"), (7, CAPITAL), (Unit::Number, 3500), 190, EVERY),
    line(("847150", "Processing units"), (7, CAPITAL), (Unit::Number, 5000), 90, EVERY),
    line(("847170", "Storage units"), (7, CAPITAL), (Unit::Number, 900), 150, EVERY),
    line(("847330", "Parts of computers"), (7, CAPITAL), (Unit::Kilogram, 900), 320, EVERY),
    line(
        ("848510", "Machines for additive manufacturing in metal"),
        (7, CAPITAL),
        (Unit::Number, 90_000),
        4,
        HS2022,
    ),
    line(("851712", "Mobile telephones, edition of 2012"), (7, CONSUMER), (Unit::Number, 900), 560, OLD),
    line(("851713", "Smartphones"), (7, CONSUMER), (Unit::Number, 1400), 520, HS2022),
    line(("851714", "Mobile telephones, not smart"), (7, CONSUMER), (Unit::Number, 120), 40, HS2022),
    line(("851762", "Apparatus for networks"), (7, CAPITAL), (Unit::Number, 800), 260, EVERY),
    line(("852351", "Solid-state storage"), (7, CAPITAL), (Unit::Number, 120), 120, EVERY),
    line(("852411", "Display modules of liquid crystals"), (7, MATERIAL), (Unit::Number, 200), 90, HS2022),
    line(("854231", "Processors and controllers"), (7, MATERIAL), (Unit::Number, 20), 620, EVERY),
    line(("854232", "Memories"), (7, MATERIAL), (Unit::Number, 12), 480, EVERY),
    line(("854239", "Other integrated circuits"), (7, MATERIAL), (Unit::Number, 4), 410, EVERY),
    line(("901890", "Medical instruments"), (8, CAPITAL), (Unit::Number, 500), 20, EVERY),
];

/// What a section of the SITC holds beside the lines: weight and end use.
const REST: [(u32, u8); 10] = [
    (230, FOOD),
    (40, FOOD),
    (60, MATERIAL),
    (30, FUEL),
    (6, MATERIAL),
    (380, MATERIAL),
    (420, MATERIAL),
    (5200, CAPITAL),
    (900, CONSUMER),
    (30, MATERIAL),
];

/// The smallest thing that figures are made for: a code of eight digits, or the rest of a section.
#[derive(Debug)]
pub(in crate::replica) struct Good {
    /// Empty for a rest.
    code: String,
    section: u8,
    end_use: u8,
    pub(in crate::replica) unit: Option<Unit>,
    pub(in crate::replica) price: u32,
    pub(in crate::replica) weight: u32,
    editions: u8,
}

static GOODS: LazyLock<Vec<Good>> = LazyLock::new(|| {
    let mut goods = Vec::new();
    for line in LINES {
        let items = items(line.code);
        // The first item has half of the line, so that items differ.
        let shares = line.weight.div_ceil(u32::try_from(items.len()).unwrap_or(1));
        goods.extend(items.iter().map(|item| Good {
            code: format!("{}{item}", line.code),
            section: line.section,
            end_use: line.end_use,
            unit: Some(line.unit),
            price: line.price,
            weight: shares,
            editions: line.editions,
        }));
    }
    goods.extend((0u8..).zip(REST).map(|(section, (weight, end_use))| Good {
        code: String::new(),
        section,
        end_use,
        unit: None,
        price: 1,
        weight,
        editions: EVERY,
    }));
    goods
});

/// All that figures are made for, by code; the rests of the sections last.
pub(in crate::replica) fn goods() -> &'static [Good] {
    &GOODS
}

/// Where the rest of the largest section stands, which takes up what others leave.
pub(in crate::replica) fn balancing() -> usize {
    let rests = goods().len() - REST.len();
    let largest = (0..REST.len()).max_by_key(|section| REST.get(*section).map(|(weight, _)| *weight));
    rests + largest.unwrap_or_default()
}

/// The last two digits of the items of a line: one to three, by its number.
fn items(line: &str) -> &'static [&'static str] {
    match line.bytes().map(u32::from).sum::<u32>() % 3 {
        0 => &["00"],
        1 => &["10", "90"],
        _ => &["10", "20", "90"],
    }
}

/// The edition of a year.
fn edition(year: u16) -> u8 {
    match year {
        ..2017 => HS2012,
        2017..2022 => HS2017,
        _ => HS2022,
    }
}

impl Good {
    /// Whether it is in the edition of a year.
    pub(in crate::replica) fn is_in(&self, year: u16) -> bool {
        self.editions & edition(year) != 0
    }

    fn belongs(&self, class: CommodityClass, code: &str) -> bool {
        match class {
            CommodityClass::Hs2 | CommodityClass::Hs4 | CommodityClass::Hs6 | CommodityClass::Hs8 => {
                !self.code.is_empty() && self.code.starts_with(code)
            }
            CommodityClass::Sitc1 => code.parse() == Ok(self.section),
            CommodityClass::EndUse => {
                END_USES.get(usize::from(self.end_use)).is_some_and(|(number, _)| *number == code)
            }
            // None is declared.
            CommodityClass::Sitc2 | CommodityClass::Sitc3 | CommodityClass::Sitc5 => false,
        }
    }

    /// Whether a class counts quantities: not at four digits (reported), nor above and elsewhere (assumed).
    pub(in crate::replica) fn counted(class: CommodityClass) -> bool {
        matches!(class, CommodityClass::Hs6 | CommodityClass::Hs8)
    }
}

/// A code that was asked for, and what it holds.
#[derive(Debug, Clone)]
pub(in crate::replica) struct Group {
    pub(in crate::replica) code: String,
    pub(in crate::replica) title: String,
    pub(in crate::replica) members: Vec<usize>,
}

/// What a code holds; `None` for one that is not declared, or that an edition of these years lacks.
pub(in crate::replica) fn group(
    class: CommodityClass,
    code: &str,
    years: std::ops::RangeInclusive<u16>,
) -> Option<Group> {
    let all = goods();
    let members: Vec<usize> = (0..all.len()).filter(|at| all[*at].belongs(class, code)).collect();
    let held = members.iter().fold(0, |held, at| held | all[*at].editions);
    let needed = years.fold(0, |needed, year| needed | edition(year));
    (!members.is_empty() && held & needed == needed).then(|| Group {
        code: code.to_owned(),
        title: title(class, code),
        members,
    })
}

/// What a declared code holds, whatever its edition.
pub(in crate::replica) fn any_edition(class: CommodityClass, code: &str) -> Option<Group> {
    [2012, 2017, 2022].into_iter().find_map(|year| group(class, code, year..=year))
}

/// Every declared code of a class, in order, whatever its edition.
pub(in crate::replica) fn declared(class: CommodityClass) -> Vec<String> {
    let mut codes: Vec<String> = match (class, class.digits()) {
        (CommodityClass::Sitc1, _) => (0..REST.len()).map(|section| section.to_string()).collect(),
        (CommodityClass::EndUse, _) => END_USES.iter().map(|(code, _)| (*code).to_owned()).collect(),
        (CommodityClass::Sitc2 | CommodityClass::Sitc3 | CommodityClass::Sitc5, _) | (_, None) => Vec::new(),
        (_, Some(digits)) => {
            goods().iter().filter_map(|good| good.code.get(..digits)).map(str::to_owned).collect()
        }
    };
    codes.sort();
    codes.dedup();
    codes
}

fn title(class: CommodityClass, code: &str) -> String {
    let of = |table: &[(&'static str, &'static str)]| {
        table.iter().find(|(known, _)| *known == code).map(|(_, title)| (*title).to_owned())
    };
    let line = |code: &str| LINES.iter().find(|line| line.code == code).map(|line| line.title);
    let title = match class {
        CommodityClass::Hs2 => hs_chapter(code).map(|chapter| chapter.title.to_owned()),
        CommodityClass::Hs4 => of(&HEADINGS),
        CommodityClass::Hs6 => line(code).map(str::to_owned),
        CommodityClass::Hs8 => code.split_at_checked(6).and_then(|(six, item)| {
            let title = line(six)?;
            Some(if item == "00" { title.to_owned() } else { format!("{title}: item {item}") })
        }),
        CommodityClass::Sitc1 => sitc_section(code).map(|section| section.title.to_owned()),
        CommodityClass::EndUse => of(&END_USES),
        CommodityClass::Sitc2 | CommodityClass::Sitc3 | CommodityClass::Sitc5 => None,
    };
    title.unwrap_or_default()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn ten_chapters_go_down_to_eight_digits_and_each_code_has_a_title() {
        assert_eq!(declared(CommodityClass::Hs2).len(), 10);
        for class in CommodityClass::VALUES {
            for code in declared(*class) {
                assert!(!title(*class, &code).is_empty(), "{class} {code}");
                assert_eq!(class.digits().unwrap_or(1), code.len());
            }
        }
        assert_eq!(HEADINGS.len(), declared(CommodityClass::Hs4).len());
        assert_eq!(goods()[balancing()].section, 7);
    }

    #[test]
    fn a_code_that_an_edition_changed_is_refused_outside_its_years() {
        let known = |code: &str, years| {
            let class = if code.len() == 4 { CommodityClass::Hs4 } else { CommodityClass::Hs6 };
            group(class, code, years).is_some()
        };
        assert!(known("851712", 2012..=2021) && !known("851712", 2021..=2022));
        assert!(!known("851713", 2012..=2022) && known("851713", 2022..=2026));
        assert!(known("8517", 2012..=2026) && known("100630", 2012..=2026), "others run through");
        assert!(!known("8524", 2021..=2021) && known("8524", 2022..=2022));
        assert!(!known("9999", 2018..=2018));
    }
}
