use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::{Response, StatusCode};

/// Names what an answer holds that no documentation tells.
const ASSUMED: HeaderName = HeaderName::from_static("x-tradebind-assumed");

/// An answer with a body.
pub(super) fn body(status: StatusCode, kind: &'static str, body: impl Into<Bytes>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

/// Tells that a part of the answer is made up.
pub(super) fn assumed(mut response: Response<Full<Bytes>>, what: &'static str) -> Response<Full<Bytes>> {
    response.headers_mut().insert(ASSUMED, HeaderValue::from_static(what));
    response
}
