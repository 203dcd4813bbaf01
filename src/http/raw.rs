//! Requests for paths that no document knows.

use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderValue};
use reqwest::{Method, Request, Url};
use serde_json::Value;

use crate::error::{Error, ErrorKind, plain};

/// A request for a path below a base URL.
pub(crate) fn raw(base: &str, method: &str, path: &str, body: Option<Value>) -> Result<Request, Error> {
    let url = below(base, path)?;
    let Ok(method) = Method::from_bytes(method.to_ascii_uppercase().as_bytes()) else {
        return Err(Error::new(
            ErrorKind::InvalidRequest,
            format!("the method {} is none of HTTP", plain(method)),
        ));
    };
    let mut request = Request::new(method, url);
    request.headers_mut().insert(ACCEPT, HeaderValue::from_static("application/json"));
    if let Some(body) = body {
        request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        *request.body_mut() = Some(body.to_string().into());
    }
    Ok(request)
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
