//! Rules that a document must keep before the generator sees it.
//!
//! The generator panics on much of what it does not support and silently drops the rest, so each rule here
//! stands for one such surprise, or for a promise of ours: answers lenient, requests strict, evidence told.
//! `cargo xtask lint` runs the same code.

#[path = "lint_schemas.rs"]
mod schemas;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::document::escape;

/// A broken rule, and where.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// JSON pointer into the document.
    pub pointer: String,
    /// Name of the rule.
    pub rule: &'static str,
    /// What is wrong and what to do.
    pub message: String,
}

/// What the rules need to know beside the document.
pub struct Context<'a> {
    /// Components that a hand-written type replaces.
    pub replaced: &'a [&'a str],
    /// Loads a JSON file named relative to `spec/`.
    pub file: &'a dyn Fn(&str) -> Option<Value>,
}

/// How an operation may be known.
pub const EVIDENCE: [&str; 5] = ["documented", "vendor", "observed", "reported", "conflict"];
/// How an operation may be billed.
pub const BILLING: [&str; 4] = ["free", "per-call", "per-item", "unknown"];

const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/// What may stand in an operation.
const OPERATION: [&str; 14] = [
    "deprecated",
    "description",
    "externalDocs",
    "operationId",
    "parameters",
    "requestBody",
    "responses",
    "security",
    "summary",
    "tags",
    "x-billing",
    "x-credits",
    "x-evidence",
    "x-exchanges",
];
/// What may stand in a parameter.
const PARAMETER: [&str; 8] =
    ["description", "example", "explode", "in", "name", "required", "schema", "style"];

/// Checks every rule; the findings come in the order of their pointers.
pub fn lint(root: &Value, context: &Context<'_>) -> Vec<Finding> {
    let mut lint = Lint { root, context, findings: Vec::new() };
    lint.head();
    lint.references(root, "#");
    lint.operations();
    lint.components();
    lint.findings.sort();
    lint.findings.dedup();
    lint.findings
}

/// Components reachable from `roots` without passing through one of `closed`, those included.
pub fn reach(root: &Value, roots: &[&Value], closed: &[&str]) -> BTreeSet<String> {
    let mut seen = BTreeSet::new();
    let mut queue: Vec<&Value> = roots.to_vec();
    while let Some(value) = queue.pop() {
        match value {
            Value::Object(object) => {
                if let Some(name) = component(value)
                    && seen.insert(name.to_owned())
                    && !closed.contains(&name)
                {
                    queue.extend(root.pointer(&format!("/components/schemas/{name}")));
                }
                queue.extend(object.values());
            }
            Value::Array(items) => queue.extend(items),
            _ => {}
        }
    }
    seen
}

/// The schemas on the request side (parameters and bodies) and on the answer side.
pub fn sides(root: &Value) -> (Vec<&Value>, Vec<&Value>) {
    let mut requests: Vec<&Value> = root.pointer("/components/parameters").into_iter().collect();
    let mut answers = Vec::new();
    for (_, _, _, operation) in operations(root) {
        requests.extend(operation.get("parameters").into_iter().chain(operation.get("requestBody")));
        answers.extend(operation.get("responses"));
    }
    (requests, answers)
}

/// Every operation: path, method, pointer, operation.
pub fn operations(root: &Value) -> Vec<(&str, &str, String, &Value)> {
    let mut all = Vec::new();
    for (path, item) in entries(root.get("paths")) {
        for (method, operation) in entries(Some(item)) {
            if METHODS.contains(&method.as_str()) {
                all.push((
                    path.as_str(),
                    method.as_str(),
                    format!("#/paths/{}/{method}", escape(path)),
                    operation,
                ));
            }
        }
    }
    all
}

/// The component that a reference names.
pub fn component(schema: &Value) -> Option<&str> {
    schema.get("$ref")?.as_str()?.strip_prefix("#/components/schemas/")
}

fn entries(value: Option<&Value>) -> impl Iterator<Item = (&String, &Value)> {
    value.and_then(Value::as_object).into_iter().flat_map(Map::iter)
}

fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key).and_then(Value::as_str)
}

/// Where a schema is used.
#[derive(Clone, Copy)]
struct Side {
    request: bool,
    answer: bool,
}

struct Lint<'a> {
    root: &'a Value,
    context: &'a Context<'a>,
    findings: Vec<Finding>,
}

impl<'a> Lint<'a> {
    fn find(&mut self, rule: &'static str, pointer: &str, message: impl Into<String>) {
        self.findings.push(Finding { pointer: pointer.to_owned(), rule, message: message.into() });
    }

