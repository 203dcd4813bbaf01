//! Takes secrets out of what somebody recorded, before any of it is written.

use super::source::Source;

/// What stands in the place of a secret.
pub const HIDDEN: &str = "(not shown)";
/// The shortest secret that is looked for elsewhere too; a shorter one would hide words that only look like it.
const SHORTEST: usize = 6;

/// Words in the name of a member, parameter or header whose value is a secret.
const NAMES: [&str; 17] = [
    "apikey",
    "auth",
    "authorization",
    "bearer",
    "cookie",
    "credential",
    "credentials",
    "jwt",
    "key",
    "passwd",
    "password",
    "pwd",
    "secret",
    "session",
    "sid",
    "signature",
    "token",
];
/// Ends of words that are written without a mark between them.
const ENDS: [&str; 8] =
    ["accesskey", "apikey", "authkey", "password", "secret", "secretkey", "sessionid", "token"];

/// Whether a name says that its value is secret: one of its words is among [`NAMES`], or ends as one of [`ENDS`].
pub fn secret_name(name: &str) -> bool {
    let mut words = vec![String::new()];
    let mut small = false;
    for c in name.chars() {
        if !c.is_alphanumeric() || (c.is_uppercase() && small) {
            words.push(String::new());
        }
        small = c.is_lowercase();
        if let Some(word) = words.last_mut().filter(|_| c.is_alphanumeric()) {
            word.extend(c.to_lowercase());
        }
    }
    words.iter().any(|word| NAMES.contains(&word.as_str()) || ENDS.iter().any(|end| word.ends_with(end)))
}

/// Takes out keys of the service, whatever a name tells to be secret, and the same texts wherever else they stand.
pub fn remove(source: &mut Source) {
    let mut hidden = Hidden::default();
    source.request = source.request.as_deref().map(|json| hidden.members(json));
    if let Some(told) = &mut source.told {
        told.body = told.body.as_deref().map(|json| hidden.members(json));
    }
    let mut pairs = Vec::new();
    for (name, value) in source.query() {
        let secret = secret_name(name) && !value.is_empty();
        if secret {
            hidden.note(name, value);
        }
        pairs.push(format!("{name}={}", if secret { HIDDEN } else { value }));
    }
    let query = if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) };
    source.target = format!("{}{query}", source.path());
    let Hidden { mut names, values } = hidden;
    names.sort();
    names.dedup();
    if !names.is_empty() {
        let names: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
        source.notes.push(format!("not shown, since the name is a secret's: {}", names.join(", ")));
    }
    hide(source, values);
    remove_keys(source);
}

/// Hides every text that is known to be secret, such as a header's value, wherever it stands.
pub fn hide(source: &mut Source, mut secrets: Vec<String>) {
    secrets.retain(|secret| secret.len() >= SHORTEST && secret != HIDDEN);
    // The longest first, so that no part of one is left behind.
    secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    let clean = |text: &str| {
        secrets.iter().fold(text.to_owned(), |text, secret| text.replace(secret.as_str(), HIDDEN))
    };
    let inside = |json: &str| {
        // A text may be written with escapes that hide it from a plain search.
        on_values(json, &mut |_, token| match serde_json::from_str::<String>(token) {
            Ok(text) if clean(&text) != text => Some(quoted(&clean(&text))),
            Ok(_) => None,
            Err(_) => secrets.iter().any(|secret| secret == token).then(|| quoted(HIDDEN)),
        })
    };
    source.request = source.request.as_deref().map(inside);
    if let Some(told) = &mut source.told {
        told.body = told.body.as_deref().map(inside);
    }
    source.target = clean(&source.target);
    source.title = clean(&source.title);
}

/// Takes out the service's keys: `tw_live_…` and `tw_test_…` (vendor).
pub fn remove_keys(source: &mut Source) {
    source.request = source.request.as_deref().map(keys);
    if let Some(told) = &mut source.told {
        told.body = told.body.as_deref().map(keys);
    }
    source.target = keys(&source.target);
    source.title = keys(&source.title);
}

/// Hides the service's keys.
fn keys(text: &str) -> String {
    let mut clean = String::new();
    let mut rest = text;
    while let Some(at) = ["tw_live_", "tw_test_"].iter().filter_map(|prefix| rest.find(prefix)).min() {
        let (before, key) = rest.split_at(at);
        let end = key.find(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '-').unwrap_or(key.len());
        clean += before;
        clean += HIDDEN;
        rest = &key[end..];
    }
    clean + rest
}

/// What was hidden.
#[derive(Default)]
struct Hidden {
    names: Vec<String>,
    values: Vec<String>,
}

impl Hidden {
    fn note(&mut self, name: &str, value: &str) {
        self.names.push(name.to_owned());
        self.values.push(value.to_owned());
    }

