//! What a page, a recorded exchange or a HAR file tells of one operation.

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::{har, page, secrets};

/// One operation as some source shows it. Bodies are texts, so that the order of members and the figures stay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
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

    /// Names and values of the query.
    pub fn query(&self) -> Vec<(&str, &str)> {
        let query = self.target.split_once('?').map_or("", |(_, query)| query);
        let pairs = query.split('&').filter(|pair| !pair.is_empty());
        pairs.map(|pair| pair.split_once('=').unwrap_or((pair, ""))).collect()
    }
}

/// Reads a source, whose form its text tells; `entry` picks one of a HAR file.
pub fn read(text: &str, entry: Option<usize>) -> Result<Source> {
    let text = text.trim_start_matches('\u{feff}');
    if !text.trim_start().starts_with('{') {
        return page::read(text);
    }
    let json: Value = serde_json::from_str(text).context("begins as JSON, but is none")?;
    let mut source = if json.get("log").is_some() {
        har::read(text, entry)?
    } else if json["format"] == "tradebind-exchange/1" {
        exchange(text, &json)?
    } else {
        bail!("is JSON, but neither a recorded exchange (`format`) nor a HAR file (`log`)")
    };
    secrets::remove(&mut source);
    Ok(source)
}

fn exchange(text: &str, json: &Value) -> Result<Source> {
    let at = |pointer: &str| json.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    let need = |pointer: &str| at(pointer).with_context(|| format!("the exchange has no text at {pointer}"));
    let evidence = need("/evidence")?;
    if evidence == "assumed" {
        bail!("the exchange is made up by a local server (`evidence: assumed`): nothing is known from it");
    }
    if need("/service")? != "tradewind" {
        bail!("the exchange is of another service; only spec/tradewind.yaml grows by drafts");
    }
    let media = json.pointer("/response/headers").and_then(Value::as_array).into_iter().flatten();
    let media =
        media.filter(|header| header["name"] == "content-type").find_map(|header| header["value"].as_str());
    let body = |side: &str| super::pretty::member(text, &[side, "body", "json"]);
    let told = match json.pointer("/response/status").and_then(Value::as_u64) {
        Some(status) => Some(Told {
            status: u16::try_from(status).context("the status of the response")?,
            media: media.unwrap_or("application/json").to_owned(),
            body: body("response"),
        }),
        None => None,
    };
    Ok(Source {
        title: at("/about").or_else(|| at("/source/title")).unwrap_or_default(),
        section: at("/source/section"),
        changed: None,
        evidence,
        case: at("/case"),
        operation: at("/operation"),
        method: need("/request/method")?,
        target: need("/request/target")?,
        key: None,
        request: body("request"),
        told,
        notes: Vec::new(),
    })
}
