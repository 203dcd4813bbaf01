use std::time::Instant;

use tracing::{Span, field};

use crate::error::{Error, ErrorKind};

/// The span of one call; holds nothing secret: operation, status, attempts, credits, duration, outcome.
pub(crate) struct CallSpan {
    span: Span,
    /// None where nobody listens: the time is not even looked up then.
    started: Option<Instant>,
    ended: bool,
}

impl CallSpan {
    pub(crate) fn begin(service: &'static str, operation: &str) -> Self {
        let span = tracing::info_span!(
            "tradebind.call",
            service,
            operation,
            status = field::Empty,
            attempts = field::Empty,
            credits = field::Empty,
            duration_ms = field::Empty,
            outcome = field::Empty,
        );
        let started = (!span.is_none()).then(Instant::now);
        Self { span, started, ended: false }
    }

    pub(crate) fn span(&self) -> &Span {
        &self.span
    }

    /// Tells that the call is repeated.
    pub(crate) fn repeated(&self, wait: std::time::Duration, attempts: u32, kind: ErrorKind) {
        tracing::debug!(parent: &self.span, attempts, ?kind, wait_s = wait.as_secs_f64(), "repeated after a wait");
    }

    /// Tells how the call ended.
    pub(crate) fn end(
        mut self,
        status: Option<u16>,
        attempts: u32,
        credits: Option<crate::domain::Credits>,
        error: Option<&Error>,
    ) {
        self.ended = true;
        if self.started.is_none() {
            return;
        }
        self.span.record("status", status);
        self.span.record("attempts", attempts);
        self.span.record("credits", credits.map(field::display));
        self.told_duration();
        match error {
            Some(error) => self.span.record("outcome", field::debug(error.kind())),
            None => self.span.record("outcome", "ok"),
        };
    }

    fn told_duration(&self) {
        let Some(elapsed) = self.started.map(|started| started.elapsed()) else { return };
        self.span.record("duration_ms", u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX));
    }
}

/// A call that its caller gave up is told as that.
impl Drop for CallSpan {
    fn drop(&mut self) {
        if !self.ended {
            self.told_duration();
            self.span.record("outcome", "dropped");
        }
    }
}
