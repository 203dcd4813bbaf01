//! Requests for paths that no document knows.

use bytes::Bytes;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderValue};
use reqwest::{Method, Request, Url};
use serde_json::Value;

use crate::error::{Error, ErrorKind, plain};

const JSON: &str = "application/json";

/// The body of a raw call. What is given as text or bytes goes out as it is, byte for byte, as JSON unless
/// [`RawBody::of_type`] says otherwise; a [`Value`] goes out as its text.
///
/// ```
/// use tradebind::http::RawBody;
/// let json: RawBody = r#"{"limit": 0.10}"#.into();
/// let form = RawBody::from("a=1&b=2").of_type("application/x-www-form-urlencoded");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct RawBody {
    bytes: Bytes,
    content_type: String,
}

impl RawBody {
    /// The same as another `Content-Type` than `application/json`.
    #[must_use]
    pub fn of_type(self, content_type: &str) -> Self {
        Self { content_type: content_type.to_owned(), ..self }
    }
}

/// The size of the body alone: it may be secret.
impl std::fmt::Debug for RawBody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RawBody").field("bytes", &self.bytes.len()).finish_non_exhaustive()
    }
}

impl From<Bytes> for RawBody {
    fn from(bytes: Bytes) -> Self {
        Self { bytes, content_type: JSON.to_owned() }
    }
}

impl From<Vec<u8>> for RawBody {
    fn from(bytes: Vec<u8>) -> Self {
        Bytes::from(bytes).into()
    }
}

impl From<String> for RawBody {
    fn from(text: String) -> Self {
        Bytes::from(text).into()
    }
}

impl From<&str> for RawBody {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl From<Value> for RawBody {
    fn from(value: Value) -> Self {
        value.to_string().into()
    }
}

/// A request for a path below a base URL.
pub(crate) fn raw(base: &str, method: &str, path: &str, body: Option<RawBody>) -> Result<Request, Error> {
    let wrong = |detail| Err(Error::new(ErrorKind::InvalidRequest, detail));
    let url = below(base, path)?;
    let Ok(method) = Method::from_bytes(method.to_ascii_uppercase().as_bytes()) else {
        return wrong(format!("the method {} is none of HTTP", plain(method)));
    };
    let mut request = to(method, url);
    if let Some(body) = body {
        let Ok(content_type) = HeaderValue::from_str(&body.content_type) else {
            return wrong(format!("the content type {} cannot stand in a header", plain(&body.content_type)));
        };
        request.headers_mut().insert(CONTENT_TYPE, content_type);
        *request.body_mut() = Some(body.bytes.into());
    }
    Ok(request)
}

/// A request to an address.
pub(crate) fn to(method: Method, url: Url) -> Request {
    let mut request = Request::new(method, url);
    request.headers_mut().insert(ACCEPT, HeaderValue::from_static(JSON));
    request
}

/// The address of a path below a base URL.
fn below(base: &str, path: &str) -> Result<Url, Error> {
    let wrong = |problem: &str| Error::new(ErrorKind::InvalidRequest, format!("the path {problem}"));
    if !path.starts_with('/') {
        return Err(wrong("must begin with /, such as /api/get; the host is the client's"));
    }
    // Behind the base's host and a slash, nothing can lead to another host.
    let mut url = Url::parse(&format!("{base}{path}")).map_err(|e| wrong(&format!("cannot be read: {e}")))?;
    url.set_fragment(None);
    // Only dots lead up: plain, encoded, or with white space between them that the parser takes out.
    let has_dots = path.contains("..")
        || path.contains("%2e")
        || path.contains("%2E")
        || path.bytes().any(|byte| byte.is_ascii_control());
    if has_dots && !is_below(&url, base) {
        return Err(wrong("leads out of the client's base URL"));
    }
    Ok(url)
}

/// Whether an address lies under a base, which may have a path of its own.
fn is_below(url: &Url, base: &str) -> bool {
    let Ok(base) = Url::parse(base) else { return false };
    url.path().strip_prefix(base.path().trim_end_matches('/')).is_some_and(|rest| rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Whatever stands in a path: it stays on the host, with its key, and under the base.
        #[test]
        fn no_path_leads_to_another_host(path in "[/\\\\@:?#%.a-z0-9 \t]{0,20}|/.*|//[a-z.]{1,9}(/.*)?|(/|/[.]|[.]|%2e|%2E|\\\\|\t|a){0,9}") {
            for base in ["https://h.example", "http://127.0.0.1:8080", "https://h.example/below"] {
                if let Ok(url) = below(base, &path) {
                    let base = Url::parse(base).unwrap();
                    prop_assert_eq!(url.origin(), base.origin());
                    prop_assert_eq!(url.fragment(), None);
                    prop_assert!(is_below(&url, base.as_str()), "{}", url);
                }
            }
        }
    }
}
