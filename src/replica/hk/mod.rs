//! The Hong Kong side.

mod cube;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod identities;
mod office;
mod plan;
mod remembered;
mod settings;
mod status;
mod table;
mod usage;
mod words;
mod world;

pub(super) use settings::Settings;
pub(super) use status::Status;
pub(super) use world::{codes_of as members, declared};

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use hyper::header::{ALLOW, COOKIE, HeaderMap, HeaderValue, LOCATION, SET_COOKIE};
use hyper::{Method, Request, StatusCode, Uri};
use serde_json::{Value, json};

use super::answer::{self, Answer};
use super::builder::Common;
use super::contract::{Asked, Contract};
use super::disturb::Places;
use super::player::{self, Line, Recording};
use super::script::Door;
use super::side::{Received, Service};
use crate::exchange::{Exchange, ServiceName};
use crate::hk::Query;
use crate::http::Clock;
use crate::http::redact::is_token;
use office::Office;
use usage::Usage;

/// The most messages of a refusal: as many as a query may hold codes (guide).
const MOST_MESSAGES: usize = 20;
/// Name of the session cookie; the service's own is unknown.
const COOKIE_NAME: &str = "tradebind-replica-session";

/// The Hong Kong side: a redirect with a cookie, then the recorded answer, or one made up.
pub(super) struct Hk {
    recordings: Vec<Recording>,
    /// What each exchange asks, read once; `None` for one that is no query.
    queries: Vec<Option<Query>>,
    /// Where a query stands, by its very text.
    spelled: HashMap<String, usize>,
    sessions: AtomicU64,
    usage: Option<Usage>,
    clock: Arc<dyn Clock>,
    contract: Contract,
    /// `None` where recorded exchanges are all that is known.
    office: Option<Office>,
}

impl Hk {
    /// # Errors
    /// A setting that cannot hold.
    pub(super) fn new(
        exchanges: Vec<Exchange>,
        settings: Settings,
        common: &Common,
        contract: Contract,
    ) -> Result<Self, String> {
        settings.check()?;
        let recorded: Vec<_> = exchanges
            .iter()
            .filter_map(|exchange| {
                let body = player::json(exchange.response.as_ref()?.body.as_ref()?)?;
                Some(plan::anchors(&exchange.request.target.parse().ok()?, &body))
            })
            .flatten()
            .collect();
        let recordings: Vec<_> = player::recordings(exchanges);
        let queries: Vec<Option<Query>> =
            recordings.iter().map(|recording| recording.request.target.parse().ok()).collect();
        let mut spelled = HashMap::new();
        for (at, recording) in recordings.iter().enumerate() {
            if let (Some(Some(query)), Some((_, text))) =
                (queries.get(at), recording.request.target.split_once('?'))
                && (!common.behaving || refusals(&contract, query, &HeaderMap::new()).is_empty())
            {
                spelled.entry(text.to_owned()).or_insert(at);
            }
        }
        Ok(Self {
            recordings,
            queries,
            spelled,
            sessions: AtomicU64::new(1),
            usage: settings.usage.map(|(most, window)| Usage::new(most, window)),
            clock: Arc::clone(&common.clock),
            contract,
            office: common.behaving.then(|| Office::new(settings, common, &recorded)),
        })
    }

    /// The exchange that asks the same in the same words.
    fn spelled(&self, target: &str) -> Option<&Recording> {
        let (_, text) = target.split_once('?')?;
        self.playable(*self.spelled.get(text)?)
    }

    /// The exchange that asks the same, in any case and order (guide, section A).
    fn recorded(&self, asked: &Query) -> Option<&Recording> {
        self.playable(self.queries.iter().position(|query| query.as_ref() == Some(asked))?)
    }

    /// The exchange that asks the same, though it is no query: with another parameter beside those known, say.
    fn no_query(&self, text: &str) -> Option<&Recording> {
        let target = format!("/api/get?{text}");
        let line = Line::new(&Method::GET, &target, ServiceName::HkTrade);
        let recordings = self.recordings.iter().zip(&self.queries);
        recordings.filter(|(_, query)| query.is_none()).map(|(one, _)| one).find(|one| one.is_asked_by(&line))
    }

