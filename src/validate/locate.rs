//! Where in a recorded answer something stands that was found in its values.

use std::collections::BTreeSet;

use struson::reader::{JsonReader, ReaderError, ValueType};

use super::Excerpt;
use super::diagnose::Position;
use super::input::{self, Json, Source};
use crate::place::escape;

/// A place, with `*` for each index of a list, and the kinds of value that are meant there.
pub(super) type Wanted = (String, BTreeSet<&'static str>);

/// A place in the file.
#[derive(Debug, Clone, Default)]
pub(super) struct Found {
    pub position: Position,
    pub excerpt: Option<Excerpt>,
}

/// The first value of each in the answer that an exchange holds; none where it cannot be read.
pub(super) fn first(source: &mut Source, wanted: &[Wanted]) -> Vec<Option<Found>> {
    let response = |source: &mut Source| {
        let (whole, ..) = source.whole().ok()?;
        let (call, _) = input::read_exchange(source, &whole, whole.start()).ok()?.ok()?;
        call.response
    };
    let body = if wanted.is_empty() { None } else { response(source) };
    let Some((body, _)) = body else { return vec![None; wanted.len()] };
    let mut found = vec![None; wanted.len()];
    let mut see = |place: &str, kind: &'static str, position: Position| {
        for ((of, kinds), found) in wanted.iter().zip(&mut found) {
            if found.is_none() && of == place && kinds.contains(kind) {
                *found = Some(position);
            }
        }
    };
    // What was read so far is right, whatever follows.
    _ = input::contents(source, &body, |json| walk(json, &mut String::new(), &mut see));
    let place = |position: Option<Position>| {
        let position = source.outer(&body, position?);
        Some(Found { position, excerpt: source.excerpt(position, body.within()) })
    };
    found.into_iter().map(place).collect()
}

fn walk(
    json: &mut Json<'_>,
    at: &mut String,
    see: &mut impl FnMut(&str, &'static str, Position),
) -> Result<(), ReaderError> {
    let kind = json.peek()?;
    let position = input::position(json, Position::default());
    let length = at.len();
    match kind {
        ValueType::Null => {
            json.next_null()?;
            see(at, "null", position);
        }
        ValueType::Boolean => {
            json.next_bool()?;
            see(at, "a boolean", position);
        }
        ValueType::Number => {
            let text = json.next_number_as_string()?;
            let number = serde_json::from_str::<serde_json::Number>(&text);
            let kind = if number.is_ok_and(|number| !number.is_f64()) { "an integer" } else { "a number" };
            see(at, kind, position);
        }
        ValueType::String => {
            json.skip_value()?;
            see(at, "a text", position);
        }
        ValueType::Array => {
            see(at, "a list", position);
            json.begin_array()?;
            at.push_str("/*");
            while json.has_next()? {
                walk(json, at, see)?;
            }
            at.truncate(length);
            json.end_array()?;
        }
        ValueType::Object => {
            see(at, "an object", position);
            json.begin_object()?;
            while json.has_next()? {
                let name = json.next_name_owned()?;
                at.push('/');
                at.push_str(&escape(&name));
                walk(json, at, see)?;
                at.truncate(length);
            }
            json.end_object()?;
        }
    }
    Ok(())
}
