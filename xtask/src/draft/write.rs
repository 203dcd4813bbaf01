//! An operation, its components and its recorded exchange, as texts in the manner of the document.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::infer::{Form, Seen, parameter};
use super::pretty::pretty;
use super::secrets::HIDDEN;
use super::source::Source;
use super::yaml::scalar;
use crate::lint;

/// What a person chooses, since no page tells it.
#[derive(Debug, Clone, Default)]
pub struct Choices {
    /// `operationId`.
    pub id: Option<String>,
    /// `x-billing`.
    pub billing: Option<String>,
    /// Name of the case.
    pub case: Option<String>,
}

/// What is to be added to `spec/`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Draft {
    /// `operationId`.
    pub id: String,
    /// Its path, as the document writes it.
    pub path: String,
    /// Whether a call needs a key.
    pub key: bool,
    /// For each parameter of path and query a value, as text and as the client's method takes it.
    pub arguments: Vec<(String, String)>,
    /// JSON of the request's example.
    pub request: Option<String>,
    /// The operation, without the line of its path.
    pub operation: String,
    /// Components of the request.
    pub requests: String,
    /// Components of the answer.
    pub answers: String,
    /// The recorded exchange, and its file below `spec/`.
    pub exchange: (String, String),
    /// What a person should look at.
    pub notes: Vec<String>,
}

/// Last segments of a path that say too little to name an operation.
const GENERAL: [&str; 10] =
    ["create", "data", "detail", "enrich", "list", "query", "result", "search", "status", "task"];
/// Names of lists that say no more than that they are one.
const LISTS: [&str; 7] = ["data", "items", "list", "records", "result", "results", "rows"];
/// The members of the service's envelope.
pub const ENVELOPE: [&str; 5] = ["success", "request_id", "data", "meta", "error"];

/// Writes the draft of an operation that the document lacks.
pub fn draft(root: &Value, document: &str, source: &Source, choices: &Choices) -> Result<Draft> {
    let (called, source) = (source, &with_parameters(source));
    let told = source
        .told
        .as_ref()
        .context("the source tells no answer: an operation cannot be drafted without one")?;
    let id = match choices.id.as_deref().or(source.operation.as_deref()) {
        Some(id) => id.to_owned(),
        None => operation_id(source.path()),
    };
    if lint::operations(root).iter().any(|(_, _, _, other)| other["operationId"] == *id) {
        bail!("the operationId `{id}` is taken; choose another by --id");
    }
    let case =
        choices.case.clone().or_else(|| source.case.clone()).unwrap_or_else(|| source.evidence.clone());
    // They name a file, a method, a module: nothing is written before they are known to do.
    if syn::parse_str::<syn::Ident>(&id).is_err() || id != id.to_lowercase() {
        bail!(
            "the operationId `{id}` does not do as the name of a method in snake case; choose another by --id"
        );
    }
    if case.is_empty() || !case.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-') {
        bail!("the case `{case}` names a file: small letters, digits and hyphens; choose another by --case");
    }
    let file = format!("examples/tradewind/{id}.{case}.json");
    let mut writer = Writer {
        root,
        word: &source.evidence,
        name: pascal(&id),
        taken: lint_names(root),
        notes: source.notes.clone(),
        requests: String::new(),
        answers: String::new(),
    };
    let request = match &source.request {
        Some(json) => Some(writer.request(&Seen::of(json).context("the request's example")?)?),
        None => None,
    };
    let text = told.media.starts_with("text/");
    let body = told.body.as_ref().map(|json| Seen::of(json)).transpose().context("the answer's example")?;
    let answer = match &body {
        _ if text => None,
        Some(seen) => Some(writer.answer(seen)),
        None => {
            writer.notes.push(
                "the source shows no JSON answer: the common envelope is taken, its data stay open"
                    .to_owned(),
            );
            Some("Envelope".to_owned())
        }
    };
    let credits = body.as_ref().and_then(|_| charged(told.body.as_deref()));
    let operation = operation(
        &mut writer,
        document,
        source,
        choices,
        &Parts {
            id: &id,
            case: &case,
            file: &file,
            request: request.as_deref(),
            answer: answer.as_deref(),
            credits,
            body: body.is_some(),
        },
    );
    writer.notes.push(format!(
        "names and descriptions are to be chosen: read {id} and its components; tell its coverage in spec/README.md"
    ));
    let exchange = exchange(called, &id, &case);
    if !source.template {
        let values = source.path().split('/').filter(|part| is_value(part));
        writer.notes.extend(values.map(|part| {
            format!(
                "`{part}` in the path looks like a value: where it is one, write a parameter such as {{id}}"
            )
        }));
    }
    Ok(Draft {
        id,
        path: source.path().to_owned(),
        key: source.key != Some(false),
        arguments: parameters(source)
            .into_iter()
            .map(|(place, name, value)| match kind(place, &name, &value) {
                "string" => (value.clone(), format!("{value:?}")),
                _ => (value.clone(), value),
            })
            .collect(),
        request: source.request.clone(),
        operation,
        requests: writer.requests,
        answers: writer.answers,
        exchange: (file, exchange),
        notes: writer.notes,
    })
}

