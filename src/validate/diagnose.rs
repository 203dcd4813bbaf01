//! Tells every fault of a payload and its place. Streams, too: what it keeps is what it tells.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::Read;

use struson::reader::{
    JsonReader, JsonStreamReader, ReaderError, ReaderSettings, SyntaxErrorKind, ValueType,
};

use super::drift;
use super::input::kind_in_words;
use super::judge::{At, Judge, Key, Object, Remark, Scalar, Slot, shown};
use super::schema::{Fields, Id, LEVELS, Node, Schemas, Seen, Undeclared};
use crate::near::nearest;
use crate::place::escape;

/// A place in a text: line and column from 0, and byte.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Position {
    pub line: u64,
    pub column: u64,
    pub byte: u64,
}

impl Position {
    /// The place behind so much white space.
    pub fn behind(self, blank: &[u8]) -> Self {
        let byte = self.byte + blank.len() as u64;
        match blank.iter().rposition(|b| *b == b'\n') {
            Some(last) => {
                let lines = blank.iter().filter(|b| **b == b'\n').count() as u64;
                Self { line: self.line + lines, column: (blank.len() - last - 1) as u64, byte }
            }
            None => Self { column: self.column + blank.len() as u64, byte, ..self },
        }
    }
}

/// A fault in a payload, told in the payload's own terms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    pub rule: &'static str,
    pub position: Position,
    /// Within the payload.
    pub pointer: String,
    /// JSON pointer in the document.
    pub place: Option<String>,
    pub expected: String,
    pub found: String,
    /// What sort of thing was found, whatever its value: the kind of a value, the code of a failure. One sort is no other drift.
    pub sort: Option<String>,
    /// What a baseline knows it by, where that is neither what was found nor, for want of it, what was expected.
    pub key: Option<String>,
    pub mend: Option<String>,
    /// The place that it is about, too.
    pub first: Option<Position>,
}

impl Fault {
    /// What stays the same of it. Nothing looks like nothing: what is missing tells absences apart.
    pub fn key(&self) -> &str {
        let otherwise = if self.found == NOTHING { &self.expected } else { &self.found };
        self.key.as_ref().unwrap_or(otherwise)
    }
}

/// What is found where something is missing.
pub(super) const NOTHING: &str = "nothing";

/// Faults of one payload.
#[derive(Debug, Default)]
pub(super) struct Faults {
    pub list: Vec<Fault>,
    /// How many of a rule are not listed.
    pub untold: BTreeMap<&'static str, usize>,
    /// The most that are listed of one rule.
    limit: usize,
    of_rule: HashMap<&'static str, usize>,
    /// Where only the first of what is alike is listed: how often each was met.
    pub alike: Option<HashMap<String, usize>>,
    /// Undeclared fields, each told once: where in the list, and how often.
    undeclared: HashMap<String, (usize, u64)>,
    /// Places outside of rows whose value has not its form: what it would mean is not told beside it.
    formless: HashSet<u64>,
    /// The same of the row that is read.
    formless_row: Option<HashSet<u64>>,
}

impl Faults {
    pub fn new(limit: usize) -> Self {
        Self { limit, ..Self::default() }
    }

    pub fn push(&mut self, fault: Fault) {
        let byte = fault.position.byte;
        let in_row = self.formless_row.as_ref();
        // A field that is missing, too many or too long leaves the others their meaning.
        if matches!(fault.rule, "schema/type" | "schema/value" | "schema/pattern") {
            self.formless_row.as_mut().unwrap_or(&mut self.formless).insert(byte);
        } else if fault.place.is_some() && in_row.unwrap_or(&self.formless).contains(&byte) {
            return;
        }
        if let Some(alike) = &mut self.alike {
            let times = alike.entry(drift::alike(&fault)).or_default();
            *times += 1;
            if *times > 1 {
                return;
            }
        }
        let told = self.of_rule.entry(fault.rule).or_default();
        *told += 1;
        if *told > self.limit {
            self.untell(fault.rule, 1);
        } else {
            self.list.push(fault);
        }
    }

