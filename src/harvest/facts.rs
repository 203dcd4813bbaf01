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
        /// Whether a message names codes and areas of the query together: the codes are refused there, and not everywhere.
        #[serde(default, skip_serializing_if = "is_false")]
        there: bool,
    },
    /// Periods that are not published, or before the first.
    Unpublished { messages: Vec<String>, periods: Vec<Period> },
    /// More than a body may hold.
    TooLarge,
    /// Refused in Chinese and answered in English: some of the codes are, and asked for apart from them the others are not.
    Contradicted,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "as serde asks for it")]
fn is_false(is: &bool) -> bool {
    !*is
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
    /// The block that it was refused in, in English, without being named or together with an area; others are unknown in all.
    block: Option<Block>,
    reason: String,
}

impl Bad {
    /// Whether it holds in a block: what nobody names may be at fault in one block and good in another, and so nothing is
    /// taken for refused that was not asked for, in whatever order answers come.
    fn reaches(&self, block: &Block) -> bool {
        let Some(own) = &self.block else { return true };
        *own == block.in_english() || (own.is_refused_combination() && Kind::of(own) == Kind::of(block))
    }
}

/// What a code that is at fault in one query may be at fault in elsewhere, too.
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

/// Codes that were refused together, for a reason that names none of them.
#[derive(Debug)]
struct Refusal {
    language: Language,
    codes: BTreeSet<CommodityCode>,
    reason: String,
}

/// One of the kept answers, and its language; one without rows is the same in each.
#[derive(Debug, Clone, Copy)]
struct Answered {
    language: Option<Language>,
    at: usize,
}

impl Answered {
    fn is_in(&self, language: Language) -> bool {
        self.language.is_none_or(|own| own == language)
    }
}

/// Queries of one block and range, in whatever language.
#[derive(Debug, Default)]
struct Asked {
    /// Of each code; none for a query without codes.
    answers: HashMap<Option<CommodityCode>, Vec<Answered>>,
    refused: Vec<Refusal>,
    /// Which of these hold a code.
    refused_with: HashMap<CommodityCode, Vec<usize>>,
    /// Codes that were refused together, for a reason that names some of them.
    named: Vec<BTreeSet<CommodityCode>>,
    /// Codes that are not to be asked for together: too much for one answer, or contradicted. In the run that it failed in, also one
    /// alone.
    apart: Vec<BTreeSet<CommodityCode>>,
}

impl Asked {
    fn answered(&mut self, codes: Vec<CommodityCode>, answered: Answered) {
        let each: Vec<_> = if codes.is_empty() { vec![None] } else { codes.into_iter().map(Some).collect() };
        each.into_iter().for_each(|code| self.answers.entry(code).or_default().push(answered));
    }

    fn refused(&mut self, refusal: Refusal) {
        for code in &refusal.codes {
            self.refused_with.entry(code.clone()).or_default().push(self.refused.len());
        }
        self.refused.push(refusal);
    }

    /// Which of the kept answers holds a code, or is that of a query without codes, in a language.
    fn answer(&self, code: &Option<CommodityCode>, language: Language) -> Option<usize> {
        self.answers.get(code)?.iter().find(|one| one.is_in(language)).map(|one| one.at)
    }

