use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use hyper::Request;
use hyper::header::{HeaderName, HeaderValue};

use crate::http::redact::{HIDDEN, SHOWN_HEADERS};

/// How many requests are remembered; older ones are forgotten, so that memory stays flat.
const REMEMBERED: usize = 1000;

/// A request as it reached the server.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LoggedRequest {
    /// When its head had arrived.
    pub at: Instant,
    /// HTTP method.
    pub method: String,
    /// Path and query, as sent.
    pub target: String,
    /// Headers in the order sent, names in lower case; values that may be secret, as a key or cookie is, are told
    /// as `(not shown)`.
    pub headers: Vec<(String, String)>,
}

/// What reached one side.
#[derive(Debug, Default)]
pub(super) struct Log {
    requests: Mutex<VecDeque<LoggedRequest>>,
    connections: AtomicUsize,
}

impl Log {
    pub(super) fn record<B>(&self, request: &Request<B>) {
        let header = |(name, value): (&HeaderName, &HeaderValue)| {
            let shown =
                SHOWN_HEADERS.contains(name).then(|| String::from_utf8_lossy(value.as_bytes()).into_owned());
            (name.to_string(), shown.unwrap_or_else(|| HIDDEN.to_owned()))
        };
        let logged = LoggedRequest {
            at: Instant::now(),
            method: request.method().to_string(),
            target: request.uri().path_and_query().map_or("/", |target| target.as_str()).to_owned(),
            headers: request.headers().iter().map(header).collect(),
        };
        let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        if requests.len() == REMEMBERED {
            requests.pop_front();
        }
        requests.push_back(logged);
    }

    pub(super) fn all(&self) -> Vec<LoggedRequest> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    pub(super) fn connected(&self) {
        self.connections.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }
}
