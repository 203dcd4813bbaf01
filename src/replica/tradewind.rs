use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::AUTHORIZATION;
use hyper::{Request, Response, StatusCode};
use serde_json::{Value, json};

use super::{answer, player};
use crate::exchange::{Body, Exchange, differences};
use crate::tradewind::api::OPERATIONS;

/// The most that a request may hold, in bytes.
const BODY_CAP: usize = 1 << 20;

/// The TradeWind side: a key, then the recorded answer.
pub(super) struct Tradewind {
    exchanges: Vec<Exchange>,
}

impl Tradewind {
    pub(super) fn new(exchanges: Vec<Exchange>) -> Self {
        Self { exchanges }
    }

    pub(super) async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let (head, body) = request.into_parts();
        let asked = format!("{} {}", head.method, head.uri);
        let open = OPERATIONS.iter().any(|operation| !operation.key && operation.path == head.uri.path());
        let bearer =
            head.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if !open && bearer.strip_prefix("Bearer ").is_none_or(|key| key.trim().is_empty()) {
            return unauthorized();
        }
        let Ok(body) = Limited::new(body, BODY_CAP).collect().await else {
            let problem = format!("the request holds more than {BODY_CAP} bytes, or broke off");
            return failure(StatusCode::PAYLOAD_TOO_LARGE, "too_large", &problem);
        };
        let body: Option<Value> = serde_json::from_slice(&body.to_bytes()).ok();
        let target = head.uri.path_and_query().map_or("/", |target| target.as_str());
        let same_line = |exchange: &&Exchange| {
            exchange.request.method == head.method.as_str() && exchange.request.target == target
        };
        let recorded_body =
            |exchange: &Exchange| exchange.request.body.as_ref().and_then(Body::json).cloned();
        let fits = |exchange: &&Exchange| same_line(exchange) && recorded_body(exchange) == body;
        let problems = match self.exchanges.iter().find(fits).map(player::play) {
            Some(Ok(answer)) => return answer,
            Some(Err(problem)) => vec![problem],
            None => {
                let mut told = player::unmatched(&asked, &self.exchanges);
                for near in self.exchanges.iter().filter(same_line) {
                    let (recorded, sent) =
                        (recorded_body(near).unwrap_or_default(), body.clone().unwrap_or_default());
                    let apart = differences(&recorded, &sent);
                    told.extend(apart.iter().map(|apart| format!("unlike {}: {apart}", player::named(near))));
                }
                told
            }
        };
        failure(StatusCode::NOT_FOUND, "not_recorded", &problems.join("; "))
    }
}

/// The envelope of a failure is documented; codes and messages are not.
fn failure(status: StatusCode, code: &str, message: &str) -> Response<Full<Bytes>> {
    let body = json!({ "success": false, "error": { "code": code, "message": message } });
    answer::assumed(answer::body(status, "application/json", body.to_string()), "error code and message")
}

/// 401 is mentioned by the documentation; what stands in it is not.
fn unauthorized() -> Response<Full<Bytes>> {
    failure(StatusCode::UNAUTHORIZED, "unauthorized", "send Authorization: Bearer KEY")
}
