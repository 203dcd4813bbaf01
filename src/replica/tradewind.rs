use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::AUTHORIZATION;
use hyper::{Request, Response, StatusCode};
use serde_json::{Value, json};

use super::{answer, player};
use crate::exchange::{Body, Exchange};
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
            let text = format!("the request holds more than {BODY_CAP} bytes, or broke off\n");
            return answer::body(StatusCode::PAYLOAD_TOO_LARGE, "text/plain; charset=utf-8", text);
        };
        let body: Option<Value> = serde_json::from_slice(&body.to_bytes()).ok();
        let target = head.uri.path_and_query().map_or("/", |target| target.as_str());
        let fits = |exchange: &&Exchange| {
            let recorded = &exchange.request;
            recorded.method == head.method.as_str()
                && recorded.target == target
                && recorded.body.as_ref().and_then(Body::json) == body.as_ref()
        };
        self.exchanges
            .iter()
            .find(fits)
            .map_or_else(|| player::unmatched(&asked, &self.exchanges), player::play)
    }
}

/// 401 is mentioned by the documentation; what stands in it is not.
fn unauthorized() -> Response<Full<Bytes>> {
    let body = json!({
        "success": false,
        "error": { "code": "unauthorized", "message": "send Authorization: Bearer KEY" },
    });
    let response = answer::body(StatusCode::UNAUTHORIZED, "application/json", body.to_string());
    answer::assumed(response, "error code and message")
}
