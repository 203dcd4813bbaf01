use std::ops::Range;

use super::field::Field;

/// A field that changed twice within so many rows is expected to change in each.
const OFTEN: usize = 16;

/// How a row is laid out: its fields in their order, and the text between them. All ranges are of the body.
pub(super) struct Layout {
    pub(super) slots: Vec<Slot>,
    /// From behind the last value to the row's end.
    pub(super) tail: Range<usize>,
    /// The fields of the document that it has.
    pub(super) seen: u64,
    pub(super) has_figure: bool,
    /// The texts that do not change, each with the field behind it that does.
    pub(super) stretches: Vec<Stretch>,
    /// The text that does not change behind the last such field.
    pub(super) last: Range<usize>,
    /// Room for the values of a row while it is read.
    pub(super) spans: Vec<Range<usize>>,
}

pub(super) struct Stretch {
    pub(super) text: Range<usize>,
    pub(super) slot: usize,
}

/// Where a value goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Target {
    Field(Field),
    Figure,
    /// A field that the document does not know, by the number of its name.
    Extra(u32),
}

/// A field of a layout.
pub(super) struct Slot {
    pub(super) target: Target,
    /// Whether the value stands between quotes that belong to the text around it.
    pub(super) quoted: bool,
    /// From behind the value before to this one.
    pub(super) gap: Range<usize>,
    pub(super) value: Range<usize>,
    /// Number of the value's text.
    pub(super) id: u32,
    often: bool,
    since: usize,
    /// Which text came behind which.
    followers: Vec<u32>,
}

impl Slot {
    pub(super) fn new(target: Target, quoted: bool, gap: Range<usize>) -> Self {
        let often = !matches!(target, Target::Field(_));
        Self { target, quoted, gap, value: 0..0, id: 0, often, since: 0, followers: Vec::new() }
    }

    /// Notes the row that the layout is learnt from.
    pub(super) fn begin(&mut self, row: usize) {
        self.since = row;
    }

    /// Notes that a row has another value.
    pub(super) fn changed(&mut self, row: usize) {
        self.often |= row.saturating_sub(self.since) < OFTEN;
        self.since = row;
    }

    pub(super) fn is_often(&self) -> bool {
        self.often
    }

    /// The text that came behind this one last time.
    pub(super) fn follower(&self, id: u32) -> u32 {
        usize::try_from(id).ok().and_then(|id| self.followers.get(id)).copied().unwrap_or_default()
    }

    /// Notes which text came behind one. Only texts without escapes: they are compared as they stand.
    pub(super) fn follows(&mut self, before: u32, id: u32) {
        let Ok(before) = usize::try_from(before) else { return };
        if before >= self.followers.len() {
            self.followers.resize(before + 1, 0);
        }
        if let Some(follower) = self.followers.get_mut(before) {
            *follower = id;
        }
    }
}

impl Layout {
    pub(super) fn new(slots: Vec<Slot>, seen: u64, start: usize, tail: Range<usize>) -> Self {
        let has_figure = slots.iter().any(|slot| slot.target == Target::Figure);
        let spans = slots.iter().map(|slot| slot.value.clone()).collect();
        let end = tail.end;
        let (stretches, last) = (Vec::new(), tail.clone());
        let mut layout = Self { slots, tail, seen, has_figure, stretches, last, spans };
        layout.follow(start, end);
        layout
    }

    /// Whether a name comes twice, so that the last value counts.
    pub(super) fn repeats_a_name(&self) -> bool {
        let mut names: Vec<_> = self.slots.iter().filter_map(|slot| extra(slot.target)).collect();
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        names.len() < all
    }

    /// Holds the next rows against the row from `start` to `end`, whose values are in `spans`.
    pub(super) fn follow(&mut self, start: usize, end: usize) {
        self.stretches.clear();
        let mut text = start;
        let mut gap = start;
        for (at, (slot, span)) in self.slots.iter_mut().zip(&self.spans).enumerate() {
            slot.gap = gap..span.start;
            slot.value = span.clone();
            gap = span.end;
            if slot.often {
                self.stretches.push(Stretch { text: text..span.start, slot: at });
                text = span.end;
            }
        }
        self.tail = gap..end;
        self.last = text..end;
    }
}

fn extra(target: Target) -> Option<u32> {
    match target {
        Target::Extra(name) => Some(name),
        Target::Field(_) | Target::Figure => None,
    }
}
