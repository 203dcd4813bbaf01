//! Recorded exchanges, read without their bodies.

use std::io::{self, BufReader, Read};

use struson::reader::{JsonReader, JsonStreamReader, ReaderError, ValueType};

use super::{Body, Source};
use crate::place::escape;
use crate::validate::diagnose::{NOTHING, Position};
use crate::validate::judge::shown;

/// A call that a file tells of: where its bodies lie and what they belong to.
#[derive(Debug, Default)]
pub(crate) struct Call {
    pub service: Option<String>,
    pub operation: Option<String>,
    pub method: Option<String>,
    /// Path and query, or the whole address.
    pub target: Option<(String, Position, String)>,
    pub status: Option<u16>,
    /// Where that stands.
    pub status_at: Option<(Position, String)>,
    pub request: Option<(Body, String)>,
    pub response: Option<(Body, String)>,
}

/// A fault of the file that holds payloads.
#[derive(Debug)]
pub(crate) struct Slip {
    pub position: Position,
    pub pointer: String,
    pub expected: String,
    pub found: String,
    pub mend: Option<String>,
}

pub(crate) type Json<'a> = JsonStreamReader<BufReader<&'a mut dyn Read>>;

/// Where the reader stands, as the source counts.
pub(crate) fn position<R: Read>(json: &JsonStreamReader<R>, start: Position) -> Position {
    let at = json.current_position(false);
    let (line, column) = at.line_pos.map_or((0, 0), |at| (at.line, at.column));
    let column = if line == 0 { start.column + column } else { column };
    Position { line: start.line + line, column, byte: start.byte + at.data_pos.unwrap_or_default() }
}

