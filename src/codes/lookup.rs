//! Finding one entry of a table by code or words, and saying why not.

use std::error::Error;
use std::fmt::{self, Debug, Display};

use strsim::normalized_damerau_levenshtein;

use super::area::Area;
use super::fold::Folded;

/// How many entries a message lists, and how many it suggests.
const LISTED: usize = 10;
const SUGGESTED: usize = 5;
/// How alike two spellings must be (1 is the same) for one to be suggested: a letter wrong in a word of three, two in six.
const ALIKE: f64 = 0.66;
/// How much less alike than the best suggestion another may be.
const SPREAD: f64 = 0.2;
/// Longer texts are no misspelt name; comparing them would only cost time.
const LONGEST_NAME: usize = 64;

/// Why words did not lead to one entry.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum LookupError<T: 'static = Area> {
    /// Several entries fit.
    #[non_exhaustive]
    Ambiguous {
        /// What was looked for: `country or region`, `HS chapter`, `SITC section`.
        what: &'static str,
        /// The words as given.
        given: String,
        /// All entries that fit, in the table's order.
        candidates: Vec<&'static T>,
    },
    /// No entry fits.
    #[non_exhaustive]
    Unknown {
        /// What was looked for: `country or region`, `HS chapter`, `SITC section`.
        what: &'static str,
        /// The words as given.
        given: String,
        /// Entries with a similar name, the most similar first; may be empty.
        near: Vec<&'static T>,
    },
}

impl<T: Display> Display for LookupError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ambiguous { what, given, candidates } => {
                write!(f, "{given:?} fits more than one {what}: {}", listed(candidates, "; "))?;
                if let Some(more) = candidates.len().checked_sub(LISTED).filter(|more| *more > 0) {
                    write!(f, "; and {more} more")?;
                }
                f.write_str(". Give the code of the one you mean")
            }
            Self::Unknown { what, given, near } => {
                write!(f, "no {what} fits {given:?}; ")?;
                if near.is_empty() {
                    f.write_str("give")?;
                } else {
                    write!(f, "did you mean {}? Give", listed(near, " or "))?;
                }
                f.write_str(" a code, a full name or whole words of one")
            }
        }
    }
}

impl<T: Debug + Display> Error for LookupError<T> {}

fn listed<T: Display>(entries: &[&T], between: &str) -> String {
    entries.iter().take(LISTED).map(ToString::to_string).collect::<Vec<_>>().join(between)
}

/// A row of a table that can be looked up.
pub(super) trait Entry {
    fn code(&self) -> &'static str;

    fn has_code(&self, given: &str) -> bool {
        self.code().eq_ignore_ascii_case(given)
    }

    fn names(&self) -> impl Iterator<Item = &'static str>;

    /// Whether part of a name is enough to mean this entry.
    fn by_part(&self) -> bool {
        true
    }
}

/// The entry that `given` names: by code, else by a whole name, else by whole words of a name.
pub(super) fn find<T: Entry>(
    table: &'static [T],
    what: &'static str,
    given: &str,
) -> Result<&'static T, LookupError<T>> {
    if let Some(entry) = table.iter().find(|entry| entry.has_code(given.trim())) {
        return Ok(entry);
    }
    let wanted = Folded::new(given);
    if !wanted.words.is_empty() {
        for (fits, part) in [(is_name as fn(&Folded, &Folded) -> bool, false), (is_part, true)] {
            let candidates: Vec<_> = table
                .iter()
                .filter(|entry| entry.names().any(|name| fits(&wanted, &Folded::new(name))))
                .collect();
            match candidates[..] {
                [entry] if !part || entry.by_part() => return Ok(entry),
                [] | [_] => {}
                _ => return Err(LookupError::Ambiguous { what, given: given.to_owned(), candidates }),
            }
        }
    }
    Err(LookupError::Unknown { what, given: given.to_owned(), near: near(table, given, &wanted) })
}

/// Every entry whose code `given` is, or that has all of its words in a name; those that it names in full come first.
pub(super) fn search<T: Entry>(table: &'static [T], given: &str) -> Vec<&'static T> {
    let wanted = Folded::new(given);
    let rank = |entry: &T| match () {
        () if entry.has_code(given.trim()) => Some(0),
        () if wanted.words.is_empty() => None,
        () if entry.names().any(|name| is_name(&wanted, &Folded::new(name))) => Some(1),
        () if entry.names().any(|name| is_part(&wanted, &Folded::new(name))) => Some(2),
        () => None,
    };
    let mut ranked: Vec<_> = table.iter().filter_map(|entry| Some((rank(entry)?, entry))).collect();
    ranked.sort_by_key(|(rank, _)| *rank);
    ranked.into_iter().map(|(_, entry)| entry).collect()
}

fn is_name(wanted: &Folded, name: &Folded) -> bool {
    wanted.joined == name.joined
}

fn is_part(wanted: &Folded, name: &Folded) -> bool {
    // `P` or `DR` alone would find whoever happens to abbreviate so.
    let telling = |word: &String| word.chars().count() >= if word.is_ascii() { 3 } else { 2 };
    // Chinese puts no gaps between words.
    let has =
        |word: &String| if word.is_ascii() { name.words.contains(word) } else { name.joined.contains(word) };
    wanted.words.iter().any(telling) && wanted.words.iter().all(has)
}

/// The entries that may have been meant, the likeliest first.
fn near<T: Entry>(table: &'static [T], given: &str, wanted: &Folded) -> Vec<&'static T> {
    if wanted.joined.is_empty() || wanted.joined.chars().count() > LONGEST_NAME {
        return Vec::new();
    }
    let mut scored: Vec<_> = table
        .iter()
        .map(|entry| {
            // Spreadsheets drop leading zeros.
            let bare = entry.code().strip_prefix('0').is_some_and(|code| code == given.trim());
            let best = entry.names().map(|name| likeness(wanted, &Folded::new(name))).fold(0.0, f64::max);
            (if bare { 1.0 } else { best }, entry)
        })
        .filter(|(score, _)| *score >= ALIKE)
        .collect();
    scored.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    let best = scored.first().map_or(0.0, |(score, _)| *score);
    scored.retain(|(score, _)| best - score <= SPREAD);
    scored.into_iter().take(SUGGESTED).map(|(_, entry)| entry).collect()
}

/// How alike two names are, from 0 to 1. A name with words around it (`Republic of Austria`), part of a name and the beginning of every word
/// are as good as the name; a single word may be any word of the name.
fn likeness(wanted: &Folded, name: &Folded) -> f64 {
    let begins =
        |word: &String| word.chars().nth(2).is_some() && name.words.iter().any(|full| full.starts_with(word));
    let around = name.words.iter().all(|word| wanted.words.contains(word));
    if around || is_part(wanted, name) || wanted.words.iter().all(begins) {
        return 1.0;
    }
    let whole = normalized_damerau_levenshtein(&wanted.joined, &name.joined);
    let [word] = &wanted.words[..] else {
        return whole;
    };
    name.words.iter().map(|full| normalized_damerau_levenshtein(word, full)).fold(whole, f64::max)
}
