use crate::domain::Period;

/// The year with whose January monthly data begin (observed).
const FIRST_YEAR: u16 = 2012;

/// What to do about periods that the service does not know.
pub(super) fn unpublished(periods: &[Period]) -> &'static str {
    let early = |period: &&Period| period.year() < FIRST_YEAR;
    let years = periods.iter().all(|period| period.month().is_none());
    match periods.iter().filter(early).count() {
        0 => "ask up to the last one published: `hk latest` or latest_period() tells the last month",
        // Since when there are years nobody says.
        count if years && count == periods.len() => "no year so early is known: ask for later ones",
        _ if years => "no year so early is known: ask for later ones, and up to the last one published",
        count if count == periods.len() => "monthly data begin in 2012-01: ask from there",
        _ => "monthly data begin in 2012-01: ask from there, and up to the last one published",
    }
}

/// What went wrong with a call, and what to do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The client cannot be made: a setting, the TLS backend or a file. Mend what the message names.
    Setup,
    /// Refused by this crate before anything was sent. Mend the request.
    InvalidRequest,
    /// The operation needs a key and the client has none; nothing was sent. Make the client with a key.
    NoKey,
    /// The price of the operation is unknown and no allowance was given; nothing was sent. Allow an amount of
    /// credits for it.
    PriceUnknown,
    /// The budget does not hold the call, or an earlier charge stopped the ledger; nothing was sent. Look at the
    /// ledger; raise the budget if that is meant.
    BudgetReached,
    /// Other processes hold all turns of a [shared pace](crate::http), and none of them moved for long; nothing was sent. Continue or
    /// end the one that was stopped: the message names them, and the folder of the turns.
    NoTurn,
    /// No connection could be made; nothing was sent. Check address, network, proxy and certificates, then repeat.
    Unreachable,
    /// The time limit passed before the answer was whole. Repeat a read, or raise the limit.
    Timeout,
    /// The connection broke before the answer was whole. Repeat a read.
    Interrupted,
    /// A billed call left and its answer was lost: it may have been done and charged. Never repeated by this crate;
    /// find out whether it was before you repeat it.
    OutcomeUnknown,
    /// The body passed the cap on decompressed bytes; reading stopped. Ask for less, or raise the cap.
    TooLarge,
    /// A redirect that is not followed: to another host, or of a call that follows none. Check the base URL.
    Redirected,
    /// The service's usage limit is reached. Wait as long as [`super::Error::retry_after`] says, or some minutes; then
    /// ask less often.
    UsageLimit,
    /// The service is busy. Repeat later.
    Busy,
    /// The service denies access: a missing session at Hong Kong, a refused key at TradeWind, or a gateway.
    /// Check the key; else repeat later.
    AccessDenied,
    /// An HTTP status that tells a failure, without an answer of the service. Repeat later where it is 5xx, else mend the request.
    HttpStatus,
    /// The body is not what the document says. The message names the place; the body is kept. Report it, so that the
    /// document can follow.
    Decode,
    /// The range holds a period that the service does not know: not published yet, or before its data begin. Ask up to
    /// the last good one, or from the first.
    UnpublishedPeriod,
    /// Commodity codes that the service does not know, in these periods at least; the whole query failed for them.
    /// Ask without them.
    UnknownCommodity,
    /// The service refused the request, and says why. Mend the request.
    Refused,
    /// The answer holds another number of rows than it says. The rows are kept in the error; repeat the query.
    CountMismatch,
    /// TradeWind's upstream failed though the envelope tells success. The charge is kept in the error; a repeat may be charged
    /// again. Look at what the service says.
    Upstream,
    /// A text came where data belong, such as an error trace. The charge and the text are kept in the error; a repeat may be
    /// charged again. Look at the text.
    TextInsteadOfData,
    /// The answer tells success but holds no data. The charge, if told, is kept in the error; a repeat may be charged again.
    /// Look at the body.
    NoData,
    /// A replay was asked what it does not hold, or not asked for all that it holds. The message names the difference: mend what
    /// is asked, or record anew.
    Replay,
    /// A recording could not be written; the calls were made all the same. Check the folder.
    Recording,
}

impl ErrorKind {
    /// Every kind. More may come with a new version.
    pub const ALL: &[Self] = &Self::EACH;

