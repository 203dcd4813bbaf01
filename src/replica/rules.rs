//! Faults that come by count or by seed.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use super::fault::Fault;
use super::script::Door;
use super::seeded;

/// Makes faults at a door, again and again.
///
/// ```
/// use std::time::Duration;
/// use tradebind::replica::{Door, Fault, Rule};
///
/// let each_seventh = Rule::on(Door::HkAnswer).every(7).with(Fault::Html(503));
/// let now_and_then = Rule::on(Door::Tradewind)
///     .path("/api/customs/")
///     .one_in(10)
///     .with_any([Fault::ResetDuring, Fault::ChargeThenDrop, Fault::Latency(Duration::from_millis(200))]);
/// let once = Rule::on(Door::HkFront).times(1).with(Fault::Html(403));
/// ```
///
/// A rule counts the requests at its door (and path) that no script and no earlier rule took. Which of them a rule by
/// chance takes, and with which of several faults, hangs on the replica's seed, on the rule's place among the rules and
/// on the count, and on nothing else: the same requests in the same order meet the same faults.
#[derive(Debug, Clone)]
#[must_use]
pub struct Rule {
    door: Door,
    path: String,
    when: When,
    times: Option<u64>,
    faults: Vec<Fault>,
}

#[derive(Debug, Clone, Copy)]
enum When {
    Every(u64),
    OneIn(u64),
}

impl Rule {
    /// A rule for every request at this door.
    pub fn on(door: Door) -> Self {
        Self { door, path: String::new(), when: When::Every(1), times: None, faults: Vec::new() }
    }

    /// Only for requests whose path begins so.
    pub fn path(self, prefix: &str) -> Self {
        Self { path: prefix.to_owned(), ..self }
    }

    /// For each `n`-th request: the `n`-th first; 0 is never.
    pub fn every(self, n: u64) -> Self {
        Self { when: When::Every(n), ..self }
    }

    /// For one request in `n`, on average, as the seed has it; 0 is never.
    pub fn one_in(self, n: u64) -> Self {
        Self { when: When::OneIn(n), ..self }
    }

    /// At most so many times.
    pub fn times(self, n: u64) -> Self {
        Self { times: Some(n), ..self }
    }

    /// Makes this fault. Of several that were given, the seed picks one each time.
    pub fn with(mut self, fault: Fault) -> Self {
        self.faults.push(fault);
        self
    }

    /// Makes one of these faults each time, as the seed picks.
    pub fn with_any(mut self, faults: impl IntoIterator<Item = Fault>) -> Self {
        self.faults.extend(faults);
        self
    }
}

/// The rules of a replica, and how far each has counted.
#[derive(Debug)]
pub(super) struct Rules {
    seed: u64,
    /// Whether there is any: requests of a replica without rules wait for nobody.
    any: AtomicBool,
    rules: Mutex<Vec<Counted>>,
}

#[derive(Debug)]
struct Counted {
    rule: Rule,
    seen: u64,
    made: u64,
}

impl Rules {
    pub(super) fn new(seed: u64, rules: Vec<Rule>) -> Self {
        let made = Self { seed, any: AtomicBool::new(false), rules: Mutex::default() };
        made.add(rules);
        made
    }

    pub(super) fn add(&self, rules: impl IntoIterator<Item = Rule>) {
        let rules = rules.into_iter().map(|rule| Counted { rule, seen: 0, made: 0 });
        self.with(|all| all.extend(rules.collect::<Vec<_>>()));
        self.any.store(true, Ordering::Release);
    }

    pub(super) fn clear(&self) {
        self.with(Vec::clear);
        self.any.store(false, Ordering::Release);
    }

    /// The fault for a request, of the first rule that has one.
    pub(super) fn fault(&self, door: Door, path: &str) -> Option<Fault> {
        if !self.any.load(Ordering::Acquire) {
            return None;
        }
        self.with(|all| {
            all.iter_mut().enumerate().find_map(|(at, rule)| rule.fault(self.seed, at, door, path))
        })
    }

    fn with<T>(&self, act: impl FnOnce(&mut Vec<Counted>) -> T) -> T {
        act(&mut self.rules.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Counted {
    fn fault(&mut self, seed: u64, at: usize, door: Door, path: &str) -> Option<Fault> {
        let rule = &self.rule;
        if rule.door != door || !path.starts_with(&rule.path) || Some(self.made) == rule.times {
            return None;
        }
        self.seen += 1;
        let mut rng = seeded::rng(seed, &[b"rule", &(at as u64).to_le_bytes(), &self.seen.to_le_bytes()]);
        let takes = match rule.when {
            When::Every(0) | When::OneIn(0) => false,
            When::Every(n) => self.seen.is_multiple_of(n),
            When::OneIn(n) => rng.u64(..n) == 0,
        };
        let fault = takes.then(|| rng.choice(&rule.faults)).flatten()?;
        self.made += 1;
        Some(fault.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOOR: Door = Door::HkAnswer;

    /// The requests, counted from 1, that met a fault.
    fn met(seed: u64, rules: Vec<Rule>, requests: u64) -> Vec<(u64, Fault)> {
        let rules = Rules::new(seed, rules);
        (1..=requests).filter_map(|at| Some((at, rules.fault(DOOR, "/api/get")?))).collect()
    }

    #[test]
    fn by_count() {
        let every = |n| Rule::on(DOOR).every(n).with(Fault::Html(503));
        let at = |rules| met(0, rules, 10).into_iter().map(|(at, _)| at).collect::<Vec<_>>();
        assert_eq!(at(vec![every(3)]), [3, 6, 9]);
        assert_eq!(at(vec![every(3).times(2)]), [3, 6]);
        assert_eq!(at(vec![every(1).times(2)]), [1, 2]);
        assert_eq!(at(vec![every(0)]), [0; 0]);
        assert_eq!(at(vec![Rule::on(DOOR)]), [0; 0], "no fault was given");
        assert_eq!(at(vec![every(1).path("/api/other")]), [0; 0]);
        assert_eq!(at(vec![Rule::on(Door::Tradewind).with(Fault::Html(503))]), [0; 0]);
        // What the first took, the second does not count.
        assert_eq!(at(vec![every(2), every(2)]), [2, 3, 4, 6, 7, 8, 10]);
    }

    #[test]
    fn by_seed() {
        let rule = || Rule::on(DOOR).one_in(5).with_any([Fault::ResetBefore, Fault::ResetAfter]);
        let first = met(7, vec![rule()], 1000);
        assert_eq!(first, met(7, vec![rule()], 1000));
        assert_ne!(first, met(8, vec![rule()], 1000));
        assert!((150..250).contains(&first.len()), "{}", first.len());
        for fault in [Fault::ResetBefore, Fault::ResetAfter] {
            assert!(first.iter().filter(|(_, met)| *met == fault).count() > 50, "{fault}");
        }
        assert_eq!(met(7, vec![rule().times(3)], 1000)[..], first[..3]);
        assert_eq!(met(7, vec![Rule::on(DOOR).one_in(0).with(Fault::ResetBefore)], 1000), []);
        assert_eq!(met(7, vec![Rule::on(DOOR).one_in(1).with(Fault::ResetBefore)], 10).len(), 10);
    }

    #[test]
    fn cleared() {
        let rules = Rules::new(0, vec![Rule::on(DOOR).with(Fault::ResetBefore)]);
        assert!(rules.fault(DOOR, "/").is_some());
        rules.clear();
        assert!(rules.fault(DOOR, "/").is_none());
    }
}
