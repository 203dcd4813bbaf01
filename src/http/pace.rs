use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::Clock;

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
    next: Mutex<Option<Instant>>,
}

impl Gate {
    pub(crate) fn new(pace: Pace) -> Self {
        let permits = pace.in_flight.map(|n| Arc::new(Semaphore::new(n)));
        Self { permits, apart: pace.apart, next: Mutex::new(None) }
    }

    /// Waits for its turn; the turn ends when what is returned is dropped.
    pub(crate) async fn enter(&self, clock: &dyn Clock) -> Option<OwnedSemaphorePermit> {
        let permit = match &self.permits {
            // Never closed, so that there is always a permit to come.
            Some(permits) => Arc::clone(permits).acquire_owned().await.ok(),
            None => None,
        };
        if !self.apart.is_zero() {
            let wait = self.turn(clock.now());
            if !wait.is_zero() {
                clock.sleep(wait).await;
            }
        }
        permit
    }

    /// Takes the next start, and tells how long it is until then.
    fn turn(&self, now: Instant) -> Duration {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let start = next.map_or(now, |next| next.max(now));
        *next = Some(start + self.apart);
        start - now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn starts_are_apart_and_idle_time_is_not_saved_up() {
        let gate = Gate::new(Pace::default());
        let now = Instant::now();
        let half = Duration::from_millis(500);
        assert_eq!(gate.turn(now), Duration::ZERO);
        assert_eq!(gate.turn(now), half);
        assert_eq!(gate.turn(now + half * 10), Duration::ZERO);
        assert_eq!(gate.turn(now + half * 10), half);
    }
}
