//! The two OpenAPI documents themselves, as they were when this crate was built: what the local server, the validator and
//! the command line go by.
//!
//! ```
//! use tradebind::documents::document;
//! use tradebind::exchange::ServiceName;
//!
//! let document = document(ServiceName::HkTrade);
//! let (operation, _) = document.route("GET", "/api/get").unwrap();
//! assert_eq!(operation.id(), "get_trade");
//! let schema = document.schema("TradeResponse").unwrap(); // JSON Schema 2020-12, standing alone
//! assert!(schema["$defs"]["Row"].is_object());
//! ```

mod operation;
mod schema;

pub use operation::{DocumentOperation, Part};

use std::borrow::Cow;
use std::fmt;
use std::sync::OnceLock;

use serde_json::Value;

use crate::exchange::ServiceName;
use crate::path_template;

/// Every service that has a document.
pub const SERVICES: [ServiceName; 2] = [ServiceName::HkTrade, ServiceName::Tradewind];

/// One OpenAPI document.
#[derive(Debug)]
pub struct Document {
    service: ServiceName,
    yaml: Cow<'static, str>,
    root: Value,
}

/// A part of a document, and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Placed<'a> {
    /// JSON pointer from the document's root.
    pub pointer: String,
    /// What stands there.
    pub value: &'a Value,
}

/// The document of a service; read once.
#[must_use]
pub fn document(service: ServiceName) -> &'static Document {
    static HK_TRADE: OnceLock<Document> = OnceLock::new();
    static TRADEWIND: OnceLock<Document> = OnceLock::new();
    let (cell, yaml, json) = match service {
        ServiceName::HkTrade => (
            &HK_TRADE,
            include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/spec/hk-trade.yaml")),
            include_str!(concat!(env!("OUT_DIR"), "/hk_trade.json")),
        ),
        ServiceName::Tradewind => (
            &TRADEWIND,
            include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/spec/tradewind.yaml")),
            include_str!(concat!(env!("OUT_DIR"), "/tradewind.json")),
        ),
    };
    // The build script wrote that JSON from the document: it can be read, or nothing would have been built.
    cell.get_or_init(|| Document {
        service,
        yaml: yaml.into(),
        root: serde_json::from_str(json).unwrap_or_default(),
    })
}

impl Document {
    /// A document from somewhere else: one under way, or changed for a test.
    ///
    /// ```
    /// use tradebind::documents::{Document, document};
    /// use tradebind::exchange::ServiceName;
    ///
    /// let mut root = document(ServiceName::Tradewind).root().clone();
    /// root["paths"]["/api/new"]["get"] = serde_json::json!({
    ///     "operationId": "new",
    ///     "responses": { "200": { "description": "New.", "content": { "text/plain": { "example": "hello" } } } },
    /// });
    /// let changed = Document::new(ServiceName::Tradewind, root)?;
    /// assert_eq!(changed.route("GET", "/api/new").unwrap().0.id(), "new");
    /// # Ok::<(), tradebind::documents::InvalidDocument>(())
    /// ```
    ///
    /// # Errors
    /// What is no OpenAPI 3.0 document with paths, or refers to what is not there; every such place is named. The
    /// rules of `cargo xtask lint` are not asked for.
    pub fn new(service: ServiceName, root: Value) -> Result<Self, InvalidDocument> {
        let mut problems = Vec::new();
        if !root.get("openapi").and_then(Value::as_str).is_some_and(|version| version.starts_with("3.0.")) {
            problems.push("/openapi is not 3.0.x".to_owned());
        }
        if !root.get("paths").is_some_and(Value::is_object) {
            problems.push("/paths is no object".to_owned());
        }
        dangling(&root, &root, "", &mut problems);
        if !problems.is_empty() {
            return Err(InvalidDocument { service, problems });
        }
        Ok(Self { service, yaml: root.to_string().into(), root })
    }

    /// Whose document it is.
    #[must_use]
    pub fn service(&self) -> ServiceName {
        self.service
    }

    /// Where it lies in the repository.
    #[must_use]
    pub fn path(&self) -> String {
        format!("spec/{}.yaml", self.service)
    }

