//! What a page, a recorded exchange or a HAR file tells of one operation.

use anyhow::{Context, Result, bail};
use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::{har, page, secrets};
use crate::generate::{HK_TRADE, TRADEWIND};

/// One operation as some source shows it. Bodies are texts, so that the order of members and the figures stay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Whose operation it is, where the source tells: the name of the service.
    pub service: Option<&'static str>,
    /// Host that was called, where the source tells.
    pub host: Option<String>,
    /// Title of the page, or what stands for it.
    pub title: String,
    /// Section of the documentation.
    pub section: Option<String>,
    /// The day that the page was changed on.
    pub changed: Option<String>,
    /// `documented`, `observed`, …
    pub evidence: String,
    /// Name of the case, where the source has one.
    pub case: Option<String>,
    /// `operationId`, where the source has one.
    pub operation: Option<String>,
    /// In capitals.
    pub method: String,
    /// Path and query.
    pub target: String,
    /// Whether its path is one that a page tells, with names in the place of values, and not one that somebody called.
    pub template: bool,
    /// Whether a key is sent, where the source tells.
    pub key: Option<bool>,
    /// JSON that is sent.
    pub request: Option<String>,
    /// What is answered, where the source tells.
    pub told: Option<Told>,
    /// What a person should know.
    pub notes: Vec<String>,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// HTTP status.
    pub status: u16,
    /// Media type.
    pub media: String,
    /// JSON of the body, where it is JSON.
    pub body: Option<String>,
}

impl Source {
    /// Path without the query.
    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    /// Names and values of the query, as they are meant: what sends them escapes them again.
    pub fn query(&self) -> Vec<(String, String)> {
        self.sent_query().into_iter().map(|(name, value)| (decoded(name), decoded(value))).collect()
    }

    /// Whether it tells what is in the query: a page does by a call of curl, or behind its path.
    pub fn shows_query(&self) -> bool {
        !self.template || self.key.is_some() || self.target.contains('?')
    }

    /// Names and values of the query, as they stand in the address.
    pub fn sent_query(&self) -> Vec<(&str, &str)> {
        let query = self.target.split_once('?').map_or("", |(_, query)| query);
        let pairs = query.split('&').filter(|pair| !pair.is_empty());
        pairs.map(|pair| pair.split_once('=').unwrap_or((pair, ""))).collect()
    }
}

/// A part of a query without its escapes, of which `+` is one there.
fn decoded(text: &str) -> String {
    percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned()
}

/// Reads a source, whose form its text tells; `entry` picks one of a HAR file.
pub fn read(text: &str, entry: Option<usize>) -> Result<Source> {
    let text = text.trim_start_matches('\u{feff}');
    if text.trim().is_empty() {
        bail!("is empty: save the page as text, or give a recorded exchange or a HAR file");
    }
    let json = match text.trim_start().starts_with('{') {
        true => Some(serde_json::from_str::<Value>(text).context("begins as JSON, but is none")?),
        false => None,
    };
    let is_har = json.as_ref().is_some_and(|json| json.get("log").is_some());
    if entry.is_some() && !is_har {
        bail!("--entry picks an entry of a HAR file, and this is none");
    }
    let (mut source, headers) = match &json {
        None => (page::read(text)?, Vec::new()),
        Some(_) if is_har => har::read(text, entry)?,
        Some(json) if json["format"] == "tradebind-exchange/1" => exchange(text, json)?,
        Some(_) => bail!("is JSON, but neither a recorded exchange (`format`) nor a HAR file (`log`)"),
    };
    if let Some(told) = source.told.as_ref().filter(|told| !(200..300).contains(&told.status)) {
        bail!("the answer has the status {}; a success is needed", told.status);
    }
    match json {
        Some(_) => secrets::remove(&mut source, headers),
        // A page shows examples, whose members are nobody's; but somebody's key may have got into it.
        None => secrets::remove_keys(&mut source),
    }
    Ok(source)
}

/// What is noted of an answer whose text an exchange cannot hold free of secrets.
pub const NO_JSON: &str = "the answer is no JSON: its text is left out";

/// The text where it is JSON.
pub fn json(text: String) -> Option<String> {
    serde_json::from_str::<Value>(&text).is_ok().then_some(text)
}

/// Reads a recorded exchange; and what its headers have that is secret.
fn exchange(text: &str, value: &Value) -> Result<(Source, Vec<String>)> {
    let at = |pointer: &str| value.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    let need = |pointer: &str| at(pointer).with_context(|| format!("the exchange has no text at {pointer}"));
    let evidence = need("/evidence")?;
    if evidence == "assumed" {
        bail!("the exchange is made up by a local server (`evidence: assumed`): nothing is known from it");
    }
    let service = need("/service")?;
    let Some(service) = [HK_TRADE.name, TRADEWIND.name].into_iter().find(|known| *known == service) else {
        bail!("the exchange is of the service `{service}`, of which there is no document");
    };
    let headers = |side: &str| {
        let all = value.pointer(&format!("/{side}/headers")).and_then(Value::as_array).into_iter().flatten();
        all.filter_map(|header| Some((header["name"].as_str()?, header["value"].as_str()?)))
    };
    let media =
        headers("response").find_map(|(name, value)| (name == "content-type").then(|| value.to_owned()));
    let known = headers("request").chain(headers("response"));
    let known = known.flat_map(|(name, value)| secrets::of_header(name, value)).collect();
    // A body whose members are not in alphabetical order is kept as text.
    let body = |side: &str| {
        super::pretty::member(text, &[side, "body", "json"])
            .or_else(|| at(&format!("/{side}/body/text")).and_then(json))
    };
    let told = match value.pointer("/response/status").and_then(Value::as_u64) {
        Some(status) => Some(Told {
            status: u16::try_from(status).context("the status of the response")?,
            media: media.unwrap_or_else(|| "application/json".to_owned()),
            body: body("response"),
        }),
        None => None,
    };
    let target = need("/request/target")?;
    let method = need("/request/method")?;
    let title = at("/about").unwrap_or_else(|| {
        format!("{} {}", method.to_uppercase(), target.split('?').next().unwrap_or_default())
    });
    let mut notes = Vec::new();
    if value.pointer("/request/body").is_some_and(|body| !body.is_null()) && body("request").is_none() {
        notes.push("the body that was sent is no JSON: it is left out".to_owned());
    }
    let answered = value.pointer("/response/body").is_some_and(|body| !body.is_null());
    if answered && told.as_ref().is_some_and(|told| told.body.is_none()) {
        notes.push(NO_JSON.to_owned());
    }
    let source = Source {
        service: Some(service),
        host: None,
        title,
        section: at("/source/section"),
        changed: None,
        evidence,
        case: at("/case"),
        // A call that no method makes is recorded by that name.
        operation: at("/operation").filter(|id| id != "raw"),
        method: method.to_uppercase(),
        target,
        template: false,
        key: None,
        request: body("request"),
        told,
        notes,
    };
    Ok((source, known))
}
