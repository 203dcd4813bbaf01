//! The one error of both clients.

mod kind;

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;

pub use kind::ErrorKind;

use crate::domain::{Credits, Period};
use crate::http::Response;

/// Messages of a service that `Display` repeats, and the most of each, in characters. All are in
/// [`Error::messages`].
const SHOWN: (usize, usize) = (3, 200);

/// Why a call failed.
///
/// It says what went wrong by [`Error::kind`] and by predicates, and carries all that came of the answer. `Display` and
/// `Debug` show neither the body nor a secret; what a service itself said by way of messages is shown, cut
/// short, with the key taken out.
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    operation: Option<String>,
    detail: String,
    response: Option<Response>,
    service_code: Option<String>,
    messages: Vec<String>,
    place: Option<Place>,
    attempts: u32,
    waited: Duration,
    retry_after: Option<Duration>,
    periods: Vec<Period>,
    codes: Vec<String>,
    request_id: Option<String>,
    credits: Option<Credits>,
    held: Option<Credits>,
    repeatable: bool,
    #[cfg(feature = "hk-trade")]
    answer: Option<crate::hk::Answer>,
    #[cfg(feature = "table")]
    table: Option<crate::table::Table>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// Where in a body a decode fault lies.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Place {
    /// JSON pointer to the value, such as `/dataSet/3/figure`; empty for the whole body.
    pub pointer: String,
    /// Offset of the last byte read, from 0.
    pub offset: usize,
    /// Line, from 1.
    pub line: usize,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, detail: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            operation: None,
            detail: detail.into(),
            response: None,
            service_code: None,
            messages: Vec::new(),
            place: None,
            attempts: 0,
            waited: Duration::ZERO,
            retry_after: None,
            periods: Vec::new(),
            codes: Vec::new(),
            request_id: None,
            credits: None,
            held: None,
            repeatable: false,
            #[cfg(feature = "hk-trade")]
            answer: None,
            #[cfg(feature = "table")]
            table: None,
            source: None,
        }))
    }

    /// What went wrong.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Whether the same call may succeed later and may be repeated without harm.
    ///
    /// The clients have repeated it already, within their bound, where waiting may help and costs nothing; wait longer than
    /// [`Error::waited`] before you do. They leave to you what comes with something to keep: an answer with another number of
    /// rows than it says. Never true for a billed call, or a raw one that is no read, that may have been done, nor for any whose
    /// answer tells a charge. A billed one that was refused for the usage limit may be repeated, though [`Error::unconfirmed`]
    /// credits stay held for it.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        self.0.repeatable
    }

    /// Whether the usage limit is reached: Hong Kong's code 2, or HTTP 429. Ask less often, and later. Of a billed call the
    /// credits reserved for it stay held, as [`Error::unconfirmed`] tells, until `Ledger::settle_unconfirmed` settles them.
    #[must_use]
    pub fn is_usage_limit(&self) -> bool {
        self.0.kind == ErrorKind::UsageLimit
    }

    /// Whether the service is busy: Hong Kong's code 3, or HTTP 503. Ask later.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.0.kind == ErrorKind::Busy
    }

    /// Whether access is denied: Hong Kong's code 4 after two new sessions, HTTP 401 or 403. Check the key; a
    /// gateway's 403 may pass with time.
    #[must_use]
    pub fn is_access_denied(&self) -> bool {
        self.0.kind == ErrorKind::AccessDenied
    }

    /// Whether the range holds a period that the service does not know, not published yet or before its data begin;
    /// [`Error::periods`] names it. Ask up to the last good one, or from the first.
    #[must_use]
    pub fn is_unpublished_period(&self) -> bool {
        self.0.kind == ErrorKind::UnpublishedPeriod
    }

    /// Whether commodity codes are unknown; [`Error::codes`] names them. Ask without them.
    #[must_use]
    pub fn is_unknown_commodity(&self) -> bool {
        self.0.kind == ErrorKind::UnknownCommodity
    }

    /// Whether the service refused the request for a reason of its own; [`Error::messages`] has it. Mend the
    /// request.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        self.0.kind == ErrorKind::Refused
    }

    /// Whether a billed call may have been done and charged though its answer is lost. Find out whether it
    /// was before you repeat it.
    #[must_use]
    pub fn is_outcome_unknown(&self) -> bool {
        self.0.kind == ErrorKind::OutcomeUnknown
    }

    /// Whether nothing was sent: refused by this crate, no turn, or no connection. Nothing can have been charged: mend what the
    /// message names, and call again.
    #[must_use]
    pub fn is_unsent(&self) -> bool {
        use ErrorKind::{
            BudgetReached, InvalidRequest, NoKey, NoTurn, PriceUnknown, Replay, Setup, Unreachable,
        };
        matches!(
            self.0.kind,
            Setup | InvalidRequest | NoKey | PriceUnknown | BudgetReached | NoTurn | Unreachable | Replay
        )
    }

    /// Whether the time limit passed. Repeat a read, or raise the limit.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        self.0.kind == ErrorKind::Timeout
    }

    /// Whether the budget or the ledger stopped the call before it was sent. Look at the ledger; raise the budget if that is
    /// meant.
    #[must_use]
    pub fn is_budget_reached(&self) -> bool {
        self.0.kind == ErrorKind::BudgetReached
    }

    /// Whether the body is not what the document says; [`Error::place`] tells where, [`Error::body`] keeps it. Report it, so
    /// that the document can follow; what [may pass](Error::is_retryable), such as a gateway's page, repeat later.
    #[must_use]
    pub fn is_decode(&self) -> bool {
        self.0.kind == ErrorKind::Decode
    }

    /// The operation's id, such as `get_trade`, behind the service's name; `None` before there was one.
    #[must_use]
    pub fn operation(&self) -> Option<&str> {
        self.0.operation.as_deref()
    }

    /// HTTP status of the last answer, if one came.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.0.response.as_ref().map(Response::status)
    }

    /// Headers of the last answer; may hold cookies.
    #[must_use]
    pub fn headers(&self) -> Option<&HeaderMap> {
        self.0.response.as_ref().map(Response::headers)
    }

    /// Body of the last answer as it came, as far as it was read: at most the client's cap, 64 KiB where it
    /// passed the cap.
    #[must_use]
    pub fn body(&self) -> Option<&Bytes> {
        self.0.response.as_ref().map(Response::body)
    }

    /// The service's own code: Hong Kong's `header.status.code`, TradeWind's `error.code` or its upstream's.
    #[must_use]
    pub fn service_code(&self) -> Option<&str> {
        self.0.service_code.as_deref()
    }

    /// Everything that the service said, in its language, with the key taken out.
    #[must_use]
    pub fn messages(&self) -> &[String] {
        &self.0.messages
    }

    /// Where a decode fault lies.
    #[must_use]
    pub fn place(&self) -> Option<&Place> {
        self.0.place.as_ref()
    }

    /// Periods that the service does not know.
    #[must_use]
    pub fn periods(&self) -> &[Period] {
        &self.0.periods
    }

    /// Commodity codes that the service does not know.
    #[must_use]
    pub fn codes(&self) -> &[String] {
        &self.0.codes
    }

    /// TradeWind's id of the call, if the answer told it.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// Credits charged for the failed call, if the answer told them.
    #[must_use]
    pub fn credits(&self) -> Option<Credits> {
        self.0.credits
    }

    /// Credits that stay in the ledger as unconfirmed for the failed call: it left, and no answer told its charge. Also
    /// for a refusal: whether refusals are charged is not documented. `Ledger::settle_unconfirmed` frees them.
    #[must_use]
    pub fn unconfirmed(&self) -> Option<Credits> {
        self.0.held
    }

    /// How often the call was sent, or tried to be.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// How long was waited between attempts.
    #[must_use]
    pub fn waited(&self) -> Duration {
        self.0.waited
    }

    /// How long the service asks to wait, by `Retry-After`.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// The answer whose number of rows is not as told, with its rows.
    #[cfg(feature = "hk-trade")]
    #[must_use]
    pub fn answer(&self) -> Option<&crate::hk::Answer> {
        self.0.answer.as_ref()
    }

    /// As [`Error::answer`], to keep.
    #[cfg(feature = "hk-trade")]
    #[must_use]
    pub fn into_answer(self) -> Option<crate::hk::Answer> {
        self.0.answer
    }
}

