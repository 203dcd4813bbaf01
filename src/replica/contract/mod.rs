//! A document, made ready to serve: which operation a request means, whether it fits, and an answer that fits.
//!
//! All of the document is read once, when the server starts. What an operation answers is its documented example, or data
//! in the shape of its schema, which hang on the seed.

mod check;
mod example;
mod pattern;
mod prepared;
mod route;
mod shape;

pub(super) use check::{Asked, Checked, Problem};
pub(super) use prepared::{Origin, Prepared};
pub(super) use route::{Matched, Unmatched};

use std::collections::HashMap;

use hyper::Method;
use serde_json::Value;

use crate::documents::{Document, DocumentOperation};
use crate::domain::Credits;
use crate::path_template::is_plain;
use check::Checks;

/// What one document promises.
pub(super) struct Contract {
    service: String,
    operations: Vec<Operation>,
    /// Operations whose path has no parameters, by path.
    literal: HashMap<String, Vec<usize>>,
    /// Those whose path has some.
    templates: Vec<usize>,
}

/// One operation, as the server needs it.
pub(super) struct Operation {
    pub(super) id: String,
    pub(super) method: Method,
    pub(super) path: String,
    /// Whether the document asks for a key.
    pub(super) needs_key: bool,
    /// Whether the document says that it costs nothing.
    pub(super) free: bool,
    /// Credits of a call, where a charge is on record.
    pub(super) credits: Option<Credits>,
    pub(super) answer: Prepared,
    checks: Checks,
}

impl Contract {
    /// Reads a document.
    ///
    /// # Errors
    /// What cannot be served, with its place: a schema that is none, or one that no made-up data fit.
    pub(super) fn new(document: &Document, seed: u64) -> Result<Self, String> {
        let service = document.service().to_string();
        let mut made =
            Self { service, operations: Vec::new(), literal: HashMap::new(), templates: Vec::new() };
        for operation in document.operations() {
            let told = |problem| format!("{} of {}: {problem}", operation.pointer(), made.service);
            let prepared = Operation::read(document, &operation, seed).map_err(told)?;
            let at = made.operations.len();
            if prepared.path.contains('{') {
                made.templates.push(at);
            } else {
                made.literal.entry(prepared.path.clone()).or_default().push(at);
            }
            made.operations.push(prepared);
        }
        Ok(made)
    }
}

impl Contract {
    /// The ids of the operations.
    pub(super) fn ids(&self) -> impl Iterator<Item = &str> {
        self.operations.iter().map(|operation| operation.id.as_str())
    }
}

impl Operation {
    fn read(document: &Document, operation: &DocumentOperation<'_>, seed: u64) -> Result<Self, String> {
        let method = operation.method().to_ascii_uppercase();
        if !is_plain(operation.path()) {
            return Err(format!(
                "the path {:?} has more than one parameter between slashes",
                operation.path()
            ));
        }
        let text = |name: &str| operation.value().get(name).and_then(Value::as_str);
        let credits =
            text("x-credits").map(str::parse).transpose().map_err(|e| format!("/x-credits: {e}"))?;
        let security = operation.value().get("security").or_else(|| document.root().get("security"));
        // An empty requirement among several means that a caller may come without.
        let asks = |wanted: &Vec<Value>| {
            !wanted.is_empty() && wanted.iter().all(|one| one.as_object().is_some_and(|one| !one.is_empty()))
        };
        Ok(Self {
            id: match operation.id() {
                "" => format!("{method} {}", operation.path()),
                id => id.to_owned(),
            },
            path: operation.path().to_owned(),
            needs_key: security.and_then(Value::as_array).is_some_and(asks),
            free: text("x-billing") == Some("free"),
            credits,
            answer: Prepared::read(document, operation, seed)?,
            checks: Checks::read(document, operation)?,
            method: method.parse().map_err(|_| format!("{method} is no method"))?,
        })
    }

    /// Whether a request fits what the document asks for.
    pub(super) fn check(&self, asked: &Asked<'_>) -> Checked {
        self.checks.check(asked)
    }

    /// A body with the defaults of its schema for what it lacks: two requests that then are equal mean the same.
    pub(super) fn filled(&self, body: Option<&Value>) -> Option<Value> {
        self.checks.filled(body)
    }
}
