use std::time::{Duration, SystemTime};

use http::HeaderMap;
use http::header::{DATE, RETRY_AFTER};

use super::Clock;
use crate::error::{Error, ErrorKind};

/// How long a client waits before it repeats what may be repeated, and when it gives up.
///
/// Waits double from a first one up to a longest one, each shortened by chance to between a half and the whole,
/// so that many clients do not come back at once. `Retry-After`, in seconds or as a date, is waited for in full, and
/// never less than the first wait after a fault. The total counts waits and attempts, not the time for which a call
/// stands in line; a wait that would pass it is not begun, and the call fails at once. So a call takes no longer than the
/// total and one attempt's time limit.
///
/// An address where no connection can be made may have a bound of its own.
///
/// By default: 10 s first after "usage limit" and "busy" (users wait 5 to 15 s, growing to 90 s, observed), 1 s first
/// after other faults, 90 s at most, 300 s in all, 8 attempts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    first_limit: Duration,
    first_fault: Duration,
    longest: Duration,
    total: Duration,
    attempts: u32,
    unreachable: u32,
}

impl Default for Backoff {
    fn default() -> Self {
        Self {
            first_limit: Duration::from_secs(10),
            first_fault: Duration::from_secs(1),
            longest: Duration::from_secs(90),
            total: Duration::from_secs(300),
            attempts: 8,
            unreachable: 8,
        }
    }
}

impl Backoff {
    /// Never repeats; a Hong Kong session is begun anew all the same, and a refusal in Chinese asked about in English.
    #[must_use]
    pub fn none() -> Self {
        Self { attempts: 1, ..Self::default() }
    }

    /// The first wait after "usage limit" and "busy".
    #[must_use]
    pub fn first_after_limit(self, wait: Duration) -> Self {
        Self { first_limit: wait, ..self }
    }

    /// The first wait after other faults.
    #[must_use]
    pub fn first_after_fault(self, wait: Duration) -> Self {
        Self { first_fault: wait, ..self }
    }

    /// The longest single wait, except where the service asks for more.
    #[must_use]
    pub fn longest(self, wait: Duration) -> Self {
        Self { longest: wait, ..self }
    }

    /// The most that a call may take, attempts and the waits between them, for another attempt to be begun.
    #[must_use]
    pub fn total(self, wait: Duration) -> Self {
        Self { total: wait, ..self }
    }

    /// The most that a call is sent; at least once.
    #[must_use]
    pub fn attempts(self, attempts: u32) -> Self {
        Self { attempts: attempts.max(1), ..self }
    }

    /// The most that a call is tried where no connection can be made, if that is less than [`Backoff::attempts`]: somebody
    /// who waits would rather know soon that nobody is there.
    #[must_use]
    pub fn unreachable_attempts(self, attempts: u32) -> Self {
        Self { unreachable: attempts.max(1), ..self }
    }
}

/// The repeats of one call.
#[derive(Debug)]
pub(crate) struct Repeats {
    backoff: Backoff,
    attempts: u32,
    /// Attempts that failed for a reason that a wait may cure.
    faults: u32,
    waited: Duration,
    worked: Duration,
    /// What the last attempt ended with, while the call goes on.
    last: Option<Error>,
    /// Repeats since the session was denied.
    #[cfg(feature = "hk-trade")]
    pub(crate) denied: u32,
}

impl Repeats {
    pub(crate) fn new(backoff: Backoff) -> Self {
        Self {
            backoff,
            attempts: 0,
            faults: 0,
            waited: Duration::ZERO,
            worked: Duration::ZERO,
            last: None,
            #[cfg(feature = "hk-trade")]
            denied: 0,
        }
    }

    /// Counts an attempt.
    pub(crate) fn attempt(&mut self) {
        self.attempts += 1;
    }

    pub(crate) fn attempts(&self) -> u32 {
        self.attempts
    }

    /// Whether another attempt is within the bound.
    #[cfg(feature = "hk-trade")]
    pub(crate) fn may_go_on(&self) -> bool {
        // At least as many as a new session needs, whatever the bound.
        self.attempts < self.backoff.attempts.max(3)
    }

    /// Whether the call has not taken its total yet.
    #[cfg(feature = "hk-trade")]
    pub(crate) fn is_within_total(&self) -> bool {
        self.waited.saturating_add(self.worked) <= self.backoff.total
    }

    /// Counts the time that an attempt took.
    pub(crate) fn took(&mut self, time: Duration) {
        self.worked = self.worked.saturating_add(time);
    }

    pub(crate) fn waited(&self) -> Duration {
        self.waited
    }

