//! What the values of an example tell of their types.
//!
//! `schema_analysis` walks the JSON: it joins the items of lists, keeps the order of members, and counts nulls and absences. Ours is only
//! what it is to look at in a text: decimals and days.

use anyhow::{Context as _, Result};
use schema_analysis::context::Context;
use schema_analysis::traits::{Aggregate, Coalesce};
use schema_analysis::{InferredSchema, Schema};

/// What was seen at one place of the JSON.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// Null was seen.
    pub null: bool,
    /// The texts, if any.
    pub text: Option<Texts>,
    /// A boolean was seen.
    pub boolean: bool,
    /// The integers, if any.
    pub integer: Option<Integers>,
    /// A number with a fraction was seen.
    pub number: bool,
    /// The items of lists, if any list was seen.
    pub items: Option<Box<Seen>>,
    /// The members of objects in their order, if any object was seen.
    pub members: Option<Vec<(String, Seen)>>,
}

/// What a place holds, in the words of the documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Nothing but null, or several kinds.
    Unknown,
    /// A decimal number as text.
    Decimal,
    /// A day, YYYY-MM-DD.
    Day,
    /// Any other text.
    Text,
    /// An integer.
    Integer,
    /// A number with a fraction.
    Number,
    /// A boolean.
    Boolean,
    /// A list.
    List,
    /// An object.
    Object,
}

impl Form {
    /// The form in a word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unknown => "several kinds of values",
            Self::Decimal => "decimal text",
            Self::Day => "a day as text",
            Self::Text => "text",
            Self::Integer => "an integer",
            Self::Number => "a number",
            Self::Boolean => "a boolean",
            Self::List => "a list",
            Self::Object => "an object",
        }
    }
}

/// Last words of names that tell a quantity, so that a text of digits there is a number and no code.
const QUANTITIES: [&str; 16] = [
    "amount", "avg", "average", "max", "min", "money", "percent", "price", "qty", "quantity", "rate", "sum",
    "teu", "value", "volume", "weight",
];
/// Last words of names that tell a code, whatever its digits.
const CODES: [&str; 8] = ["code", "hs", "hscode", "id", "no", "number", "phone", "version"];

impl Seen {
    /// Reads the JSON of an example.
    pub fn of(json: &str) -> Result<Self> {
        let inferred: InferredSchema<Kinds> = serde_json::from_str(json).context("is not JSON")?;
        let mut seen = Self::default();
        seen.take(inferred.schema);
        Ok(seen)
    }

    fn take(&mut self, schema: Schema<Kinds>) {
        match schema {
            Schema::Null(()) => self.null = true,
            Schema::Boolean(()) => self.boolean = true,
            Schema::Integer(integers) => self.integer = Some(integers),
            Schema::Float(()) => self.number = true,
            Schema::String(texts) => self.text = Some(texts),
            // JSON has none.
            Schema::Bytes(()) => {}
            Schema::Sequence { field, context: () } => self.items = Some(Box::new(Self::field(*field))),
            Schema::Struct { fields, context: () } => {
                self.members =
                    Some(fields.into_iter().map(|(name, field)| (name, Self::field(field))).collect());
            }
            Schema::Union { variants } => variants.into_iter().for_each(|variant| self.take(variant)),
        }
    }

    fn field(field: schema_analysis::Field<Kinds>) -> Self {
        let mut seen = Self { null: field.status.may_be_null, ..Self::default() };
        if let Some(schema) = field.schema {
            seen.take(schema);
        }
        seen
    }

    /// The member of an object.
    pub fn member(&self, name: &str) -> Option<&Self> {
        self.members.as_ref()?.iter().find(|(own, _)| own == name).map(|(_, seen)| seen)
    }

    /// Whether nothing but null was seen, or nothing at all.
    pub fn is_only_null(&self) -> bool {
        let number = self.integer.is_some() || self.number;
        !(number || self.boolean || self.text.is_some() || self.items.is_some() || self.members.is_some())
    }

    /// What the place holds, by its values and, for texts of digits, by its name.
    pub fn form(&self, name: &str) -> Form {
        let number = self.number || self.integer.as_ref().is_some_and(|integers| integers.wide);
        let kinds = [
            (self.text.is_some(), Form::Text),
            (self.boolean, Form::Boolean),
            (self.integer.is_some() || self.number, if number { Form::Number } else { Form::Integer }),
            (self.items.is_some(), Form::List),
            (self.members.is_some(), Form::Object),
        ];
        let mut kinds = kinds.into_iter().filter(|(seen, _)| *seen).map(|(_, form)| form);
        match (kinds.next(), kinds.next(), &self.text) {
            (Some(Form::Text), None, Some(texts)) => texts.form(name),
            (Some(one), None, _) => one,
            _ => Form::Unknown,
        }
    }
}

/// The integers of a place.
#[derive(Debug, Clone, Default)]
pub struct Integers {
    /// One of them.
    pub sample: Option<i128>,
    /// Some do not fit 64 bits.
    wide: bool,
}

impl Aggregate<i128> for Integers {
    fn aggregate(&mut self, value: &i128) {
        self.sample.get_or_insert(*value);
        self.wide |= i64::try_from(*value).is_err();
    }
}

impl Coalesce for Integers {
    fn coalesce(&mut self, other: Self) {
        self.sample = self.sample.or(other.sample);
        self.wide |= other.wide;
    }
}

