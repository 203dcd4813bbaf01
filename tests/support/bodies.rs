//! Large bodies in the service's shape, for load: sorted by commodity code, then by country, descriptions on every row, nil
//! rows left out. Areas and chapters are the code tables'; the digits behind a chapter and the figures are invented,
//! and say nothing of trade.

use std::fmt::Write as _;

use tradebind::codes::{AreaKind, areas, hs_chapters};

/// How many countries of the table a code has rows for, by and large: one in so many.
const ONE_IN: u64 = 3;

/// What a body is about.
#[derive(Debug, Clone, Copy)]
pub struct Body<'a> {
    pub rows: usize,
    /// `1` to `5`.
    pub trade_type: u8,
    /// `YYYYMM`.
    pub period: &'a str,
    /// Statistics, one row each.
    pub statistics: &'a [(&'a str, &'a str, &'a str)],
    /// What the keys of descriptions end with.
    pub suffix: &'a str,
}

/// Value alone.
pub const VALUE: (&str, &str, &str) = ("VCm", "Value (by month)", "HK$ '000");
/// Quantity beside it.
#[allow(dead_code, reason = "not every program asks for it")]
pub const QUANTITY: (&str, &str, &str) = ("QCm", "Quantity (by month)", "KILOGRAM");

impl Default for Body<'_> {
    fn default() -> Self {
        Self { rows: 100_000, trade_type: 1, period: "202405", statistics: &[VALUE], suffix: "EN" }
    }
}

impl Body<'_> {
    /// The body, as the service writes it.
    pub fn text(&self) -> String {
        let Self { rows, suffix, .. } = *self;
        let mut text = String::with_capacity(rows * 300 + 1000);
        _ = write!(
            text,
            "{{\"header\":{{\"status\":{{\"name\":\"Success\",\"code\":0,\"description\":\"Query success\",\"apiHelp\":\"\"}},\"count\":{{\"noOfRecords\":{rows},\"started\":\"2024-06-30T09:47:29.8546391+08:00\",\"finished\":\"2024-06-30T09:47:30.1983978+08:00\",\"durationSeconds\":0.3437587}},\"title\":\"Invented figures, for load only\",\"tablenote\":[\"Invented.\"]}},\"dataSet\":["
        );
        let words = ["", "Imports", "Domestic exports", "Re-exports", "Total exports", "Total trade"];
        let kind = words.get(usize::from(self.trade_type)).copied().unwrap_or_default();
        let mut dice =
            Dice(u64::from(self.trade_type) * 1_000_003 + self.period.parse::<u64>().unwrap_or_default());
        let mut countries: Vec<_> = areas().iter().filter(|area| area.kind == AreaKind::Country).collect();
        countries.sort_by_key(|area| area.en);
        // Twice as many codes as are needed by and large.
        let needed = 2 * rows / countries.len() + 2;
        let chapters = hs_chapters().iter().cycle().zip(0..).take(needed);
        let mut codes: Vec<_> = chapters
            .map(|(chapter, number)| {
                (format!("{}{:04}", chapter.code, (number * 37 + 11) % 10_000), chapter.title)
            })
            .collect();
        codes.sort();
        let mut left = rows;
        'all: loop {
            for (code, what) in &codes {
                for country in &countries {
                    if !dice.roll().is_multiple_of(ONE_IN) {
                        continue;
                    }
                    for (sv, sv_desc, unit) in self.statistics {
                        if left == 0 {
                            break 'all;
                        }
                        if left < rows {
                            text.push(',');
                        }
                        left -= 1;
                        let digits = dice.roll() % 7;
                        let figure =
                            dice.roll() % 10u64.pow(u32::try_from(digits).unwrap_or_default() + 1) + 1;
                        _ = write!(
                            text,
                            "{{\"freq\":\"M\",\"period\":\"{}\",\"ttype\":{},\"ttypeDesc{suffix}\":\"{kind}\",\"co\":\"{}\",\"coDesc{suffix}\":\"{}\",\"codeclass\":\"HKHS6\",\"code\":\"{code}\",\"codeDesc{suffix}\":\"{what}; invented item {code} of this chapter\",\"sv\":\"{sv}\",\"svDesc{suffix}\":\"{sv_desc}\",\"unit{suffix}\":\"{unit}\",\"figure\":\"{figure}\"}}",
                            self.period, self.trade_type, country.code, country.en
                        );
                    }
                }
            }
        }
        text.push_str("]}");
        text
    }
}

/// The same numbers in each run.
struct Dice(u64);

impl Dice {
    /// A step of splitmix64.
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}
