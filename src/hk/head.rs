use std::time::Duration;

use serde_json::{Map, Value};

use super::Unknown;
use super::api::types::Header;

/// All of an answer but its rows, and what it took to get it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Head {
    pub(crate) header: Header,
    /// Fields of the whole that the document does not know.
    extra: Map<String, Value>,
    pub(crate) attempts: u32,
    pub(crate) waited: Duration,
}

impl Head {
    pub(crate) fn new(header: Header, extra: Map<String, Value>) -> Self {
        Self { header, extra, attempts: 0, waited: Duration::ZERO }
    }

    /// What of it the document does not know.
    pub(crate) fn unknown(&self) -> Unknown {
        Unknown::of_head(&self.header, &self.extra)
    }
}

/// What an answer tells beside its rows, of a type with a [`Head`] called `head`.
macro_rules! told_by_head {
    () => {
        pub(crate) fn with_effort(mut self, attempts: u32, waited: std::time::Duration) -> Self {
            self.head.attempts = attempts;
            self.head.waited = waited;
            self
        }

        /// Title of the table.
        #[must_use]
        pub fn title(&self) -> Option<&str> {
            self.head.header.title.as_deref()
        }

        /// Notes to the table.
        #[must_use]
        pub fn notes(&self) -> &[String] {
            self.head.header.tablenote.as_deref().unwrap_or_default()
        }

        /// The header as it came: status, count, times.
        #[must_use]
        pub fn header(&self) -> &$crate::hk::api::types::Header {
            &self.head.header
        }

        /// How often the query was sent.
        #[must_use]
        pub fn attempts(&self) -> u32 {
            self.head.attempts
        }

        /// How long was waited between attempts.
        #[must_use]
        pub fn waited(&self) -> std::time::Duration {
            self.head.waited
        }
    };
}

pub(crate) use told_by_head;
