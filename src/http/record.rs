use std::fmt;
use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use http::HeaderMap;
use reqwest::Request;
use serde_json::Value;

use super::Response;
use super::redact::{self, SHOWN_HEADERS, Secret};
use crate::error::{Error, ErrorKind};
use crate::exchange::{
    Body, Exchange, ExchangeEvidence, Format, Header, RecordedRequest, RecordedResponse, ServiceName, Source,
};

/// Keeps every exchange of a client, redacted, in the format of `spec/exchange.schema.json`: for tests of your own, with
/// [`super::Replay`] or the replica.
///
/// What comes from the service's own address is marked as observed, what comes from any other, as the replica's, as assumed.
/// Kept are headers that are known to be harmless, the known parameters' values, and the bodies with the key taken
/// out. A call whose answer was lost is not recorded. In memory it holds all that passes, so that it is
/// meant for tests; to a folder it holds nothing.
///
/// ```no_run
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// use tradebind::{hk, http::Recorder};
///
/// let recorder = Recorder::to_folder("tests/recorded");
/// let client = hk::Client::builder().record(recorder.clone()).build()?;
/// client.query(&"lang=EN&sv=VCm&freq=M&period=201805,201806&ttype=4&ccclass=C&cc=CN".parse()?).await?;
/// println!("{} files", recorder.finish()?);
/// # Ok(()) }
/// ```
#[derive(Clone, Default)]
pub struct Recorder(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    folder: Option<PathBuf>,
    count: usize,
    /// Of the last recording.
    number: usize,
    exchanges: Vec<Exchange>,
    problem: Option<String>,
}

/// How many exchanges, and none of them.
impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder").field("count", &self.lock().count).finish_non_exhaustive()
    }
}

impl Recorder {
    /// A recorder that keeps exchanges in memory.
    #[must_use]
    pub fn in_memory() -> Self {
        Self::default()
    }

    /// A recorder that writes each exchange to `<folder>/<service>/<operation>.recorded-0001.json`, and so on; no file is
    /// written over: what is there already is counted on from.
    #[must_use]
    pub fn to_folder(folder: impl Into<PathBuf>) -> Self {
        let state = State { folder: Some(folder.into()), ..State::default() };
        Self(Arc::new(Mutex::new(state)))
    }

    /// What is kept in memory, in the order of the answers.
    #[must_use]
    pub fn exchanges(&self) -> Vec<Exchange> {
        self.lock().exchanges.clone()
    }

    /// How many exchanges were recorded.
    ///
    /// # Errors
    /// The first file that could not be written.
    pub fn finish(&self) -> Result<usize, Error> {
        let state = self.lock();
        match &state.problem {
            Some(problem) => Err(Error::new(ErrorKind::Recording, problem.clone())),
            None => Ok(state.count),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is asked, before it is sent.
    pub(super) fn asked(&self, request: &Request, secret: &Secret) -> RecordedRequest {
        let body = request.body().and_then(reqwest::Body::as_bytes);
        RecordedRequest {
            method: request.method().to_string(),
            target: secret.scrub(&redact::target(request.url())).into_owned(),
            headers: harmless(request.headers(), secret),
            body: body.filter(|bytes| !bytes.is_empty()).map(|bytes| recorded(bytes, secret)),
        }
    }

    pub(super) fn record(
        &self,
        service: ServiceName,
        operation: &str,
        request: RecordedRequest,
        response: &Response,
        live: bool,
        secret: &Secret,
    ) {
        let body = response.body();
        let mut state = self.lock();
        state.count += 1;
        state.number += 1;
        let mut exchange = Exchange {
            about: None,
            case: case(state.number),
            evidence: if live { ExchangeEvidence::Observed } else { ExchangeEvidence::Assumed },
            format: Format::TradebindExchange1,
            operation: operation.to_owned(),
            request,
            response: Some(RecordedResponse {
                status: response.status(),
                headers: harmless(response.headers(), secret),
                body: (!body.is_empty()).then(|| recorded(body, secret)),
            }),
            service,
            source: Source {
                title: "recorded by tradebind".to_owned(),
                url: None,
                section: None,
                notes: Vec::new(),
            },
        };
        match state.folder.clone() {
            None => state.exchanges.push(exchange),
            Some(folder) => {
                if let Err(problem) = write(&folder, &mut exchange, &mut state.number) {
                    state.problem.get_or_insert(problem);
                }
            }
        }
    }
}

/// Whether an address is the service's own, so that what comes from it is observed.
pub(super) fn is_live(url: &reqwest::Url, service: ServiceName) -> bool {
    let base = match service {
        #[cfg(feature = "hk-trade")]
        ServiceName::HkTrade => crate::hk::BASE_URL,
        #[cfg(feature = "tradewind")]
        ServiceName::Tradewind => crate::tradewind::BASE_URL,
        #[allow(unreachable_patterns, reason = "with both services there is no other")]
        _ => return false,
    };
    reqwest::Url::parse(base).is_ok_and(|base| base.origin() == url.origin())
}

fn case(number: usize) -> String {
    format!("recorded-{number:04}")
}

/// Writes a recording to a file of its own. A number that is taken, by another recorder perhaps that writes to the folder at the
/// same time, is left out.
fn write(folder: &Path, exchange: &mut Exchange, number: &mut usize) -> Result<(), String> {
    let folder = folder.join(exchange.service.to_string());
    loop {
        let path = folder.join(format!("{}.{}.json", exchange.operation, exchange.case));
        let made = std::fs::create_dir_all(&folder)
            .and_then(|()| File::options().write(true).create_new(true).open(&path));
        match made.and_then(|mut file| file.write_all(format!("{exchange}\n").as_bytes())) {
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists && path.exists() => {
                *number += 1;
                exchange.case = case(*number);
            }
            made => {
                return made.map_err(|e| format!("the recording {} cannot be written: {e}", path.display()));
            }
        }
    }
}

fn recorded(bytes: &[u8], secret: &Secret) -> Body {
    // JSON may write a key in other letters than it is sent in.
    if let Ok(mut value) = serde_json::from_slice::<Value>(bytes)
        && secret.scrub_json(&mut value)
    {
        return Body::Json(value);
    }
    Body::of(&secret.scrub_bytes(bytes))
}

/// Headers by the list of those that may be shown.
fn harmless(headers: &HeaderMap, secret: &Secret) -> Vec<Header> {
    let shown = headers.iter().filter(|(name, _)| SHOWN_HEADERS.contains(name));
    // The body is kept as it is after transport: what tells of the transport would be wrong in a replay.
    let shown = shown.filter(|(name, _)| !matches!(name.as_str(), "content-length" | "content-encoding"));
    shown
        .map(|(name, value)| Header {
            name: name.to_string(),
            value: secret.scrub(&String::from_utf8_lossy(value.as_bytes())).into_owned(),
        })
        .collect()
}
