//! What the beginning of a payload looks like.

use std::collections::BTreeMap;
use std::io::Read;

use super::super::diagnose::{Position, told};
use struson::reader::{JsonReader, JsonStreamReader, ReaderError, ValueType};

/// The beginning of a value: of lists the first item, and as many levels as tell payloads apart.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Sketch {
    Object(BTreeMap<String, Sketch>),
    List(Option<Box<Sketch>>),
    Text(String),
    Other,
}

/// What holds payloads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Container {
    Exchange,
    Har,
}

const LEVELS: usize = 6;

impl Sketch {
    /// The sketch of a text, however it is cut, and what is wrong where nothing of it can be read.
    pub fn of(text: impl Read) -> Result<Self, (String, Position)> {
        let mut json = JsonStreamReader::new(text);
        let mut sketch = None;
        match fill(&mut json, &mut sketch, LEVELS) {
            Err(error) if sketch.is_none() => Err(told(&error, Position::default())),
            _ => Ok(sketch.unwrap_or(Self::Other)),
        }
    }

    /// What is wrong with a text that is all there is.
    pub fn whole(text: &[u8]) -> Result<(), (String, Position)> {
        let mut json = JsonStreamReader::new(text);
        let read = json.skip_value().and_then(|()| json.consume_trailing_whitespace());
        read.map_err(|error| told(&error, Position::default()))
    }

    pub fn get(&self, key: &str) -> Option<&Self> {
        match self {
            Self::Object(members) => members.get(key),
            _ => None,
        }
    }

    /// The first item of a list.
    pub fn first(&self) -> Option<&Self> {
        match self {
            Self::List(first) => first.as_deref(),
            _ => None,
        }
    }

    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Whether both have the same names in the same places: what a shape tells is the same of them.
    pub fn has_names_of(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Object(own), Self::Object(others)) => {
                own.len() == others.len()
                    && own
                        .iter()
                        .zip(others)
                        .all(|((name, own), (other, others))| name == other && own.has_names_of(others))
            }
            (Self::List(Some(own)), Self::List(Some(others))) => own.has_names_of(others),
            (Self::List(None), Self::List(None)) => true,
            (Self::Text(_) | Self::Other, Self::Text(_) | Self::Other) => true,
            _ => false,
        }
    }

    pub fn container(&self) -> Option<Container> {
        let format = self
            .get("format")
            .and_then(Self::text)
            .is_some_and(|text| text.starts_with("tradebind-exchange/"));
        let members = ["request", "operation", "case"].iter().filter(|name| self.get(name).is_some()).count();
        if format || members == 3 {
            return Some(Container::Exchange);
        }
        let log = self.get("log")?;
        (log.get("entries").is_some() || log.get("creator").is_some()).then_some(Container::Har)
    }
}

/// Fills a sketch in place, so that what was read before an error or the end stays.
fn fill(
    json: &mut JsonStreamReader<impl Read>,
    into: &mut Option<Sketch>,
    levels: usize,
) -> Result<(), ReaderError> {
    match json.peek()? {
        ValueType::Object => {
            *into = Some(Sketch::Object(BTreeMap::new()));
            json.begin_object()?;
            while json.has_next()? {
                let name = json.next_name_owned()?;
                let mut inner = None;
                let read = if levels == 0 { json.skip_value() } else { fill(json, &mut inner, levels - 1) };
                if let Some(Sketch::Object(members)) = into {
                    members.entry(name).or_insert(inner.unwrap_or(Sketch::Other));
                }
                read?;
            }
            json.end_object()
        }
        ValueType::Array => {
            *into = Some(Sketch::List(None));
            json.begin_array()?;
            if json.has_next()? {
                let mut inner = None;
                let read = if levels == 0 { json.skip_value() } else { fill(json, &mut inner, levels - 1) };
                *into = Some(Sketch::List(inner.map(Box::new)));
                read?;
            }
            while json.has_next()? {
                json.skip_value()?;
            }
            json.end_array()
        }
        ValueType::String => {
            *into = Some(Sketch::Text(String::new()));
            *into = Some(Sketch::Text(json.next_string()?));
            Ok(())
        }
        _ => {
            *into = Some(Sketch::Other);
            json.skip_value()
        }
    }
}
