//! Whether a request fits what the document asks for.

use std::fmt;

use hyper::HeaderMap;
use hyper::header::CONTENT_TYPE;
use jsonschema::Validator;
use jsonschema::error::ValidationErrorKind;
use percent_encoding::percent_decode_str;
use reqwest::Url;
use serde_json::Value;

use crate::documents::{Document, DocumentOperation, Placed};
use crate::near::nearest;
use crate::place::escape;

/// The most problems that are told of one request.
const TOLD: usize = 20;
/// The most of a problem's text, in characters: it may repeat what was sent.
const TEXT: usize = 300;

/// What reached an operation.
pub(in crate::replica) struct Asked<'a> {
    /// Values of the path's parameters, as sent.
    pub(in crate::replica) path: &'a [(String, String)],
    pub(in crate::replica) query: Option<&'a str>,
    pub(in crate::replica) headers: &'a HeaderMap,
    pub(in crate::replica) body: &'a [u8],
}

/// What became of a check.
#[derive(Debug)]
pub(in crate::replica) struct Checked {
    /// The body, where it is JSON.
    pub(in crate::replica) body: Option<Value>,
    /// What does not fit.
    pub(in crate::replica) problems: Vec<Problem>,
}

/// What does not fit.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::replica) struct Problem {
    /// The field's name, where it is one at the top of the body that the document does not know.
    pub(in crate::replica) unknown_field: Option<String>,
    text: String,
}

impl Problem {
    fn new(text: impl Into<String>) -> Self {
        Self { unknown_field: None, text: text.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.text.char_indices().nth(TEXT) {
            Some((end, _)) => write!(f, "{} …", self.text.get(..end).unwrap_or_default()),
            None => f.write_str(&self.text),
        }
    }
}

/// What an operation asks for.
pub(super) struct Checks {
    parameters: Vec<Parameter>,
    body: Option<Body>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Path,
    Query,
    Header,
    Cookie,
}

struct Parameter {
    name: String,
    place: Place,
    required: bool,
    /// How its values are joined, where it is a list.
    list: Option<List>,
    /// Type of the value, or of each item.
    kind: Option<String>,
    schema: Schema,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum List {
    Commas,
    Repeated,
}

struct Body {
    required: bool,
    media: String,
    schema: Schema,
    /// Values of fields that are left out.
    defaults: Vec<(String, Value)>,
}

/// A schema and its text, which knows the names of fields.
struct Schema {
    validator: Validator,
    text: Value,
}

impl Schema {
    fn read(document: &Document, part: &Placed<'_>) -> Result<Self, String> {
        let text = document.schema_at(part);
        // Formats too: a day that is none is refused, as a service would refuse it.
        let options = jsonschema::draft202012::options().should_validate_formats(true);
        let validator = options.build(&text).map_err(|e| format!("the schema at {}: {e}", part.pointer))?;
        Ok(Self { validator, text })
    }

    /// What a value breaks; `place` tells whose it is.
    fn problems(&self, value: &Value, place: &str) -> Vec<Problem> {
        let errors = self.validator.iter_errors(value).take(TOLD);
        errors.flat_map(|error| self.told(&error, place)).collect()
    }

    fn told(&self, error: &jsonschema::ValidationError<'_>, place: &str) -> Vec<Problem> {
        let at = error.instance_path().as_str();
        match error.kind() {
            ValidationErrorKind::AdditionalProperties { unexpected } => {
                let known = self.fields(error.schema_path().as_str());
                let unknown = |name: &String| {
                    let hint = match nearest(name, known.iter().map(String::as_str)) {
                        Some(near) => format!("did you mean {near:?}?"),
                        None => format!("the fields are {}", known.join(", ")),
                    };
                    let text = format!("{place} {at}/{}: unknown field {name:?}; {hint}", escape(name));
                    Problem { unknown_field: at.is_empty().then(|| name.clone()), text }
                };
                unexpected.iter().map(unknown).collect()
            }
            ValidationErrorKind::Required { property } => {
                let name = property.as_str().unwrap_or_default();
                vec![Problem::new(format!("{place} {at}/{}: is missing", escape(name)))]
            }
            ValidationErrorKind::Enum { options } => {
                let options: Vec<_> =
                    options.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
                // Every short code is near every other.
                let given = error.instance().as_str().filter(|given| given.len() > 2);
                let near = given.and_then(|given| nearest(given, options.iter().copied()));
                let hint = near.map_or(String::new(), |near| format!("; did you mean {near:?}?"));
                let space = if at.is_empty() { "" } else { " " };
                let (given, known) = (error.instance(), options.join(", "));
                vec![Problem::new(format!("{place}{space}{at}: {given} is none of {known}{hint}"))]
            }
            _ if at.is_empty() => vec![Problem::new(format!("{place}: {error}"))],
            _ => vec![Problem::new(format!("{place} {at}: {error}"))],
        }
    }

