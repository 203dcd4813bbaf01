//! Takes secrets out of what somebody recorded, before any of it is written.

use percent_encoding::percent_decode_str;

use super::source::Source;
use shown_parameters::SHOWN_PARAMETERS;

// What the library's own records show, and nothing of any other parameter.
#[path = "../../../src/http/shown_parameters.rs"]
mod shown_parameters;

/// What stands in the place of a secret text. A secret number is 0, so that the place stays one of numbers.
pub const HIDDEN: &str = "(not shown)";
/// The shortest secret that is looked for elsewhere too; a shorter one would hide words that only look like it.
const SHORTEST: usize = 6;

/// Words in the name of a member, parameter or header whose value is a secret; their plurals are meant too.
const NAMES: [&str; 31] = [
    "apikey",
    "appkey",
    "auth",
    "authorization",
    "bearer",
    "cookie",
    "credential",
    "csrf",
    "jwt",
    "key",
    "mfa",
    "otp",
    "pass",
    "passcode",
    "passphrase",
    "passwd",
    "password",
    "privatekey",
    "pwd",
    "secret",
    "sess",
    "session",
    "sid",
    "sig",
    "sign",
    "signature",
    "sso",
    "ticket",
    "token",
    "totp",
    "xsrf",
];
/// Ends of words that are written without a mark between them.
const ENDS: [&str; 13] = [
    "accesskey",
    "apikey",
    "appkey",
    "authkey",
    "passphrase",
    "password",
    "privatekey",
    "secret",
    "secretkey",
    "sessid",
    "sessionid",
    "signature",
    "token",
];

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
    words.iter().any(|word| {
        let one = word.strip_suffix('s').unwrap_or(word);
        [word.as_str(), one]
            .iter()
            .any(|word| NAMES.contains(word) || ENDS.iter().any(|end| word.ends_with(end)))
    })
}

/// What is secret of a header: nothing where its name is harmless, else its value, what stands behind its scheme, and the values of
/// cookies.
pub fn of_header(name: &str, value: &str) -> Vec<String> {
    if !secret_name(name) {
        return Vec::new();
    }
    let value = value.trim().to_owned();
    let mut all: Vec<String> =
        value.split_once(' ').map(|(_, rest)| rest.trim().to_owned()).into_iter().collect();
    let cookies = name.to_ascii_lowercase();
    if cookies.ends_with("cookie") {
        // What follows the first is attributes, where a cookie is set; one header may set several, a line each.
        let each =
            value.lines().flat_map(|line| line.split(';').take(if cookies == "cookie" { 99 } else { 1 }));
        all.extend(each.filter_map(|pair| Some(pair.split_once('=')?.1.trim().to_owned())));
    }
    all.push(value);
    all
}

/// Takes out keys of the service, whatever a name tells to be secret, values of parameters that are not known to be harmless, and
/// every secret wherever else it stands; `known` are secrets from elsewhere, such as headers.
pub fn remove(source: &mut Source, known: Vec<String>) {
    let mut hidden = Hidden { values: known, ..Hidden::default() };
    source.request = source.request.as_deref().map(|json| hidden.members(json));
    if let Some(told) = &mut source.told {
        told.body = told.body.as_deref().map(|json| hidden.members(json));
    }
    let (mut pairs, mut unknown) = (Vec::new(), Vec::new());
    for (name, value) in source.sent_query() {
        let meant = decoded(name);
        let secret = secret_name(&meant);
        let shown = !secret && SHOWN_PARAMETERS.contains(&meant.to_ascii_lowercase().as_str());
        if value.is_empty() || value == HIDDEN || shown {
            pairs.push(format!("{name}={value}"));
            continue;
        }
        match secret {
            true => {
                hidden.note(&meant, value);
                // As a body or a header has it.
                hidden.values.extend([decoded(value), decoded(&value.replace('+', " "))]);
            }
            false => unknown.push(format!("`{meant}`")),
        }
        pairs.push(format!("{name}={HIDDEN}"));
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
    if !unknown.is_empty() {
        unknown.dedup();
        source.notes.push(format!(
            "not shown, since the parameter is not known to be harmless: {}",
            unknown.join(", ")
        ));
    }
    hide(source, values);
    remove_keys(source);
}

/// A text of an address without its escapes.
fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// Hides every text that is known to be secret, such as a header's value, wherever it stands.
fn hide(source: &mut Source, mut secrets: Vec<String>) {
    secrets.retain(|secret| secret.len() >= SHORTEST && secret != HIDDEN);
    // The longest first, so that no part of one is left behind.
    secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    let clean = |text: &str| {
        secrets.iter().fold(text.to_owned(), |text, secret| text.replace(secret.as_str(), HIDDEN))
    };
    let inside = |json: &str| {
        // A text may be written with escapes that hide it from a plain search.
        on_tokens(json, &mut |_, token| match serde_json::from_str::<String>(token) {
            Ok(text) if clean(&text) != text => Some(quoted(&clean(&text))),
            Ok(_) => None,
            Err(_) => secrets.iter().any(|secret| secret == token).then(|| stand_in(token)),
        })
    };
    source.request = source.request.as_deref().map(inside);
    if let Some(told) = &mut source.told {
        told.body = told.body.as_deref().map(inside);
    }
    // So may each part of an address.
    let outside = |text: &str| {
        let text = clean(text);
        let parts = text.split_inclusive(['/', '?', '&', '=', ' ']).map(|part| {
            let (plain, bare) = (decoded(part), clean(&decoded(part)));
            if bare == plain { part.to_owned() } else { bare }
        });
        parts.collect::<String>()
    };
    source.target = outside(&source.target);
    source.title = outside(&source.title);
    source.section = source.section.as_deref().map(outside);
    // The name of a member may be one.
    source.notes.iter_mut().for_each(|note| *note = clean(note));
}

/// Takes out the service's keys: `tw_live_…` and `tw_test_…` (vendor).
pub fn remove_keys(source: &mut Source) {
    source.request = source.request.as_deref().map(keys);
    if let Some(told) = &mut source.told {
        told.body = told.body.as_deref().map(keys);
    }
    source.target = keys(&source.target);
    source.title = keys(&source.title);
    source.section = source.section.as_deref().map(keys);
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

    /// A JSON text without the texts and numbers of members with a secret name, however deep they lie in them.
    fn members(&mut self, json: &str) -> String {
        on_tokens(json, &mut |around, token| {
            let (Role::Value, Some(name)) = (around.role, around.names().find(|name| secret_name(name)))
            else {
                return None;
            };
            if ["null", "true", "false", "\"\""].contains(&token) {
                return None;
            }
            let text = serde_json::from_str::<String>(token).unwrap_or_else(|_| token.to_owned());
            self.note(name, &text);
            Some(stand_in(token))
        })
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// What is written for a text or a number: one of its own kind, since types are inferred from it.
fn stand_in(token: &str) -> String {
    match token.starts_with(|c: char| c == '-' || c.is_ascii_digit()) {
        true if token.contains(['.', 'e', 'E']) => "0.0".to_owned(),
        true => "0".to_owned(),
        false => quoted(HIDDEN),
    }
}

/// What a token of a JSON text is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    /// The name of a member.
    Name,
    /// A text, a number or a word.
    Value,
}

/// Where a token stands.
struct Around<'a> {
    role: Role,
    /// For each object or list around, the name that it has, the outermost first.
    outer: &'a [Option<String>],
    /// Its own name, where it is a member's value.
    own: Option<&'a str>,
}

impl<'a> Around<'a> {
    /// Every name that it stands under, the outermost first.
    fn names(&self) -> impl Iterator<Item = &'a str> {
        self.outer.iter().flatten().map(String::as_str).chain(self.own)
    }
}