    /// The exchange at a place, unless its months are not published.
    fn playable(&self, at: usize) -> Option<&Recording> {
        let query = self.queries.get(at)?.as_ref()?;
        self.recordings.get(at).filter(|_| self.office.as_ref().is_none_or(|office| office.plays(query)))
    }

    /// 302 to a one-time address on the same host (observed).
    fn redirect(&self, query: &str) -> (u64, Answer) {
        let session = self.sessions.fetch_add(1, Ordering::Relaxed);
        let mut response = answer::body(StatusCode::FOUND, "text/html", "");
        // A query may hold bytes that are no ASCII.
        let location = format!("/api/{:032x}/get?{query}", u128::from(session));
        let location = HeaderValue::from_bytes(location.as_bytes()).ok();
        response.headers_mut().extend(location.map(|value| (LOCATION, value)));
        (session, response)
    }

    /// The redirect with its cookie (observed).
    fn redirect_with_cookie(&self, query: &str) -> Answer {
        let (session, mut response) = self.redirect(query);
        let cookie = HeaderValue::from_str(&format!("{COOKIE_NAME}={session}; Path=/; HttpOnly")).ok();
        response.headers_mut().extend(cookie.map(|value| (SET_COOKIE, value)));
        answer::assumed(response, "name of the cookie, form of the token, which cookies open which address")
    }

    /// The recorded answer, else one made up where that is allowed.
    async fn answer(&self, target: &str, headers: &HeaderMap) -> Answer {
        let spelled = self.spelled(target).map(played);
        if let Some(Ok(answer)) = spelled {
            return answer;
        }
        let text = target.split_once('?').map_or("", |(_, text)| text);
        if let Some(answer) = self.office.as_ref().and_then(|office| office.again(text)) {
            return answer;
        }
        let query: Result<Query, _> = target.parse();
        if let Ok(query) = &query {
            let faults =
                crate::hk::misspelled(target, query).iter().map(ToString::to_string).collect::<Vec<_>>();
            let faults = match self.office {
                Some(_) if faults.is_empty() => refusals(&self.contract, query, headers),
                _ => faults,
            };
            if !faults.is_empty() {
                return failed(faults, "that it is refused, messages");
            }
        }
        let recorded = match &query {
            Ok(query) => self.recorded(query),
            Err(_) => self.no_query(text),
        };
        let recorded = recorded.map(played);
        match (recorded, &self.office) {
            (Some(Ok(answer)), _) => answer,
            (_, Some(office)) => office.answer(text, query).await,
            (Some(Err(problem)), None) => failed(vec![problem], "messages"),
            (None, None) => failed(player::unmatched(&format!("GET {target}"), &self.recordings), "messages"),
        }
    }

    /// What the document has beside the query of trade statistics: nothing today. A recorded answer goes before.
    fn other(&self, request: &Request<Received>, target: &str) -> Answer {
        let sent: Option<Value> = match request.body() {
            Received::Whole(body) => serde_json::from_slice(body).ok(),
            Received::Broken => None,
        };
        let line = Line::new(request.method(), target, ServiceName::HkTrade);
        let mut recorded = self
            .recordings
            .iter()
            .filter(|recording| recording.is_asked_by(&line) && recording.asked() == sent.as_ref());
        if let Some(answer) = recorded.find_map(|recording| played(recording).ok()) {
            return answer;
        }
        let found = self.contract.find(request.method(), request.uri().path());
        let mut allow = None;
        let (status, told) = match (found, request.body()) {
            (Err(unmatched), _) => {
                allow = unmatched.allow.and_then(|methods| HeaderValue::from_str(&methods).ok());
                (unmatched.status, unmatched.told)
            }
            (Ok(_), Received::Broken) => {
                (StatusCode::PAYLOAD_TOO_LARGE, vec!["the request is too long, or broke off".to_owned()])
            }
            (Ok(_), Received::Whole(_)) if self.office.is_none() => {
                let asked = format!("{} {target}", request.method());
                (StatusCode::NOT_FOUND, player::unmatched(&asked, &self.recordings))
            }
            (Ok((operation, path)), Received::Whole(body)) => {
                let headers = request.headers();
                let checked =
                    operation.check(&Asked { path: &path, query: request.uri().query(), headers, body });
                if checked.problems.is_empty() {
                    return answer::assumed(
                        operation.answer.answer(),
                        &operation.answer.assumed().join(", "),
                    );
                }
                (StatusCode::BAD_REQUEST, checked.problems.iter().map(ToString::to_string).collect())
            }
        };
        let text = told.join("\n") + "\n";
        let mut answer = answer::body(status, "text/plain; charset=utf-8", text);
        answer.headers_mut().extend(allow.map(|methods| (ALLOW, methods)));
        answer::noted(answer::assumed(answer, "status, text"), told.join("; "))
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
        match path {
            "/api/get" => Some(Door::HkFront),
            _ if is_one_time(path) => Some(Door::HkAnswer),
            _ => {
                let is_at = |recording: &Recording| {
                    recording.request.target.split('?').next().is_some_and(|known| known == path)
                };
                let known = self.contract.knows(path) || self.recordings.iter().any(is_at);
                known.then_some(Door::HkAnswer)
            }
        }
    }

