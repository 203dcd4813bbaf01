//! What an example has that the document does not tell, and the other way round.

use std::collections::BTreeSet;

use regex_lite::RegexBuilder;
use serde_json::Value;

use super::infer::{Form, Seen};
use super::parameters;
use super::source::Source;
use super::write::{ENVELOPE, charged};
use crate::lint::{self, component};

/// Where an example and the document differ, one line each; empty where they agree.
pub fn differences(root: &Value, operation: &Value, source: &Source) -> anyhow::Result<Vec<String>> {
    let mut found = Vec::new();
    let schema = |part: Option<&Value>| {
        part.and_then(|part| part.pointer("/content/application~1json/schema").cloned())
    };
    let success = operation["responses"]
        .as_object()
        .and_then(|all| all.iter().find(|(status, _)| status.starts_with('2')).map(|(_, part)| part));
    let answer = source.told.as_ref().and_then(|told| told.body.as_ref());
    for (side, schema, example) in [
        ("request", schema(operation.get("requestBody")), source.request.as_ref()),
        ("answer", schema(success), answer),
    ] {
        match (schema, example) {
            (Some(schema), Some(json)) => {
                let seen = Seen::of(json)?;
                let shared = shared(root, operation);
                // One query of Hong Kong shows some of the fields: those of its language, and of what it asks for.
                let whole = source.service != Some(crate::generate::HK_TRADE.name);
                Walk { root, side, shared: &shared, whole, any_case: false, found: &mut found }
                    .compare("", "", &schema, &seen);
            }
            (None, Some(_)) => {
                found.push(format!("{side}: the example has a JSON body, the document declares none"))
            }
            (Some(_), None) if side == "request" => {
                found.push("request: the document declares a body, the source shows none".to_owned());
            }
            (Some(_), None) if source.told.is_some() => {
                found.push("answer: the document declares a JSON body, the source shows none".to_owned());
            }
            _ => {}
        }
    }
    let price = operation["x-credits"].as_str();
    if let (Some(price), Some(charged)) = (price, charged(answer.map(String::as_str)))
        && price.parse::<f64>().ok() != charged.parse::<f64>().ok()
    {
        found.push(format!("the example was charged {charged} credits, the document says {price} a call"));
    }
    let told = source.key.map(|key| {
        let security = operation.get("security").or_else(|| root.get("security")).and_then(Value::as_array);
        (key, security.is_some_and(|schemes| !schemes.is_empty()))
    });
    if let Some((sent, asked)) = told.filter(|(sent, asked)| sent != asked) {
        let said = |yes: bool| if yes { "a key" } else { "no key" };
        found.push(format!("the source sends {}, the document asks for {}", said(sent), said(asked)));
    }
    let any_case = source.service == Some(crate::generate::HK_TRADE.name);
    let shared = BTreeSet::new();
    let mut walk = Walk { root, side: "request", shared: &shared, whole: false, any_case, found: &mut found };
    parameters::compare(&mut walk, operation, source)?;
    Ok(found)
}

/// Components that other operations use too: what one example lacks of them, another has.
fn shared(root: &Value, operation: &Value) -> BTreeSet<String> {
    let others: Vec<&Value> = lint::operations(root)
        .into_iter()
        .map(|(.., other)| other)
        .filter(|other| *other != operation)
        .collect();
    lint::reach(root, &others, &[])
}

pub struct Walk<'a> {
    pub root: &'a Value,
    shared: &'a BTreeSet<String>,
    /// Whether the example shows every field.
    whole: bool,
    /// Whether values are read in any case, as those of Hong Kong's parameters are (guide, section A).
    pub any_case: bool,
    side: &'static str,
    pub found: &'a mut Vec<String>,
}

