use std::borrow::Cow;
use std::fmt;
use std::io::{ErrorKind, Read as _};
use std::path::Path;

use progenitor_client::{ClientHooks, ClientInfo, Error, OperationInfo};
use reqwest::header::{AUTHORIZATION, HeaderValue};
use reqwest::{Client, ClientBuilder, Request, Response};

use super::api;
use crate::exchange::ServiceName;
use crate::http::{self, Secret, Transport};

/// Address of the live service (vendor).
pub const BASE_URL: &str = "https://app.trade-wind.co";

/// The environment's variable that holds a key.
const VARIABLE: &str = "TRADEWIND_API_KEY";
/// What keys begin with (vendor).
const PREFIX: &str = "tw_";
/// What surely is one (vendor).
const SURE: [&str; 2] = ["tw_test_", "tw_live_"];
/// What is told of a key in the place of its file's path.
const GIVEN_AS_FILE: &str = "is given where a file that holds it is meant; it is not shown";
/// The most that a key's file may hold, in bytes; keys are far shorter.
const FILE_CAP: u64 = 4096;

/// What the service needs of an HTTP client: no redirects and no repeats, since a billed call goes out once and a
/// key to one host; no idle connections, since a call sent on one that the server has just closed cannot be told from one
/// that was done; a cookie store, gzip, and patience. Add a proxy, a certificate authority and the like to it, then build.
pub fn http_client_builder() -> ClientBuilder {
    once(http::client_builder())
}

/// Sends a request once, to one host.
pub(super) fn once(builder: ClientBuilder) -> ClientBuilder {
    builder
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .pool_max_idle_per_host(0)
}

/// An HTTP client for the generated client:
/// `api::Client::new_with_client(BASE_URL, api_http_client()?, Access::key("…")?)`.
///
/// # Errors
/// When the TLS backend cannot start.
pub fn api_http_client() -> reqwest::Result<Client> {
    http_client_builder().build()
}

/// How a client is let in: with a key, or to the operations that need none.
///
/// The key is sent to operations that need it, and to no others; it never prints, and is taken out of messages and
/// recordings that repeat it.
#[derive(Debug, Clone, Default)]
pub struct Access {
    /// Marked as sensitive, so that neither `Debug` nor the HTTP library prints it.
    bearer: Option<HeaderValue>,
    secret: Secret,
    transport: Transport,
}

impl Access {
    /// With a key of the service, such as `tw_test_…` or `tw_live_…` (vendor).
    ///
    /// # Errors
    /// An empty key, or one that cannot stand in a header; the key is not repeated.
    pub fn key(key: &str) -> Result<Self, InvalidKey> {
        let key = key.trim();
        let wrong = |problem| Err(InvalidKey::new(problem));
        if key.is_empty() {
            return wrong("is empty");
        }
        if key.get(..7).is_some_and(|head| head.eq_ignore_ascii_case("bearer ")) {
            return wrong("begins with `Bearer`; give the key alone");
        }
        let Ok(mut bearer) = HeaderValue::from_str(&format!("Bearer {key}")) else {
            return wrong("holds characters that cannot stand in a header");
        };
        bearer.set_sensitive(true);
        let secret = Secret::new(key);
        Ok(Self { bearer: Some(bearer), transport: Transport::default().hiding(secret.clone()), secret })
    }

    /// With the key in the environment's variable `TRADEWIND_API_KEY`.
    ///
    /// # Errors
    /// A variable that is not set, or as [`Access::key`].
    pub fn from_env() -> Result<Self, InvalidKey> {
        match std::env::var(VARIABLE) {
            Ok(key) => Self::key(&key).map_err(|e| e.of(format!("in {VARIABLE}"))),
            Err(std::env::VarError::NotPresent) => {
                Err(InvalidKey::new(format!("is not there: set {VARIABLE}")))
            }
            Err(std::env::VarError::NotUnicode(_)) => {
                Err(InvalidKey::new("holds characters that cannot stand in a header")
                    .of(format!("in {VARIABLE}")))
            }
        }
    }

