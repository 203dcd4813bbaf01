//! The made-up world: what trade there was, by month, flow, partner and commodity.
//!
//! A leaf is one flow in one month with one main partner (the origin of imports, the destination of exports) in one
//! good. Its figures hang on the seed and on what it is, so nothing is stored; whatever is asked for is a sum of leaves or
//! of parts of leaves, so sums hold exactly. Sums over one of the two dimensions are kept once they were asked for:
//! some six kilobytes for a flow and month.

mod goods;
mod places;

pub(in crate::replica) use goods::declared;
pub(super) use goods::{Good, Group, any_edition, goods, group};
pub(in crate::replica) use places::codes_of;
pub(super) use places::{place, places, region};

use std::ops::AddAssign;
use std::sync::OnceLock;

use crate::domain::Period;

/// The first year that there are months of (observed).
pub(super) const FIRST_YEAR: u16 = 2012;
/// The last year that may be published.
pub(super) const LAST_YEAR: u16 = 2049;
const MONTHS: usize = (LAST_YEAR - FIRST_YEAR + 1) as usize * 12;

/// A month of the world, counted from the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Month(u16);

impl Month {
    pub(super) fn new(year: u16, month: u8) -> Option<Self> {
        let years = year.checked_sub(FIRST_YEAR).filter(|_| year <= LAST_YEAR)?;
        Some(Self(years * 12 + u16::from(month.checked_sub(1).filter(|month| *month < 12)?)))
    }

    pub(super) fn of(period: Period) -> Option<Self> {
        Self::new(period.year(), period.month()?)
    }

    pub(super) fn year(self) -> u16 {
        FIRST_YEAR + self.0 / 12
    }

    /// From 1 to 12.
    pub(super) fn month(self) -> u8 {
        u8::try_from(self.0 % 12).unwrap_or_default() + 1
    }

    pub(super) fn january(self) -> Self {
        Self(self.0 - self.0 % 12)
    }

    pub(super) fn next(self) -> Self {
        Self(self.0 + 1)
    }

    /// The same number of months after the first, as far as the world goes.
    pub(super) fn nth(after: usize) -> Self {
        Self(u16::try_from(after.min(MONTHS - 1)).unwrap_or_default())
    }

    pub(super) fn until(self, last: Self) -> usize {
        usize::from((last.0 + 1).saturating_sub(self.0))
    }
}

/// The flows that all others are sums of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flow {
    Imports,
    DomesticExports,
    ReExports,
}

impl Flow {
    pub(super) const ALL: [Self; 3] = [Self::Imports, Self::DomesticExports, Self::ReExports];
}

/// Modes of transport; their names are unknown.
pub(super) const MODES: usize = 4;

/// A cell's figures: of the month, and what the following months amend of it in the figure of the year to date.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Amount {
    /// HK$ thousand.
    pub(super) value: i64,
    pub(super) quantity: i64,
    pub(super) value_amended: i64,
    pub(super) quantity_amended: i64,
}

impl Amount {
    fn is_nil(&self) -> bool {
        *self == Self::default()
    }

    /// A share of it, in parts of 65,536, towards zero.
    fn share(&self, share: i64) -> Self {
        let part = |whole: i64| (i128::from(whole) * i128::from(share) / (1 << 16)) as i64;
        Self {
            value: part(self.value),
            quantity: part(self.quantity),
            value_amended: part(self.value_amended),
            quantity_amended: part(self.quantity_amended),
        }
    }

    fn less(&self, part: &Self) -> Self {
        Self {
            value: self.value - part.value,
            quantity: self.quantity - part.quantity,
            value_amended: self.value_amended - part.value_amended,
            quantity_amended: self.quantity_amended - part.quantity_amended,
        }
    }
}

impl AddAssign for Amount {
    fn add_assign(&mut self, other: Self) {
        self.value += other.value;
        self.quantity += other.quantity;
        self.value_amended += other.value_amended;
        self.quantity_amended += other.quantity_amended;
    }
}

