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

use std::sync::OnceLock;

use serde_json::Value;

use crate::exchange::ServiceName;

/// Every service that has a document.
pub const SERVICES: [ServiceName; 2] = [ServiceName::HkTrade, ServiceName::Tradewind];

/// One OpenAPI document.
#[derive(Debug)]
pub struct Document {
    service: ServiceName,
    yaml: &'static str,
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
    cell.get_or_init(|| Document { service, yaml, root: serde_json::from_str(json).unwrap_or_default() })
}

impl Document {
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

    /// Its text.
    #[must_use]
    pub fn yaml(&self) -> &'static str {
        self.yaml
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
    /// with them.
    #[must_use]
    pub fn route(&self, method: &str, path: &str) -> Option<(DocumentOperation<'_>, Vec<(String, String)>)> {
        let fits = |operation: DocumentOperation<'_>| {
            let values = operation::path_values(operation.path(), path)?;
            operation.method().eq_ignore_ascii_case(method).then_some(())?;
            Some((values.len(), values))
        };
        self.operations()
            .filter_map(|operation| Some((operation.clone(), fits(operation)?)))
            .min_by_key(|(_, (count, _))| *count)
            .map(|(operation, (_, values))| (operation, values))
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
}
