use std::borrow::Cow;
use std::fmt;

use super::Column;
use crate::domain::{Figure, Open, OpenCode};
use crate::hk::Row;

/// What a field of a row may hold (`spec/hk-trade.yaml`, `Row`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A text or a number, in every row.
    Required,
    /// A text or a number, or null.
    Code,
    /// A text or null.
    Text,
    /// The figure.
    Figure,
}

/// A field that the document knows, by its place in [`FIELDS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Field(u8);

macro_rules! fields {
    ($($key:literal: $kind:ident = $name:ident,)+) => {
        /// Keys and kinds of the fields of a row; `tests::the_document_knows_these` holds them to the document.
        const FIELDS: &[(&str, Kind)] = &[$(($key, Kind::$kind)),+];

        impl Field {
            /// The field of a key, also where it is spelled as in the guide's table: `ccDsecEN`.
            pub(super) fn of(key: &str) -> Option<Self> {
                let known = |key: &str| {
                    FIELDS.iter().zip(0..).find(|((known, _), _)| *known == key).map(|(_, at)| Self(at))
                };
                known(key).or_else(|| known(&key.contains("Dsec").then(|| key.replace("Dsec", "Desc"))?))
            }

            /// Its value in a typed row, as text.
            pub(super) fn sent(self, row: &Row) -> Option<Cow<'_, str>> {
                match self.key() {
                    $($key => row.$name.sent(),)+
                    _ => None,
                }
            }
        }
    };
}

fields! {
    "freq": Required = freq,
    "period": Required = period,
    "ttype": Required = ttype,
    "ttypeDescEN": Text = ttype_desc_en,
    "ttypeDescTC": Text = ttype_desc_tc,
    "ttypeDescSC": Text = ttype_desc_sc,
    "tmDescEN": Text = tm_desc_en,
    "tmDescTC": Text = tm_desc_tc,
    "tmDescSC": Text = tm_desc_sc,
    "co": Code = co,
    "coDescEN": Text = co_desc_en,
    "coDescTC": Text = co_desc_tc,
    "coDescSC": Text = co_desc_sc,
    "coRegionDescEN": Text = co_region_desc_en,
    "coRegionDescTC": Text = co_region_desc_tc,
    "coRegionDescSC": Text = co_region_desc_sc,
    "cc": Code = cc,
    "ccDescEN": Text = cc_desc_en,
    "ccDescTC": Text = cc_desc_tc,
    "ccDescSC": Text = cc_desc_sc,
    "ccRegionDescEN": Text = cc_region_desc_en,
    "ccRegionDescTC": Text = cc_region_desc_tc,
    "ccRegionDescSC": Text = cc_region_desc_sc,
    "codeclass": Code = codeclass,
    "code": Code = code,
    "codeDescEN": Text = code_desc_en,
    "codeDescTC": Text = code_desc_tc,
    "codeDescSC": Text = code_desc_sc,
    "sv": Required = sv,
    "svDescEN": Text = sv_desc_en,
    "svDescTC": Text = sv_desc_tc,
    "svDescSC": Text = sv_desc_sc,
    "unitEN": Text = unit_en,
    "unitTC": Text = unit_tc,
    "unitSC": Text = unit_sc,
    "cellfootnoteEN": Text = cellfootnote_en,
    "cellfootnoteTC": Text = cellfootnote_tc,
    "cellfootnoteSC": Text = cellfootnote_sc,
    "figure": Figure = figure,
}

/// A value of a typed row as text.
trait Sent {
    fn sent(&self) -> Option<Cow<'_, str>>;
}

impl<T: Sent> Sent for Option<T> {
    fn sent(&self) -> Option<Cow<'_, str>> {
        self.as_ref().and_then(Sent::sent)
    }
}

impl Sent for String {
    fn sent(&self) -> Option<Cow<'_, str>> {
        Some(self.into())
    }
}

impl Sent for OpenCode {
    fn sent(&self) -> Option<Cow<'_, str>> {
        Some(self.as_str().into())
    }
}

impl Sent for Figure {
    fn sent(&self) -> Option<Cow<'_, str>> {
        Some(self.as_str().into())
    }
}

impl<T: fmt::Display> Sent for Open<T> {
    fn sent(&self) -> Option<Cow<'_, str>> {
        Some(match self {
            Self::Known(value) => value.to_string().into(),
            Self::Other(text) => text.into(),
        })
    }
}

/// How many fields have numbers of texts for values: all but the figure, which is the last.
pub(super) const TEXTS: usize = FIELDS.len() - 1;