    /// With the key in a file, alone; white space around it is let off.
    ///
    /// # Errors
    /// A file that cannot be read or holds more than a key, or as [`Access::key`].
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, InvalidKey> {
        let path = path.as_ref();
        let at = || format!("in {}", path.display());
        let mut text = String::new();
        let file = std::fs::File::open(path).map_err(|e| {
            let is_missing = matches!(e.kind(), ErrorKind::NotFound | ErrorKind::InvalidFilename);
            if is_key(path) || (is_missing && is_like_key(path)) {
                return InvalidKey::new(GIVEN_AS_FILE);
            }
            InvalidKey::new(format!("cannot be read: {e}")).of(at())
        })?;
        match file.take(FILE_CAP + 1).read_to_string(&mut text) {
            Err(e) => Err(InvalidKey::new(format!("cannot be read: {e}")).of(at())),
            Ok(_) if text.len() as u64 > FILE_CAP || text.trim().contains(char::is_whitespace) => {
                Err(InvalidKey::new("is not alone there; the file must hold the key and nothing else")
                    .of(at()))
            }
            Ok(_) => Self::key(&text).map_err(|e| e.of(at())),
        }
    }

    /// Without a key: only operations that need none are sent.
    #[must_use]
    pub fn without_key() -> Self {
        Self::default()
    }

    /// Over a transport with another cap on bodies, or from or to recorded exchanges: for the generated client.
    #[must_use]
    pub fn over(self, transport: Transport) -> Self {
        Self { transport: transport.hiding(self.secret.clone()), ..self }
    }

    pub(super) fn has_key(&self) -> bool {
        self.bearer.is_some()
    }

    pub(super) fn bearer(&self) -> Option<HeaderValue> {
        self.bearer.clone()
    }

    pub(super) fn secret(&self) -> &Secret {
        &self.secret
    }
}

/// Whether what should name a file, and names none that can be opened, is a key, whatever characters keys may hold.
fn is_key(path: &Path) -> bool {
    let text = path.to_string_lossy();
    SURE.iter().any(|head| text.starts_with(head))
}

/// Whether what should name a file looks like a key.
fn is_like_key(path: &Path) -> bool {
    let text = path.to_string_lossy();
    text.starts_with(PREFIX) && !text.contains(['.', '/', '\\'])
}

/// A key that cannot be sent, or was not found; never repeats it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidKey {
    place: String,
    problem: Cow<'static, str>,
}

impl InvalidKey {
    fn new(problem: impl Into<Cow<'static, str>>) -> Self {
        Self { place: String::new(), problem: problem.into() }
    }

    fn of(self, place: String) -> Self {
        Self { place, ..self }
    }

    /// Whether the key itself was given where a file that holds it is meant: what was given must not be shown.
    #[must_use]
    pub fn is_given_as_file(&self) -> bool {
        self.problem == GIVEN_AS_FILE
    }
}

impl fmt::Display for InvalidKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let gap = if self.place.is_empty() { "" } else { " " };
        write!(f, "the TradeWind key{gap}{} {}", self.place, self.problem)
    }
}

impl std::error::Error for InvalidKey {}

impl From<InvalidKey> for crate::Error {
    fn from(invalid: InvalidKey) -> Self {
        Self::new(crate::ErrorKind::Setup, invalid.to_string()).with_source(invalid)
    }
}

impl ClientHooks<Access> for api::Client {
    async fn pre<E>(&self, request: &mut Request, info: &OperationInfo) -> Result<(), Error<E>> {
        http::without_api_version(request);
        http::with_single_slashes(request);
        // An operation that the table does not know cannot be; should it be, it is sent with the key.
        let open =
            api::OPERATIONS.iter().any(|operation| operation.id == info.operation_id && !operation.key);
        if open {
            return Ok(());
        }
        let Some(bearer) = self.inner().bearer() else {
            let problem = "needs a key, and the client was made without one; nothing was sent";
            return Err(Error::InvalidRequest(format!("`{}` {problem}", info.operation_id)));
        };
        request.headers_mut().insert(AUTHORIZATION, bearer);
        Ok(())
    }

    async fn exec(&self, request: Request, info: &OperationInfo) -> reqwest::Result<Response> {
        let transport = &self.inner().transport;
        transport.run(self.client(), request, ServiceName::Tradewind, info.operation_id).await
    }
}
