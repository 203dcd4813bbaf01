//! Cells of a table: found twice, and sums that must agree. 24 bytes a row.

use std::hash::{DefaultHasher, Hasher};

use super::exact::{Exact, written};
use super::{At, Ending, Remark};

/// What a row counts, in 16 bytes: a hash of its frequency, period, statistic, commodity and the like with trade type and unit in
/// the last eleven bits, and the codes of origin and destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Key {
    hash: u64,
    origin: u32,
    consignee: u32,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Cell {
    key: Key,
    figure: Exact,
}

/// Whatever its unit, a cell is there once; only figures of one unit are summed.
const UNIT: u64 = 0xff;
const TYPE_AT: u32 = UNIT.count_ones();
const TYPE: u64 = 7 << TYPE_AT;
const TABLE: u64 = !(TYPE | UNIT);
/// How many heaps many cells lie in, by their hash: each stays small, so that none needs much room to grow or to be sorted.
const HEAPS: usize = 256;
/// How many cells lie in one heap, since most payloads have no more.
const FEW: usize = if cfg!(test) { 3 } else { 4096 };

impl Cell {
    /// `trade_type` is 1 to 5, or 0 where it is none of them; the unit is a number of [`Units`].
    pub fn new(hash: u64, trade_type: u8, unit: u8, codes: [Option<&str>; 2], figure: Exact) -> Self {
        let [origin, consignee] = codes.map(packed);
        let hash = (hash & TABLE) | u64::from(trade_type) << TYPE_AT | u64::from(unit);
        Self { key: Key { hash, origin, consignee }, figure }
    }

    pub fn key(self) -> Key {
        Key { hash: self.key.hash & !UNIT, ..self.key }
    }

    fn trade_type(self) -> u64 {
        (self.key.hash & TYPE) >> TYPE_AT
    }

    fn unit(self) -> u64 {
        self.key.hash & UNIT
    }

    /// Its figure and what the last place of that counts, where it can be summed.
    fn figure(self) -> Option<(i128, i128)> {
        (self.unit() != UNIT).then_some(self.figure.value()?).zip(self.figure.step())
    }
}

/// The units of a payload, by number.
#[derive(Debug, Default)]
pub(super) struct Units {
    /// That of the row before: mostly that of the next.
    last: (String, u8),
    /// By their hashes, since a text may be of any length.
    known: Vec<u64>,
}

impl Units {
    /// 0 for none. Those beyond the 254th are all 255, which is summed with nothing.
    pub fn number(&mut self, unit: &str) -> u8 {
        if !unit.is_empty() && self.last.0 != unit {
            let mut hasher = DefaultHasher::new();
            hasher.write(unit.as_bytes());
            let hash = hasher.finish();
            let known = self.known.iter().position(|known| *known == hash);
            let at = known.unwrap_or(self.known.len()).min(254);
            if known.is_none() && at < 254 {
                self.known.push(hash);
            }
            self.last.0.clear();
            self.last.0.push_str(unit);
            self.last.1 = u8::try_from(at + 1).unwrap_or(u8::MAX);
        }
        if unit.is_empty() { 0 } else { self.last.1 }
    }
}

/// A code of up to four letters in a number; 0 is none. Longer ones, which another rule refuses, are mixed.
fn packed(code: Option<&str>) -> u32 {
    let Some(code) = code else { return 0 };
    let seed = if code.len() <= 4 { 0 } else { 0x8000_0000 };
    code.bytes().fold(seed, |packed: u32, byte| packed.rotate_left(8) ^ u32::from(byte)).max(1)
}

/// Regions, which overlap with the countries in them.
fn is_region(code: u32) -> bool {
    let known = crate::domain::Region::VALUES;
    known.iter().any(|region| packed(Some(region.as_str())) == code)
}

#[derive(Debug, Default)]
pub(super) struct Cells {
    heaps: Vec<Vec<Cell>>,
}

