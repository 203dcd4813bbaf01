use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

/// The time that pace, backoff and [`crate::hk::Client::latest_period`] go by.
pub trait Clock: Send + Sync + fmt::Debug {
    /// The time since some moment in the past; never goes back.
    fn now(&self) -> Instant;

    /// The time of day.
    fn wall(&self) -> SystemTime;

    /// Waits.
    fn sleep(&self, wait: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;
}

/// The machine's clock; waits on tokio's timer.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Instant {
        Instant::now()
    }

    fn wall(&self) -> SystemTime {
        SystemTime::now()
    }

    fn sleep(&self, wait: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(tokio::time::sleep(wait))
    }
}

/// A clock for tests: whoever sleeps moves it on at once, and each wait is remembered.
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use tradebind::http::{Clock, ManualClock};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let clock = ManualClock::at(SystemTime::UNIX_EPOCH);
/// let before = clock.now();
/// clock.sleep(Duration::from_secs(90)).await; // returns at once
/// assert_eq!(clock.now() - before, Duration::from_secs(90));
/// assert_eq!(clock.naps(), [Duration::from_secs(90)]);
/// # });
/// ```
#[derive(Debug)]
pub struct ManualClock {
    start: Instant,
    wall: SystemTime,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    passed: Duration,
    naps: Vec<Duration>,
}

impl ManualClock {
    /// A clock that stands at a time of day.
    #[must_use]
    pub fn at(wall: SystemTime) -> Self {
        Self { start: Instant::now(), wall, state: Mutex::default() }
    }

    /// Moves the clock on.
    pub fn advance(&self, by: Duration) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.passed = state.passed.saturating_add(by);
    }

    /// Every wait so far, in order.
    #[must_use]
    pub fn naps(&self) -> Vec<Duration> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).naps.clone()
    }

    fn passed(&self) -> Duration {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).passed
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Instant {
        // A clock that cannot be moved on as far as that stands still.
        self.start.checked_add(self.passed()).unwrap_or(self.start)
    }

    fn wall(&self) -> SystemTime {
        self.wall.checked_add(self.passed()).unwrap_or(self.wall)
    }

    fn sleep(&self, wait: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(async move {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            state.passed = state.passed.saturating_add(wait);
            state.naps.push(wait);
        })
    }
}