/// The sums of one flow in one month.
#[derive(Debug)]
pub(super) struct Sums {
    /// Value, and what is amended of it, by main partner; quantities of different goods do not add up.
    by_place: Vec<(i64, i64)>,
    by_good: Vec<Amount>,
}

impl Sums {
    pub(super) fn of_place(&self, place: usize) -> Amount {
        let (value, value_amended) = self.by_place.get(place).copied().unwrap_or_default();
        Amount { value, value_amended, ..Amount::default() }
    }

    pub(super) fn of_good(&self, good: usize) -> Amount {
        self.by_good.get(good).copied().unwrap_or_default()
    }
}

/// A figure that is known from a recorded answer: total exports to a country in a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Anchor {
    pub(super) month: Month,
    pub(super) place: usize,
    pub(super) figure: i64,
}

/// The world of one seed.
#[derive(Debug)]
pub(super) struct World {
    key: u64,
    /// A usual month's value in HK$ thousand, by flow, main partner and good.
    usual: [Vec<u32>; 3],
    /// Where goods go on the way, or where re-exports come from.
    hubs: [usize; HUBS.len()],
    /// Where domestic exports come from.
    home: usize,
    /// What re-exports of the balancing good must be for an anchor to hold.
    anchored: Vec<(Month, usize, i64)>,
    sums: Vec<OnceLock<Sums>>,
}

/// What a pseudo-random number is for.
#[derive(Debug, Clone, Copy)]
enum Purpose {
    Size,
    Usual,
    Leaf,
    Month,
    Price,
    Parts,
    Modes,
    Footnote,
}

