use std::fmt;

use serde_json::Value;

use crate::near::nearest;
use crate::operation::{Closed, RequestBody};
use crate::place::pointer;

/// Reads a request from JSON, refusing fields that the document does not know.
///
/// The service silently ignores unknown fields and bills the call all the same (vendor), so that a slip of
/// the pen would buy an unfiltered answer.
///
/// ```
/// use tradebind::tradewind::{api::types::WorldRegionsRequest, read_request};
/// let error = read_request::<WorldRegionsRequest>(r#"{"type": "exporter", "hs_code": "3907"}"#).unwrap_err();
/// assert!(error.to_string().contains(r#"did you mean "hscode"?"#));
/// ```
///
/// # Errors
/// Text that is not JSON, every unknown field with its place, or a value of the wrong type.
pub fn read_request<T: RequestBody>(json: &str) -> Result<T, InvalidRequest> {
    let refused = |problems| InvalidRequest { component: T::COMPONENT, problems };
    let mut value: Value =
        serde_json::from_str(json).map_err(|e| refused(vec![format!("is not JSON: {e}")]))?;
    let mut problems = Vec::new();
    unknown_fields(&mut value, Some(T::COMPONENT), T::CLOSED, "", &mut problems);
    // The text itself is read where it can be: it has lines, columns and doubled fields. Else what is left
    // without the unknown fields, so that a slip beside them is told as well.
    let decoded = if problems.is_empty() {
        serde_path_to_error::deserialize(&mut serde_json::Deserializer::from_str(json))
    } else {
        serde_path_to_error::deserialize(&value)
    };
    match decoded {
        Ok(request) if problems.is_empty() => return Ok(request),
        Err(e) if value.is_object() => {
            let place = pointer(e.path());
            let at = if place.is_empty() { String::new() } else { format!("at {place}: ") };
            problems.push(format!("{at}{}", e.inner()));
        }
        _ => {}
    }
    Err(refused(problems))
}

/// Reads a request, and tells what is sent for it: defaults are in it, as the client adds them.
pub(crate) fn read_body<T: RequestBody + serde::Serialize>(json: &str) -> Result<Value, InvalidRequest> {
    let request: T = read_request(json)?;
    serde_json::to_value(&request).map_err(|e| InvalidRequest {
        component: T::COMPONENT,
        problems: vec![format!("cannot be written as JSON: {e}")],
    })
}

/// Tells the unknown fields, and takes them out.
fn unknown_fields(
    value: &mut Value,
    component: Option<&str>,
    closed: &[Closed],
    at: &str,
    problems: &mut Vec<String>,
) {
    let Some(known) = closed.iter().find(|object| Some(object.component) == component) else { return };
    let Value::Object(object) = value else {
        // A list of values in the order of the fields would be read as well, but nobody means that.
        let place = if at.is_empty() { "the request" } else { at };
        problems.push(format!("{place} must be a JSON object: a {}", known.component));
        return;
    };
    object.retain(|name, inner| {
        let at = format!("{at}/{name}");
        let field = known.fields.iter().find(|field| field.name == name);
        match (field, inner) {
            (None, _) => problems.push(unknown(name, &at, known)),
            (Some(field), Value::Array(items)) if field.list => {
                for (i, item) in items.iter_mut().enumerate() {
                    unknown_fields(item, field.object, closed, &format!("{at}/{i}"), problems);
                }
            }
            (Some(_), Value::Null) => {}
            (Some(field), inner) => unknown_fields(inner, field.object, closed, &at, problems),
        }
        field.is_some()
    });
}

fn unknown(name: &str, at: &str, known: &Closed) -> String {
    let names = || known.fields.iter().map(|field| field.name);
    let hint = match nearest(name, names()) {
        Some(near) => format!("did you mean {near:?}?"),
        None => format!("the fields are {}", names().collect::<Vec<_>>().join(", ")),
    };
    format!("unknown field {name:?} at {at}; {hint}")
}

/// A request that was not read, with every reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidRequest {
    component: &'static str,
    problems: Vec<String>,
}

impl InvalidRequest {
    /// Every reason.
    #[must_use]
    pub fn problems(&self) -> &[String] {
        &self.problems
    }
}

impl fmt::Display for InvalidRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not a {}: {}", self.component, self.problems.join("; "))
    }
}

impl std::error::Error for InvalidRequest {}
