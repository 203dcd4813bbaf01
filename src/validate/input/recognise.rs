//! What a bare body is, by its shape.

use std::fmt;

use super::Sketch;
use crate::documents::{Document, DocumentOperation, Part, Placed};
use crate::validate::Subject;

/// A side of an operation that a body may be.
#[derive(Debug, Clone)]
pub(crate) struct Candidate {
    pub document: &'static Document,
    pub operation: DocumentOperation<'static>,
    pub part: Part,
    /// Its schema; `None` where a query is all there is.
    pub schema: Option<Placed<'static>>,
}

impl Candidate {
    pub fn subject(&self) -> Subject {
        Subject {
            service: self.document.service(),
            operation: self.operation.id().to_owned(),
            part: self.part,
        }
    }

    /// Both sides of an operation.
    pub fn of(document: &'static Document, operation: &DocumentOperation<'static>) -> Vec<Self> {
        let made = |part, schema| Self { document, operation: operation.clone(), part, schema };
        let mut sides = Vec::new();
        let request = operation.request_schema().map(|(_, schema)| schema);
        if request.is_some() || operation.parameters().next().is_some() {
            sides.push(made(Part::Request, request));
        }
        let json = operation.success_schema().filter(|(kind, _)| kind.contains("json"));
        sides.extend(json.map(|(_, schema)| made(Part::Response, Some(schema))));
        sides
    }
}

/// The options that mean it.
impl fmt::Display for Candidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = if self.part == Part::Request { "request" } else { "response" };
        let (service, id) = (self.document.service(), self.operation.id());
        write!(f, "--service {service} --operation {id} --part {part}")
    }
}

/// The candidates that a body fits best: one, or several that its shape cannot tell apart, or none.
pub(crate) fn by_shape(candidates: &[Candidate], sketch: &Sketch) -> Vec<Candidate> {
    let scored = candidates.iter().filter_map(|candidate| {
        let schema = candidate.schema.clone()?;
        let (known, unknown) = score(candidate.document, schema, sketch);
        (known > 0 && known >= unknown).then_some(((known, std::cmp::Reverse(unknown)), candidate))
    });
    let scored: Vec<_> = scored.collect();
    let best = scored.iter().map(|(score, _)| *score).max();
    scored
        .iter()
        .filter(|(score, _)| Some(*score) == best)
        .map(|(_, candidate)| (*candidate).clone())
        .collect()
}

/// How many fields of a body a schema declares, and how many it does not.
fn score(document: &'static Document, schema: Placed<'static>, sketch: &Sketch) -> (usize, usize) {
    let schema = document.resolve(schema);
    let inner = |key: &str, value| {
        score(document, Placed { pointer: format!("{}/{key}", schema.pointer), value }, sketch)
    };
    let mut total = (0, 0);
    for key in ["allOf", "anyOf", "oneOf"] {
        let branches = schema.value.get(key).and_then(serde_json::Value::as_array);
        let best =
            branches.into_iter().flatten().map(|value| inner(key, value)).max_by_key(|(known, _)| *known);
        total = best.unwrap_or(total);
    }
    match sketch {
        Sketch::Object(members) => {
            let Some(fields) = schema.value.get("properties") else { return total };
            for (name, member) in members {
                match fields.get(name) {
                    None => total.1 += 1,
                    Some(value) => {
                        let place = Placed { pointer: format!("{}/properties", schema.pointer), value };
                        let (known, unknown) = score(document, place, member);
                        total = (total.0 + 1 + known, total.1 + unknown);
                    }
                }
            }
            total
        }
        Sketch::List(Some(first)) => match schema.value.get("items") {
            Some(value) => {
                let place = Placed { pointer: format!("{}/items", schema.pointer), value };
                let (known, unknown) = score(document, place, first);
                (total.0 + known, total.1 + unknown)
            }
            None => total,
        },
        _ => total,
    }
}
