//! Calls of operations that are only known at run time.

use serde_json::Value;

use super::{Call, Client, api};
use crate::Operation;
use crate::error::{Error, ErrorKind};
use crate::http::Response;
use crate::near::nearest;

impl Client {
    /// A call of an operation of the document by its id, for programs that learn at run time which one is meant, as the
    /// command line does. `path` gives the values of the path's parameters, `body` the request as JSON, held to the
    /// document as by [`read_request`](super::read_request): what the service would silently ignore and bill is refused.
    ///
    /// ```no_run
    /// # async fn run(client: tradebind::tradewind::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let answer = client.operation("world_regions", &[], Some(r#"{"type": "exporter", "product": "pet"}"#))?.await?;
    /// let json: serde_json::Value = answer.value().json()?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// No such operation, a parameter or body that is missing or superfluous, or a body that is none of the operation.
    pub fn operation(
        &self,
        id: &str,
        path: &[(&str, &str)],
        body: Option<&str>,
    ) -> Result<Call<Response>, Error> {
        let wrong = |detail: String| {
            Err(Error::new(ErrorKind::InvalidRequest, detail).with_operation(&format!("tradewind {id}")))
        };
        let ids = || api::OPERATIONS.iter().map(|operation| operation.id);
        let Some(operation) = api::OPERATIONS.iter().find(|operation| operation.id == id) else {
            let near = nearest(id, ids()).map_or(String::new(), |near| format!("; did you mean {near:?}?"));
            return wrong(format!("the document has no operation {id:?}{near}"));
        };
        let address = match filled(operation, path) {
            Ok(address) => address,
            Err(problem) => return wrong(problem),
        };
        let body = match (operation.body, body) {
            (None, None) => None,
            (None, Some(_)) => return wrong("takes no body".to_owned()),
            (Some(component), None) => return wrong(format!("needs a body, a {component}")),
            (Some(component), Some(json)) => match api::read_body(component, json) {
                Some(Ok(body)) => Some(body),
                Some(Err(invalid)) => return wrong(invalid.to_string()),
                // Each operation's body is in that table.
                None => Some(serde_json::from_str(json).unwrap_or(Value::Null)),
            },
        };
        self.raw(operation.method, &address, body)
    }
}

/// The path with the values of its parameters.
fn filled(operation: &Operation, values: &[(&str, &str)]) -> Result<String, String> {
    let mut path = String::new();
    for part in operation.path.split('/').skip(1) {
        let name = part.strip_prefix('{').and_then(|part| part.strip_suffix('}'));
        let value = match name.map(|name| (name, values.iter().find(|(given, _)| *given == name))) {
            None => part.to_owned(),
            Some((_, Some((_, value)))) if !matches!(*value, "" | "." | "..") => escaped(value),
            Some((name, Some((_, value)))) => {
                return Err(format!("{value:?} cannot be the {name} of a path"));
            }
            Some((name, None)) => return Err(format!("needs a value for {name}")),
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
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'~');
    text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
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
        let client = Client::builder().build().unwrap();
        let wrong = |id: &str, body| client.operation(id, &[], body).map(drop).unwrap_err().to_string();
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