/// The source with a parameter for each part of its path that is hidden: a secret is no word of a path.
fn with_parameters(source: &Source) -> Source {
    let mut source = source.clone();
    let mut names = Vec::new();
    let parts = source.path().split('/').map(|part| match part.contains(HIDDEN) {
        true => {
            let number = names.len() + 1;
            names.push(if number == 1 { "{id}".to_owned() } else { format!("{{id{number}}}") });
            names.last().cloned().unwrap_or_default()
        }
        false => part.to_owned(),
    });
    let path = parts.collect::<Vec<_>>().join("/");
    source.target = source.target.replacen(source.path(), &path, 1);
    source.notes.extend(names.iter().map(|name| {
        format!(
            "a part of the path is not shown; {name} is written in its place: choose the parameter's name"
        )
    }));
    source
}

/// What an operation is written from.
struct Parts<'a> {
    id: &'a str,
    case: &'a str,
    file: &'a str,
    request: Option<&'a str>,
    answer: Option<&'a str>,
    credits: Option<String>,
    body: bool,
}

fn operation(
    writer: &mut Writer<'_>,
    document: &str,
    source: &Source,
    choices: &Choices,
    parts: &Parts<'_>,
) -> String {
    let Parts { id, case, file, request, answer, credits, body } = parts;
    let word = &source.evidence;
    let billing = choices.billing.as_deref().unwrap_or("unknown");
    let mut out = String::new();
    let mut line = |indent: usize, text: &str| _ = writeln!(out, "{:indent$}{text}", "");
    line(4, &format!("{}:", source.method.to_lowercase()));
    line(6, &format!("operationId: {id}"));
    line(6, &format!("tags: [{}]", tag(writer.root, source.path())));
    line(6, &format!("summary: {}", scalar(&source.title)));
    line(
        6,
        &format!(
            "description: {}",
            scalar(&format!(
                "{} ({word}). Drafted from an example; the page tells no more of its fields.",
                source.title
            ))
        ),
    );
    line(6, &format!("x-evidence: {word}"));
    line(6, &format!("x-billing: {billing}"));
    match (billing, credits) {
        ("per-call", Some(credits)) => line(6, &format!("x-credits: '{credits}'")),
        (_, Some(credits)) => writer.notes.push(format!(
            "the example was charged {credits} credits: tell by --billing per-call or per-item what for, once it is known"
        )),
        _ => {}
    }
    line(6, "x-exchanges:");
    line(8, &format!("- {file}"));
    let url = writer.root.pointer("/servers/0/url").and_then(Value::as_str).unwrap_or_default();
    line(6, "externalDocs:");
    line(8, &format!("description: {}", scalar(&origin(source))));
    line(8, &format!("url: {url}"));
    if source.key == Some(false) {
        line(6, "security: []");
    }
    let parameters = parameters(source);
    if !parameters.is_empty() {
        line(6, "parameters:");
    }
    for (place, name, value) in parameters {
        line(8, &format!("- name: {}", key(&name)));
        line(10, &format!("in: {place}"));
        if place == "path" {
            line(10, "required: true");
        }
        let shown = if place == "path" {
            format!("Part of the path ({word}).")
        } else if word == "documented" {
            let value = if value.is_empty() { "Empty" } else { &value };
            format!("{value} in the example ({word}).")
        } else {
            // What was observed may be about persons, and is not repeated.
            format!("In the example ({word}).")
        };
        line(10, &format!("description: {}", scalar(&shown)));
        line(10, "schema:");
        let kind = kind(place, &name, &value);
        line(12, &format!("type: {kind}"));
        if kind == "integer" {
            line(12, "format: int64");
        }
    }
    if let Some(component) = request {
        line(6, "requestBody:");
        line(8, "required: true");
        media(
            &mut line,
            8,
            component,
            case,
            &format!("{} ({word})", source.title),
            &format!("{file}#/request/body/json"),
        );
    }
    let status = source.told.as_ref().map_or(200, |told| told.status);
    line(6, "responses:");
    line(8, "2XX:");
    line(
        10,
        &format!(
            "description: {}",
            scalar(&format!("The answer; the example has the status {status} ({word})."))
        ),
    );
    match answer {
        Some(component) if *body => {
            media(
                &mut line,
                10,
                component,
                case,
                &format!("The answer ({word})"),
                &format!("{file}#/response/body/json"),
            );
        }
        Some(component) => {
            for (indent, text) in [(10, "content:"), (12, "application/json:"), (14, "schema:")] {
                line(indent, text);
            }
            line(16, &format!("$ref: '#/components/schemas/{component}'"));
        }
        None => {
            for (indent, text) in
                [(10, "content:"), (12, "text/plain:"), (14, "schema:"), (16, "type: string")]
            {
                line(indent, text);
            }
        }
    }
    for (class, anchor, told) in [("4XX", "refused", "Refused."), ("5XX", "broken", "The service failed.")] {
        if document.contains(&format!("&{anchor}")) {
            line(8, &format!("{class}: *{anchor}"));
            continue;
        }
        line(8, &format!("{class}:"));
        line(10, &format!("description: {told}"));
        for (indent, text) in [
            (10, "content:"),
            (12, "application/json:"),
            (14, "schema:"),
            (16, "$ref: '#/components/schemas/Failure'"),
        ] {
            line(indent, text);
        }
    }
    out
}

