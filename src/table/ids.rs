/// A number a row, in as few bytes as the largest needs, and in none while it does not change.
///
/// Rows from the last change on have the last number: they are not written down.
#[derive(Debug, Clone, Default)]
pub(super) struct Ids {
    kept: Kept,
    last: u32,
}

#[derive(Debug, Clone)]
enum Kept {
    Bytes(Vec<u8>),
    Shorts(Vec<u16>),
    Words(Vec<u32>),
}

impl Default for Kept {
    fn default() -> Self {
        Self::Bytes(Vec::new())
    }
}

impl Kept {
    fn len(&self) -> usize {
        match self {
            Self::Bytes(ids) => ids.len(),
            Self::Shorts(ids) => ids.len(),
            Self::Words(ids) => ids.len(),
        }
    }

    /// Fills up to `len` with `id`; false where it needs a wider kind.
    fn fill(&mut self, len: usize, id: u32) -> bool {
        fn filled<T: Clone + TryFrom<u32>>(ids: &mut Vec<T>, len: usize, id: u32) -> bool {
            T::try_from(id).is_ok_and(|id| {
                ids.resize(len.max(ids.len()), id);
                true
            })
        }
        match self {
            Self::Bytes(ids) => filled(ids, len, id),
            Self::Shorts(ids) => filled(ids, len, id),
            Self::Words(ids) => filled(ids, len, id),
        }
    }

    fn widen(&mut self) {
        *self = match self {
            Self::Bytes(ids) => Self::Shorts(widened(ids)),
            Self::Shorts(ids) => Self::Words(widened(ids)),
            Self::Words(_) => return,
        };
    }
}

/// With room for as many as there was room for: a column is not grown twice.
fn widened<T: Copy, W: From<T>>(ids: &mut Vec<T>) -> Vec<W> {
    let mut wide = Vec::with_capacity(ids.capacity());
    wide.extend(std::mem::take(ids).into_iter().map(W::from));
    wide
}

impl Ids {
    /// Gives a row, and all after it, a number. Rows go up; the last may be set again.
    pub(super) fn set(&mut self, row: usize, id: u32) {
        if id == self.last {
            return;
        }
        if row > self.kept.len() {
            while !self.kept.fill(row, self.last) {
                self.kept.widen();
            }
        }
        self.last = id;
    }

    /// The number of a row.
    pub(super) fn get(&self, row: usize) -> u32 {
        let kept = match &self.kept {
            Kept::Bytes(ids) => ids.get(row).map(|id| u32::from(*id)),
            Kept::Shorts(ids) => ids.get(row).map(|id| u32::from(*id)),
            Kept::Words(ids) => ids.get(row).copied(),
        };
        kept.unwrap_or(self.last)
    }

    /// How many of the first `rows` have each number, up to `largest`.
    pub(super) fn counts(&self, rows: usize, largest: usize) -> Vec<usize> {
        let mut counts = vec![0; largest + 1];
        let mut count = |id: u32, times: usize| {
            if let Some(count) = usize::try_from(id).ok().and_then(|id| counts.get_mut(id)) {
                *count += times;
            }
        };
        let kept = self.kept.len().min(rows);
        (0..kept).for_each(|row| count(self.get(row), 1));
        count(self.last, rows - kept);
        counts
    }

    /// Gives back what growth took too much.
    pub(super) fn shrink(&mut self) {
        match &mut self.kept {
            Kept::Bytes(ids) => shrink(ids),
            Kept::Shorts(ids) => shrink(ids),
            Kept::Words(ids) => shrink(ids),
        }
    }
}

/// Gives back more than a quarter too much; less is not worth a copy.
pub(super) fn shrink<T>(values: &mut Vec<T>) {
    if values.capacity() / 5 > values.len() / 4 {
        values.shrink_to_fit();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        /// What is set row by row, some twice, is what is got.
        #[test]
        fn rows_keep_their_numbers(given in proptest::collection::vec((0u32..4, 0u32..4, 0u32..17), 0..60)) {
            let number = |id: u32, shift: u32| id << shift;
            let mut ids = Ids::default();
            for (row, (first, second, shift)) in given.iter().enumerate() {
                ids.set(row, number(*first, *shift));
                ids.set(row, number(*second, *shift));
            }
            ids.shrink();
            let expected: Vec<_> = given.iter().map(|(_, id, shift)| number(*id, *shift)).collect();
            let got: Vec<_> = (0..given.len()).map(|row| ids.get(row)).collect();
            proptest::prop_assert_eq!(&got, &expected);
            let counts = ids.counts(given.len(), 1);
            proptest::prop_assert_eq!(counts[1], expected.iter().filter(|id| **id == 1).count());
        }
    }

    #[test]
    fn what_does_not_change_takes_no_room() {
        let mut ids = Ids::default();
        (0..100_000).for_each(|row| ids.set(row, 1));
        assert_eq!((ids.kept.len(), ids.get(99_999)), (0, 1));
    }
}
