//! A JSON object whose members keep the text that they came in: options go over some, and the others must not change.

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

/// The members of an object, in order; also one that comes twice.
#[derive(Debug, Default)]
pub struct Members(Vec<(String, Box<RawValue>)>);

impl Members {
    /// Puts a value at a path of names, and makes the objects on the way.
    ///
    /// # Errors
    /// The name of a member on the way that is no object.
    pub fn put(&mut self, path: &[String], value: &Value) -> Result<(), String> {
        let Some((name, rest)) = path.split_first() else { return Ok(()) };
        let wrong = |_| name.clone();
        let at = self.0.iter().position(|(known, _)| known == name);
        let held = at.and_then(|at| self.0.get(at)).map(|(_, held)| held.get());
        let text = if rest.is_empty() {
            value.to_string()
        } else {
            let mut inner = held.map_or(Ok(Self::default()), serde_json::from_str).map_err(wrong)?;
            inner.put(rest, value)?;
            inner.to_string()
        };
        let text = RawValue::from_string(text).map_err(wrong)?;
        match at.and_then(|at| self.0.get_mut(at)) {
            Some((_, held)) => *held = text,
            None => self.0.push((name.clone(), text)),
        }
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

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;

        impl<'de> Visitor<'de> for Reader {
            type Value = Members;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Reader)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_put_keeps_its_text() {
        let mut members: Members = serde_json::from_str(
            r#"{"z": 123456789012345678901234567890, "a": {"b": 0.10, "c": 1}, "a": 2}"#,
        )
        .unwrap();
        let path = |path: &str| path.split('.').map(str::to_owned).collect::<Vec<_>>();
        members.put(&path("a.c"), &"x".into()).unwrap();
        members.put(&path("new.deep"), &1.into()).unwrap();
        assert_eq!(members.put(&path("z.deep"), &1.into()).unwrap_err(), "z");
        assert_eq!(
            members.to_string(),
            r#"{"z":123456789012345678901234567890,"a":{"b":0.10,"c":"x"},"a":2,"new":{"deep":1}}"#
        );
        assert_eq!(Members::default().to_string(), "{}");
    }
}
