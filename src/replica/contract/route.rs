//! Which operation a request means, and which is nearest when it means none.

use hyper::{Method, StatusCode};

use super::{Contract, Operation};
use crate::path_template::{looseness, part_value, values};

/// How much of a path is compared; a longer one is like none anyway.
const COMPARED: usize = 400;

/// A request that means no operation.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::replica) struct Unmatched {
    /// 405 where the path is one with other methods, else 404.
    pub(in crate::replica) status: StatusCode,
    /// The methods of that path.
    pub(in crate::replica) allow: Option<String>,
    /// What does not fit, and the nearest operation.
    pub(in crate::replica) told: Vec<String>,
}

/// An operation with the values of its path's parameters.
pub(in crate::replica) type Matched<'a> = (&'a Operation, Vec<(String, String)>);

/// What a request means, or why that is nothing.
pub(in crate::replica) type Found<'a> = Result<Matched<'a>, Unmatched>;

impl Contract {
    /// The operation that a request means, and the values of its path's parameters.
    pub(in crate::replica) fn find(&self, method: &Method, path: &str) -> Found<'_> {
        let at_path = self.at_path(path);
        if let Some((operation, values)) = at_path.iter().find(|(operation, _)| operation.method == *method) {
            return Ok((operation, values.clone()));
        }
        let asked = format!("the replica of {} has no {method} {path:.COMPARED$}", self.service);
        if !at_path.is_empty() {
            let methods: Vec<_> = at_path.iter().map(|(operation, _)| operation.method.as_str()).collect();
            let told = vec![asked, format!("method: this path takes {}", methods.join(", "))];
            return Err(Unmatched {
                status: StatusCode::METHOD_NOT_ALLOWED,
                allow: Some(methods.join(", ")),
                told,
            });
        }
        let mut told = vec![asked];
        told.extend(self.nearest(method, path));
        Err(Unmatched { status: StatusCode::NOT_FOUND, allow: None, told })
    }

    /// Whether the document has anything at a path, whatever the method.
    pub(in crate::replica) fn knows(&self, path: &str) -> bool {
        !self.at_path(path).is_empty()
    }

    /// Every operation at a path, those that leave the least to parameters first.
    fn at_path(&self, path: &str) -> Vec<(&Operation, Vec<(String, String)>)> {
        let literal = self.literal.get(path).into_iter().flatten();
        let literal = literal.filter_map(|at| Some((self.operations.get(*at)?, Vec::new())));
        let templates = self.templates.iter().filter_map(|at| {
            let operation = self.operations.get(*at)?;
            Some((operation, values(&operation.path, path)?))
        });
        let mut all: Vec<_> = literal.chain(templates).collect();
        all.sort_by_key(|(_, values)| looseness(values));
        all
    }

    /// The operation whose method and path are the fewest edits away, and what differs.
    fn nearest(&self, method: &Method, path: &str) -> Vec<String> {
        let asked: String = path.chars().take(COMPARED).collect();
        let line = format!("{method} {asked}");
        let distance = |operation: &&Operation| {
            let known = format!("{} {}", operation.method, filled(&operation.path, &asked));
            strsim::damerau_levenshtein(&line, &known)
        };
        let Some(near) = self.operations.iter().min_by_key(distance) else {
            return vec!["its document has no operation".to_owned()];
        };
        let mut told = vec![format!("nearest is {} {} ({})", near.method, near.path, near.id)];
        if near.method != *method {
            told.push(format!("method: {method} is not {}", near.method));
        }
        told.push(apart(&asked, &near.path));
        told
    }
}

/// A path template with the parts of a path in the place of its parameters.
fn filled(template: &str, path: &str) -> String {
    let mut parts = path.split('/');
    let filled = template.split('/').map(|part| {
        let given = parts.next().unwrap_or_default();
        if part_value(part, given).is_some() { given } else { part }
    });
    filled.collect::<Vec<_>>().join("/")
}

/// Where two paths part.
fn apart(path: &str, template: &str) -> String {
    let (given, known): (Vec<_>, Vec<_>) = (path.split('/').collect(), template.split('/').collect());
    for (given, known) in given.iter().zip(&known) {
        if part_value(known, given).is_none() {
            return format!("path: {given:?} is not {known:?}");
        }
    }
    match known.get(given.len()..) {
        Some(missing) if !missing.is_empty() => {
            format!("path: \"/{}\" is missing at its end", missing.join("/"))
        }
        _ => {
            let beyond = given.get(known.len()..).unwrap_or_default().join("/");
            format!("path: \"/{beyond}\" is too much at its end")
        }
    }
}
