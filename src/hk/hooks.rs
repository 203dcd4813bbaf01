use progenitor_client::{ClientHooks, ClientInfo, Error, OperationInfo};
use reqwest::redirect::{Attempt, Policy};
use reqwest::{Client, ClientBuilder, Request, Response, Url};

use super::api;
use crate::exchange::ServiceName;
use crate::http::{self, Transport};

/// Address of the live service (guide, section A).
pub const BASE_URL: &str = "https://tradeidds.censtatd.gov.hk";

/// The most redirects that are followed; the service makes one (observed).
const MOST_REDIRECTS: usize = 5;

/// What the service needs of an HTTP client: a cookie store, since the cookie set on its redirect must go
/// back, gzip, redirects within the host, and patience. Add a proxy, a certificate authority and the like to it, then build.
pub fn http_client_builder() -> ClientBuilder {
    http::client_builder().redirect(redirects())
}

/// An HTTP client for the generated client:
/// `api::Client::new_with_client(BASE_URL, api_http_client()?, Transport::default())`.
///
/// # Errors
/// When the TLS backend cannot start.
pub fn api_http_client() -> reqwest::Result<Client> {
    http_client_builder().build()
}

/// Follows redirects within the host: one that leads elsewhere is a gateway's, not the service's.
pub(super) fn redirects() -> Policy {
    Policy::custom(|attempt: Attempt<'_>| {
        let within = attempt.previous().first().is_some_and(|first| same_host(first, attempt.url()));
        if within && attempt.previous().len() <= MOST_REDIRECTS { attempt.follow() } else { attempt.stop() }
    })
}

/// Whether both are of one host, port and scheme; from http to https is allowed, on the schemes' own ports.
fn same_host(from: &Url, to: &Url) -> bool {
    let upgrade =
        (from.scheme(), to.scheme()) == ("http", "https") && (from.port(), to.port()) == (None, None);
    let same = from.scheme() == to.scheme() && from.port_or_known_default() == to.port_or_known_default();
    from.host() == to.host() && (same || upgrade)
}

impl ClientHooks<Transport> for api::Client {
    async fn pre<E>(&self, request: &mut Request, _: &OperationInfo) -> Result<(), Error<E>> {
        http::without_api_version(request);
        http::with_single_slashes(request);
        http::with_plain_commas(request);
        Ok(())
    }

    async fn exec(&self, request: Request, info: &OperationInfo) -> reqwest::Result<Response> {
        self.inner().run(self.client(), request, ServiceName::HkTrade, info.operation_id).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_host_port_or_scheme_is_elsewhere() {
        let same = |from: &str, to: &str| same_host(&from.parse().unwrap(), &to.parse().unwrap());
        assert!(same("https://h/api/get", "https://h/api/0/get"));
        assert!(same("http://h/", "https://h/"));
        for to in ["https://h.example/", "https://h:8443/", "http://h/"] {
            assert!(!same("https://h/", to), "{to}");
        }
        assert!(!same("http://h:80/", "https://h:8443/"));
    }
}
