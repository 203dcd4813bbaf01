use std::time::Instant;

use tracing::{Span, field};

use crate::error::{Error, ErrorKind};

/// The span of one call; holds nothing secret: operation, status, attempts, credits, duration, outcome.
pub(crate) struct CallSpan {
    span: Span,
    started: Instant,
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
        Self { span, started: Instant::now() }
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
        self,
        status: Option<u16>,
        attempts: u32,
        credits: Option<crate::domain::Credits>,
        error: Option<&Error>,
    ) {
        let milliseconds = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.span.record("status", status);
        self.span.record("attempts", attempts);
        self.span.record("credits", credits.map(field::display));
        self.span.record("duration_ms", milliseconds);
        match error {
            Some(error) => self.span.record("outcome", field::debug(error.kind())),
            None => self.span.record("outcome", "ok"),
        };
    }
}