/// The world's numbers hang on this function: it stays as it is.
fn mix(key: u64) -> u64 {
    let key = (key ^ (key >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let key = (key ^ (key >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    key ^ (key >> 31)
}

/// A number from `low` to `high`, both included, from the bits of `random`.
fn between(random: u64, low: i64, high: i64) -> i64 {
    let span = u64::try_from(high - low + 1).unwrap_or(1);
    low + i64::try_from(random % span).unwrap_or_default()
}

const HUBS: [&str; 8] = ["CN", "SG", "TW", "JP", "KR", "US", "MY", "VN"];

impl World {
    pub(super) fn new(seed: u64, anchors: &[Anchor]) -> Self {
        let key = mix(seed.wrapping_add(0x9e37_79b9_7f4a_7c15));
        let mut sums = Vec::new();
        sums.resize_with(MONTHS * Flow::ALL.len(), OnceLock::new);
        let stands = |code: &str| places::place(code).unwrap_or_default();
        let (hubs, home) = (HUBS.map(stands), stands("HK"));
        let mut world = Self { key, usual: Default::default(), hubs, home, anchored: Vec::new(), sums };
        world.usual = Flow::ALL.map(|flow| world.usual_of(flow));
        for anchor in anchors {
            let others: i64 = [Flow::DomesticExports, Flow::ReExports]
                .iter()
                .flat_map(|flow| (0..goods().len()).map(move |good| (*flow, good)))
                .filter(|cell| *cell != (Flow::ReExports, goods::balancing()))
                .map(|(flow, good)| world.leaf(flow, anchor.month, anchor.place, good).value)
                .sum();
            // A figure below what the others make cannot hold.
            if anchor.figure >= others {
                world.anchored.push((anchor.month, anchor.place, anchor.figure - others));
            }
        }
        world
    }

    /// A pseudo-random number for a thing; `a` below 2^20, `b` and `c` below 2^10.
    fn random(&self, purpose: Purpose, flow: Flow, a: usize, b: usize, c: usize) -> u64 {
        let packed =
            (purpose as u64) << 44 | (flow as u64) << 40 | (a as u64) << 20 | (b as u64) << 10 | c as u64;
        mix(self.key ^ mix(packed))
    }

    /// What a usual month brings: first each partner's trade, then its goods.
    fn usual_of(&self, flow: Flow) -> Vec<u32> {
        let weights: u64 = goods().iter().map(|good| u64::from(good.weight)).sum();
        let mut usual = vec![0; places().len() * goods().len()];
        for (place, row) in usual.chunks_mut(goods().len()).enumerate() {
            let all = self.usual_of_place(flow, place);
            let mut left = all;
            for (at, (good, cell)) in goods().iter().zip(row.iter_mut()).enumerate() {
                if at == goods::balancing() {
                    continue;
                }
                let random = self.random(Purpose::Usual, flow, place, at, 0);
                let due = all * u64::from(good.weight) / weights;
                // Small partners trade in few goods.
                if random >> 56 < if due < 20 { 190 } else { 20 } && good.unit.is_some() {
                    continue;
                }
                let due = due * (64 + random % 97) / 128;
                *cell = u32::try_from(due).unwrap_or(u32::MAX);
                left = left.saturating_sub(due);
            }
            if let Some(cell) = row.get_mut(goods::balancing()) {
                *cell = u32::try_from(left).unwrap_or(u32::MAX);
            }
        }
        usual
    }

    /// A partner's trade in a usual month, in HK$ thousand.
    fn usual_of_place(&self, flow: Flow, place: usize) -> u64 {
        let random = self.random(Purpose::Size, flow, place, 0, 0);
        let code = places()[place].code;
        let large = places::LARGE.iter().find(|(large, _, _)| *large == code);
        let known = large
            .map(|(_, imports, exports)| u64::from(if flow == Flow::Imports { *imports } else { *exports }));
        let size = match known {
            // In thousands, and up to 3 % more or less.
            Some(millions) => millions * (970 + random % 61),
            // Most partners are small: from one to half a million, each order of size as likely.
            None => {
                let order = 1 << (random % 19);
                order + (random >> 32) % order
            }
        };
        // Little of the exports is of the place's own make.
        if flow == Flow::DomesticExports { size * (5 + (random >> 20) % 20) / 1000 } else { size }
    }

    /// The flow's size in a month beside a usual one, in parts of 65,536: growth, season, chance.
    fn tide(&self, flow: Flow, month: Month) -> i64 {
        const SEASON: [i64; 12] = [98, 78, 101, 99, 100, 98, 103, 104, 106, 108, 107, 104];
        let growth = 805 + i64::from(month.0) * 5 / 2;
        let season = SEASON[usize::from(month.0 % 12)];
        let chance = between(self.random(Purpose::Month, flow, usize::from(month.0), 0, 0), 970, 1030);
        growth * season * chance * (1 << 16) / (1000 * 100 * 1000)
    }

    /// How far a flow's figures of a month are amended later, in parts of 65,536: up to 0.3 %.
    fn amendment(&self, flow: Flow, month: Month) -> i64 {
        between(self.random(Purpose::Month, flow, usize::from(month.0), 1, 0), -180, 180)
    }

    /// The figures of a leaf.
    fn leaf(&self, flow: Flow, month: Month, place: usize, good: usize) -> Amount {
        self.leaf_in(flow, month, place, good, self.tide(flow, month), self.amendment(flow, month))
    }

    fn leaf_in(
        &self,
        flow: Flow,
        month: Month,
        place: usize,
        at: usize,
        tide: i64,
        amendment: i64,
    ) -> Amount {
        let usual = i64::from(self.usual[flow as usize][place * goods().len() + at]);
        let good = &goods()[at];
        if (usual == 0 && at != goods::balancing()) || !good.is_in(month.year()) {
            return Amount::default();
        }
        let random = self.random(Purpose::Leaf, flow, usize::from(month.0), place, at);
        // What is traded seldom is not traded each month.
        let seldom = usual < 256 && i64::from((random >> 48) as u8) > usual;
        let chance = between(random & 0xffff_ffff, 55_706, 75_366);
        let value = if seldom { 0 } else { (((usual * tide) >> 16) * chance) >> 16 };
        let is_balancing = flow == Flow::ReExports && at == goods::balancing();
        let anchored = self.anchored.iter().filter(|_| is_balancing);
        let anchored = anchored.clone().find(|(when, whither, _)| (*when, *whither) == (month, place));
        let value = anchored.map_or(value, |(_, _, value)| *value);
        if value == 0 {
            return Amount::default();
        }
        let rate = amendment + between(random >> 32, -80, 80);
        let value_amended = value * rate / (1 << 16);
        let Some(_) = good.unit else { return Amount { value, value_amended, ..Amount::default() } };
        let dear = between(self.random(Purpose::Price, flow, 0, place, at) ^ (random >> 50), 52_429, 78_643);
        let price = ((i64::from(good.price) * dear) >> 16).max(1);
        let quantity = (value * 1000 / price).max(1);
        Amount { value, quantity, value_amended, quantity_amended: quantity * rate / (1 << 16) }
    }

    /// The sums of a flow in a month, made when first asked for.
    pub(super) fn sums(&self, flow: Flow, month: Month) -> &Sums {
        let at = usize::from(month.0) * Flow::ALL.len() + flow as usize;
        self.sums[at].get_or_init(|| {
            let (tide, amendment) = (self.tide(flow, month), self.amendment(flow, month));
            let mut by_place = vec![(0, 0); places().len()];
            let mut by_good = vec![Amount::default(); goods().len()];
            for (place, place_sum) in by_place.iter_mut().enumerate() {
                for (good, good_sum) in by_good.iter_mut().enumerate() {
                    let leaf = self.leaf_in(flow, month, place, good, tide, amendment);
                    *good_sum += leaf;
                    place_sum.0 += leaf.value;
                    place_sum.1 += leaf.value_amended;
                }
            }
            Sums { by_place, by_good }
        })
    }

    /// Each leaf of some partners and goods that is not nil.
    pub(super) fn leaves(
        &self,
        flow: Flow,
        month: Month,
        places: &[(usize, u16)],
        goods: &[(usize, u16)],
        mut each: impl FnMut((usize, u16), (usize, u16), Amount),
    ) {
        let (tide, amendment) = (self.tide(flow, month), self.amendment(flow, month));
        for place in places {
            for good in goods {
                let leaf = self.leaf_in(flow, month, place.0, good.0, tide, amendment);
                if !leaf.is_nil() {
                    each(*place, *good, leaf);
                }
            }
        }
    }

    /// A leaf by its other partner: the consignment of imports, the origin of exports.
    pub(super) fn parts(&self, flow: Flow, place: usize, good: usize, leaf: Amount) -> [(usize, Amount); 3] {
        let random = self.random(Purpose::Parts, flow, 0, place, good);
        let hub = |from: u64| self.hubs[(from % HUBS.len() as u64) as usize];
        let nothing = (place, Amount::default());
        let main = match flow {
            Flow::Imports => place,
            Flow::ReExports => hub(0),
            Flow::DomesticExports => return [(self.home, leaf), nothing, nothing],
        };
        let first = leaf.share(between(random, 3_000, 16_000));
        let second = leaf.share(between(random >> 16, 0, 9_000));
        [(main, leaf.less(&first).less(&second)), (hub(random >> 32), first), (hub(random >> 48), second)]
    }

    /// A leaf, or a part of one, by mode of transport.
    pub(super) fn modes(&self, place: usize, good: usize, part: Amount) -> [Amount; MODES] {
        let random = self.random(Purpose::Modes, Flow::Imports, 0, place, good);
        let [first, second, third] =
            [0, 16, 32].map(|bits| part.share(between(random >> bits, 2_000, 18_000)));
        [part.less(&first).less(&second).less(&third), first, second, third]
    }

    /// Any figure, for rows that only fill an answer.
    pub(super) fn filling(&self, row: u64) -> i64 {
        between(mix(self.key ^ row), 1, 99_999_999)
    }

    /// Whether a figure has a footnote: one in a hundred has.
    pub(super) fn is_footnoted(&self, figure: i64, month: Month) -> bool {
        let at = usize::try_from(figure & 0xf_ffff).unwrap_or_default();
        self.random(Purpose::Footnote, Flow::Imports, at, usize::from(month.0), 0).is_multiple_of(100)
    }
}
