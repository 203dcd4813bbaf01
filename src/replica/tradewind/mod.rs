//! The TradeWind side.

mod settings;

pub(super) use settings::Settings;

use hyper::header::AUTHORIZATION;
use hyper::{Request, StatusCode};
use serde_json::{Value, json};

use super::answer::{self, Answer};
use super::builder::Common;
use super::disturb::Places;
use super::player::{self, Recording};
use super::script::Door;
use super::side::{BODY_CAP, Received, Service};
use crate::exchange::{Body, Exchange, differences};
use crate::tradewind::api::OPERATIONS;

/// The TradeWind side: a key, then the recorded answer.
pub(super) struct Tradewind {
    recordings: Vec<Recording>,
}

impl Tradewind {
    pub(super) fn new(exchanges: Vec<Exchange>, _settings: Settings, _common: &Common) -> Self {
        Self { recordings: exchanges.into_iter().map(Recording::new).collect() }
    }
}

impl Service for Tradewind {
    const FRONT: Door = Door::Tradewind;
    const PLACES: Places = Places { rows: "/data/data/list", count: "/data/data/total" };

    fn door(&self, _: &str) -> Option<Door> {
        Some(Door::Tradewind)
    }

    async fn play(&self, request: Request<Received>) -> Answer {
        let (head, body) = request.into_parts();
        let asked = format!("{} {}", head.method, head.uri);
        let open = OPERATIONS.iter().any(|operation| !operation.key && operation.path == head.uri.path());
        let bearer =
            head.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if !open && bearer.strip_prefix("Bearer ").is_none_or(|key| key.trim().is_empty()) {
            return unauthorized();
        }
        let Received::Whole(body) = body else {
            let problem = format!("the request holds more than {BODY_CAP} bytes, or broke off");
            return failure(StatusCode::PAYLOAD_TOO_LARGE, "too_large", &problem);
        };
        let body: Option<Value> = serde_json::from_slice(&body).ok();
        let target = head.uri.path_and_query().map_or("/", |target| target.as_str());
        let same_line = |recording: &&Recording| {
            recording.request.method == head.method.as_str() && recording.request.target == target
        };
        let fits = |recording: &&Recording| same_line(recording) && recorded_body(recording) == body.as_ref();
        let problems = match self.recordings.iter().find(fits).map(Recording::play) {
            Some(Ok(answer)) => return answer,
            Some(Err(problem)) => vec![problem],
            None => {
                let mut told = player::unmatched(&asked, &self.recordings);
                let sent = body.unwrap_or_default();
                for near in self.recordings.iter().filter(same_line) {
                    let apart = differences(recorded_body(near).unwrap_or(&Value::Null), &sent);
                    told.extend(apart.iter().map(|apart| format!("unlike {}: {apart}", near.name)));
                }
                told
            }
        };
        failure(StatusCode::NOT_FOUND, "not_recorded", &problems.join("; "))
    }
}

fn recorded_body(recording: &Recording) -> Option<&Value> {
    recording.request.body.as_ref().and_then(Body::json)
}

/// The envelope of a failure is documented; codes and messages are not.
fn failure(status: StatusCode, code: &str, message: &str) -> Answer {
    let body = json!({ "success": false, "error": { "code": code, "message": message } });
    answer::assumed(answer::body(status, "application/json", body.to_string()), "error code and message")
}

/// 401 is mentioned by the documentation; what stands in it is not.
fn unauthorized() -> Answer {
    failure(StatusCode::UNAUTHORIZED, "unauthorized", "send Authorization: Bearer KEY")
}