    async fn play(&self, request: Request<Received>) -> Answer {
        let target = request.uri().path_and_query().map_or("/", |target| target.as_str());
        let door = self.door(request.uri().path()).filter(|_| request.method() == Method::GET);
        match door {
            Some(Door::HkFront) => self.redirect_with_cookie(request.uri().query().unwrap_or_default()),
            Some(Door::HkAnswer) if is_one_time(request.uri().path()) => {
                if !self.knows(request.headers()) {
                    return answer::noted(
                        failure(&Status::of(4)),
                        "access denied: no cookie of this server came",
                    );
                }
                if self.usage.as_ref().is_some_and(|usage| !usage.admits(self.clock.now())) {
                    return answer::noted(failure(&Status::of(2)), "usage limit");
                }
                self.answer(target, request.headers()).await
            }
            _ => self.other(&request, target),
        }
    }

    fn redirect_without_cookie(&self, uri: &Uri) -> Option<Answer> {
        let front = self.door(uri.path()).filter(|door| *door == Door::HkFront);
        let redirect = |_| self.redirect(uri.query().unwrap_or_default()).1;
        front.map(redirect).map(|redirect| answer::assumed(redirect, "form of the token"))
    }
}

/// What the document does not take of a query: beside the guide's rules, for a document that asks for less or for more.
fn refusals(contract: &Contract, query: &Query, headers: &HeaderMap) -> Vec<String> {
    let text = query.to_string();
    let Some((path, text)) = text.split_once('?') else { return Vec::new() };
    let Ok((operation, path)) = contract.find(&Method::GET, path) else { return Vec::new() };
    let checked = operation.check(&Asked { path: &path, query: Some(text), headers, body: b"" });
    checked.problems.iter().map(ToString::to_string).collect()
}

/// Whether a path is that of a one-time address.
fn is_one_time(path: &str) -> bool {
    path.strip_prefix("/api/").and_then(|rest| rest.strip_suffix("/get")).is_some_and(is_token)
}

/// A recorded answer, or why it cannot be played.
fn played(recording: &Recording) -> Result<Answer, String> {
    recording.play().map(|answer| answer::noted(answer, format!("recorded: {}", recording.name)))
}

/// Code 1 inside HTTP 200 with messages, as the service refuses a query (observed).
fn failed(mut messages: Vec<String>, assumed: &str) -> Answer {
    let more = messages.len().saturating_sub(MOST_MESSAGES);
    if more > 0 {
        messages.truncate(MOST_MESSAGES);
        messages.push(format!("and {more} more"));
    }
    let note = format!("refused: {}", messages.join("; "));
    let status = Status { message: json!(messages), ..Status::of(1) };
    answer::noted(answer::assumed(failure(&status), assumed), note)
}

/// Failures come with HTTP 200 (observed). No message is known of the codes 2 to 4.
fn failure(status: &Status) -> Answer {
    answer::body(StatusCode::OK, "application/json", status.body().to_string())
}
