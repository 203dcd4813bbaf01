use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::InvalidValue;

/// An item of a [`CommaList`], with the bounds of the list.
pub trait ListItem: FromStr<Err = InvalidValue> + fmt::Display + Clone + Eq {
    /// What the list is called in messages.
    const LIST: &'static str;
    /// What its items are called, in the plural.
    const ITEMS: &'static str;
    /// Name of the list's component in the document.
    const NAME: &'static str;
    /// The most items that one query may hold.
    const MAX: usize;
    /// Where that bound comes from.
    const SOURCE: &'static str;

    /// A rule over the whole list.
    ///
    /// # Errors
    /// What is wrong with the list.
    fn whole(_items: &[Self]) -> Result<(), String> {
        Ok(())
    }
}

/// Values that go out as one parameter, separated by commas (OpenAPI: `style: form`, `explode: false`).
///
/// Never empty, never longer than the service takes; a value given twice is held once, where it first stood.
/// Serialises to the comma-joined text; reads that text or a JSON list.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CommaList<T>(Vec<T>);

impl<T: ListItem> CommaList<T> {
    /// The most items that one query may hold.
    pub const MAX: usize = T::MAX;

    /// A list of these items.
    ///
    /// # Errors
    /// No item, more than [`Self::MAX`] different ones, or a broken rule of the list.
    pub fn new(items: impl IntoIterator<Item = T>) -> Result<Self, InvalidValue> {
        let mut list: Vec<T> = Vec::new();
        for item in items {
            if !list.contains(&item) {
                list.push(item);
            }
        }
        let wrong = |problem| Err(InvalidValue::new(T::LIST, join(&list), problem, T::SOURCE));
        if list.is_empty() {
            return wrong("holds nothing; give at least one".to_owned());
        }
        if list.len() > T::MAX {
            let held = format!("holds {} {}, at most {} fit in one query", list.len(), T::ITEMS, T::MAX);
            return wrong(held).map_err(InvalidValue::over_cap);
        }
        match T::whole(&list) {
            Ok(()) => Ok(Self(list)),
            Err(problem) => wrong(problem),
        }
    }

    /// One item, which always fits.
    pub fn single(item: T) -> Self {
        Self(vec![item])
    }

    /// The items, in order.
    pub fn iter(&self) -> std::slice::Iter<'_, T> {
        self.0.iter()
    }

    /// The items, in order.
    #[must_use]
    pub fn as_slice(&self) -> &[T] {
        &self.0
    }

    /// Reads each text, and tells of every one that is no item.
    fn read<'a>(texts: impl Iterator<Item = &'a str>) -> Result<Self, InvalidValue> {
        let (mut items, mut given, mut wrong) = (Vec::new(), Vec::new(), Vec::new());
        for (i, text) in texts.enumerate() {
            match text.parse::<T>() {
                Ok(item) => items.push(item),
                Err(_) if text.trim().is_empty() => wrong.push(format!("item {} is empty", i + 1)),
                Err(error) => wrong.push(format!("item {}, {:?}, {}", i + 1, error.given(), error.problem())),
            }
            given.push(text);
        }
        if wrong.is_empty() || given.iter().all(|text| text.trim().is_empty()) {
            return Self::new(items);
        }
        Err(InvalidValue::new(T::LIST, given.join(","), wrong.join("; "), T::SOURCE))
    }
}

fn join<T: fmt::Display>(items: &[T]) -> String {
    items.iter().map(T::to_string).collect::<Vec<_>>().join(",")
}

impl<T: fmt::Display> fmt::Display for CommaList<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if f.width().is_some() || f.precision().is_some() {
            return f.pad(&join(&self.0));
        }
        // Every query goes through here.
        for (at, item) in self.0.iter().enumerate() {
            if at > 0 {
                f.write_str(",")?;
            }
            item.fmt(f)?;
        }
        Ok(())
    }
}

impl<T: ListItem> FromStr for CommaList<T> {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        Self::read(text.split(','))
    }
}

impl<T: ListItem> TryFrom<&str> for CommaList<T> {
    type Error = InvalidValue;

    fn try_from(text: &str) -> Result<Self, InvalidValue> {
        text.parse()
    }
}

impl<T: ListItem> TryFrom<String> for CommaList<T> {
    type Error = InvalidValue;

    fn try_from(text: String) -> Result<Self, InvalidValue> {
        text.parse()
    }
}

impl<T: ListItem> TryFrom<&[&str]> for CommaList<T> {
    type Error = InvalidValue;

    fn try_from(texts: &[&str]) -> Result<Self, InvalidValue> {
        Self::read(texts.iter().copied())
    }
}

impl<T: ListItem, const N: usize> TryFrom<[&str; N]> for CommaList<T> {
    type Error = InvalidValue;

    fn try_from(texts: [&str; N]) -> Result<Self, InvalidValue> {
        Self::read(texts.into_iter())
    }
}

impl<T: ListItem> TryFrom<Vec<&str>> for CommaList<T> {
    type Error = InvalidValue;

    fn try_from(texts: Vec<&str>) -> Result<Self, InvalidValue> {
        Self::read(texts.into_iter())
    }
}

