//! The limit of usage; the service's own is unpublished.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// So many answers within a time, which slides.
#[derive(Debug)]
pub(super) struct Usage {
    most: usize,
    window: Duration,
    answered: Mutex<VecDeque<Instant>>,
}

impl Usage {
    pub(super) fn new(most: usize, window: Duration) -> Self {
        Self { most, window, answered: Mutex::default() }
    }

    /// Whether one more is within the limit; it is counted if so.
    pub(super) fn admits(&self, now: Instant) -> bool {
        let mut answered = self.answered.lock().unwrap_or_else(PoisonError::into_inner);
        while answered.front().is_some_and(|first| now.saturating_duration_since(*first) >= self.window) {
            answered.pop_front();
        }
        let admitted = answered.len() < self.most;
        if admitted {
            answered.push_back(now);
        }
        admitted
    }
}
