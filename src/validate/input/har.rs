//! HAR files: what a browser or proxy recorded.

use std::io;

use struson::reader::{JsonReader, ReaderError, ValueType};

use super::exchange::{Call, Json, contents, object, position, text};
use super::{Body, Source};
use crate::validate::diagnose::Position;

/// The call of every entry.
pub(crate) fn read(
    source: &mut Source,
    body: &Body,
    start: Position,
) -> io::Result<Result<Vec<Call>, ReaderError>> {
    contents(source, body, |json| entries(json, start))
}

fn entries(json: &mut Json<'_>, start: Position) -> Result<Vec<Call>, ReaderError> {
    let mut calls = Vec::new();
    if !object(json)? {
        return Ok(calls);
    }
    while json.has_next()? {
        if json.next_name()? != "log" {
            json.skip_value()?;
            continue;
        }
        if !object(json)? {
            continue;
        }
        while json.has_next()? {
            if json.next_name()? != "entries" || json.peek()? != ValueType::Array {
                json.skip_value()?;
                continue;
            }
            json.begin_array()?;
            while json.has_next()? {
                let at = format!("/log/entries/{}", calls.len());
                calls.push(entry(json, start, &at)?);
            }
            json.end_array()?;
        }
        json.end_object()?;
    }
    json.end_object()?;
    Ok(calls)
}

fn entry(json: &mut Json<'_>, start: Position, at: &str) -> Result<Call, ReaderError> {
    let mut call = Call::default();
    json.peek()?;
    let place = position(json, start);
    if !object(json)? {
        return Ok(call);
    }
    while json.has_next()? {
        match json.next_name_owned()?.as_str() {
            "request" => request(json, start, at, &mut call)?,
            "response" => response(json, start, at, &mut call)?,
            _ => json.skip_value()?,
        }
    }
    json.end_object()?;
    // An entry without an answer tells of a call that brought nothing, as one of status 0 does.
    if call.status.is_none() && call.response.is_none() {
        (call.status, call.status_at) = (Some(0), Some((place, at.to_owned())));
    }
    Ok(call)
}

fn request(json: &mut Json<'_>, start: Position, at: &str, call: &mut Call) -> Result<(), ReaderError> {
    if !object(json)? {
        return Ok(());
    }
    while json.has_next()? {
        match json.next_name_owned()?.as_str() {
            "method" => call.method = text(json)?,
            "url" => {
                json.peek()?;
                let place = position(json, start);
                call.target = text(json)?.map(|url| (url, place, format!("{at}/request/url")));
            }
            "postData" => {
                if !object(json)? {
                    continue;
                }
                while json.has_next()? {
                    if json.next_name()? == "text" && json.peek()? == ValueType::String {
                        let body = Body::Quoted { start: position(json, start), base64: false };
                        call.request = Some((body, format!("{at}/request/postData/text")));
                    }
                    json.skip_value()?;
                }
                json.end_object()?;
            }
            _ => json.skip_value()?,
        }
    }
    json.end_object()
}

/// A status, also as a text or with a point. Some write -1 where no answer came: that is as good as 0.
fn status(json: &mut Json<'_>) -> Result<Option<u16>, ReaderError> {
    let text = match json.peek()? {
        ValueType::Number => json.next_number_as_string()?,
        ValueType::String => json.next_string()?,
        _ => {
            json.skip_value()?;
            return Ok(None);
        }
    };
    let whole = text.split_once('.').filter(|(_, rest)| rest.bytes().all(|digit| digit == b'0'));
    let whole = whole.map_or(text.as_str(), |(whole, _)| whole);
    Ok(if whole.starts_with('-') { Some(0) } else { whole.trim().parse().ok() })
}

fn response(json: &mut Json<'_>, start: Position, at: &str, call: &mut Call) -> Result<(), ReaderError> {
    if !object(json)? {
        return Ok(());
    }
    while json.has_next()? {
        match json.next_name_owned()?.as_str() {
            "status" => {
                json.peek()?;
                call.status_at = Some((position(json, start), format!("{at}/response/status")));
                call.status = status(json)?;
            }
            "content" => {
                if !object(json)? {
                    continue;
                }
                let (mut held, mut base64) = (None, false);
                while json.has_next()? {
                    match json.next_name_owned()?.as_str() {
                        "encoding" => base64 = text(json)?.as_deref() == Some("base64"),
                        "text" if json.peek()? == ValueType::String => {
                            let at = position(json, start);
                            json.skip_value()?;
                            // An empty one is written where there is none.
                            let quotes = 2;
                            held = (position(json, start).byte > at.byte + quotes).then_some(at);
                        }
                        _ => json.skip_value()?,
                    }
                }
                json.end_object()?;
                let body = held.map(|start| Body::Quoted { start, base64 });
                call.response = body.map(|body| (body, format!("{at}/response/content/text")));
            }
            _ => json.skip_value()?,
        }
    }
    // Neither a status nor a body is no answer.
    if call.response.is_none() && call.status_at.is_some() {
        call.status.get_or_insert(0);
    }
    json.end_object()
}
