//! From OpenAPI 3.0's schemas to JSON Schema 2020-12.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::{Document, Placed};

const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";
const COMPONENTS: &str = "#/components/schemas/";
/// What JSON Schema does not know.
const LEFT_OUT: [&str; 6] = ["nullable", "example", "externalDocs", "discriminator", "xml", "deprecated"];

pub(super) fn standing_alone(document: &Document, component: &str) -> Option<Value> {
    component_schema(document, component)?;
    Some(json!({
        "$schema": DIALECT,
        "title": format!("{component} of {}", document.service()),
        "$ref": format!("#/$defs/{component}"),
        "$defs": definitions(document, BTreeSet::from([component.to_owned()])),
    }))
}

pub(super) fn placed(document: &Document, part: &Placed<'_>) -> Value {
    if let Some(component) = part.pointer.strip_prefix("/components/schemas/").filter(|at| !at.contains('/'))
        && let Some(schema) = standing_alone(document, component)
    {
        return schema;
    }
    json!({
        "$schema": DIALECT,
        "title": format!("{} of {}", part.pointer, document.service()),
        // Beside `allOf`, so that a bare reference may stand there too.
        "allOf": [converted(part.value)],
        "$defs": definitions(document, references(part.value)),
    })
}

fn component_schema<'a>(document: &'a Document, name: &str) -> Option<&'a Value> {
    document.root().pointer("/components/schemas")?.get(name)
}

/// These components and all that they name.
fn definitions(document: &Document, mut left: BTreeSet<String>) -> Map<String, Value> {
    let mut definitions = Map::new();
    while let Some(name) = left.pop_first() {
        let Some(schema) = component_schema(document, &name) else { continue };
        definitions.insert(name, converted(schema));
        left.extend(references(schema).into_iter().filter(|name| !definitions.contains_key(name)));
    }
    definitions
}

/// Components that a schema names.
fn references(schema: &Value) -> BTreeSet<String> {
    match schema {
        Value::Object(object) => {
            let own =
                object.get("$ref").and_then(Value::as_str).and_then(|target| target.strip_prefix(COMPONENTS));
            let below = object.values().flat_map(references);
            // A part of a component comes with all of it.
            own.and_then(|target| target.split('/').next())
                .map(str::to_owned)
                .into_iter()
                .chain(below)
                .collect()
        }
        Value::Array(items) => items.iter().flat_map(references).collect(),
        _ => BTreeSet::new(),
    }
}

fn converted(schema: &Value) -> Value {
    let Value::Object(object) = schema else { return schema.clone() };
    if let Some(target) = object.get("$ref").and_then(Value::as_str) {
        // Beside a reference OpenAPI 3.0 knows nothing else.
        return json!({ "$ref": target.replace(COMPONENTS, "#/$defs/") });
    }
    let mut made = Map::new();
    for (key, value) in object {
        let value = match key.as_str() {
            key if LEFT_OUT.contains(&key) || key.starts_with("x-") => continue,
            "properties" => {
                let properties = value.as_object().into_iter().flatten();
                properties.map(|(name, schema)| (name.clone(), converted(schema))).collect()
            }
            "items" | "additionalProperties" | "not" => converted(value),
            "allOf" | "anyOf" | "oneOf" => value.as_array().into_iter().flatten().map(converted).collect(),
            _ => value.clone(),
        };
        made.insert(key.clone(), value);
    }
    for (flag, bound) in [("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")] {
        match made.remove(flag) {
            Some(Value::Bool(true)) => {
                if let Some(limit) = made.remove(bound) {
                    made.insert(flag.to_owned(), limit);
                }
            }
            Some(Value::Bool(false)) | None => {}
            Some(limit) => _ = made.insert(flag.to_owned(), limit),
        }
    }
    if object.get("nullable").and_then(Value::as_bool) == Some(true) {
        return nullable(made);
    }
    Value::Object(made)
}

fn nullable(mut schema: Map<String, Value>) -> Value {
    match schema.get("type").cloned() {
        Some(kind @ Value::String(_)) => {
            schema.insert("type".to_owned(), json!([kind, "null"]));
            if let Some(Value::Array(values)) = schema.get_mut("enum")
                && !values.contains(&Value::Null)
            {
                values.push(Value::Null);
            }
            Value::Object(schema)
        }
        // Without a type of its own, a schema that says something takes null beside it; one that says nothing takes it anyway.
        _ if ["allOf", "anyOf", "oneOf", "enum"].iter().any(|key| schema.contains_key(*key)) => {
            let description = schema.remove("description");
            let mut made = json!({ "anyOf": [schema, { "type": "null" }] });
            if let Some(description) = description {
                made["description"] = description;
            }
            made
        }
        _ => Value::Object(schema),
    }
}
