//! A HAR file: what a browser or a proxy recorded.

use anyhow::{Context, Result, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use har::v1_2::{Entries, Headers};

use super::secrets;
use super::source::{Source, Told};

/// Reads one entry: the only one that calls an API path, or the one that `entry` picks.
pub fn read(text: &str, entry: Option<usize>) -> Result<Source> {
    let har = har::from_slice(text.as_bytes()).context("is no HAR file")?;
    let entries = match har.log {
        har::Spec::V1_2(log) => log.entries,
        har::Spec::V1_3(_) => {
            bail!("is a HAR file of version 1.3; save it as version 1.2, which browsers do")
        }
    };
    let calls: Vec<_> = entries.iter().enumerate().filter(|(_, entry)| target(entry).is_some()).collect();
    let picked = match (entry, calls.as_slice()) {
        (Some(number), _) => {
            entries.get(number).filter(|entry| target(entry).is_some()).with_context(|| {
                format!("entry {number} calls no /api/ path; those that do: {}", list(&calls))
            })?
        }
        (None, [(_, one)]) => one,
        (None, []) => bail!("no entry of the HAR file calls a path that begins with /api/"),
        (None, _) => bail!("several entries call an API; pick one by --entry: {}", list(&calls)),
    };
    let json = |text: &str| serde_json::from_str::<serde_json::Value>(text).is_ok();
    let content = &picked.response.content;
    let body = match (content.text.as_deref(), content.encoding.as_deref()) {
        (Some(text), Some("base64")) => {
            let bytes = STANDARD.decode(text).context("the body of the answer is not base64")?;
            Some(String::from_utf8(bytes).context("the body of the answer is not UTF-8")?)
        }
        (text, _) => text.map(str::to_owned),
    };
    let request = picked.request.post_data.as_ref().and_then(|data| data.text.clone());
    let status = u16::try_from(picked.response.status).context("the status of the answer")?;
    if !(200..300).contains(&status) {
        bail!("the entry was answered with the status {status}; a success is needed");
    }
    let mut source = Source {
        title: String::new(),
        section: None,
        changed: None,
        evidence: "observed".to_owned(),
        case: None,
        operation: None,
        method: picked.request.method.to_uppercase(),
        target: target(picked).unwrap_or_default(),
        key: Some(
            picked.request.headers.iter().any(|header| header.name.eq_ignore_ascii_case("authorization")),
        ),
        request: request.filter(|text| json(text)),
        told: Some(Told {
            status,
            media: content
                .mime_type
                .clone()
                .unwrap_or_default()
                .split(';')
                .next()
                .unwrap_or_default()
                .to_owned(),
            body: body.filter(|text| json(text)),
        }),
        notes: Vec::new(),
    };
    source.title = format!("{} {}", source.method, source.path());
    let headers = picked.request.headers.iter().chain(&picked.response.headers);
    let mut known: Vec<String> =
        headers.filter(|header| secrets::secret_name(&header.name)).flat_map(values).collect();
    let cookies = picked.request.cookies.iter().chain(&picked.response.cookies);
    known.extend(cookies.map(|cookie| cookie.value.clone()));
    // The longest first, so that no part of one is left behind; a very short one would hide half the body.
    known.retain(|secret| secret.len() >= 4);
    known.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    secrets::hide(&mut source, &known);
    Ok(source)
}

/// The value of a header, and what stands behind its scheme.
fn values(header: &Headers) -> Vec<String> {
    let value = header.value.trim().to_owned();
    let rest = value.split_once(' ').map(|(_, rest)| rest.trim().to_owned());
    std::iter::once(value).chain(rest).collect()
}

/// Path and query of an entry that calls an API.
fn target(entry: &Entries) -> Option<String> {
    let (_, rest) = entry.request.url.split_once("://")?;
    let target = rest.get(rest.find('/')?..)?;
    let target = target.split('#').next().unwrap_or(target);
    target.starts_with("/api/").then(|| target.to_owned())
}

fn list(calls: &[(usize, &Entries)]) -> String {
    let told = calls.iter().map(|(i, entry)| {
        let target = target(entry).unwrap_or_default();
        format!("{i} ({} {})", entry.request.method, target.split('?').next().unwrap_or_default())
    });
    told.collect::<Vec<_>>().join(", ")
}