    /// As long as the last kind's number says, so that none is forgotten.
    const EACH: [Self; Self::Recording as usize + 1] = [
        Self::Setup,
        Self::InvalidRequest,
        Self::NoKey,
        Self::PriceUnknown,
        Self::BudgetReached,
        Self::NoTurn,
        Self::Unreachable,
        Self::Timeout,
        Self::Interrupted,
        Self::OutcomeUnknown,
        Self::TooLarge,
        Self::Redirected,
        Self::UsageLimit,
        Self::Busy,
        Self::AccessDenied,
        Self::HttpStatus,
        Self::Decode,
        Self::UnpublishedPeriod,
        Self::UnknownCommodity,
        Self::Refused,
        Self::CountMismatch,
        Self::Upstream,
        Self::TextInsteadOfData,
        Self::NoData,
        Self::Replay,
        Self::Recording,
    ];

    /// What the kind says in a line.
    pub(crate) fn told(self) -> &'static str {
        match self {
            Self::Setup => "the client cannot be made",
            Self::InvalidRequest => "the request is refused before it is sent",
            Self::NoKey => "the operation needs a key, and the client has none; nothing was sent",
            Self::PriceUnknown => "the price is unknown; nothing was sent",
            Self::BudgetReached => "the budget does not hold this call; nothing was sent",
            Self::NoTurn => "no turn came free; nothing was sent",
            Self::Unreachable => "no connection",
            Self::Timeout => "the time limit passed",
            Self::Interrupted => "the connection broke",
            Self::OutcomeUnknown => {
                "the call left and its answer was lost: it may have been done and charged"
            }
            Self::TooLarge => "the body passes the cap",
            Self::Redirected => "a redirect that is not followed",
            Self::UsageLimit => "the usage limit is reached",
            Self::Busy => "the service is busy",
            Self::AccessDenied => "access denied",
            Self::HttpStatus => "the HTTP status tells a failure",
            Self::Decode => "the body is not what the document says",
            Self::UnpublishedPeriod => "a period is not published",
            Self::UnknownCommodity => "commodity codes are unknown",
            Self::Refused => "the service refused the request",
            Self::CountMismatch => "the number of rows is not as told",
            Self::Upstream => "the upstream failed",
            Self::TextInsteadOfData => "a text came where data belong (it is kept, not shown)",
            Self::NoData => "the answer holds no data",
            Self::Replay => "the replay was not asked as recorded",
            Self::Recording => "not all was recorded",
        }
    }

    /// What to do about it, in a few words; nothing where the message says it already.
    pub(crate) fn advice(self) -> Option<&'static str> {
        Some(match self {
            Self::NoKey => "make the client with one: ClientBuilder::key, key_from_env or key_from_file",
            Self::Unreachable => "check address, network and proxy",
            Self::Timeout => "repeat it, ask for less, or raise the limit",
            Self::OutcomeUnknown => "find out whether it was charged before you repeat it",
            Self::TooLarge => "ask for less, or raise the cap",
            Self::Redirected => "check the base URL",
            Self::UsageLimit | Self::Busy => "repeat it later",
            Self::AccessDenied => "check the key, where the service takes one; else repeat it later",
            Self::Decode => "the body is in the error; report it, so that the document can follow",
            Self::UnknownCommodity => "ask without them",
            Self::CountMismatch => "the rows that came are in the error; repeat the query",
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unpublished_periods_have_advice_of_their_own() {
        let told = |periods: &[&str]| {
            unpublished(&periods.iter().map(|period| period.parse().unwrap()).collect::<Vec<_>>())
        };
        assert!(told(&["2030"]).contains("latest_period()"));
        assert!(told(&["203001", "203002"]).contains("latest_period()"));
        assert!(told(&["1950"]).contains("later ones"));
        let both = told(&["1950", "2030"]);
        assert!(both.contains("later ones") && both.contains("the last one published"), "{both}");
        assert!(!both.contains("monthly"), "{both}");
        assert!(told(&["201112"]).starts_with("monthly data begin in 2012-01"));
        assert!(told(&["201112", "203001"]).contains("the last one published"));
    }

    #[test]
    fn each_kind_is_listed_once() {
        for (at, kind) in ErrorKind::ALL.iter().enumerate() {
            assert_eq!(*kind as usize, at, "{kind:?}");
        }
    }
}
