//! Closed sets of values, each with the service's spelling and the field's own name.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use serde::de::Visitor;

/// Makes an enum of the values that a service documents.
///
/// Each value is read in any case from the service's spelling or from its name, and printed in the
/// service's spelling.
macro_rules! wire_enum {
    (
        $(#[$meta:meta])*
        $name:ident, what: $what:literal, source: $source:literal, numeric: $numeric:literal,
        { $( $(#[$vmeta:meta])* $variant:ident = $wire:literal, $word:literal; )+ }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $( $(#[$vmeta])* $variant, )+
        }

        impl $name {
            /// Every value, in the order of the service's documentation.
            pub const VALUES: &'static [Self] = &[$(Self::$variant),+];

            /// The service's spelling.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $wire,)+ }
            }

            /// The field's own name for it.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::domain::InvalidValue;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let given = text.trim();
                let is = |value: &&Self| {
                    value.as_str().eq_ignore_ascii_case(given) || value.name().eq_ignore_ascii_case(given)
                };
                Self::VALUES.iter().find(is).copied().ok_or_else(|| {
                    let known: Vec<_> = Self::VALUES.iter().map(|v| format!("{} ({})", v.as_str(), v.name())).collect();
                    $crate::domain::InvalidValue::new($what, text, format!("must be one of {}", known.join(", ")), $source)
                })
            }
        }

        impl $crate::domain::Known for $name {
            const NUMERIC: bool = $numeric;

            fn exact(text: &str) -> Option<Self> {
                match text { $($wire => Some(Self::$variant),)+ _ => None }
            }
        }

        $crate::domain::wire::text_serde!($name, concat!("a ", $what));

        $crate::domain::wire::schema!($name, { "type": "string", "enum": [$($wire),+] });
    };
}

/// The JSON schema of a type, equal to its component in the document (`tests/suite/documents.rs`).
macro_rules! schema {
    ($name:ident, $($json:tt)+) => {
        #[cfg(feature = "schemars")]
        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!($($json)+)
            }
        }
    };
}

/// Serde by `Display` and `FromStr`.
macro_rules! text_serde {
    ($name:ty, $expecting:expr) => {
        impl TryFrom<&str> for $name {
            type Error = $crate::domain::InvalidValue;

            fn try_from(text: &str) -> Result<Self, Self::Error> {
                text.parse()
            }
        }

        impl TryFrom<String> for $name {
            type Error = $crate::domain::InvalidValue;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                text.parse()
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_str($crate::domain::wire::FromText::new($expecting))
            }
        }
    };
}

/// Reads a text by `FromStr`.
pub(crate) struct FromText<T> {
    expecting: &'static str,
    of: PhantomData<T>,
}

impl<T> FromText<T> {
    pub(crate) fn new(expecting: &'static str) -> Self {
        Self { expecting, of: PhantomData }
    }
}

impl<T: FromStr<Err: fmt::Display>> Visitor<'_> for FromText<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expecting)
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<T, E> {
        text.parse().map_err(E::custom)
    }
}

pub(crate) use {schema, text_serde, wire_enum};
