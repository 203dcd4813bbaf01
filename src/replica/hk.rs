use std::sync::atomic::{AtomicU64, Ordering};

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{COOKIE, HeaderMap, HeaderValue, LOCATION, SET_COOKIE};
use hyper::{Method, Request, Response, StatusCode};
use serde_json::{Value, json};

use super::{answer, player};
use crate::exchange::Exchange;
use crate::hk::{Query, is_token};

/// Name of the session cookie; the service's own is unknown.
const COOKIE_NAME: &str = "tradebind-replica-session";

/// The Hong Kong side: a redirect with a cookie, then the recorded answer.
pub(super) struct Hk {
    exchanges: Vec<Exchange>,
    /// What each exchange asks, read once; `None` for one that is no query.
    queries: Vec<Option<Query>>,
    sessions: AtomicU64,
}

impl Hk {
    pub(super) fn new(exchanges: Vec<Exchange>) -> Self {
        let queries = exchanges.iter().map(|exchange| exchange.request.target.parse().ok()).collect();
        Self { exchanges, queries, sessions: AtomicU64::new(1) }
    }

    pub(super) fn answer(&self, request: &Request<Incoming>) -> Response<Full<Bytes>> {
        let target = request.uri().path_and_query().map_or("/", |target| target.as_str());
        let asked = format!("{} {target}", request.method());
        if request.method() != Method::GET {
            return not_found(&asked);
        }
        match request.uri().path().split('/').collect::<Vec<_>>()[..] {
            ["", "api", "get"] => self.redirect(request.uri().query().unwrap_or_default()),
            ["", "api", token, "get"] if is_token(token) => {
                if !self.knows(request.headers()) {
                    return access_denied();
                }
                match self.recorded(target).map(player::play) {
                    Some(Ok(answer)) => answer,
                    Some(Err(problem)) => failed(&[problem]),
                    None => failed(&player::unmatched(&asked, &self.exchanges)),
                }
            }
            _ => not_found(&asked),
        }
    }

    /// The exchange that asks the same, in any case and order (guide, section A).
    fn recorded(&self, target: &str) -> Option<&Exchange> {
        let asked = target.parse().ok()?;
        let at = self.queries.iter().position(|query| query.as_ref() == Some(&asked))?;
        self.exchanges.get(at)
    }

    /// 302 to a one-time address on the same host, with a cookie (observed).
    fn redirect(&self, query: &str) -> Response<Full<Bytes>> {
        let session = self.sessions.fetch_add(1, Ordering::Relaxed);
        let mut response = answer::body(StatusCode::FOUND, "text/html", "");
        let header = |text: String| HeaderValue::from_str(&text).ok();
        let location = header(format!("/api/{:032x}/get?{query}", u128::from(session)));
        let cookie = header(format!("{COOKIE_NAME}={session}; Path=/; HttpOnly"));
        response.headers_mut().extend(location.map(|value| (LOCATION, value)));
        response.headers_mut().extend(cookie.map(|value| (SET_COOKIE, value)));
        answer::assumed(response, "name of the cookie, form of the token")
    }

    fn knows(&self, headers: &HeaderMap) -> bool {
        let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut pairs =
            cookies.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
        pairs.any(|(name, value)| {
            let issued = 1..self.sessions.load(Ordering::Relaxed);
            name == COOKIE_NAME && value.parse().is_ok_and(|session: u64| issued.contains(&session))
        })
    }
}

/// What is no address of the service.
fn not_found(asked: &str) -> Response<Full<Bytes>> {
    let text = format!("the replica of hk-trade has no {asked}; it has GET /api/get\n");
    answer::body(StatusCode::NOT_FOUND, "text/plain; charset=utf-8", text)
}

/// Code 4 inside HTTP 200 (observed); the description is the guide's, no message is known.
fn access_denied() -> Response<Full<Bytes>> {
    failure(json!({ "name": "Access denied", "code": 4, "description": "Access denied" }))
}

/// Code 1 inside HTTP 200 with messages, as the service refuses a query (observed); the messages are ours.
fn failed(messages: &[String]) -> Response<Full<Bytes>> {
    let status = json!({ "name": "Fail", "code": 1, "description": "Validation error", "message": messages });
    answer::assumed(failure(status), "messages")
}

fn failure(mut status: Value) -> Response<Full<Bytes>> {
    status["apiHelp"] = "https://tradeidds.censtatd.gov.hk/PageID/ApiSpec".into();
    answer::body(StatusCode::OK, "application/json", json!({ "header": { "status": status } }).to_string())
}
