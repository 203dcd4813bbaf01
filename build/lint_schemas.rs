//! The rules of components and of the schemas in them.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{Lint, Side, component, entries, reach, sides, text};
use crate::document::escape;

/// What may stand in a schema; a slip of the pen would be ignored by every tool.
const SCHEMA: [&str; 26] = [
    "additionalProperties",
    "allOf",
    "anyOf",
    "default",
    "deprecated",
    "description",
    "enum",
    "example",
    "format",
    "items",
    "maxItems",
    "maxLength",
    "maximum",
    "minItems",
    "minLength",
    "minimum",
    "not",
    "nullable",
    "oneOf",
    "pattern",
    "properties",
    "required",
    "title",
    "type",
    "x-enum-varnames",
    "x-partly-known",
];
const TYPES: [&str; 6] = ["array", "boolean", "integer", "number", "object", "string"];

impl Lint<'_> {
    pub(super) fn components(&mut self) {
        let (requests, answers) = sides(self.root);
        let requests = reach(self.root, &requests, &[]);
        let answers = reach(self.root, &answers, &[]);
        let mut names = BTreeMap::new();
        for (name, schema) in entries(self.root.pointer("/components/schemas")) {
            let at = format!("#/components/schemas/{}", escape(name));
            if !name.starts_with(|c: char| c.is_ascii_uppercase())
                || !name.chars().all(|c| c.is_ascii_alphanumeric())
            {
                self.find("component-name", &at, "must be in PascalCase: it becomes the name of a type");
            }
            if let Some(first) = names.insert(name.to_lowercase(), name) {
                self.find("component-name", &at, format!("differs from `{first}` in case only"));
            }
            let side = Side { request: requests.contains(name), answer: answers.contains(name) };
            self.described(schema, &at);
            if self.context.replaced.contains(&name.as_str()) {
                self.keywords(schema, &at, &SCHEMA);
                self.enum_values(schema, &at);
            } else {
                self.schema(schema, &at, side, true);
            }
        }
    }

    pub(super) fn schema(&mut self, schema: &Value, at: &str, side: Side, top: bool) {
        if component(schema).is_some() {
            return;
        }
        self.keywords(schema, at, &SCHEMA);
        let kind = schema.get("type").map(|kind| kind.as_str().unwrap_or_default());
        if let Some(kind) = kind.filter(|kind| !TYPES.contains(kind)) {
            self.find("type", at, format!("`type: {kind}` is none of {}", TYPES.join(", ")));
        }
        let object = schema.get("properties").is_some() || kind == Some("object");
        if object && kind != Some("object") {
            self.find("type", at, "has properties but not `type: object`: unknown fields would be lost");
        }
        if schema.get("title").is_some() {
            self.find("title", at, "a title renames the generated type; remove it");
        }
        if object && !top {
            self.find("inline-object", at, "an object needs a component of its own");
        }
        for key in ["pattern", "minLength", "maxLength", "minimum", "maximum"] {
            if schema.get(key).is_some() {
                self.find("checked-value", at, format!("`{key}` needs a hand-written type in build/generate.rs: the generator ignores it, or fails whole answers for it"));
            }
        }
        if kind == Some("number") {
            let message =
                "a number would become a float; use a text or a hand-written type in build/generate.rs";
            self.find("float", at, message);
        }
        if let Some(format) = text(schema, "format").filter(|format| !["int32", "int64"].contains(format)) {
            let message = format!("`format: {format}` would pull in another crate; use a hand-written type");
            self.find("format", at, message);
        }
        for key in ["oneOf", "anyOf", "allOf", "not"] {
            if schema.get(key).is_some() && (key != "allOf" || wrapped(schema).is_none()) {
                self.find("combined", at, format!("`{key}` needs a hand-written type in build/generate.rs"));
            }
        }
        self.default(schema, at);
        self.enum_values(schema, at);
        if side.answer && schema.get("enum").is_some() {
            self.find("answer-enum", at, "one unknown value would fail the whole answer; use an open type");
        }
        if object {
            self.object(schema, at, side);
        }
        if let Some(items) = schema.get("items") {
            self.schema(items, &format!("{at}/items"), side, false);
        }
    }

    /// The generator writes a default as text to be read at run time, where a wrong one would panic.
    fn default(&mut self, schema: &Value, at: &str) {
        let Some(default) = schema.get("default") else { return };
        let sound = match wrapped(schema) {
            Some(name) => {
                let own = self.root.pointer(&format!("/components/schemas/{name}/default"));
                own == Some(default)
            }
            None => match text(schema, "type") {
                Some("string") => default.is_string(),
                Some("integer") => default.is_i64(),
                Some("boolean") => default.is_boolean(),
                _ => false,
            },
        };
        if !sound {
            let message = format!(
                "the default {default} is not of the type; that of a reference must be its component's own"
            );
            self.find("default", at, message);
        }
    }

    fn object(&mut self, schema: &Value, at: &str, side: Side) {
        let extra = schema.get("additionalProperties");
        let open = extra.is_some_and(|extra| extra.as_object().is_some_and(Map::is_empty));
        let partly = schema.get("x-partly-known") == Some(&Value::Bool(true));
        let known = schema.get("properties").is_some();
        if side.answer && !open {
            let message =
                "an answer needs `additionalProperties: {}`, else unknown fields are lost or refused";
            self.find("answer-open", at, message);
        }
        if side.request && known && !partly && extra != Some(&Value::Bool(false)) {
            let message = "a request with known fields needs `additionalProperties: false`: the service bills typos; where more fields are known to exist, say `x-partly-known: true`";
            self.find("request-closed", at, message);
        }
        if extra.is_some() && !open && extra != Some(&Value::Bool(false)) {
            self.find("extra-fields", at, "additionalProperties must be `{}` (kept) or `false` (refused)");
        }
        let required: Vec<_> = schema
            .get("required")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        for name in
            required.iter().filter(|name| schema.pointer(&format!("/properties/{}", escape(name))).is_none())
        {
            self.find("required-property", at, format!("`{name}` is required but not declared"));
        }
        let mut fields = BTreeMap::new();
        if open {
            fields.insert("extra".to_owned(), "the unknown fields");
        }
        for (name, property) in entries(schema.get("properties")) {
            let at = format!("{at}/properties/{}", escape(name));
            if let Some(first) = fields.insert(bare(name), name) {
                let message = format!("would become the same field as `{first}`");
                self.find("property-name", &at, message);
            }
            if property.get("$ref").is_none() {
                self.described(property, &at);
            }
            let list = text(property, "type") == Some("array");
            let nullable = property.get("nullable") == Some(&Value::Bool(true));
            if side.answer && list && !nullable && !required.contains(&name.as_str()) {
                let message =
                    "an optional list of an answer needs `nullable: true`: a null would fail the answer";
                self.find("nullable-list", &at, message);
            }
            self.schema(property, &at, side, false);
        }
    }

    fn enum_values(&mut self, schema: &Value, at: &str) {
        let mut seen = BTreeMap::new();
        for value in schema.get("enum").and_then(Value::as_array).into_iter().flatten() {
            let Some(value) = value.as_str() else {
                self.find("enum-value", at, format!("`{value}` is not text; put it in quotes"));
                continue;
            };
            if let Some(first) = seen.insert(bare(value), value) {
                self.find("enum-value", at, format!("`{first}` and `{value}` would become the same variant"));
            }
        }
    }
}

/// The component behind an `allOf` of one reference, which is how OpenAPI 3.0 gives a reference a default or
/// a description of its own.
fn wrapped(schema: &Value) -> Option<&str> {
    match schema.get("allOf")?.as_array()?.as_slice() {
        [one] => component(one),
        _ => None,
    }
}

/// A name as its Rust form tells it apart from others: neither case nor punctuation.
fn bare(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}
