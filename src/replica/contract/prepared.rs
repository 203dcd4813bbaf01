//! An answer that fits the document, made once.

use hyper::StatusCode;
use hyper::body::Bytes;
use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use jsonschema::Validator;
use serde_json::{Value, json};

use super::check::is_json;
use super::example;
use super::shape::Shaper;
use crate::documents::{Document, DocumentOperation, Placed};
use crate::place::escape;
use crate::replica::answer::{self, Answer};
use crate::replica::seeded;

/// How often data are made anew that break a rule which only a look at the whole shows, such as `oneOf`.
const TRIES: u64 = 16;

/// Where an answer comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::replica) enum Origin {
    /// The document's own example.
    Example,
    /// Data in the shape of the schema.
    Made,
}

/// What an operation answers.
#[derive(Debug)]
pub(in crate::replica) struct Prepared {
    pub(in crate::replica) origin: Origin,
    pub(in crate::replica) status: StatusCode,
    /// Whether the document tells that very status, and not only its class.
    pub(in crate::replica) status_told: bool,
    /// The body as JSON; the text of another body as a JSON text.
    pub(in crate::replica) value: Value,
    /// Whether the body is JSON.
    pub(in crate::replica) is_json: bool,
    /// What the body must satisfy, where it is JSON and the document tells its shape.
    schema: Option<Validator>,
    headers: HeaderMap,
    body: Bytes,
}

impl Prepared {
    pub(super) fn read(
        document: &Document,
        operation: &DocumentOperation<'_>,
        seed: u64,
    ) -> Result<Self, String> {
        let at = format!("{}/responses", operation.pointer());
        let all = operation.value().get("responses").and_then(Value::as_object);
        let keys = || all.into_iter().flat_map(|all| all.keys().map(String::as_str));
        let key = keys().find(|key| key.starts_with('2')).or_else(|| keys().find(|key| *key == "default"));
        let key = key.ok_or("/responses tells no success")?;
        let value = all.and_then(|all| all.get(key)).unwrap_or(&Value::Null);
        let response = document.resolve(Placed { pointer: format!("{at}/{key}"), value });

        let content = response.value.get("content").and_then(Value::as_object);
        let content = content.and_then(|content| content.iter().next());
        let (mut example, mut schema) = (None, None);
        let mut value = Value::Null;
        let mut headers = declared_headers(document, &response, seed)?;
        if let Some((media, body)) = content {
            let part =
                Placed { pointer: format!("{}/content/{}", response.pointer, escape(media)), value: body };
            example = example::of(document, &part);
            let told = body
                .get("schema")
                .map(|value| document.resolve(Placed { pointer: format!("{}/schema", part.pointer), value }));
            value = match (&example, &told) {
                (Some(example), _) => example.value.clone(),
                (None, Some(schema)) => made(document, schema, seed, operation.id())?,
                (None, None) => Value::Null,
            };
            if let Some(told) = told.filter(|_| is_json(media)) {
                let validator = validator(document, &told)?;
                validator.validate(&value).map_err(|e| {
                    format!("the answer's example breaks its schema at {:?}: {e}", e.instance_path().as_str())
                })?;
                schema = Some(validator);
            }
            let kind = media.parse().map_err(|_| format!("{}: {media:?} is no media type", part.pointer))?;
            headers.insert(CONTENT_TYPE, kind);
        }
        let recorded = example.as_ref().and_then(|example| example.status);
        // Of a class, the one POST that is documented answers 201; a read answers 200.
        let usual = if operation.method() == "post" { 201 } else { 200 };
        let told = key.parse().ok().or(recorded);
        let status =
            StatusCode::from_u16(told.unwrap_or(usual)).map_err(|e| format!("/responses/{key}: {e}"))?;
        let is_json = content.is_some_and(|(media, _)| is_json(media));
        let body = match (content, &value) {
            (None, _) => Bytes::new(),
            (Some(_), Value::String(text)) if !is_json => text.clone().into(),
            (Some(_), value) => value.to_string().into(),
        };
        let origin = if example.is_some() { Origin::Example } else { Origin::Made };
        Ok(Self { origin, status, status_told: told.is_some(), value, is_json, schema, headers, body })
    }

