//! The rows of an answer of any operation.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::error::Error;
use crate::http::Response;

/// The rows in an answer's data, whatever the operation: the envelopes are undone, and what lies inside is read as a
/// table. Its rows are the list named `list`, or else the one list of objects there is; data without a list are one row.
///
/// Values are kept as they came: numbers to the last digit, fields in the order sent, what is nested as JSON.
///
/// ```
/// # use tradebind::tradewind::Rows;
/// let rows = Rows::read(r#"{"success": true, "data": {"companies": [{"name": "甲", "trades": 12.50}, {"id": 7}]}}"#)?;
/// assert_eq!(rows.columns(), ["name", "trades", "id"]);
/// assert_eq!(rows.cell(0, 1).as_deref(), Some("12.50"));
/// assert_eq!(rows.cell(0, 2), None);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Rows {
    columns: Vec<String>,
    rows: Vec<BTreeMap<usize, Box<RawValue>>>,
}

/// Fields of an object, in the order sent.
struct Members<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some((name, value)) = map.next_entry::<String, &RawValue>()? {
                    members.push((Cow::Owned(name), value));
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Reader)
    }
}

impl<'a> Members<'a> {
    fn of(json: &'a str) -> Option<Self> {
        json.trim_start().starts_with('{').then(|| serde_json::from_str(json).ok())?
    }

    fn get(&self, name: &str) -> Option<&'a str> {
        self.0.iter().find(|(member, _)| member == name).map(|(_, value)| value.get())
    }
}

/// What may stand beside the one list of an answer and is no data of its own.
const COUNTS: [&str; 9] =
    ["total", "count", "page", "pages", "limit", "per_page", "size", "total_results", "has_more"];

impl Rows {
    /// The rows of an answer.
    ///
    /// # Errors
    /// A body that is not JSON.
    pub fn of(response: &Response) -> Result<Self, Error> {
        let content = response.content();
        let text = std::str::from_utf8(&content).unwrap_or_default();
        // The body's own reader tells the place of what is wrong.
        Self::read(text).or_else(|_| response.json::<serde_json::Value>().map(|_| Self::one_value(text)))
    }

    /// The rows in the JSON text of an answer.
    ///
    /// # Errors
    /// Text that is not JSON.
    pub fn read(body: &str) -> serde_json::Result<Self> {
        let whole: &RawValue = serde_json::from_str(body)?;
        Ok(Self::found(inner(whole.get())))
    }

    fn found(data: &str) -> Self {
        let list = match Members::of(data) {
            None => objects(data),
            Some(members) => match members.get("list").and_then(objects) {
                Some(list) => Some(list),
                None => {
                    // Only where nothing but counts stands beside it: nothing of an answer is dropped.
                    let beside =
                        |name: &str, value: &RawValue| COUNTS.contains(&name) || value.get() == "null";
                    let mut lists = members.0.iter().filter(|(name, value)| !beside(name, value));
                    let lone = lists.next().filter(|_| lists.next().is_none());
                    lone.and_then(|(_, value)| objects(value.get()))
                }
            },
        };
        match (list, Members::of(data)) {
            (Some(list), _) => Self::gathered(list),
            (None, Some(one)) => Self::gathered(vec![one]),
            (None, None) => Self::one_value(data),
        }
    }

    /// Neither object nor list of objects.
    fn one_value(json: &str) -> Self {
        let row = serde_json::from_str::<Box<RawValue>>(json).map(|value| BTreeMap::from([(0, value)]));
        Self { columns: vec!["value".to_owned()], rows: row.into_iter().collect() }
    }

    fn gathered(objects: Vec<Members<'_>>) -> Self {
        let (mut columns, mut known) = (Vec::new(), BTreeMap::new());
        let rows = objects.into_iter().map(|object| {
            let fields = object.0.into_iter().map(|(name, value)| {
                let at = *known.entry(name.clone().into_owned()).or_insert_with(|| {
                    columns.push(name.into_owned());
                    columns.len() - 1
                });
                (at, value.to_owned())
            });
            fields.collect()
        });
        let rows = rows.collect();
        Self { columns, rows }
    }

    /// Names of the fields, in the order in which they first came.
    #[must_use]
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// What a row has in a column, as JSON; none where the row has no such field.
    #[must_use]
    pub fn json(&self, row: usize, column: usize) -> Option<&str> {
        self.rows.get(row)?.get(&column).map(|value| value.get())
    }

