//! The one place that says what may be shown: everything else may be secret.

use std::borrow::Cow;
use std::fmt;

use http::HeaderName;
use http::header;
use reqwest::Url;

use super::shown_parameters::SHOWN_PARAMETERS;

/// What stands in the place of what is not shown.
pub(crate) const HIDDEN: &str = "(not shown)";

/// Headers whose values are shown.
pub(crate) const SHOWN_HEADERS: [HeaderName; 10] = [
    header::ACCEPT,
    header::ACCEPT_ENCODING,
    header::CONTENT_ENCODING,
    header::CONTENT_LENGTH,
    header::CONTENT_TYPE,
    header::DATE,
    header::HOST,
    header::RETRY_AFTER,
    header::USER_AGENT,
    HeaderName::from_static("x-tradebind-assumed"),
];

/// A key: it never prints, and is taken out of texts that repeat it.
#[derive(Clone, Default)]
pub(crate) struct Secret(Option<std::sync::Arc<str>>);

impl Secret {
    #[cfg(any(feature = "tradewind", test))]
    pub(crate) fn new(key: &str) -> Self {
        Self((!key.is_empty()).then(|| key.into()))
    }

    /// The text without the key.
    pub(crate) fn scrub<'a>(&self, text: &'a str) -> Cow<'a, str> {
        match &self.0 {
            Some(key) if text.contains(&**key) => Cow::Owned(text.replace(&**key, HIDDEN)),
            _ => Cow::Borrowed(text),
        }
    }

    /// Takes the key out of every text and name of a JSON value; whether it was there.
    pub(crate) fn scrub_json(&self, value: &mut serde_json::Value) -> bool {
        use serde_json::Value;
        match value {
            Value::String(text) => match self.scrub(text) {
                Cow::Borrowed(_) => false,
                Cow::Owned(clean) => {
                    *text = clean;
                    true
                }
            },
            Value::Array(items) => items.iter_mut().fold(false, |found, item| self.scrub_json(item) | found),
            Value::Object(members) => {
                let mut found = false;
                for (name, mut value) in std::mem::take(members) {
                    let clean = self.scrub(&name).into_owned();
                    found |= self.scrub_json(&mut value) | (clean != name);
                    members.insert(clean, value);
                }
                found
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => false,
        }
    }

    /// The bytes without the key.
    pub(crate) fn scrub_bytes<'a>(&self, bytes: &'a [u8]) -> Cow<'a, [u8]> {
        let Some(key) = self.0.as_ref().map(|key| key.as_bytes()) else { return Cow::Borrowed(bytes) };
        let mut clean = Vec::new();
        let mut rest = bytes;
        while let Some(at) = rest.windows(key.len()).position(|window| window == key) {
            clean.extend_from_slice(rest.get(..at).unwrap_or_default());
            clean.extend_from_slice(HIDDEN.as_bytes());
            rest = rest.get(at + key.len()..).unwrap_or_default();
        }
        if clean.is_empty() {
            return Cow::Borrowed(bytes);
        }
        clean.extend_from_slice(rest);
        Cow::Owned(clean)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { HIDDEN } else { "none" })
    }
}

/// Whether a part of a path is the one-time part of an answer's address: 32 hexadecimal digits (observed).
pub(crate) fn is_token(part: &str) -> bool {
    part.len() == 32 && part.bytes().all(|b| b.is_ascii_hexdigit())
}

/// Path and query of an address, with only the known parameters' values, and without the one-time part of an
/// answer's path, `/api/<token>/get`.
pub(crate) fn target(url: &Url) -> String {
    let mut parts: Vec<_> = url.path().split('/').collect();
    for at in 1..parts.len().saturating_sub(1) {
        // Only there: an id of the same form elsewhere, such as TradeWind's of a task, tells one request from another.
        if let Some(["api", part, "get"]) = parts.get(at - 1..=at + 1)
            && is_token(part)
        {
            parts[at] = HIDDEN;
        }
    }
    let path = parts.join("/");
    let Some(query) = url.query() else { return path };
    let shown = |name: &str| SHOWN_PARAMETERS.contains(&name.to_ascii_lowercase().as_str());
    let pairs = query.split('&').map(|pair| match pair.split_once('=') {
        Some((name, _)) if !shown(name) => format!("{name}={HIDDEN}"),
        // Nothing between two marks hides nothing.
        None if pair.is_empty() => String::new(),
        None if !shown(pair) => HIDDEN.to_owned(),
        _ => pair.to_owned(),
    });
    format!("{path}?{}", pairs.collect::<Vec<_>>().join("&"))
}

/// Scheme, host and port of an address: no user, no password.
pub(crate) fn host(url: &Url) -> String {
    let port = url.port().map_or(String::new(), |port| format!(":{port}"));
    format!("{}://{}{port}", url.scheme(), url.host_str().unwrap_or_default())
}

/// An address as far as it may be shown: host, and path and query as [`target`].
pub(crate) fn url(url: &Url) -> String {
    host(url) + &target(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_show_what_is_known_to_be_harmless() {
        let shown = |text: &str| url(&Url::parse(text).unwrap());
        insta::assert_snapshot!([
            shown("https://tradeidds.censtatd.gov.hk/api/get?lang=EN&CC=CN,US&sid=secret"),
            shown("https://user:pass@h.example:8443/api/0123456789abcdef0123456789ABCDEF/get?a=b#x"),
            shown("http://h/p?flag&key=1"),
            shown("http://h/base/api/0123456789abcdef0123456789abcdef/get"),
            shown("http://h/api/email/verify/result/0123456789abcdef0123456789abcdef"),
        ].join("\n"), @"
        https://tradeidds.censtatd.gov.hk/api/get?lang=EN&CC=CN,US&sid=(not shown)
        https://h.example:8443/api/(not shown)/get?a=(not shown)
        http://h/p?(not shown)&key=(not shown)
        http://h/base/api/(not shown)/get
        http://h/api/email/verify/result/0123456789abcdef0123456789abcdef
        ");
    }

    #[test]
    fn a_key_is_taken_out_wherever_it_stands() {
        let secret = Secret::new("tw_live_1");
        assert_eq!(secret.scrub("no tw_live_1, twice tw_live_1"), "no (not shown), twice (not shown)");
        assert_eq!(secret.scrub("harmless"), "harmless");
        assert_eq!(format!("{secret:?} {:?}", Secret::new("")), "(not shown) none");
        assert_eq!(Secret::new("").scrub("x"), "x");
        assert_eq!(*secret.scrub_bytes(b"\xfftw_live_1\xfetw_live_1"), *b"\xff(not shown)\xfe(not shown)");
        assert_eq!(*secret.scrub_bytes(b"tw_live_"), *b"tw_live_");
    }
}
