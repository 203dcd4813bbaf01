use std::fmt;

use bytes::Bytes;
use http::HeaderMap;

/// An answer as it came: status, headers, and body after decompression.
#[derive(Clone, PartialEq, Eq)]
pub struct Response {
    status: u16,
    headers: HeaderMap,
    body: Bytes,
}

/// The mark of UTF-8 that some servers send first.
const BOM: &[u8] = b"\xef\xbb\xbf";

/// A body without a byte order mark.
pub(crate) fn without_mark(body: &[u8]) -> &[u8] {
    body.strip_prefix(BOM).unwrap_or(body)
}

impl Response {
    pub(crate) fn new(status: u16, headers: HeaderMap, body: Bytes) -> Self {
        Self { status, headers, body }
    }

    /// HTTP status.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// Headers; may hold cookies.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The body as it came, decompressed.
    #[must_use]
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// The body as JSON of any shape.
    ///
    /// # Errors
    /// A body that is not JSON, or not a `T`; the message names the place and shows nothing of the body.
    pub fn json<T: serde::de::DeserializeOwned>(&self) -> Result<T, crate::Error> {
        self.decoded().map_err(|_| super::decode_fault::<T>(self.clone()))
    }

    /// The body as JSON; what is wrong with it is `decode_fault`'s to tell.
    pub(crate) fn decoded<T: serde::de::DeserializeOwned>(&self) -> serde_json::Result<T> {
        let content = self.content();
        // One check of the whole is a tenth quicker than one of each text.
        match std::str::from_utf8(&content) {
            Ok(text) => serde_json::from_str(text),
            Err(_) => serde_json::from_slice(&content),
        }
    }

    /// The body without a byte order mark.
    pub(crate) fn content(&self) -> Bytes {
        self.body.slice_ref(without_mark(&self.body))
    }

    pub(crate) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    pub(crate) fn into_parts(self) -> (u16, HeaderMap, Bytes) {
        let content = self.content();
        (self.status, self.headers, content)
    }
}

/// Names of the headers and the size of the body: values may be secret.
impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("status", &self.status)
            .field("headers", &self.headers.keys().map(http::HeaderName::as_str).collect::<Vec<_>>())
            .field("body", &format_args!("{} bytes", self.body.len()))
            .finish()
    }
}