    fn untell(&mut self, rule: &'static str, count: usize) {
        if count > 0 {
            *self.untold.entry(rule).or_default() += count;
        }
    }
}

/// Reads a payload and tells its faults: of each rule at most so many, and only the first of what is alike where it is `folded`. `open`
/// opens it anew: rows that only the end shows to be wrong are looked up.
pub(super) fn diagnose<T>(
    schemas: &Schemas,
    node: Id,
    judge: &mut Judge,
    alone: bool,
    (limit, folded): (usize, bool),
    mut open: impl FnMut(&mut dyn FnMut(&mut dyn Read)) -> Result<(), T>,
) -> Result<Faults, T> {
    let alike = folded.then(HashMap::new);
    let mut faults = Faults { alike, ..Faults::new(limit) };
    let mut rest = Vec::new();
    open(&mut |from| {
        let mut walk = Walk::new(schemas, judge, &mut faults, from);
        walk.payload(node, alone);
        rest = walk.rest();
    })?;
    let (of_cells, others): (Vec<_>, Vec<_>) = rest
        .into_iter()
        .partition(|(remark, _)| matches!(remark.at, At::Again(_) | At::Cell(_) | At::Region(_)));
    for (remark, place) in others {
        faults.push(fault(remark, place.unwrap_or_default()));
    }
    for (rule, count) in std::mem::take(&mut judge.untold) {
        faults.untell(rule, count);
    }
    if of_cells.is_empty() {
        return Ok(faults);
    }
    let keys = of_cells.iter().filter_map(|(remark, _)| match remark.at {
        At::Again(key) | At::Cell(key) => Some(key),
        _ => None,
    });
    let mut finder = Judge::finding(judge.context.clone(), keys);
    let regions = of_cells.iter().filter_map(|(remark, _)| match remark.at {
        At::Region(index) => Some(index),
        _ => None,
    });
    let regions: HashSet<_> = regions.collect();
    let mut ignored = Faults::new(0);
    let (mut rows, mut unkept) = (Vec::new(), 0);
    open(&mut |from| {
        let mut walk = Walk::new(schemas, &mut finder, &mut ignored, from);
        walk.found = Some(Found { rows: Vec::new(), regions: &regions, again: 0, unkept: 0, limit });
        walk.payload(node, alone);
        if let Some(found) = walk.found.take() {
            (rows, unkept) = (found.rows, found.unkept);
        }
    })?;
    faults.untell("hk/duplicate-cell", unkept);
    let mut by_place: HashMap<Lookup, Vec<(bool, Spot)>> = HashMap::new();
    for (lookup, again, spot) in rows {
        by_place.entry(lookup).or_default().push((again, spot));
    }
    for (remark, _) in of_cells {
        let (lookup, first) = match remark.at {
            At::Again(key) => (Lookup::Cell(key), false),
            At::Cell(key) => (Lookup::Cell(key), true),
            At::Region(index) => (Lookup::Region(index), true),
            _ => continue,
        };
        let spots = by_place.get(&lookup).map(Vec::as_slice).unwrap_or_default();
        let origin = spots.first().map(|(_, spot)| spot.position);
        for (again, spot) in spots.iter().filter(|(again, _)| *again != first) {
            let fault = fault(remark.clone(), spot.clone());
            faults.push(Fault { first: origin.filter(|_| *again), ..fault });
        }
    }
    Ok(faults)
}

fn fault(remark: Remark, spot: Spot) -> Fault {
    let Remark { rule, expected, found, sort, mend, .. } = remark;
    Fault {
        rule,
        position: spot.position,
        pointer: spot.pointer,
        place: spot.place,
        expected,
        found,
        sort,
        key: None,
        mend,
        first: None,
    }
}

