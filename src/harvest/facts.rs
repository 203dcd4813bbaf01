//! What is known of a request's cells, and what to ask next. Whatever order answers come in, and whatever was asked in an
//! earlier run, the next step hangs on the facts alone.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use super::block::{Block, Role};
use super::edition;
use crate::domain::{AreaCode, CommodityCode, Period, PeriodPair, TradeType};
use crate::hk::Query;

/// The first month that there are figures of (observed).
const FIRST_MONTH: (u16, u8) = (2012, 1);

/// A month that has been over for so many others is out: it appears near the end of the next (reported).
const SURELY_AFTER: u32 = 3;

/// Whether all of a range is published beyond doubt.
pub(super) fn is_surely_published(range: PeriodPair, now: SystemTime) -> bool {
    let now = time::OffsetDateTime::from(now);
    let month = u32::try_from(now.year()).unwrap_or_default() * 12 + u32::from(u8::from(now.month())) - 1;
    let months = if range.end().month().is_some() { 0 } else { 11 };
    let start = range.start();
    (start.year(), start.month().unwrap_or(1)) >= FIRST_MONTH
        && range.end().ordinal() + months + SURELY_AFTER < month
}

/// What came of a query.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "came", rename_all = "kebab-case")]
pub(super) enum Came {
    /// An answer, whose body is kept under its hash.
    Answer {
        body: String,
        rows: usize,
        bytes: usize,
        /// Doubled rows and rows that nobody asked for, in an answer that was asked for again and came the same.
        #[serde(default, skip_serializing_if = "is_zero")]
        faults: usize,
    },
    /// Refused. Codes and areas of the query that a message names are unknown; without any, some of it or all is at fault.
    Refused {
        messages: Vec<String>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        codes: Vec<CommodityCode>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        areas: Vec<(Role, AreaCode)>,
    },
    /// Periods that are not published, or before the first.
    Unpublished { messages: Vec<String>, periods: Vec<Period> },
    /// More than a body may hold.
    TooLarge,
}

fn is_zero(number: &usize) -> bool {
    *number == 0
}

/// Where an answer is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Kept {
    pub(super) query: Query,
    pub(super) body: String,
    pub(super) rows: usize,
    pub(super) bytes: usize,
    pub(super) faults: usize,
    pub(super) gained: Gained,
}

/// When an answer came, and after how many attempts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Gained {
    pub(super) at: String,
    pub(super) attempts: u32,
}

/// Why a code is refused, and where.
#[derive(Debug, Clone)]
struct Bad {
    periods: PeriodPair,
    /// The block that it was refused in without being named; named codes are unknown in all.
    block: Option<Block>,
    reason: String,
}

/// What a code that is at fault in one query is at fault in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Kind {
    trade_type: TradeType,
    origin: bool,
    destination: bool,
}

impl Kind {
    fn of(block: &Block) -> Self {
        let (origin, destination) = (block.origin.is_some(), block.destination.is_some());
        Self { trade_type: block.trade_type, origin, destination }
    }
}

/// Queries of one block and range.
#[derive(Debug, Default)]
struct Asked {
    answers: Vec<(Vec<CommodityCode>, usize)>,
    /// Codes that were refused together, for a reason that names none of them.
    refused: Vec<(BTreeSet<CommodityCode>, String)>,
    too_large: Vec<BTreeSet<CommodityCode>>,
}

/// What is known.
#[derive(Debug, Default)]
pub(super) struct Facts {
    kept: Vec<Kept>,
    asked: HashMap<(Block, PeriodPair), Asked>,
    bad: HashMap<CommodityCode, Vec<Bad>>,
    areas: HashMap<(Role, AreaCode), String>,
    first: Option<(Period, String)>,
    last: Option<(Period, String)>,
    /// The last period that an answer was given for.
    proved: Option<Period>,
}

/// What to do next about a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Next {
    /// Nothing: each code is answered or refused.
    Nothing,
    Ask(Vec<CommodityCode>),
}

/// What became of a code in a block and range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fate {
    /// Answered, by this of the kept answers.
    Answered(usize),
    Refused(String),
    Open,
}

impl Facts {
    pub(super) fn kept(&self) -> &[Kept] {
        &self.kept
    }

