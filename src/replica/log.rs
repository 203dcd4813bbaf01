use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use hyper::Request;
use hyper::body::Bytes;
use hyper::header::{HeaderName, HeaderValue};

use super::answer::{Answer, Note};
use crate::http::redact::{HIDDEN, SHOWN_HEADERS};

/// How many requests are remembered; older ones are forgotten, so that memory stays flat.
const REMEMBERED: usize = 1000;
/// How many bytes of a body, an address, a header or a note are remembered.
const BYTES_REMEMBERED: usize = 4096;

/// A request as it reached the server.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LoggedRequest {
    /// When its head had arrived.
    pub at: Instant,
    /// HTTP method.
    pub method: String,
    /// Path and query, as sent; the first 4,096 bytes of longer ones.
    pub target: String,
    /// Headers in the order sent, names in lower case; values that may be secret, as a key or cookie is, are told
    /// as `(not shown)`.
    pub headers: Vec<(String, String)>,
    /// The body, or the first 4,096 bytes of a longer one; empty while it has not come.
    pub body: Vec<u8>,
    /// How many bytes the body has.
    pub body_length: usize,
    /// HTTP status of the answer; `None` while there is none, and where the connection was closed instead.
    pub status: Option<u16>,
    /// What the replica did, in a few words, where the status does not tell.
    pub note: Option<String>,
}

/// What reached one side.
#[derive(Debug, Default)]
pub(super) struct Log {
    requests: Mutex<Requests>,
    connections: AtomicUsize,
}

#[derive(Debug, Default)]
struct Requests {
    /// How many were forgotten.
    gone: usize,
    kept: VecDeque<LoggedRequest>,
}

/// The first bytes of a text, up to the end of a character.
fn cut(text: &str) -> &str {
    let ends = (0..=BYTES_REMEMBERED.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    text.get(..ends.unwrap_or_default()).unwrap_or_default()
}

/// Where a request stands in the log.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry(usize);

impl Log {
    pub(super) fn record<B>(&self, request: &Request<B>) -> Entry {
        let header = |(name, value): (&HeaderName, &HeaderValue)| {
            let shown = SHOWN_HEADERS
                .contains(name)
                .then(|| cut(&String::from_utf8_lossy(value.as_bytes())).to_owned());
            (name.to_string(), shown.unwrap_or_else(|| HIDDEN.to_owned()))
        };
        let logged = LoggedRequest {
            at: Instant::now(),
            method: request.method().to_string(),
            target: cut(request.uri().path_and_query().map_or("/", |target| target.as_str())).to_owned(),
            headers: request.headers().iter().map(header).collect(),
            body: Vec::new(),
            body_length: 0,
            status: None,
            note: None,
        };
        self.with(|requests| {
            if requests.kept.len() == REMEMBERED {
                requests.kept.pop_front();
                requests.gone += 1;
            }
            requests.kept.push_back(logged);
            Entry(requests.gone + requests.kept.len() - 1)
        })
    }

    /// Adds what became of a request, unless it is forgotten already.
    pub(super) fn answered(&self, entry: Entry, answer: &Answer) {
        let note = answer.extensions().get::<Note>().map(|note| cut(&note.0).to_owned());
        self.change(entry, |logged| {
            logged.status = Some(answer.status().as_u16());
            logged.note = note;
        });
    }

    /// Adds why a request got no answer.
    pub(super) fn closed(&self, entry: Entry, why: &str) {
        self.change(entry, |logged| logged.note = Some(why.to_owned()));
    }

    /// Adds the body of a request.
    pub(super) fn body(&self, entry: Entry, body: &Bytes) {
        if !body.is_empty() {
            self.change(entry, |logged| {
                logged.body = body.iter().copied().take(BYTES_REMEMBERED).collect();
                logged.body_length = body.len();
            });
        }
    }

    fn change(&self, entry: Entry, change: impl FnOnce(&mut LoggedRequest)) {
        self.with(|requests| {
            let at = entry.0.checked_sub(requests.gone);
            if let Some(logged) = at.and_then(|at| requests.kept.get_mut(at)) {
                change(logged);
            }
        });
    }

    pub(super) fn all(&self) -> Vec<LoggedRequest> {
        self.with(|requests| requests.kept.iter().cloned().collect())
    }

    fn with<T>(&self, act: impl FnOnce(&mut Requests) -> T) -> T {
        act(&mut self.requests.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn connected(&self) {
        self.connections.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }
}
