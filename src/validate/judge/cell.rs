//! Cells of a table: found twice, and sums that must agree. 24 bytes a row.

use super::{At, Ending, Remark};

/// What a row counts, in 16 bytes: a hash of its frequency, period, statistic, commodity and the like with the trade type in the
/// last three bits, and the codes of origin and destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Key {
    hash: u64,
    origin: u32,
    consignee: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Cell {
    key: Key,
    figure: i64,
}

const TYPE: u64 = 7;
/// Stands for a figure that is no integer.
const NONE: i64 = i64::MIN;
/// How many heaps many cells lie in, by their hash: each stays small, so that none needs much room to grow or to be sorted.
const HEAPS: usize = 256;
/// How many cells lie in one heap, since most payloads have no more.
const FEW: usize = if cfg!(test) { 3 } else { 4096 };

impl Cell {
    /// `trade_type` is 1 to 5, or 0 where it is none of them.
    pub fn new(hash: u64, trade_type: u8, codes: [Option<&str>; 2], figure: Option<i64>) -> Self {
        let [origin, consignee] = codes.map(packed);
        let hash = (hash & !TYPE) | u64::from(trade_type);
        Self { key: Key { hash, origin, consignee }, figure: figure.unwrap_or(NONE) }
    }

    pub fn key(self) -> Key {
        self.key
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
                (cell.key.hash & !TYPE, cell.key.origin, cell.key.consignee, cell.key.hash & TYPE)
            });
            for group in heap.chunk_by_mut(|a, b| a.key.hash & !TYPE == b.key.hash & !TYPE) {
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
    for same in table.chunk_by(|a, b| a.key == b.key).filter(|same| same.len() > 1) {
        let [first, ..] = same else { continue };
        let agree = same.iter().all(|cell| cell.figure == first.figure);
        let found = match agree {
            true => format!("{} rows of it with one figure", same.len()),
            false => format!("{} rows of it with different figures", same.len()),
        };
        let remark = Remark::new("hk/duplicate-cell", At::Again(first.key), "each cell once", found);
        ending.tell(remark, same.len() - 1);
    }
}

/// Type 4 contains 2 and 3, type 5 is 1 and 4.
fn sums(table: &[Cell], ending: &mut Ending) {
    let of = |kind: u64| {
        let mut cells = table.iter().filter(|cell| cell.key.hash & TYPE == kind);
        cells.next().filter(|cell| cell.figure != NONE)
    };
    for (rule, total, parts, words) in [
        ("hk/total-exports", 4, [2, 3], "domestic exports and re-exports (types 2 and 3)"),
        ("hk/total-trade", 5, [1, 4], "imports and total exports (types 1 and 4)"),
    ] {
        let (Some(whole), [Some(one), Some(other)]) = (of(total), parts.map(of)) else { continue };
        let sum = i128::from(one.figure) + i128::from(other.figure);
        // Each of the three may be rounded by half a unit.
        if (i128::from(whole.figure) - sum).abs() > 1 {
            let expected = format!("{sum}, give or take 1: the sum of {words}");
            ending.tell(Remark::new(rule, At::Cell(whole.key), expected, whole.figure.to_string()), 1);
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
            let parts = parts.iter().filter(|cell| !is_region(code(cell)) && cell.figure != NONE);
            let (mut sum, mut count) = (0_i128, 0_i128);
            for part in parts {
                #[cfg(test)]
                tests::LOOKED_AT.set(tests::LOOKED_AT.get() + 1);
                (sum, count) = (sum + i128::from(part.figure), count + 1);
            }
            for total in totals.iter().filter(|cell| cell.figure != NONE) {
                // Half a unit for each of the partners and for the total.
                if sum > i128::from(total.figure) + i128::midpoint(count, 1) {
                    let expected = format!("at least {sum}, what its {count} partners sum up to");
                    let at = At::Cell(total.key);
                    ending.tell(Remark::new("hk/partners", at, expected, total.figure.to_string()), 1);
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

    fn remarks(cells: &[(u8, Option<&str>, i64)]) -> Vec<(&'static str, String)> {
        let mut all = Cells::default();
        for (kind, consignee, figure) in cells {
            all.push(Cell::new(0x1234_5678_9abc_def0, *kind, [None, *consignee], Some(*figure)));
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
        assert_eq!(remarks(&[(1, None, i64::MAX), (4, None, i64::MAX), (5, None, -5)]).len(), 1);
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
            for (consignee, figure) in [(None, 10), (Some("CN"), 6), (Some("US"), 7)] {
                all.push(Cell::new(0x1234_5678_9abc_def0, 1, [Some(&origin), consignee], Some(figure)));
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