/// A JSON text with some of its names, texts, numbers and words replaced; nothing else of it changes. `replace` gets the place, and
/// what stands there as it is written.
fn on_tokens(json: &str, replace: &mut dyn FnMut(&Around<'_>, &str) -> Option<String>) -> String {
    let mut out = String::new();
    let mut rest = json;
    let mut outer: Vec<Option<String>> = Vec::new();
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
            '{' | '[' => outer.push(name.take()),
            '}' | ']' => {
                outer.pop();
                name = None;
            }
            ',' => name = None,
            c if c == '"' || c == '-' || c.is_ascii_alphanumeric() => {
                let is_name = c == '"' && after.trim_start().starts_with(':');
                if is_name {
                    name = serde_json::from_str(token).ok();
                }
                let (role, own) = match is_name {
                    true => (Role::Name, None),
                    false => (Role::Value, name.as_deref()),
                };
                if let Some(other) = replace(&Around { role, outer: &outer, own }, token) {
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
            "PHPSESSID",
            "pass",
            "passphrase",
            "appkey",
            "rsaPrivateKey",
            "privatekey",
            "sign",
            "x-sig",
            "ticket",
            "otp",
            "X-CSRF-Token",
            "csrf",
            "sessions",
        ] {
            assert!(secret_name(name), "{name}");
        }
        for name in [
            "keyword",
            "tradeCode",
            "monkey",
            "author",
            "request_id",
            "considered",
            "design",
            "compass",
            "signal",
            "optional",
        ] {
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
        let text = r#"{"keyword": "pet", "token": "a\"b", "pin": {"key": 12, "n": 3}, "x": ["tw_live_1a_b", 2], "secret": null, "sid": 7, "auth": ["a", {"b": "c", "d": [{"e": -1.5}]}], "session": true, "tokens": {"access": "eyJ0", "type": "Bearer"}}"#;
        let mut source = source(text);
        remove(&mut source, Vec::new());
        let clean = source.request.unwrap();
        insta::assert_snapshot!(clean, @r#"{"keyword": "pet", "token": "(not shown)", "pin": {"key": 0, "n": 3}, "x": ["(not shown)", 2], "secret": null, "sid": 0, "auth": ["(not shown)", {"b": "(not shown)", "d": [{"e": 0.0}]}], "session": true, "tokens": {"access": "(not shown)", "type": "(not shown)"}}"#);
        serde_json::from_str::<serde_json::Value>(&clean).unwrap();
        assert_eq!(
            source.notes,
            ["not shown, since the name is a secret's: `auth`, `key`, `sid`, `token`, `tokens`"]
        );
    }

    /// A secret that comes again is hidden there too; a word that only looks like one stays, and the text stays JSON.
    #[test]
    fn secrets_are_hidden_wherever_they_stand() {
        let mut source = source(
            r#"{"token": "s3cret/word", "echo": "it is s3cret\/word!", "sid": 1234567, "n": [1234567, 12345678], "ok": true}"#,
        );
        source.target = "/api/x?page=2&key=abcdefgh&again=abcdefgh".to_owned();
        remove(&mut source, vec!["true".to_owned(), "12".to_owned()]);
        let clean = source.request.unwrap();
        insta::assert_snapshot!(format!("{clean}\n{}", source.target), @r#"
        {"token": "(not shown)", "echo": "it is (not shown)!", "sid": 0, "n": [0, 12345678], "ok": true}
        /api/x?page=2&key=(not shown)&again=(not shown)
        "#);
        serde_json::from_str::<serde_json::Value>(&clean).unwrap();
    }
}
