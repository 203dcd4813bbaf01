use std::io;

use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::http::response::Parts;
use hyper::{Response, StatusCode};

/// Names what an answer holds that no documentation tells.
const ASSUMED: HeaderName = HeaderName::from_static("x-tradebind-assumed");

/// What goes back to the caller; a body that fails ends the connection.
pub(super) type Answer = Response<UnsyncBoxBody<Bytes, io::Error>>;

/// An answer with a body.
pub(super) fn body(status: StatusCode, kind: &'static str, body: impl Into<Bytes>) -> Answer {
    let mut response = bare(status, body.into());
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

/// An answer with a body and without headers.
pub(super) fn bare(status: StatusCode, body: Bytes) -> Answer {
    let mut response = Response::new(Full::new(body).map_err(|never| match never {}).boxed_unsync());
    *response.status_mut() = status;
    response
}

/// An answer's head with another body.
pub(super) fn with_body(head: Parts, body: Bytes) -> Answer {
    let mut made = bare(head.status, body);
    *made.headers_mut() = head.headers;
    *made.extensions_mut() = head.extensions;
    made
}

/// What the replica says of an answer in its log, beside the status.
#[derive(Debug, Clone)]
pub(super) struct Note(pub(super) String);

/// Keeps for the log what the replica did, beside what is kept already.
pub(super) fn noted(mut response: Answer, note: impl Into<String>) -> Answer {
    let note = note.into();
    let note = match response.extensions().get::<Note>() {
        Some(before) => format!("{}; {note}", before.0),
        None => note,
    };
    response.extensions_mut().insert(Note(note));
    response
}

/// Tells that a part of the answer is made up, beside what is told already. What is told is plain ASCII; nothing where it
/// is empty.
pub(super) fn assumed(mut response: Answer, what: &str) -> Answer {
    let before = response.headers().get(ASSUMED).and_then(|before| before.to_str().ok());
    let whole = before.map(|before| format!("{before}, {what}"));
    if let Ok(whole) = HeaderValue::from_str(whole.as_deref().unwrap_or(what))
        && !what.is_empty()
    {
        response.headers_mut().insert(ASSUMED, whole);
    }
    response
}