/// Where something stands, in the payload and in the document.
#[derive(Debug, Clone, Default)]
struct Spot {
    position: Position,
    pointer: String,
    place: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Lookup {
    Cell(Key),
    Region(usize),
}

/// Rows that were looked for.
struct Found<'a> {
    rows: Vec<(Lookup, bool, Spot)>,
    /// Regions that are wanted.
    regions: &'a HashSet<usize>,
    /// How many rows repeat a cell, and how many of these were not kept.
    again: usize,
    unkept: usize,
    limit: usize,
}

impl Found<'_> {
    /// A row of a cell. Of one that is there again and again so many are kept as are told.
    fn cell(&mut self, key: Key, again: bool, spot: impl FnOnce() -> Spot) {
        self.again += usize::from(again);
        if again && self.again > self.limit {
            self.unkept += 1;
        } else {
            self.rows.push((Lookup::Cell(key), again, spot()));
        }
    }
}

struct Walk<'a, R: Read> {
    schemas: &'a Schemas,
    judge: &'a mut Judge,
    faults: &'a mut Faults,
    json: JsonStreamReader<R>,
    pointer: String,
    /// Where each slot was read last.
    slots: Vec<Option<Spot>>,
    /// Where rows are looked for: what was found.
    found: Option<Found<'a>>,
    regions: usize,
}

impl<'a, R: Read> Walk<'a, R> {
    fn new(schemas: &'a Schemas, judge: &'a mut Judge, faults: &'a mut Faults, from: R) -> Self {
        let settings = ReaderSettings {
            max_nesting_depth: Some(LEVELS),
            restrict_number_values: false,
            track_path: false,
            // So that what follows can be asked for without giving the reader away.
            allow_multiple_top_level: true,
            ..ReaderSettings::default()
        };
        Self {
            schemas,
            judge,
            faults,
            json: JsonStreamReader::new_custom(from, settings),
            pointer: String::new(),
            slots: vec![None; Slot::COUNT],
            found: None,
            regions: 0,
        }
    }

    fn payload(&mut self, node: Id, alone: bool) {
        let place = self.schemas.place(node);
        let mut read = self.value(node, &place, self.schemas.whole(node));
        if read.is_ok() && alone {
            read = self.end_of_text();
        }
        match read {
            Ok(()) => self.judge.finish(),
            Err(error) => {
                let (problem, position) = told(&error, self.position());
                self.faults.formless_row = None;
                self.push("json/syntax", position, None, "JSON", problem);
            }
        }
        self.drain();
    }

    /// Only white space may follow.
    fn end_of_text(&mut self) -> Result<(), ReaderError> {
        if self.json.has_next()? {
            let position = self.position();
            self.push("json/syntax", position, None, "nothing after the payload", "more text");
        }
        Ok(())
    }

    fn position(&self) -> Position {
        let at = self.json.current_position(false);
        let line = at.line_pos.unwrap_or(struson::reader::LinePosition { line: 0, column: 0 });
        Position { line: line.line, column: line.column, byte: at.data_pos.unwrap_or_default() }
    }

    fn push(
        &mut self,
        rule: &'static str,
        position: Position,
        place: Option<&str>,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) {
        self.push_with(rule, position, place, expected, found, None);
    }

    fn push_with(
        &mut self,
        rule: &'static str,
        position: Position,
        place: Option<&str>,
        expected: impl Into<String>,
        found: impl Into<String>,
        mend: Option<String>,
    ) {
        let (pointer, place) = (self.pointer.clone(), place.map(str::to_owned));
        let (expected, found) = (expected.into(), found.into());
        let (sort, key, first) = (None, None, None);
        self.faults.push(Fault { rule, position, pointer, place, expected, found, sort, key, mend, first });
    }

