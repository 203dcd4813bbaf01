use std::fmt;

use progenitor_client::{ClientHooks, ClientInfo, Error, OperationInfo};
use reqwest::header::{AUTHORIZATION, HeaderValue};
use reqwest::{Client, ClientBuilder, Request};

use super::api;
use crate::http;

/// Address of the live service (vendor).
pub const BASE_URL: &str = "https://app.trade-wind.co";

/// What the service needs of an HTTP client: no redirects, since a billed call goes out once and a key to
/// one host, and patience. Add a proxy, a certificate authority and the like to it, then build.
pub fn http_client_builder() -> ClientBuilder {
    http::client_builder().redirect(reqwest::redirect::Policy::none())
}

/// An HTTP client for the generated client:
/// `api::Client::new_with_client(BASE_URL, api_http_client()?, Access::key("…")?)`.
///
/// # Errors
/// When the TLS backend cannot start.
pub fn api_http_client() -> reqwest::Result<Client> {
    http_client_builder().build()
}

/// How the generated client is let in: with a key, or to the operations that need none.
///
/// The key is sent to operations that need it, and to no others; it never prints.
#[derive(Debug, Clone, Default)]
pub struct Access {
    /// Marked as sensitive, so that neither `Debug` nor the HTTP library prints it.
    bearer: Option<HeaderValue>,
}

impl Access {
    /// With a key of the service, such as `tw_test_…` or `tw_live_…` (vendor).
    ///
    /// # Errors
    /// An empty key, or one that cannot stand in a header; the key is not repeated.
    pub fn key(key: &str) -> Result<Self, InvalidKey> {
        let key = key.trim();
        if key.is_empty() {
            return Err(InvalidKey("is empty"));
        }
        if key.get(..7).is_some_and(|head| head.eq_ignore_ascii_case("bearer ")) {
            return Err(InvalidKey("begins with `Bearer`; give the key alone"));
        }
        let mut bearer = HeaderValue::from_str(&format!("Bearer {key}"))
            .map_err(|_| InvalidKey("holds characters that cannot stand in a header"))?;
        bearer.set_sensitive(true);
        Ok(Self { bearer: Some(bearer) })
    }

    /// Without a key: only operations that need none are sent.
    #[must_use]
    pub fn without_key() -> Self {
        Self::default()
    }
}

/// A key that cannot be sent; never repeats it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidKey(&'static str);

impl fmt::Display for InvalidKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the TradeWind key {} (it is not shown here)", self.0)
    }
}

impl std::error::Error for InvalidKey {}

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
        let Some(bearer) = self.inner().bearer.clone() else {
            let problem = "needs a key, and the client was made without one; nothing was sent";
            return Err(Error::InvalidRequest(format!("`{}` {problem}", info.operation_id)));
        };
        request.headers_mut().insert(AUTHORIZATION, bearer);
        Ok(())
    }
}
