//! A JSON object whose members keep the text that they came in: options go over some, and the others must not change.

use std::collections::BTreeMap;

use serde_json::Value;
use serde_json::value::RawValue;

/// The members of an object; of one that comes twice the last.
#[derive(Debug, Default)]
pub struct Members(BTreeMap<String, Box<RawValue>>);

impl Members {
    /// Reads an object.
    ///
    /// # Errors
    /// What is none.
    pub fn read(json: &str) -> serde_json::Result<Self> {
        serde_json::from_str(json).map(Self)
    }

    /// Puts a value at a path of names, and makes the objects on the way.
    ///
    /// # Errors
    /// The name of a member on the way that is no object.
    pub fn put(&mut self, path: &[String], value: &Value) -> Result<(), String> {
        let Some((name, rest)) = path.split_first() else { return Ok(()) };
        let wrong = |_| name.clone();
        let text = if rest.is_empty() {
            value.to_string()
        } else {
            let held = self.0.get(name).map(|held| held.get());
            let mut inner = held.map_or(Ok(Self::default()), Self::read).map_err(wrong)?;
            inner.put(rest, value)?;
            inner.to_string()
        };
        self.0.insert(name.clone(), RawValue::from_string(text).map_err(wrong)?);
        Ok(())
    }
}

impl std::fmt::Display for Members {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (at, (name, value)) in self.0.iter().enumerate() {
            write!(f, "{}{}:{value}", if at == 0 { '{' } else { ',' }, Value::from(&**name))?;
        }
        f.write_str(if self.0.is_empty() { "{}" } else { "}" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_put_keeps_its_text() {
        let mut members =
            Members::read(r#"{"z": 123456789012345678901234567890, "a": {"b": 0.10, "c": 1}}"#).unwrap();
        let path = |path: &str| path.split('.').map(str::to_owned).collect::<Vec<_>>();
        members.put(&path("a.c"), &"x".into()).unwrap();
        members.put(&path("new.deep"), &1.into()).unwrap();
        assert_eq!(members.put(&path("z.deep"), &1.into()).unwrap_err(), "z");
        assert_eq!(
            members.to_string(),
            r#"{"a":{"b":0.10,"c":"x"},"new":{"deep":1},"z":123456789012345678901234567890}"#
        );
        assert_eq!(Members::default().to_string(), "{}");
    }
}
