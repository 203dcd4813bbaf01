//! Data in the shape of a schema.
//!
//! Every declared field is there, required or not, and what is nullable is null now and then. Texts say that they are made
//! up, where their schema leaves them room for it.

use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

use super::pattern;
use crate::documents::Document;

/// How deep data go: below it what need not be there is left out, and lists are as short as they may be.
const DEEP: usize = 8;
/// Where a schema that asks for itself ends.
const DEEPEST: usize = 32;
/// How many values are made before only the necessary ones are: schemas that hold each other grow fast.
const ENOUGH: usize = 2000;
/// How many values are made at all. Required fields that hold each other have no end; what is not made then is told as
/// data that do not fit.
const TOO_MANY: usize = 100_000;
/// Items of a list, where its schema does not ask for more.
const ITEMS: usize = 3;
/// The most items, or letters, that are made, whatever a schema asks for.
const MOST: usize = 1000;
/// Of so many nullable values one is null.
const NULL_ONE_IN: u8 = 8;
/// How often a text is made anew that matches its pattern and not its length.
const TRIES: usize = 20;
/// How far a number goes from the one bound that it has.
const REACH: i64 = 999;

/// A schema, or several in one.
type Schema = Map<String, Value>;

/// Makes data for the schemas of a document.
pub(super) struct Shaper<'a> {
    document: &'a Document,
    rng: fastrand::Rng,
    depth: usize,
    /// How many values were made.
    values: usize,
}

impl<'a> Shaper<'a> {
    pub(super) fn new(document: &'a Document, rng: fastrand::Rng) -> Self {
        Self { document, rng, depth: 0, values: 0 }
    }

    /// Data for a schema.
    pub(super) fn value(&mut self, schema: &Value) -> Value {
        if self.depth > DEEPEST || self.values > TOO_MANY {
            return Value::Null;
        }
        let mut merged = Schema::new();
        self.merge(schema, &mut merged, 0);
        self.depth += 1;
        self.values += 1;
        let made = self.of(&merged);
        self.depth -= 1;
        made
    }

    /// Whether only what must be there is made.
    fn is_enough(&self) -> bool {
        self.depth > DEEP || self.values > ENOUGH
    }

    /// All that a schema and the parts of its `allOf` ask for, references followed, in one.
    fn merge(&self, schema: &Value, into: &mut Schema, depth: usize) {
        let Some(schema) = schema.as_object().filter(|_| depth <= DEEPEST) else { return };
        if let Some(target) = schema.get("$ref").and_then(Value::as_str) {
            let target = target.strip_prefix('#').and_then(|target| self.document.root().pointer(target));
            return self.merge(target.unwrap_or(&Value::Null), into, depth + 1);
        }
        for part in schema.get("allOf").and_then(Value::as_array).into_iter().flatten() {
            self.merge(part, into, depth + 1);
        }
        for (key, value) in schema.iter().filter(|(key, _)| *key != "allOf") {
            match (key.as_str(), into.get_mut(key), value) {
                ("properties", Some(Value::Object(before)), Value::Object(more)) => {
                    before.extend(more.clone())
                }
                ("required", Some(Value::Array(before)), Value::Array(more)) => {
                    before.extend(more.iter().cloned())
                }
                ("enum", Some(Value::Array(before)), Value::Array(more)) => {
                    before.retain(|value| more.contains(value));
                }
                _ => _ = into.insert(key.clone(), value.clone()),
            }
        }
    }

    fn of(&mut self, schema: &Schema) -> Value {
        if let Some(example) = schema.get("example") {
            return example.clone();
        }
        let kind = kind(schema);
        let scalar = !matches!(kind, "object" | "array" | "");
        if scalar && truth(schema, "nullable") && self.rng.u8(..NULL_ONE_IN) == 0 {
            return Value::Null;
        }
        if let Some(values) = schema.get("enum").and_then(Value::as_array) {
            let values: Vec<_> = values.iter().filter(|value| !value.is_null()).collect();
            return self.rng.choice(values).cloned().unwrap_or_default();
        }
        // The first of a choice is the one that a document puts first on purpose.
        let choice = ["oneOf", "anyOf"].iter().find_map(|key| schema.get(*key)?.as_array()?.first());
        if let Some(choice) = choice {
            let mut whole: Schema = schema.clone();
            whole.retain(|key, _| key != "oneOf" && key != "anyOf");
            self.merge(choice, &mut whole, 0);
            return self.value(&Value::Object(whole));
        }
        match kind {
            "object" => self.object(schema),
            "array" => self.array(schema),
            "string" => Value::String(self.string(schema)),
            "integer" => self.integer(schema),
            "number" => self.number(schema),
            "boolean" => Value::Bool(self.rng.bool()),
            // Anything will do; this says what it is.
            _ => json!({ "note": "made up: the document does not tell this shape" }),
        }
    }

