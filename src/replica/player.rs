//! Recorded exchanges, ready to be played.

use std::borrow::Cow;
use std::cell::OnceCell;

use hyper::body::Bytes;
use hyper::header::{CONTENT_LENGTH, HeaderMap, TRANSFER_ENCODING};
use hyper::{Method, StatusCode};
use serde_json::Value;

use super::answer::{self, Answer};
use crate::exchange::{Body, Exchange, RecordedRequest, RecordedResponse, ServiceName};
use crate::http::redact::HIDDEN;
use crate::http::{SentTarget, Target};

/// An exchange whose answer was made ready once, so that to play it copies no body.
pub(super) struct Recording {
    /// Service, operation and case.
    pub(super) name: String,
    pub(super) request: RecordedRequest,
    target: Target,
    /// The bodies of both, where they are JSON.
    asked: Option<Value>,
    json: Option<Value>,
    answer: Result<Ready, String>,
}

/// Method and target of a request.
pub(super) struct Line<'a> {
    method: &'a Method,
    target: &'a str,
    service: ServiceName,
    /// Read once, and only where the very text is not recorded.
    sent: OnceCell<Option<SentTarget>>,
}

impl<'a> Line<'a> {
    pub(super) fn new(method: &'a Method, target: &'a str, service: ServiceName) -> Self {
        Self { method, target, service, sent: OnceCell::new() }
    }

    fn sent(&self) -> Option<&SentTarget> {
        self.sent.get_or_init(|| SentTarget::read(self.target, self.service)).as_ref()
    }
}

/// A recorded answer as it is sent.
struct Ready {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Recording {
    pub(super) fn new(exchange: Exchange) -> Self {
        let name = exchange.name();
        let answer = match &exchange.response {
            Some(recorded) => Ready::read(recorded)
                .map_err(|problem| format!("the recorded answer of {name} cannot be played: {problem}")),
            None => Err(format!("{name} is recorded without an answer: none is documented")),
        };
        let asked = exchange.request.body.as_ref().and_then(|body| json(body).map(Cow::into_owned));
        let json = exchange.response.and_then(|recorded| json(&recorded.body?).map(Cow::into_owned));
        let target = Target::read(&exchange.request.target, exchange.service);
        Self { name, request: exchange.request, target, asked, json, answer }
    }

    /// Whether it was asked by this method, path and query, as a replay compares them.
    pub(super) fn is_asked_by(&self, line: &Line<'_>) -> bool {
        self.request.method == line.method.as_str()
            && (self.request.target == line.target || line.sent().is_some_and(|sent| self.target.fits(sent)))
    }

    /// The request's body, where it is JSON.
    pub(super) fn asked(&self) -> Option<&Value> {
        self.asked.as_ref()
    }

    /// The answer's body, where it is JSON.
    pub(super) fn json(&self) -> Option<&Value> {
        self.json.as_ref()
    }

    /// Plays the answer, or says why there is none.
    pub(super) fn play(&self) -> Result<Answer, String> {
        let ready = self.answer.as_ref().map_err(Clone::clone)?;
        let mut response = answer::bare(ready.status, ready.body.clone());
        *response.headers_mut() = ready.headers.clone();
        Ok(response)
    }
}

/// The JSON of a body. One whose bytes a reader of JSON would change is kept as a text, and is JSON all the same.
pub(super) fn json(body: &Body) -> Option<Cow<'_, Value>> {
    match body {
        Body::Json(value) => Some(Cow::Borrowed(value)),
        Body::Text(text) => serde_json::from_str(text).ok().map(Cow::Owned),
        Body::Base64(_) => None,
    }
}

impl Ready {
    fn read(recorded: &RecordedResponse) -> Result<Self, String> {
        let (mut headers, body) = recorded.parts()?;
        // How the recorded body came says nothing about how it goes.
        headers.remove(CONTENT_LENGTH);
        headers.remove(TRANSFER_ENCODING);
        let status = StatusCode::from_u16(recorded.status).map_err(|e| e.to_string())?;
        Ok(Self { status, headers, body })
    }
}

/// Recordings, whose target shows all first: the others stand for any value where something is not shown.
pub(super) fn recordings(exchanges: impl IntoIterator<Item = Exchange>) -> Vec<Recording> {
    let mut recordings: Vec<_> = exchanges.into_iter().map(Recording::new).collect();
    recordings.sort_by_key(|recording| recording.request.target.contains(HIDDEN));
    recordings
}

/// Says that nothing recorded fits, and what is recorded; a line each.
pub(super) fn unmatched(asked: &str, recordings: &[Recording]) -> Vec<String> {
    let recorded = recordings.iter().map(|recording| {
        let request = &recording.request;
        format!("recorded is {}: {} {}", recording.name, request.method, request.target)
    });
    std::iter::once(format!("the replica has no recorded exchange that fits {asked}"))
        .chain(recorded)
        .collect()
}