    /// A value of another kind than the schema's.
    fn push_kind(&mut self, kind: ValueType, position: Position, place: &str, node: &Node, found: String) {
        self.faults.push(Fault {
            rule: "schema/type",
            position,
            pointer: self.pointer.clone(),
            place: Some(place.to_owned()),
            expected: node.expected(),
            found,
            sort: Some(kind_in_words(kind).to_owned()),
            key: None,
            mend: None,
            first: None,
        });
    }

    fn note(&mut self, slot: Option<Slot>, value: Scalar<'_>) {
        if let Some(slot) = slot {
            self.judge.value(slot, value);
        }
    }

    fn spot(&self, position: Position, place: &str) -> Spot {
        Spot { position, pointer: self.pointer.clone(), place: Some(place.to_owned()) }
    }

    fn value(&mut self, id: Id, place: &str, slot: Option<Slot>) -> Result<(), ReaderError> {
        let schemas = self.schemas;
        self.typed(schemas.node(id), place, slot)
    }

    fn typed(&mut self, node: &Node, place: &str, slot: Option<Slot>) -> Result<(), ReaderError> {
        let kind = self.json.peek()?;
        let position = self.position();
        if let Some(slot) = slot {
            self.slots[slot as usize] = Some(self.spot(position, place));
        }
        let wrong = match kind {
            ValueType::Null => {
                self.json.next_null()?;
                self.note(slot, Scalar::Null);
                (!node.null && !node.any).then(|| "null".to_owned())
            }
            ValueType::Boolean => {
                let value = self.json.next_bool()?;
                self.note(slot, Scalar::Bool(value));
                (!node.boolean && !node.any).then(|| value.to_string())
            }
            ValueType::Number => self.number(node, slot)?.1,
            ValueType::String => {
                let text = self.json.next_string()?;
                self.note(slot, Scalar::Text(&text));
                match &node.text {
                    None if node.any => None,
                    None => Some(format!("the text {}", shown(&text))),
                    Some(rule) => {
                        self.text(rule, &text, position, place);
                        None
                    }
                }
            }
            ValueType::Array => return self.array(node, place, slot, position),
            ValueType::Object => return self.object(node, place, slot, position),
        };
        if let Some(found) = wrong {
            self.push_kind(kind, position, place, node, found);
        }
        Ok(())
    }

    /// A number, and what is wrong with it.
    fn number(&mut self, node: &Node, slot: Option<Slot>) -> Result<(String, Option<String>), ReaderError> {
        let text = self.json.next_number_as_string()?;
        // As serde_json reads it, so that both paths see one number.
        let Ok(number) = serde_json::from_str::<serde_json::Number>(&text) else {
            self.note(slot, Scalar::Number(&text));
            let found = format!("the number {}, which is out of range", cut(&text));
            return Ok((text, Some(found)));
        };
        let read = number.to_string();
        self.note(slot, Scalar::Number(&read));
        let right = node.any || node.number || (node.integer && number.as_i64().is_some());
        let found = (!right).then(|| format!("the number {}", cut(&text)));
        Ok((read, found))
    }

    fn text(&mut self, rule: &super::schema::Text, text: &str, position: Position, place: &str) {
        if !rule.values.is_empty() && !rule.values.iter().any(|value| value == text) {
            let near = nearest(text, rule.values.iter().map(String::as_str));
            let mend = near.map(|near| format!("did you mean {near:?}?"));
            let expected = format!("one of {}", rule.values.join(", "));
            self.push_with("schema/value", position, Some(place), expected, shown(text), mend);
        }
        if let Some(pattern) = rule.pattern.as_ref().filter(|pattern| !pattern.is_match(text)) {
            let expected = format!("a text of the form {pattern}");
            self.push("schema/pattern", position, Some(place), expected, shown(text));
        }
    }