impl Field {
    pub(super) fn all() -> impl Iterator<Item = Self> {
        (0u8..).take(FIELDS.len()).map(Self)
    }

    pub(super) fn index(self) -> usize {
        usize::from(self.0)
    }

    pub(super) fn key(self) -> &'static str {
        FIELDS.get(self.index()).map_or("", |(key, _)| key)
    }

    pub(super) fn kind(self) -> Kind {
        FIELDS.get(self.index()).map_or(Kind::Text, |(_, kind)| *kind)
    }

    /// Its place in a set of fields.
    pub(super) fn bit(self) -> u64 {
        1 << self.0
    }

    /// The fields that every row has.
    pub(super) fn required() -> u64 {
        let required = Self::all().filter(|field| field.kind() == Kind::Required);
        required.fold(0, |bits, field| bits | field.bit())
    }
}

impl Column {
    /// The keys whose values it may hold; the first that a row has counts.
    pub(super) fn keys(self) -> &'static [&'static str] {
        match self {
            Self::Period => &["period"],
            Self::Frequency => &["freq"],
            Self::TradeType => &["ttype"],
            Self::Origin => &["co"],
            Self::OriginName => {
                &["coDescEN", "coDescTC", "coDescSC", "coRegionDescEN", "coRegionDescTC", "coRegionDescSC"]
            }
            Self::Destination => &["cc"],
            Self::DestinationName => {
                &["ccDescEN", "ccDescTC", "ccDescSC", "ccRegionDescEN", "ccRegionDescTC", "ccRegionDescSC"]
            }
            Self::Transport => &["tmDescEN", "tmDescTC", "tmDescSC"],
            Self::CommodityClass => &["codeclass"],
            Self::Commodity => &["code"],
            Self::CommodityName => &["codeDescEN", "codeDescTC", "codeDescSC"],
            Self::Statistic => &["sv"],
            Self::Unit => &["unitEN", "unitTC", "unitSC"],
            Self::Figure => &["figure"],
            Self::Footnote => &["cellfootnoteEN", "cellfootnoteTC", "cellfootnoteSC"],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A key that the generated types do not know lands in `extra`; one of theirs that is missing here would be
    /// in none of the two.
    #[test]
    fn the_document_knows_these() {
        let mut row = serde_json::Map::new();
        for field in Field::all() {
            row.insert(field.key().to_owned(), "1".into());
        }
        let read: Row = serde_json::from_value(row.clone().into()).unwrap();
        assert!(read.extra.is_empty(), "{:?}", read.extra.keys());
        let told = serde_json::to_value(&read).unwrap();
        assert_eq!(told.as_object().unwrap().len(), FIELDS.len());
        let document = include_str!("../../spec/hk-trade.yaml");
        let rows = document.split_once("\n    Row:\n").unwrap().1.split_once("\n    Figure:\n").unwrap().0;
        let rows = rows.split_once("\n      properties:\n").unwrap().1;
        let keys =
            rows.lines().filter_map(|line| line.strip_prefix("        ")).filter(|l| !l.starts_with(' '));
        let keys: Vec<_> = keys.filter_map(|line| line.split_once(':')).map(|(key, _)| key).collect();
        assert_eq!(keys.len(), FIELDS.len(), "{keys:?}");
        assert!(keys.iter().all(|key| Field::of(key).is_some()), "{keys:?}");
    }

    #[test]
    fn kinds_are_those_of_the_generated_types() {
        let row = |field: Field, value: &str| {
            let others = Field::all().filter(|other| other.kind() == Kind::Required && *other != field);
            let others: String = others.map(|other| format!("\"{}\":\"x\",", other.key())).collect();
            serde_json::from_str::<Row>(&format!("{{{others}\"{}\":{value}}}", field.key())).is_ok()
        };
        for field in Field::all() {
            let other = field.key().replace("Desc", "Dsec");
            assert_eq!(Field::of(&other), Some(field), "the guide's table spells it so");
            let takes = [row(field, "null"), row(field, "1.5"), row(field, "1.23456789012345678")];
            let expected = match field.kind() {
                Kind::Required => [false, true, true],
                Kind::Code => [true, true, true],
                Kind::Text => [true, false, false],
                Kind::Figure => [true, true, false],
            };
            assert_eq!(takes, expected, "{}", field.key());
        }
    }

    #[test]
    fn columns_hold_fields() {
        for column in Column::ALL {
            assert!(column.keys().iter().all(|key| Field::of(key).is_some()), "{column}");
        }
    }
}
