//! Small answers that were given before: the same words ask for the same figures.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use super::table::Whole;
use super::world::Month;

/// How many answers are kept; each is smaller than a piece of a large one (32 KiB).
const ANSWERS: usize = 64;
/// The longest query that is kept, in bytes.
const LONGEST: usize = 2 << 10;

/// An answer, and what it hangs on beside the query.
#[derive(Debug)]
pub(super) struct Known {
    /// Newest month when it was made.
    pub(super) newest: Month,
    pub(super) whole: Whole,
    /// What of it is made up.
    pub(super) assumed: String,
}

/// Answers by the text of their queries, the oldest first to go.
#[derive(Debug, Default)]
pub(super) struct Remembered(Mutex<Answers>);

#[derive(Debug, Default)]
struct Answers {
    by_query: HashMap<String, Arc<Known>>,
    in_turn: VecDeque<String>,
}

impl Remembered {
    /// The answer to a query, if it was made for that newest month.
    pub(super) fn get(&self, query: &str, newest: Month) -> Option<Arc<Known>> {
        let answers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        answers.by_query.get(query).filter(|known| known.newest == newest).cloned()
    }

    pub(super) fn keep(&self, query: &str, known: Known) {
        if query.len() > LONGEST {
            return;
        }
        let mut answers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if answers.by_query.insert(query.to_owned(), Arc::new(known)).is_some() {
            return;
        }
        answers.in_turn.push_back(query.to_owned());
        if answers.in_turn.len() > ANSWERS
            && let Some(oldest) = answers.in_turn.pop_front()
        {
            answers.by_query.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(newest: Month) -> Known {
        Known { newest, whole: Whole::default(), assumed: String::new() }
    }

    #[test]
    fn the_oldest_goes_first() {
        let (newest, all) = (Month::nth(3), Remembered::default());
        for n in 0..ANSWERS + 10 {
            all.keep(&n.to_string(), known(newest));
            // Said again, it neither counts twice nor becomes younger.
            all.keep("0", known(newest));
        }
        let kept: Vec<_> = (0..ANSWERS + 10).filter(|n| all.get(&n.to_string(), newest).is_some()).collect();
        assert_eq!(all.0.lock().unwrap().by_query.len(), ANSWERS);
        assert_eq!(all.0.lock().unwrap().in_turn.len(), ANSWERS);
        assert_eq!(kept.last(), Some(&(ANSWERS + 9)));
        assert!(!kept.contains(&1), "{kept:?}");
    }

    #[test]
    fn another_newest_month_or_a_long_query_is_not_remembered() {
        let (newest, all) = (Month::nth(3), Remembered::default());
        all.keep("a", known(newest));
        assert!(all.get("a", newest).is_some() && all.get("a", newest.next()).is_none());
        let long = "a".repeat(LONGEST + 1);
        all.keep(&long, known(newest));
        assert!(all.get(&long, newest).is_none());
    }
}