    /// The fields beside a keyword of the schema.
    fn fields(&self, keyword: &str) -> Vec<String> {
        let object = keyword.rsplit_once('/').and_then(|(object, _)| self.text.pointer(object));
        let fields = object.and_then(|object| object.get("properties")).and_then(Value::as_object);
        fields.into_iter().flat_map(|fields| fields.keys().cloned()).collect()
    }
}

impl Checks {
    pub(super) fn read(document: &Document, operation: &DocumentOperation<'_>) -> Result<Self, String> {
        let path_item = operation.pointer();
        let shared =
            path_item.rsplit_once('/').and_then(|(item, _)| document.at(&format!("{item}/parameters")));
        let shared = shared.and_then(|part| Some((part.pointer, part.value.as_array()?)));
        let shared = shared.iter().flat_map(|(at, all)| {
            all.iter().enumerate().map(move |(i, value)| Placed { pointer: format!("{at}/{i}"), value })
        });
        let mut parameters = Vec::<Parameter>::new();
        for part in shared.map(|part| document.resolve(part)).chain(operation.parameters()) {
            if let Some(parameter) = Parameter::read(document, &part)? {
                // The operation's own goes before its path's.
                parameters.retain(|p| (&p.name, p.place) != (&parameter.name, parameter.place));
                parameters.push(parameter);
            }
        }
        let wanted = operation.value().get("requestBody").map(|value| {
            document.resolve(Placed { pointer: format!("{}/requestBody", operation.pointer()), value })
        });
        let body = match operation.request_schema() {
            Some((media, part)) => Some(Body {
                required: wanted.and_then(|wanted| wanted.value.get("required")?.as_bool()) == Some(true),
                media: media.to_owned(),
                schema: Schema::read(document, &part)?,
                defaults: defaults(&part),
            }),
            None => None,
        };
        Ok(Self { parameters, body })
    }

    pub(super) fn filled(&self, body: Option<&Value>) -> Option<Value> {
        let mut body = body?.clone();
        if let (Some(members), Some(known)) = (body.as_object_mut(), &self.body) {
            for (name, value) in &known.defaults {
                members.entry(name.clone()).or_insert_with(|| value.clone());
            }
        }
        Some(body)
    }

    pub(super) fn check(&self, asked: &Asked<'_>) -> Checked {
        let mut problems = Vec::new();
        let query: Vec<(String, String)> = match asked.query {
            Some(query) => {
                let address = Url::parse(&format!("http://localhost/?{query}"));
                address
                    .iter()
                    .flat_map(Url::query_pairs)
                    .map(|(name, value)| (name.into(), value.into()))
                    .collect()
            }
            None => Vec::new(),
        };
        for parameter in &self.parameters {
            parameter.check(&parameter.values(asked, &query), &mut problems);
        }
        let known = |place| self.parameters.iter().filter(move |parameter| parameter.place == place);
        let names = || known(Place::Query).map(|parameter| parameter.name.as_str());
        for (name, _) in query.iter().filter(|(name, _)| !names().any(|known| known == name)) {
            let hint = match (nearest(name, names()), names().next()) {
                (Some(near), _) => format!("did you mean {near:?}?"),
                (None, Some(_)) => format!("the parameters are {}", names().collect::<Vec<_>>().join(", ")),
                (None, None) => "it takes none".to_owned(),
            };
            problems.push(Problem::new(format!("query: unknown parameter {name:?}; {hint}")));
        }
        let body = self.body.as_ref().and_then(|body| body.check(asked, &mut problems));
        // Every unknown field stays: who ignores them must know them all.
        let mut others = 0;
        problems.retain(|problem| {
            others += usize::from(problem.unknown_field.is_none());
            problem.unknown_field.is_some() || others <= TOLD
        });
        Checked { body, problems }
    }
}

impl Parameter {
    /// `None` for a header that OpenAPI leaves to other parts of the document.
    fn read(document: &Document, part: &Placed<'_>) -> Result<Option<Self>, String> {
        let text = |name: &str| part.value.get(name).and_then(Value::as_str).unwrap_or_default();
        let name = text("name").to_owned();
        let place = match text("in") {
            "path" => Place::Path,
            "query" => Place::Query,
            "header" => Place::Header,
            "cookie" => Place::Cookie,
            other => {
                return Err(format!("{}/in: {other:?} is none of path, query, header, cookie", part.pointer));
            }
        };
        let left_out = ["accept", "authorization", "content-type"];
        if place == Place::Header && left_out.contains(&name.to_ascii_lowercase().as_str()) {
            return Ok(None);
        }
        let anything = Value::Object(serde_json::Map::new());
        let schema = part.value.get("schema").unwrap_or(&anything);
        let schema = document.resolve(Placed { pointer: format!("{}/schema", part.pointer), value: schema });
        let kind = kind(document, schema.clone());
        let explode = part.value.get("explode").and_then(Value::as_bool);
        let joined = match (place, explode) {
            (Place::Query | Place::Cookie, None | Some(true)) => List::Repeated,
            _ => List::Commas,
        };
        let list = (kind.as_deref() == Some("array")).then_some(joined);
        let kind = match list {
            Some(_) => schema.value.get("items").and_then(|items| {
                self::kind(document, Placed { pointer: format!("{}/items", schema.pointer), value: items })
            }),
            None => kind,
        };
        let required = part.value.get("required").and_then(Value::as_bool) == Some(true);
        Ok(Some(Self { name, place, required, list, kind, schema: Schema::read(document, &schema)? }))
    }

