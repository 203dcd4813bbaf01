//! A saved page of TradeWind's documentation, as text.

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::source::{Source, Told};

const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];
/// Headings of the answer's part.
const ANSWER: [&str; 3] = ["返回响应", "Responses", "Response"];
/// What a page says before the day that it was changed on.
const CHANGED: [&str; 2] = ["修改于", "Modified at"];

/// Reads the page: title, section, method and path, the request's example, the answer's status and example.
pub fn read(text: &str) -> Result<Source> {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let after = |at: usize| (at + 1..lines.len()).find(|i| !lines[*i].is_empty());
    let before = |at: usize| (0..at).rev().find(|i| !lines[*i].is_empty());
    // The sidebar has methods too, but no path below them.
    let head = (0..lines.len())
        .find(|i| METHODS.contains(&lines[*i]) && after(*i).is_some_and(|next| lines[next].starts_with('/')));
    let head = head.context(
        "no line with a method alone (GET, POST, …) and a line with a path below it; save the whole page as text",
    )?;
    let path_at = after(head).unwrap_or(head);
    let title_at = before(head).context("no title above the method")?;
    let section = before(title_at).and_then(|at| {
        let (number, name) = lines[at].split_once(". ")?;
        number.bytes().all(|b| b.is_ascii_digit()).then(|| name.trim().to_owned())
    });
    let answer_at = (path_at..lines.len()).find(|i| ANSWER.contains(&lines[*i]));
    let (asked, answered) = lines[path_at + 1..].split_at(answer_at.unwrap_or(lines.len()) - path_at - 1);

    let curl = asked.iter().position(|line| line.starts_with("curl "));
    let body = asked
        .iter()
        .position(|line| line.starts_with("Body"))
        .filter(|at| curl.is_none_or(|curl| *at < curl));
    let mut notes = Vec::new();
    let request = match body {
        Some(at) => first_json(&asked[at..curl.unwrap_or(asked.len())]).context("the request's example")?,
        None => None,
    };
    let sent = curl
        .map(|at| curl_body(&asked[at..].join("\n")))
        .transpose()
        .context("the example of curl")?
        .flatten();
    if let (Some(request), Some(sent)) = (&request, &sent) {
        let value = |text: &str| serde_json::from_str::<Value>(text).unwrap_or_default();
        if value(request) != value(sent) {
            notes.push(
                "the body of the curl example is not that of the request's example, which is taken"
                    .to_owned(),
            );
        }
    }
    let mut target = lines[path_at].to_owned();
    if let Some(called) = curl.and_then(|at| curl_target(asked[at], &target)) {
        target = called;
    }
    let key = curl.map(|at| asked[at..].iter().any(|line| line.contains("Authorization:")));

    let mut told = None;
    if answer_at.is_some() {
        let status_at = answered.iter().position(|line| status(line).is_some());
        let at = status_at
            .context("no line with an HTTP status, such as `201成功`, below the heading of the answer")?;
        let code = status(answered[at]).unwrap_or_default();
        if !(200..300).contains(&code) {
            bail!("the first answer of the page has the status {code}; a success is needed");
        }
        let others = answered[at + 1..].iter().filter_map(|line| status(line)).map(|code| code.to_string());
        let others: Vec<_> = others.collect();
        if !others.is_empty() {
            notes.push(format!("further answers of the page are left to you: {}", others.join(", ")));
        }
        let end = answered[at + 1..].iter().position(|line| status(line).is_some());
        let own = &answered[at + 1..end.map_or(answered.len(), |end| at + 1 + end)];
        let media = own.iter().find(|line| {
            line.split_once('/').is_some_and(|(kind, _)| kind == "application" || kind == "text")
        });
        let body = first_json(own).context("the answer's example")?;
        told = Some(Told {
            status: code,
            media: media.map_or("application/json", |line| line).to_owned(),
            body,
        });
    }
    let changed = lines.iter().find_map(|line| {
        let day = CHANGED.iter().find_map(|word| line.strip_prefix(word))?.trim();
        Some(day.split(' ').next().unwrap_or(day).to_owned())
    });
    Ok(Source {
        title: lines[title_at].to_owned(),
        section,
        changed,
        evidence: "documented".to_owned(),
        case: None,
        operation: None,
        method: lines[head].to_owned(),
        target,
        key,
        request: request.or(sent),
        told,
        notes,
    })
}

/// The status that begins a line, but for a mark in front of it: `🟢201成功`.
fn status(line: &str) -> Option<u16> {
    let digits = line.trim_start_matches(|c: char| !c.is_alphanumeric());
    let (code, rest) = (digits.get(..3)?, digits.get(3..)?);
    let code: u16 = code.parse().ok()?;
    ((100..600).contains(&code) && !rest.starts_with(|c: char| c.is_ascii_digit() || c == '-' || c == '.'))
        .then_some(code)
}

/// The first JSON object or list that begins a line; its text, so that the order of its members and its figures stay.
fn first_json(lines: &[&str]) -> Result<Option<String>> {
    let Some(at) = lines.iter().position(|line| line.starts_with(['{', '['])) else { return Ok(None) };
    Ok(Some(json_prefix(&lines[at..].join("\n"))?))
}

/// The JSON value that a text begins with.
fn json_prefix(text: &str) -> Result<String> {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    match values.next() {
        Some(Ok(_)) => Ok(text[..values.byte_offset()].to_owned()),
        Some(Err(e)) => bail!("is not JSON: {e}"),
        None => bail!("is empty"),
    }
}

/// The body that a curl command sends.
fn curl_body(command: &str) -> Result<Option<String>> {
    let options = ["--data-raw '", "--data '", "-d '"];
    let Some(body) = options.iter().find_map(|option| command.split_once(option)) else { return Ok(None) };
    if !body.1.trim_start().starts_with(['{', '[']) {
        return Ok(None);
    }
    json_prefix(body.1.trim_start()).map(Some)
}

/// The path and query that a curl command calls, where it calls that path.
fn curl_target(command: &str, path: &str) -> Option<String> {
    let called = command.split('\'').find(|part| part.contains(path))?;
    called.find(path).map(|at| called[at..].to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_and_words_stand_around_a_status() {
        assert_eq!(status("🟢201成功"), Some(201));
        assert_eq!(status("200 OK"), Some(200));
        for other in ["2026-04-15", "2010", "成功", "", "99 x"] {
            assert_eq!(status(other), None, "{other}");
        }
    }

    #[test]
    fn what_is_no_page_is_told() {
        let told = |text: &str| format!("{:#}", read(text).unwrap_err());
        insta::assert_snapshot!([
            told("POST\nnothing"),
            told("Title\nPOST\n/api/x\nBody\n{\"a\": }"),
            told("Title\nPOST\n/api/x\nResponses\nnone"),
            told("Title\nPOST\n/api/x\nResponses\n404\n{}"),
        ].join("\n"), @"
        no line with a method alone (GET, POST, …) and a line with a path below it; save the whole page as text
        the request's example: is not JSON: expected value at line 1 column 7
        no line with an HTTP status, such as `201成功`, below the heading of the answer
        the first answer of the page has the status 404; a success is needed
        ");
    }
}