    /// What a row has in a column, as text: a text without its quotes, a number as sent, what is nested as JSON. None for
    /// null, too.
    #[must_use]
    pub fn cell(&self, row: usize, column: usize) -> Option<Cow<'_, str>> {
        let json = self.json(row, column)?;
        match json.as_bytes().first() {
            Some(b'"') => Some(serde_json::from_str::<String>(json).map_or(json.into(), Cow::Owned)),
            _ if json == "null" => None,
            _ => Some(json.into()),
        }
    }
}

/// What lies inside the service's envelope, and inside the upstream's where there is one.
fn inner(json: &str) -> &str {
    let Some(envelope) = Members::of(json) else { return json };
    let Some(data) = envelope.get("data").filter(|_| envelope.get("success").is_some()) else { return json };
    match Members::of(data) {
        Some(upstream) if upstream.get("code").is_some() => upstream.get("data").unwrap_or(data),
        _ => data,
    }
}

/// A list of objects.
fn objects(json: &str) -> Option<Vec<Members<'_>>> {
    let items: Vec<&RawValue> =
        json.trim_start().starts_with('[').then(|| serde_json::from_str(json).ok())??;
    items.into_iter().map(|item| Members::of(item.get())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(body: &str) -> String {
        let rows = Rows::read(body).unwrap();
        let cells = |row| (0..rows.columns().len()).map(move |at| format!("{:?}", rows_cell(body, row, at)));
        let lines = (0..rows.len()).map(|row| cells(row).collect::<Vec<_>>().join(" "));
        format!("{:?}\n{}", rows.columns(), lines.collect::<Vec<_>>().join("\n"))
    }

    fn rows_cell(body: &str, row: usize, at: usize) -> Option<String> {
        Rows::read(body).unwrap().cell(row, at).map(Cow::into_owned)
    }

    /// Only counts may stand beside a list that becomes the rows.
    #[test]
    fn nothing_beside_a_list_is_dropped() {
        let columns = |data: &str| {
            let rows = Rows::read(&format!("{{\"success\":true,\"data\":{data}}}")).unwrap();
            (rows.columns().join(","), rows.len())
        };
        let told = |columns: &str, rows| (columns.to_owned(), rows);
        assert_eq!(
            columns(r#"{"email":"a","status":"valid","reasons":[]}"#),
            told("email,status,reasons", 1)
        );
        assert_eq!(columns(r#"{"name":"Acme","contacts":[{"a":1}]}"#), told("name,contacts", 1));
        assert_eq!(columns(r#"{"companies":[{"a":1},{"b":2}],"total":25,"note":null}"#), told("a,b", 2));
        assert_eq!(columns(r#"{"companies":[],"total":0}"#), told("", 0));
        assert_eq!(columns(r#"{"score":5,"reasons":[{"a":1}]}"#), told("score,reasons", 1));
    }

    #[test]
    fn both_envelopes_are_undone_and_values_stay_as_sent() {
        let documented = include_str!("../../spec/examples/tradewind/world_regions.documented.json");
        let exchange: serde_json::Value = serde_json::from_str(documented).unwrap();
        let rows = Rows::read(&exchange["response"]["body"]["json"].to_string()).unwrap();
        assert_eq!(rows.len(), 10);
        let percent = rows.columns().iter().position(|name| name == "tradePercent").unwrap();
        assert_eq!(rows.cell(0, percent).as_deref(), Some("53.09"));

        let exact = r#"{"success":true,"data":{"code":1,"data":{"list":[{"b":0.10,"a":123456789012345678901234567890}]}}}"#;
        assert_eq!(shown(exact), "[\"b\", \"a\"]\nSome(\"0.10\") Some(\"123456789012345678901234567890\")");
    }

    #[test]
    fn whatever_comes_is_a_table() {
        assert_eq!(
            shown(r#"{"success":true,"data":{"task_id":"t1","n":null}}"#),
            "[\"task_id\", \"n\"]\nSome(\"t1\") None"
        );
        assert_eq!(
            shown(r#"[{"a":1},{"b":{"c":[1]}}]"#),
            "[\"a\", \"b\"]\nSome(\"1\") None\nNone Some(\"{\\\"c\\\":[1]}\")"
        );
        assert_eq!(shown(r#"{"success":true,"data":"trace"}"#), "[\"value\"]\nSome(\"trace\")");
        assert_eq!(shown("[]"), "[]\n");
        assert_eq!(shown("[1, 2]"), "[\"value\"]\nSome(\"[1, 2]\")");
        assert!(Rows::read("<html>").is_err());
    }
}