    /// Codes of a message's query that is refused are unknown; periods shrink the range.
    pub(super) fn learn(&mut self, query: &Query, came: Came, gained: Gained) {
        let (block, periods, codes) = Block::of(query);
        match came {
            Came::Answer { body, rows, bytes, faults } => {
                let later = |proved: &Period| proved.ordinal() < periods.end().ordinal();
                if self.proved.as_ref().is_none_or(later) {
                    self.proved = Some(periods.end());
                }
                let at = self.kept.len();
                self.kept.push(Kept { query: query.clone(), body, rows, bytes, faults, gained });
                self.asked.entry((block, periods)).or_default().answers.push((codes, at));
            }
            Came::Unpublished { messages, periods: named } => {
                self.shrink(periods, &named, &messages.join("; "))
            }
            Came::TooLarge => {
                let asked = self.asked.entry((block, periods)).or_default();
                asked.too_large.push(codes.into_iter().collect());
            }
            Came::Refused { messages, codes: named, areas } => {
                let reason = messages.join("; ");
                let known = named.iter().filter(|code| codes.contains(code)).cloned().collect::<Vec<_>>();
                let nothing_named = known.is_empty() && areas.is_empty();
                for area in areas {
                    self.areas.entry(area).or_insert_with(|| reason.clone());
                }
                for code in known {
                    let told = messages.iter().find(|message| message.contains(code.as_str()));
                    let reason = told.cloned().unwrap_or_else(|| reason.clone());
                    self.bad.entry(code).or_default().push(Bad { periods, block: None, reason });
                }
                if !nothing_named {
                    return;
                }
                if codes.len() == 1 || block.is_refused_combination() {
                    for code in codes.iter().cloned() {
                        let bad = Bad { periods, block: Some(block.clone()), reason: reason.clone() };
                        self.bad.entry(code).or_default().push(bad);
                    }
                }
                let asked = self.asked.entry((block, periods)).or_default();
                asked.refused.push((codes.into_iter().collect(), reason));
            }
        }
    }

    fn shrink(&mut self, asked: PeriodPair, named: &[Period], reason: &str) {
        let within = named.iter().copied().filter(|period| asked.contains(*period));
        let Some(period) = within.min_by_key(|period| period.ordinal()) else { return };
        let early = (period.year(), period.month().unwrap_or(1)) < FIRST_MONTH;
        if early {
            // Years may begin earlier than months: one after another is tried.
            let first = match period.month() {
                Some(_) => Period::monthly(FIRST_MONTH.0, FIRST_MONTH.1),
                None => period.months_after(1),
            };
            if let Ok(first) = first {
                self.first = Some((first, reason.to_owned()));
            }
        } else if let Ok(last) = period.months_before(1) {
            let earlier = |(known, _): &(Period, String)| last.ordinal() < known.ordinal();
            if self.last.as_ref().is_none_or(earlier) {
                self.last = Some((last, reason.to_owned()));
            }
        }
    }

    /// The periods of a range that are published, as far as is known.
    pub(super) fn published(&self, range: PeriodPair) -> Option<PeriodPair> {
        let same = |(period, _): &&(Period, String)| period.frequency() == range.frequency();
        let start = self.first.as_ref().filter(same).map_or(range.start(), |(first, _)| *first);
        let end = self.last.as_ref().filter(same).map_or(range.end(), |(last, _)| *last);
        PeriodPair::new(start, end).ok().and_then(|published| published.overlap(range))
    }

    /// Whether the last period of a range is known to be there, or not.
    pub(super) fn end_is_known(&self, range: PeriodPair) -> bool {
        let there = self.proved.is_some_and(|proved| proved.ordinal() >= range.end().ordinal());
        there || self.last.is_some()
    }

    /// The first and last period that were found, and why no others.
    pub(super) fn bounds(&self) -> [Option<&(Period, String)>; 2] {
        [self.first.as_ref(), self.last.as_ref()]
    }

    /// Countries that the service does not know.
    pub(super) fn unknown_areas(&self) -> impl Iterator<Item = (&(Role, AreaCode), &str)> {
        self.areas.iter().map(|(area, reason)| (area, reason.as_str()))
    }

    /// A block without the countries that the service does not know.
    pub(super) fn known_block(&self, block: &Block) -> Option<Block> {
        if self.areas.is_empty() {
            return Some(block.clone());
        }
        block.without(|role, code| self.areas.contains_key(&(role, code.clone())))
    }

    fn bad(&self, block: &Block, periods: PeriodPair, code: &CommodityCode) -> Option<&str> {
        let holds =
            |bad: &&Bad| bad.periods.overlap(periods) == Some(bad.periods) && self.reaches(bad, block);
        self.bad.get(code)?.iter().find(holds).map(|bad| bad.reason.as_str())
    }