    fn object(&mut self, schema: &Schema) -> Value {
        let required: Vec<_> = texts(schema.get("required")).collect();
        let mut made = Map::new();
        for (name, inner) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
            if !self.is_enough() || required.contains(&name.as_str()) {
                made.insert(name.clone(), self.value(inner));
            }
        }
        // What the document does not describe but asks for, or lets in with a type of its own.
        let more = schema.get("additionalProperties").filter(|more| **more != Value::Bool(true));
        let typed = more.and_then(Value::as_object).is_some_and(|more| !more.is_empty());
        let mut names: Vec<_> = required.iter().map(|name| (*name).to_owned()).collect();
        names.retain(|name| !made.contains_key(name));
        if typed && made.is_empty() && names.is_empty() && !self.is_enough() {
            names.push("madeUp".to_owned());
        }
        let least = length(schema, "minProperties").unwrap_or(0).min(MOST);
        for number in 1..=least.saturating_sub(made.len() + names.len()) {
            names.push(format!("madeUp{number}"));
        }
        for name in names {
            let value = match more.filter(|_| typed) {
                Some(more) => self.value(more),
                None => Value::from("made up"),
            };
            made.insert(name, value);
        }
        Value::Object(made)
    }

    fn array(&mut self, schema: &Schema) -> Value {
        let usual = if self.is_enough() { 0 } else { ITEMS };
        let least = length(schema, "minItems").unwrap_or(0);
        let wanted = usual.max(least).min(length(schema, "maxItems").unwrap_or(MOST)).min(MOST);
        let unique = truth(schema, "uniqueItems");
        let items = schema.get("items").unwrap_or(&Value::Null);
        let mut made = Vec::new();
        // Not every value is new where each may come once.
        for _ in 0..wanted * if unique { TRIES } else { 1 } {
            if made.len() == wanted {
                break;
            }
            let item = self.value(items);
            if !unique || !made.contains(&item) {
                made.push(item);
            }
        }
        Value::Array(made)
    }

    fn string(&mut self, schema: &Schema) -> String {
        let least = length(schema, "minLength").unwrap_or(0).min(MOST);
        let most = length(schema, "maxLength").unwrap_or(usize::MAX).max(least);
        if let Some(pattern) = schema.get("pattern").and_then(Value::as_str) {
            let rng = &mut self.rng;
            let mut tries = (0..TRIES).filter_map(|_| pattern::matching(pattern, rng));
            let fits = |text: &String| (least..=most).contains(&text.chars().count());
            return tries.find(fits).unwrap_or_default();
        }
        let number = self.rng.u16(1..1000);
        if let Some(text) =
            schema.get("format").and_then(Value::as_str).and_then(|format| self.formatted(format))
        {
            return text;
        }
        let text = format!("made up {number}");
        let text = if text.len() > most { "x".to_owned() } else { text };
        text.chars().chain(std::iter::repeat('x')).take(text.len().max(least).min(most)).collect()
    }

    /// A text in one of OpenAPI's or JSON Schema's formats; hosts and addresses are those kept for examples (RFC 2606,
    /// RFC 5737, RFC 3849).
    fn formatted(&mut self, format: &str) -> Option<String> {
        let rng = &mut self.rng;
        let date = format!("{}-{:02}-{:02}", rng.u16(2012..2026), rng.u8(1..=12), rng.u8(1..=28));
        let time = format!("{:02}:{:02}:{:02}Z", rng.u8(..24), rng.u8(..60), rng.u8(..60));
        let number = rng.u16(1..1000);
        Some(match format {
            "date" => date,
            "date-time" => format!("{date}T{time}"),
            "time" => time,
            "duration" => format!("P{number}D"),
            "email" | "idn-email" => format!("made-up-{number}@example.org"),
            "hostname" | "idn-hostname" => format!("made-up-{number}.example.org"),
            "ipv4" => format!("192.0.2.{}", rng.u8(..)),
            "ipv6" => format!("2001:db8::{:x}", rng.u16(..)),
            "uri" | "url" | "uri-reference" | "iri" | "iri-reference" => {
                format!("https://example.org/made-up/{number}")
            }
            "uuid" => {
                let bits = rng.u128(..);
                let hex = format!("{bits:032x}");
                let part = |range| hex.get(range).unwrap_or_default();
                // Version 4, variant 1 (RFC 9562).
                let (a, b, c, d, e) = (part(0..8), part(8..12), part(13..16), part(17..20), part(20..32));
                format!("{a}-{b}-4{c}-8{d}-{e}")
            }
            "byte" => "bWFkZSB1cA==".to_owned(),
            _ => return None,
        })
    }

    fn integer(&mut self, schema: &Schema) -> Value {
        let step = decimal(schema, "multipleOf").filter(|step| step.is_integer() && *step > Decimal::ZERO);
        let number = self.decimal(schema, step.unwrap_or(Decimal::ONE));
        number.to_string().parse::<i64>().map_or(Value::Null, Value::from)
    }

    fn number(&mut self, schema: &Schema) -> Value {
        let step = decimal(schema, "multipleOf").filter(|step| *step > Decimal::ZERO);
        let number = self.decimal(schema, step.unwrap_or_else(|| Decimal::new(1, 2)));
        // By its text, so that no digit is lost on the way.
        serde_json::from_str(&number.normalize().to_string()).unwrap_or_default()
    }

    /// A multiple of the step within the schema's bounds; the lower bound where there is none.
    fn decimal(&mut self, schema: &Schema, step: Decimal) -> Decimal {
        let reach = step.saturating_mul(Decimal::from(REACH));
        let strict = |bound: &str, key: &str| {
            let strictly = if truth(schema, key) { step } else { Decimal::ZERO };
            decimal(schema, bound).map(|bound| (bound, strictly))
        };
        let least = strict("minimum", "exclusiveMinimum").map(|(bound, step)| bound.saturating_add(step));
        let most = strict("maximum", "exclusiveMaximum").map(|(bound, step)| bound.saturating_sub(step));
        let (least, most) = match (least, most) {
            (Some(least), Some(most)) => (least, most),
            (Some(least), None) => (least, least.saturating_add(reach)),
            (None, Some(most)) => (most.saturating_sub(reach), most),
            (None, None) => (Decimal::ZERO, reach),
        };
        let steps = |bound: Decimal| bound.checked_div(step).unwrap_or_default();
        let (first, last) = (steps(least).ceil(), steps(most).floor());
        let room = last.saturating_sub(first).to_string().parse::<u64>().unwrap_or(u64::MAX);
        let at =
            if last < first { Decimal::ZERO } else { Decimal::from(self.rng.u64(0..=room.min(1_000_000))) };
        first.saturating_add(at).checked_mul(step).unwrap_or(least)
    }
}

