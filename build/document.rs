//! Reads a document: YAML 1.2 in, JSON out, so that everything after it speaks of JSON pointers.

use std::path::Path;

use saphyr::{LoadableYamlNode, Scalar, Yaml};
use serde_json::{Map, Value};

/// Reads one YAML document. Duplicate keys, several documents and keys that are not text are refused.
pub fn read(path: &Path) -> Result<Value, String> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let text = std::fs::read_to_string(path).map_err(|e| format!("spec/{name}: cannot be read: {e}"))?;
    parse(&text).map_err(|problem| format!("spec/{name}{problem}"))
}

/// Parses the text of one YAML document; the message begins with the place, `:line:column` or `#/pointer`.
pub fn parse(text: &str) -> Result<Value, String> {
    let documents = Yaml::load_from_str(text)
        .map_err(|e| format!(":{}:{}: not YAML: {}", e.marker().line(), e.marker().col() + 1, e.info()))?;
    match documents.as_slice() {
        [one] => json(one, "#"),
        several => Err(format!(": holds {} YAML documents, expected one", several.len())),
    }
}

fn json(node: &Yaml<'_>, at: &str) -> Result<Value, String> {
    Ok(match node {
        Yaml::Value(Scalar::Null) => Value::Null,
        Yaml::Value(Scalar::Boolean(b)) => Value::Bool(*b),
        Yaml::Value(Scalar::Integer(i)) => Value::from(*i),
        Yaml::Value(Scalar::FloatingPoint(f)) => Value::from(f.into_inner()),
        Yaml::Value(Scalar::String(s)) => Value::String(s.to_string()),
        Yaml::Sequence(items) => Value::Array(
            items
                .iter()
                .enumerate()
                .map(|(i, item)| json(item, &format!("{at}/{i}")))
                .collect::<Result<_, _>>()?,
        ),
        Yaml::Mapping(entries) => {
            let mut object = Map::new();
            for (key, value) in entries {
                let key = match key {
                    Yaml::Value(Scalar::String(s)) => s.to_string(),
                    Yaml::Value(Scalar::Integer(i)) => {
                        return Err(format!("{at}: the key {i} is a number; put it in quotes"));
                    }
                    other => return Err(format!("{at}: the key {other:?} is not text; put it in quotes")),
                };
                let value = json(value, &format!("{at}/{}", escape(&key)))?;
                object.insert(key, value);
            }
            Value::Object(object)
        }
        Yaml::Tagged(..) | Yaml::Representation(..) | Yaml::Alias(_) | Yaml::BadValue => {
            return Err(format!("{at}: a value that JSON cannot hold"));
        }
    })
}

/// Escapes one token of a JSON pointer (RFC 6901).
pub fn escape(token: &str) -> String {
    token.replace('~', "~0").replace('/', "~1")
}
