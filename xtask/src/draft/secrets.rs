//! Takes secrets out of what somebody recorded, before any of it is written.

use super::source::Source;

/// What stands in the place of a secret.
pub const HIDDEN: &str = "(not shown)";

/// Words in the name of a member, parameter or header whose value is a secret.
const NAMES: [&str; 14] = [
    "apikey",
    "auth",
    "authorization",
    "cookie",
    "credential",
    "key",
    "passwd",
    "password",
    "secret",
    "session",
    "sid",
    "signature",
    "token",
    "jwt",
];

/// Whether a name says that its value is secret: one of its words is among [`NAMES`].
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
    words.iter().any(|word| NAMES.contains(&word.as_str()))
}

/// Takes out keys of the service, and whatever a name tells to be secret.
pub fn remove(source: &mut Source) {
    let hide = |text: &str| members(&keys(text));
    source.request = source.request.as_deref().map(hide);
    if let Some(told) = &mut source.told {
        told.body = told.body.as_deref().map(hide);
    }
    let pairs: Vec<_> = source
        .query()
        .into_iter()
        .map(|(name, value)| format!("{name}={}", if secret_name(name) { HIDDEN } else { value }))
        .collect();
    let query = if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) };
    source.target = keys(&format!("{}{query}", source.path()));
    source.title = keys(&source.title);
}

/// Hides every text that is known to be secret, such as a header's value, wherever it stands.
pub fn hide(source: &mut Source, secrets: &[String]) {
    let clean =
        |text: &str| secrets.iter().fold(text.to_owned(), |text, secret| text.replace(secret, HIDDEN));
    source.request = source.request.as_deref().map(clean);
    source.target = clean(&source.target);
    if let Some(told) = &mut source.told {
        told.body = told.body.as_deref().map(clean);
    }
}

/// Hides the service's keys: `tw_live_…` and `tw_test_…` (vendor).
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

/// Hides the texts and numbers of members with a secret name in a JSON text.
fn members(json: &str) -> String {
    let mut clean = String::new();
    let mut rest = json;
    let mut name: Option<String> = None;
    while let Some(at) = rest.find('"') {
        let (before, quoted) = rest.split_at(at);
        let Some(end) = end_of_text(quoted) else { break };
        let (text, after) = quoted.split_at(end);
        // A number behind a secret name stands before the next quotation mark.
        clean += &hidden_number(before, name.take_if(|_| before.contains([',', '}'])).as_deref());
        let value_follows = after.trim_start().starts_with(':');
        match name.take() {
            Some(secret) if !value_follows && secret_name(&secret) && text != "\"\"" => {
                clean += &format!("\"{HIDDEN}\"");
            }
            _ => clean += text,
        }
        if value_follows {
            name = Some(text.trim_matches('"').to_owned());
        }
        // A list or an object behind a name is another matter: its own members are looked at.
        let opens = after.trim_start().trim_start_matches(':').trim_start().starts_with(['{', '[']);
        if opens {
            name = None;
        }
        rest = after;
    }
    clean + &hidden_number(rest, name.as_deref())
}

/// A text between two quoted ones, with the number behind a secret name hidden.
fn hidden_number(between: &str, name: Option<&str>) -> String {
    let digits = between.find(|c: char| c.is_ascii_digit() || c == '-');
    match (name.filter(|name| secret_name(name)), digits) {
        (Some(_), Some(at)) => {
            let end = between[at..].find([',', '}', ']', '\n']).map_or(between.len(), |end| at + end);
            format!("{}\"{HIDDEN}\"{}", &between[..at], &between[end..])
        }
        _ => between.to_owned(),
    }
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
        for name in ["apiKey", "api_key", "X-Session-Token", "sid", "Authorization", "password"] {
            assert!(secret_name(name), "{name}");
        }
        for name in ["keyword", "tradeCode", "monkey", "author", "request_id", "considered"] {
            assert!(!secret_name(name), "{name}");
        }
    }

    #[test]
    fn members_and_keys_are_hidden() {
        let text = r#"{"keyword": "pet", "token": "a\"b", "pin": {"key": 12, "n": 3}, "x": ["tw_live_1a_b", 2], "secret": null, "sid": 7}"#;
        let clean = members(&keys(text));
        insta::assert_snapshot!(clean, @r#"{"keyword": "pet", "token": "(not shown)", "pin": {"key": "(not shown)", "n": 3}, "x": ["(not shown)", 2], "secret": null, "sid": "(not shown)"}"#);
        serde_json::from_str::<serde_json::Value>(&clean).unwrap();
    }
}
