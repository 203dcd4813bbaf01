//! The check of a payload that has nothing to be told of: one decode, value by value, that builds nothing.

use std::fmt;
use std::io::Read;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::Number;

use super::judge::{Judge, Object, Scalar, Slot};
use super::schema::{Fields, Id, LEVELS, List, Node, Schemas, Seen, Undeclared};
use super::window::{Stop, Window};

/// Reads a payload of one schema; whether there is nothing to tell of it. Where the payload is all there is, nothing but white space
/// may follow.
pub(super) fn is_clean(
    schemas: &Schemas,
    node: Id,
    judge: &mut Judge,
    from: impl Read,
    alone: bool,
) -> std::io::Result<bool> {
    let mut window = Window::new(from);
    let mut quick = Quick { schemas, judge, depth: 0 };
    let read = quick.stream(&mut window, node, None).and_then(|()| match alone {
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
    fn stream<R: Read>(&mut self, window: &mut Window<R>, id: Id, slot: Option<Slot>) -> Result<(), Stop> {
        let node = self.schemas.node(id);
        match (window.peek()?, &node.object, &node.list) {
            (Some(b'{'), Some(fields), _) if node.streamed => {
                self.depth += 1;
                self.object(window, fields, slot)?;
                self.depth -= 1;
                Ok(())
            }
            (Some(b'['), _, Some(list)) if node.streamed => {
                self.depth += 1;
                self.list(window, list, slot)?;
                self.depth -= 1;
                Ok(())
            }
            _ => self.whole(window, id, slot),
        }
    }

    fn whole<R: Read>(&mut self, window: &mut Window<R>, id: Id, slot: Option<Slot>) -> Result<(), Stop> {
        let (schemas, depth, judge) = (self.schemas, self.depth, std::cell::RefCell::new(&mut *self.judge));
        window.value(|| Again { schemas, id, slot, depth, judge: &judge })?;
        if self.judge.remarks.is_empty() { Ok(()) } else { Err(Stop::Unclean) }
    }

    fn list<R: Read>(&mut self, window: &mut Window<R>, list: &List, slot: Option<Slot>) -> Result<(), Stop> {
        note(self.judge, slot, Scalar::List);
        window.expect(b'[')?;
        let mut count = 0;
        if window.peek()? == Some(b']') {
            window.expect(b']')?;
        } else {
            loop {
                self.stream(window, list.items, None)?;
                count += 1;
                if !window.either(b',', b']')? {
                    break;
                }
            }
        }
        if fits(list, count) { Ok(()) } else { Err(Stop::Unclean) }
    }

    fn object<R: Read>(
        &mut self,
        window: &mut Window<R>,
        fields: &Fields,
        slot: Option<Slot>,
    ) -> Result<(), Stop> {
        note(self.judge, slot, Scalar::Object);
        self.judge.begin(fields.kind);
        window.expect(b'{')?;
        let (mut seen, mut before): (Seen, _) = (0, None);
        if window.peek()? == Some(b'}') {
            window.expect(b'}')?;
        } else {
            loop {
                let key = window.value(|| Key { fields, before })?;
                window.expect(b':')?;
                match key {
                    Some(at) if seen & (1 << at) == 0 => {
                        seen |= 1 << at;
                        before = Some(at);
                        let field = &fields.fields[at];
                        self.stream(window, field.node, field.slot)?;
                    }
                    Some(_) => return Err(Stop::Unclean),
                    // Where any field may come there is nothing to stream.
                    None => return Err(Stop::Unclean),
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
    fn number(self, text: impl FnOnce() -> Option<String>, allowed: bool) -> bool {
        if let Some(slot) = self.slot {
            match text() {
                Some(text) => self.judge.value(slot, Scalar::Number(&text)),
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
        check(self.number(|| Some(value.to_string()), allowed))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        let small = i64::try_from(value).is_ok();
        let allowed = (self.node.integer && small) || self.node.number;
        check(self.number(|| Some(value.to_string()), allowed))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        let allowed = self.node.number;
        check(self.number(|| Number::from_f64(value).map(|number| number.to_string()), allowed))
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
                        seen |= 1 << at;
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
                if seen & (1 << at) != 0 {
                    return Err(unclean());
                }
                seen |= 1 << at;
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