/// Parameters of path and query: place, name, and a value for one.
fn parameters(source: &Source) -> Vec<(&'static str, String, String)> {
    let in_path = source.path().split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let mut all: Vec<_> = in_path.map(|name| ("path", name.to_owned(), "1".to_owned())).collect();
    for (name, value) in source.query() {
        // A list may be sent by one name several times.
        if !all.iter().any(|(place, other, _)| *place == "query" && *other == name) {
            all.push(("query", name, value));
        }
    }
    all
}

/// The type of a parameter; what stands in a path may be an id, whatever its digits.
fn kind(place: &str, name: &str, value: &str) -> &'static str {
    match parameter(name, value) {
        Form::Integer if place == "query" => "integer",
        Form::Boolean if place == "query" => "boolean",
        _ => "string",
    }
}

fn media(
    line: &mut dyn FnMut(usize, &str),
    at: usize,
    component: &str,
    case: &str,
    summary: &str,
    file: &str,
) {
    line(at, "content:");
    line(at + 2, "application/json:");
    line(at + 4, "schema:");
    line(at + 6, &format!("$ref: '#/components/schemas/{component}'"));
    line(at + 4, "examples:");
    line(at + 6, &format!("{case}:"));
    line(at + 8, &format!("summary: {}", scalar(summary)));
    line(at + 8, &format!("externalValue: {file}"));
}