impl<T: ListItem> TryFrom<Vec<T>> for CommaList<T> {
    type Error = InvalidValue;

    fn try_from(items: Vec<T>) -> Result<Self, InvalidValue> {
        Self::new(items)
    }
}

impl<'a, T> IntoIterator for &'a CommaList<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl<T: fmt::Display> Serialize for CommaList<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&join(&self.0))
    }
}

impl<'de, T: ListItem> Deserialize<'de> for CommaList<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextOrList(PhantomData))
    }
}

struct TextOrList<T>(PhantomData<T>);

impl<'de, T: ListItem> Visitor<'de> for TextOrList<T> {
    type Value = CommaList<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} as a list of texts, or as one text with commas", T::LIST)
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
        text.parse().map_err(E::custom)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut texts: Vec<String> = Vec::new();
        while let Some(text) = seq.next_element()? {
            texts.push(text);
        }
        CommaList::read(texts.iter().map(String::as_str)).map_err(serde::de::Error::custom)
    }
}

#[cfg(feature = "schemars")]
impl<T: ListItem + schemars::JsonSchema> schemars::JsonSchema for CommaList<T> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        T::NAME.into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let items = generator.subschema_for::<T>();
        schemars::json_schema!({ "type": "array", "items": items, "minItems": 1, "maxItems": T::MAX })
    }
}

#[cfg(test)]
mod tests {
    use crate::domain::{AreaList, CodeList, StatisticList};

    fn wrong<T: std::str::FromStr<Err = super::InvalidValue> + std::fmt::Debug>(text: &str) -> String {
        text.parse::<T>().unwrap_err().to_string()
    }

    #[test]
    fn any_case_in_canonical_out_each_once() {
        assert_eq!("vcM,QCY,vcm".parse::<StatisticList>().unwrap().to_string(), "VCm,QCy");
        assert_eq!("cn, us".parse::<AreaList>().unwrap().to_string(), "CN,US");
        assert_eq!("0101,0102".parse::<CodeList>().unwrap().to_string(), "0101,0102");
    }

    #[test]
    fn messages_name_the_bound_the_value_and_the_source() {
        let codes: Vec<_> = (1..=21).map(|n| format!("{n:04}")).collect();
        let areas: Vec<_> = ('A'..='Z')
            .map(|c| format!("A{c}"))
            .chain(["BA", "BB", "BC", "BD", "BE"].map(String::from))
            .collect();
        insta::assert_snapshot!([
            wrong::<CodeList>(&codes.join(",")),
            wrong::<AreaList>(&areas.join(",")),
            wrong::<AreaList>("CN,ALL"),
            wrong::<AreaList>(""),
            wrong::<StatisticList>("VCm,,x"),
            wrong::<CodeList>("0101,1O2"),
            wrong::<CodeList>("8542 8517"),
            wrong::<CodeList>("85;84"),
            wrong::<CodeList>("85 84"),
            wrong::<CodeList>("8542 31 00"),
        ].join("\n"), @r#"
        commodity codes "0001,0002,0003,0004,0005,0006,0007,0008,0009,0010,0011,0012,…": holds 21 codes, at most 20 fit in one query (C&SD query guide, section A, code, and appendix 2)
        areas "AA,AB,AC,AD,AE,AF,AG,AH,AI,AJ,AK,AL,AM,AN,AO,AP,AQ,AR,AS,AT,…": holds 31 countries, at most 30 fit in one query (C&SD query guide, section A, co and cc, and appendix 1)
        areas "CN,ALL": ALL stands alone; leave out the other codes (C&SD query guide, section A, co and cc, and appendix 1)
        areas "": holds nothing; give at least one (C&SD query guide, section A, co and cc, and appendix 1)
        statistics "VCm,,x": item 2 is empty; item 3, "x", must be one of VCm (monthly-value), QCm (monthly-quantity), VCy (annual-value), QCy (annual-quantity) (C&SD query guide, section A, sv)
        commodity codes "0101,1O2": item 2, "1O2", must be 1 to 8 digits, such as 1006 (C&SD query guide, section A, code, and appendix 2)
        commodity codes "8542 8517": item 1, "8542 8517", must be 1 to 8 digits, such as 1006; between codes stand commas: 8542,8517 (C&SD query guide, section A, code, and appendix 2)
        commodity codes "85;84": item 1, "85;84", must be 1 to 8 digits, such as 1006; between codes stand commas: 85,84 (C&SD query guide, section A, code, and appendix 2)
        commodity codes "85 84": item 1, "85 84", must be 1 to 8 digits, such as 1006; between codes stand commas: 85,84 (C&SD query guide, section A, code, and appendix 2)
        commodity codes "8542 31 00": item 1, "8542 31 00", must be 1 to 8 digits, such as 1006; write 85423100 (C&SD query guide, section A, code, and appendix 2)
        "#);
    }

    #[test]
    fn lists_read_as_json_lists_and_as_texts() {
        let list: AreaList = serde_json::from_str(r#"["cn","US"]"#).unwrap();
        assert_eq!(list, serde_json::from_str(r#""CN,US""#).unwrap());
        assert_eq!(serde_json::to_string(&list).unwrap(), r#""CN,US""#);
    }
}
