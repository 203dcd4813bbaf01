use progenitor_client::{ClientHooks, Error, OperationInfo};
use reqwest::{Client, ClientBuilder, Request};

use super::api;
use crate::http;

/// Address of the live service (guide, section A).
pub const BASE_URL: &str = "https://tradeidds.censtatd.gov.hk";

/// What the service needs of an HTTP client: a cookie store, since the cookie set on its redirect must go
/// back, and patience. Add a proxy, a certificate authority and the like to it, then build.
pub fn http_client_builder() -> ClientBuilder {
    http::client_builder().cookie_store(true)
}

/// An HTTP client for the generated client: `api::Client::new_with_client(BASE_URL, api_http_client()?)`.
///
/// # Errors
/// When the TLS backend cannot start.
pub fn api_http_client() -> reqwest::Result<Client> {
    http_client_builder().build()
}

impl ClientHooks for api::Client {
    async fn pre<E>(&self, request: &mut Request, _: &OperationInfo) -> Result<(), Error<E>> {
        http::without_api_version(request);
        http::with_single_slashes(request);
        http::with_plain_commas(request);
        Ok(())
    }
}
