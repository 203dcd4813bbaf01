use super::api::types;
use crate::domain::Credits;

/// A value, and what its call cost.
#[derive(Debug, Clone, PartialEq)]
pub struct Billed<T> {
    value: T,
    request_id: Option<String>,
    meta: Option<types::Meta>,
}

impl<T> Billed<T> {
    pub(super) fn new(value: T, request_id: Option<String>, meta: Option<types::Meta>) -> Self {
        Self { value, request_id, meta }
    }

    /// The value.
    #[must_use]
    pub fn value(&self) -> &T {
        &self.value
    }

    /// The value, to keep.
    #[must_use]
    pub fn into_value(self) -> T {
        self.value
    }

    /// The service's id of the call.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }

    /// Credits charged; `None` where the answer does not tell.
    #[must_use]
    pub fn credits(&self) -> Option<Credits> {
        self.meta.as_ref()?.billing.as_ref()?.credits_charged
    }

    /// `byok_used`, documented with the value false; its meaning is untold.
    #[must_use]
    pub fn byok(&self) -> Option<bool> {
        self.meta.as_ref()?.billing.as_ref()?.byok_used
    }

    /// All that the answer tells of the call; for searches also how much there is (vendor).
    #[must_use]
    pub fn meta(&self) -> Option<&types::Meta> {
        self.meta.as_ref()
    }
}