/// Where the source comes from.
fn origin(source: &Source) -> String {
    let section = source.section.as_ref().map(|section| format!(", section {section}")).unwrap_or_default();
    let changed = source.changed.as_ref().map(|day| format!(", changed {day}")).unwrap_or_default();
    match source.evidence.as_str() {
        "documented" => format!(
            "Documentation page of this operation{section}{changed}. The page's own address is not on record; this is the service's."
        ),
        word => format!("A recorded exchange ({word}){section}. This is the service's address."),
    }
}

/// The tags of the operation whose path begins most like this one.
fn tag(root: &Value, path: &str) -> String {
    let common = |other: &str| other.split('/').zip(path.split('/')).take_while(|(a, b)| a == b).count();
    let near = lint::operations(root).into_iter().max_by_key(|(other, ..)| common(other));
    near.and_then(|(.., operation)| operation["tags"][0].as_str().map(str::to_owned)).unwrap_or_default()
}

/// Credits that the example was charged, with the digits that it has.
pub fn charged(answer: Option<&str>) -> Option<String> {
    let text = super::pretty::member(answer?, &["meta", "billing", "credits_charged"])?;
    text.starts_with(|c: char| c.is_ascii_digit()).then_some(text).filter(|text| !text.contains(['e', 'E']))
}

/// The recorded exchange of a source, in the format of `spec/exchange.schema.json`.
fn exchange(source: &Source, id: &str, case: &str) -> String {
    let text = |value: &str| Value::from(value).to_string();
    let changed = source.changed.as_ref().map(|day| format!(", changed {day}")).unwrap_or_default();
    let title = match source.evidence.as_str() {
        "documented" => format!("TradeWind AI API 2.0: {}{changed}", source.title),
        _ => source.title.clone(),
    };
    let section =
        source.section.as_ref().map(|section| format!(",\"section\":{}", text(section))).unwrap_or_default();
    let headers =
        |media: &str| format!("\"headers\":[{{\"name\":\"content-type\",\"value\":{}}}]", text(media));
    let body = |json: Option<&String>, media: &str| {
        json.map(|json| format!(",{},\"body\":{{\"json\":{json}}}", headers(media))).unwrap_or_default()
    };
    let answer = source.told.as_ref().map(|told| {
        format!(",\"response\":{{\"status\":{}{}}}", told.status, body(told.body.as_ref(), &told.media))
    });
    let made = format!(
        "{{\"format\":\"tradebind-exchange/1\",\"service\":\"tradewind\",\"operation\":{},\"case\":{},\"about\":{},\"source\":{{\"title\":{}{section},\"notes\":[{}]}},\"evidence\":{},\"request\":{{\"method\":{},\"target\":{}{}}}{}}}",
        text(id),
        text(case),
        text(&source.title),
        text(&title),
        text("Headers that are secret are left out."),
        text(&source.evidence),
        text(&source.method),
        text(&source.target),
        body(source.request.as_ref(), "application/json"),
        answer.unwrap_or_default(),
    );
    pretty(&made, 0) + "\n"
}

/// Writes components.
struct Writer<'a> {
    root: &'a Value,
    /// How the source is known.
    word: &'a str,
    /// What the components' names begin with.
    name: String,
    /// Names of components, in small letters.
    taken: BTreeSet<String>,
    notes: Vec<String>,
    requests: String,
    answers: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Request,
    Answer,
}

