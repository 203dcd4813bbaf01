use std::borrow::Cow;
use std::fmt;
use std::path::Path;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::{Body, Exchange};
use crate::place::pointer;

/// `spec/examples`, as name below `spec/` and text.
mod embedded {
    include!(concat!(env!("OUT_DIR"), "/examples.rs"));

    pub(super) fn all() -> &'static [(&'static str, &'static str)] {
        EXAMPLES
    }
}

/// The documented examples of both services, each with its file's name below `spec/`.
///
/// # Errors
/// A file of the crate itself that is no exchange; a test holds that there is none.
pub fn documented() -> Result<Vec<(&'static str, Exchange)>, InvalidExchange> {
    let read = |(name, text): &(&'static str, &'static str)| Ok((*name, Exchange::read(text, name)?));
    embedded::all().iter().map(read).collect()
}

impl Exchange {
    /// Reads an exchange; `name` stands in the message when it is none.
    ///
    /// # Errors
    /// Text that is not JSON or not an exchange, with its place in the text and in the JSON.
    pub fn read(text: &str, name: &str) -> Result<Self, InvalidExchange> {
        let mut json = serde_json::Deserializer::from_str(text);
        serde_path_to_error::deserialize(&mut json).map_err(|e| {
            let problem = format!("at #{}: {}", pointer(e.path()), e.inner());
            InvalidExchange { name: name.to_owned(), problem }
        })
    }

    /// Reads the exchange in a file.
    ///
    /// # Errors
    /// A file that cannot be read, or as [`Exchange::read`].
    pub fn open(path: &Path) -> Result<Self, InvalidExchange> {
        let name = path.display().to_string();
        match std::fs::read_to_string(path) {
            Ok(text) => Self::read(&text, &name),
            Err(e) => Err(InvalidExchange { name, problem: format!("cannot be read: {e}") }),
        }
    }

    /// Writes the exchange as indented JSON with a newline at the end; members come in alphabetical order.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn save(&self, path: &Path) -> std::io::Result<()> {
        std::fs::write(path, format!("{self}\n"))
    }
}

/// What plays exchanges: the replay and the local server.
#[cfg(any(feature = "hk-trade", feature = "tradewind"))]
impl Exchange {
    /// Service, operation and case.
    pub(crate) fn name(&self) -> String {
        format!("{} {}.{}", self.service, self.operation, self.case)
    }
}

#[cfg(any(feature = "hk-trade", feature = "tradewind"))]
impl super::RecordedResponse {
    /// Headers and body as they are sent, or what is wrong with them.
    pub(crate) fn parts(&self) -> Result<(http::HeaderMap, bytes::Bytes), String> {
        let body = match &self.body {
            Some(body) => body.bytes().map_err(|e| e.to_string())?.into_owned(),
            None => Vec::new(),
        };
        let mut headers = http::HeaderMap::new();
        for header in &self.headers {
            let name: http::HeaderName =
                header.name.parse().map_err(|_| format!("header name {:?}", header.name))?;
            let value = header.value.parse().map_err(|_| format!("value of header {name}"))?;
            headers.append(name, value);
        }
        Ok((headers, body.into()))
    }
}

impl FromStr for Exchange {
    type Err = InvalidExchange;

    fn from_str(text: &str) -> Result<Self, InvalidExchange> {
        Self::read(text, "exchange")
    }
}

/// Indented JSON.
impl fmt::Display for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string_pretty(self).map_err(|_| fmt::Error)?)
    }
}

impl Body {
    /// The body's bytes; JSON without white space.
    ///
    /// # Errors
    /// Base64 that is none.
    pub fn bytes(&self) -> Result<Cow<'_, [u8]>, InvalidExchange> {
        let wrong = |problem: String| InvalidExchange { name: "body".to_owned(), problem };
        match self {
            Self::Json(value) => Ok(Cow::Owned(value.to_string().into_bytes())),
            Self::Text(text) => Ok(Cow::Borrowed(text.as_bytes())),
            Self::Base64(text) => {
                STANDARD.decode(text).map(Cow::Owned).map_err(|e| wrong(format!("is not base64: {e}")))
            }
        }
    }

    /// A body for these bytes: JSON where they are JSON that comes back unchanged in value, text where they
    /// are UTF-8, base64 otherwise.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        match std::str::from_utf8(bytes) {
            Err(_) => Self::Base64(STANDARD.encode(bytes)),
            Ok(text) => match serde_json::from_str::<Value>(text) {
                // Numbers beyond what JSON readers keep, doubled keys and the like only survive as text.
                Ok(value) if same_tokens(text, &value.to_string()) => Self::Json(value),
                _ => Self::Text(text.to_owned()),
            },
        }
    }

    /// The JSON, if the body is JSON.
    #[must_use]
    pub fn json(&self) -> Option<&Value> {
        match self {
            Self::Json(value) => Some(value),
            Self::Text(_) | Self::Base64(_) => None,
        }
    }
}

/// Whether two JSON texts have the same bytes, white space aside. Stricter than it need be: escapes or key
/// order that differ make it false, and the body is then kept as text.
fn same_tokens(a: &str, b: &str) -> bool {
    fn bare(text: &str) -> impl Iterator<Item = char> {
        text.chars().filter(|c| !c.is_ascii_whitespace())
    }
    bare(a).eq(bare(b))
}

/// A file or text that is no recorded exchange.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidExchange {
    name: String,
    problem: String,
}

impl InvalidExchange {
    /// What is wrong, without the name of the file.
    #[must_use]
    pub fn problem(&self) -> &str {
        &self.problem
    }
}

impl fmt::Display for InvalidExchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.problem)
    }
}

impl std::error::Error for InvalidExchange {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_examples_are_exchanges_named_after_what_they_hold() {
        let all = documented().unwrap();
        assert!(all.len() >= 5, "{}", all.len());
        for (name, exchange) in all {
            let named =
                format!("examples/{}/{}.{}.json", exchange.service, exchange.operation, exchange.case);
            assert_eq!(name, named);
        }
    }

    #[test]
    fn bodies_keep_their_bytes() {
        for bytes in [
            &b"{\"a\":1.5}"[..],
            b"{\"a\":123456789012345678901234567890}",
            b"{\"a\":1,\"a\":2}",
            b"<html>",
            b"\xff\xfe",
            b"",
        ] {
            assert_eq!(Body::of(bytes).bytes().unwrap(), bytes);
        }
        assert!(Body::of(b"{ \"a\": [1, null] }").json().is_some());
    }

    #[test]
    fn messages_tell_the_place() {
        let wrong = |text: &str| Exchange::read(text, "x.json").unwrap_err().to_string();
        insta::assert_snapshot!([
            wrong("{"),
            wrong(r#"{"format": "tradebind-exchange/2"}"#),
            wrong(r#"{"format": "tradebind-exchange/1", "service": "hk"}"#),
            wrong(r#"{"format": "tradebind-exchange/1", "request": {"method": "GET", "path": "/"}}"#),
        ].join("\n"), @"
        x.json: at #/?: EOF while parsing an object at line 1 column 1
        x.json: at #/format: unknown variant `tradebind-exchange/2`, expected `tradebind-exchange/1` at line 1 column 33
        x.json: at #/service: unknown variant `hk`, expected `hk-trade` or `tradewind` at line 1 column 50
        x.json: at #/request/path: unknown field `path`, expected one of `body`, `headers`, `method`, `target` at line 1 column 70
        ");
        let error = Body::Base64("%".into()).bytes().unwrap_err().to_string();
        assert!(error.starts_with("body: is not base64"), "{error}");
    }
}
