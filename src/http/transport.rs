use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use reqwest::{Client, Request, Url};

use super::record::is_live;
use super::{Backoff, Clock, Gate, Recorder, Replay, Response, Secret, redact, sent_fault};
use crate::error::{Error, ErrorKind};
use crate::exchange::ServiceName;

/// The most that a body may hold, in decompressed bytes, unless set otherwise: 256 MiB.
pub(crate) const BODY_CAP: usize = 256 << 20;
/// The most of a body beyond the cap that an error keeps.
const KEPT_BEYOND_CAP: usize = 64 << 10;
/// The most that is reserved for a body on the word of its `Content-Length`.
const RESERVED: usize = 8 << 20;

/// How the generated clients send: with a cap on bodies, and from or to recorded exchanges where told so.
///
/// It is the state of `hk::api::Client`, and part of that of `tradewind::api::Client`. A fault of its own (a body past
/// the cap, a request that a replay does not hold) reaches the caller as a body error whose source is a
/// [`crate::Error`].
///
/// ```
/// use tradebind::http::Transport;
/// let small = Transport::default().with_body_cap(1 << 20);
/// ```
#[derive(Debug, Clone)]
pub struct Transport {
    cap: usize,
    recorder: Option<Recorder>,
    replay: Option<Replay>,
    secret: Secret,
    slot: Option<Slot>,
}

/// Where a hand-written client that sends by the generated methods finds what became of an attempt.
pub(crate) type Slot = Arc<Mutex<Option<Result<Response, Error>>>>;

impl Default for Transport {
    fn default() -> Self {
        Self { cap: BODY_CAP, recorder: None, replay: None, secret: Secret::default(), slot: None }
    }
}

impl Transport {
    /// With another cap on bodies, in decompressed bytes; 256 MiB unless set.
    #[must_use]
    pub fn with_body_cap(self, bytes: usize) -> Self {
        Self { cap: bytes, ..self }
    }

    /// Records every exchange, redacted.
    #[must_use]
    pub fn recording(self, recorder: Recorder) -> Self {
        Self { recorder: Some(recorder), ..self }
    }

    /// Answers from recorded exchanges; nothing goes over the network.
    #[must_use]
    pub fn replaying(self, replay: Replay) -> Self {
        Self { replay: Some(replay), ..self }
    }

    /// Takes a key out of whatever is recorded.
    pub(crate) fn hiding(self, secret: Secret) -> Self {
        Self { secret, ..self }
    }

    /// The same for one attempt, and where what becomes of it will lie.
    #[cfg(feature = "tradewind")]
    pub(crate) fn attempt(&self) -> (Self, Slot) {
        let slot = Slot::default();
        (Self { slot: Some(Arc::clone(&slot)), ..self.clone() }, slot)
    }

    /// Sends a request of a generated client.
    pub(crate) async fn run(
        &self,
        client: &Client,
        request: Request,
        service: ServiceName,
        operation: &str,
    ) -> reqwest::Result<reqwest::Response> {
        let result = self.execute(client, request, service, operation).await;
        let Some(slot) = &self.slot else {
            return match result {
                Ok(response) => Ok(whole(response)),
                Err(Broken::Network(error, _)) => Err(error),
                Err(Broken::Own(error)) => Ok(failing(error)),
            };
        };
        let result = result.map_err(Error::from);
        let answer = match &result {
            Ok(response) => whole(response.clone()),
            // The hand-written client reads the slot; this only ends the generated method.
            Err(error) => failing(Error::new(error.kind(), "")),
        };
        *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(result);
        Ok(answer)
    }

    /// Sends a request once, and reads its answer whole.
    pub(crate) async fn execute(
        &self,
        client: &Client,
        request: Request,
        service: ServiceName,
        operation: &str,
    ) -> Result<Response, Broken> {
        let asked = self.recorder.as_ref().map(|recorder| {
            let live = self.replay.is_none() && is_live(request.url(), service);
            (recorder.asked(&request, &self.secret), live)
        });
        let response = match &self.replay {
            Some(replay) => replay.answer(&request, service, &self.secret).map_err(Broken::Own)?,
            None => {
                let answer = client.execute(request).await.map_err(|e| Broken::Network(e, None))?;
                self.read(answer).await?
            }
        };
        if let (Some(recorder), Some((asked, live))) = (&self.recorder, asked) {
            recorder.record(service, operation, asked, &response, live, &self.secret);
        }
        Ok(response)
    }

