//! A saved page of TradeWind's documentation, as text.

use std::ops::Range;

use anyhow::{Context, Result, anyhow, bail};
use http::StatusCode;
use serde_json::Value;

use super::source::{Source, Told};

const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];
/// Headings of the answer's part.
const ANSWER: [&str; 3] = ["返回响应", "Responses", "Response"];
/// What a page says behind the status of a success.
const SUCCESS: [&str; 2] = ["成功", "Success"];
/// What a page says before an example.
const EXAMPLE: [&str; 3] = ["示例", "Example", "Examples"];
/// What a page says before the day that it was changed on.
const CHANGED: [&str; 2] = ["修改于", "Modified at"];

/// Reads the page: title, section, method and path, the request's example, the answer's status and example.
pub fn read(text: &str) -> Result<Source> {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let after = |at: usize| (at + 1..lines.len()).find(|i| !lines[*i].is_empty());
    let before = |at: usize| (0..at).rev().find(|i| !lines[*i].is_empty());
    // The sidebar has methods too, but no path below them.
    let heads = |fits: &dyn Fn(&str) -> bool| {
        (0..lines.len())
            .find(|i| fits(lines[*i]) && after(*i).is_some_and(|next| lines[next].starts_with('/')))
    };
    let Some(head) = heads(&|line| METHODS.contains(&line)) else {
        let other = |line: &str| line.len() > 2 && line.bytes().all(|byte| byte.is_ascii_uppercase());
        match heads(&other) {
            Some(at) => bail!("line {}: the method {} is none of {}", at + 1, lines[at], METHODS.join(", ")),
            None => bail!(
                "no line with a method alone ({}) and a line with a path below it; save the whole page as text",
                METHODS.join(", ")
            ),
        }
    };
    let path_at = after(head).unwrap_or(head);
    let title_at = before(head).with_context(|| format!("line {}: no title above the method", head + 1))?;
    let section = before(title_at).and_then(|at| {
        let (number, name) = lines[at].split_once(". ")?;
        number.bytes().all(|b| b.is_ascii_digit()).then(|| name.trim().to_owned())
    });
    let answer_at = (path_at..lines.len()).find(|i| ANSWER.contains(&lines[*i]));
    let end = answer_at.unwrap_or(lines.len());

    let headless = |at: usize| {
        anyhow!(
            "line {}: an example stands under no heading that is known; a line that begins with `Body` goes above that of the request, one of {} above the status of the answer",
            at + 1,
            ANSWER.join(", ")
        )
    };
    let told = (path_at + 1..end).find(|i| status(lines[*i]).is_some_and(|code| (200..300).contains(&code)));
    if answer_at.is_none()
        && let Some(at) = told
        && let Some(at) = (at + 1..end).find(|i| begins_example(&lines, *i) || lines[*i] == "{}")
    {
        return Err(headless(at));
    }
    let asked = path_at + 1..end;
    let curl = asked.clone().find(|i| lines[*i].starts_with("curl "));
    let body =
        asked.clone().find(|i| lines[*i].starts_with("Body")).filter(|at| curl.is_none_or(|curl| *at < curl));
    if body.is_none()
        && let Some(at) = (path_at + 1..curl.unwrap_or(end)).find(|i| begins_example(&lines, *i))
    {
        return Err(headless(at));
    }
    let mut notes = Vec::new();
    let request = match body {
        Some(at) => first_json(&lines, at..curl.unwrap_or(end)).context("the request's example")?,
        None => None,
    };
    let sent = match curl.map(|at| curl_body(&lines, at..end)).transpose() {
        // The request's example is what counts.
        Err(e) if request.is_some() => {
            notes.push(format!("the body of the curl example cannot be read: {e:#}"));
            None
        }
        sent => sent.context("the example of curl")?.flatten(),
    };
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
    if let Some(called) = curl.and_then(|at| curl_target(lines[at], &target)) {
        target = called;
    }
    let key = curl.map(|at| lines[at..end].iter().any(|line| line.contains("Authorization:")));

    let told = match answer_at {
        Some(at) => Some(answer(&lines, at + 1, &mut notes)?),
        None => None,
    };
    let changed = lines.iter().find_map(|line| {
        let day = CHANGED.iter().find_map(|word| line.strip_prefix(word))?.trim();
        Some(day.split(' ').next().unwrap_or(day).to_owned())
    });
    Ok(Source {
        service: Some(crate::generate::TRADEWIND.name),
        host: None,
        title: lines[title_at].to_owned(),
        section,
        changed,
        evidence: "documented".to_owned(),
        case: None,
        operation: None,
        method: lines[head].to_owned(),
        target: in_braces(&target),
        template: true,
        key,
        request: request.or(sent),
        told,
        notes,
    })
}

