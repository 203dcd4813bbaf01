//! What is known of a request's cells, and what to ask next. Whatever order answers come in, and whatever was asked in an
//! earlier run, the next step hangs on the facts alone.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use super::block::{Block, Role};
use super::edition;
use crate::domain::{AreaCode, CommodityCode, Language, Period, PeriodPair, TradeType};
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
    /// The block that it was refused in without being named, in English; named codes are unknown in all.
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

/// Queries of one block and range, in whatever language.
#[derive(Debug, Default)]
struct Asked {
    answers: Vec<(Language, Vec<CommodityCode>, usize)>,
    /// Codes that were refused together, for a reason that names none of them.
    refused: Vec<(BTreeSet<CommodityCode>, String)>,
    /// Codes that were refused together, for a reason that names some of them.
    named: Vec<BTreeSet<CommodityCode>>,
    too_large: Vec<BTreeSet<CommodityCode>>,
}

impl Asked {
    /// Which of the kept answers holds a code, in a language or in any.
    fn answer(&self, code: &CommodityCode, language: Option<Language>) -> Option<usize> {
        let holds = |(of, codes, _): &&(Language, Vec<_>, _)| {
            language.is_none_or(|language| *of == language) && codes.contains(code)
        };
        self.answers.iter().find(holds).map(|(.., at)| *at)
    }
}