impl Cells {
    pub fn push(&mut self, cell: Cell) {
        match &mut *self.heaps {
            [] => self.heaps.push(vec![cell]),
            [heap] if heap.len() < FEW => heap.push(cell),
            [_] => {
                let few = std::mem::replace(&mut self.heaps, vec![Vec::new(); HEAPS]);
                few.into_iter().flatten().for_each(|cell| self.spread(cell));
                self.spread(cell);
            }
            _ => self.spread(cell),
        }
    }

    fn spread(&mut self, cell: Cell) {
        let Some(heap) = self.heaps.get_mut((cell.key.hash >> 56) as usize) else { return };
        if heap.len() == heap.capacity() {
            // By an eighth, not to the double: that is what the bound of 32 bytes a row leaves.
            heap.reserve_exact((heap.len() / 8).max(8));
        }
        heap.push(cell);
    }

    /// Tells cells found twice and sums that do not agree.
    pub fn finish(&mut self, ending: &mut Ending) {
        for mut heap in std::mem::take(&mut self.heaps) {
            heap.sort_unstable_by_key(|cell| {
                (cell.key.hash & TABLE, cell.key.origin, cell.key.consignee, cell.key.hash & !TABLE)
            });
            for group in heap.chunk_by_mut(|a, b| a.key.hash & TABLE == b.key.hash & TABLE) {
                for table in
                    group.chunk_by(|a, b| (a.key.origin, a.key.consignee) == (b.key.origin, b.key.consignee))
                {
                    doubles(table, ending);
                    sums(table, ending);
                }
                partners(group, ending);
            }
        }
    }
}

fn doubles(table: &[Cell], ending: &mut Ending) {
    for same in table.chunk_by(|a, b| a.key() == b.key()).filter(|same| same.len() > 1) {
        let [first, ..] = same else { continue };
        let figures = || same.iter().map(|cell| cell.figure.value());
        let found = match first.figure.value() {
            Some(_) if figures().all(|figure| figure == first.figure.value()) => " with one figure",
            _ if figures().any(|figure| figure.is_none()) => "",
            _ => " with different figures",
        };
        let found = format!("{} rows of it{found}", same.len());
        let remark = Remark::new("hk/duplicate-cell", At::Again(first.key()), "each cell once", found);
        ending.tell(remark, same.len() - 1);
    }
}

/// Type 4 contains 2 and 3, type 5 is 1 and 4.
fn sums(table: &[Cell], ending: &mut Ending) {
    let first_of =
        |kind, unit| table.iter().find(|cell| cell.trade_type() == kind && cell.unit() == unit)?.figure();
    for (rule, total, parts, words) in [
        ("hk/total-exports", 4, [2, 3], "domestic exports and re-exports (types 2 and 3)"),
        ("hk/total-trade", 5, [1, 4], "imports and total exports (types 1 and 4)"),
    ] {
        let wholes = table.chunk_by(|a, b| a.key.hash == b.key.hash).filter_map(<[_]>::first);
        for whole in wholes.filter(|cell| cell.trade_type() == total) {
            let [one, other] = parts.map(|kind| first_of(kind, whole.unit()));
            let (Some((figure, step)), Some(one), Some(other)) = (whole.figure(), one, other) else {
                continue;
            };
            let sum = one.0 + other.0;
            // Each of the three may be rounded by half of its last place.
            let rounding = (step + one.1 + other.1) / 2;
            if (figure - sum).abs() > rounding {
                // No difference has more places than they.
                let finest = step.min(one.1).min(other.1);
                let rounding = written(rounding / finest * finest);
                let expected = format!("{}, give or take {rounding}: the sum of {words}", written(sum));
                ending.tell(Remark::new(rule, At::Cell(whole.key()), expected, written(figure)), 1);
            }
        }
    }
}

