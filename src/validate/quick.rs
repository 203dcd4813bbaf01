//! The check of a payload that has nothing to be told of: one decode, value by value, that builds nothing.

use std::fmt;
use std::io::Read;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::Number;

use super::judge::{Judge, Object, Scalar, Slot};
use super::schema::{ANY, Fields, Id, LEVELS, List, Node, Schemas, Seen, Undeclared};
pub(super) use super::window::Room;
use super::window::{Stop, Window};

/// Reads a payload of one schema; whether there is nothing to tell of it. Where the payload is all there is, nothing but white space
/// may follow.
pub(super) fn is_clean(
    schemas: &Schemas,
    node: Id,
    judge: &mut Judge,
    from: impl Read,
    alone: bool,
    room: &mut Room,
) -> std::io::Result<bool> {
    let mut window = Window::new(from, room);
    let mut quick = Quick { schemas, judge, depth: 0 };
    let read = quick.stream(&mut window, node, schemas.whole(node)).and_then(|()| match alone {
        true => window.peek().map(|next| next.is_none()),
        false => Ok(true),
    });
    match read {
        Ok(whole) => {
            judge.finish();
            Ok(whole && judge.remarks.is_empty())
        }
        Err(Stop::Unclean) => Ok(false),
        Err(Stop::Io(error)) => Err(error),
    }
}

struct Quick<'a> {
    schemas: &'a Schemas,
    judge: &'a mut Judge,
    /// How many objects and lists are open.
    depth: u32,
}

impl Quick<'_> {
    fn stream<R: Read>(
        &mut self,
        window: &mut Window<'_, R>,
        id: Id,
        slot: Option<Slot>,
    ) -> Result<(), Stop> {
        let node = self.schemas.node(id);
        let next = window.peek()?;
        let open = matches!(next, Some(b'{' | b'['));
        // What can be large is read piece by piece, and so is what turns out to be, such as data of unknown shape.
        if !open || !(node.streamed || self.is_long(window, id, slot)?) {
            return if open { Ok(()) } else { self.whole(window, id, slot) };
        }
        self.depth += 1;
        if self.depth > LEVELS {
            return Err(Stop::Unclean);
        }
        match (next, &node.object, &node.list) {
            (Some(b'{'), Some(fields), _) => self.object(window, fields, slot)?,
            (Some(b'{'), None, _) if node.any => self.any_object(window, node, slot)?,
            (Some(b'['), _, Some(list)) => self.list(window, Some(list), slot)?,
            (Some(b'['), _, None) if node.any => self.list(window, None, slot)?,
            _ => return Err(Stop::Unclean),
        }
        self.depth -= 1;
        Ok(())
    }

    fn whole<R: Read>(&mut self, window: &mut Window<'_, R>, id: Id, slot: Option<Slot>) -> Result<(), Stop> {
        let (schemas, depth, judge) = (self.schemas, self.depth, std::cell::RefCell::new(&mut *self.judge));
        window.value(|| Again { schemas, id, slot, depth, judge: &judge })?;
        if self.judge.remarks.is_empty() { Ok(()) } else { Err(Stop::Unclean) }
    }

    /// Reads a value, unless it is long.
    fn is_long<R: Read>(
        &mut self,
        window: &mut Window<'_, R>,
        id: Id,
        slot: Option<Slot>,
    ) -> Result<bool, Stop> {
        let (schemas, depth, judge) = (self.schemas, self.depth, std::cell::RefCell::new(&mut *self.judge));
        let read = window.short(|| Again { schemas, id, slot, depth, judge: &judge })?;
        if self.judge.remarks.is_empty() { Ok(read.is_none()) } else { Err(Stop::Unclean) }
    }

    /// A list, of unknown shape where there is none of a schema.
    fn list<R: Read>(
        &mut self,
        window: &mut Window<'_, R>,
        list: Option<&List>,
        slot: Option<Slot>,
    ) -> Result<(), Stop> {
        note(self.judge, slot, Scalar::List);
        if let Some(slot) = slot {
            self.judge.again(slot);
        }
        let items = list.map_or(ANY, |list| list.items);
        let inner = slot.filter(|slot| *slot == Slot::Message);
        window.expect(b'[')?;
        let mut count = 0;
        if window.peek()? == Some(b']') {
            window.expect(b']')?;
        } else {
            loop {
                self.stream(window, items, inner)?;
                count += 1;
                if !window.either(b',', b']')? {
                    break;
                }
            }
        }
        if inner.is_some() {
            note(self.judge, slot, Scalar::List);
        }
        if list.is_none_or(|list| fits(list, count)) { Ok(()) } else { Err(Stop::Unclean) }
    }

    /// An object of unknown shape.
    fn any_object<R: Read>(
        &mut self,
        window: &mut Window<'_, R>,
        node: &Node,
        slot: Option<Slot>,
    ) -> Result<(), Stop> {
        note(self.judge, slot, Scalar::Object);
        window.expect(b'{')?;
        let mut names = Names::default();
        if window.peek()? == Some(b'}') {
            return window.expect(b'}');
        }
        loop {
            let name = window.value(|| AnyKey)?;
            window.expect(b':')?;
            let slot = node.peek.iter().find(|(known, _)| *known == name).map(|(_, slot)| *slot);
            self.stream(window, ANY, slot)?;
            if !names.insert(&name) {
                return Err(Stop::Unclean);
            }
            if !window.either(b',', b'}')? {
                return Ok(());
            }
        }
    }

    fn object<R: Read>(
        &mut self,
        window: &mut Window<'_, R>,
        fields: &Fields,
        slot: Option<Slot>,
    ) -> Result<(), Stop> {
        note(self.judge, slot, Scalar::Object);
        self.judge.begin(fields.kind);
        window.expect(b'{')?;
        let (mut seen, mut before): (Seen, _) = (0, None);
        let open = fields.undeclared == Undeclared::Expected;
        let mut others = Names::default();
        if window.peek()? == Some(b'}') {
            window.expect(b'}')?;
        } else {
            loop {
                let key = if open {
                    let name = window.value(|| AnyKey)?;
                    if !others.insert(&name) {
                        return Err(Stop::Unclean);
                    }
                    fields.find(&name, None)
                } else {
                    window.value(|| Key { fields, before })?
                };
                window.expect(b':')?;
                match key {
                    Some(at) if seen & Fields::bit(at) == 0 => {
                        seen |= Fields::bit(at);
                        before = Some(at);
                        let field = &fields.fields[at];
                        self.stream(window, field.node, field.slot)?;
                    }
                    None if open => self.stream(window, ANY, None)?,
                    _ => return Err(Stop::Unclean),
                }
                if !window.either(b',', b'}')? {
                    break;
                }
            }
        }
        if fields.missing(seen).next().is_some() {
            return Err(Stop::Unclean);
        }
        self.judge.end(fields.kind);
        if self.judge.remarks.is_empty() { Ok(()) } else { Err(Stop::Unclean) }
    }
}

