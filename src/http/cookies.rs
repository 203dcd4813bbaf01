//! Cookies that no subscriber of `tracing` sees.

use http::HeaderValue;
use reqwest::Url;
use reqwest::cookie::{CookieStore, Jar};
use tracing::dispatcher::{Dispatch, with_default};

/// A jar of cookies. The library below tells each that is put in, and a session's is a secret: while it does, no subscriber
/// of `tracing` listens. A logger of the `log` crate that takes `cookie_store` at debug level is out of reach here, and
/// still hears them.
#[derive(Default)]
pub(crate) struct Cookies(Jar);

impl CookieStore for Cookies {
    fn set_cookies(&self, cookies: &mut dyn Iterator<Item = &HeaderValue>, url: &Url) {
        with_default(&Dispatch::none(), || self.0.set_cookies(cookies, url));
    }

    fn cookies(&self, url: &Url) -> Option<HeaderValue> {
        self.0.cookies(url)
    }
}
