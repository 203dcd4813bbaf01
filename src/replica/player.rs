//! Finds the recorded exchange that a request asks for, and plays its answer.

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{HeaderName, HeaderValue};
use hyper::{Response, StatusCode};

use crate::exchange::{Exchange, RecordedResponse};

/// Plays the answer of an exchange, or says why there is none.
pub(super) fn play(exchange: &Exchange) -> Result<Response<Full<Bytes>>, String> {
    match &exchange.response {
        Some(recorded) => recorded_answer(recorded).map_err(|problem| {
            format!("the recorded answer of {} cannot be played: {problem}", named(exchange))
        }),
        None => Err(format!("{} is recorded without an answer: none is documented", named(exchange))),
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

/// Says that nothing recorded fits, and what is recorded; a line each.
pub(super) fn unmatched(asked: &str, exchanges: &[Exchange]) -> Vec<String> {
    let recorded = exchanges.iter().map(|exchange| {
        format!("recorded is {}: {} {}", named(exchange), exchange.request.method, exchange.request.target)
    });
    std::iter::once(format!("the replica has no recorded exchange that fits {asked}"))
        .chain(recorded)
        .collect()
}

pub(super) fn named(exchange: &Exchange) -> String {
    format!("{} {}.{}", exchange.service, exchange.operation, exchange.case)
}