impl Writer<'_> {
    /// The component of a request.
    fn request(&mut self, seen: &Seen) -> Result<String> {
        match &seen.members {
            Some(members) if members.is_empty() => Ok("UnknownRequest".to_owned()),
            Some(members) => {
                let name = self.free(format!("{}Request", self.name));
                // Where one text is empty, each unused one is sent empty.
                let empties =
                    members.iter().any(|(_, seen)| seen.text.as_ref().is_some_and(|texts| texts.empty));
                let told = match empties {
                    true => {
                        format!("Every field is sent, an empty text where one is unused ({}).", self.word)
                    }
                    false => format!("The fields of the example ({}).", self.word),
                };
                self.closed(&name, members, empties, &told);
                Ok(name)
            }
            None => bail!("the request is no JSON object: write its component by hand"),
        }
    }

    fn closed(&mut self, name: &str, members: &[(String, Seen)], empties: bool, told: &str) {
        let (mut required, mut below) = (Vec::new(), String::new());
        for (field, seen) in members {
            if empties && self.choice(seen).is_some() {
                required.push(field.as_str());
            }
            below += &self.property(name, field, seen, Side::Request, empties);
        }
        let mut text = format!(
            "    {name}:\n      type: object\n      description: {}\n      additionalProperties: false\n",
            scalar(told)
        );
        if !required.is_empty() {
            _ = writeln!(text, "      required: [{}]", required.join(", "));
        }
        self.requests += &format!("{text}      properties:\n{below}");
    }

    /// The closed list of values that holds a text.
    fn choice(&self, seen: &Seen) -> Option<String> {
        let texts = seen.text.as_ref().filter(|texts| !texts.empty && !texts.all.is_empty())?;
        let schemas = self.root.pointer("/components/schemas").and_then(Value::as_object)?;
        let holds = |schema: &Value| {
            let values = schema.get("enum").and_then(Value::as_array);
            values.is_some_and(|values| {
                texts.all.iter().all(|text| values.contains(&Value::from(text.as_str())))
            })
        };
        let mut found = schemas.iter().filter(|(_, schema)| holds(schema));
        match (found.next(), found.next()) {
            (Some((name, _)), None) => Some(name.clone()),
            _ => None,
        }
    }

    /// The component of an answer.
    fn answer(&mut self, seen: &Seen) -> String {
        let Some(members) = &seen.members else {
            return match &seen.items {
                Some(items) => self.list_component(&format!("{}List", self.name), items),
                None => "UnknownJson".to_owned(),
            };
        };
        if seen.member("success").is_none() || seen.member("data").is_none() {
            let name = self.free(format!("{}Answer", self.name));
            self.open(&name, members, "The answer; it comes without the common envelope");
            return name;
        }
        let data = seen.member("data").filter(|data| data.members.is_some() || data.items.is_some());
        let Some(data) = data else {
            self.notes
                .push("`data` is neither an object nor a list: the common envelope is taken".to_owned());
            return "Envelope".to_owned();
        };
        let envelope = self.free(format!("{}Envelope", self.name));
        let choice = self.free(format!("{}Data", self.name));
        let word = self.word;
        let mut text = format!(
            "    {envelope}:\n      type: object\n      description: {}\n      additionalProperties: {{}}\n      properties:\n",
            scalar(&format!("The common envelope ({word})."))
        );
        _ = write!(
            text,
            "        success: {{type: boolean, nullable: true, description: Whether the call went well (documented).}}\n        request_id: {{type: string, nullable: true, description: Id of the call (documented).}}\n"
        );
        for (field, component) in [("data", choice.as_str()), ("meta", "Meta"), ("error", "UnknownJson")] {
            _ = write!(text, "        {field}:\n          $ref: '#/components/schemas/{component}'\n");
        }
        for (field, seen) in members.iter().filter(|(field, _)| !ENVELOPE.contains(&field.as_str())) {
            text += &self.property(&envelope, field, seen, Side::Answer, false);
        }
        let known = self.root.pointer("/components/schemas/Meta/properties");
        for (field, _) in seen.member("meta").and_then(|meta| meta.members.as_ref()).into_iter().flatten() {
            if known.and_then(|known| known.get(field)).is_none() {
                self.notes.push(format!(
                    "`meta/{field}` is not in the component Meta: it is kept, but has no type"
                ));
            }
        }
        let upstream = data.member("code").is_some() && data.member("data").is_some();
        // Written in this order, so that a component stands before what it names; its own name comes first.
        let expected = if upstream { format!("{}Upstream", self.name) } else { self.name.clone() };
        let expected = self.free(expected);
        text += &format!(
            "    {choice}:\n      description: {}\n      anyOf:\n        - $ref: '#/components/schemas/{expected}'\n        - type: string\n",
            scalar(&format!(
                "The data ({word}); in an account of the service an error trace came as a text in their place, with success true (reported). Whatever else comes is kept."
            ))
        );
        self.answers += &text;
        match (&data.members, &data.items) {
            (Some(members), _) if upstream => self.upstream(&expected, members),
            (Some(members), _) => self.open(&expected, members, "The data"),
            (None, Some(items)) => self.list_named(&expected, items),
            (None, None) => {}
        }
        envelope
    }

    /// The upstream's envelope, and what lies in it.
    fn upstream(&mut self, name: &str, members: &[(String, Seen)]) {
        let mut text = format!(
            "    {name}:\n      type: object\n      description: {}\n      additionalProperties: {{}}\n      properties:\n",
            scalar(&format!(
                "The upstream's envelope; a code other than 1 is a failure, also when success is true ({}).",
                self.word
            ))
        );
        let mut below = None;
        for (field, seen) in members {
            if field != "data" {
                text += &self.property(name, field, seen, Side::Answer, false);
                continue;
            }
            let inner = match (&seen.members, &seen.items) {
                (None, None) => "UnknownJson".to_owned(),
                _ => self.free(self.name.clone()),
            };
            _ = write!(text, "        data:\n          $ref: '#/components/schemas/{inner}'\n");
            below = Some((inner, seen));
        }
        self.answers += &text;
        match below {
            Some((inner, Seen { members: Some(members), .. })) => {
                self.open(&inner, members, "What the upstream answers")
            }
            Some((inner, Seen { items: Some(items), .. })) => self.list_named(&inner, items),
            _ => {}
        }
    }

    /// A lenient object.
    fn open(&mut self, name: &str, members: &[(String, Seen)], told: &str) {
        let place = self.answers.len();
        let properties: String = members
            .iter()
            .map(|(field, seen)| self.property(name, field, seen, Side::Answer, false))
            .collect();
        let mut text = format!(
            "    {name}:\n      type: object\n      description: {}\n      additionalProperties: {{}}\n",
            scalar(&format!("{told} ({}).", self.word))
        );
        if !properties.is_empty() {
            text += &format!("      properties:\n{properties}");
        }
        // Before the components that its properties brought along.
        self.answers.insert_str(place, &text);
    }

    fn list_component(&mut self, name: &str, items: &Seen) -> String {
        let name = self.free(name.to_owned());
        self.list_named(&name, items);
        name
    }

    fn list_named(&mut self, name: &str, items: &Seen) {
        let place = self.answers.len();
        let items = self.items(name, "list", items, Side::Answer);
        let text = format!(
            "    {name}:\n      type: array\n      description: {}\n      items:\n        {items}\n",
            scalar(&format!("The list ({}).", self.word))
        );
        self.answers.insert_str(place, &text);
    }

    /// The schema of a list's items, in one line.
    fn items(&mut self, owner: &str, field: &str, items: &Seen, side: Side) -> String {
        let null = if items.null && side == Side::Answer { ", nullable: true" } else { "" };
        match items.form(field) {
            Form::List => {
                self.notes.push(format!("`{field}` holds lists in a list: what is in them is left open"))
            }
            Form::Unknown if !items.is_only_null() => {
                self.notes
                    .push(format!("`{field}` is a list of several kinds of values: they are left open"));
            }
            Form::Unknown => {
                self.notes.push(format!(
                    "`{field}` is a list without a value in the example: its items are left open"
                ));
            }
            _ => {}
        }
        let referred = |name: &str| format!("$ref: '#/components/schemas/{name}'");
        match items.form(field) {
            Form::Object => {
                let name = item_name(owner, field);
                let item = referred(&self.object(&name, items, side));
                if null.is_empty() { item } else { format!("{{allOf: [{{{item}}}]{null}}}") }
            }
            Form::Text | Form::Day if side == Side::Request || null.is_empty() => "type: string".to_owned(),
            Form::Text | Form::Day => format!("{{type: string{null}}}"),
            Form::Decimal if side == Side::Answer => referred("DecimalText"),
            Form::Decimal => "type: string".to_owned(),
            Form::Integer => format!("{{type: integer, format: int64{null}}}"),
            Form::Boolean => format!("{{type: boolean{null}}}"),
            Form::Number => referred("OpenNumber"),
            Form::Unknown | Form::List => referred("UnknownJson"),
        }
    }

    /// The component of an object.
    fn object(&mut self, name: &str, seen: &Seen, side: Side) -> String {
        let name = self.free(name.to_owned());
        let members = seen.members.as_deref().unwrap_or_default();
        match side {
            Side::Answer => self.open(&name, members, "A part of the answer"),
            Side::Request if members.is_empty() => return "UnknownRequest".to_owned(),
            Side::Request => {
                self.closed(&name, members, false, &format!("A part of the request ({}).", self.word))
            }
        }
        name
    }

    /// A property, with its name.
    fn property(&mut self, owner: &str, field: &str, seen: &Seen, side: Side, empties: bool) -> String {
        let answer = side == Side::Answer;
        let shown = self.described(seen);
        let refer =
            |name: &str| format!("        {}:\n          $ref: '#/components/schemas/{name}'\n", key(field));
        let plain = |kind: &str| {
            let null = if answer { ", nullable: true" } else { "" };
            format!("        {}: {{{kind}{null}, description: {}}}\n", key(field), scalar(&shown))
        };
        if seen.form(field) == Form::Unknown && !seen.is_only_null() {
            self.notes.push(format!("`{field}` holds several kinds of values: it is left open"));
        }
        match seen.form(field) {
            Form::Unknown => refer("UnknownJson"),
            Form::Decimal if answer => refer("DecimalText"),
            Form::Number => refer("OpenNumber"),
            Form::Integer => plain("type: integer, format: int64"),
            Form::Boolean => plain("type: boolean"),
            Form::Text | Form::Day if answer => plain("type: string"),
            Form::Object => {
                let name = format!("{owner}{}", pascal(field));
                let name = if side == Side::Request { name.replacen("Request", "", 1) } else { name };
                let made = self.object(&name, seen, side);
                if answer && seen.null {
                    // Beside a reference nothing counts: the null is told around it.
                    return format!(
                        "        {}:\n          nullable: true\n          description: {}\n          allOf:\n            - $ref: '#/components/schemas/{made}'\n",
                        key(field),
                        scalar(&format!("An object, and null, in the example ({}).", self.word))
                    );
                }
                refer(&made)
            }
            Form::List => {
                let null = if answer { "          nullable: true\n" } else { "" };
                let items = seen.items.as_deref().cloned().unwrap_or_default();
                let items = self.items(owner, field, &items, side);
                format!(
                    "        {}:\n          type: array\n{null}          description: {}\n          items:\n            {items}\n",
                    key(field),
                    scalar(&shown)
                )
            }
            Form::Day if empties => format!(
                "        {}:\n          allOf:\n            - $ref: '#/components/schemas/DateText'\n          default: ''\n          description: {}\n",
                key(field),
                scalar(&shown)
            ),
            Form::Day => refer("DateText"),
            Form::Text | Form::Decimal => {
                if let Some(choice) = self.choice(seen) {
                    self.notes.push(format!(
                        "`{field}` of the request is taken to be a {choice}, which has that value"
                    ));
                    return refer(&choice);
                }
                let mut text = format!("        {}:\n          type: string\n", key(field));
                if empties {
                    text += "          default: ''\n";
                }
                _ = writeln!(text, "          description: {}", scalar(&shown));
                let sample = seen.text.as_ref().and_then(|texts| texts.sample.as_ref());
                // As in `described`.
                if let Some(sample) = sample.filter(|_| self.word == "documented") {
                    _ = writeln!(text, "          example: {}", scalar(sample));
                }
                text
            }
        }
    }

    /// What the example shows of a field. What was observed may be about persons, and is not repeated.
    fn described(&self, seen: &Seen) -> String {
        let word = self.word;
        let sample = match (&seen.text, &seen.integer) {
            (Some(texts), _) if texts.sample.is_none() => Some("Empty".to_owned()),
            (Some(texts), _) => texts.sample.clone().filter(|sample| sample.chars().count() <= 60),
            (None, Some(integers)) => integers.sample.map(|sample| sample.to_string()),
            (None, None) => None,
        };
        let sample = sample.filter(|_| word == "documented").filter(|sample| !sample.contains('`'));
        let null = if seen.null && sample.is_some() { ", and null," } else { "" };
        match sample {
            Some(sample) => format!("{sample}{null} in the example ({word})."),
            None => format!("In the example ({word})."),
        }
    }

    /// A name that no component has.
    fn free(&mut self, wanted: String) -> String {
        let numbered = (2..).map(|number| format!("{wanted}{number}"));
        let name = std::iter::once(wanted.clone())
            .chain(numbered)
            .find(|name| !self.taken.contains(&name.to_lowercase()));
        let name = name.unwrap_or(wanted);
        self.taken.insert(name.to_lowercase());
        name
    }
}