/// Reads a file that holds payloads, after which nothing may follow.
pub(crate) fn contents<T>(
    source: &mut Source,
    body: &Body,
    read: impl FnOnce(&mut Json<'_>) -> Result<T, ReaderError>,
) -> io::Result<Result<T, ReaderError>> {
    source.read(body, |from| {
        let mut json = JsonStreamReader::new(BufReader::with_capacity(1 << 16, from));
        let value = read(&mut json)?;
        json.consume_trailing_whitespace()?;
        Ok(value)
    })
}

/// What the format asks for at a place; a test holds it against `spec/exchange.schema.json`.
#[derive(Debug)]
enum Form {
    Text,
    OneOf(&'static [&'static str]),
    Status,
    List(&'static Form),
    Object(&'static [Member]),
    /// An object with one of [`BODIES`].
    Body,
}

#[derive(Debug)]
struct Member {
    name: &'static str,
    required: bool,
    form: Form,
}

const fn must(name: &'static str, form: Form) -> Member {
    Member { name, required: true, form }
}

const fn may(name: &'static str, form: Form) -> Member {
    Member { name, required: false, form }
}

const BODIES: [&str; 3] = ["json", "text", "base64"];

static HEADER: Form = Form::Object(&[must("name", Form::Text), must("value", Form::Text)]);

static EXCHANGE: Form = Form::Object(&[
    must("format", Form::OneOf(&["tradebind-exchange/1"])),
    must("service", Form::OneOf(&["hk-trade", "tradewind"])),
    must("operation", Form::Text),
    must("case", Form::Text),
    may("about", Form::Text),
    must(
        "source",
        Form::Object(&[
            must("title", Form::Text),
            may("section", Form::Text),
            may("url", Form::Text),
            may("notes", Form::List(&Form::Text)),
        ]),
    ),
    must("evidence", Form::OneOf(&["documented", "vendor", "observed", "reported", "assumed"])),
    must(
        "request",
        Form::Object(&[
            must("method", Form::Text),
            must("target", Form::Text),
            may("headers", Form::List(&HEADER)),
            may("body", Form::Body),
        ]),
    ),
    may(
        "response",
        Form::Object(&[
            must("status", Form::Status),
            may("headers", Form::List(&HEADER)),
            may("body", Form::Body),
        ]),
    ),
]);

impl Form {
    fn expected(&self) -> String {
        match self {
            Self::Text => "a text".to_owned(),
            Self::OneOf([one]) => format!("{one:?}"),
            Self::OneOf(several) => format!("one of {}", several.join(", ")),
            Self::Status => "an HTTP status".to_owned(),
            Self::List(_) => "a list".to_owned(),
            Self::Object(_) => "an object".to_owned(),
            Self::Body => format!("an object with one of {}", BODIES.join(", ")),
        }
    }
}

/// The members of an exchange, and what is wrong with its form.
pub(crate) fn read(
    source: &mut Source,
    body: &Body,
    start: Position,
) -> io::Result<Result<(Call, Vec<Slip>), ReaderError>> {
    contents(source, body, |json| {
        let mut reader = Exchange { json, start, call: Call::default(), slips: Vec::new() };
        reader.value(&EXCHANGE, "")?;
        reader.slips.sort_by_key(|slip| slip.position.byte);
        Ok((reader.call, reader.slips))
    })
}

struct Exchange<'a, 'j> {
    json: &'a mut Json<'j>,
    start: Position,
    call: Call,
    slips: Vec<Slip>,
}

impl Exchange<'_, '_> {
    fn slip(&mut self, position: Position, pointer: &str, expected: String, found: String) {
        self.slips.push(Slip { position, pointer: pointer.to_owned(), expected, found, mend: None });
    }

    fn value(&mut self, form: &'static Form, pointer: &str) -> Result<(), ReaderError> {
        let kind = self.json.peek()?;
        let at = position(self.json, self.start);
        match (form, kind) {
            (Form::Text | Form::OneOf(_), ValueType::String) => {
                let text = self.json.next_string()?;
                if let Form::OneOf(values) = form
                    && !values.contains(&text.as_str())
                {
                    let near = crate::near::nearest(&text, values.iter().copied());
                    let mend = near.map(|near| format!("did you mean {near:?}?"));
                    let (pointer, expected, found) = (pointer.to_owned(), form.expected(), shown(&text));
                    self.slips.push(Slip { position: at, pointer, expected, found, mend });
                }
                self.text(pointer, at, text);
                Ok(())
            }
            (Form::Status, ValueType::Number) => {
                self.call.status_at = Some((at, pointer.to_owned()));
                let text = self.json.next_number_as_string()?;
                self.call.status = text.parse().ok().filter(|status| (100..600).contains(status));
                if self.call.status.is_none() {
                    self.slip(
                        at,
                        pointer,
                        form.expected(),
                        format!("the number {}", text.get(..20).unwrap_or(&text)),
                    );
                }
                Ok(())
            }
            (Form::List(items), ValueType::Array) => {
                self.json.begin_array()?;
                let mut count = 0;
                while self.json.has_next()? {
                    self.value(items, &format!("{pointer}/{count}"))?;
                    count += 1;
                }
                self.json.end_array()
            }
            (Form::Object(members), ValueType::Object) => self.object(members, pointer, at),
            (Form::Body, ValueType::Object) => self.body(pointer, at),
            (_, kind) => {
                self.slip(at, pointer, form.expected(), words(kind).to_owned());
                self.json.skip_value()
            }
        }
    }

    fn object(&mut self, members: &'static [Member], pointer: &str, at: Position) -> Result<(), ReaderError> {
        self.json.begin_object()?;
        let mut seen = Vec::new();
        while self.json.has_next()? {
            let at = position(self.json, self.start);
            let name = self.json.next_name_owned()?;
            let inner = format!("{pointer}/{}", escape(&name));
            match members.iter().find(|member| member.name == name) {
                Some(member) if seen.contains(&member.name) => {
                    self.slip(at, &inner, "each member once".to_owned(), format!("{} again", shown(&name)));
                    self.json.skip_value()?;
                }
                Some(member) => {
                    seen.push(member.name);
                    self.value(&member.form, &inner)?;
                }
                None => {
                    let names = || members.iter().map(|member| member.name);
                    let near = crate::near::nearest(&name, names());
                    let mend = near.map(|near| format!("did you mean {near:?}?"));
                    let expected = format!("one of {}", names().collect::<Vec<_>>().join(", "));
                    self.slips.push(Slip {
                        position: at,
                        pointer: inner,
                        expected,
                        found: shown(&name),
                        mend,
                    });
                    self.json.skip_value()?;
                }
            }
        }
        self.json.end_object()?;
        for member in members.iter().filter(|member| member.required && !seen.contains(&member.name)) {
            self.slip(at, pointer, format!("the member {:?}", member.name), NOTHING.to_owned());
        }
        Ok(())
    }

    /// Where the body of a side lies.
    fn body(&mut self, pointer: &str, at: Position) -> Result<(), ReaderError> {
        self.json.begin_object()?;
        let mut count = 0;
        while self.json.has_next()? {
            let form = self.json.next_name_owned()?;
            let quoted = self.json.peek()? == ValueType::String;
            let at = position(self.json, self.start);
            let body = match form.as_str() {
                "json" => Some(Body::Plain { start: at, end: None, alone: false }),
                "text" if quoted => Some(Body::Quoted { start: at, base64: false }),
                "base64" if quoted => Some(Body::Quoted { start: at, base64: true }),
                _ => None,
            };
            self.json.skip_value()?;
            let body = body.map(|body| match body {
                // What follows it belongs to the exchange.
                Body::Plain { start, alone, .. } => {
                    let end = Some(position(self.json, self.start).byte);
                    Body::Plain { start, end, alone }
                }
                quoted => quoted,
            });
            let held = body.map(|body| (body, format!("{pointer}/{form}")));
            count += if held.is_some() { 1 } else { 2 };
            match pointer.starts_with("/request") {
                true => self.call.request = held,
                false => self.call.response = held,
            }
        }
        self.json.end_object()?;
        if count != 1 {
            self.slip(at, pointer, Form::Body.expected(), "another".to_owned());
        }
        Ok(())
    }

    fn text(&mut self, pointer: &str, at: Position, text: String) {
        match pointer {
            "/service" => self.call.service = Some(text),
            "/operation" => self.call.operation = Some(text),
            "/request/method" => self.call.method = Some(text),
            "/request/target" => self.call.target = Some((text, at, pointer.to_owned())),
            _ => {}
        }
    }
}

/// A kind of value in words.
pub(crate) fn words(kind: ValueType) -> &'static str {
    match kind {
        ValueType::Null => "null",
        ValueType::Boolean => "true or false",
        ValueType::Number => "a number",
        ValueType::String => "a text",
        ValueType::Array => "a list",
        ValueType::Object => "an object",
    }
}

pub(crate) fn text(json: &mut Json<'_>) -> Result<Option<String>, ReaderError> {
    if json.peek()? == ValueType::String {
        return json.next_string().map(Some);
    }
    json.skip_value()?;
    Ok(None)
}

/// Whether an object begins; anything else is skipped.
pub(crate) fn object(json: &mut Json<'_>) -> Result<bool, ReaderError> {
    let object = json.peek()? == ValueType::Object;
    if object {
        json.begin_object()?
    } else {
        json.skip_value()?
    }
    Ok(object)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    /// Where a form and the schema of the format say different things.
    fn differences(form: &Form, schema: &Value, root: &Value, at: &str, into: &mut Vec<String>) {
        let schema = match schema["$ref"].as_str() {
            Some(link) => root.pointer(link.trim_start_matches('#')).unwrap(),
            None => schema,
        };
        let mut same = |holds: bool, what: &str| {
            if !holds {
                into.push(format!("{at}: {what}"));
            }
        };
        match form {
            Form::Text => same(schema["type"] == "string" && schema.get("enum").is_none(), "text"),
            Form::OneOf(values) => same(schema["enum"] == serde_json::json!(values), "values"),
            Form::Status => same(schema["type"] == "integer", "status"),
            Form::List(items) => {
                same(schema["type"] == "array", "list");
                differences(items, &schema["items"], root, at, into);
            }
            Form::Object(members) => {
                let names: Vec<_> = members.iter().map(|member| member.name).collect();
                let required: Vec<_> = members.iter().filter(|m| m.required).map(|m| m.name).collect();
                let declared: Vec<_> = schema["properties"].as_object().unwrap().keys().collect();
                let mut sorted = names.clone();
                sorted.sort_unstable();
                same(declared == sorted, "members");
                same(schema["required"] == serde_json::json!(required), "required members");
                for Member { name, form, .. } in *members {
                    differences(form, &schema["properties"][name], root, &format!("{at}/{name}"), into);
                }
            }
            Form::Body => {
                let forms = schema["oneOf"].as_array().unwrap().iter();
                let forms: Vec<_> = forms.map(|form| form["required"][0].as_str().unwrap()).collect();
                same(forms == BODIES, "bodies");
            }
        }
    }

    #[test]
    fn the_form_is_that_of_the_schema() {
        let schema = include_str!("../../../spec/exchange.schema.json");
        let schema: Value = serde_json::from_str(schema).unwrap();
        let mut found = Vec::new();
        differences(&EXCHANGE, &schema, &schema, "", &mut found);
        assert_eq!(found, [] as [String; 0]);
    }
}
