//! What a failed attempt means.

use serde::de::DeserializeOwned;

use super::{Response, redact};
use crate::error::{Error, ErrorKind, Place, plain};
use crate::place::pointer;

/// A fault between here and the answer's last byte, with what had come of the answer. The address is taken out: it
/// may hold what is not to be shown.
pub(crate) fn sent_fault(error: reqwest::Error, partial: Option<Response>) -> Error {
    let error = error.without_url();
    let kind = if error.is_builder() {
        ErrorKind::InvalidRequest
    } else if error.is_connect() {
        // No connection, so that no byte of the request can have left.
        ErrorKind::Unreachable
    } else if error.is_timeout() {
        ErrorKind::Timeout
    } else if error.is_decode() && !is_cut(&error) {
        // No gzip, or a broken one: it would come again.
        ErrorKind::Decode
    } else {
        ErrorKind::Interrupted
    };
    let place = partial.as_ref().map(|partial| format!("after {} bytes of the body", partial.body().len()));
    let cause = if kind == ErrorKind::Timeout { None } else { cause(&error) };
    let told: Vec<_> = place.into_iter().chain(cause).collect();
    let repeatable = !matches!(kind, ErrorKind::InvalidRequest | ErrorKind::Decode);
    let told = Error::new(kind, told.join(": ")).repeatable(repeatable).with_source(error);
    match partial {
        Some(partial) => told.with_response(partial),
        None => told,
    }
}

/// Whether a stream ended before it should: a fault of the connection's, not of who packed it.
fn is_cut(error: &reqwest::Error) -> bool {
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        let kind = error.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
        if kind.is_some_and(|kind| {
            kind != std::io::ErrorKind::InvalidData && kind != std::io::ErrorKind::InvalidInput
        }) {
            return true;
        }
        cause = error.source();
    }
    false
}

/// The causes in a line; those that only say that there is one are left out.
fn cause(error: &reqwest::Error) -> Option<String> {
    let mut causes: Vec<String> = Vec::new();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        let told = error.to_string();
        if !told.starts_with("client error") && !causes.contains(&told) {
            causes.push(told);
        }
        cause = error.source();
    }
    (!causes.is_empty()).then(|| causes.join(": "))
}

/// A request that the generated code did not send; what it was given had been checked before.
pub(crate) fn not_sent() -> Error {
    Error::new(ErrorKind::InvalidRequest, "the generated client made no request of it")
}

/// The kind of fault that an HTTP status other than 2xx tells.
pub(crate) fn status_kind(status: u16) -> ErrorKind {
    match status {
        300..=399 => ErrorKind::Redirected,
        401 | 403 => ErrorKind::AccessDenied,
        429 => ErrorKind::UsageLimit,
        503 => ErrorKind::Busy,
        _ => ErrorKind::HttpStatus,
    }
}

/// What an HTTP status other than 2xx means where the body is no answer of the service.
pub(crate) fn by_status(response: Response) -> Error {
    let status = response.status();
    let kind = status_kind(status);
    let repeatable = matches!(status, 403 | 408 | 429 | 500..=599);
    let detail = if kind == ErrorKind::Redirected { location(&response) } else { looks(&response) };
    Error::new(kind, detail).repeatable(repeatable).with_response(response)
}

/// Where a redirect leads: the host alone, since path and query may hold anything.
fn location(response: &Response) -> String {
    let header = response.headers().get(http::header::LOCATION).and_then(|value| value.to_str().ok());
    match header.map(reqwest::Url::parse) {
        Some(Ok(url)) => format!("to {}", redact::host(&url)),
        Some(Err(_)) => "within the host".to_owned(),
        None => "without a readable address".to_owned(),
    }
}

/// What a body is that is not the service's, as far as its first bytes tell.
pub(crate) fn looks(response: &Response) -> String {
    let content = response.content();
    let start = content.iter().position(|b| !b.is_ascii_whitespace());
    match start.and_then(|at| content.get(at)) {
        None => "the body is empty".to_owned(),
        Some(b'<') => format!("the body is an HTML or XML page of {} bytes, as gateways send", content.len()),
        Some(b'{' | b'[') => String::new(),
        Some(_) => format!("the body is no JSON ({} bytes)", content.len()),
    }
}