/// The first answer below the heading.
fn answer(lines: &[&str], from: usize, notes: &mut Vec<String>) -> Result<Told> {
    let next = |from: usize| (from..lines.len()).find_map(|i| status(lines[i]).map(|code| (i, code)));
    let Some((at, code)) = next(from) else {
        bail!("line {from}: no line with an HTTP status, such as `201成功`, below the heading of the answer");
    };
    if !(200..300).contains(&code) {
        bail!("line {}: the first answer of the page has the status {code}; a success is needed", at + 1);
    }
    // Within an example, a line of digits is no status.
    let own = |json: &usize| next(at + 1).is_none_or(|(other, _)| other > *json);
    let below = at + 1..lines.len();
    let json = below.clone().find(|i| begins_example(lines, *i)).filter(own);
    let json = json.or_else(|| below.clone().find(|i| is_json(lines[*i])).filter(own));
    let body = json.map(|json| json_prefix(&lines[json..].join("\n"), json)).transpose();
    let body = body.context("the answer's example")?;
    let media = lines[at + 1..json.unwrap_or(lines.len())]
        .iter()
        .find(|line| line.split_once('/').is_some_and(|(kind, _)| kind == "application" || kind == "text"));
    let mut rest = json.zip(body.as_ref()).map_or(at + 1, |(json, body)| json + body.lines().count());
    let mut others = Vec::new();
    while let Some((other, code)) = next(rest) {
        others.push(code.to_string());
        // Its example is passed over as well.
        let inside = (other + 1..lines.len()).find(|i| is_json(lines[*i]));
        let inside = inside.filter(|inside| next(other + 1).is_none_or(|(another, _)| another > *inside));
        let length = inside.and_then(|inside| {
            let example = json_prefix(&lines[inside..].join("\n"), inside).ok()?;
            Some(inside + example.lines().count())
        });
        rest = length.unwrap_or(other + 1);
    }
    if !others.is_empty() {
        notes.push(format!("further answers of the page are left to you: {}", others.join(", ")));
    }
    Ok(Told { status: code, media: media.map_or("application/json", |line| line).to_owned(), body })
}

/// A path with its parameters as the document writes them: `/a/:id` is `/a/{id}`.
fn in_braces(target: &str) -> String {
    let (path, query) = target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)));
    let parts = path.split('/').map(|part| match part.strip_prefix(':') {
        Some(name) if !name.is_empty() => format!("{{{name}}}"),
        _ => part.to_owned(),
    });
    let path = parts.collect::<Vec<_>>().join("/");
    query.map_or(path.clone(), |query| format!("{path}?{query}"))
}

/// The status that a line is: alone, with its name, or behind the mark of a page, `🟢201成功`. Other numbers, such as the bounds in a
/// table of parameters, are none.
fn status(line: &str) -> Option<u16> {
    let protocol = line.strip_prefix("HTTP/").and_then(|rest| rest.split_once(' ')).map(|(_, rest)| rest);
    let text = protocol.unwrap_or(line);
    let unmarked = text.trim_start_matches(is_mark).trim_start();
    let (digits, rest) = (unmarked.get(..3)?, unmarked.get(3..)?);
    let code: u16 = digits.parse().ok().filter(|code| (100..600).contains(code))?;
    if rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.' || c == '%') {
        return None;
    }
    let name = StatusCode::from_u16(code).ok().and_then(|status| status.canonical_reason());
    let named = |name: &str| {
        let rest = rest.trim_matches(|c: char| c.is_whitespace() || "-:：()（）".contains(c));
        rest.is_empty() || rest.eq_ignore_ascii_case(name) || SUCCESS.contains(&rest)
    };
    (protocol.is_some() || unmarked.len() < text.len() || name.is_some_and(named)).then_some(code)
}

/// Whether a page may mark a status so: a symbol, but no mark of CJK texts.
fn is_mark(c: char) -> bool {
    let of_texts = ('\u{3000}'..='\u{303f}').contains(&c) || ('\u{ff00}'..='\u{ffef}').contains(&c);
    c >= '\u{2300}' && !c.is_alphanumeric() && !of_texts
}