    /// Keeps what an attempt ended with, that the call is repeated for.
    pub(crate) fn keep(&mut self, error: Error) {
        self.last = Some(error);
    }

    /// Why a call ends that is kept from its next attempt: nothing was sent is true only of one that had none.
    pub(crate) fn kept_from(&mut self, why: Error) -> Error {
        // Of one that sent nothing, this is what the next calls will end with, too.
        self.last
            .take()
            .filter(|last| !last.is_unsent())
            .map_or(why, |last| last.with_effort(self.attempts, self.waited))
    }

    /// How long to wait before the call is repeated, or the error where it is not.
    pub(crate) fn after(&mut self, error: Error, clock: &dyn Clock) -> Result<Duration, Error> {
        let asked = retry_after_of(&error, clock);
        let error = error.with_retry_after(asked);
        let first = match error.kind() {
            ErrorKind::UsageLimit | ErrorKind::Busy => self.backoff.first_limit,
            _ => self.backoff.first_fault,
        };
        let doubled = first.saturating_mul(1 << self.faults.min(30));
        self.faults += 1;
        let wait = match asked {
            Some(asked) => asked.max(jittered(self.backoff.first_fault)),
            None => jittered(doubled.min(self.backoff.longest)),
        };
        let over = self.waited.saturating_add(self.worked).saturating_add(wait) > self.backoff.total;
        let most = match error.kind() {
            ErrorKind::Unreachable => self.backoff.attempts.min(self.backoff.unreachable),
            _ => self.backoff.attempts,
        };
        if !error.is_retryable() || self.attempts >= most || over {
            return Err(error.with_effort(self.attempts, self.waited));
        }
        // As large as the service may ask for.
        self.waited = self.waited.saturating_add(wait);
        self.keep(error);
        Ok(wait)
    }
}

/// Between a half and the whole of a wait.
fn jittered(wait: Duration) -> Duration {
    let half = wait / 2;
    let nanos = u64::try_from(half.as_nanos()).unwrap_or(u64::MAX);
    half + Duration::from_nanos(fastrand::u64(0..=nanos))
}

/// What the answer of a failed call asks to wait.
pub(crate) fn retry_after_of(error: &Error, clock: &dyn Clock) -> Option<Duration> {
    retry_after(error.response()?.headers(), clock.wall())
}

