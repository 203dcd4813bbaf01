//! What a query cuts out of the world, period by period.

use std::collections::BTreeMap;
use std::ops::AddAssign;
use std::sync::Arc;

use super::world::{Amount, Flow, MODES, Month, World};
use crate::domain::{Statistic, TradeType};

/// Members of a dimension that are asked for, and the slot that each counts to.
#[derive(Debug)]
pub(super) struct Axis {
    /// Whether the query breaks figures down by it.
    asked: bool,
    members: Vec<(usize, u16)>,
    slots: Vec<Option<u16>>,
}

impl Axis {
    /// All of a dimension that the query does not ask for.
    pub(super) fn whole(size: usize) -> Self {
        Self { asked: false, ..Self::of(size, [(0..size).collect()]) }
    }

    /// Groups of a dimension's members; each group is a slot.
    pub(super) fn of(size: usize, groups: impl IntoIterator<Item = Vec<usize>>) -> Self {
        let mut slots = vec![None; size];
        for (slot, group) in (0u16..).zip(groups) {
            for member in group {
                if let Some(at) = slots.get_mut(member) {
                    *at = Some(slot);
                }
            }
        }
        let members = slots.iter().enumerate().filter_map(|(at, slot)| Some((at, (*slot)?))).collect();
        Self { asked: true, members, slots }
    }

    fn slot(&self, member: usize) -> Option<u16> {
        self.slots.get(member).copied().flatten()
    }
}

/// A query, resolved.
#[derive(Debug)]
pub(super) struct Cut {
    pub(super) trade_types: Vec<TradeType>,
    pub(super) statistics: Vec<Statistic>,
    pub(super) first: Month,
    /// A year's figures are those of its December to date.
    pub(super) last: Month,
    pub(super) annual: bool,
    pub(super) origins: Axis,
    pub(super) destinations: Axis,
    pub(super) goods: Axis,
    pub(super) by_transport: bool,
    /// Whether quantities are given.
    pub(super) counted: bool,
}

/// Where a row stands in its table; the order is the rows'.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) good: u16,
    pub(super) origin: u16,
    pub(super) destination: u16,
    pub(super) mode: u8,
}

/// One row.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cell {
    pub(super) month: Month,
    pub(super) trade_type: TradeType,
    pub(super) key: Key,
    pub(super) statistic: Statistic,
    pub(super) figure: i64,
}

/// Value and quantity.
#[derive(Debug, Clone, Copy, Default)]
struct Pair {
    value: i64,
    quantity: i64,
}

impl AddAssign for Pair {
    fn add_assign(&mut self, other: Self) {
        self.value += other.value;
        self.quantity += other.quantity;
    }
}

/// One flow of a row.
#[derive(Debug, Clone, Copy, Default)]
struct Running {
    month: Pair,
    to_date: Pair,
    /// What the month amends of itself once it is past: amendments enter the following figures to date only (guide).
    amended: Pair,
}

/// A walk over the months of a query.
#[derive(Debug, Clone)]
pub(super) struct Walk {
    world: Arc<World>,
    cut: Arc<Cut>,
    next: Month,
    running: BTreeMap<Key, [Running; 3]>,
}

/// The flows that a type of trade is the sum of.
fn flows(trade_type: TradeType) -> &'static [Flow] {
    match trade_type {
        TradeType::Imports => &[Flow::Imports],
        TradeType::DomesticExports => &[Flow::DomesticExports],
        TradeType::ReExports => &[Flow::ReExports],
        TradeType::TotalExports => &[Flow::DomesticExports, Flow::ReExports],
        TradeType::TotalTrade | TradeType::All => &Flow::ALL,
    }
}

impl Cut {
    fn is_to_date(&self) -> bool {
        let to_date =
            |statistic: &Statistic| matches!(statistic, Statistic::AnnualValue | Statistic::AnnualQuantity);
        self.statistics.iter().any(to_date)
    }

    fn needs(&self, flow: Flow) -> bool {
        self.trade_types.iter().any(|trade_type| flows(*trade_type).contains(&flow))
    }

    /// About how many leaves must be looked at.
    pub(super) fn effort(&self) -> usize {
        let months = self.first.january().until(self.last);
        let direct = self.by_transport || (self.origins.asked && self.destinations.asked) || self.goods.asked;
        // What is not broken down so stands in the sums of a month, which the first to ask for them makes of all leaves.
        let leaves = if direct { self.goods.members.len() } else { super::world::goods().len() };
        let partners = self.origins.members.len().max(self.destinations.members.len());
        months * partners * leaves
    }
}