/// Whether a line begins an example.
fn is_json(line: &str) -> bool {
    line.starts_with(['{', '['])
}

/// The same, and no line that a table of parameters may have, such as `[optional]` or a default.
fn begins_example(lines: &[&str], at: usize) -> bool {
    let line = lines[at];
    is_json(line)
        && !is_default(line)
        && (["{", "["].contains(&line)
            || line.starts_with("{\"")
            || json_prefix(&lines[at..].join("\n"), at).is_ok())
}

/// Whether a line says no more than the default of a parameter: `[]`, `{}`, `["a"]`.
fn is_default(line: &str) -> bool {
    let says = |value: &Value| value.as_object().is_some_and(|members| !members.is_empty());
    match serde_json::from_str(line) {
        Ok(Value::Array(items)) => !items.iter().any(says),
        Ok(value) => !says(&value),
        Err(_) => false,
    }
}

/// The first JSON object or list that begins a line; its text, so that the order of its members and its figures stay. What may be a
/// default counts only right below the heading of an example.
fn first_json(lines: &[&str], within: Range<usize>) -> Result<Option<String>> {
    let above =
        |at: usize| lines[..at].iter().rev().find(|line| !line.is_empty()).copied().unwrap_or_default();
    let headed = |at: usize| above(at).starts_with("Body") || EXAMPLE.contains(&above(at));
    let example = |at: usize| match is_default(lines[at]) {
        true => headed(at),
        false => lines[at].starts_with('{') || begins_example(lines, at),
    };
    let Some(at) = within.clone().find(|i| is_json(lines[*i]) && example(*i)) else { return Ok(None) };
    Ok(Some(json_prefix(&lines[at..within.end].join("\n"), at)?))
}

/// The JSON value that a text begins with; `line` of the page, counted from 0, is the text's first.
fn json_prefix(text: &str, line: usize) -> Result<String> {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    match values.next() {
        Some(Ok(_)) => Ok(text[..values.byte_offset()].to_owned()),
        Some(Err(e)) => {
            let told = e.to_string();
            let told = told.rsplit_once(" at line ").map_or(told.as_str(), |(told, _)| told);
            bail!("line {}, column {}: is not JSON: {told}", line + e.line(), e.column())
        }
        None => bail!("line {}: is empty", line + 1),
    }
}