#[cfg(feature = "table")]
impl Error {
    /// The table whose number of rows is not as told, with its rows.
    #[must_use]
    pub fn table(&self) -> Option<&crate::table::Table> {
        self.0.table.as_ref()
    }

    /// As [`Error::table`], to keep.
    #[must_use]
    pub fn into_table(self) -> Option<crate::table::Table> {
        self.0.table
    }

    pub(crate) fn with_table(mut self, table: crate::table::Table) -> Self {
        self.0.table = Some(table);
        self
    }
}

/// How the rooms of this crate fill an error.
#[cfg_attr(not(all(feature = "hk-trade", feature = "tradewind")), allow(dead_code, reason = "one service's"))]
impl Error {
    pub(crate) fn of_kind(mut self, kind: ErrorKind) -> Self {
        self.0.kind = kind;
        self
    }

    pub(crate) fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    pub(crate) fn with_response(mut self, response: Response) -> Self {
        self.0.response = Some(response);
        self
    }

    pub(crate) fn with_operation(mut self, operation: &str) -> Self {
        self.0.operation = Some(operation.to_owned());
        self
    }

    pub(crate) fn with_code(mut self, code: Option<String>) -> Self {
        self.0.service_code = code;
        self
    }

    pub(crate) fn with_messages(mut self, messages: Vec<String>) -> Self {
        self.0.messages = messages;
        self
    }

