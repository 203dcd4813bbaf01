//! The documents' schemas, made ready for checking: both paths walk the same graph, so that they cannot ask for different
//! things.

use std::cell::Cell;
use std::collections::HashMap;

use regex_lite::Regex;
use serde_json::Value;

use super::judge::{self, Object, Slot};
use crate::documents::{Document, Placed};

/// Index of a [`Node`].
pub(super) type Id = usize;

/// Where anything may stand.
pub(super) const ANY: Id = 0;

/// How deep objects and lists may lie in one another. Fewer than serde_json and struson take at most, so that both paths stop at
/// the same level, and far more than the documents have.
pub(super) const LEVELS: u32 = 100;

/// What may stand in one place, told apart by the kind of JSON value: in both documents no place takes two shapes of one kind.
#[derive(Debug, Default)]
pub(super) struct Node {
    /// Anything may stand here.
    pub any: bool,
    /// Members of an open object that rules look at.
    pub peek: &'static [(&'static str, Slot)],
    pub null: bool,
    pub boolean: bool,
    pub number: bool,
    pub integer: bool,
    pub text: Option<Text>,
    pub list: Option<List>,
    pub object: Option<Fields>,
    /// Whether a list of objects lies in it: such a value is read piece by piece, never as a whole.
    pub streamed: bool,
}

#[derive(Debug, Default)]
pub(super) struct Text {
    pub values: Vec<String>,
    pub pattern: Option<Regex>,
}

#[derive(Debug)]
pub(super) struct List {
    pub items: Id,
    /// JSON pointer of the items in the document.
    pub place: String,
    pub min: Option<u64>,
    pub max: Option<u64>,
}

/// What the document says of fields that it does not declare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Undeclared {
    /// Refused.
    Closed,
    /// Kept by the client; worth a note.
    Noted,
    /// Expected: the document says that it does not know all fields.
    Expected,
}

#[derive(Debug)]
pub(super) struct Fields {
    /// JSON pointer of the object's schema.
    pub place: String,
    pub kind: Object,
    pub fields: Vec<Field>,
    pub undeclared: Undeclared,
    by_name: HashMap<String, usize>,
    /// Which field came after which the last time: rows have their keys in one order.
    after: Vec<Cell<usize>>,
}

#[derive(Debug)]
pub(super) struct Field {
    pub name: String,
    pub node: Id,
    /// JSON pointer of the field in the document.
    pub place: String,
    pub required: bool,
    pub slot: Option<Slot>,
}

/// Marks which fields of an object were seen. The documents' largest object has 44.
pub(super) type Seen = u128;

impl Fields {
    /// The mark of a field. Those beyond the last bit have none: they are neither missing nor there twice, and told as unchecked.
    pub fn bit(at: usize) -> Seen {
        u32::try_from(at).ok().and_then(|at| Seen::from(1_u8).checked_shl(at)).unwrap_or(0)
    }

    /// The field of that name; `before` is the field that stood before it in this object.
    pub fn find(&self, name: &str, before: Option<usize>) -> Option<usize> {
        let memo = before.map_or(self.fields.len(), |before| before);
        let memo = self.after.get(memo)?;
        let likely = memo.get();
        if self.fields.get(likely).is_some_and(|field| field.name == name) {
            return Some(likely);
        }
        let found = *self.by_name.get(name)?;
        memo.set(found);
        Some(found)
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().map(|field| field.name.as_str())
    }

    /// Required fields that were not seen.
    pub fn missing(&self, seen: Seen) -> impl Iterator<Item = &Field> {
        let fields = self.fields.iter().enumerate();
        let gone = move |at| Self::bit(at) != 0 && seen & Self::bit(at) == 0;
        fields.filter(move |(at, field)| field.required && gone(*at)).map(|(_, field)| field)
    }
}

/// The schemas of one document that were asked for.
#[derive(Debug)]
pub(super) struct Schemas {
    document: &'static Document,
    nodes: Vec<Node>,
    by_pointer: HashMap<String, Id>,
    /// What the document says and this file does not check; a test holds that there is none in ours.
    unchecked: Vec<String>,
}

/// What says nothing of a value's shape.
const SILENT: [&str; 8] =
    ["description", "title", "default", "example", "externalDocs", "nullable", "format", "type"];

impl Schemas {
    pub fn of(document: &'static Document) -> Self {
        Self {
            document,
            nodes: vec![Node { any: true, ..Node::default() }],
            by_pointer: HashMap::new(),
            unchecked: Vec::new(),
        }
    }

    pub fn unchecked(&self) -> &[String] {
        &self.unchecked
    }

    pub fn node(&self, id: Id) -> &Node {
        // Ids come from `compile` alone.
        &self.nodes[id]
    }

    /// Where anything may stand.
    pub fn any(&self) -> &Node {
        &self.nodes[ANY]
    }