/// Partners sum up to no more than the total that stands beside them. Sorts the cells anew, so that those of one total lie behind it.
fn partners(group: &mut [Cell], ending: &mut Ending) {
    for (code, other) in [(consignee as fn(&Cell) -> u32, origin as fn(&Cell) -> u32), (origin, consignee)] {
        let mixed = group.iter().any(|cell| code(cell) == 0) && group.iter().any(|cell| code(cell) != 0);
        if !mixed {
            continue;
        }
        group.sort_unstable_by_key(|cell| (cell.key.hash, other(cell), code(cell)));
        for table in group.chunk_by(|a, b| (a.key.hash, other(a)) == (b.key.hash, other(b))) {
            let (totals, parts) = table.split_at(table.partition_point(|cell| code(cell) == 0));
            if totals.is_empty() {
                continue;
            }
            let parts = parts.iter().filter(|cell| !is_region(code(cell)));
            let (mut sum, mut steps, mut count) = (0, 0, 0_usize);
            for (figure, step) in parts.filter_map(|cell| cell.figure()) {
                #[cfg(test)]
                tests::LOOKED_AT.set(tests::LOOKED_AT.get() + 1);
                (sum, steps, count) = (sum + figure, steps + step, count + 1);
            }
            for (total, (figure, step)) in totals.iter().filter_map(|cell| Some((cell, cell.figure()?))) {
                // Half of the last place of each of the partners and of the total.
                if sum > figure + (steps + step) / 2 {
                    let expected = format!("at least {}, what its {count} partners sum up to", written(sum));
                    let at = At::Cell(total.key());
                    ending.tell(Remark::new("hk/partners", at, expected, written(figure)), 1);
                }
            }
        }
    }
}

fn origin(cell: &Cell) -> u32 {
    cell.key.origin
}

fn consignee(cell: &Cell) -> u32 {
    cell.key.consignee
}

#[cfg(test)]
mod tests {
    use super::*;

    thread_local! {
        /// How many partners were summed up: what would be slow is so by this, and not by a clock.
        pub(super) static LOOKED_AT: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
    }

    fn cell(kind: u8, unit: u8, codes: [Option<&str>; 2], figure: &str) -> Cell {
        Cell::new(0x1234_5678_9abc_def0, kind, unit, codes, Exact::of(Some(figure)))
    }

