//! Finds the recorded exchange that a request asks for, and plays its answer.

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{HeaderName, HeaderValue};
use hyper::{Response, StatusCode};

use super::answer;
use crate::exchange::{Exchange, RecordedResponse};

/// Plays the answer of an exchange.
pub(super) fn play(exchange: &Exchange) -> Response<Full<Bytes>> {
    match &exchange.response {
        Some(recorded) => recorded_answer(recorded).unwrap_or_else(|problem| {
            let text = format!("the recorded answer of {} cannot be played: {problem}\n", named(exchange));
            answer::body(StatusCode::INTERNAL_SERVER_ERROR, "text/plain; charset=utf-8", text)
        }),
        None => {
            let text = format!("{} is recorded without an answer: none is documented\n", named(exchange));
            answer::body(StatusCode::NOT_IMPLEMENTED, "text/plain; charset=utf-8", text)
        }
    }
}

fn recorded_answer(recorded: &RecordedResponse) -> Result<Response<Full<Bytes>>, String> {
    let bytes = match &recorded.body {
        Some(body) => body.bytes().map_err(|e| e.to_string())?.into_owned(),
        None => Vec::new(),
    };
    let mut response = Response::new(Full::new(bytes.into()));
    *response.status_mut() = StatusCode::from_u16(recorded.status).map_err(|e| e.to_string())?;
    for header in &recorded.headers {
        let name: HeaderName = header.name.parse().map_err(|_| format!("header name {:?}", header.name))?;
        let value: HeaderValue = header.value.parse().map_err(|_| format!("value of header {name}"))?;
        response.headers_mut().append(name, value);
    }
    Ok(response)
}

/// Says that nothing recorded fits, and what is recorded.
pub(super) fn unmatched(asked: &str, exchanges: &[Exchange]) -> Response<Full<Bytes>> {
    let mut text = format!("no recorded exchange fits {asked}\nrecorded are:\n");
    for exchange in exchanges {
        text += &format!("- {}: {} {}\n", named(exchange), exchange.request.method, exchange.request.target);
    }
    answer::body(StatusCode::NOT_FOUND, "text/plain; charset=utf-8", text)
}

fn named(exchange: &Exchange) -> String {
    format!("{} {}.{}", exchange.service, exchange.operation, exchange.case)
}
