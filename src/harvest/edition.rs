//! Editions of the Harmonized System.

use crate::domain::{CommodityClass, Frequency, Period, PeriodPair};

/// The first years of the editions after that of 2012: HS2012 to 2016, HS2017 to 2021, HS2022 from then on (observed).
const BORDERS: [u16; 2] = [2017, 2022];

/// The parts of a range between the borders of editions; the range itself where it crosses none, or where the class has no
/// editions. A code that an edition changed is refused outside its years, others run through (observed).
pub(super) fn parts(class: Option<CommodityClass>, range: PeriodPair) -> Vec<PeriodPair> {
    let has_editions = class.is_some_and(|class| {
        matches!(class, CommodityClass::Hs2 | CommodityClass::Hs4 | CommodityClass::Hs6 | CommodityClass::Hs8)
    });
    if !has_editions {
        return vec![range];
    }
    let first = |year: u16| match range.frequency() {
        Frequency::Annual => Period::annual(year),
        Frequency::Monthly => Period::monthly(year, 1),
    };
    let (mut parts, mut rest) = (Vec::new(), range);
    for border in BORDERS.into_iter().filter_map(|year| first(year).ok()) {
        let before = border.months_before(1).and_then(|before| PeriodPair::new(rest.start(), before));
        let after = PeriodPair::new(border, rest.end());
        if let (Ok(before), Ok(after)) = (before, after) {
            parts.push(before);
            rest = after;
        }
    }
    parts.push(rest);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_cut_at_borders() {
        let parts = |text: &str| {
            let parts = parts(Some(CommodityClass::Hs6), text.parse().unwrap());
            parts.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(parts("201201..202605"), "201201,201612 201701,202112 202201,202605");
        assert_eq!(parts("201612..201701"), "201612,201612 201701,201701");
        assert_eq!(parts("2016..2022"), "2016,2016 2017,2021 2022,2022");
        assert_eq!(parts("202201..202605"), "202201,202605");
        let sitc = super::parts(Some(CommodityClass::Sitc1), "2016..2022".parse().unwrap());
        assert_eq!(sitc, ["2016..2022".parse().unwrap()]);
    }
}