    /// Whether what is known of a code holds in a block. A refusal without names holds beyond its own block only once that
    /// block answered another code: where it answered none, an area or a statistic of it may be at fault, and not the code.
    fn reaches(&self, bad: &Bad, block: &Block) -> bool {
        let Some(own) = &bad.block else { return true };
        let answered =
            || self.asked.get(&(own.clone(), bad.periods)).is_some_and(|all| !all.answers.is_empty());
        own == block || (Kind::of(own) == Kind::of(block) && (own.is_refused_combination() || answered()))
    }

    /// Whether a code was refused at the end of a range: in the part that no border of editions cuts.
    pub(super) fn was_refused(&self, block: &Block, range: PeriodPair, code: &CommodityCode) -> bool {
        let range = self.published(range).unwrap_or(range);
        let parts = edition::parts(block.class, range);
        let holds = |bad: &Bad| {
            let within = |part: &PeriodPair| part.overlap(bad.periods) == Some(bad.periods);
            parts.last().is_some_and(within) && self.reaches(bad, block)
        };
        self.bad.get(code).is_some_and(|all| all.iter().any(holds))
    }

    /// What became of one code; of a query without codes for no code.
    pub(super) fn fate(&self, block: &Block, periods: PeriodPair, code: Option<&CommodityCode>) -> Fate {
        let asked = self.asked.get(&(block.clone(), periods));
        let Some(code) = code else {
            return match asked {
                Some(Asked { answers, .. }) if !answers.is_empty() => {
                    answers.first().map_or(Fate::Open, |(_, at)| Fate::Answered(*at))
                }
                Some(Asked { refused, .. }) => {
                    refused.first().map_or(Fate::Open, |(_, reason)| Fate::Refused(reason.clone()))
                }
                None => Fate::Open,
            };
        };
        let answer = asked.and_then(|asked| asked.answers.iter().find(|(codes, _)| codes.contains(code)));
        match (answer, self.bad(block, periods, code)) {
            (Some((_, at)), _) => Fate::Answered(*at),
            (None, Some(reason)) => Fate::Refused(reason.to_owned()),
            (None, None) => Fate::Open,
        }
    }

    /// What to ask next of a batch of codes; `block` has no country that is known to be unknown.
    pub(super) fn next(&mut self, block: &Block, periods: PeriodPair, codes: &[CommodityCode]) -> Next {
        if codes.is_empty() {
            return match self.fate(block, periods, None) {
                Fate::Open => Next::Ask(Vec::new()),
                Fate::Answered(_) | Fate::Refused(_) => Next::Nothing,
            };
        }
        loop {
            let walk = Walk::new(self, block, periods, codes);
            match walk.node(codes) {
                Step::Done => return Next::Nothing,
                Step::Ask(codes) => return Next::Ask(codes),
                Step::Guilty(code, reason) => {
                    let bad = Bad { periods, block: Some(block.clone()), reason };
                    self.bad.entry(code).or_default().push(bad);
                }
            }
        }
    }

    /// The codes of a batch that were refused over a range that crosses borders of editions, with the parts to ask again.
    pub(super) fn refused_across(
        &self,
        block: &Block,
        periods: PeriodPair,
        codes: &[CommodityCode],
    ) -> (Vec<PeriodPair>, Vec<CommodityCode>) {
        let parts = edition::parts(block.class, periods);
        if parts.len() < 2 || block.is_refused_combination() {
            return (Vec::new(), Vec::new());
        }
        let refused =
            |code: &&CommodityCode| matches!(self.fate(block, periods, Some(code)), Fate::Refused(_));
        (parts, codes.iter().filter(refused).cloned().collect())
    }
}

/// One look at a batch.
struct Walk<'a> {
    /// Codes that are neither answered nor refused.
    open: HashSet<&'a CommodityCode>,
    bad: HashSet<&'a CommodityCode>,
    asked: Option<&'a Asked>,
}

enum Step {
    Done,
    Ask(Vec<CommodityCode>),
    /// All that was refused with it is found good or is not there: it is this one.
    Guilty(CommodityCode, String),
}

impl<'a> Walk<'a> {
    fn new(facts: &'a Facts, block: &Block, periods: PeriodPair, codes: &'a [CommodityCode]) -> Self {
        let (mut open, mut bad) = (HashSet::new(), HashSet::new());
        let asked = facts.asked.get(&(block.clone(), periods));
        // Those of another batch, too, that one of these was refused with: it may be theirs that is at fault.
        let refused = asked.into_iter().flat_map(|asked| &asked.refused).flat_map(|(set, _)| set);
        for code in codes.iter().chain(refused) {
            match facts.fate(block, periods, Some(code)) {
                Fate::Open => _ = open.insert(code),
                Fate::Refused(_) => _ = bad.insert(code),
                Fate::Answered(_) => {}
            }
        }
        Self { open, bad, asked }
    }