/// The body that a curl command sends.
fn curl_body(lines: &[&str], within: Range<usize>) -> Result<Option<String>> {
    // An apostrophe within a quoted word of a shell.
    let command = lines[within.clone()].join("\n").replace(r"'\''", "'");
    let options = ["--data-raw '", "--data '", "-d '"];
    let Some((before, body)) = options.iter().find_map(|option| command.split_once(option)) else {
        return Ok(None);
    };
    let trimmed = body.trim_start();
    if !trimmed.starts_with(['{', '[']) {
        return Ok(None);
    }
    let skipped = before.matches('\n').count() + body[..body.len() - trimmed.len()].matches('\n').count();
    json_prefix(trimmed, within.start + skipped).map(Some)
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
        for (line, code) in [
            ("201", 201),
            ("201成功", 201),
            ("404 not found", 404),
            ("🟠400请求有误", 400),
            ("HTTP/1.1 200 OK", 200),
            ("HTTP/1.1 299 x", 299),
            ("✅ 200 OK", 200),
            ("● 200", 200),
            ("200 - OK", 200),
            ("200 (OK)", 200),
            ("200：成功", 200),
        ] {
            assert_eq!(status(line), Some(code), "{line}");
        }
        for other in [
            "2026-04-15",
            "2010",
            "成功",
            "",
            "99 x",
            "255",
            "255 characters at most",
            "200 characters at most",
            "200个字符以内",
            "- 200 items",
            "≥ 200",
            "（200字以内）",
            "：200 字符",
            "⏱ 200ms",
            "<= 200",
            "600",
        ] {
            assert_eq!(status(other), None, "{other}");
        }
    }

    #[test]
    fn paths_are_written_as_in_the_document() {
        for (page, document) in [
            ("/api/x/:taskId?a=:b", "/api/x/{taskId}?a=:b"),
            ("/api/x/{taskId}", "/api/x/{taskId}"),
            ("/api/x/:", "/api/x/:"),
        ] {
            assert_eq!(in_braces(page), document);
        }
    }

    #[test]
    fn lines_in_brackets_are_no_examples() {
        let page = "Title\nGET\n/api/x\nPage\n[optional]\nResponses\n200\n{\"a\": 1}";
        assert_eq!(read(page).unwrap().told.unwrap().status, 200);
    }

    /// A table of parameters has defaults, in every part of a page.
    #[test]
    fn defaults_are_no_examples() {
        for default in ["[]", "{}", "[\"a\", 1]", "[{}]"] {
            let told = "Responses\n200\n{\"a\": 1}";
            let page = read(&format!("Title\nGET\n/api/x\nQuery\nids\narray\n{default}\n{told}")).unwrap();
            assert_eq!((page.request, page.told.unwrap().status), (None, 200), "{default}");
            let table = format!("Title\nPOST\n/api/x\nBody\nids\n[required]\narray\n{default}\n");
            assert_eq!(read(&format!("{table}{told}")).unwrap().request, None, "{default}");
            let page = read(&format!(
                "{table}Example\n{{\"ids\": []}}\nResponses\n200\nids\n{default}\n{{\"a\": 1}}"
            ));
            let page = page.unwrap();
            assert_eq!(page.request.as_deref(), Some("{\"ids\": []}"), "{default}");
            assert_eq!(page.told.unwrap().body.as_deref(), Some("{\"a\": 1}"), "{default}");
            // Where nothing else is shown, a heading makes an example of it.
            let page =
                read(&format!("Title\nPOST\n/api/x\nBody\n{default}\nResponses\n200\n{default}")).unwrap();
            assert_eq!(page.request.as_deref(), Some(default));
            assert_eq!(page.told.unwrap().body.as_deref(), Some(default));
        }
    }

    /// A bound of a field is no status, so that nothing below it is an answer.
    #[test]
    fn numbers_in_a_table_are_no_statuses() {
        for bound in ["255 characters at most", "255", "200 characters at most"] {
            let page =
                read(&format!("Title\nPOST\n/api/x\nBody application/json\nproduct\n{bound}\n{{\"a\": 1}}"));
            let page = page.unwrap();
            assert_eq!((page.request.as_deref(), page.told), (Some("{\"a\": 1}"), None), "{bound}");
        }
    }

    #[test]
    fn what_is_no_page_is_told() {
        let told = |text: &str| format!("{:#}", read(text).unwrap_err());
        insta::assert_snapshot!([
            told("POST\nnothing"),
            told("Title\n\nFETCH\n/api/x"),
            told("POST\n/api/x"),
            told("Title\nPOST\n/api/x\nBody\n{\"a\": 1,\n \"b\": }"),
            told("Title\nPOST\n/api/x\nRequest Body\n{\"a\": 1}\nResponses\n200\n{}"),
            told("Title\nGET\n/api/x\nAnswer\n200\n{}"),
            told("Title\nGET\n/api/x\ncurl 'x'\nAnswer\n200 OK\napplication/json\nBody\n{\"a\": 1}"),
            told("Title\nPOST\n/api/x\nBody\n{}\nAnswer\n200\n{}"),
            told("Title\nPOST\n/api/x\ncurl 'x' \\\n--data-raw '\n{\"a\"}'"),
            told("Title\nPOST\n/api/x\nResponses\nnone"),
            told("Title\nPOST\n/api/x\nResponses\n404\n{}"),
            told("Title\nPOST\n/api/x\nResponses\n200\n{\"a\": [1, 2"),
        ].join("\n"), @"
        no line with a method alone (GET, POST, PUT, PATCH, DELETE) and a line with a path below it; save the whole page as text
        line 3: the method FETCH is none of GET, POST, PUT, PATCH, DELETE
        line 1: no title above the method
        the request's example: line 6, column 6: is not JSON: expected value
        line 5: an example stands under no heading that is known; a line that begins with `Body` goes above that of the request, one of 返回响应, Responses, Response above the status of the answer
        line 6: an example stands under no heading that is known; a line that begins with `Body` goes above that of the request, one of 返回响应, Responses, Response above the status of the answer
        line 9: an example stands under no heading that is known; a line that begins with `Body` goes above that of the request, one of 返回响应, Responses, Response above the status of the answer
        line 8: an example stands under no heading that is known; a line that begins with `Body` goes above that of the request, one of 返回响应, Responses, Response above the status of the answer
        the example of curl: line 6, column 5: is not JSON: expected `:`
        line 4: no line with an HTTP status, such as `201成功`, below the heading of the answer
        line 5: the first answer of the page has the status 404; a success is needed
        the answer's example: line 6, column 11: is not JSON: EOF while parsing a list
        ");
    }
}
