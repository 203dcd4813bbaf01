//! What can go wrong on demand.

use std::fmt;
use std::time::Duration;

/// Something that goes wrong with one answer.
///
/// A script takes it as a [`Step`](super::Step), in turn; a [`Rule`](super::Rule) makes it again and again, by count or by
/// seed. Where a fault has nothing to work on (rows to double in an answer without rows, half of the body of Hong Kong's
/// redirect, which has none, data of more than 64 MiB), the answer goes out as it is, and the log says so.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// What was asked is done and charged at once; the answer comes so long after the request did, however long it took to make.
    Latency(Duration),
    /// A page of a gateway comes in place of the answer, such as 403, 429 or 503; nothing is done, nothing charged.
    Html(u16),
    /// The answer breaks off after so many bytes of its body, under a `content-length` of all of it; what it was asked
    /// for is done and charged. A body that is no longer comes whole.
    Truncated(u64),
    /// The connection is reset when the head of the request has come; nothing is done, nothing charged.
    ResetBefore,
    /// What was asked is done and charged; the connection is reset after half of the answer's body, or after 1,024 bytes of
    /// one whose length is not told.
    ResetDuring,
    /// The answer comes whole; the next request on the same connection meets a reset, as on one that the server had
    /// given up meanwhile.
    ResetAfter,
    /// What was asked is done and charged; the connection closes without an answer.
    ChargeThenDrop,
    /// The first so many rows come twice, the second time at the end; a count of rows that was right stays right.
    DuplicateRows(usize),
    /// The count that the answer tells (Hong Kong's `noOfRecords`, TradeWind's `total`) is off by so much, but never
    /// below 0.
    WrongCount(i64),
    /// The answer and each of its rows hold a field that no document knows.
    UnknownFields,
    /// TradeWind's upstream fails inside a success: another code than 1 with this message, and no data. It is charged:
    /// whether the service does so is not known.
    Upstream {
        /// Code of the upstream; 1 would be success.
        code: i64,
        /// Its message.
        message: String,
    },
    /// A stack trace of TradeWind's upstream comes as a text in place of the data, with `success` true (reported).
    StackTrace,
}

impl Fault {
    /// TradeWind's upstream fails inside a success.
    #[must_use]
    pub fn upstream(code: i64, message: impl Into<String>) -> Self {
        Self::Upstream { code, message: message.into() }
    }
}

/// In a few words, as the log has it.
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Latency(wait) => write!(f, "{} ms later", wait.as_millis()),
            Self::Html(status) => write!(f, "page of a gateway, {status}"),
            Self::Truncated(bytes) => write!(f, "cut after {bytes} bytes"),
            Self::ResetBefore => f.write_str("reset before the answer"),
            Self::ResetDuring => f.write_str("reset during the answer"),
            Self::ResetAfter => f.write_str("the next request meets a reset"),
            Self::ChargeThenDrop => f.write_str("done, then closed without an answer"),
            Self::DuplicateRows(rows) => write!(f, "{rows} rows twice"),
            Self::WrongCount(by) => write!(f, "count off by {by}"),
            Self::UnknownFields => f.write_str("unknown fields"),
            Self::Upstream { code, .. } => write!(f, "upstream code {code}"),
            Self::StackTrace => f.write_str("stack trace in place of data"),
        }
    }
}
