//! JSON text that keeps the order of its members and the digits of its numbers, which a value would not.

use std::fmt::Write as _;

/// The text indented by two spaces, its lines after the first by `indent` more. The text must be JSON.
pub fn pretty(json: &str, indent: usize) -> String {
    let mut out = String::new();
    let mut depth = 0;
    let mut text = false;
    let mut escaped = false;
    let mut chars = json.chars().filter(|c| *c != '\r').peekable();
    let line = |out: &mut String, depth: usize| _ = write!(out, "\n{:1$}", "", indent + 2 * depth);
    while let Some(c) = chars.next() {
        if text {
            out.push(c);
            text = escaped || c != '"';
            escaped = !escaped && c == '\\';
            continue;
        }
        match c {
            '"' => {
                text = true;
                out.push(c);
            }
            '{' | '[' => {
                while chars.next_if(|c| c.is_ascii_whitespace()).is_some() {}
                out.push(c);
                match chars.next_if(|next| matches!(next, '}' | ']')) {
                    Some(end) => out.push(end),
                    None => {
                        depth += 1;
                        line(&mut out, depth);
                    }
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                line(&mut out, depth);
                out.push(c);
            }
            ',' => {
                out.push(c);
                line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            c if c.is_ascii_whitespace() => {}
            c => out.push(c),
        }
    }
    out
}

/// The text of a member that lies that deep in an object's text.
pub fn member(json: &str, path: &[&str]) -> Option<String> {
    let mut raw: Box<serde_json::value::RawValue> = serde_json::from_str(json).ok()?;
    for name in path {
        let mut members: std::collections::BTreeMap<String, Box<serde_json::value::RawValue>> =
            serde_json::from_str(raw.get()).ok()?;
        raw = members.remove(*name)?;
    }
    Some(raw.get().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_and_digits_stay() {
        let text = r#"{"b":1.10,"a":{"x":[],"y":[1,"a, \"b\": {"]},"c":{ }}"#;
        insta::assert_snapshot!(pretty(text, 2), @r#"
        {
            "b": 1.10,
            "a": {
              "x": [],
              "y": [
                1,
                "a, \"b\": {"
              ]
            },
            "c": {}
          }
        "#);
        assert_eq!(member(text, &["a", "y"]).as_deref(), Some(r#"[1,"a, \"b\": {"]"#));
        assert_eq!(member(text, &["a", "z"]), None);
    }
}