    fn array(
        &mut self,
        node: &Node,
        place: &str,
        slot: Option<Slot>,
        position: Position,
    ) -> Result<(), ReaderError> {
        let schemas = self.schemas;
        self.note(slot, Scalar::List);
        if let Some(slot) = slot {
            self.judge.again(slot);
        }
        if node.list.is_none() && !node.any {
            self.push_kind(ValueType::Array, position, place, node, "a list".to_owned());
        }
        let (items, items_place) = match &node.list {
            Some(list) => (schemas.node(list.items), list.place.as_str()),
            None => (schemas.any(), place),
        };
        let inner = slot.filter(|slot| *slot == Slot::Message);
        let spot = slot.and_then(|slot| self.slots[slot as usize].clone());
        self.json.begin_array()?;
        let (length, mut count) = (self.pointer.len(), 0_u64);
        while self.json.has_next()? {
            self.pointer.push_str(&format!("/{count}"));
            self.typed(items, items_place, inner)?;
            self.pointer.truncate(length);
            count += 1;
        }
        self.json.end_array()?;
        if inner.is_some() {
            self.note(slot, Scalar::List);
        }
        if let Some(slot) = slot {
            self.slots[slot as usize] = spot;
        }
        if let Some(list) = &node.list {
            if let Some(min) = list.min.filter(|min| count < *min) {
                let (expected, found) = (format!("at least {min} items"), count.to_string());
                self.push("schema/length", position, Some(place), expected, found);
            }
            if let Some(max) = list.max.filter(|max| count > *max) {
                let (expected, found) = (format!("at most {max} items"), count.to_string());
                self.push("schema/length", position, Some(place), expected, found);
            }
        }
        Ok(())
    }

    fn object(
        &mut self,
        node: &Node,
        place: &str,
        slot: Option<Slot>,
        position: Position,
    ) -> Result<(), ReaderError> {
        self.note(slot, Scalar::Object);
        let Some(fields) = &node.object else {
            if !node.any {
                self.push_kind(ValueType::Object, position, place, node, "an object".to_owned());
            }
            return self.any_object(node, place);
        };
        self.judge.begin(fields.kind);
        if fields.kind != Object::Other {
            self.slots[..Slot::OF_ROWS].fill(None);
            self.faults.formless_row = Some(HashSet::new());
        }
        self.json.begin_object()?;
        let length = self.pointer.len();
        let (mut seen, mut before): (Seen, _) = (0, None);
        let mut others = HashSet::new();
        while self.json.has_next()? {
            let at_key = self.position();
            let name = self.json.next_name_owned()?;
            self.pointer.push('/');
            self.pointer.push_str(&escape(&name));
            match fields.find(&name, before) {
                Some(at) => {
                    let field = &fields.fields[at];
                    if seen & Fields::bit(at) != 0 {
                        self.duplicate(&name, at_key, &field.place);
                    }
                    seen |= Fields::bit(at);
                    before = Some(at);
                    self.value(field.node, &field.place, field.slot)?;
                }
                None => {
                    if !others.insert(name.clone()) {
                        self.duplicate(&name, at_key, &fields.place);
                    } else if fields.undeclared != Undeclared::Expected {
                        self.undeclared(&name, fields, at_key);
                    }
                    self.extra(&name, &fields.place)?;
                }
            }
            self.pointer.truncate(length);
        }
        self.json.end_object()?;
        for field in fields.missing(seen) {
            let found = NOTHING;
            self.push(
                "schema/required",
                position,
                Some(&field.place),
                format!("the field {:?}", field.name),
                found,
            );
        }
        let here = self.spot(position, &fields.place);
        let at_slot = |slots: &[Option<Spot>], slot| slots.get(slot as usize).cloned().flatten();
        if fields.kind == Object::Region {
            if let Some(found) = self.found.as_mut().filter(|found| found.regions.contains(&self.regions)) {
                let spot = at_slot(&self.slots, Slot::Percent).unwrap_or_else(|| here.clone());
                found.rows.push((Lookup::Region(self.regions), false, spot));
            }
            self.regions += 1;
        }
        if let Some((key, again)) = self.judge.end(fields.kind)
            && let Some(found) = &mut self.found
        {
            // A row that is there twice is meant as a whole, a sum that is wrong by its figure.
            let figure = || at_slot(&self.slots, Slot::Figure).filter(|_| !again);
            found.cell(key, again, || figure().unwrap_or_else(|| here.clone()));
        }
        if fields.kind != Object::Other {
            for remark in std::mem::take(&mut self.judge.remarks) {
                let spot = match remark.at {
                    At::Slot(slot) => at_slot(&self.slots, slot),
                    _ => None,
                };
                self.faults.push(fault(remark, spot.unwrap_or_else(|| here.clone())));
            }
            self.faults.formless_row = None;
        }
        Ok(())
    }