    /// The slot of a payload as a whole, where it is an answer in the service's envelope.
    pub fn whole(&self, id: Id) -> Option<Slot> {
        let member = |id: Id, slot| {
            let fields = &self.node(id).object.as_ref()?.fields;
            fields.iter().find(|field| field.slot == Some(slot))
        };
        let data = member(id, Slot::Data)?;
        let upstream = member(data.node, Slot::UpstreamData);
        Some(if upstream.is_some() { Slot::BothEnvelopes } else { Slot::Envelope })
    }

    /// JSON pointer of a schema in the document.
    pub fn place(&self, id: Id) -> String {
        let known = self.by_pointer.iter().find(|(_, known)| **known == id);
        known.map(|(pointer, _)| pointer.clone()).unwrap_or_default()
    }

    /// Makes a schema ready; each once.
    pub fn compile(&mut self, schema: Placed<'static>) -> Id {
        let schema = self.document.resolve(schema);
        if let Some(id) = self.by_pointer.get(&schema.pointer) {
            return *id;
        }
        let id = self.nodes.len();
        self.nodes.push(Node::default());
        self.by_pointer.insert(schema.pointer.clone(), id);
        let mut node = Node::default();
        self.fill(&mut node, &schema);
        node.streamed = self.holds_rows(&node);
        self.nodes[id] = node;
        id
    }

    fn holds_rows(&self, node: &Node) -> bool {
        let rows = node.list.as_ref().is_some_and(|list| self.nodes[list.items].object.is_some());
        let below = |fields: &Fields| fields.fields.iter().any(|field| self.nodes[field.node].streamed);
        rows || node.object.as_ref().is_some_and(below)
    }

    fn fill(&mut self, node: &mut Node, schema: &Placed<'static>) {
        let Some(object) = schema.value.as_object() else {
            node.any = true;
            return;
        };
        let at = &schema.pointer;
        node.null |= object.get("nullable").and_then(Value::as_bool) == Some(true);
        let kind = object.get("type").and_then(Value::as_str);
        let mut known = SILENT.to_vec();
        match kind {
            Some("boolean") => node.boolean = true,
            Some("number") => node.number = true,
            Some("integer") => node.integer = true,
            Some("string") => {
                known.extend(["enum", "pattern"]);
                let values = object.get("enum").and_then(Value::as_array).into_iter().flatten();
                let values = values.filter_map(Value::as_str).map(str::to_owned).collect();
                let pattern = object.get("pattern").and_then(Value::as_str).map(Regex::new);
                if let Some(Err(error)) = &pattern {
                    self.unchecked.push(format!("{at}/pattern: {error}"));
                }
                node.text = Some(Text { values, pattern: pattern.and_then(Result::ok) });
            }
            Some("array") => {
                known.extend(["items", "minItems", "maxItems"]);
                let place = format!("{at}/items");
                let bound = |name: &str| object.get(name).and_then(Value::as_u64);
                let (min, max) = (bound("minItems"), bound("maxItems"));
                if let Some(value) = object.get("items") {
                    let items = self.compile(Placed { pointer: place.clone(), value });
                    node.list = Some(List { items, place, min, max });
                }
            }
            Some("object") => {
                known.extend(["properties", "required", "additionalProperties"]);
                node.object = Some(self.fields(schema));
            }
            _ => {
                let branches = ["allOf", "anyOf", "oneOf"].into_iter().filter_map(|key| {
                    known.push(key);
                    Some((key, object.get(key)?.as_array()?))
                });
                let branches: Vec<_> = branches.collect();
                node.any = branches.is_empty();
                for (key, items) in branches {
                    for (index, value) in items.iter().enumerate() {
                        let part = Placed { pointer: format!("{at}/{key}/{index}"), value };
                        let part = self.document.resolve(part);
                        let mut branch = Node::default();
                        self.fill(&mut branch, &part);
                        if node.join(branch) {
                            self.unchecked.push(format!("{}: a second shape of one kind", part.pointer));
                        }
                    }
                    if key == "allOf" && items.len() != 1 {
                        self.unchecked.push(format!("{at}/allOf: more than one branch"));
                    }
                }
            }
        }
        if !matches!(object.get("format").and_then(Value::as_str), None | Some("int64")) {
            self.unchecked.push(format!("{at}/format"));
        }
        let other = object.keys().filter(|key| !known.contains(&key.as_str()) && !key.starts_with("x-"));
        self.unchecked.extend(other.map(|key| format!("{at}/{key}")));
    }