fn note(judge: &mut Judge, slot: Option<Slot>, value: Scalar<'_>) {
    if let Some(slot) = slot {
        judge.value(slot, value);
    }
}

fn fits(list: &List, count: u64) -> bool {
    list.min.is_none_or(|min| count >= min) && list.max.is_none_or(|max| count <= max)
}

/// What ends the quick path; nobody reads it.
fn unclean<E: Error>() -> E {
    E::custom("")
}

/// A value, which may be begun twice.
struct Again<'a, 'j> {
    schemas: &'a Schemas,
    id: Id,
    slot: Option<Slot>,
    depth: u32,
    judge: &'a std::cell::RefCell<&'j mut Judge>,
}

impl<'de> DeserializeSeed<'de> for Again<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        let mut judge = self.judge.borrow_mut();
        let node = self.schemas.node(self.id);
        let Self { schemas, slot, depth, .. } = self;
        Value { schemas, node, slot, depth, judge: &mut judge }.deserialize(deserializer)
    }
}

/// The key of a field, as its place among the fields.
struct Key<'a> {
    fields: &'a Fields,
    before: Option<usize>,
}

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_> {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<Self::Value, E> {
        Ok(self.fields.find(key, self.before))
    }
}

/// Names of the members of an object that may have any number of them, by their hashes: where two had one, the diagnosing path would
/// find nothing.
#[derive(Default)]
struct Names(std::collections::HashSet<u64>);

impl Names {
    /// Whether it is new.
    fn insert(&mut self, name: &str) -> bool {
        use std::hash::{DefaultHasher, Hasher as _};
        let mut hasher = DefaultHasher::new();
        hasher.write(name.as_bytes());
        self.0.insert(hasher.finish())
    }
}

/// A key of an object of unknown shape.
struct AnyKey;

impl<'de> DeserializeSeed<'de> for AnyKey {
    type Value = String;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<String, D::Error> {
        serde::Deserialize::deserialize(deserializer)
    }
}

/// A value of a schema.
struct Value<'a> {
    schemas: &'a Schemas,
    node: &'a Node,
    slot: Option<Slot>,
    /// How many objects and lists it lies in.
    depth: u32,
    judge: &'a mut Judge,
}