/// The type of a schema, told or from what it says.
fn kind(schema: &Schema) -> &str {
    let told = schema.get("type").and_then(Value::as_str);
    told.unwrap_or_else(|| match () {
        () if schema.contains_key("properties") || schema.contains_key("required") => "object",
        () if schema.contains_key("items") => "array",
        () if schema.contains_key("pattern") || schema.contains_key("format") => "string",
        () => "",
    })
}

fn truth(schema: &Schema, key: &str) -> bool {
    schema.get(key).and_then(Value::as_bool) == Some(true)
}

fn length(schema: &Schema, key: &str) -> Option<usize> {
    schema.get(key).and_then(Value::as_u64).map(|length| usize::try_from(length).unwrap_or(usize::MAX))
}

fn decimal(schema: &Schema, key: &str) -> Option<Decimal> {
    let text = schema.get(key).filter(|value| value.is_number())?.to_string();
    text.parse().ok().or_else(|| Decimal::from_scientific(&text).ok())
}

fn texts(list: Option<&Value>) -> impl Iterator<Item = &str> {
    list.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::documents::{Placed, SERVICES, document};
    use crate::exchange::ServiceName;
    use crate::replica::seeded;

    /// A document with these schemas.
    fn with(schemas: Value) -> Document {
        let root = json!({ "openapi": "3.0.3", "paths": {}, "components": { "schemas": schemas } });
        Document::new(ServiceName::Tradewind, root).unwrap()
    }

    fn made(document: &Document, name: &str, seed: u64) -> Value {
        let schema = json!({ "$ref": format!("#/components/schemas/{name}") });
        Shaper::new(document, seeded::rng(seed, &[name.as_bytes()])).value(&schema)
    }

    fn assert_fits(document: &Document, seeds: u64) {
        for name in document.component_names() {
            let schema = document.schema(name).unwrap();
            let options = jsonschema::draft202012::options().should_validate_formats(true);
            let validator = options.build(&schema).unwrap();
            for seed in 0..seeds {
                let value = made(document, name, seed);
                let problems: Vec<_> = validator.iter_errors(&value).map(|e| e.to_string()).collect();
                assert!(problems.is_empty(), "{name} {value}: {problems:?}");
            }
        }
    }

    #[test]
    fn the_documents_own_schemas_are_satisfied() {
        for service in SERVICES {
            assert_fits(document(service), 20);
        }
    }

    #[test]
    fn hard_schemas_are_satisfied() {
        let formats =
            ["date", "date-time", "time", "duration", "email", "hostname", "ipv4", "ipv6", "uri", "uuid"];
        let formats: Schema = formats
            .map(|name| (name.to_owned(), json!({ "type": "string", "format": name })))
            .into_iter()
            .collect();
        assert_fits(
            &with(json!({
                "Formats": { "type": "object", "properties": formats, "required": formats.keys().collect::<Vec<_>>() },
                "Lengths": { "type": "string", "minLength": 30, "maxLength": 31 },
                "Short": { "type": "string", "maxLength": 3 },
                "Empty": { "type": "string", "maxLength": 0 },
                "Pattern": { "type": "string", "pattern": "^[a-c]+$", "minLength": 2, "maxLength": 3 },
                "Open": { "type": "integer", "minimum": 5, "exclusiveMinimum": true, "maximum": 7, "exclusiveMaximum": true },
                "Below": { "type": "integer", "maximum": -5 },
                "Sevens": { "type": "integer", "minimum": 50, "maximum": 60, "multipleOf": 7 },
                "Cents": { "type": "number", "minimum": 0.1, "maximum": 0.3, "multipleOf": 0.1 },
                "Small": { "type": "number", "minimum": 1e-3, "maximum": 2e-3, "multipleOf": 0.001 },
                "Unique": { "type": "array", "items": { "type": "integer", "minimum": 1, "maximum": 5 }, "uniqueItems": true, "minItems": 4 },
                "Many": { "type": "array", "items": { "type": "boolean" }, "minItems": 12, "maxItems": 12 },
                "None": { "type": "array", "items": { "type": "boolean" }, "maxItems": 0 },
                "Map": { "type": "object", "additionalProperties": { "type": "integer" }, "minProperties": 2 },
                "Closed": { "type": "object", "additionalProperties": false, "properties": { "a": { "enum": [null, "x"], "nullable": true, "type": "string" } } },
                "Undescribed": { "type": "object", "required": ["b"] },
                "All": { "allOf": [{ "$ref": "#/components/schemas/Closed/properties/a" }] },
                "Both": { "allOf": [{ "$ref": "#/components/schemas/Left" }, { "type": "object", "properties": { "right": { "type": "boolean" } }, "required": ["right"] }] },
                "Left": { "type": "object", "required": ["left"], "properties": { "left": { "$ref": "#/components/schemas/Short" } } },
                "One": { "oneOf": [{ "$ref": "#/components/schemas/Left" }, { "type": "integer" }] },
                "Beside": { "type": "object", "properties": { "x": { "type": "integer" } }, "required": ["x", "left"], "anyOf": [{ "$ref": "#/components/schemas/Left" }] },
                "Tree": { "type": "object", "required": ["children"], "properties": { "parent": { "$ref": "#/components/schemas/Tree" }, "children": { "type": "array", "items": { "$ref": "#/components/schemas/Tree" } } } },
            })),
            20,
        );
    }

    #[test]
    fn every_field_is_there_and_the_seed_decides() {
        let document = document(ServiceName::Tradewind);
        let name = "WorldRegion";
        let declared = document.at("/components/schemas/WorldRegion/properties").unwrap();
        let made_ = made(document, name, 1);
        let names = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&made_), names(declared.value));
        assert_eq!(made_, made(document, name, 1));
        assert_ne!(made_, made(document, name, 2));
        let nulls = (0..200).filter(|seed| made(document, name, *seed)["tradeCount"].is_null()).count();
        assert!((5..60).contains(&nulls), "{nulls} of 200");
        assert_eq!(document.resolve(Placed { ..declared.clone() }), declared);
    }

    /// A schema that cannot end without itself ends, and does not overflow the stack.
    #[test]
    fn a_schema_that_asks_for_itself_ends() {
        let document = with(json!({
            "Endless": { "type": "object", "required": ["inner"], "properties": { "inner": { "$ref": "#/components/schemas/Endless" } } },
            "Bush": { "type": "object", "required": ["left", "right"], "properties": {
                "left": { "$ref": "#/components/schemas/Bush" }, "right": { "$ref": "#/components/schemas/Bush" } } },
            "Circle": { "$ref": "#/components/schemas/Circle" },
        }));
        assert!(made(&document, "Endless", 0)["inner"]["inner"].is_object());
        // Twice itself, and again twice: one branch to the full depth, then it is enough.
        assert!(made(&document, "Bush", 0)["left"]["left"].is_object());
        made(&document, "Circle", 0);
    }
}