    pub(crate) fn with_place(mut self, place: Place) -> Self {
        self.0.place = Some(place);
        self
    }

    pub(crate) fn with_periods(mut self, periods: Vec<Period>) -> Self {
        self.0.periods = periods;
        self
    }

    pub(crate) fn with_codes(mut self, codes: Vec<String>) -> Self {
        self.0.codes = codes;
        self
    }

    pub(crate) fn with_charge(mut self, request_id: Option<String>, credits: Option<Credits>) -> Self {
        self.0.request_id = request_id;
        self.0.credits = credits;
        // What was charged may be charged again.
        self.0.repeatable &= !self.is_charged();
        self
    }

    fn is_charged(&self) -> bool {
        self.0.credits.is_some_and(|credits| credits > Credits::default())
    }

    pub(crate) fn with_held(mut self, held: Option<Credits>) -> Self {
        self.0.held = held;
        self
    }

    pub(crate) fn with_retry_after(mut self, wait: Option<Duration>) -> Self {
        self.0.retry_after = wait;
        self
    }

    pub(crate) fn with_effort(mut self, attempts: u32, waited: Duration) -> Self {
        self.0.attempts = attempts;
        self.0.waited = waited;
        #[cfg(feature = "hk-trade")]
        if let Some(answer) = self.0.answer.take() {
            self.0.answer = Some(answer.with_effort(attempts, waited));
        }
        #[cfg(feature = "table")]
        if let Some(table) = self.0.table.take() {
            self.0.table = Some(table.with_effort(attempts, waited));
        }
        self
    }

    pub(crate) fn repeatable(mut self, repeatable: bool) -> Self {
        self.0.repeatable = repeatable;
        self
    }

    /// The same without the key, wherever a service or a redirect repeats it.
    #[cfg(feature = "tradewind")]
    pub(crate) fn scrubbed(mut self, secret: &crate::http::Secret) -> Self {
        let scrub = |text: &mut String| *text = secret.scrub(text).into_owned();
        let inner = &mut *self.0;
        scrub(&mut inner.detail);
        inner.messages.iter_mut().for_each(scrub);
        inner.service_code.iter_mut().chain(&mut inner.request_id).for_each(scrub);
        inner.place.iter_mut().for_each(|place| scrub(&mut place.pointer));
        self
    }

