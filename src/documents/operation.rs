use serde_json::Value;

use super::{Document, Placed};
use crate::place::escape;

/// Which side of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Part {
    /// What is sent to the service.
    Request,
    /// What it answers.
    Response,
}

/// One operation as the document has it.
#[derive(Debug, Clone)]
pub struct DocumentOperation<'a> {
    document: &'a Document,
    method: &'a str,
    path: &'a str,
    value: &'a Value,
}

/// The keys of a path item that are methods.
const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

pub(super) fn all(document: &Document) -> impl Iterator<Item = DocumentOperation<'_>> {
    let paths = document.root().get("paths").and_then(Value::as_object);
    paths.into_iter().flatten().flat_map(move |(path, item)| {
        let methods = item.as_object().into_iter().flatten();
        methods
            .filter(|(method, _)| METHODS.contains(&method.as_str()))
            .map(move |(method, value)| DocumentOperation { document, method, path, value })
    })
}

impl<'a> DocumentOperation<'a> {
    /// Its `operationId`.
    #[must_use]
    pub fn id(&self) -> &'a str {
        self.value.get("operationId").and_then(Value::as_str).unwrap_or_default()
    }

    /// HTTP method, in small letters as the document has it.
    #[must_use]
    pub fn method(&self) -> &'a str {
        self.method
    }

    /// Path below the base URL; `{name}` stands for a parameter.
    #[must_use]
    pub fn path(&self) -> &'a str {
        self.path
    }

    /// The operation itself.
    #[must_use]
    pub fn value(&self) -> &'a Value {
        self.value
    }

    /// JSON pointer of the operation.
    #[must_use]
    pub fn pointer(&self) -> String {
        format!("/paths/{}/{}", escape(self.path), self.method)
    }

    /// Its parameters, references followed.
    pub fn parameters(&self) -> impl Iterator<Item = Placed<'a>> {
        let at = self.pointer();
        let document = self.document;
        let parameters = self.value.get("parameters").and_then(Value::as_array);
        parameters.into_iter().flatten().enumerate().map(move |(index, value)| {
            document.resolve(Placed { pointer: format!("{at}/parameters/{index}"), value })
        })
    }

    /// Schema of the request body, by media type.
    #[must_use]
    pub fn request_schema(&self) -> Option<(&'a str, Placed<'a>)> {
        let at = format!("{}/requestBody", self.pointer());
        self.content(self.document.resolve(Placed { pointer: at, value: self.value.get("requestBody")? }))
    }

    /// Schema of an answer with that HTTP status, by media type; the exact status goes before its class, that before `default`.
    #[must_use]
    pub fn response_schema(&self, status: u16) -> Option<(&'a str, Placed<'a>)> {
        let responses = self.value.get("responses")?;
        let class = format!("{}XX", status / 100);
        let keys = [status.to_string(), class, "default".to_owned()];
        let (key, value) = keys.iter().find_map(|key| Some((key, responses.get(key)?)))?;
        let at = format!("{}/responses/{key}", self.pointer());
        self.content(self.document.resolve(Placed { pointer: at, value }))
    }

    /// Schema of the answer that tells success.
    #[must_use]
    pub fn success_schema(&self) -> Option<(&'a str, Placed<'a>)> {
        let keys = self.value.get("responses")?.as_object()?.keys();
        let success = keys.map(String::as_str).find(|key| key.starts_with('2'))?;
        self.response_schema(success.parse().unwrap_or(200))
    }

    fn content(&self, part: Placed<'a>) -> Option<(&'a str, Placed<'a>)> {
        let (kind, media) = part.value.get("content")?.as_object()?.iter().next()?;
        let at = format!("{}/content/{}/schema", part.pointer, escape(kind));
        Some((kind, self.document.resolve(Placed { pointer: at, value: media.get("schema")? })))
    }
}