    fn fields(&mut self, schema: &Placed<'static>) -> Fields {
        let at = &schema.pointer;
        let component = at.strip_prefix("/components/schemas/").unwrap_or_default();
        let required: Vec<&str> =
            (schema.value.get("required").and_then(Value::as_array).into_iter().flatten())
                .filter_map(Value::as_str)
                .collect();
        let mut fields = Vec::new();
        for (name, value) in schema.value.get("properties").and_then(Value::as_object).into_iter().flatten() {
            let place = format!("{at}/properties/{}", crate::place::escape(name));
            let slot = judge::slot(component, name);
            let peek = judge::peek(component, name);
            let node = self.compile(Placed { pointer: place.clone(), value });
            let node = if peek.is_empty() {
                node
            } else {
                self.nodes.push(Node { any: true, peek, ..Node::default() });
                self.nodes.len() - 1
            };
            let required = required.contains(&name.as_str());
            fields.push(Field { name: name.clone(), node, place, required, slot });
        }
        let partly = schema.value.get("x-partly-known").and_then(Value::as_bool) == Some(true);
        let undeclared = match schema.value.get("additionalProperties") {
            Some(Value::Bool(false)) => Undeclared::Closed,
            _ if partly || fields.is_empty() => Undeclared::Expected,
            _ => Undeclared::Noted,
        };
        if fields.len() > Seen::BITS as usize {
            self.unchecked.push(format!("{at}/properties: more than {} fields", Seen::BITS));
        }
        let by_name = fields.iter().enumerate().map(|(at, field)| (field.name.clone(), at)).collect();
        let after = (0..=fields.len()).map(|_| Cell::new(0)).collect();
        Fields { place: at.clone(), kind: judge::object(component), fields, undeclared, by_name, after }
    }
}

impl Node {
    /// Takes over what a branch allows; whether it has a shape of a kind that there was one of, which only one can have.
    fn join(&mut self, branch: Self) -> bool {
        fn one<T>(into: &mut Option<T>, from: Option<T>) -> bool {
            let two = into.is_some() && from.is_some();
            *into = from.or(into.take());
            two
        }
        self.any |= branch.any;
        self.null |= branch.null;
        self.boolean |= branch.boolean;
        self.number |= branch.number;
        self.integer |= branch.integer;
        let objects = one(&mut self.object, branch.object);
        let lists = one(&mut self.list, branch.list);
        one(&mut self.text, branch.text) || lists || objects
    }

    /// What may stand here, in words.
    pub fn expected(&self) -> String {
        let mut kinds: Vec<String> = Vec::new();
        if self.object.is_some() {
            kinds.push("an object".to_owned());
        }
        if self.list.is_some() {
            kinds.push("a list".to_owned());
        }
        match &self.text {
            Some(text) if !text.values.is_empty() => kinds.push(format!("one of {}", text.values.join(", "))),
            Some(_) => kinds.push("a text".to_owned()),
            None => {}
        }
        if self.integer {
            kinds.push("an integer".to_owned());
        }
        if self.number {
            kinds.push("a number".to_owned());
        }
        if self.boolean {
            kinds.push("true or false".to_owned());
        }
        if self.null {
            kinds.push("null".to_owned());
        }
        match kinds.pop() {
            None => "anything".to_owned(),
            Some(last) if kinds.is_empty() => last,
            Some(last) => format!("{} or {last}", kinds.join(", ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::documents::{SERVICES, document};

    /// A document that says more than this file understands would pass unchecked.
    #[test]
    fn everything_that_the_documents_say_is_checked() {
        for service in SERVICES {
            let document = document(service);
            let mut schemas = Schemas::of(document);
            for name in document.component_names() {
                schemas.compile(document.at(&format!("/components/schemas/{name}")).unwrap());
            }
            assert_eq!(schemas.unchecked(), [] as [String; 0], "{service}");
        }
    }

    #[test]
    fn a_rule_that_is_not_understood_is_told() {
        let document = document(crate::exchange::ServiceName::HkTrade);
        let mut schemas = Schemas::of(document);
        let value: &'static Value = Box::leak(Box::new(serde_json::json!({"type": "integer", "minimum": 3})));
        schemas.compile(Placed { pointer: "/x".to_owned(), value });
        assert_eq!(schemas.unchecked(), ["/x/minimum"]);
    }

    #[test]
    fn a_second_shape_of_a_kind_and_fields_without_a_mark_are_told() {
        let document = document(crate::exchange::ServiceName::HkTrade);
        let mut schemas = Schemas::of(document);
        let mut compiled = |pointer: &str, schema: Value| {
            let value: &'static Value = Box::leak(Box::new(schema));
            let id = schemas.compile(Placed { pointer: pointer.to_owned(), value });
            (id, schemas.unchecked().to_vec())
        };
        let object = |name: &str| serde_json::json!({ "type": "object", "properties": { name: {} } });
        let two = serde_json::json!({ "anyOf": [object("a"), { "type": "string" }, object("b")] });
        assert_eq!(compiled("/x", two).1, ["/x/anyOf/2: a second shape of one kind"]);
        let names: Vec<_> = (0..130).map(|n| format!("f{n:03}")).collect();
        let fields: serde_json::Map<_, _> =
            names.iter().map(|name| (name.clone(), serde_json::json!({}))).collect();
        let many = serde_json::json!({ "type": "object", "properties": fields, "required": names });
        let (id, unchecked) = compiled("/y", many);
        assert_eq!(unchecked.last().unwrap(), "/y/properties: more than 128 fields");
        let fields = schemas.node(id).object.as_ref().unwrap();
        assert_eq!((Fields::bit(129), fields.missing(0).count()), (0, 128));
    }
}