    fn remarks(cells: &[(u8, Option<&'static str>, i64)]) -> Vec<(&'static str, String)> {
        let cells = cells.iter().map(|(kind, consignee, figure)| (*kind, 1, *consignee, figure.to_string()));
        written_remarks(cells)
    }

    fn written_remarks(
        cells: impl IntoIterator<Item = (u8, u8, Option<&'static str>, String)>,
    ) -> Vec<(&'static str, String)> {
        let mut all = Cells::default();
        for (kind, unit, consignee, figure) in cells {
            all.push(cell(kind, unit, [None, consignee], &figure));
        }
        let mut ending = Ending::new(100);
        all.finish(&mut ending);
        assert!(ending.untold.is_empty());
        ending.remarks.into_iter().map(|remark| (remark.rule, remark.found)).collect()
    }

    #[test]
    fn a_cell_is_24_bytes() {
        assert_eq!(size_of::<Cell>(), 24);
    }

    #[test]
    fn sums_bear_rounding_and_no_more() {
        assert_eq!(remarks(&[(2, None, 10), (3, None, 20), (4, None, 31), (1, None, 5), (5, None, 35)]), []);
        assert_eq!(
            remarks(&[(2, None, 10), (3, None, 20), (4, None, 32)]),
            [("hk/total-exports", "32".into())]
        );
        assert_eq!(
            remarks(&[(1, None, 10), (4, None, 20), (5, None, 28)]),
            [("hk/total-trade", "28".into())]
        );
        // A part that is not there says nothing.
        assert_eq!(remarks(&[(2, None, 10), (4, None, 99)]), []);
        let most = 999_999_999_999_999_999;
        assert_eq!(remarks(&[(1, None, most), (4, None, most), (5, None, -most)]).len(), 1);
        // What does not fit is not compared.
        assert_eq!(remarks(&[(1, None, i64::MAX), (4, None, most), (5, None, -most)]), []);
    }

    fn of_units(cells: &[(u8, u8, Option<&'static str>, &str)]) -> Vec<(&'static str, String)> {
        written_remarks(
            cells.iter().map(|(kind, unit, area, figure)| (*kind, *unit, *area, (*figure).to_owned())),
        )
    }

    #[test]
    fn fractions_are_summed_exactly() {
        let sums = |total: &'static str| {
            of_units(&[(2, 1, None, "10.1"), (3, 1, None, "20.2"), (4, 1, None, total)])
        };
        for total in ["30.3", "30.4", "30.2", "30"] {
            assert_eq!(sums(total), [], "{total}");
        }
        for total in ["30.5", "30.1", "31", "29"] {
            assert_eq!(sums(total), [("hk/total-exports", total.to_owned())], "{total}");
        }
        let (cn, us) = (Some("CN"), Some("US"));
        let partners = |total| of_units(&[(1, 1, cn, "6.25"), (1, 1, us, "5.50"), (1, 1, None, total)]);
        for total in ["11.75", "11.74", "12", "11.5001"] {
            let told = if total == "11.5001" { vec![("hk/partners", total.to_owned())] } else { vec![] };
            assert_eq!(partners(total), told, "{total}");
        }
    }

    #[test]
    fn only_one_unit_is_summed() {
        let sums = |units: [u8; 3]| {
            let [one, other, whole] = units;
            of_units(&[(2, one, None, "10"), (3, other, None, "20"), (4, whole, None, "99")]).len()
        };
        assert_eq!(
            [[1, 1, 1], [0, 0, 0], [1, 1, 2], [1, 2, 1], [0, 0, 1], [255, 255, 255]].map(sums),
            [1, 1, 0, 0, 0, 0]
        );
        let partners = |unit| of_units(&[(1, unit, Some("CN"), "20"), (1, 1, None, "10")]).len();
        assert_eq!([1, 2, 0].map(partners), [1, 0, 0]);
        // A cell is there twice whatever its unit.
        let twice = of_units(&[(1, 1, None, "1.0"), (1, 2, None, "1")]);
        assert_eq!(twice, [("hk/duplicate-cell", "2 rows of it with one figure".to_owned())]);
        let mut units = Units::default();
        let first = ["KG", "PAIR", "KG", "", "PAIR"].map(|unit| units.number(unit));
        assert_eq!(first, [1, 2, 1, 0, 2]);
        let many: Vec<_> = (0..300).map(|n| units.number(&n.to_string())).collect();
        assert_eq!((many[0], many[251], many[252], many[299]), (3, 254, 255, 255));
        assert_eq!(units.number("KG"), 1);
    }

    #[test]
    fn partners_stay_below_their_total() {
        let (cn, us, apec) = (Some("CN"), Some("US"), Some("APEC"));
        assert_eq!(remarks(&[(1, cn, 6), (1, us, 5), (1, None, 10), (1, apec, 99)]), []);
        assert_eq!(remarks(&[(1, cn, 6), (1, us, 6), (1, None, 10)]), [("hk/partners", "10".into())]);
        assert_eq!(remarks(&[(1, cn, 6), (1, us, 6)]), []);
    }

    /// As many totals as partners: to look at each partner for each total would take minutes.
    #[test]
    fn many_totals_are_summed_in_one_go() {
        let mut all = Cells::default();
        for at in 0..60_000_u32 {
            let origin = format!("{at:04x}");
            for (consignee, figure) in [(None, "10"), (Some("CN"), "6"), (Some("US"), "7")] {
                all.push(cell(1, 1, [Some(&origin), consignee], figure));
            }
        }
        let mut ending = Ending::new(usize::MAX);
        LOOKED_AT.set(0);
        all.finish(&mut ending);
        assert_eq!(ending.remarks.len(), 60_000);
        assert_eq!(LOOKED_AT.get(), 120_000, "each partner once");
    }

    #[test]
    fn cells_found_twice_are_told_once() {
        let cn = Some("CN");
        let twice = remarks(&[(1, cn, 1), (1, cn, 1), (1, cn, 1), (2, cn, 1)]);
        assert_eq!(twice, [("hk/duplicate-cell", "3 rows of it with one figure".to_owned())]);
        assert_eq!(remarks(&[(1, cn, 1), (1, cn, 2)])[0].1, "2 rows of it with different figures");
    }
}
