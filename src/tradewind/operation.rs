//! Calls of operations that are only known at run time.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::{Call, Client, api};
use crate::Operation;
use crate::error::{Error, ErrorKind};
use crate::http::Response;
use crate::near::nearest;
use crate::path_template;

/// A request of an operation of the document that is only known at run time, held to the document.
///
/// ```no_run
/// # async fn run(client: tradebind::tradewind::Client) -> Result<(), Box<dyn std::error::Error>> {
/// use tradebind::tradewind::OperationRequest;
///
/// let body = r#"{"type": "exporter", "product": "pet"}"#;
/// let request = OperationRequest::new("world_regions", &[], Some(body))?;
/// let answer = client.operation(&request)?.await?;
/// let json: serde_json::Value = answer.value().json()?;
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct OperationRequest {
    operation: &'static Operation,
    path: String,
    body: Option<String>,
}

impl OperationRequest {
    /// A request of the operation of that id. `path` gives the values of the path's parameters, `body` the request as JSON,
    /// held to the document as by [`read_request`](super::read_request): what the service would silently ignore and bill
    /// is refused.
    ///
    /// # Errors
    /// No such operation, a parameter or body that is missing or superfluous, or a body that is none of the operation.
    pub fn new(id: &str, path: &[(&str, &str)], body: Option<&str>) -> Result<Self, Error> {
        let wrong = |detail: String| {
            Err(Error::new(ErrorKind::InvalidRequest, detail).with_operation(&format!("tradewind {id}")))
        };
        let ids = || api::OPERATIONS.iter().map(|operation| operation.id);
        let Some(operation) = api::OPERATIONS.iter().find(|operation| operation.id == id) else {
            let near = nearest(id, ids()).map_or(String::new(), |near| format!("; did you mean {near:?}?"));
            return wrong(format!("the document has no operation {id:?}{near}"));
        };
        let path = match filled(operation, path) {
            Ok(path) => path,
            Err(problem) => return wrong(problem),
        };
        let body = match (operation.body, body) {
            (None, None) => None,
            (None, Some(_)) => return wrong("takes no body".to_owned()),
            (Some(component), None) => return wrong(format!("needs a body, a {component}")),
            (Some(component), Some(json)) => match api::read_body(component, json) {
                Some(Ok(body)) => match backwards(&body) {
                    Some(problem) => return wrong(problem),
                    None => Some(completed(json, &body)),
                },
                Some(Err(invalid)) => return wrong(invalid.to_string()),
                None => return wrong(format!("{component} cannot be read at run time")),
            },
        };
        Ok(Self { operation, path, body })
    }

    /// The operation.
    #[must_use]
    pub fn operation(&self) -> &'static Operation {
        self.operation
    }

    /// Path below the base URL, its parameters filled in.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The body as it is sent: the text that was given, byte for byte, and behind its members the defaults of those that it
    /// lacks.
    #[must_use]
    pub fn body(&self) -> Option<&str> {
        self.body.as_deref()
    }
}

impl Client {
    /// A call of an operation that is only known at run time, as the command line makes them; the answer comes as it is, and
    /// fails as by the operation's method, but for the shape of its data.
    ///
    /// # Errors
    /// A path that is none.
    pub fn operation(&self, request: &OperationRequest) -> Result<Call<Response>, Error> {
        self.raw(request.operation.method, &request.path, request.body.as_deref().map(Into::into))
    }
}

/// The path with the values of its parameters.
fn filled(operation: &Operation, values: &[(&str, &str)]) -> Result<String, String> {
    let mut path = String::new();
    for part in operation.path.split('/').skip(1) {
        let value = match path_template::parameter(part) {
            None => part.to_owned(),
            Some((before, name, after)) => match values.iter().find(|(given, _)| *given == name) {
                Some((_, value)) if !matches!(*value, "" | "." | "..") => {
                    format!("{before}{}{after}", escaped(value))
                }
                Some((_, value)) => return Err(format!("{value:?} cannot be the {name} of a path")),
                None => return Err(format!("needs a value for {name}")),
            },
        };
        path.push('/');
        path.push_str(&value);
    }
    match values.iter().find(|(name, _)| !operation.path.contains(&format!("{{{name}}}"))) {
        Some((name, _)) => Err(format!("the path has no {name}")),
        None => Ok(path),
    }
}

/// A text as one part of a path.
fn escaped(text: &str) -> String {
    /// What RFC 3986 keeps of a part as it is.
    const PART: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
    utf8_percent_encode(text, PART).to_string()
}

/// A request's text with the members that it lacks of what is sent for it. The text itself stays as it is: a number
/// must not lose digits on the way.
fn completed(json: &str, sent: &Value) -> String {
    let given: Value = serde_json::from_str(json).unwrap_or_default();
    let has = |name: &str| given.get(name).is_some();
    let missing = sent.as_object().into_iter().flatten().filter(|(name, _)| !has(name));
    let missing: Vec<_> = missing.map(|(name, value)| format!("{}:{value}", Value::from(&**name))).collect();
    match json.trim_end().strip_suffix('}') {
        Some(open) if !missing.is_empty() => {
            let comma = if given.as_object().is_some_and(|given| !given.is_empty()) { "," } else { "" };
            format!("{}{comma}{}}}", open.trim_end(), missing.join(","))
        }
        _ => json.to_owned(),
    }
}

/// Days in the wrong order. What the service makes of them is unknown, and it would be billed.
fn backwards(body: &Value) -> Option<String> {
    let day = |name: &str| body.get(name)?.as_str().filter(|day| !day.is_empty());
    let (start, end) = (day("start_time")?, day("end_time")?);
    // Both are YYYY-MM-DD by now, which sort as texts.
    (start > end).then(|| format!("start_time {start} is after end_time {end}; nothing was sent"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_takes_its_values() {
        let result = api::OPERATIONS.iter().find(|operation| operation.id == "email_verify_result").unwrap();
        assert_eq!(
            filled(result, &[("taskId", "a/b 中?")]).unwrap(),
            "/api/email/verify/result/a%2Fb%20%E4%B8%AD%3F"
        );
        for wrong in [&[][..], &[("taskId", "..")], &[("taskId", "1"), ("other", "2")]] {
            assert!(filled(result, wrong).is_err());
        }
    }

    #[test]
    fn every_body_can_be_read_at_run_time() {
        for operation in api::OPERATIONS {
            if let Some(component) = operation.body {
                assert!(api::read_body(component, "{}").is_some(), "{}", operation.id);
            }
        }
        let wrong = |id: &str, body| OperationRequest::new(id, &[], body).unwrap_err().to_string();
        insta::assert_snapshot!(
            [
                wrong("world_region", None),
                wrong("world_regions", None),
                wrong("health", Some("{}")),
                wrong("world_regions", Some(r#"{"type": "exporter", "hs_code": "39"}"#)),
                wrong("email_verify_result", None),
            ]
            .join("\n")
        );
    }
}