    fn fits(&self, answer: &Value) -> bool {
        self.schema.as_ref().is_none_or(|schema| schema.is_valid(answer))
    }

    /// Puts a value in the place of one that is there, if the answer then still is what the document asks for. Tells
    /// whether it did.
    pub(in crate::replica) fn set(&self, answer: &mut Value, at: &str, value: Value) -> bool {
        let Some(member) = answer.pointer_mut(at) else { return false };
        let before = std::mem::replace(member, value);
        self.fits(answer) || {
            if let Some(member) = answer.pointer_mut(at) {
                *member = before;
            }
            false
        }
    }

    /// Takes a member away, if the answer then still is what the document asks for.
    pub(in crate::replica) fn remove(&self, answer: &mut Value, name: &str) -> bool {
        let Some(before) = answer.as_object_mut().and_then(|members| members.remove(name)) else {
            return false;
        };
        self.fits(answer) || {
            if let Some(members) = answer.as_object_mut() {
                members.insert(name.to_owned(), before);
            }
            false
        }
    }

    /// Whether the document says nothing of a part of the answer, which then may be anything.
    pub(in crate::replica) fn is_untold(&self, at: &str) -> bool {
        let mut answer = self.value.clone();
        let anything = [json!(0), json!(""), json!([]), json!({})];
        anything.into_iter().all(|any| self.set(&mut answer, at, any))
    }

    /// The answer as it is.
    pub(in crate::replica) fn answer(&self) -> Answer {
        self.with(self.body.clone())
    }

    /// The answer with another body.
    pub(in crate::replica) fn with(&self, body: Bytes) -> Answer {
        let mut made = answer::bare(self.status, body);
        *made.headers_mut() = self.headers.clone();
        made
    }

    /// What of it the document does not tell.
    pub(in crate::replica) fn assumed(&self) -> Vec<&'static str> {
        let data = (self.origin == Origin::Made && !self.body.is_empty()).then_some("data");
        data.into_iter().chain((!self.status_told).then_some("status")).collect()
    }
}

fn validator(document: &Document, schema: &Placed<'_>) -> Result<Validator, String> {
    let text = document.schema_at(schema);
    jsonschema::draft202012::new(&text).map_err(|e| format!("the schema at {}: {e}", schema.pointer))
}

/// Data in the shape of a schema, that satisfy it.
fn made(document: &Document, schema: &Placed<'_>, seed: u64, id: &str) -> Result<Value, String> {
    let wrong = |problem: String| format!("the schema at {}: {problem}", schema.pointer);
    let validator = validator(document, schema)?;
    let mut problem = String::new();
    for try_ in 0..TRIES {
        let rng = seeded::rng(seed, &[id.as_bytes(), schema.pointer.as_bytes(), &try_.to_le_bytes()]);
        let value = Shaper::new(document, rng).value(schema.value);
        match validator.validate(&value) {
            Ok(()) => return Ok(value),
            Err(e) if e.instance_path().as_str().is_empty() => problem = e.to_string(),
            Err(e) => problem = format!("at {}: {e}", e.instance_path()),
        }
    }
    Err(wrong(format!("no data could be made that fit it ({problem}); give the answer an example")))
}

/// The headers that an answer promises.
fn declared_headers(document: &Document, response: &Placed<'_>, seed: u64) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::new();
    let declared = response.value.get("headers").and_then(Value::as_object);
    for (name, value) in declared.into_iter().flatten() {
        let part =
            document.resolve(Placed { pointer: format!("{}/headers/{name}", response.pointer), value });
        let value = match (part.value.get("example"), part.value.get("schema")) {
            (Some(example), _) => example.clone(),
            (None, Some(value)) => {
                let schema = Placed { pointer: format!("{}/schema", part.pointer), value };
                made(document, &document.resolve(schema), seed, name)?
            }
            (None, None) => continue,
        };
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let sent = name.parse::<HeaderName>().ok().zip(HeaderValue::from_str(&text).ok());
        let (name, value) =
            sent.ok_or_else(|| format!("{}: {text:?} cannot be sent as a header", part.pointer))?;
        headers.insert(name, value);
    }
    Ok(headers)
}
