use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use reqwest::{ClientBuilder, Url};

use super::redact;
use super::tidy::{CONNECT_TIMEOUT, TOTAL_TIMEOUT, prepared};
use super::transport::BODY_CAP;
use super::{Backoff, Clock, Gate, Pace, Recorder, Replay, Secret, SystemClock, Transport, Wire};
use crate::error::{Error, ErrorKind};

/// What both clients are set up with.
pub(crate) struct Settings {
    pub(crate) base_url: Option<String>,
    pub(crate) http: Option<ClientBuilder>,
    pub(crate) connect_timeout: Duration,
    pub(crate) timeout: Duration,
    pub(crate) body_cap: usize,
    pub(crate) pace: Pace,
    #[cfg(feature = "harvest")]
    pub(crate) shared_pace: Option<super::SharedPace>,
    pub(crate) backoff: Backoff,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) recorder: Option<Recorder>,
    pub(crate) replay: Option<Replay>,
}

/// Without the user's HTTP builder, which may hold passwords of proxies and headers.
impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let base = self.base_url.as_deref().map(|text| Url::parse(text).map(|url| redact::url(&url)));
        f.debug_struct("Settings")
            .field("base_url", &base)
            .field("connect_timeout", &self.connect_timeout)
            .field("timeout", &self.timeout)
            .field("body_cap", &self.body_cap)
            .field("pace", &self.pace)
            .field("backoff", &self.backoff)
            .finish_non_exhaustive()
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            base_url: None,
            http: None,
            connect_timeout: CONNECT_TIMEOUT,
            timeout: TOTAL_TIMEOUT,
            body_cap: BODY_CAP,
            pace: Pace::default(),
            #[cfg(feature = "harvest")]
            shared_pace: None,
            backoff: Backoff::default(),
            clock: Arc::new(SystemClock),
            recorder: None,
            replay: None,
        }
    }
}

impl Settings {
    /// Makes what a client sends through; `needs` sets on the HTTP client what the one service needs.
    pub(crate) fn wire(
        self,
        live: &str,
        secret: Secret,
        needs: impl FnOnce(ClientBuilder) -> ClientBuilder,
    ) -> Result<Wire, Error> {
        let base = base(self.base_url.as_deref().unwrap_or(live))?;
        let builder = prepared(self.http.unwrap_or_default())
            .connect_timeout(self.connect_timeout)
            .timeout(self.timeout);
        let http = needs(builder).build().map_err(|e| {
            let error = e.without_url();
            Error::new(ErrorKind::Setup, format!("the HTTP client: {error}")).with_source(error)
        })?;
        let mut transport = Transport::default().with_body_cap(self.body_cap).hiding(secret);
        if let Some(recorder) = self.recorder {
            transport = transport.recording(recorder);
        }
        if let Some(replay) = self.replay {
            transport = transport.replaying(replay);
        }
        #[cfg(feature = "harvest")]
        let gate = self.shared_pace.map_or_else(|| Gate::new(self.pace), Gate::shared);
        #[cfg(not(feature = "harvest"))]
        let gate = Gate::new(self.pace);
        Ok(Wire { base, http, transport, gate, backoff: self.backoff, clock: self.clock })
    }
}

/// A base URL without the slash at its end. It is not repeated in the message: it may hold a password.
fn base(text: &str) -> Result<String, Error> {
    let wrong = |problem: &str| Err(Error::new(ErrorKind::Setup, format!("the base URL {problem}")));
    match Url::parse(text.trim()) {
        Err(e) => wrong(&format!("cannot be read: {e}; it must be like https://host")),
        Ok(url) if !matches!(url.scheme(), "http" | "https") => wrong("must begin with https:// or http://"),
        // Libraries below print it in their own logs.
        Ok(url) if !url.username().is_empty() || url.password().is_some() => wrong(
            "must hold no user or password; set a header on the builder given to ClientBuilder::http instead",
        ),
        Ok(url) if url.query().is_some() || url.fragment().is_some() => wrong("must end before ? and #"),
        Ok(url) => Ok(url.as_str().trim_end_matches('/').to_owned()),
    }
}

/// The setters of [`Settings`], on a builder that holds them in its field `settings`.
macro_rules! setters {
    ($builder:ty) => {
        impl $builder {
            /// Another address than the live service's: a local server's, say.
            pub fn base_url(mut self, url: impl Into<String>) -> Self {
                self.settings.base_url = Some(url.into());
                self
            }

            /// A `reqwest` builder with your proxy, certificate authority and the like. Set on it is, over what it may
            /// hold: User-Agent, gzip, a cookie store, redirects, both time limits, and what `http_client_builder` of the service's
            /// module names.
            pub fn http(mut self, builder: reqwest::ClientBuilder) -> Self {
                self.settings.http = Some(builder);
                self
            }

            /// How long a connection may take to open; 15 s unless set.
            pub fn connect_timeout(mut self, limit: std::time::Duration) -> Self {
                self.settings.connect_timeout = limit;
                self
            }

            /// How long an attempt may take from its start to the answer's last byte; 600 s unless set.
            pub fn timeout(mut self, limit: std::time::Duration) -> Self {
                self.settings.timeout = limit;
                self
            }

            /// The most that a body may hold, in decompressed bytes; 256 MiB unless set.
            pub fn body_cap(mut self, bytes: usize) -> Self {
                self.settings.body_cap = bytes;
                self
            }

            /// How fast to ask.
            pub fn pace(mut self, pace: $crate::http::Pace) -> Self {
                self.settings.pace = pace;
                self
            }

            /// One pace for all processes of the user; goes before [`Self::pace`].
            #[cfg(feature = "harvest")]
            pub fn shared_pace(mut self, shared: $crate::http::SharedPace) -> Self {
                self.settings.shared_pace = Some(shared);
                self
            }

            /// How to repeat what may be repeated.
            pub fn backoff(mut self, backoff: $crate::http::Backoff) -> Self {
                self.settings.backoff = backoff;
                self
            }

            /// The clock for pace and backoff; the machine's unless set. Time limits go by the machine's always.
            pub fn clock(mut self, clock: std::sync::Arc<dyn $crate::http::Clock>) -> Self {
                self.settings.clock = clock;
                self
            }

            /// Records every exchange, redacted.
            pub fn record(mut self, recorder: $crate::http::Recorder) -> Self {
                self.settings.recorder = Some(recorder);
                self
            }

            /// Answers from recorded exchanges; nothing goes over the network.
            pub fn replay(mut self, replay: $crate::http::Replay) -> Self {
                self.settings.replay = Some(replay);
                self
            }
        }
    };
}
pub(crate) use setters;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_set_is_as_the_setters_say() {
        let settings = Settings::default();
        assert_eq!(settings.pace, Pace::new(3, Duration::from_millis(500)));
        assert_eq!((settings.connect_timeout.as_secs(), settings.timeout.as_secs()), (15, 600));
        assert_eq!(settings.body_cap, 256 * 1024 * 1024);
        assert!(format!("{:?}", Transport::default()).contains("cap: 268435456"));
    }

    #[test]
    fn a_base_that_is_none_is_told_without_repeating_it() {
        for wrong in [
            "secret",
            "ftp://user:secret@h",
            "https://h/?secret=1",
            "https://h/#secret",
            "https://user:secret@",
            "https://secret@h.example",
            "https://user:secret@h.example",
        ] {
            let told = base(wrong).unwrap_err().to_string();
            assert!(!told.contains("secret"), "{told}");
        }
        assert_eq!(base(" https://h.example// ").unwrap(), "https://h.example");
    }
}