impl Value<'_> {
    fn number(self, number: impl Into<Option<Number>>, allowed: bool) -> bool {
        if let Some(slot) = self.slot {
            match number.into() {
                Some(number) => self.judge.number(slot, &number),
                None => return false,
            }
        }
        allowed || self.node.any
    }
}

impl<'de> DeserializeSeed<'de> for Value<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

/// `Ok` where it holds.
fn check<E: Error>(holds: bool) -> Result<(), E> {
    if holds { Ok(()) } else { Err(unclean()) }
}

impl<'de> Visitor<'de> for Value<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        note(self.judge, self.slot, Scalar::Null);
        check(self.node.null || self.node.any)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<(), E> {
        note(self.judge, self.slot, Scalar::Bool(value));
        check(self.node.boolean || self.node.any)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
        let allowed = self.node.integer || self.node.number;
        check(self.number(Number::from(value), allowed))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        let small = i64::try_from(value).is_ok();
        let allowed = (self.node.integer && small) || self.node.number;
        check(self.number(Number::from(value), allowed))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        let allowed = self.node.number;
        check(self.number(Number::from_f64(value), allowed))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        note(self.judge, self.slot, Scalar::Text(text));
        let Some(rule) = &self.node.text else { return check(self.node.any) };
        let listed = rule.values.is_empty() || rule.values.iter().any(|value| value == text);
        check(listed && rule.pattern.as_ref().is_none_or(|pattern| pattern.is_match(text)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let Self { schemas, node, slot, depth, judge } = self;
        note(judge, slot, Scalar::List);
        let items = node.list.as_ref().map(|list| schemas.node(list.items));
        let depth = depth + 1;
        if depth > LEVELS || (items.is_none() && !node.any) {
            return Err(unclean());
        }
        if let Some(slot) = slot {
            judge.again(slot);
        }
        // A list of messages is as good as one.
        let inner = slot.filter(|slot| *slot == Slot::Message);
        let mut count = 0;
        while seq
            .next_element_seed(Value {
                schemas,
                node: items.unwrap_or(schemas.any()),
                slot: inner,
                depth,
                judge: &mut *judge,
            })?
            .is_some()
        {
            count += 1;
        }
        if inner.is_some() {
            note(judge, slot, Scalar::List);
        }
        check(node.list.as_ref().is_none_or(|list| fits(list, count)))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Self { schemas, node, slot, depth, judge } = self;
        note(judge, slot, Scalar::Object);
        let depth = depth + 1;
        if depth > LEVELS || (node.object.is_none() && !node.any) {
            return Err(unclean());
        }
        let Some(fields) = &node.object else {
            let mut names = std::collections::HashSet::new();
            while let Some(name) = map.next_key_seed(AnyKey)? {
                let slot = node.peek.iter().find(|(known, _)| *known == name).map(|(_, slot)| *slot);
                let node = schemas.any();
                map.next_value_seed(Value { schemas, node, slot, depth, judge: &mut *judge })?;
                if !names.insert(name) {
                    return Err(unclean());
                }
            }
            return Ok(());
        };
        judge.begin(fields.kind);
        let (mut seen, mut before): (Seen, _) = (0, None);
        let mut others = std::collections::HashSet::new();
        if fields.undeclared == Undeclared::Expected {
            while let Some(name) = map.next_key_seed(AnyKey)? {
                let (node, slot) = match fields.find(&name, None) {
                    Some(at) => {
                        seen |= Fields::bit(at);
                        (schemas.node(fields.fields[at].node), fields.fields[at].slot)
                    }
                    None => (schemas.any(), None),
                };
                map.next_value_seed(Value { schemas, node, slot, depth, judge: &mut *judge })?;
                if !others.insert(name) {
                    return Err(unclean());
                }
            }
        } else {
            while let Some(key) = map.next_key_seed(Key { fields, before })? {
                let at = key.ok_or_else(unclean::<A::Error>)?;
                if seen & Fields::bit(at) != 0 {
                    return Err(unclean());
                }
                seen |= Fields::bit(at);
                before = key;
                let field = &fields.fields[at];
                let node = schemas.node(field.node);
                let (slot, judge) = (field.slot, &mut *judge);
                map.next_value_seed(Value { schemas, node, slot, depth, judge })?;
            }
        }
        check(fields.missing(seen).next().is_none())?;
        judge.end(fields.kind);
        check(fields.kind == Object::Other || judge.remarks.is_empty())
    }
}
