use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use hyper::Request;
use hyper::header::{AUTHORIZATION, COOKIE, HeaderName};

/// How many requests are remembered; older ones are forgotten, so that memory stays flat.
const REMEMBERED: usize = 1000;

/// A request as it reached the server.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LoggedRequest {
    /// HTTP method.
    pub method: String,
    /// Path and query, as sent.
    pub target: String,
    /// Headers in the order sent, names in lower case; a key or cookie is told as `(secret)`.
    pub headers: Vec<(String, String)>,
}

/// The last requests of one side.
#[derive(Debug, Default)]
pub(super) struct Log(Mutex<VecDeque<LoggedRequest>>);

impl Log {
    pub(super) fn record<B>(&self, request: &Request<B>) {
        let header = |(name, value): (&HeaderName, &hyper::header::HeaderValue)| {
            let secret = [AUTHORIZATION, COOKIE].contains(name);
            let value = if secret { "(secret)".into() } else { String::from_utf8_lossy(value.as_bytes()) };
            (name.to_string(), value.into_owned())
        };
        let logged = LoggedRequest {
            method: request.method().to_string(),
            target: request.uri().path_and_query().map_or("/", |target| target.as_str()).to_owned(),
            headers: request.headers().iter().map(header).collect(),
        };
        let mut requests = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if requests.len() == REMEMBERED {
            requests.pop_front();
        }
        requests.push_back(logged);
    }

    pub(super) fn all(&self) -> Vec<LoggedRequest> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}