/// The texts of a place.
#[derive(Debug, Clone, Default)]
pub struct Texts {
    /// The first that is not empty.
    pub sample: Option<String>,
    /// One was empty.
    pub empty: bool,
    /// All that are neither empty nor hidden.
    pub all: std::collections::BTreeSet<String>,
}

impl Aggregate<str> for Texts {
    fn aggregate(&mut self, value: &str) {
        if value.is_empty() {
            self.empty = true;
            return;
        }
        if value == super::secrets::HIDDEN {
            // It was a text, and no more is known of it.
            self.sample.get_or_insert_with(|| value.to_owned());
            return;
        }
        self.sample.get_or_insert_with(|| value.to_owned());
        self.all.insert(value.to_owned());
    }
}

impl Coalesce for Texts {
    fn coalesce(&mut self, other: Self) {
        self.empty |= other.empty;
        self.sample = self.sample.take().or(other.sample);
        self.all.extend(other.all);
    }
}

impl Texts {
    fn form(&self, name: &str) -> Form {
        if self.all.is_empty() {
            return Form::Text;
        }
        if self.all.iter().all(|text| day(text)) {
            return Form::Day;
        }
        let word = last_word(name);
        let fraction = self.all.iter().any(|text| text.contains('.'));
        // Digits alone may be a code, a time, an id: only a fraction or the name makes a quantity of them.
        let quantity = (fraction && !CODES.contains(&word.as_str())) || QUANTITIES.contains(&word.as_str());
        if quantity && self.all.iter().all(|text| decimal(text)) { Form::Decimal } else { Form::Text }
    }
}

/// What the value of a parameter is, by its text and, for digits, by the parameter's name.
pub fn parameter(name: &str, text: &str) -> Form {
    let number = text == "0" || (!text.starts_with('0') && text.parse::<i64>().is_ok_and(|n| n >= 0));
    match text {
        "true" | "false" => Form::Boolean,
        _ if number && !CODES.contains(&last_word(name).as_str()) => Form::Integer,
        _ => Form::Text,
    }
}

/// The last word of a name in camel or snake case, in small letters.
fn last_word(name: &str) -> String {
    let end = name.rsplit(['_', '-', ' ']).next().unwrap_or(name);
    let at = end.char_indices().rev().find(|(i, c)| *i == 0 || c.is_uppercase()).map_or(0, |(i, _)| i);
    if end.chars().all(|c| !c.is_lowercase()) { end.to_lowercase() } else { end[at..].to_lowercase() }
}

fn decimal(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let all =
        [whole, fraction].iter().all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()));
    // A leading zero is a code's.
    all && (whole == "0" || !whole.starts_with('0'))
}

fn day(text: &str) -> bool {
    let parts: Vec<_> = text.split('-').collect();
    let [year, month, day] = parts.as_slice() else { return false };
    let number = |part: &str, digits: usize| {
        (part.len() == digits && part.bytes().all(|b| b.is_ascii_digit()))
            .then(|| part.parse::<u16>().ok())
            .flatten()
    };
    number(year, 4).is_some()
        && number(month, 2).is_some_and(|month| (1..=12).contains(&month))
        && number(day, 2).is_some_and(|day| (1..=31).contains(&day))
}

/// What is kept of each kind of value.
#[derive(Debug, Clone, Copy, Default)]
pub struct Kinds;

impl Context for Kinds {
    type Null = ();
    type Boolean = ();
    type Integer = Integers;
    type Float = ();
    type String = Texts;
    type Bytes = ();
    type Sequence = ();
    type Struct = ();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(name: &str, json: &str) -> Form {
        Seen::of(&format!("{{\"{name}\": {json}}}")).unwrap().member(name).unwrap().form(name)
    }

    #[test]
    fn values_and_names_tell_the_form() {
        for (name, json, expected) in [
            ("weight", r#""260705934.880""#, Form::Decimal),
            ("other", r#""0.5""#, Form::Decimal),
            ("qty", r#""3556751220""#, Form::Decimal),
            ("totalAmount", r#""-3""#, Form::Decimal),
            ("time", r#""1776239021""#, Form::Text),
            ("hscode", r#""390760""#, Form::Text),
            ("hsCode", r#""39.07""#, Form::Text),
            ("qty", r#""0301""#, Form::Text),
            ("qty", r#""many""#, Form::Text),
            ("date", r#""2024-04-19""#, Form::Day),
            ("date", r#""2024-13-19""#, Form::Text),
            ("buyer", r#""""#, Form::Text),
            ("total", "169", Form::Integer),
            ("total", "170141183460469231731687303715884105727", Form::Number),
            ("percent", "53.09", Form::Number),
            ("flag", "true", Form::Boolean),
            ("list", "[]", Form::List),
            ("data", "{}", Form::Object),
            ("nothing", "null", Form::Unknown),
        ] {
            assert_eq!(form(name, json), expected, "{name}: {json}");
        }
    }

    #[test]
    fn items_are_joined_in_the_order_of_their_members() {
        let seen = Seen::of(r#"[{"b": 1, "a": null}, {"b": 2.5, "a": "x", "c": [true]}, {"b": 3, "a": 4}]"#)
            .unwrap();
        let items = seen.items.unwrap();
        let told: Vec<_> = items
            .members
            .as_ref()
            .unwrap()
            .iter()
            .map(|(name, seen)| (name.as_str(), seen.form(name), seen.null))
            .collect();
        assert_eq!(told, [("b", Form::Number, false), ("a", Form::Unknown, true), ("c", Form::List, false)]);
    }
}
