//! The query of a source against the parameters that the document has.

use std::collections::BTreeSet;

use serde_json::Value;

use super::compare::Walk;
use super::infer::Seen;
use super::secrets::HIDDEN;
use super::source::Source;

/// Tells parameters that appeared or vanished, and values that the document does not allow.
pub fn compare(walk: &mut Walk<'_>, operation: &Value, source: &Source) -> anyhow::Result<()> {
    let declared = declared(walk.root, operation);
    let sent = source.query();
    for (name, parameter) in &declared {
        let own = sent.iter().filter(|(other, _)| other.eq_ignore_ascii_case(name));
        let values: Vec<&str> = own
            .map(|(_, value)| value.as_str())
            // Hong Kong reads what is empty as what is not there.
            .filter(|value| !(walk.any_case && value.trim().is_empty()))
            .collect();
        if values.is_empty() && parameter["required"] == true && source.shows_query() {
            walk.found.push(format!("request: the parameter `{name}` vanished, which the document requires"));
        }
        // What is not shown tells nothing.
        if values.iter().any(|value| value.contains(HIDDEN)) {
            continue;
        }
        let at = format!("parameter `{name}`");
        for value in examples(walk, parameter, values) {
            count_fits(walk, &at, &parameter["schema"], &value);
            let seen = Seen::of(&value.to_string())?;
            walk.compare(&at, name, &parameter["schema"], &seen);
        }
    }
    let known = |name: &str| declared.iter().any(|(own, _)| own.eq_ignore_ascii_case(name));
    let new: BTreeSet<_> = sent.iter().map(|(name, _)| name).filter(|name| !known(name)).collect();
    walk.found.extend(new.into_iter().map(|name| format!("request: the parameter `{name}` appeared")));
    Ok(())
}

/// Names of the parameters that an operation has in its query, and what the document says of them.
fn declared<'a>(root: &'a Value, operation: &'a Value) -> Vec<(&'a str, &'a Value)> {
    let all = operation["parameters"].as_array().into_iter().flatten();
    let resolved = all.map(|parameter| {
        let target = parameter["$ref"].as_str().and_then(|target| root.pointer(target.strip_prefix('#')?));
        target.unwrap_or(parameter)
    });
    let named = resolved.filter(|parameter| parameter["in"] == "query");
    named.filter_map(|parameter| Some((parameter["name"].as_str()?, parameter))).collect()
}

/// Tells a list that has too few or too many items.
fn count_fits(walk: &mut Walk<'_>, at: &str, schema: &Value, value: &Value) {
    let (Some(items), (schema, _)) = (value.as_array(), walk.resolved(schema)) else { return };
    let bound = |key: &str| schema[key].as_u64().and_then(|bound| usize::try_from(bound).ok());
    let fewer =
        bound("minItems").filter(|least| items.len() < *least).map(|least| format!("at least {least}"));
    let more = bound("maxItems").filter(|most| items.len() > *most).map(|most| format!("at most {most}"));
    if let Some(bound) = fewer.or(more) {
        walk.tell(at, &format!("has {} item(s), the document says {bound}", items.len()));
    }
}

/// The texts of a parameter as the JSON that its schema speaks of: one for each, or one list of them all.
fn examples(walk: &Walk<'_>, parameter: &Value, values: Vec<&str>) -> Vec<Value> {
    let (schema, _) = walk.resolved(&parameter["schema"]);
    if schema["type"] != "array" || values.is_empty() {
        return values.into_iter().map(|text| typed(&schema, text)).collect();
    }
    let (item, _) = walk.resolved(&schema["items"]);
    let items: Vec<_> = match parameter["explode"] == false {
        true => values.iter().flat_map(|value| value.split(',')).collect(),
        false => values,
    };
    vec![items.into_iter().map(|text| typed(&item, text)).collect()]
}

/// A text as a value of the schema's type; as a text where it is none.
fn typed(schema: &Value, text: &str) -> Value {
    let read = match schema["type"].as_str() {
        Some("integer" | "number" | "boolean") => serde_json::from_str(text).ok(),
        _ => None,
    };
    read.filter(|value: &Value| value.is_number() || value.is_boolean()).unwrap_or_else(|| Value::from(text))
}
