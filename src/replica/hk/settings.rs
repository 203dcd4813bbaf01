//! What the Hong Kong side is set up with.

use std::time::{Duration, SystemTime};

use super::plan;
use super::world::Month;
use crate::domain::Period;
use crate::hk::in_hong_kong;
use crate::replica::ReplicaBuilder;

/// The newest month unless set: the one before the month whose refusal is on record.
const NEWEST: (u16, u8) = (2026, 5);
/// The day from which a month's figures count as published in the month after it ("near the end", reported).
const PUBLISHED_ON: u8 = 26;

/// Settings of the Hong Kong side.
#[derive(Debug, Clone, Default)]
pub(in crate::replica) struct Settings {
    newest: Newest,
    pub(super) usage: Option<(usize, Duration)>,
    pub(super) own_suffix: bool,
    pub(super) rows: Option<u64>,
}

/// The newest month that is published.
#[derive(Debug, Clone, Copy, Default)]
enum Newest {
    #[default]
    Default,
    Fixed(Period),
    ByClock,
}

impl Settings {
    /// Tells what cannot be set.
    pub(super) fn check(&self) -> Result<(), String> {
        match self.newest {
            Newest::Fixed(period) => plan::newest(period).map(drop),
            Newest::Default | Newest::ByClock => Ok(()),
        }
    }

    /// Whether the newest month was set, or goes by the clock: it then holds for recorded answers, too.
    pub(super) fn is_newest_set(&self) -> bool {
        !matches!(self.newest, Newest::Default)
    }

    /// The newest month; the first of all for a clock before it.
    pub(super) fn newest(&self, wall: SystemTime) -> Month {
        let newest = match self.newest {
            Newest::Default => Month::new(NEWEST.0, NEWEST.1),
            Newest::Fixed(period) => Month::of(period),
            Newest::ByClock => in_hong_kong(wall).map(|now| {
                let late = if now.day() < PUBLISHED_ON { 2 } else { 1 };
                let months = now.year() * 12 + i32::from(u8::from(now.month())) - 1 - late;
                Month::nth(
                    usize::try_from(months - i32::from(super::world::FIRST_YEAR) * 12).unwrap_or_default(),
                )
            }),
        };
        newest.unwrap_or(Month::nth(0))
    }
}

/// The Hong Kong side.
impl ReplicaBuilder {
    /// The newest month that is published, from 2012-01 to 2049-12; 2026-05 unless set. Once it is set, a
    /// query with a later one is refused, also where a recorded answer is at hand; a year is published with its December.
    pub fn hk_newest(mut self, month: Period) -> Self {
        self.hk.newest = Newest::Fixed(month);
        self
    }

    /// Publishes month after month by the [`clock`](Self::clock): each on the 26th of the next (assumed; near the end of
    /// it is reported), in Hong Kong.
    pub fn hk_newest_by_clock(mut self) -> Self {
        self.hk.newest = Newest::ByClock;
        self
    }

    /// Answers so many queries within any such time of the [`clock`](Self::clock), and others with code 2, "Usage limit".
    /// Without it there is no limit; that of the service is unpublished.
    pub fn hk_usage_limit(mut self, queries: usize, within: Duration) -> Self {
        self.hk.usage = Some((queries, within));
        self
    }

    /// Puts descriptions under keys that end in the language asked for (`ccDescTC`), as the guide's table says. Without it
    /// they end in `EN` whatever the language, as in the guide's example. With it, recorded answers are played to queries in
    /// English only; others are made up, with the same figures where these are known.
    pub fn hk_suffix_by_language(mut self) -> Self {
        self.hk.own_suffix = true;
        self
    }

    /// Answers each query that no recorded exchange fits, and that is not refused, with so many rows instead of those
    /// asked for: months or years and statistics as asked, sorted by code, then country, about 280 bytes each, and made while
    /// they are sent. No figure in them holds any sum.
    pub fn hk_rows(mut self, rows: u64) -> Self {
        self.hk.rows = Some(rows);
        self
    }
}