/// Names of all components, in small letters.
fn lint_names(root: &Value) -> BTreeSet<String> {
    let schemas = root.pointer("/components/schemas").and_then(Value::as_object);
    schemas.into_iter().flatten().map(|(name, _)| name.to_lowercase()).collect()
}

/// A key of a mapping: quoted where YAML would read something else.
fn key(name: &str) -> String {
    let plain = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    let word =
        ["true", "false", "null", "yes", "no", "on", "off", "y", "n"].contains(&name.to_lowercase().as_str());
    if plain && !word { name.to_owned() } else { scalar(name) }
}

/// The operationId that a path suggests: its last segment, with the one before where that alone says too little.
pub fn operation_id(path: &str) -> String {
    let parts: Vec<_> =
        path.split('/').filter(|part| !part.is_empty() && !part.starts_with(['{', ':'])).collect();
    let words = match parts.as_slice() {
        [.., before, last] if GENERAL.contains(last) => format!("{before}-{last}"),
        [.., last] => (*last).to_owned(),
        [] => "operation".to_owned(),
    };
    let words = words.strip_suffix(".json").unwrap_or(&words).to_owned();
    let snake: String =
        words.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' }).collect();
    // A word of Rust's own is no name of a method.
    let name =
        syn::parse_str::<syn::Ident>(&snake).is_ok() && snake.starts_with(|c: char| c.is_ascii_lowercase());
    if name { snake } else { format!("op_{snake}") }
}

/// Whether a segment of a path is a number or an id, and no word.
fn is_value(part: &str) -> bool {
    let digits = part.bytes().filter(u8::is_ascii_digit).count();
    digits > 0 && (digits == part.len() || part.len() >= 16)
}

fn pascal(name: &str) -> String {
    let words = name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let made: String = words.map(|word| word[..1].to_uppercase() + &word[1..]).collect();
    if made.is_empty() { "Part".to_owned() } else { made }
}

/// The name of one item of a list.
fn item_name(owner: &str, field: &str) -> String {
    let base = if LISTS.contains(&field) { owner.to_owned() } else { format!("{owner}{}", pascal(field)) };
    match base.strip_suffix("ies") {
        Some(stem) => format!("{stem}y"),
        None => match base.strip_suffix('s').filter(|stem| !stem.ends_with('s')) {
            Some(stem) => stem.to_owned(),
            None => format!("{base}Item"),
        },
    }
}