    /// The refusals that hold any of these codes.
    fn refusals(&self, codes: &[CommodityCode]) -> Vec<&Refusal> {
        let places = codes.iter().filter_map(|code| self.refused_with.get(code)).flatten();
        let places: BTreeSet<_> = places.copied().collect();
        places.into_iter().filter_map(|at| self.refused.get(at)).collect()
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
                let answered = Answered { language: (rows > 0).then_some(language), at };
                self.asked.entry((block, periods)).or_default().answered(codes, answered);
            }
            Came::Unpublished { messages, periods: named } => {
                self.shrink(periods, &named, &messages.join("; "))
            }
            Came::TooLarge | Came::Contradicted => {
                let asked = self.asked.entry((block, periods)).or_default();
                asked.apart.push(codes.into_iter().collect());
            }
            Came::Refused { messages, codes: named, areas, there } => {
                let mut reason = messages.join("; ");
                let known = named.iter().filter(|code| codes.contains(code)).cloned().collect::<Vec<_>>();
                let nothing_named = known.is_empty() && areas.is_empty();
                let asked = self.asked.entry((block.clone(), periods)).or_default();
                let all: BTreeSet<_> = codes.iter().cloned().collect();
                if nothing_named {
                    // What was asked in English to find out more keeps the words of the language asked.
                    let before = asked
                        .refusals(&codes)
                        .into_iter()
                        .find(|before| before.language != language && before.codes.is_superset(&all));
                    if let Some(before) = before {
                        reason.clone_from(&before.reason);
                    }
                    asked.refused(Refusal { language, codes: all, reason: reason.clone() });
                } else if !known.is_empty() {
                    asked.named.push(all);
                }
                for area in areas {
                    self.areas.entry(area).or_insert_with(|| reason.clone());
                }
                for code in known {
                    let told = messages.iter().find(|message| message.contains(code.as_str()));
                    let reason = told.cloned().unwrap_or_else(|| reason.clone());
                    let block = there.then(|| block.clone());
                    self.bad.entry(code).or_default().push(Bad { periods, block, reason });
                }
                // One that is answered in English is not refused.
                let is_answered =
                    |code: &CommodityCode| asked.answer(&Some(code.clone()), Language::English).is_some();
                let is_bad = codes.len() == 1 && !codes.iter().any(is_answered);
                if nothing_named && (is_bad || block.is_refused_combination()) {
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
        let holds = |bad: &&Bad| bad.periods.overlap(periods) == Some(bad.periods) && bad.reaches(block);
        self.bad.get(code)?.iter().find(holds).map(|bad| bad.reason.as_str())
    }

    /// Whether a code that was refused in another block may be at fault in this one. Where that block answered no other code,
    /// an area or a statistic of it may be at fault, and not the code.
    fn is_suspect(&self, block: &Block, periods: PeriodPair, code: &CommodityCode) -> bool {
        let suspects = |bad: &Bad| {
            let answered =
                |own: &Block| self.asked(own, bad.periods).is_some_and(|all| !all.answers.is_empty());
            bad.periods.overlap(periods) == Some(bad.periods)
                && bad.block.as_ref().is_some_and(|own| Kind::of(own) == Kind::of(block) && answered(own))
        };
        self.bad.get(code).is_some_and(|all| all.iter().any(suspects))
    }

    /// Whether a code was refused at the end of a range: in the part that no border of editions cuts.
    pub(super) fn was_refused(&self, block: &Block, range: PeriodPair, code: &CommodityCode) -> bool {
        let range = self.published(range).unwrap_or(range);
        let parts = edition::parts(block.class, range);
        let holds = |bad: &Bad| {
            let within = |part: &PeriodPair| part.overlap(bad.periods) == Some(bad.periods);
            parts.last().is_some_and(within) && bad.reaches(block)
        };
        self.bad.get(code).is_some_and(|all| all.iter().any(holds))
    }

    fn asked(&self, block: &Block, periods: PeriodPair) -> Option<&Asked> {
        self.asked.get(&(block.in_english(), periods))
    }

    /// What became of one code; of a query without codes for no code.
    pub(super) fn fate(&self, block: &Block, periods: PeriodPair, code: Option<&CommodityCode>) -> Fate {
        let asked = self.asked(block, periods);
        let answer = asked.and_then(|asked| asked.answer(&code.cloned(), block.language));
        let refused = match code {
            Some(code) => self.bad(block, periods, code),
            None => asked.and_then(|asked| asked.refused.first()).map(|refusal| refusal.reason.as_str()),
        };
        match (answer, refused) {
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
    /// Open codes that were refused in other blocks.
    suspect: HashSet<&'a CommodityCode>,
    asked: Option<&'a Asked>,
    /// Those that hold a code of this batch.
    refused: Vec<&'a Refusal>,
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
        let (open, probed, bad, suspect) = (HashSet::new(), HashSet::new(), HashSet::new(), HashSet::new());
        let refused = asked.map_or_else(Vec::new, |asked| asked.refusals(codes));
        let beside = refused.iter().flat_map(|refusal| &refusal.codes);
        let all: BTreeSet<_> = codes.iter().chain(beside).collect();
        let mut walk = Self { codes, open, probed, bad, suspect, asked, refused, in_english };
        for code in all {
            let key = Some(code.clone());
            let answered = |language| asked.is_some_and(|asked| asked.answer(&key, language).is_some());
            if answered(block.language) {
                continue;
            }
            let set = if facts.bad(block, periods, code).is_some() {
                &mut walk.bad
            } else if answered(Language::English) {
                &mut walk.probed
            } else {
                if facts.is_suspect(block, periods, code) {
                    walk.suspect.insert(code);
                }
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

    /// What is asked next: all together, first of all, but those that were refused elsewhere, which come when nothing else is
    /// left. Of codes that were refused together, one that is at fault is looked for by halves, then all
    /// others are asked for together; so up to [`BY_HALVES`] are found, and whatever is left then is asked for one by one. For
    /// k codes of 20 that no message names this takes 7, 13 or 19 queries, and never more than 36.
    fn step(&self) -> Step {
        let open = self.of(&self.open);
        if open.is_empty() {
            // The good ones of a batch that was searched in English.
            let good = self.of(&self.probed);
            return Step::Ask(if good.is_empty() { Next::Nothing } else { Next::Ask(self.small(good)) });
        }
        // Refused together, none of them bad so far, and those still open are all here: one of these is bad.
        let tainted = self.refused.iter().filter_map(|Refusal { codes: set, reason, .. }| {
            let is_told = set.iter().any(|code| self.bad.contains(code));
            let suspects = set.iter().filter(|code| self.open.contains(code)).collect::<HashSet<_>>();
            let are_here = suspects.iter().all(|code| self.codes.contains(code));
            (!is_told && are_here && !suspects.is_empty()).then(|| (self.of(&suspects), reason))
        });
        let tainted = tainted.min_by_key(|(suspects, _)| suspects.len());
        let found = |code: &&CommodityCode| {
            self.bad.contains(*code) && self.refused.iter().any(|refusal| refusal.codes.contains(*code))
        };
        let found = self.codes.iter().filter(found).count();
        let part = match tainted {
            Some((suspects, reason)) => match &suspects[..] {
                [one] => return Step::Guilty(one.clone(), reason.clone()),
                _ if found < BY_HALVES => half(suspects),
                _ => first(suspects),
            },
            None => {
                let (suspect, others): (Vec<_>, Vec<_>) =
                    open.into_iter().partition(|code| self.suspect.contains(code));
                let part = if others.is_empty() { suspect } else { others };
                if found <= BY_HALVES { part } else { first(part) }
            }
        };
        let part = self.small(part);
        let is_here = |set: &&BTreeSet<CommodityCode>| self.codes.iter().any(|code| set.contains(code));
        let named = self.asked.into_iter().flat_map(|asked| &asked.named).filter(is_here);
        let is_suspect = part.iter().any(|code| self.suspect.contains(code));
        let is_hard = is_suspect
            || !self.refused.is_empty()
            || named.take(HEARD_IN_CHINESE).count() == HEARD_IN_CHINESE;
        Step::Ask(if is_hard && !self.in_english { Next::Probe(part) } else { Next::Ask(part) })
    }

    /// As many of these codes as may be asked for together, as far as is known: where several are found that failed alone, one.
    fn small(&self, mut part: Vec<CommodityCode>) -> Vec<CommodityCode> {
        let apart = || self.asked.into_iter().flat_map(|asked| &asked.apart);
        let was_here = |one: &BTreeSet<CommodityCode>| {
            apart().any(|set| set.is_superset(one) && set.iter().any(|code| self.codes.contains(code)))
        };
        if apart().filter(|set| set.len() == 1 && was_here(set)).count() >= BY_HALVES {
            return first(part);
        }
        while part.len() > 1 && apart().any(|set| set.iter().all(|code| part.contains(code))) {
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

    /// A service that refuses whatever holds a bad code, and has no rows of some of the good ones.
    #[derive(Debug, Default)]
    struct Service {
        bad: BTreeSet<usize>,
        nil: BTreeSet<usize>,
        /// Codes that were refused in another block.
        elsewhere: BTreeSet<usize>,
        /// How many codes each refusal names, one after another.
        names: Vec<usize>,
    }

    /// Asks for so many codes until nothing is left to ask; how many calls that took: a refusal in Chinese takes two, and so does
    /// an answer without rows.
    fn ask_all(language: Language, many: usize, service: &Service) -> usize {
        let (block, periods) = block();
        let block = Block { language, ..block };
        let codes: Vec<_> = (0..many).map(code).collect();
        let of = |numbers: &BTreeSet<usize>| numbers.iter().map(|number| code(*number)).collect();
        let (bad, nil): (BTreeSet<_>, BTreeSet<_>) = (of(&service.bad), of(&service.nil));
        let mut names = service.names.iter().copied().cycle();
        let mut facts = Facts::default();
        let other = Block { statistics: vec![crate::domain::Statistic::AnnualValue], ..block.clone() };
        let mut learn = |code: CommodityCode, came| {
            facts.learn(&other.query(periods, &[code]).unwrap(), came, Gained::default());
        };
        learn(code(99), Came::Answer { body: String::new(), rows: 1, bytes: 0, faults: 0 });
        for code in of(&service.elsewhere) {
            let messages = vec!["no".into()];
            learn(code, Came::Refused { messages, codes: Vec::new(), areas: Vec::new(), there: false });
        }
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
            let rows = some.iter().filter(|code| !nil.contains(code)).count();
            let told_twice = (!guilty.is_empty() || rows == 0) && block.language != Language::English;
            calls += 1 + usize::from(told_twice);
            let came = if guilty.is_empty() {
                Came::Answer { body: String::new(), rows, bytes: 0, faults: 0 }
            } else {
                let codes = guilty.into_iter().take(names.next().unwrap_or_default()).collect();
                let words = if block.language == Language::English { "no" } else { "不" };
                Came::Refused { messages: vec![words.into()], codes, areas: Vec::new(), there: false }
            };
            facts.learn(&query, came, Gained::default());
        }
        for code in &codes {
            match facts.fate(&block, periods, Some(code)) {
                Fate::Answered(at) => {
                    assert!(!bad.contains(code), "{code} is bad");
                    let kept = &facts.kept()[at];
                    assert!(kept.rows == 0 || kept.query.language() == language);
                }
                Fate::Refused(reason) => {
                    assert!(bad.contains(code), "{code} is good and lost");
                    assert!(!service.names.is_empty() || (reason == "no") == (language == Language::English));
                }
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
        let unnamed =
            |bad: &mut dyn Iterator<Item = usize>| Service { bad: bad.collect(), ..Service::default() };
        for language in LANGUAGES {
            let all = |many, bad: &BTreeSet<usize>| {
                let calls = ask_all(language, many, &unnamed(&mut bad.iter().copied()));
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
                assert_eq!(ask_all(language, many, &Service::default()), 1);
            }
        }
        let calls = |language, many, bad: std::ops::Range<usize>, names: &[usize]| {
            ask_all(language, many, &Service { names: names.to_vec(), ..unnamed(&mut bad.into_iter()) })
        };
        let english = |many, bad, names: &[usize]| calls(Language::English, many, bad, names);
        assert_eq!(english(20, 19..20, &[20]), 2, "the batch, then the others");
        assert_eq!(english(2, 1..2, &[]), 2, "the pair, then the first: the second it must be");
        assert_eq!(english(20, 0..1, &[]), 7, "the batch, five halves, and the others together");
        assert_eq!(english(20, 0..20, &[]), 36);
        assert_eq!(calls(Language::TraditionalChinese, 20, 0..1, &[]), 9);
        assert_eq!(calls(Language::TraditionalChinese, 20, 0..1, &[1]), 3);
    }

    /// Thousands of codes, a tenth of them bad and not named, take no longer than the queries do: what is looked at for each
    /// batch is its own.
    #[test]
    fn many_refusals_are_looked_at_by_batch() {
        let (block, periods) = block();
        let block = Block { class: Some(crate::domain::CommodityClass::Hs6), ..block };
        let mut facts = Facts::default();
        let codes: Vec<CommodityCode> =
            (0..4_000).map(|number| format!("{number:06}").parse().unwrap()).collect();
        let is_bad = |code: &CommodityCode| code.as_str().ends_with('7');
        for batch in codes.chunks(20) {
            while let Next::Ask(some) = facts.next(&block, periods, batch) {
                let came = match some.iter().any(is_bad) {
                    true => Came::Refused {
                        messages: vec!["no".into()],
                        codes: Vec::new(),
                        areas: Vec::new(),
                        there: false,
                    },
                    false => Came::Answer { body: String::new(), rows: 1, bytes: 0, faults: 0 },
                };
                let query = block.query(periods, &some).unwrap();
                facts.learn(&query, came, Gained::default());
            }
            let walk = Walk::new(&facts, &block, periods, batch);
            assert!(walk.refused.iter().all(|refusal| refusal.codes.iter().all(|code| batch.contains(code))));
        }
        let asked = facts.asked(&block, periods).unwrap();
        assert_eq!((asked.answers.len(), asked.refused_with.len()), (3_600, 4_000));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn any_bad_codes_are_found_within_the_bound(
            many in 1usize..=20,
            bad in proptest::collection::btree_set(0usize..20, 1..=20),
            nil in proptest::collection::btree_set(0usize..20, 0..=20),
            elsewhere in proptest::collection::btree_set(0usize..20, 0..=20),
            names in proptest::collection::vec(0usize..4, 1..20),
        ) {
            let bad: BTreeSet<_> = bad.into_iter().filter(|number| *number < many).collect();
            let service = Service { bad, nil, elsewhere, names };
            for language in LANGUAGES {
                let calls = ask_all(language, many, &service);
                // All good: one call, or two in Chinese where there are no rows; apart from them what was refused elsewhere.
                let most = match (service.bad.len(), service.elsewhere.is_empty()) {
                    (0, true) => 2,
                    (0, false) => 5,
                    (bad, _) => bound(bad),
                };
                prop_assert!(calls <= most, "{calls} calls for {service:?} of {many}");
            }
        }
    }

    /// Of codes that were refused together, none is found at fault while one of another batch may be.
    #[test]
    fn codes_of_another_batch_may_be_at_fault() {
        let (block, periods) = block();
        let mut facts = Facts::default();
        let refused =
            Came::Refused { messages: vec!["no".into()], codes: Vec::new(), areas: Vec::new(), there: false };
        facts.learn(&block.query(periods, &[code(1), code(2)]).unwrap(), refused, Gained::default());
        assert_eq!(facts.next(&block, periods, &[code(1)]), Next::Ask(vec![code(1)]));
        assert_eq!(facts.fate(&block, periods, Some(&code(1))), Fate::Open);
    }

    /// A code that was refused without a name may be good beside other areas: it is asked for there, too, and where another
    /// code was answered beside it, by itself.
    #[test]
    fn a_refusal_without_names_holds_in_its_own_block_alone() {
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
        let refused = || Came::Refused {
            messages: vec!["no".into()],
            codes: Vec::new(),
            areas: Vec::new(),
            there: false,
        };
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
        assert_eq!(facts.fate(&other, periods, Some(&codes[0])), Fate::Open);
        assert_eq!(facts.next(&other, periods, &codes), Next::Ask(codes[1..].to_vec()));
        assert_eq!(facts.next(&other, periods, &codes[..1]), Next::Ask(codes[..1].to_vec()));
        let in_chinese = Block { language: Language::TraditionalChinese, ..other.clone() };
        assert_eq!(facts.next(&in_chinese, periods, &codes[..1]), Next::Probe(codes[..1].to_vec()));
    }

    /// What a code is refused with may be its name, or its name beside an area's.
    #[test]
    fn a_code_that_is_named_with_an_area_is_refused_there_alone() {
        let (one, periods) = block();
        let other = Block { trade_type: TradeType::TotalExports, ..one.clone() };
        for (there, elsewhere) in [(true, Fate::Open), (false, Fate::Refused("no (01)".into()))] {
            let mut facts = Facts::default();
            let codes = vec![code(1)];
            let came = Came::Refused { messages: vec!["no (01)".into()], codes, areas: Vec::new(), there };
            facts.learn(&one.query(periods, &[code(1), code(2)]).unwrap(), came, Gained::default());
            assert_eq!(facts.fate(&one, periods, Some(&code(1))), Fate::Refused("no (01)".into()));
            assert_eq!(facts.fate(&other, periods, Some(&code(1))), elsewhere);
        }
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
