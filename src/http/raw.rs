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
    // Where the base has a path of its own, `..` must not lead out of it.
    let root = Url::parse(base).map_err(|e| wrong(&format!("has no base to stand on: {e}")))?;
    let root = root.path().trim_end_matches('/');
    match url.path().strip_prefix(root) {
        Some(rest) if rest.starts_with('/') => Ok(url),
        _ => Err(wrong("leads out of the client's base URL")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Whatever stands in a path: it stays on the host, with its key, and under the base.
        #[test]
        fn no_path_leads_to_another_host(path in "[/\\\\@:?#%.a-z0-9 \t]{0,20}|/.*|//[a-z.]{1,9}(/.*)?") {
            for base in ["https://h.example", "http://127.0.0.1:8080", "https://h.example/below"] {
                if let Ok(url) = below(base, &path) {
                    let base = Url::parse(base).unwrap();
                    prop_assert_eq!(url.origin(), base.origin());
                    prop_assert_eq!(url.fragment(), None);
                    let root = base.path().trim_end_matches('/');
                    prop_assert!(url.path().strip_prefix(root).is_some_and(|rest| rest.starts_with('/')), "{}", url);
                }
            }
        }
    }
}
