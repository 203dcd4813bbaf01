//! Options for the fields of a request, from its schema in the document.

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, ArgMatches, value_parser};
use serde_json::Value;
use tradebind::documents::{Document, Placed};

use super::members::Members;

/// How deep fields of objects within objects are options.
const DEEPEST: usize = 3;

/// A field that is an option.
#[derive(Debug, Clone)]
pub struct Field {
    /// Where it stands in the request.
    path: Vec<String>,
    /// Name of the option.
    option: String,
    kind: Kind,
    list: bool,
    required: bool,
    help: String,
}

#[derive(Debug, Clone)]
enum Kind {
    Text,
    Integer,
    Number,
    Bool,
    /// One of these.
    Choice(Vec<String>),
}

/// The options of a request, and the names of the fields that only `--body` can give.
pub fn of(document: &Document, schema: &Placed<'_>, taken: &[&str]) -> (Vec<Field>, Vec<String>) {
    let (mut fields, mut others) = (Vec::new(), Vec::new());
    gather(document, schema.value, &[], taken, &mut fields, &mut others);
    // What must be given comes first.
    fields.sort_by_key(|field| !field.required);
    (fields, others)
}

fn gather(
    document: &Document,
    schema: &Value,
    above: &[String],
    taken: &[&str],
    fields: &mut Vec<Field>,
    others: &mut Vec<String>,
) {
    let required = |name: &str| {
        let names = schema.get("required").and_then(Value::as_array);
        above.is_empty() && names.into_iter().flatten().any(|required| required == name)
    };
    for (name, property) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
        let meaning = meaning(document, property);
        let path: Vec<_> = above.iter().cloned().chain([name.clone()]).collect();
        let list = meaning.get("type").and_then(Value::as_str) == Some("array");
        let item = match meaning.get("items") {
            Some(items) if list => self::meaning(document, items),
            _ => meaning,
        };
        let mut option = path.iter().map(|part| kebab(part)).collect::<Vec<_>>().join(".");
        if taken.contains(&option.as_str()) {
            option = format!("field-{option}");
        }
        match kind(item) {
            Some(kind) => fields.push(Field {
                option,
                kind,
                list,
                required: required(name),
                help: help(property, item),
                path,
            }),
            None if !list && meaning.get("properties").is_some() && path.len() < DEEPEST => {
                gather(document, meaning, &path, taken, fields, others);
            }
            None => others.push(path.join(".")),
        }
    }
}

/// What a schema means: behind its reference, or the one that it narrows.
fn meaning<'a>(document: &'a Document, schema: &'a Value) -> &'a Value {
    let schema = schema.pointer("/allOf/0").unwrap_or(schema);
    document.resolve(Placed { pointer: String::new(), value: schema }).value
}

fn kind(schema: &Value) -> Option<Kind> {
    let texts = |values: &Vec<Value>| values.iter().filter_map(Value::as_str).map(str::to_owned).collect();
    match schema.get("type").and_then(Value::as_str)? {
        "string" => match schema.get("enum").and_then(Value::as_array) {
            Some(values) => Some(Kind::Choice(texts(values))),
            None => Some(Kind::Text),
        },
        "integer" => Some(Kind::Integer),
        "number" => Some(Kind::Number),
        "boolean" => Some(Kind::Bool),
        _ => None,
    }
}

/// The description of the field, else of what it holds; the command line needs no full stop.
fn help(property: &Value, item: &Value) -> String {
    let text = |schema: &Value| schema.get("description").and_then(Value::as_str).map(str::to_owned);
    let told = text(property).or_else(|| text(item)).unwrap_or_default();
    told.trim_end_matches('.').to_owned()
}

/// `tradeCode` and `start_time` as options are written.
pub fn kebab(name: &str) -> String {
    let mut kebab = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() && !kebab.is_empty() {
            kebab.push('-');
        }
        kebab.push(if c == '_' { '-' } else { c.to_ascii_lowercase() });
    }
    kebab
}

impl Field {
    /// The option; `body` is the one that may give the field instead.
    pub fn arg(&self, body: &'static str) -> Arg {
        let value = match self.kind {
            Kind::Text => "TEXT",
            Kind::Integer | Kind::Number => "N",
            Kind::Bool => "true|false",
            Kind::Choice(_) => "NAME",
        };
        let mut arg = Arg::new(self.option.clone())
            .long(self.option.clone())
            .value_name(value)
            .help(if self.required {
                format!("{} [required, unless --body has it]", self.help)
            } else {
                self.help.clone()
            })
            .help_heading("Fields of the request");
        // The name in the document does as well.
        let named = self.path.join(".");
        if named != self.option {
            arg = arg.alias(named);
        }
        arg = match &self.kind {
            Kind::Text => arg.value_parser(value_parser!(String)),
            Kind::Integer => arg.value_parser(whole).allow_negative_numbers(true),
            Kind::Number => arg.value_parser(number).allow_negative_numbers(true),
            Kind::Bool => arg.value_parser(value_parser!(bool)),
            Kind::Choice(values) => arg.value_parser(PossibleValuesParser::new(values)),
        };
        if self.list {
            arg = arg.action(ArgAction::Append);
        }
        if self.required { arg.required_unless_present(body) } else { arg }
    }

    /// The option, if it gives the field of that name.
    pub fn option_of(&self, name: &str) -> Option<&str> {
        (self.path == [name]).then_some(&self.option)
    }

    /// The option as it is written to give what a request has; none where that is an empty text or another kind.
    pub fn as_given(&self, request: &Value) -> Option<String> {
        let value = self.path.iter().try_fold(request, |value, name| value.get(name))?;
        let text = match value {
            Value::String(text) if text.is_empty() => return None,
            Value::String(text) => text.clone(),
            Value::Number(_) | Value::Bool(_) => value.to_string(),
            _ => return None,
        };
        let quote =
            if text.contains(|c: char| !c.is_ascii_alphanumeric() && !"-._".contains(c)) { "'" } else { "" };
        Some(format!("--{} {quote}{text}{quote}", self.option))
    }

    /// Puts what was given into the request; whether anything was.
    pub fn put(&self, matches: &ArgMatches, request: &mut Members) -> Result<bool, String> {
        let name = &self.option;
        let values: Option<Vec<Value>> = match self.kind {
            Kind::Text | Kind::Choice(_) => given::<String>(matches, name),
            Kind::Integer => given::<i64>(matches, name),
            Kind::Number => given::<f64>(matches, name),
            Kind::Bool => given::<bool>(matches, name),
        };
        let Some(mut values) = values else { return Ok(false) };
        let value = if self.list { Value::Array(values) } else { values.pop().unwrap_or_default() };
        request
            .put(&self.path, &value)
            .map_err(|name| format!("--{} does not fit the body, where {name} is no object", self.option))?;
        Ok(true)
    }
}

fn whole(text: &str) -> Result<i64, String> {
    text.trim().parse().map_err(|_| "must be a whole number, such as 10".to_owned())
}

fn number(text: &str) -> Result<f64, String> {
    text.trim().parse().map_err(|_| "must be a number, such as 0.5".to_owned())
}

fn given<T: Clone + Into<Value> + Send + Sync + 'static>(
    matches: &ArgMatches,
    name: &str,
) -> Option<Vec<Value>> {
    matches.get_many::<T>(name).map(|values| values.cloned().map(Into::into).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_options() {
        assert_eq!(kebab("tradeCode"), "trade-code");
        assert_eq!(kebab("departure_port"), "departure-port");
        assert_eq!(kebab("taskId"), "task-id");
    }
}