    /// Every value that was sent for it.
    fn values(&self, asked: &Asked<'_>, query: &[(String, String)]) -> Vec<String> {
        match self.place {
            Place::Path => {
                let given = asked.path.iter().filter(|(name, _)| *name == self.name);
                given.map(|(_, value)| percent_decode_str(value).decode_utf8_lossy().into_owned()).collect()
            }
            Place::Query => {
                query.iter().filter(|(name, _)| *name == self.name).map(|(_, value)| value.clone()).collect()
            }
            Place::Header => {
                let given = asked.headers.get_all(&*self.name).iter();
                given.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).collect()
            }
            Place::Cookie => {
                let lines = asked.headers.get_all(hyper::header::COOKIE).iter();
                let lines = lines.filter_map(|line| line.to_str().ok());
                let pairs =
                    lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
                pairs.filter(|(name, _)| *name == self.name).map(|(_, value)| value.to_owned()).collect()
            }
        }
    }

    fn check(&self, values: &[String], problems: &mut Vec<Problem>) {
        let place = match self.place {
            Place::Path => "path",
            Place::Query => "query",
            Place::Header => "header",
            Place::Cookie => "cookie",
        };
        let whose = format!("{place}: parameter {:?}", self.name);
        let one = |text: &str| scalar(text, self.kind.as_deref());
        let value = match (self.list, values) {
            (_, []) if self.required => return problems.push(Problem::new(format!("{whose} is missing"))),
            (_, []) => return,
            (Some(List::Commas), [joined]) => joined.split(',').map(one).collect(),
            (Some(List::Repeated), values) => values.iter().map(|value| one(value)).collect(),
            (None, [value]) => one(value),
            (Some(List::Commas) | None, _) => {
                return problems.push(Problem::new(format!("{whose} is given {} times", values.len())));
            }
        };
        problems.extend(self.schema.problems(&value, &whose));
    }
}

impl Body {
    fn check(&self, asked: &Asked<'_>, problems: &mut Vec<Problem>) -> Option<Value> {
        if asked.body.is_empty() {
            if self.required {
                problems.push(Problem::new(format!("body: is missing; send it as {}", self.media)));
            }
            return None;
        }
        let sent = asked.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let bare = |media: &str| media.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        if let Some(sent) = sent.filter(|sent| bare(sent) != bare(&self.media)) {
            problems.push(Problem::new(format!("header: content-type is {sent:?}, not {:?}", self.media)));
        }
        if !is_json(&self.media) {
            return None;
        }
        match serde_json::from_slice(asked.body) {
            Ok(value) => {
                problems.extend(self.schema.problems(&value, "body"));
                Some(value)
            }
            Err(e) => {
                problems.push(Problem::new(format!("body: is not JSON: {e}")));
                None
            }
        }
    }
}

/// The defaults of an object's fields.
fn defaults(part: &Placed<'_>) -> Vec<(String, Value)> {
    let fields = part.value.get("properties").and_then(Value::as_object);
    let default = |(name, field): (&String, &Value)| Some((name.clone(), field.get("default")?.clone()));
    fields.into_iter().flatten().filter_map(default).collect()
}

/// Whether bodies of that type are JSON.
pub(super) fn is_json(media: &str) -> bool {
    let media = media.split(';').next().unwrap_or_default().trim();
    media.eq_ignore_ascii_case("application/json") || media.to_ascii_lowercase().ends_with("+json")
}

/// The type of a schema, through references and `allOf`.
fn kind(document: &Document, part: Placed<'_>) -> Option<String> {
    let part = document.resolve(part);
    if let Some(kind) = part.value.get("type").and_then(Value::as_str) {
        return Some(kind.to_owned());
    }
    let inner = part.value.get("allOf").and_then(Value::as_array);
    inner.into_iter().flatten().find_map(|value| {
        // A circle of references has no type of its own, and JSON itself is no circle.
        (value.get("$ref").is_none() || value != part.value)
            .then(|| document.resolve(Placed { pointer: String::new(), value }))
            .and_then(|inner| inner.value.get("type").and_then(Value::as_str).map(str::to_owned))
    })
}

/// A text as the JSON that the schema means.
fn scalar(text: &str, kind: Option<&str>) -> Value {
    let read = match kind {
        Some("integer" | "number") => serde_json::from_str(text).ok().filter(Value::is_number),
        Some("boolean") => text.parse().ok().map(Value::Bool),
        _ => None,
    };
    read.unwrap_or_else(|| Value::from(text))
}