    /// A JSON text without the texts and numbers of members with a secret name.
    fn members(&mut self, json: &str) -> String {
        on_values(json, &mut |name, token| {
            let name = name.filter(|name| secret_name(name))?;
            if ["null", "true", "false", "\"\""].contains(&token) {
                return None;
            }
            let text = serde_json::from_str::<String>(token).unwrap_or_else(|_| token.to_owned());
            self.note(name, &text);
            Some(quoted(HIDDEN))
        })
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// A JSON text with some of its texts, numbers and words replaced; nothing else of it changes. `replace` gets the name of the member
/// and the value as it is written; the items of a list have the name of the list.
fn on_values(json: &str, replace: &mut dyn FnMut(Option<&str>, &str) -> Option<String>) -> String {
    let mut out = String::new();
    let mut rest = json;
    // One entry for each object or list around: its own name, and whether it is a list.
    let mut around: Vec<(Option<String>, bool)> = Vec::new();
    let mut name: Option<String> = None;
    while let Some(c) = rest.chars().next() {
        let end = match c {
            '"' => end_of_text(rest).unwrap_or(rest.len()),
            c if c.is_ascii_alphanumeric() || c == '-' => {
                rest.find(|c: char| !(c.is_ascii_alphanumeric() || "+-.".contains(c))).unwrap_or(rest.len())
            }
            c => c.len_utf8(),
        };
        let (token, after) = rest.split_at(end);
        rest = after;
        match c {
            '{' | '[' => around.push((name.take(), c == '[')),
            '}' | ']' => {
                around.pop();
                name = None;
            }
            ',' => name = None,
            '"' if after.trim_start().starts_with(':') => {
                name = serde_json::from_str(token).ok();
            }
            c if c == '"' || c == '-' || c.is_ascii_alphanumeric() => {
                let list = around.last().filter(|(_, list)| *list).and_then(|(name, _)| name.as_deref());
                if let Some(other) = replace(name.as_deref().or(list), token) {
                    out += &other;
                    continue;
                }
            }
            _ => {}
        }
        out += token;
    }
    out
}

/// Where a quoted text ends, the quotation marks included.
fn end_of_text(quoted: &str) -> Option<usize> {
    let mut escaped = false;
    quoted.char_indices().skip(1).find_map(|(i, c)| {
        let end = c == '"' && !escaped;
        escaped = !escaped && c == '\\';
        end.then_some(i + 1)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_by_their_words() {
        for name in [
            "apiKey",
            "api_key",
            "X-Session-Token",
            "sid",
            "Authorization",
            "password",
            "accesstoken",
            "JSESSIONID",
        ] {
            assert!(secret_name(name), "{name}");
        }
        for name in ["keyword", "tradeCode", "monkey", "author", "request_id", "considered"] {
            assert!(!secret_name(name), "{name}");
        }
    }

    fn source(body: &str) -> Source {
        let mut source = super::super::source::read("T\nGET\n/api/x\nResponses\n200\n", None).unwrap();
        source.request = Some(body.to_owned());
        source
    }

    #[test]
    fn members_and_keys_are_hidden() {
        let text = r#"{"keyword": "pet", "token": "a\"b", "pin": {"key": 12, "n": 3}, "x": ["tw_live_1a_b", 2], "secret": null, "sid": 7, "auth": ["a", {"b": "c"}], "session": true}"#;
        let mut source = source(text);
        remove(&mut source);
        let clean = source.request.unwrap();
        insta::assert_snapshot!(clean, @r#"{"keyword": "pet", "token": "(not shown)", "pin": {"key": "(not shown)", "n": 3}, "x": ["(not shown)", 2], "secret": null, "sid": "(not shown)", "auth": ["(not shown)", {"b": "c"}], "session": true}"#);
        serde_json::from_str::<serde_json::Value>(&clean).unwrap();
        assert_eq!(source.notes, ["not shown, since the name is a secret's: `auth`, `key`, `sid`, `token`"]);
    }

    /// A secret that comes again is hidden there too; a word that only looks like one stays, and the text stays JSON.
    #[test]
    fn secrets_are_hidden_wherever_they_stand() {
        let mut source = source(
            r#"{"token": "s3cret/word", "echo": "it is s3cret\/word!", "sid": 1234567, "n": [1234567, 12345678], "ok": true}"#,
        );
        source.target = "/api/x?page=2&key=abcdefgh&again=abcdefgh".to_owned();
        remove(&mut source);
        hide(&mut source, vec!["true".to_owned(), "12".to_owned()]);
        let clean = source.request.unwrap();
        insta::assert_snapshot!(format!("{clean}\n{}", source.target), @r#"
        {"token": "(not shown)", "echo": "it is (not shown)!", "sid": "(not shown)", "n": ["(not shown)", 12345678], "ok": true}
        /api/x?page=2&key=(not shown)&again=(not shown)
        "#);
        serde_json::from_str::<serde_json::Value>(&clean).unwrap();
    }
}
