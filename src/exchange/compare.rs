use std::fmt;

use serde_json::Value;

use crate::place::escape;

/// One place where two JSON values differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// JSON pointer to the place.
    pub pointer: String,
    /// What the first value holds there; `None` if nothing.
    pub left: Option<Value>,
    /// What the second value holds there; `None` if nothing.
    pub right: Option<Value>,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let told = |side: &Option<Value>| side.as_ref().map_or("nothing".to_owned(), Value::to_string);
        write!(f, "{}: {} became {}", self.pointer, told(&self.left), told(&self.right))
    }
}

/// Where two JSON values differ in what they say.
///
/// A null member, an empty list and an absent member say the same, since a typed value cannot tell them
/// apart; numbers and texts say the same when their text does.
#[must_use]
pub fn differences(left: &Value, right: &Value) -> Vec<Difference> {
    let mut found = Vec::new();
    compare(Some(left), Some(right), "", &mut found);
    found
}

fn compare(left: Option<&Value>, right: Option<&Value>, at: &str, found: &mut Vec<Difference>) {
    match (left.filter(says), right.filter(says)) {
        (None, None) => {}
        (Some(Value::Object(left)), Some(Value::Object(right))) => {
            for key in left.keys().chain(right.keys().filter(|key| !left.contains_key(*key))) {
                compare(left.get(key), right.get(key), &format!("{at}/{}", escape(key)), found);
            }
        }
        (Some(Value::Array(left)), Some(Value::Array(right))) => {
            for i in 0..left.len().max(right.len()) {
                let at = format!("{at}/{i}");
                match (left.get(i), right.get(i)) {
                    (Some(left), Some(right)) => compare(Some(left), Some(right), &at, found),
                    // An item more or less is a difference, whatever it says.
                    (left, right) => {
                        let (left, right) = (left.cloned(), right.cloned());
                        found.push(Difference { pointer: at, left, right });
                    }
                }
            }
        }
        (Some(left), Some(right)) if left == right || (text(left).is_some() && text(left) == text(right)) => {
        }
        (left, right) => {
            found.push(Difference { pointer: at.to_owned(), left: left.cloned(), right: right.cloned() });
        }
    }
}

/// Whether a member says anything at all.
fn says(value: &&Value) -> bool {
    !value.is_null() && value.as_array().is_none_or(|items| !items.is_empty())
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(_) | Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_says_the_same_is_no_difference() {
        let left = json!({"a": null, "b": [], "c": 4, "d": {"e": "1.50"}});
        let right = json!({"c": "4", "d": {"e": "1.50", "f": null}});
        assert_eq!(differences(&left, &right), []);
    }

    #[test]
    fn differences_tell_their_place() {
        let left = json!({"list": [{"n": 1}, {"n": 2}], "a/b": "x", "flag": true, "more": [1]});
        let right = json!({"list": [{"n": 1}, {"n": "2.0"}, 3], "a/b": "y", "flag": "true", "new": {}, "more": [1, null]});
        let told: Vec<_> = differences(&left, &right).iter().map(ToString::to_string).collect();
        insta::assert_snapshot!(told.join("\n"), @r#"
        /a~1b: "x" became "y"
        /flag: true became "true"
        /list/1/n: 2 became "2.0"
        /list/2: nothing became 3
        /more/1: nothing became null
        /new: nothing became {}
        "#);
    }
}
