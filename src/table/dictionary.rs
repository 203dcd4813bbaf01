use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};

use super::ids::shrink;

/// Distinct texts, each with a number from 1 on; 0 stands for none.
#[derive(Debug, Clone, Default)]
pub(super) struct Dictionary {
    texts: String,
    /// Where each text ends.
    ends: Vec<u32>,
    found: HashTable<u32>,
    hasher: DefaultHashBuilder,
}

impl Dictionary {
    /// How many texts there are.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The text of a number; none for 0.
    pub(super) fn text(&self, id: u32) -> Option<&str> {
        text(&self.texts, &self.ends, id)
    }

    /// The texts with their numbers.
    pub(super) fn texts(&self) -> impl Iterator<Item = (u32, &str)> {
        let ends = || self.ends.iter().copied().map(index);
        let places = std::iter::once(0).chain(ends()).zip(ends()).zip(1..);
        places.map(|((from, to), id)| (id, self.texts.get(from..to).unwrap_or_default()))
    }

    /// The number of a text that is there.
    pub(super) fn find(&self, text: &[u8]) -> Option<u32> {
        let same = |id: &u32| self.text(*id).is_some_and(|known| known.as_bytes() == text);
        self.found.find(self.hasher.hash_one(text), same).copied()
    }

    /// Gives back what only finding takes, and what growth took too much: nothing is found or added from here on.
    pub(super) fn freeze(&mut self) {
        self.found = HashTable::new();
        if self.texts.capacity() / 5 > self.texts.len() / 4 {
            self.texts.shrink_to_fit();
        }
        shrink(&mut self.ends);
    }

    /// Undoes [`Dictionary::freeze`].
    pub(super) fn thaw(&mut self) {
        let Self { texts, ends, found, hasher } = self;
        found.clear();
        let hash = |id: &u32| hasher.hash_one(text(texts, ends, *id).unwrap_or_default().as_bytes());
        for (id, _) in (1..).zip(ends.iter()) {
            found.insert_unique(hash(&id), id, hash);
        }
    }

    /// The number of a text, which is added where it is new; none where they hold 4 GiB already.
    pub(super) fn put(&mut self, new: &str) -> Option<u32> {
        if let Some(id) = self.find(new.as_bytes()) {
            return Some(id);
        }
        let id = u32::try_from(self.ends.len() + 1).ok()?;
        self.ends.push(u32::try_from(self.texts.len() + new.len()).ok()?);
        self.texts.push_str(new);
        let Self { texts, ends, found, hasher } = self;
        found.insert_unique(hasher.hash_one(new.as_bytes()), id, |id| {
            hasher.hash_one(text(texts, ends, *id).unwrap_or_default().as_bytes())
        });
        Some(id)
    }
}

/// Numbers and places are of 32 bits, to save room; every machine's sizes hold them.
pub(super) fn index(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

fn text<'a>(texts: &'a str, ends: &[u32], id: u32) -> Option<&'a str> {
    let at = index(id).checked_sub(1)?;
    let from = if at == 0 { 0 } else { index(*ends.get(at - 1)?) };
    texts.get(from..index(*ends.get(at)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_keeps_its_number() {
        let mut dictionary = Dictionary::default();
        let ids: Vec<_> =
            ["CN", "", "US", "CN", ""].iter().map(|text| dictionary.put(text).unwrap()).collect();
        assert_eq!(ids, [1, 2, 3, 1, 2]);
        assert_eq!(dictionary.texts().collect::<Vec<_>>(), [(1, "CN"), (2, ""), (3, "US")]);
        assert_eq!((dictionary.text(0), dictionary.text(3), dictionary.text(4)), (None, Some("US"), None));
        assert_eq!((dictionary.find(b"US"), dictionary.find(b"DE")), (Some(3), None));
    }
}
