use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

use super::field::{Field, Kind};
use super::figures::{self, Value};
use super::layout::{Layout, Slot, Target};
use super::rows::Rows;
use super::scan;
use crate::domain::{Figure, OpenCode};

/// The most layouts that are kept, and the most fields of one.
const LAYOUTS: usize = 8;
const SLOTS: usize = 128;
/// A row of the document's is longer than this: `{"freq":"","period":"","ttype":0,"sv":""}`.
const SHORTEST_ROW: usize = 40;

/// Reads the rows of a body into columns.
///
/// Rows of one answer repeat their layout and most of their text. What is equal to the row before is compared and no
/// more; what is not is read by [`Reader::any_row`], whose layout the next rows then follow. Whatever is odd gives
/// `None`: the typed decode then tells what it is.
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    pub(super) rows: Rows,
    /// The one in use first.
    layouts: Vec<Layout>,
    /// What a text with escapes, a number or a word stands for, by field and as sent.
    odd: HashMap<(Field, &'a [u8]), u32>,
    /// The fields that the row before has.
    live: u64,
    /// What the row before left of unknown fields.
    mark: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, rows: Rows::default(), layouts: Vec::new(), odd: HashMap::new(), live: 0, mark: 0 }
    }

    /// Reads the list that begins at `at`; gives where it ends.
    pub(super) fn list(&mut self, at: usize) -> Option<usize> {
        let mut at = scan::blank(self.bytes, scan::past(self.bytes, at, b'[')?);
        if self.bytes.get(at) == Some(&b']') {
            return Some(at + 1);
        }
        loop {
            let end = self.row(at)?;
            if self.rows.len() == 1 {
                let left = self.bytes.len().saturating_sub(end);
                self.rows.figures.reserve(left / (end - at).max(SHORTEST_ROW));
            }
            at = scan::blank(self.bytes, end);
            match self.bytes.get(at)? {
                b',' => at = scan::blank(self.bytes, at + 1),
                b']' => return Some(at + 1),
                _ => return None,
            }
        }
    }

    fn row(&mut self, at: usize) -> Option<usize> {
        let mut layouts = std::mem::take(&mut self.layouts);
        self.mark = self.rows.extras.mark();
        let end = self.known_row(&mut layouts, at);
        self.layouts = layouts;
        match end {
            Some(end) => Some(end),
            None => {
                self.rows.extras.back_to(self.mark);
                self.any_row(at)
            }
        }
    }

    /// Reads a row by one of the layouts. The first is that of the row before.
    fn known_row(&mut self, layouts: &mut [Layout], at: usize) -> Option<usize> {
        if let Some(end) = self.same_row(layouts.first_mut()?, at) {
            return Some(end);
        }
        let (end, found) = layouts.iter_mut().zip(0..).find_map(|(layout, number)| {
            self.rows.extras.back_to(self.mark);
            self.like_row(layout, at).map(|end| (end, number))
        })?;
        layouts.get_mut(..=found)?.rotate_right(1);
        Some(end)
    }

    /// Reads a row that differs from the one before, which had the same layout, in no other fields than usual.
    fn same_row(&mut self, layout: &mut Layout, at: usize) -> Option<usize> {
        let mut at = at;
        let row = self.rows.len();
        for stretch in &layout.stretches {
            at = self.equal(stretch.text.clone(), at)?;
            let slot = layout.slots.get_mut(stretch.slot)?;
            at = self.usual(slot, row, at)?.end;
        }
        at = self.equal(layout.last.clone(), at)?;
        if !layout.has_figure {
            self.rows.figures.set(row, Value::None)?;
        }
        self.rows.end_row();
        Some(at)
    }

    /// Reads a row of the same layout, field by field; the next ones are held against it.
    fn like_row(&mut self, layout: &mut Layout, at: usize) -> Option<usize> {
        let row = self.rows.len();
        let start = at;
        let mut at = at;
        layout.spans.clear();
        for slot in &mut layout.slots {
            let from = self.equal(slot.gap.clone(), at)?;
            let read = self.next_value(slot, row, from)?;
            at = read.end;
            layout.spans.push(read);
        }
        let end = self.equal(layout.tail.clone(), at)?;
        layout.follow(start, end);
        self.leave(layout.seen, row);
        if !layout.has_figure {
            self.rows.figures.set(row, Value::None)?;
        }
        self.rows.end_row();
        Some(end)
    }

    /// Behind the text at `at`, where it is equal to an earlier one.
    fn equal(&self, earlier: Range<usize>, at: usize) -> Option<usize> {
        let earlier = self.bytes.get(earlier)?;
        self.bytes.get(at..)?.starts_with(earlier).then_some(at + earlier.len())
    }

    /// Reads a value that may be that of the row before.
    fn next_value(&mut self, slot: &mut Slot, row: usize, at: usize) -> Option<Range<usize>> {
        // Whatever changes often has gone on since its place was noted.
        if let Target::Field(field) = slot.target
            && !slot.is_often()
            && let Some(end) = self.equal(slot.value.clone(), at)
            && self
                .bytes
                .get(end)
                .is_some_and(|byte| if slot.quoted { *byte == b'"' } else { scan::is_end(*byte) })
        {
            self.rows.texts.get_mut(field.index())?.ids.set(row, slot.id);
            return Some(at..end);
        }
        let read = self.usual(slot, row, at)?;
        slot.value = read.clone();
        slot.changed(row);
        Some(read)
    }

    /// Reads the value of a field that often changes.
    fn usual(&mut self, slot: &mut Slot, row: usize, at: usize) -> Option<Range<usize>> {
        match slot.target {
            Target::Field(field) => {
                let texts = self.rows.texts.get_mut(field.index())?;
                let before = slot.id;
                // The one that came behind the same value last time, as countries do from code to code.
                let likely = slot.follower(before);
                if slot.quoted
                    && let Some(text) = texts.known.text(likely)
                    && self.bytes.get(at..)?.starts_with(text.as_bytes())
                    && self.bytes.get(at + text.len()) == Some(&b'"')
                {
                    texts.ids.set(row, likely);
                    slot.id = likely;
                    return Some(at..at + text.len());
                }
                let (range, escaped) = self.range(slot.quoted, at)?;
                let plain = slot.quoted && !escaped;
                let id = self.text_id(field, range.clone(), plain, slot.quoted)?;
                self.rows.texts.get_mut(field.index())?.ids.set(row, id);
                slot.id = id;
                if plain {
                    slot.follows(before, id);
                }
                Some(range)
            }
            Target::Figure if slot.quoted => {
                let bytes = self.bytes.get(at..)?;
                if let Some((digits, scale, read)) = figures::number(bytes)
                    && bytes.get(read) == Some(&b'"')
                {
                    self.rows.figures.set(row, Value::Number(digits, scale))?;
                    return Some(at..at + read);
                }
                let (range, escaped) = self.range(true, at)?;
                let text = if escaped {
                    Cow::Owned(scan::unescaped(self.bytes, range.start, range.end)?)
                } else {
                    Cow::Borrowed(std::str::from_utf8(self.bytes.get(range.clone())?).ok()?)
                };
                self.rows.figures.set(row, Value::of(&text))?;
                Some(range)
            }
            Target::Figure => {
                let (range, _) = self.range(false, at)?;
                let figure: Option<Figure> = serde_json::from_slice(self.bytes.get(range.clone())?).ok()?;
                let value = figure.as_ref().map_or(Value::None, |figure| Value::of(figure.as_str()));
                self.rows.figures.set(row, value)?;
                Some(range)
            }
            Target::Extra(name) => {
                let end = scan::value(self.bytes, at)?;
                let value = self.extra_id(at..end)?;
                self.rows.extras.put(row, name, value, self.mark)?;
                Some(at..end)
            }
        }
    }

    /// Where the value of a known field lies, and whether there are escapes in it.
    fn range(&self, quoted: bool, at: usize) -> Option<(Range<usize>, bool)> {
        if quoted {
            let (end, escaped) = scan::quote(self.bytes, at)?;
            return Some((at..end, escaped));
        }
        let end = scan::value(self.bytes, at)?;
        // A text in the place of a number is another layout; a list or object is none of ours.
        (!matches!(self.bytes.get(at)?, b'"' | b'{' | b'[')).then_some((at..end, false))
    }

    /// The number of a value of a field: plain text, text with escapes, or a number or word.
    fn text_id(&mut self, field: Field, range: Range<usize>, plain: bool, quoted: bool) -> Option<u32> {
        let bytes = self.bytes.get(range.clone())?;
        let texts = self.rows.texts.get_mut(field.index())?;
        if plain {
            // What is there was checked when it came.
            return match texts.known.find(bytes) {
                Some(id) => Some(id),
                None => texts.known.put(std::str::from_utf8(bytes).ok()?),
            };
        }
        if let Some(id) = self.odd.get(&(field, bytes)) {
            return Some(*id);
        }
        let json = if quoted { self.bytes.get(range.start - 1..=range.end)? } else { bytes };
        let text = match field.kind() {
            Kind::Required => Some(serde_json::from_slice::<OpenCode>(json).ok()?.to_string()),
            Kind::Code => serde_json::from_slice::<Option<OpenCode>>(json).ok()?.map(|code| code.to_string()),
            Kind::Text => serde_json::from_slice::<Option<String>>(json).ok()?,
            Kind::Figure => return None,
        };
        let id = match text {
            Some(text) => texts.known.put(&text)?,
            None => 0,
        };
        self.odd.insert((field, bytes), id);
        Some(id)
    }

    /// The number of a value that the document does not know, kept as JSON text.
    fn extra_id(&mut self, range: Range<usize>) -> Option<u32> {
        let bytes = self.bytes.get(range)?;
        let values = &mut self.rows.extras.values;
        if let Some(id) = values.find(bytes) {
            return Some(id);
        }
        serde_json::from_slice::<serde_json::Value>(bytes).ok()?;
        values.put(std::str::from_utf8(bytes).ok()?)
    }

    /// Takes the fields that a row lacks, and the row before had, from it.
    fn leave(&mut self, seen: u64, row: usize) {
        let gone = self.live & !seen;
        if gone != 0 {
            for field in Field::all().filter(|field| gone & field.bit() != 0) {
                if let Some(texts) = self.rows.texts.get_mut(field.index()) {
                    texts.ids.set(row, 0);
                }
            }
        }
        self.live = seen;
    }

    /// Reads a row of any layout, and keeps its layout.
    fn any_row(&mut self, at: usize) -> Option<usize> {
        let bytes = self.bytes;
        let row = self.rows.len();
        let mut seen = 0u64;
        let mut slots: Vec<Slot> = Vec::new();
        let start = at;
        let mut gap = at;
        let mut at = scan::blank(bytes, scan::past(bytes, at, b'{')?);
        let end = loop {
            if slots.is_empty() && bytes.get(at) == Some(&b'}') {
                break at + 1;
            }
            let key = scan::past(bytes, at, b'"')?;
            let (key_end, escaped) = scan::quote(bytes, key)?;
            let name = if escaped {
                Cow::Owned(scan::unescaped(bytes, key, key_end)?)
            } else {
                Cow::Borrowed(std::str::from_utf8(bytes.get(key..key_end)?).ok()?)
            };
            at = scan::blank(bytes, scan::past(bytes, scan::blank(bytes, key_end + 1), b':')?);
            let field = Field::of(&name);
            let target = match field {
                Some(field) if field.kind() == Kind::Figure => Target::Figure,
                Some(field) => Target::Field(field),
                None => Target::Extra(self.rows.extras.names.put(&name)?),
            };
            if let Some(field) = field {
                // A field that comes twice is a fault.
                if seen & field.bit() != 0 {
                    return None;
                }
                seen |= field.bit();
            }
            // A value that the document does not know keeps its quotes.
            let quoted = field.is_some() && bytes.get(at) == Some(&b'"');
            let from = at + usize::from(quoted);
            let mut slot = Slot::new(target, quoted, gap..from);
            let read = self.usual(&mut slot, row, from)?;
            slot.value = read.clone();
            slot.begin(row);
            gap = read.end;
            slots.push(slot);
            at = scan::blank(bytes, gap + usize::from(quoted));
            match bytes.get(at)? {
                b',' => at = scan::blank(bytes, at + 1),
                b'}' => break at + 1,
                _ => return None,
            }
        };
        let required = Field::required();
        if seen & required != required {
            return None;
        }
        self.leave(seen, row);
        let layout = Layout::new(slots, seen, start, gap..end);
        if !layout.has_figure {
            self.rows.figures.set(row, Value::None)?;
        }
        self.rows.end_row();
        if layout.slots.len() <= SLOTS && !layout.repeats_a_name() {
            self.layouts.truncate(LAYOUTS - 1);
            self.layouts.insert(0, layout);
        } else {
            self.layouts.clear();
        }
        Some(end)
    }
}

/// Where the rows lie in an answer: behind the key `dataSet` of the whole. None where they are no list, or the text is
/// odd.
pub(super) fn find_rows(bytes: &[u8]) -> Option<usize> {
    let mut at = scan::blank(bytes, scan::past(bytes, scan::blank(bytes, 0), b'{')?);
    loop {
        let key = scan::past(bytes, at, b'"')?;
        let (end, escaped) = scan::quote(bytes, key)?;
        at = scan::blank(bytes, scan::past(bytes, scan::blank(bytes, end + 1), b':')?);
        let is_rows = if escaped {
            scan::unescaped(bytes, key, end)? == "dataSet"
        } else {
            bytes.get(key..end)? == b"dataSet"
        };
        if is_rows {
            return (bytes.get(at) == Some(&b'[')).then_some(at);
        }
        at = scan::blank(bytes, scan::value(bytes, at)?);
        at = scan::blank(bytes, scan::past(bytes, at, b',')?);
    }
}
