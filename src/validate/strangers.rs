//! Calls of a service's own host that its document does not have.

use std::collections::HashMap;

use reqwest::Url;

use super::diagnose::Fault;
use super::input::{Call, Within};
use super::judge::shown;
use crate::documents::Document;

/// Whether a host is one of the document's servers.
pub(super) fn is_own(document: &Document, host: &str) -> bool {
    let servers = document.root().pointer("/servers").and_then(serde_json::Value::as_array);
    servers.into_iter().flatten().any(|server| {
        let server = server["url"].as_str().and_then(|url| Url::parse(url).ok());
        server.is_some_and(|server| server.host_str() == Some(host))
    })
}

/// A call that its document does not have.
pub(super) struct Stranger {
    pub document: &'static Document,
    pub fault: Fault,
    pub within: Within,
}

/// Those of a file: each method and path once, however often it was called.
#[derive(Default)]
pub(super) struct Strangers {
    met: Vec<(Stranger, u64)>,
    known: HashMap<String, usize>,
}

impl Strangers {
    /// A call that was not routed: of a service's own host or of another's, of which nothing is told.
    pub fn meet(&mut self, documents: &[&'static Document], call: &Call) {
        let Some((url, position, pointer)) = &call.target else { return };
        let (Some(method), Ok(read)) = (call.method.as_deref(), Url::parse(url)) else { return };
        let host = read.host_str().unwrap_or_default();
        let own = documents.iter().find(|document| is_own(document, host));
        let Some(document) = own.filter(|_| is_call(method, read.path())) else { return };
        let named = format!("{} {}", method.to_ascii_uppercase(), read.path());
        if let Some((_, times)) = self.known.get(&named).and_then(|at| self.met.get_mut(*at)) {
            *times += 1;
            return;
        }
        let near = nearest(document, &named);
        let fault = Fault {
            rule: "http/undocumented",
            position: *position,
            pointer: pointer.clone(),
            place: Some("/paths".to_owned()),
            expected: "a call that the document has".to_owned(),
            found: shown(&named),
            sort: None,
            key: Some(named.clone()),
            mend: near.map(|near| format!("did you mean {near}?")),
            first: None,
        };
        let within = Within::Bytes(position.byte, position.byte + harmless(url) as u64);
        self.known.insert(named, self.met.len());
        self.met.push((Stranger { document, fault, within }, 1));
    }

    pub fn told(self) -> impl Iterator<Item = Stranger> {
        self.met.into_iter().map(|(mut stranger, times)| {
            if times > 1 {
                stranger.fault.found += &format!(", {times} times");
            }
            stranger
        })
    }
}

/// Whether a program asked for data: files that a page loads are none, nor is what a browser asks before it calls another host.
fn is_call(method: &str, path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    let file = name.contains('.') && !name.ends_with(".json");
    !(method.eq_ignore_ascii_case("OPTIONS") || method.eq_ignore_ascii_case("GET") && file)
}

/// The call that a slip of the pen may have meant, or another method.
fn nearest(document: &Document, named: &str) -> Option<String> {
    const SLIPS: usize = 4;
    let known: Vec<_> = document
        .operations()
        .map(|known| format!("{} {}", known.method().to_ascii_uppercase(), known.path()))
        .collect();
    let near = crate::near::nearest(named, known.iter().map(String::as_str))?;
    // Of long paths so many letters may differ that it is another.
    (strsim::damerau_levenshtein(near, named) <= SLIPS).then(|| near.to_owned())
}

/// How much of an address as it is written may be shown, with the quote before it: no password, and nothing of its query.
fn harmless(url: &str) -> usize {
    let plain = url.split(['?', '#']).next().unwrap_or_default();
    if plain.contains('@') { 0 } else { plain.len() + 1 }
}