impl Walk {
    pub(super) fn new(world: Arc<World>, cut: Arc<Cut>) -> Self {
        let next = if cut.is_to_date() { cut.first.january() } else { cut.first };
        Self { world, cut, next, running: BTreeMap::new() }
    }

    /// The rows of the next period; `None` after the last.
    pub(super) fn period(&mut self) -> Option<Vec<Cell>> {
        while self.next <= self.cut.last {
            let month = self.next;
            self.next = month.next();
            self.enter(month);
            if month >= self.cut.first && (!self.cut.annual || month.month() == 12) {
                return Some(self.rows(month));
            }
        }
        None
    }

    fn enter(&mut self, month: Month) {
        if month.month() == 1 || !self.cut.is_to_date() {
            self.running.clear();
        }
        for flow in self.running.values_mut().flatten() {
            flow.to_date += std::mem::take(&mut flow.amended);
            flow.month = Pair::default();
        }
        let (world, cut, running) = (&self.world, &self.cut, &mut self.running);
        for flow in Flow::ALL.into_iter().filter(|flow| cut.needs(*flow)) {
            cut.visit(world, flow, month, &mut |key, amount| {
                let row = running.entry(key).or_default();
                let Some(row) = row.get_mut(flow as usize) else { return };
                let now = Pair { value: amount.value, quantity: amount.quantity };
                row.month += now;
                row.to_date += now;
                row.amended += Pair { value: amount.value_amended, quantity: amount.quantity_amended };
            });
        }
    }

    /// Rows that are not nil; those are left out (guide).
    fn rows(&self, month: Month) -> Vec<Cell> {
        let cut = &self.cut;
        let mut rows = Vec::new();
        for trade_type in &cut.trade_types {
            for (key, by_flow) in &self.running {
                for statistic in &cut.statistics {
                    if statistic.is_quantity() && !cut.counted {
                        continue;
                    }
                    let of_flow =
                        |flow: &Flow| by_flow.get(*flow as usize).map_or(0, |row| row.figure(*statistic));
                    let figure = flows(*trade_type).iter().map(of_flow).sum();
                    if figure != 0 {
                        let (trade_type, key, statistic) = (*trade_type, *key, *statistic);
                        rows.push(Cell { month, trade_type, key, statistic, figure });
                    }
                }
            }
        }
        rows
    }
}

impl Running {
    fn figure(&self, statistic: Statistic) -> i64 {
        match statistic {
            Statistic::MonthlyValue => self.month.value,
            Statistic::MonthlyQuantity => self.month.quantity,
            Statistic::AnnualValue => self.to_date.value,
            Statistic::AnnualQuantity => self.to_date.quantity,
        }
    }
}

impl Cut {
    /// Each part of a flow in a month that the query asks for, and the row that it counts to.
    fn visit(&self, world: &World, flow: Flow, month: Month, add: &mut impl FnMut(Key, Amount)) {
        let is_import = flow == Flow::Imports;
        let (main, second) =
            if is_import { (&self.origins, &self.destinations) } else { (&self.destinations, &self.origins) };
        let key = |good, main: u16, second: u16, mode| {
            let (origin, destination) = if is_import { (main, second) } else { (second, main) };
            Key { good, origin, destination, mode }
        };
        let in_parts = second.asked || self.by_transport;
        if !in_parts && !self.goods.asked {
            let sums = world.sums(flow, month);
            for (place, slot) in &main.members {
                add(key(0, *slot, 0, 0), sums.of_place(*place));
            }
            return;
        }
        if !in_parts && !main.asked {
            let sums = world.sums(flow, month);
            for (good, slot) in &self.goods.members {
                add(key(*slot, 0, 0, 0), sums.of_good(*good));
            }
            return;
        }
        world.leaves(flow, month, &main.members, &self.goods.members, |(place, main), (good, slot), leaf| {
            if !in_parts {
                return add(key(slot, main, 0, 0), leaf);
            }
            for (other, part) in world.parts(flow, place, good, leaf) {
                let Some(second) = second.slot(other) else { continue };
                if self.by_transport {
                    for (mode, share) in (0u8..).zip(world.modes(place, good, part)) {
                        add(key(slot, main, second, mode), share);
                    }
                } else {
                    add(key(slot, main, second, 0), part);
                }
            }
        });
    }
}

const _: () = assert!(MODES < u8::MAX as usize);