/// A body that is not a `T`: where, and why. Nothing of the body is repeated.
pub(crate) fn decode_fault<T: DeserializeOwned>(response: Response) -> Error {
    let content = response.content();
    let looks = looks(&response);
    let skipped = response.body().len() - content.len();
    let mut json = serde_json::Deserializer::from_slice(&content);
    let place = |error: &serde_json::Error, pointer: String| {
        let (line, column) = (error.line(), error.column());
        let starts = content.iter().enumerate().filter(|(_, b)| **b == b'\n').map(|(at, _)| at + 1);
        let start = std::iter::once(0).chain(starts).nth(line.saturating_sub(1)).unwrap_or_default();
        Place { pointer, offset: skipped + (start + column).saturating_sub(1), line }
    };
    let (detail, place) = match serde_path_to_error::deserialize::<_, T>(&mut json) {
        _ if !looks.is_empty() => (looks, None),
        Err(e) => {
            let pointer = pointer(e.path());
            // A parser that stops in the middle of a name tells `?` for it; the offset says where.
            let place = place(e.inner(), pointer.strip_suffix("/?").unwrap_or(&pointer).to_owned());
            // Names of members are the body's too.
            let at = if place.pointer.is_empty() { "the top".to_owned() } else { plain(&place.pointer) };
            (format!("at {at}, offset {}: {}", place.offset, what(e.inner())), Some(place))
        }
        // It decodes alone, so that what follows it is at fault.
        Ok(_) => match json.end() {
            Err(e) => {
                let place = place(&e, String::new());
                let told = format!("more follows after the JSON, at offset {}: {}", place.offset, what(&e));
                (told, Some(place))
            }
            Ok(()) => (String::new(), None),
        },
    };
    // A gateway's page in the place of an answer, or nothing, may pass.
    let passing = matches!(content.iter().find(|b| !b.is_ascii_whitespace()), None | Some(b'<'));
    let error = Error::new(ErrorKind::Decode, detail).repeatable(passing).with_response(response);
    match place {
        Some(place) => error.with_place(place),
        None => error,
    }
}

/// What serde says, without the values that it repeats: they are the body's.
fn what(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let text = text.rsplit_once(" at line ").map_or(text.as_str(), |(told, _)| told);
    // Such as `invalid type: string "secret", expected u8`: all between the first and the last quote.
    if let (Some(from), Some(to)) = (text.find('"'), text.rfind('"')) {
        let rest = if from < to { text.get(to + 1..).unwrap_or_default() } else { "" };
        return format!("{}…{rest}", text.get(..from).unwrap_or_default());
    }
    // Such as "unknown variant `secret`": what stands first is the body's, what is expected is ours.
    let ours = !(text.starts_with("invalid") || text.starts_with("unknown"));
    match text.split_once('`').and_then(|(before, rest)| Some((before, rest.split_once('`')?.1))) {
        Some((before, after)) if !ours => format!("{before}…{after}"),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_the_body_is_told() {
        #[derive(Debug, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        #[allow(dead_code)]
        struct Small {
            n: Option<u8>,
            kind: Option<Kind>,
        }
        #[derive(Debug, serde::Deserialize)]
        enum Kind {
            One,
        }
        for body in [
            r#"{"n": "CANARY"}"#,
            r#"{"n": "PDOException: CANARY in x.php at line 12"}"#,
            r#"{"n": "CANARY \" at line 3"}"#,
            r#"{"n": 77777}"#,
            r#"{"n": 7.7777}"#,
            r#"{"kind": "CANARY"}"#,
            r#"{"CANARY": 1}"#,
            r#""CANARY at line 1""#,
            r#"{"n": 1} CANARY"#,
        ] {
            let response = Response::new(200, http::HeaderMap::new(), body.into());
            let told = decode_fault::<Small>(response).to_string();
            let field = body.contains("\"CANARY\": 1");
            assert!((field || !told.contains("CANARY")) && !told.contains("7777"), "{told}");
        }
    }

    /// The name of a member is the body's: it is told where it says the place, short and without control characters.
    #[test]
    fn a_name_cannot_spoil_the_message() {
        let name = format!("\u{1b}[2J\n{}", "x".repeat(500));
        let body = format!("{{{}: 1e999}}", serde_json::Value::from(name.clone()));
        let response = Response::new(200, http::HeaderMap::new(), body.into());
        let error = decode_fault::<serde_json::Value>(response);
        let told = error.to_string();
        assert!(!told.contains(['\n', '\u{1b}']) && told.len() < 300, "{told:?}");
        assert_eq!(error.place().unwrap().pointer, format!("/{name}"));
    }
}