    fn resolve(&self, value: &'a Value) -> &'a Value {
        let target = text(value, "$ref").and_then(|r| r.strip_prefix('#')).and_then(|p| self.root.pointer(p));
        target.unwrap_or(value)
    }

    fn head(&mut self) {
        let version = text(self.root, "openapi").unwrap_or_default();
        if !version.starts_with("3.0.") {
            self.find(
                "openapi-version",
                "#/openapi",
                format!("is `{version}`; the generator reads 3.0.x only"),
            );
        }
        let version = self.root.pointer("/info/version").and_then(Value::as_str).unwrap_or_default();
        if version.is_empty() || !version.is_ascii() {
            self.find(
                "ascii-version",
                "#/info/version",
                "must be a non-empty ASCII text: it becomes a header value",
            );
        }
        let names = self.root.pointer("/components/schemas");
        for name in self.context.replaced {
            if names.and_then(|schemas| schemas.get(name)).is_none() {
                let message =
                    format!("`{name}` has a hand-written type in build/generate.rs but is not declared here");
                self.find("replacement", "#/components/schemas", message);
            }
        }
    }

    fn references(&mut self, value: &Value, at: &str) {
        match value {
            Value::Object(object) => {
                if let Some(target) = object.get("$ref").and_then(Value::as_str) {
                    let found =
                        target.strip_prefix('#').is_some_and(|pointer| self.root.pointer(pointer).is_some());
                    if !found {
                        let message = format!(
                            "`{target}` names nothing in this document; only local references are read"
                        );
                        self.find("ref-target", at, message);
                    }
                    if object.len() > 1 {
                        let message = "what stands beside `$ref` is ignored; put the reference into `allOf`";
                        self.find("ref-sibling", at, message);
                    }
                }
                for (key, inner) in object {
                    self.references(inner, &format!("{at}/{}", escape(key)));
                }
            }
            Value::Array(items) => {
                for (i, inner) in items.iter().enumerate() {
                    self.references(inner, &format!("{at}/{i}"));
                }
            }
            _ => {}
        }
    }

    fn operations(&mut self) {
        for (path, item) in entries(self.root.get("paths")) {
            if item.get("$ref").is_some() {
                self.find(
                    "path-ref",
                    &format!("#/paths/{}", escape(path)),
                    "a path may not be a reference; write it out",
                );
            }
            if item.get("parameters").is_some() {
                self.find(
                    "path-parameters",
                    &format!("#/paths/{}", escape(path)),
                    "parameters stand in each operation: those of a path escape the other rules",
                );
            }
        }
        let mut ids = BTreeMap::new();
        for (path, _, at, operation) in operations(self.root) {
            let id = text(operation, "operationId").unwrap_or_default();
            let snake = id.starts_with(|c: char| c.is_ascii_lowercase())
                && id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
            if !snake {
                self.find("operation-id", &at, format!("operationId `{id}` is not snake_case"));
            } else if let Some(first) = ids.insert(id, at.clone()) {
                self.find("operation-id", &at, format!("operationId `{id}` is taken by {first}"));
            }
            self.choice(operation, &at, "x-evidence", &EVIDENCE);
            self.choice(operation, &at, "x-billing", &BILLING);
            self.credits(operation, &at);
            if operation.pointer("/externalDocs/url").is_none() {
                self.find("evidence", &at, "names no externalDocs: tell where the operation is documented");
            }
            for (i, name) in
                operation.get("x-exchanges").and_then(Value::as_array).into_iter().flatten().enumerate()
            {
                self.example(name, &format!("{at}/x-exchanges/{i}"));
            }
            self.keywords(operation, &at, &OPERATION);
            self.described(operation, &at);
            self.parameters(path, operation, &at);
            self.request_body(operation, &at);
            self.responses(operation, &at);
        }
    }

    fn choice(&mut self, operation: &Value, at: &str, key: &str, choices: &[&str]) {
        let value = text(operation, key).unwrap_or("nothing");
        if !choices.contains(&value) {
            self.find("evidence", at, format!("{key} is `{value}`, expected one of {}", choices.join(", ")));
        }
    }

    /// A price is text, so that no reader rounds it, and stands only where a call has one.
    fn credits(&mut self, operation: &Value, at: &str) {
        let Some(credits) = operation.get("x-credits") else { return };
        let at = format!("{at}/x-credits");
        let number = |text: &str| {
            let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
            [whole, fraction].iter().all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
        };
        if !credits.as_str().is_some_and(number) {
            self.find("credits", &at, "must be a decimal number as text, such as '0.14'");
        } else if text(operation, "x-billing") != Some("per-call") {
            self.find("credits", &at, "stands only where x-billing is per-call");
        }
    }

    fn example(&mut self, name: &Value, at: &str) {
        let (file, pointer) = name
            .as_str()
            .unwrap_or_default()
            .split_once('#')
            .unwrap_or((name.as_str().unwrap_or_default(), ""));
        match (self.context.file)(file) {
            None => self.find("example-file", at, format!("spec/{file} is not there or is not JSON")),
            Some(json) if json.pointer(pointer).is_none() => {
                self.find("example-file", at, format!("spec/{file} holds nothing at `{pointer}`"));
            }
            Some(_) => {}
        }
    }

    fn parameters(&mut self, path: &str, operation: &'a Value, at: &str) {
        let mut in_path = BTreeSet::new();
        for (i, raw) in
            operation.get("parameters").and_then(Value::as_array).into_iter().flatten().enumerate()
        {
            let at = match text(raw, "$ref") {
                Some(target) => target.to_owned(),
                None => format!("{at}/parameters/{i}"),
            };
            let parameter = self.resolve(raw);
            self.keywords(parameter, &at, &PARAMETER);
            let name = text(parameter, "name").unwrap_or_default();
            if name.is_empty() {
                self.find("parameter", &at, "has no name");
            }
            self.described(parameter, &at);
            match text(parameter, "in") {
                Some("path") => _ = in_path.insert(name),
                Some("query" | "header") => {}
                other => self.find(
                    "parameter",
                    &at,
                    format!("`in: {}` is not supported", other.unwrap_or("nothing")),
                ),
            }
            if let Some(style) = text(parameter, "style").filter(|style| !["form", "simple"].contains(style))
            {
                self.find("parameter", &at, format!("`style: {style}` is not supported"));
            }
            let Some(schema) = parameter.get("schema") else {
                self.find("parameter", &at, "has no schema");
                continue;
            };
            let list = text(self.resolve(schema), "type") == Some("array");
            let ours = component(schema).is_some_and(|name| self.context.replaced.contains(&name));
            if list && (!ours || parameter.get("explode") != Some(&Value::Bool(false))) {
                let message = "a list needs `explode: false` and a hand-written type in build/generate.rs: the generator would repeat the key";
                self.find("comma-list", &at, message);
            }
            self.schema(schema, &format!("{at}/schema"), Side { request: true, answer: false }, false);
        }
        let template: BTreeSet<&str> =
            path.split('/').filter_map(|s| s.strip_prefix('{')?.strip_suffix('}')).collect();
        if template != in_path {
            self.find(
                "parameter",
                at,
                format!("the path has {template:?}, the path parameters are {in_path:?}"),
            );
        }
    }

    fn request_body(&mut self, operation: &'a Value, at: &str) {
        let Some(body) = operation.get("requestBody") else { return };
        let media: Vec<_> = entries(body.get("content")).collect();
        match media.as_slice() {
            [(kind, media)] if kind.as_str() == "application/json" => {
                if media.get("schema").and_then(component).is_none() {
                    self.find("request-body", at, "its schema must be a reference to a component");
                }
                self.media_examples(media, &format!("{at}/requestBody/content/application~1json"));
            }
            _ => self.find("request-body", at, "must have one media type, application/json"),
        }
    }

    fn media_examples(&mut self, media: &Value, at: &str) {
        for (name, example) in entries(media.get("examples")) {
            let at = format!("{at}/examples/{}", escape(name));
            match example.get("externalValue") {
                Some(value) => self.example(value, &at),
                None => {
                    self.find("example-file", &at, "must name its file under spec/examples by externalValue")
                }
            }
        }
    }

    fn responses(&mut self, operation: &'a Value, at: &str) {
        let (mut success, mut failure) = (BTreeSet::new(), BTreeSet::new());
        for (status, response) in entries(operation.get("responses")) {
            let at = format!("{at}/responses/{status}");
            self.described(response, &at);
            if status == "default" {
                self.find(
                    "response-types",
                    &at,
                    "`default` counts as success and as failure; write 2XX, 4XX and 5XX",
                );
            }
            let mut side = |ty| match status.as_bytes().first() {
                Some(b'2') => _ = success.insert(ty),
                Some(b'4' | b'5') => _ = failure.insert(ty),
                _ => {}
            };
            if entries(response.get("content")).next().is_none() {
                side("nothing");
            }
            for (kind, media) in entries(response.get("content")) {
                let at = format!("{at}/content/{}", escape(kind));
                let schema = media.get("schema");
                if kind == "application/json" && schema.and_then(component).is_none() {
                    self.find(
                        "response-schema",
                        &at,
                        "must have a schema that refers to a component: inline ones are merged silently",
                    );
                }
                self.media_examples(media, &at);
                side(if kind == "application/json" {
                    schema.and_then(component).unwrap_or("?")
                } else {
                    kind
                });
            }
        }
        for (side, types) in [("success", &success), ("failure", &failure)] {
            if types.len() != 1 {
                let message =
                    format!("the {side} side has the types {types:?}; the generator needs exactly one");
                self.find("response-types", &format!("{at}/responses"), message);
            }
        }
    }

    fn keywords(&mut self, value: &Value, at: &str, known: &[&str]) {
        for (key, _) in entries(Some(value)).filter(|(key, _)| !known.contains(&key.as_str())) {
            self.find("keyword", at, format!("`{key}` is not one of {}", known.join(", ")));
        }
    }

    fn described(&mut self, value: &Value, at: &str) {
        match text(value, "description") {
            None | Some("") => {
                self.find("description", at, "has no description; it becomes the documentation of the type")
            }
            Some(text) if text.contains("```") || text.lines().any(|line| line.starts_with("    ")) => {
                self.find(
                    "description",
                    at,
                    "an indented or fenced block would be run as a test; write plain text",
                );
            }
            Some(_) => {}
        }
    }
}
