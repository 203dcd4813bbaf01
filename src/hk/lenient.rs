//! Parts of an answer that are read in more forms than are documented, so that the rows are not lost for them.

use serde::de::Error;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use crate::domain::Messages;
use crate::scalar;

/// A count, as a number or as its text; null is none. Anything else is a fault, since the count guards the rows.
pub(crate) fn count<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    #[derive(Deserialize)]
    struct Told(#[serde(deserialize_with = "whole")] i64);
    Ok(Option::<Told>::deserialize(deserializer)?.map(|told| told.0))
}

fn whole<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    scalar::text(deserializer, |text| text.trim().parse().ok())?
        .ok_or_else(|| D::Error::custom("expected a whole number"))
}

/// Notes, as a list of texts or as one; of anything else the texts in it.
pub(crate) fn notes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<String>>, D::Error> {
    let notes = Option::<Messages>::deserialize(deserializer)?;
    Ok(notes.map(|notes| match notes {
        Messages::Several(texts) => texts,
        other => other.iter().map(str::to_owned).collect(),
    }))
}

/// Fills a text that did not come from the one under another spelling of its key, which is known then.
pub(crate) fn respelled(text: &mut Option<String>, extra: &mut Map<String, Value>, other: &str) {
    if text.is_some() || !matches!(extra.get(other), Some(Value::Null | Value::String(_))) {
        return;
    }
    if let Some(Value::String(found)) = extra.remove(other) {
        *text = Some(found);
    }
}