    /// A field that the document does not declare. Its value may be what tells two rows apart.
    fn extra(&mut self, name: &str, place: &str) -> Result<(), ReaderError> {
        let schemas = self.schemas;
        match self.json.peek()? {
            ValueType::String => {
                let text = self.json.next_string()?;
                self.judge.undeclared(name, text);
            }
            ValueType::Boolean => {
                let value = self.json.next_bool()?;
                self.judge.undeclared(name, value.to_string());
            }
            ValueType::Number => {
                let position = self.position();
                let (read, wrong) = self.number(schemas.any(), None)?;
                self.judge.undeclared(name, read);
                if let Some(found) = wrong {
                    self.push_kind(ValueType::Number, position, place, schemas.any(), found);
                }
            }
            _ => self.typed(schemas.any(), place, None)?,
        }
        Ok(())
    }

    fn any_object(&mut self, node: &Node, place: &str) -> Result<(), ReaderError> {
        let schemas = self.schemas;
        self.json.begin_object()?;
        let length = self.pointer.len();
        let mut names = HashSet::new();
        while self.json.has_next()? {
            let at_key = self.position();
            let name = self.json.next_name_owned()?;
            self.pointer.push('/');
            self.pointer.push_str(&escape(&name));
            let slot = node.peek.iter().find(|(known, _)| *known == name).map(|(_, slot)| *slot);
            if names.contains(&name) {
                self.duplicate(&name, at_key, place);
            }
            self.typed(schemas.any(), place, slot)?;
            self.pointer.truncate(length);
            names.insert(name);
        }
        self.json.end_object()
    }

    fn duplicate(&mut self, name: &str, position: Position, place: &str) {
        self.push(
            "json/duplicate-key",
            position,
            Some(place),
            "each key once",
            format!("{} again", shown(name)),
        );
    }

    fn undeclared(&mut self, name: &str, fields: &Fields, position: Position) {
        let near = nearest(name, fields.names()).map(|near| format!("did you mean {near:?}?"));
        let found = shown(name);
        if fields.undeclared == Undeclared::Closed {
            let expected = format!("one of {}", fields.names().collect::<Vec<_>>().join(", "));
            self.push_with("schema/closed", position, Some(&fields.place), expected, found, near);
            return;
        }
        let key = format!("{}/{name}", fields.place);
        if let Some((_, times)) = self.faults.undeclared.get_mut(&key) {
            *times += 1;
            return;
        }
        let at = self.faults.list.len();
        self.push_with("schema/undeclared", position, Some(&fields.place), "a declared field", found, near);
        if self.faults.list.len() > at {
            self.faults.undeclared.insert(key, (at, 1));
        }
    }

    /// How often each undeclared field occurred.
    fn drain(&mut self) {
        for (at, times) in self.faults.undeclared.values() {
            if *times > 1
                && let Some(fault) = self.faults.list.get_mut(*at)
            {
                let found = std::mem::take(&mut fault.found);
                fault.found = format!("{found}, {times} times");
                // One more row with it is nothing new.
                fault.key = Some(found);
            }
        }
    }