    /// A part of the batch: asked whole, or by its halves where it is known to be refused whole. The halves are those of
    /// the codes as given, so that no part is asked twice: at most 39 parts of 20 codes, and 10 for each bad code.
    fn node(&self, codes: &[CommodityCode]) -> Step {
        let open: Vec<_> = codes.iter().filter(|code| self.open.contains(code)).collect();
        let Some(first) = open.first() else { return Step::Done };
        let within = |set: &BTreeSet<CommodityCode>| set.iter().all(|code| codes.contains(code));
        let asked_whole = self.asked.is_some_and(|asked| {
            asked.refused.iter().any(|(set, _)| within(set)) || asked.too_large.iter().any(within)
        });
        // Refused together, none of them bad so far, and those still open are all here: one of these is bad.
        let tainted = self.asked.into_iter().flat_map(|asked| &asked.refused).find(|(set, _)| {
            !set.iter().any(|code| self.bad.contains(code))
                && set.iter().filter(|code| self.open.contains(code)).all(|code| codes.contains(code))
                && set.iter().any(|code| self.open.contains(code))
        });
        match (tainted, open.len()) {
            (Some((_, reason)), 1) => return Step::Guilty((*first).clone(), reason.clone()),
            (None, _) if !asked_whole => return Step::Ask(open.into_iter().cloned().collect()),
            _ => {}
        }
        if codes.len() == 1 {
            // Too large alone: that is a failure, which the run tells.
            return Step::Done;
        }
        let (left, right) = codes.split_at(codes.len().div_ceil(2));
        match self.node(left) {
            Step::Done => self.node(right),
            step => step,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn code(number: usize) -> CommodityCode {
        format!("{number:02}").parse().unwrap()
    }

    fn block() -> (Block, PeriodPair) {
        let query: Query =
            "lang=EN&sv=VCm&freq=M&period=201805,201806&ttype=1&codeclass=HKHS2&code=01".parse().unwrap();
        let (block, periods, _) = Block::of(&query);
        (block, periods)
    }

    /// Asks a service that refuses whatever holds a bad code, and names so many of them; the queries that it took.
    fn ask_all(many: usize, bad: &BTreeSet<usize>, names: usize) -> Vec<Vec<CommodityCode>> {
        let (block, periods) = block();
        let codes: Vec<_> = (0..many).map(code).collect();
        let bad: BTreeSet<_> = bad.iter().map(|number| code(*number)).collect();
        let mut facts = Facts::default();
        let mut asked = Vec::new();
        loop {
            let known: Vec<_> =
                codes.iter().filter(|code| facts.bad(&block, periods, code).is_some()).cloned().collect();
            let Next::Ask(some) = facts.next(&block, periods, &codes) else { break };
            assert!(!some.is_empty() && some.iter().all(|code| !known.contains(code)), "{some:?} {known:?}");
            asked.push(some.clone());
            let query = block.query(periods, &some).unwrap();
            let guilty: Vec<_> = some.iter().filter(|code| bad.contains(code)).cloned().collect();
            let came = if guilty.is_empty() {
                Came::Answer { body: String::new(), rows: 0, bytes: 0, faults: 0 }
            } else {
                let codes = guilty.into_iter().take(names).collect();
                Came::Refused { messages: vec!["no".into()], codes, areas: Vec::new() }
            };
            facts.learn(&query, came, Gained::default());
        }
        for code in &codes {
            match facts.fate(&block, periods, Some(code)) {
                Fate::Answered(_) => assert!(!bad.contains(code), "{code} is bad"),
                Fate::Refused(_) => assert!(bad.contains(code), "{code} is good and lost"),
                Fate::Open => panic!("{code} is forgotten"),
            }
        }
        asked
    }

    fn bound(bad: usize) -> usize {
        39.min(10 * bad + 1)
    }

    /// Every one and two bad codes of every number of codes up to 20, and all runs of bad codes.
    #[test]
    fn bad_codes_are_found_within_the_bound() {
        for many in 1..=20 {
            for one in 0..many {
                for other in one..many {
                    let bad = BTreeSet::from([one, other]);
                    let calls = ask_all(many, &bad, 0).len();
                    assert!(calls <= bound(bad.len()), "{calls} calls for {bad:?} of {many}");
                    let run = (one..=other).collect::<BTreeSet<_>>();
                    let calls = ask_all(many, &run, 0).len();
                    assert!(calls <= bound(run.len()), "{calls} calls for {run:?} of {many}");
                }
            }
            assert_eq!(ask_all(many, &BTreeSet::new(), 0).len(), 1);
            // One that is left after all others were good is known without asking.
            assert_eq!(ask_all(many, &BTreeSet::from([many - 1]), 20).len(), if many == 1 { 1 } else { 2 });
        }
        assert_eq!(
            ask_all(2, &BTreeSet::from([1]), 0).len(),
            2,
            "the pair, then the first: the second it must be"
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn any_bad_codes_are_found_within_the_bound(
            many in 1usize..=20, bad in proptest::collection::btree_set(0usize..20, 0..20), names in 0usize..4,
        ) {
            let bad: BTreeSet<_> = bad.into_iter().filter(|number| *number < many).collect();
            let calls = ask_all(many, &bad, names).len();
            prop_assert!(calls <= bound(bad.len()), "{} calls for {:?} of {}", calls, bad, many);
        }
    }

    /// Of codes that were refused together, none is found at fault while one of another batch may be.
    #[test]
    fn codes_of_another_batch_may_be_at_fault() {
        let (block, periods) = block();
        let mut facts = Facts::default();
        let refused = Came::Refused { messages: vec!["no".into()], codes: Vec::new(), areas: Vec::new() };
        facts.learn(&block.query(periods, &[code(1), code(2)]).unwrap(), refused, Gained::default());
        assert_eq!(facts.next(&block, periods, &[code(1)]), Next::Ask(vec![code(1)]));
        assert_eq!(facts.fate(&block, periods, Some(&code(1))), Fate::Open);
    }

    /// A code that was refused without a name where nothing was answered may be good beside other areas; where another code
    /// was answered, it is the code.
    #[test]
    fn a_refusal_without_names_holds_elsewhere_only_beside_an_answer() {
        let of = |areas: &str| {
            let query: Query = format!(
                "lang=EN&sv=VCm&freq=M&period=201805,201806&ttype=1&ccclass=C&cc={areas}&codeclass=HKHS2&code=01"
            )
            .parse()
            .unwrap();
            Block::of(&query).0
        };
        let (_, periods) = block();
        let (one, other) = (of("CN,XC"), of("JP"));
        let codes = [code(1), code(2)];
        let refused = || Came::Refused { messages: vec!["no".into()], codes: Vec::new(), areas: Vec::new() };
        let mut facts = Facts::default();
        let learn = |facts: &mut Facts, codes: &[CommodityCode], came| {
            facts.learn(&one.query(periods, codes).unwrap(), came, Gained::default());
        };
        learn(&mut facts, &codes[..1], refused());
        assert_eq!(facts.fate(&one, periods, Some(&codes[0])), Fate::Refused("no".into()));
        assert_eq!(facts.fate(&other, periods, Some(&codes[0])), Fate::Open);
        assert_eq!(facts.next(&other, periods, &codes), Next::Ask(codes.to_vec()));
        let answer = Came::Answer { body: String::new(), rows: 0, bytes: 0, faults: 0 };
        learn(&mut facts, &codes[1..], answer);
        assert_eq!(facts.fate(&other, periods, Some(&codes[0])), Fate::Refused("no".into()));
        assert_eq!(facts.next(&other, periods, &codes), Next::Ask(codes[1..].to_vec()));
    }

    #[test]
    fn what_is_over_for_long_is_out() {
        // 2026-11-18
        let now = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_795_000_000);
        let sure = |text: &str| is_surely_published(text.parse().unwrap(), now);
        assert!(sure("201201..202607") && !sure("201201..202608") && !sure("201112..202607"));
        assert!(sure("2012..2025") && !sure("2012..2026") && !sure("2011..2025"));
    }

    #[test]
    fn periods_shrink_once_at_either_end() {
        let mut facts = Facts::default();
        let query = |periods: &str| -> Query {
            format!("lang=EN&sv=VCm&freq=M&period={periods}&ttype=1").parse().unwrap()
        };
        let refused = |period: &str| Came::Unpublished {
            messages: vec![format!("Period code ({period}) is not defined")],
            periods: vec![period.parse().unwrap()],
        };
        let range: PeriodPair = "201101..202612".parse().unwrap();
        assert!(!facts.end_is_known(range));
        facts.learn(&query("201101,202612"), refused("201101"), Gained::default());
        assert_eq!(facts.published(range).unwrap().to_string(), "201201,202612");
        facts.learn(&query("201201,202612"), refused("202606"), Gained::default());
        assert_eq!(facts.published(range).unwrap().to_string(), "201201,202605");
        assert!(facts.end_is_known(range));
        assert_eq!(facts.published("202606..202612".parse().unwrap()), None);
    }
}
