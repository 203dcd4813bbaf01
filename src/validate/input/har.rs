//! HAR files: what a browser or proxy recorded.

use std::io;

use struson::reader::{JsonReader, ReaderError, ValueType};

use super::exchange::{Call, Json, contents, number, object, position, text};
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

fn response(json: &mut Json<'_>, start: Position, at: &str, call: &mut Call) -> Result<(), ReaderError> {
    if !object(json)? {
        return Ok(());
    }
    while json.has_next()? {
        match json.next_name_owned()?.as_str() {
            "status" => {
                json.peek()?;
                call.status_at = Some((position(json, start), format!("{at}/response/status")));
                // Some write -1 where no answer came: no status is as good as 0.
                call.status = Some(number(json)?.unwrap_or(0));
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
    json.end_object()
}