    /// Its text; JSON, which is YAML too, for a document that was made by [`Document::new`].
    #[must_use]
    pub fn yaml(&self) -> &str {
        &self.yaml
    }

    /// The same as JSON.
    #[must_use]
    pub fn root(&self) -> &Value {
        &self.root
    }

    /// Every operation, by path and method.
    pub fn operations(&self) -> impl Iterator<Item = DocumentOperation<'_>> {
        operation::all(self)
    }

    /// The operation of that `operationId`.
    #[must_use]
    pub fn operation(&self, id: &str) -> Option<DocumentOperation<'_>> {
        self.operations().find(|operation| operation.id() == id)
    }

    /// The operation that a request means, and the values of the path's parameters. A path without parameters goes before one
    /// with them, and `{id}.json` before `{id}`.
    #[must_use]
    pub fn route(&self, method: &str, path: &str) -> Option<(DocumentOperation<'_>, Vec<(String, String)>)> {
        let fits = |operation: DocumentOperation<'_>| {
            let values = path_template::values(operation.path(), path)?;
            operation.method().eq_ignore_ascii_case(method).then_some(values)
        };
        self.operations()
            .filter_map(|operation| Some((operation.clone(), fits(operation)?)))
            .min_by_key(|(_, values)| path_template::looseness(values))
    }

    /// What a part means: the target of its `$ref`, however many there are, or itself.
    #[must_use]
    pub fn resolve<'a>(&'a self, part: Placed<'a>) -> Placed<'a> {
        let mut part = part;
        // The lint refuses a reference to nothing; a circle of bare references ends at the bound.
        for _ in 0..self.component_names().count().max(1) {
            let target =
                part.value.get("$ref").and_then(Value::as_str).and_then(|target| target.strip_prefix('#'));
            let Some(target) = target else { break };
            let Some(value) = self.root.pointer(target) else { break };
            part = Placed { pointer: target.to_owned(), value };
        }
        part
    }

    /// What stands at a JSON pointer.
    #[must_use]
    pub fn at(&self, pointer: &str) -> Option<Placed<'_>> {
        self.root.pointer(pointer).map(|value| Placed { pointer: pointer.to_owned(), value })
    }

    /// Names of the components that are schemas.
    pub fn component_names(&self) -> impl Iterator<Item = &str> {
        let schemas = self.root.pointer("/components/schemas").and_then(Value::as_object);
        schemas.into_iter().flat_map(|schemas| schemas.keys().map(String::as_str))
    }

    /// The component that a misspelt name may mean.
    #[must_use]
    pub fn nearest_component(&self, name: &str) -> Option<&str> {
        crate::near::nearest(name, self.component_names())
    }

    /// A component as JSON Schema 2020-12 that stands alone: what it refers to lies under `$defs`, `nullable` became a type.
    #[must_use]
    pub fn schema(&self, component: &str) -> Option<Value> {
        schema::standing_alone(self, component)
    }
    /// Any schema of the document as [`Document::schema`] gives a component.
    #[must_use]
    pub fn schema_at(&self, part: &Placed<'_>) -> Value {
        schema::placed(self, part)
    }
}

/// Tells the references that lead to nothing.
fn dangling(root: &Value, part: &Value, at: &str, problems: &mut Vec<String>) {
    match part {
        Value::Object(members) => {
            for (name, value) in members {
                let at = format!("{at}/{}", crate::place::escape(name));
                match value.as_str().filter(|_| name == "$ref") {
                    Some(target) if target.strip_prefix('#').and_then(|to| root.pointer(to)).is_none() => {
                        problems.push(format!("{at}: {target:?} leads to nothing"));
                    }
                    _ => dangling(root, value, &at, problems),
                }
            }
        }
        Value::Array(items) => {
            for (i, item) in items.iter().enumerate() {
                dangling(root, item, &format!("{at}/{i}"), problems);
            }
        }
        _ => {}
    }
}

/// What is no document, with every reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidDocument {
    service: ServiceName,
    problems: Vec<String>,
}

impl fmt::Display for InvalidDocument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no document of {}: {}", self.service, self.problems.join("; "))
    }
}

impl std::error::Error for InvalidDocument {}