/// What `Retry-After` asks for, in either of its forms. A date is taken by the answer's own `Date` where it has one, so
/// that a clock that is wrong here changes nothing.
fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
        // More than can be counted is as good as for ever.
        return Some(text.parse().map_or(Duration::MAX, Duration::from_secs));
    }
    let date = |text: &str| httpdate::parse_http_date(text).ok();
    let now = headers.get(DATE).and_then(|value| date(value.to_str().ok()?)).unwrap_or(now);
    Some(date(text)?.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::super::{ManualClock, Response};
    use super::*;

    fn busy(headers: &[(&'static str, &'static str)]) -> Error {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, value.parse().unwrap());
        }
        Error::new(ErrorKind::Busy, "").repeatable(true).with_response(Response::new(503, map, "".into()))
    }

    fn clock() -> ManualClock {
        ManualClock::at(SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777))
    }

    #[test]
    fn waits_double_within_their_jitter_and_end_at_the_total() {
        let clock = clock();
        for _ in 0..100 {
            let mut repeats = Repeats::new(Backoff::default());
            let mut waits = Vec::new();
            let error = loop {
                repeats.attempt();
                match repeats.after(busy(&[]), &clock) {
                    Ok(wait) => waits.push(wait.as_secs_f64()),
                    Err(error) => break error,
                }
            };
            for (wait, whole) in waits.iter().zip([10.0, 20.0, 40.0, 80.0, 90.0, 90.0, 90.0]) {
                assert!((whole / 2.0..=whole).contains(wait), "{waits:?}");
            }
            assert!(waits.iter().sum::<f64>() <= 300.0 && waits.len() >= 5, "{waits:?}");
            assert_eq!(error.attempts() as usize, waits.len() + 1);
            assert!((error.waited().as_secs_f64() - waits.iter().sum::<f64>()).abs() < 1e-3);
        }
    }

    #[test]
    fn where_nobody_is_it_knocks_less_often() {
        let attempts = |backoff: Backoff, kind| {
            let mut repeats = Repeats::new(backoff);
            loop {
                repeats.attempt();
                if let Err(error) = repeats.after(Error::new(kind, "").repeatable(true), &clock()) {
                    return error.attempts();
                }
            }
        };
        let backoff = Backoff::default().attempts(5).first_after_limit(Duration::ZERO);
        assert_eq!(attempts(backoff, ErrorKind::Unreachable), 5);
        assert_eq!(attempts(backoff.unreachable_attempts(2), ErrorKind::Unreachable), 2);
        assert_eq!(attempts(backoff.unreachable_attempts(2), ErrorKind::Busy), 5);
        assert_eq!(attempts(backoff.unreachable_attempts(9), ErrorKind::Unreachable), 5);
    }

    #[test]
    fn both_forms_of_retry_after_are_waited_for() {
        let clock = clock();
        let wait = |headers: &[(&'static str, &'static str)]| {
            let mut repeats = Repeats::new(Backoff::default());
            repeats.attempt();
            repeats.after(busy(headers), &clock)
        };
        assert_eq!(wait(&[("retry-after", "120")]).unwrap(), Duration::from_secs(120));
        // The manual clock stands at 08:49:37; the answer's own date goes before it.
        assert_eq!(
            wait(&[("retry-after", "Sun, 06 Nov 1994 08:50:37 GMT")]).unwrap(),
            Duration::from_secs(60)
        );
        let dated =
            [("retry-after", "Sun, 06 Nov 1994 08:50:37 GMT"), ("date", "Sun, 06 Nov 1994 08:50:30 GMT")];
        assert_eq!(wait(&dated).unwrap(), Duration::from_secs(7));
        for past in ["Sun, 06 Nov 1994 08:00:00 GMT", "0"] {
            let floor = Duration::from_millis(500)..=Duration::from_secs(1);
            assert!(floor.contains(&wait(&[("retry-after", past)]).unwrap()), "{past}");
        }
        assert!(wait(&[("retry-after", "18446744073709551616")]).is_err(), "beyond 64 bits: for ever");
        let mut patient = Repeats::new(Backoff::default().total(Duration::MAX));
        for _ in 0..2 {
            patient.attempt();
            let asked = busy(&[("retry-after", "99999999999999999999")]);
            assert_eq!(patient.after(asked, &clock).unwrap(), Duration::MAX);
        }
        assert_eq!(patient.waited(), Duration::MAX);
        // Whatever ends a call between two attempts, something was sent.
        let mut repeats = Repeats::new(Backoff::default());
        let why = || Error::new(ErrorKind::NoTurn, "");
        assert!(repeats.kept_from(why()).is_unsent());
        repeats.attempt();
        repeats.after(busy(&[]), &clock).unwrap();
        let error = repeats.kept_from(why());
        assert_eq!((error.kind(), error.attempts(), error.is_unsent()), (ErrorKind::Busy, 1, false));
        let error = wait(&[("retry-after", "301")]).unwrap_err();
        assert_eq!(
            error.retry_after(),
            Some(Duration::from_secs(301)),
            "more than the total: given up at once"
        );
        assert!(wait(&[("retry-after", "soon")]).unwrap() <= Duration::from_secs(10), "as without it");
    }

    proptest::proptest! {
        /// Whatever the service asks for, and whatever the total: no panic, and never more than the total in all.
        #[test]
        fn any_retry_after_is_bounded(
            asked in "[ -~]{0,40}|[0-9]{1,30}",
            attempts in 0_u32..100,
            total in proptest::prop_oneof![proptest::prelude::any::<Duration>(), proptest::prelude::Just(Duration::MAX)],
        ) {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, asked.parse().unwrap());
            let backoff = Backoff::default().attempts(1000).total(total);
            let mut repeats = Repeats { faults: attempts, ..Repeats::new(backoff) };
            // The second comes on top of what was waited for already.
            for _ in 0..2 {
                let busy = Error::new(ErrorKind::Busy, "").repeatable(true);
                let busy = busy.with_response(Response::new(503, headers.clone(), "".into()));
                repeats.attempt();
                if let Ok(wait) = repeats.after(busy, &clock()) {
                    proptest::prop_assert!(wait <= total);
                }
                proptest::prop_assert!(repeats.waited() <= total);
            }
        }
    }

    #[test]
    fn slow_attempts_count_into_the_total() {
        let mut repeats = Repeats::new(Backoff::default());
        repeats.attempt();
        repeats.took(Duration::from_secs(296));
        assert!(repeats.after(busy(&[]), &clock()).is_err());
    }

    #[test]
    fn what_may_not_be_repeated_is_not() {
        let mut repeats = Repeats::new(Backoff::default());
        repeats.attempt();
        let error = repeats.after(busy(&[]).repeatable(false), &clock()).unwrap_err();
        assert_eq!((error.attempts(), error.waited()), (1, Duration::ZERO));
    }
}
