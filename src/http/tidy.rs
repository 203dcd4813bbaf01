//! What both services need of an HTTP client, and what the generator's requests need mended.

use std::sync::Arc;
use std::time::Duration;

use reqwest::{ClientBuilder, Request};

use super::cookies::Cookies;

/// How long a connection may take to open.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);
/// How long a whole call may take: users of the Hong Kong service wait up to ten minutes (observed).
pub(crate) const TOTAL_TIMEOUT: Duration = Duration::from_secs(600);

/// What both services need of an HTTP client, before what each needs of its own.
pub(crate) fn client_builder() -> ClientBuilder {
    prepared(ClientBuilder::new()).connect_timeout(CONNECT_TIMEOUT).timeout(TOTAL_TIMEOUT)
}

/// The same, set on a builder of the user's.
pub(crate) fn prepared(builder: ClientBuilder) -> ClientBuilder {
    builder
        .user_agent(concat!("tradebind/", env!("CARGO_PKG_VERSION")))
        .referer(false)
        .gzip(true)
        .cookie_provider(Arc::new(Cookies::default()))
        // It would log every byte, the key among them.
        .connection_verbose(false)
}

/// Takes away the header that the generator adds and no service asked for.
pub(crate) fn without_api_version(request: &mut Request) {
    request.headers_mut().remove("api-version");
}

/// Undoes the double slash that a base URL with a slash at its end makes.
pub(crate) fn with_single_slashes(request: &mut Request) {
    if request.url().path().contains("//") {
        let path = request.url().path().replace("//", "/");
        request.url_mut().set_path(&path);
    }
}

/// Writes the commas of the query as commas, as the documentation does, not as `%2C`.
#[cfg(feature = "hk-trade")]
pub(crate) fn with_plain_commas(request: &mut Request) {
    if let Some(query) = request.url().query().filter(|query| query.contains("%2C")) {
        let query = query.replace("%2C", ",");
        request.url_mut().set_query(Some(&query));
    }
}