impl Walk<'_> {
    pub fn tell(&mut self, at: &str, text: &str) {
        let at = if at.is_empty() { "/" } else { at };
        self.found.push(format!("{} {at}: {text}", self.side));
    }

    /// Compares what was seen at a place with its schema.
    pub fn compare(&mut self, at: &str, name: &str, schema: &Value, seen: &Seen) {
        let wrapped = schema["nullable"] == true;
        let (schema, component) = self.resolved(schema);
        if component.as_deref() == Some("UnknownJson") || component.as_deref() == Some("UnknownRequest") {
            return;
        }
        if seen.null && !wrapped && schema["nullable"] != true && schema.get("anyOf").is_none() {
            self.tell(at, "null was seen, which the document does not allow");
        }
        // Null alone, or the items of a list that has none, tell no kind.
        if seen.is_only_null() {
            return;
        }
        let form = seen.form(name);
        match (schema["type"].as_str().unwrap_or_default(), &seen.members, &seen.items) {
            ("object", Some(members), _) => {
                let properties = schema.get("properties").and_then(Value::as_object);
                for (name, seen) in members {
                    let at = format!("{at}/{}", crate::document::escape(name));
                    match properties.and_then(|properties| properties.get(name)) {
                        Some(schema) => self.compare(&at, name, schema, seen),
                        None => self.tell(&at, &format!("appeared: {}", seen.form(name).name())),
                    }
                }
                let envelope =
                    properties.is_some_and(|all| all.contains_key("success") && all.contains_key("data"));
                let shared = component.as_ref().is_some_and(|name| self.shared.contains(name));
                let required = |name: &str| {
                    schema["required"].as_array().is_some_and(|names| names.iter().any(|own| own == name))
                };
                let whole = self.whole;
                let needed = |name: &str| match whole {
                    true => !(shared || envelope && ENVELOPE.contains(&name)),
                    false => required(name),
                };
                for name in properties
                    .into_iter()
                    .flat_map(|properties| properties.keys())
                    .filter(|name| needed(name))
                {
                    if !members.iter().any(|(own, _)| own == name) {
                        self.tell(
                            &format!("{at}/{}", crate::document::escape(name)),
                            "vanished: the example has it no more",
                        );
                    }
                }
            }
            ("array", _, Some(items)) => self.compare(&format!("{at}/*"), name, &schema["items"], items),
            (kind, ..) => {
                let fits = match (kind, form) {
                    ("string", Form::Text | Form::Decimal | Form::Day) => {
                        self.text_fits(at, &schema, component.as_deref(), seen)
                    }
                    ("integer", Form::Integer)
                    | ("number", Form::Integer | Form::Number)
                    | ("boolean", Form::Boolean) => true,
                    _ => false,
                };
                if !fits {
                    let declared = component.unwrap_or_else(|| {
                        if kind.is_empty() { "anything".to_owned() } else { kind.to_owned() }
                    });
                    self.tell(
                        at,
                        &format!(
                            "changed its type: the document says {declared}, the example has {}",
                            form.name()
                        ),
                    );
                }
            }
        }
    }

    /// Whether texts are what the document says; a value that a closed list lacks is told.
    fn text_fits(&mut self, at: &str, schema: &Value, component: Option<&str>, seen: &Seen) -> bool {
        let Some(texts) = &seen.text else { return true };
        if let Some(values) = schema.get("enum").and_then(Value::as_array) {
            let listed = |text: &str| {
                let mut values = values.iter().filter_map(Value::as_str);
                values.any(|value| value == text || self.any_case && value.eq_ignore_ascii_case(text))
            };
            let unknown: Vec<_> = texts.all.iter().filter(|text| !listed(text)).collect();
            for text in unknown {
                self.tell(at, &format!("has the value `{text}`, which the document does not list"));
            }
        }
        match component {
            Some("DecimalText") => texts
                .all
                .iter()
                .all(|text| text.trim_start_matches('-').chars().all(|c| c.is_ascii_digit() || c == '.')),
            Some("DateText") => texts.all.is_empty() || seen.form("") == Form::Day,
            _ => {
                if let Some(pattern) = schema["pattern"].as_str() {
                    self.pattern_fits(at, pattern, &texts.all);
                }
                true
            }
        }
    }

    /// Tells texts that are not of a form.
    fn pattern_fits(&mut self, at: &str, pattern: &str, texts: &BTreeSet<String>) {
        let Ok(form) = RegexBuilder::new(pattern).case_insensitive(self.any_case).build() else {
            return self.tell(
                at,
                &format!("nothing is checked against the pattern `{pattern}`, which cannot be read"),
            );
        };
        for text in texts.iter().filter(|text| !form.is_match(text)) {
            self.tell(
                at,
                &format!("has the value `{text}`, which is not of the document's form `{pattern}`"),
            );
        }
    }

    /// What a schema means: references followed, and of a choice with a text the other.
    pub fn resolved(&self, schema: &Value) -> (Value, Option<String>) {
        let (mut schema, mut name) = (schema.clone(), None);
        for _ in 0..16 {
            let next = component(&schema)
                .or_else(|| component(schema.pointer("/allOf/0")?))
                .or_else(|| crate::derived::or_text(&schema));
            let Some(next) = next.map(str::to_owned) else { break };
            schema = self.root.pointer(&format!("/components/schemas/{next}")).cloned().unwrap_or_default();
            name = Some(next);
        }
        (schema, name)
    }
}