    /// The same, told as a call whose outcome is unknown; what it was before stands in the message.
    pub(crate) fn outcome_unknown(mut self) -> Self {
        let was = self.0.kind.told();
        self.0.detail =
            if self.0.detail.is_empty() { was.to_owned() } else { format!("{was}: {}", self.0.detail) };
        self.0.kind = ErrorKind::OutcomeUnknown;
        self.repeatable(false)
    }

    pub(crate) fn response(&self) -> Option<&Response> {
        self.0.response.as_ref()
    }

    #[cfg(feature = "hk-trade")]
    pub(crate) fn with_answer(mut self, answer: crate::hk::Answer) -> Self {
        self.0.answer = Some(answer);
        self
    }
}

/// A code, id or place of a service's as it may stand in a message: short, and without control characters.
pub(crate) fn plain(text: &str) -> String {
    const LONGEST: usize = 64;
    let shown: String = text.escape_debug().take(LONGEST).collect();
    if text.escape_debug().nth(LONGEST).is_some() { shown + "…" } else { shown }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &*self.0;
        if let Some(operation) = &inner.operation {
            write!(f, "{operation}: ")?;
        }
        f.write_str(inner.kind.told())?;
        if !inner.detail.is_empty() {
            write!(f, ": {}", inner.detail)?;
        }
        for message in inner.messages.iter().take(SHOWN.0) {
            let shown: String = message.chars().take(SHOWN.1).collect();
            let more = if shown.len() < message.len() { "…" } else { "" };
            write!(f, "; the service says {:?}", shown + more)?;
        }
        if inner.messages.len() > SHOWN.0 {
            write!(f, " and {} more", inner.messages.len() - SHOWN.0)?;
        }
        let mut told = Vec::new();
        told.extend(self.status().map(|status| format!("HTTP {status}")));
        told.extend(inner.service_code.as_ref().map(|code| format!("code {}", plain(code))));
        told.extend(inner.credits.map(|credits| format!("{credits} credits charged")));
        told.extend(inner.held.map(|credits| format!("{credits} credits held as unconfirmed")));
        told.extend(inner.request_id.as_ref().map(|id| format!("request {}", plain(id))));
        told.extend(inner.retry_after.map(|wait| format!("Retry-After {} s", wait.as_secs())));
        if inner.attempts > 1 {
            told.push(format!("{} attempts, waited {} s", inner.attempts, inner.waited.as_secs()));
        }
        if !told.is_empty() {
            write!(f, " ({})", told.join(", "))?;
        }
        let advice = match inner.kind {
            // What may pass is no change of the service's.
            ErrorKind::Decode if inner.repeatable => Some("repeat it later"),
            ErrorKind::UsageLimit | ErrorKind::Busy if self.is_charged() => {
                Some("a repeat may be charged again")
            }
            // Hong Kong takes no key.
            ErrorKind::AccessDenied
                if inner.operation.as_ref().is_some_and(|name| name.starts_with("hk-trade")) =>
            {
                Some("repeat it later")
            }
            ErrorKind::UnpublishedPeriod => Some(kind::unpublished(&inner.periods)),
            kind => kind.advice(),
        };
        if let Some(advice) = advice {
            write!(f, "; {advice}")?;
        }
        Ok(())
    }
}

/// As `Display`, with the kind, and with the size of the body in its place.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("message", &self.to_string())
            .field("response", &self.0.response)
            .field("source", &self.0.source)
            .finish_non_exhaustive()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_small() {
        assert_eq!(size_of::<Error>(), size_of::<usize>());
    }

    #[test]
    fn it_goes_between_threads() {
        fn both<T: Send + Sync + 'static>() {}
        both::<Error>();
    }
}
