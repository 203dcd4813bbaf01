//! A HAR file: what a browser or a proxy recorded.

use anyhow::{Context, Result, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use har::v1_2::Entries;

use super::secrets;
use super::source::{NO_JSON, Source, Told, json};

/// Reads one entry: the only one that calls an API path and was answered with a success, or the one that `entry` picks; and what its
/// headers and cookies have that is secret.
pub fn read(text: &str, entry: Option<usize>) -> Result<(Source, Vec<String>)> {
    let har = har::from_slice(text.as_bytes()).context("is no HAR file")?;
    let entries = match har.log {
        har::Spec::V1_2(log) => log.entries,
        har::Spec::V1_3(_) => {
            bail!("is a HAR file of version 1.3; save it as version 1.2, which browsers do")
        }
    };
    let calls: Vec<_> = entries.iter().enumerate().filter(|(_, entry)| target(entry).is_some()).collect();
    // What a browser asks before it calls, redirects and refusals show no operation.
    let mut answered = calls.clone();
    answered.retain(|(_, entry)| {
        (200..300).contains(&entry.response.status) && !entry.request.method.eq_ignore_ascii_case("OPTIONS")
    });
    let picked = match (entry, answered.as_slice()) {
        (Some(number), _) => {
            entries.get(number).filter(|entry| target(entry).is_some()).with_context(|| {
                format!("entry {number} calls no /api/ path; those that do: {}", list(&calls))
            })?
        }
        (None, [(_, one)]) => one,
        (None, []) if calls.is_empty() => {
            bail!("no entry of the HAR file calls a path that begins with /api/")
        }
        (None, []) => bail!("no call of an API was answered with a success: {}", list(&calls)),
        (None, _) => bail!("several entries call an API; pick one by --entry: {}", list(&answered)),
    };
    let host = host(picked);
    if host.as_deref().is_some_and(|host| ["localhost", "127.0.0.1", "[::1]"].contains(&host)) {
        bail!("the entry calls a server on this machine, and no service: nothing is known from it");
    }
    let content = &picked.response.content;
    let body = match (content.text.as_deref(), content.encoding.as_deref()) {
        (Some(text), Some("base64")) => {
            let bytes = STANDARD.decode(text).context("the body of the answer is not base64")?;
            Some(String::from_utf8(bytes).context("the body of the answer is not UTF-8")?)
        }
        (text, _) => text.map(str::to_owned),
    };
    let sent = picked.request.post_data.as_ref().and_then(|data| data.text.clone());
    let sent = sent.filter(|text| !text.is_empty());
    let mut notes = Vec::new();
    let request = sent.clone().and_then(json);
    if sent.is_some() && request.is_none() {
        notes.push("the body that was sent is no JSON: it is left out".to_owned());
    }
    let answer = body.filter(|text| !text.is_empty());
    let answered = answer.is_some();
    let answer = answer.and_then(json);
    if answered && answer.is_none() {
        notes.push(NO_JSON.to_owned());
    }
    let mut source = Source {
        service: None,
        host,
        title: String::new(),
        section: None,
        changed: None,
        evidence: "observed".to_owned(),
        case: None,
        operation: None,
        method: picked.request.method.to_uppercase(),
        target: target(picked).unwrap_or_default(),
        template: false,
        // Browsers leave the header out of what they export, so that its lack tells nothing.
        key: picked
            .request
            .headers
            .iter()
            .any(|header| header.name.eq_ignore_ascii_case("authorization"))
            .then_some(true),
        request,
        told: Some(Told {
            status: u16::try_from(picked.response.status).context("the status of the answer")?,
            media: content
                .mime_type
                .clone()
                .unwrap_or_default()
                .split(';')
                .next()
                .unwrap_or_default()
                .to_owned(),
            body: answer,
        }),
        notes,
    };
    source.title = format!("{} {}", source.method, source.path());
    let headers = picked.request.headers.iter().chain(&picked.response.headers);
    let mut known: Vec<String> =
        headers.flat_map(|header| secrets::of_header(&header.name, &header.value)).collect();
    let cookies = picked.request.cookies.iter().chain(&picked.response.cookies);
    known.extend(cookies.map(|cookie| cookie.value.clone()));
    Ok((source, known))
}

/// Path and query of an entry that calls an API.
fn target(entry: &Entries) -> Option<String> {
    let (_, rest) = entry.request.url.split_once("://")?;
    let target = rest.get(rest.find('/')?..)?;
    let target = target.split('#').next().unwrap_or(target);
    target.starts_with("/api/").then(|| target.to_owned())
}

/// The host that an entry calls, without its port.
fn host(entry: &Entries) -> Option<String> {
    let (_, rest) = entry.request.url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let port = host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()));
    Some(port.map_or(host, |(host, _)| host).to_ascii_lowercase())
}

fn list(calls: &[(usize, &Entries)]) -> String {
    let told = calls.iter().map(|(i, entry)| {
        let target = target(entry).unwrap_or_default();
        let path = target.split('?').next().unwrap_or_default().to_owned();
        format!("{i} ({} {path}: {})", entry.request.method, entry.response.status)
    });
    told.collect::<Vec<_>>().join(", ")
}
