use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{Mutex, OwnedSemaphorePermit, Semaphore};

use super::Clock;
use crate::error::Error;

/// The most that starts may be apart.
const LONGEST_APART: Duration = Duration::from_secs(24 * 60 * 60);

/// How fast a client may ask: how many calls at once, and how far apart they start. It holds for all clones of
/// a client together, and for each attempt of a call.
///
/// The default is 3 at once, starts 0.5 s apart: users of the Hong Kong service run at most 3 requests at once and
/// pause 0.3 to 0.8 s (observed); its own limit is unpublished.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    in_flight: Option<usize>,
    apart: Duration,
}

impl Pace {
    /// So many at once, at least one, and starts so far apart, at most a day.
    #[must_use]
    pub fn new(in_flight: usize, apart: Duration) -> Self {
        // What a semaphore can hold, and what a clock can count; nobody asks for more.
        let in_flight = in_flight.clamp(1, Semaphore::MAX_PERMITS);
        Self { in_flight: Some(in_flight), apart: apart.min(LONGEST_APART) }
    }

    /// How long so many calls take at least, each of a latency.
    #[must_use]
    pub fn time(self, calls: usize, latency: Duration) -> Duration {
        let calls = u32::try_from(calls).unwrap_or(u32::MAX);
        let rounds = calls.div_ceil(u32::try_from(self.in_flight.unwrap_or(1)).unwrap_or(u32::MAX).max(1));
        let waits = self.apart.saturating_mul(calls.saturating_sub(1)).saturating_add(latency);
        let asks = latency.saturating_mul(if self.in_flight.is_some() { rounds } else { 1 });
        if calls == 0 { Duration::ZERO } else { waits.max(asks) }
    }

    /// How many calls at once; no number is no limit.
    #[must_use]
    pub fn in_flight(self) -> Option<usize> {
        self.in_flight
    }

    /// How far apart calls start.
    #[must_use]
    pub fn apart(self) -> Duration {
        self.apart
    }

    /// No limit: for a local server.
    #[must_use]
    pub fn off() -> Self {
        Self { in_flight: None, apart: Duration::ZERO }
    }
}

impl Default for Pace {
    fn default() -> Self {
        Self::new(3, Duration::from_millis(500))
    }
}

/// Lets attempts through at a pace.
#[derive(Debug)]
pub(crate) struct Gate {
    permits: Option<Arc<Semaphore>>,
    apart: Duration,
    /// When the last attempt started. Held by whoever waits for the next start, so that one who gives up takes
    /// nothing with him.
    last: Mutex<Option<Instant>>,
    /// The pace that other processes keep, too.
    #[cfg(feature = "harvest")]
    shared: Option<super::SharedPace>,
}

/// A turn; it ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Turn {
    _permit: Option<OwnedSemaphorePermit>,
    #[cfg(feature = "harvest")]
    _shared: Option<super::shared::SharedTurn>,
}

impl Gate {
    pub(crate) fn new(pace: Pace) -> Self {
        let permits = pace.in_flight.map(|n| Arc::new(Semaphore::new(n)));
        Self {
            permits,
            apart: pace.apart,
            last: Mutex::new(None),
            #[cfg(feature = "harvest")]
            shared: None,
        }
    }

    /// At the pace of all processes that share it.
    #[cfg(feature = "harvest")]
    pub(crate) fn shared(shared: super::SharedPace) -> Self {
        Self { shared: Some(shared), ..Self::new(Pace::off()) }
    }

    /// Notes for whoever shares the pace that the limit of usage is reached.
    #[cfg(feature = "hk-trade")]
    pub(crate) fn limited(&self, clock: &dyn Clock) {
        #[cfg(feature = "harvest")]
        if let Some(shared) = &self.shared {
            return shared.limited(clock);
        }
        _ = clock;
    }

    /// Waits for its turn; the turn ends when what is returned is dropped.
    ///
    /// # Errors
    /// Only at a pace that processes share, all of whose turns others hold, as stopped ones do.
    pub(crate) async fn enter(&self, clock: &dyn Clock) -> Result<Turn, Error> {
        let permit = match &self.permits {
            // Never closed, so that there is always a permit to come.
            Some(permits) => Arc::clone(permits).acquire_owned().await.ok(),
            None => None,
        };
        if !self.apart.is_zero() {
            let mut last = self.last.lock().await;
            let since = last.map(|last| clock.now().saturating_duration_since(last));
            if let Some(wait) =
                since.and_then(|since| self.apart.checked_sub(since)).filter(|wait| !wait.is_zero())
            {
                clock.sleep(wait).await;
            }
            *last = Some(clock.now());
        }
        Ok(Turn {
            _permit: permit,
            #[cfg(feature = "harvest")]
            _shared: match &self.shared {
                Some(shared) => Some(shared.enter(clock).await?),
                None => None,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::{ManualClock, SystemClock};
    use super::*;
    use std::time::SystemTime;

    #[test]
    fn time_is_that_of_the_starts_or_of_the_answers() {
        let pace = Pace::default();
        assert_eq!(pace.time(0, Duration::from_secs(9)), Duration::ZERO);
        assert_eq!(pace.time(10, Duration::from_secs(1)), Duration::from_millis(5500));
        assert_eq!(pace.time(10, Duration::from_secs(6)), Duration::from_secs(24));
        assert_eq!(Pace::off().time(10, Duration::from_secs(6)), Duration::from_secs(6));
    }

    #[tokio::test]
    async fn starts_are_apart_and_idle_time_is_not_saved_up() {
        let clock = ManualClock::at(SystemTime::UNIX_EPOCH);
        let gate = Gate::new(Pace::default());
        for _ in 0..3 {
            gate.enter(&clock).await.unwrap();
        }
        clock.advance(Duration::from_secs(60));
        gate.enter(&clock).await.unwrap();
        gate.enter(&clock).await.unwrap();
        assert_eq!(clock.naps(), [Duration::from_millis(500); 3]);
    }

    #[tokio::test]
    async fn who_gives_up_holds_nobody_up() {
        let gate = Gate::new(Pace::new(3, Duration::from_secs(3600)));
        gate.enter(&SystemClock).await.unwrap();
        for _ in 0..10 {
            let short = Duration::from_millis(1);
            assert!(tokio::time::timeout(short, gate.enter(&SystemClock)).await.is_err());
        }
        let clock = ManualClock::at(SystemTime::UNIX_EPOCH);
        gate.enter(&clock).await.unwrap();
        let [nap] = clock.naps()[..] else { panic!("{:?}", clock.naps()) };
        assert!(nap <= Duration::from_secs(3600), "{nap:?}");
    }
}
