//! The Hong Kong side.

mod settings;
mod status;

pub(super) use settings::Settings;
pub(super) use status::Status;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};

use hyper::header::{COOKIE, HeaderMap, HeaderValue, LOCATION, SET_COOKIE};
use hyper::{Method, Request, StatusCode, Uri};
use serde_json::json;

use super::answer::{self, Answer};
use super::builder::Common;
use super::disturb::Places;
use super::player::{self, Recording};
use super::script::Door;
use super::side::{Received, Service};
use crate::exchange::Exchange;
use crate::hk::Query;
use crate::http::redact::is_token;

/// Name of the session cookie; the service's own is unknown.
const COOKIE_NAME: &str = "tradebind-replica-session";

/// The Hong Kong side: a redirect with a cookie, then the recorded answer.
pub(super) struct Hk {
    recordings: Vec<Recording>,
    /// What each exchange asks, read once; `None` for one that is no query.
    queries: Vec<Option<Query>>,
    /// Where a query stands, by its very text.
    spelled: HashMap<String, usize>,
    sessions: AtomicU64,
}

impl Hk {
    pub(super) fn new(exchanges: Vec<Exchange>, _settings: Settings, _common: &Common) -> Self {
        let recordings: Vec<_> = exchanges.into_iter().map(Recording::new).collect();
        let queries: Vec<Option<Query>> =
            recordings.iter().map(|recording| recording.request.target.parse().ok()).collect();
        let mut spelled = HashMap::new();
        for (at, recording) in recordings.iter().enumerate() {
            if let (Some(Some(_)), Some((_, text))) =
                (queries.get(at), recording.request.target.split_once('?'))
            {
                spelled.entry(text.to_owned()).or_insert(at);
            }
        }
        Self { recordings, queries, spelled, sessions: AtomicU64::new(1) }
    }

    /// The exchange that asks the same, in any case and order (guide, section A).
    fn recorded(&self, target: &str) -> Option<&Recording> {
        let spelled = target.split_once('?').and_then(|(_, text)| self.spelled.get(text)).copied();
        let at = spelled.or_else(|| {
            let asked = target.parse().ok()?;
            self.queries.iter().position(|query| query.as_ref() == Some(&asked))
        })?;
        self.recordings.get(at)
    }

    /// 302 to a one-time address on the same host (observed).
    fn redirect(&self, query: &str) -> (u64, Answer) {
        let session = self.sessions.fetch_add(1, Ordering::Relaxed);
        let mut response = answer::body(StatusCode::FOUND, "text/html", "");
        let location = HeaderValue::from_str(&format!("/api/{:032x}/get?{query}", u128::from(session))).ok();
        response.headers_mut().extend(location.map(|value| (LOCATION, value)));
        (session, response)
    }

    /// The redirect with its cookie (observed).
    fn redirect_with_cookie(&self, query: &str) -> Answer {
        let (session, mut response) = self.redirect(query);
        let cookie = HeaderValue::from_str(&format!("{COOKIE_NAME}={session}; Path=/; HttpOnly")).ok();
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

impl Service for Hk {
    const FRONT: Door = Door::HkFront;
    const PLACES: Places = Places { rows: "/dataSet", count: "/header/count/noOfRecords" };

    fn door(&self, path: &str) -> Option<Door> {
        match path.split('/').collect::<Vec<_>>()[..] {
            ["", "api", "get"] => Some(Door::HkFront),
            ["", "api", token, "get"] if is_token(token) => Some(Door::HkAnswer),
            _ => None,
        }
    }

    async fn play(&self, request: Request<Received>) -> Answer {
        let target = request.uri().path_and_query().map_or("/", |target| target.as_str());
        let asked = format!("{} {target}", request.method());
        if request.method() != Method::GET {
            return not_found(&asked);
        }
        match self.door(request.uri().path()) {
            Some(Door::HkFront) => self.redirect_with_cookie(request.uri().query().unwrap_or_default()),
            Some(Door::HkAnswer) => {
                if !self.knows(request.headers()) {
                    return access_denied();
                }
                match self.recorded(target).map(Recording::play) {
                    Some(Ok(answer)) => answer,
                    Some(Err(problem)) => failed(&[problem]),
                    None => failed(&player::unmatched(&asked, &self.recordings)),
                }
            }
            _ => not_found(&asked),
        }
    }

    fn redirect_without_cookie(&self, uri: &Uri) -> Option<Answer> {
        let front = self.door(uri.path()).filter(|door| *door == Door::HkFront);
        let redirect = |_| self.redirect(uri.query().unwrap_or_default()).1;
        front.map(redirect).map(|redirect| answer::assumed(redirect, "form of the token"))
    }
}

/// What is no address of the service.
fn not_found(asked: &str) -> Answer {
    let text = format!("the replica of hk-trade has no {asked}; it has GET /api/get\n");
    answer::body(StatusCode::NOT_FOUND, "text/plain; charset=utf-8", text)
}

/// Code 4 inside HTTP 200 (observed); the description is the guide's, no message is known.
fn access_denied() -> Answer {
    failure(&Status::of(4))
}

/// Code 1 inside HTTP 200 with messages, as the service refuses a query (observed); the messages are ours.
fn failed(messages: &[String]) -> Answer {
    answer::assumed(failure(&Status { message: json!(messages), ..Status::of(1) }), "messages")
}

fn failure(status: &Status) -> Answer {
    answer::body(StatusCode::OK, "application/json", status.body().to_string())
}