/// What is known.
#[derive(Debug, Default)]
pub(super) struct Facts {
    kept: Vec<Kept>,
    /// By block in English.
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
    /// To ask in English which codes are at fault: in Chinese each refusal takes two calls, one of them in English.
    Probe(Vec<CommodityCode>),
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
        let (language, block) = (block.language, block.in_english());
        match came {
            Came::Answer { body, rows, bytes, faults } => {
                let later = |proved: &Period| proved.ordinal() < periods.end().ordinal();
                if self.proved.as_ref().is_none_or(later) {
                    self.proved = Some(periods.end());
                }
                let at = self.kept.len();
                self.kept.push(Kept { query: query.clone(), body, rows, bytes, faults, gained });
                self.asked.entry((block, periods)).or_default().answers.push((language, codes, at));
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
                let asked = self.asked.entry((block.clone(), periods)).or_default();
                let all = || codes.iter().cloned().collect();
                match nothing_named {
                    true => asked.refused.push((all(), reason.clone())),
                    false if !known.is_empty() => asked.named.push(all()),
                    false => {}
                }
                for area in areas {
                    self.areas.entry(area).or_insert_with(|| reason.clone());
                }
                for code in known {
                    let told = messages.iter().find(|message| message.contains(code.as_str()));
                    let reason = told.cloned().unwrap_or_else(|| reason.clone());
                    self.bad.entry(code).or_default().push(Bad { periods, block: None, reason });
                }
                if nothing_named && (codes.len() == 1 || block.is_refused_combination()) {
                    for code in codes {
                        let bad = Bad { periods, block: Some(block.clone()), reason: reason.clone() };
                        self.bad.entry(code).or_default().push(bad);
                    }
                }
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
        *own == block.in_english()
            || (Kind::of(own) == Kind::of(block) && (own.is_refused_combination() || answered()))
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

    fn asked(&self, block: &Block, periods: PeriodPair) -> Option<&Asked> {
        self.asked.get(&(block.in_english(), periods))
    }

    /// What became of one code; of a query without codes for no code.
    pub(super) fn fate(&self, block: &Block, periods: PeriodPair, code: Option<&CommodityCode>) -> Fate {
        let asked = self.asked(block, periods);
        let Some(code) = code else {
            return match asked {
                Some(Asked { answers, refused, .. }) => {
                    let own = answers.iter().find(|(language, ..)| *language == block.language);
                    match (own, refused.first()) {
                        (Some((.., at)), _) => Fate::Answered(*at),
                        (None, Some((_, reason))) => Fate::Refused(reason.clone()),
                        (None, None) => Fate::Open,
                    }
                }
                None => Fate::Open,
            };
        };
        let answer = asked.and_then(|asked| asked.answer(code, Some(block.language)));
        match (answer, self.bad(block, periods, code)) {
            (Some(at), _) => Fate::Answered(at),
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
            match Walk::new(self, block, periods, codes).step() {
                Step::Ask(next) => return next,
                Step::Guilty(code, reason) => {
                    let bad = Bad { periods, block: Some(block.in_english()), reason };
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

/// How many codes that no message names are looked for by halves; with as many, the others are asked one by one.
const BY_HALVES: usize = 3;
/// How many refusals of a batch that name codes are heard in Chinese; with as many, codes are asked for in English first.
const HEARD_IN_CHINESE: usize = 3;

/// One look at a batch.
struct Walk<'a> {
    codes: &'a [CommodityCode],
    /// Codes that are neither answered, in any language, nor refused; of other batches, too, that one of these was refused with.
    open: HashSet<&'a CommodityCode>,
    /// Codes that are answered in English, and still to be asked for in the language of the batch.
    probed: HashSet<&'a CommodityCode>,
    bad: HashSet<&'a CommodityCode>,
    asked: Option<&'a Asked>,
    in_english: bool,
}

enum Step {
    Ask(Next),
    /// All that was refused with it is found good or is not there: it is this one.
    Guilty(CommodityCode, String),
}

impl<'a> Walk<'a> {
    fn new(facts: &'a Facts, block: &Block, periods: PeriodPair, codes: &'a [CommodityCode]) -> Self {
        let asked = facts.asked(block, periods);
        let in_english = block.language == Language::English;
        let (open, probed, bad) = (HashSet::new(), HashSet::new(), HashSet::new());
        let mut walk = Self { codes, open, probed, bad, asked, in_english };
        let refused = asked.into_iter().flat_map(|asked| &asked.refused).flat_map(|(set, _)| set);
        for code in codes.iter().chain(refused).collect::<BTreeSet<_>>() {
            let answered = |language| asked.is_some_and(|asked| asked.answer(code, language).is_some());
            if answered(Some(block.language)) {
                continue;
            }
            let set = if facts.bad(block, periods, code).is_some() {
                &mut walk.bad
            } else if answered(None) {
                &mut walk.probed
            } else {
                &mut walk.open
            };
            set.insert(code);
        }
        walk
    }

    /// Codes of this batch, in their order.
    fn of(&self, set: &HashSet<&CommodityCode>) -> Vec<CommodityCode> {
        self.codes.iter().filter(|code| set.contains(code)).cloned().collect()
    }

    /// What is asked next: all together, first of all. Of codes that were refused together, one that is at fault is looked for by
    /// halves, then all others are asked for together; so up to [`BY_HALVES`] are found, and whatever is left then is asked
    /// for one by one. For k codes of 20 that no message names this takes 7, 13 or 19 queries, and never more than 36.
    fn step(&self) -> Step {
        let open = self.of(&self.open);
        if open.is_empty() {
            // The good ones of a batch that was searched in English.
            let good = self.of(&self.probed);
            return Step::Ask(if good.is_empty() { Next::Nothing } else { Next::Ask(self.small(good)) });
        }
        let refused = || self.asked.into_iter().flat_map(|asked| &asked.refused);
        // Refused together, none of them bad so far, and those still open are all here: one of these is bad.
        let tainted = refused().filter_map(|(set, reason)| {
            let is_told = set.iter().any(|code| self.bad.contains(code));
            let suspects = set.iter().filter(|code| self.open.contains(code)).collect::<HashSet<_>>();
            let are_here = suspects.iter().all(|code| self.codes.contains(code));
            (!is_told && are_here && !suspects.is_empty()).then(|| (self.of(&suspects), reason))
        });
        let tainted = tainted.min_by_key(|(suspects, _)| suspects.len());
        let found =
            |code: &&CommodityCode| self.bad.contains(*code) && refused().any(|(set, _)| set.contains(*code));
        let found = self.codes.iter().filter(found).count();
        let part = match tainted {
            Some((suspects, reason)) => match &suspects[..] {
                [one] => return Step::Guilty(one.clone(), reason.clone()),
                _ if found < BY_HALVES => half(suspects),
                _ => first(suspects),
            },
            None if found <= BY_HALVES => open,
            None => first(open),
        };
        let part = self.small(part);
        let is_here = |set: &BTreeSet<CommodityCode>| self.codes.iter().any(|code| set.contains(code));
        let named = self.asked.into_iter().flat_map(|asked| &asked.named).filter(|set| is_here(set));
        let is_hard = refused().any(|(set, _)| is_here(set)) || named.count() >= HEARD_IN_CHINESE;
        Step::Ask(if is_hard && !self.in_english { Next::Probe(part) } else { Next::Ask(part) })
    }

    /// As many of these codes as are not known to be too many for one answer.
    fn small(&self, mut part: Vec<CommodityCode>) -> Vec<CommodityCode> {
        let too_large = || self.asked.into_iter().flat_map(|asked| &asked.too_large);
        while part.len() > 1 && too_large().any(|set| set.iter().all(|code| part.contains(code))) {
            part = half(part);
        }
        part
    }
}

/// The first half, rounded up.
fn half(mut codes: Vec<CommodityCode>) -> Vec<CommodityCode> {
    codes.truncate(codes.len().div_ceil(2));
    codes
}

fn first(mut codes: Vec<CommodityCode>) -> Vec<CommodityCode> {
    codes.truncate(1);
    codes
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

    /// Asks a service that refuses whatever holds a bad code, and names so many of them; how many calls that took: a refusal in
    /// Chinese takes two.
    fn ask_all(language: Language, many: usize, bad: &BTreeSet<usize>, names: usize) -> usize {
        let (block, periods) = block();
        let block = Block { language, ..block };
        let codes: Vec<_> = (0..many).map(code).collect();
        let bad: BTreeSet<_> = bad.iter().map(|number| code(*number)).collect();
        let mut facts = Facts::default();
        let mut asked = Vec::new();
        let mut calls = 0;
        loop {
            let known: Vec<_> =
                codes.iter().filter(|code| facts.bad(&block, periods, code).is_some()).cloned().collect();
            let (block, some) = match facts.next(&block, periods, &codes) {
                Next::Nothing => break,
                Next::Ask(some) => (block.clone(), some),
                Next::Probe(some) => (block.in_english(), some),
            };
            assert!(!some.is_empty() && some.iter().all(|code| !known.contains(code)), "{some:?} {known:?}");
            assert!(!asked.contains(&(block.language, some.clone())), "twice: {some:?}");
            asked.push((block.language, some.clone()));
            let query = block.query(periods, &some).unwrap();
            let guilty: Vec<_> = some.iter().filter(|code| bad.contains(code)).cloned().collect();
            calls += if guilty.is_empty() || block.language == Language::English { 1 } else { 2 };
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
                Fate::Answered(at) => {
                    assert!(!bad.contains(code), "{code} is bad");
                    assert_eq!(facts.kept()[at].query.language(), language);
                }
                Fate::Refused(_) => assert!(bad.contains(code), "{code} is good and lost"),
                Fate::Open => panic!("{code} is forgotten"),
            }
        }
        calls
    }

    const LANGUAGES: [Language; 2] = [Language::English, Language::SimplifiedChinese];

    fn bound(bad: usize) -> usize {
        39.min(10 * bad + 1)
    }

    /// Every one and two bad codes and all runs of bad codes, of every number of codes up to 20; in English of 20, every three.
    #[test]
    fn bad_codes_are_found_within_the_bound() {
        let most = |language, bad: &BTreeSet<usize>| match (language, bad.len()) {
            (Language::English, few @ 1..=3) => 6 * few + 1,
            (Language::English, _) => 36,
            (_, several) => bound(several),
        };
        for language in LANGUAGES {
            let all = |many, bad: &BTreeSet<usize>| {
                let calls = ask_all(language, many, bad, 0);
                let most = most(language, bad);
                assert!(calls <= most && calls <= bound(bad.len()), "{calls} calls for {bad:?} of {many}");
            };
            for many in 1..=20 {
                for one in 0..many {
                    for other in one..many {
                        all(many, &(one..=other).collect());
                        let all_three = many == 20 && language == Language::English;
                        for third in other..if all_three { many } else { other + 1 } {
                            all(many, &BTreeSet::from([one, other, third]));
                        }
                    }
                }
                assert_eq!(ask_all(language, many, &BTreeSet::new(), 0), 1);
            }
        }
        let english = |many, bad: &[usize], names| {
            ask_all(Language::English, many, &bad.iter().copied().collect(), names)
        };
        assert_eq!(english(20, &[19], 20), 2, "the batch, then the others");
        assert_eq!(english(2, &[1], 0), 2, "the pair, then the first: the second it must be");
        assert_eq!(english(20, &[0], 0), 7, "the batch, five halves, and the others together");
        assert_eq!(english(20, &(0..20).collect::<Vec<_>>(), 0), 36);
        assert_eq!(ask_all(Language::TraditionalChinese, 20, &BTreeSet::from([0]), 0), 9);
        assert_eq!(ask_all(Language::TraditionalChinese, 20, &BTreeSet::from([0]), 1), 3);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn any_bad_codes_are_found_within_the_bound(
            many in 1usize..=20, bad in proptest::collection::btree_set(0usize..20, 0..=20), names in 0usize..4,
        ) {
            let bad: BTreeSet<_> = bad.into_iter().filter(|number| *number < many).collect();
            for language in LANGUAGES {
                let calls = ask_all(language, many, &bad, names);
                prop_assert!(calls <= bound(bad.len()), "{} calls for {:?} of {}", calls, bad, many);
            }
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