    async fn read(&self, mut answer: reqwest::Response) -> Result<Response, Broken> {
        let status = answer.status().as_u16();
        let headers = std::mem::take(answer.headers_mut());
        let told = answer.content_length().and_then(|bytes| usize::try_from(bytes).ok()).unwrap_or_default();
        // A small body comes in one piece, which is kept as it is.
        let mut first = Bytes::new();
        let mut body = Vec::new();
        loop {
            match answer.chunk().await {
                Ok(Some(chunk)) if chunk.len() > self.cap.saturating_sub(first.len().max(body.len())) => {
                    let mut kept = whole_body(first, body);
                    kept.truncate(KEPT_BEYOND_CAP);
                    let detail = format!("{} bytes, decompressed; reading stopped there", self.cap);
                    // A copy, since the room of the whole would stay with the piece.
                    let kept = Response::new(status, headers, Bytes::copy_from_slice(&kept));
                    return Err(Broken::Own(Error::new(ErrorKind::TooLarge, detail).with_response(kept)));
                }
                Ok(Some(chunk)) if first.is_empty() && body.is_empty() => first = chunk,
                Ok(Some(chunk)) => {
                    if body.is_empty() {
                        body.reserve(told.min(self.cap).min(RESERVED).max(first.len() + chunk.len()));
                        body.extend_from_slice(&std::mem::take(&mut first));
                    }
                    body.extend_from_slice(&chunk);
                }
                Ok(None) => return Ok(Response::new(status, headers, whole_body(first, body))),
                Err(error) => {
                    let partial = Response::new(status, headers, whole_body(first, body));
                    return Err(Broken::Network(error, Some(partial)));
                }
            }
        }
    }
}

/// A body that came in one piece, or in several that were put together.
fn whole_body(first: Bytes, several: Vec<u8>) -> Bytes {
    if several.is_empty() { first } else { several.into() }
}

/// An attempt that brought no whole answer.
pub(crate) enum Broken {
    /// Between here and the answer's last byte; with what had come.
    Network(reqwest::Error, Option<Response>),
    /// A rule of this crate's.
    Own(Error),
}

impl From<Broken> for Error {
    fn from(broken: Broken) -> Self {
        match broken {
            Broken::Network(error, partial) => sent_fault(error, partial),
            Broken::Own(error) => error,
        }
    }
}

/// An answer that was read, as the generated code takes it.
fn whole(response: Response) -> reqwest::Response {
    let (status, headers, body) = response.into_parts();
    let mut answer = http::Response::new(body);
    *answer.status_mut() = http::StatusCode::from_u16(status).unwrap_or_default();
    *answer.headers_mut() = headers;
    answer.into()
}

/// An answer whose body fails with an error: the only way in which generated code lets one through.
fn failing(error: Error) -> reqwest::Response {
    struct Failing(Option<Error>);

    impl futures_core::Stream for Failing {
        type Item = Result<Bytes, Error>;

        fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
            Poll::Ready(self.0.take().map(Err))
        }
    }
    http::Response::new(reqwest::Body::wrap_stream(Failing(Some(error)))).into()
}

/// What a hand-written client sends through.
pub(crate) struct Wire {
    pub(crate) base: String,
    pub(crate) http: Client,
    pub(crate) transport: Transport,
    pub(crate) gate: Gate,
    pub(crate) backoff: Backoff,
    pub(crate) clock: Arc<dyn Clock>,
}

/// Without the HTTP client, which may hold passwords of proxies and headers.
impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wire")
            .field("base", &Url::parse(&self.base).map(|url| redact::url(&url)))
            .field("transport", &self.transport)
            .field("gate", &self.gate)
            .field("backoff", &self.backoff)
            .finish_non_exhaustive()
    }
}

/// What became of an attempt.
#[cfg(feature = "tradewind")]
pub(crate) fn outcome(slot: &Slot) -> Option<Result<Response, Error>> {
    slot.lock().unwrap_or_else(PoisonError::into_inner).take()
}