    /// What is told at the end, with its place where that is known.
    fn rest(&mut self) -> Vec<(Remark, Option<Spot>)> {
        let remarks = std::mem::take(&mut self.judge.remarks);
        let spot = |remark: &Remark| match remark.at {
            At::Slot(slot) => self.slots[slot as usize].clone(),
            _ => None,
        };
        remarks.into_iter().map(|remark| (remark.clone(), spot(&remark))).collect()
    }
}

fn cut(text: &str) -> &str {
    text.get(..60).unwrap_or(text)
}

/// What is wrong with the text, in words, and where.
pub(super) fn told(error: &ReaderError, here: Position) -> (String, Position) {
    let place = |location: &struson::reader::JsonReaderPosition| {
        let line = location.line_pos;
        Position {
            line: line.map_or(here.line, |line| line.line),
            column: line.map_or(here.column, |line| line.column),
            byte: location.data_pos.unwrap_or(here.byte),
        }
    };
    match error {
        ReaderError::SyntaxError(e) => {
            let problem = match e.kind {
                SyntaxErrorKind::IncompleteDocument => "the end of the text".to_owned(),
                SyntaxErrorKind::MalformedJson => "text that is not JSON".to_owned(),
                SyntaxErrorKind::CommentsNotEnabled => "a comment".to_owned(),
                SyntaxErrorKind::TrailingCommaNotEnabled => "a comma before the end".to_owned(),
                SyntaxErrorKind::TrailingData => "more text after the value".to_owned(),
                kind => words(&kind.to_string()),
            };
            (problem, place(&e.location))
        }
        ReaderError::MaxNestingDepthExceeded { max_nesting_depth, location } => {
            (format!("more than {max_nesting_depth} levels"), place(location))
        }
        ReaderError::IoError { error, location } => {
            let base64 = error.get_ref().is_some_and(|inner| inner.is::<base64::DecodeError>());
            let problem =
                if base64 { format!("text that is not base64 ({error})") } else { error.to_string() };
            (problem, place(location))
        }
        other => (other.to_string(), here),
    }
}

/// `IncompleteDocument` as words.
fn words(name: &str) -> String {
    let mut words = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.push(letter.to_ascii_lowercase());
    }
    words.replace("json", "JSON")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::documents::{Part, Placed, document};
    use crate::exchange::ServiceName;
    use crate::validate::judge::Context;

    /// No body of a document has such a list today.
    #[test]
    fn lengths_of_lists_are_bounded() {
        let mut schemas = Schemas::of(document(ServiceName::HkTrade));
        let schema = serde_json::json!({ "type": "array", "minItems": 1, "maxItems": 2, "items": { "type": "integer" } });
        let value: &'static serde_json::Value = Box::leak(Box::new(schema));
        let node = schemas.compile(Placed { pointer: "/x".to_owned(), value });
        for (text, told) in [
            ("[]", Some("at least 1 items")),
            ("[1]", None),
            ("[1,2]", None),
            ("[1,2,3]", Some("at most 2 items")),
        ] {
            let (service, part) = (ServiceName::HkTrade, Part::Request);
            let context = Context {
                service,
                operation: String::new(),
                part,
                path: String::new(),
                failed: false,
                query: None,
            };
            let mut judge = Judge::new(context.clone(), 9);
            let Ok(faults) = diagnose(&schemas, node, &mut judge, true, (9, false), |walk| {
                walk(&mut text.as_bytes());
                Ok::<_, std::convert::Infallible>(())
            });
            let found = faults.list.first().map(|fault| (fault.rule, fault.expected.as_str()));
            assert_eq!(found, told.map(|told| ("schema/length", told)), "{text}");
            let clean = super::super::quick::is_clean(
                &schemas,
                node,
                &mut Judge::new(context, 1),
                text.as_bytes(),
                true,
                &mut super::super::quick::Room::default(),
            );
            assert_eq!(clean.unwrap(), told.is_none());
        }
    }
}
