//! Recorded exchanges, read without their bodies.

use std::io;

use struson::reader::{JsonReader, JsonStreamReader, ReaderError, ValueType};

use super::{Body, Source};
use crate::place::escape;
use crate::validate::diagnose::Position;

/// A call that a file tells of: where its bodies lie and what they belong to.
#[derive(Debug, Default)]
pub(crate) struct Call {
    pub service: Option<String>,
    pub operation: Option<String>,
    pub method: Option<String>,
    /// Path and query, or the whole address.
    pub target: Option<(String, Position, String)>,
    pub status: Option<u16>,
    pub request: Option<(Body, String)>,
    pub response: Option<(Body, String)>,
    /// Media type of the answer.
    pub media: Option<String>,
}

/// A fault of the file that holds payloads: place, pointer, expected, found.
pub(crate) type Slip = (Position, String, String, String);

pub(crate) type Read<'a> = JsonStreamReader<Box<dyn io::BufRead + 'a>>;

/// Where the reader stands, as the source counts.
pub(crate) fn position<R: io::Read>(json: &JsonStreamReader<R>, start: Position) -> Position {
    let at = json.current_position(false);
    let (line, column) = at.line_pos.map_or((0, 0), |at| (at.line, at.column));
    let column = if line == 0 { start.column + column } else { column };
    Position { line: start.line + line, column, byte: start.byte + at.data_pos.unwrap_or_default() }
}

/// A reader of one value at a place.
pub(crate) fn open(source: &mut Source, start: Position) -> io::Result<Read<'_>> {
    Ok(JsonStreamReader::new(Box::new(source.from(start.byte)?) as Box<dyn io::BufRead>))
}

/// The members of an exchange.
pub(crate) fn read(
    source: &mut Source,
    start: Position,
) -> io::Result<Result<(Call, Vec<Slip>), ReaderError>> {
    let mut json = open(source, start)?;
    let mut call = Call::default();
    let (mut slips, mut seen) = (Vec::new(), Vec::new());
    let read = members(&mut json, start, &mut call, &mut slips, &mut seen);
    let beginning = Position { ..start };
    for name in ["format", "service", "operation", "case", "source", "evidence", "request"] {
        if read.is_ok() && !seen.iter().any(|seen| seen == name) {
            slips.push((beginning, String::new(), format!("the member {name:?}"), "nothing".to_owned()));
        }
    }
    Ok(read.map(|()| (call, slips)))
}

const MEMBERS: [&str; 9] =
    ["about", "case", "evidence", "format", "operation", "request", "response", "service", "source"];

fn members(
    json: &mut Read<'_>,
    start: Position,
    call: &mut Call,
    slips: &mut Vec<Slip>,
    seen: &mut Vec<String>,
) -> Result<(), ReaderError> {
    json.begin_object()?;
    while json.has_next()? {
        let at = position(json, start);
        let name = json.next_name_owned()?;
        let pointer = format!("/{}", escape(&name));
        if !MEMBERS.contains(&name.as_str()) {
            let near = crate::near::nearest(&name, MEMBERS);
            let hint = near.map(|near| format!("; did you mean {near:?}?")).unwrap_or_default();
            let expected = format!("one of {}", MEMBERS.join(", "));
            slips.push((at, pointer.clone(), expected, format!("{name:?}{hint}")));
        }
        if seen.contains(&name) {
            slips.push((at, pointer.clone(), "each member once".to_owned(), format!("{name:?} again")));
        }
        match name.as_str() {
            "service" => call.service = text(json)?,
            "operation" => call.operation = text(json)?,
            "format" => {
                let format = text(json)?;
                if format.as_deref() != Some("tradebind-exchange/1") {
                    let found = format.map_or("no text".to_owned(), |format| format!("{format:?}"));
                    slips.push((at, pointer, "\"tradebind-exchange/1\"".to_owned(), found));
                }
            }
            "request" => side(json, start, call, true)?,
            "response" => side(json, start, call, false)?,
            _ => json.skip_value()?,
        }
        seen.push(name);
    }
    json.end_object()
}

pub(crate) fn text(json: &mut Read<'_>) -> Result<Option<String>, ReaderError> {
    if json.peek()? == ValueType::String {
        return json.next_string().map(Some);
    }
    json.skip_value()?;
    Ok(None)
}

pub(crate) fn number(json: &mut Read<'_>) -> Result<Option<u16>, ReaderError> {
    if json.peek()? == ValueType::Number {
        return Ok(json.next_number_as_string()?.parse().ok());
    }
    json.skip_value()?;
    Ok(None)
}

/// Whether an object begins; anything else is skipped.
pub(crate) fn object(json: &mut Read<'_>) -> Result<bool, ReaderError> {
    let object = json.peek()? == ValueType::Object;
    if object {
        json.begin_object()?
    } else {
        json.skip_value()?
    }
    Ok(object)
}

fn side(json: &mut Read<'_>, start: Position, call: &mut Call, request: bool) -> Result<(), ReaderError> {
    if !object(json)? {
        return Ok(());
    }
    let side = if request { "/request" } else { "/response" };
    while json.has_next()? {
        match json.next_name_owned()?.as_str() {
            "method" => call.method = text(json)?,
            "target" => {
                json.peek()?;
                let at = position(json, start);
                call.target = text(json)?.map(|target| (target, at, format!("{side}/target")));
            }
            "status" => call.status = number(json)?,
            "body" => {
                if !object(json)? {
                    continue;
                }
                while json.has_next()? {
                    let form = json.next_name_owned()?;
                    let kind = json.peek()?;
                    let at = position(json, start);
                    let quoted = kind == ValueType::String;
                    let body = match form.as_str() {
                        "json" => Some(Body::Plain { start: at, end: None, alone: false }),
                        "text" if quoted => Some(Body::Quoted { start: at, base64: false }),
                        "base64" if quoted => Some(Body::Quoted { start: at, base64: true }),
                        _ => None,
                    };
                    let held = body.map(|body| (body, format!("{side}/body/{form}")));
                    if request {
                        call.request = held
                    } else {
                        call.response = held
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
