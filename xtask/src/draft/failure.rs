//! Failures inside HTTP 2xx: an answer that tells one shows nothing of what a success looks like.

use anyhow::{Result, bail};
use serde_json::Value;
use told::Instead;

use super::source::Source;
use crate::generate::HK_TRADE;
use crate::lint::component;

// What the client takes for a failure.
#[path = "../../../src/tradewind/told.rs"]
mod told;

/// Refuses a source whose answer tells a failure; `operation` is what the document, `root`, has of it.
pub fn refuse(root: &Value, source: &Source, operation: Option<&Value>) -> Result<()> {
    let Some((status, Some(body))) = source.told.as_ref().map(|told| (told.status, &told.body)) else {
        return Ok(());
    };
    let Ok(answer) = serde_json::from_str::<Value>(body) else { return Ok(()) };
    let found = match source.service == Some(HK_TRADE.name) {
        true => hong_kong(&answer),
        false => {
            let id = operation.map(|operation| operation["operationId"].as_str().unwrap_or_default());
            let envelope = match operation {
                Some(operation) => enveloped(root, operation),
                // As a draft would have it.
                None => answer.get("success").is_some() && answer.get("data").is_some(),
            };
            tradewind(&answer, source.path(), id.unwrap_or_default(), envelope)
        }
    };
    if let Some(found) = found {
        bail!(
            "the answer has the status {status} but shows no success: {found}; draft from an answer that succeeded"
        );
    }
    Ok(())
}

/// The failure that `header.status` tells: 0 is success (guide, section B).
fn hong_kong(answer: &Value) -> Option<String> {
    let status = answer.pointer("/header/status")?;
    let code = told::scalar(&status["code"]).filter(|code| code != "0")?;
    let words = ["name", "message", "description"].map(|name| match &status[name] {
        Value::Array(all) => all.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", "),
        one => one.as_str().unwrap_or_default().to_owned(),
    });
    Some(said(&format!("/header/status has the code {code}"), words))
}

/// The failure that the envelopes tell, or that there are no data in them.
fn tradewind(answer: &Value, path: &str, operation: &str, envelope: bool) -> Option<String> {
    let error = answer.get("error");
    let success = answer.get("success").and_then(Value::as_bool);
    if told::refused(success, error) {
        let error = error.filter(|error| told::says(error)).map(Value::to_string);
        let what = if success == Some(false) { "success is false" } else { "there is an error" };
        return Some(said(what, error));
    }
    let data = answer.get("data");
    if envelope && let Some(instead) = told::instead(data, operation) {
        return Some(lacking("/data", instead, data));
    }
    let inner = data?.as_object().filter(|inner| inner.contains_key("code"))?;
    // Customs operations have an upstream; elsewhere the shape tells one, as for the generated client.
    if !(path.starts_with("/api/customs/") || inner.contains_key("data")) {
        return None;
    }
    if let Some(code) = told::failing_code(inner.get("code")) {
        let message = inner.get("msg").and_then(Value::as_str).map(str::to_owned);
        return Some(said(&format!("/data/code is {code}, and 1 is success"), message));
    }
    told::instead(inner.get("data"), "").map(|instead| lacking("/data/data", instead, inner.get("data")))
}

/// Whether the document says that an operation's answers come in the service's envelope.
fn enveloped(root: &Value, operation: &Value) -> bool {
    let answers = operation["responses"].as_object().into_iter().flatten();
    let schemas = answers
        .filter(|(status, _)| status.starts_with('2'))
        .filter_map(|(_, answer)| component(answer.pointer("/content/application~1json/schema")?));
    schemas.into_iter().any(|name| {
        let properties = root.pointer(&format!("/components/schemas/{name}/properties"));
        properties.is_some_and(|own| own.get("success").is_some() && own.get("data").is_some())
    })
}

fn lacking(place: &str, instead: Instead, found: Option<&Value>) -> String {
    match instead {
        Instead::Nothing => format!("{place} holds nothing"),
        Instead::Text => said(&format!("a text stands at {place}"), found.map(Value::to_string)),
    }
}

/// What was found, with the beginning of what the service says.
fn said(found: &str, words: impl IntoIterator<Item = String>) -> String {
    let words: Vec<_> = words.into_iter().filter(|words| !words.is_empty()).collect();
    let (words, mut short) = (words.join(", "), found.to_owned());
    if !words.is_empty() {
        let start: String = words.chars().filter(|c| !c.is_control()).take(120).collect();
        short += &format!(" ({start}{})", if start.len() < words.len() { "…" } else { "" });
    }
    short
}
