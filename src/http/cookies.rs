//! Cookies that nobody's log sees.

use http::HeaderValue;
use reqwest::Url;
use reqwest::cookie::{CookieStore, Jar};
use tracing::dispatcher::{Dispatch, with_default};

/// A jar of cookies. The library below logs each that is put in, and a session's is a secret: while it does, nobody listens.
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
