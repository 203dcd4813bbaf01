use std::fmt;

use super::api::types;
use crate::domain::Credits;
use crate::http::Secret;

/// A value, and what its call cost.
#[derive(Clone)]
pub struct Billed<T> {
    value: T,
    request_id: Option<String>,
    meta: Option<types::Meta>,
    /// Not to be shown, should the answer repeat it.
    secret: Secret,
}

impl<T> Billed<T> {
    pub(super) fn new(
        value: T,
        request_id: Option<String>,
        meta: Option<types::Meta>,
        secret: Secret,
    ) -> Self {
        Self { value, request_id, meta, secret }
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
        super::envelope::credits(self.meta.as_ref())
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

impl<T: PartialEq> PartialEq for Billed<T> {
    fn eq(&self, other: &Self) -> bool {
        (&self.value, &self.request_id, &self.meta) == (&other.value, &other.request_id, &other.meta)
    }
}

/// With the value, but without the key, should the answer repeat it.
impl<T: fmt::Debug> fmt::Debug for Billed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |part: &dyn fmt::Debug| {
            let text = if f.alternate() { format!("{part:#?}") } else { format!("{part:?}") };
            self.secret.scrub(&text).into_owned()
        };
        let (value, id, meta) = (shown(&self.value), shown(&self.request_id), shown(&self.meta));
        f.debug_struct("Billed")
            .field("value", &format_args!("{value}"))
            .field("request_id", &format_args!("{id}"))
            .field("meta", &format_args!("{meta}"))
            .finish()
    }
}
