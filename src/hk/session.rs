use std::fmt;
use std::sync::{Mutex, PoisonError};

use http::HeaderValue;
use reqwest::Url;
use reqwest::cookie::CookieStore;

use crate::http::Cookies;

/// The cookies of a session, which can be begun anew.
#[derive(Default)]
pub(super) struct Session(Mutex<State>);

#[derive(Default)]
struct State {
    jar: Cookies,
    number: u64,
}

/// Which session, and none of its cookies.
impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Session").field(&self.number()).finish()
    }
}

impl Session {
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Which session this is.
    pub(super) fn number(&self) -> u64 {
        self.state().number
    }

    /// Begins a new session, unless another call has done so since this one looked; tells which.
    pub(super) fn renew(&self, seen: u64) -> bool {
        let mut state = self.state();
        let stale = state.number == seen;
        if stale {
            *state = State { jar: Cookies::default(), number: seen + 1 };
        }
        stale
    }
}

impl CookieStore for Session {
    fn set_cookies(&self, cookies: &mut dyn Iterator<Item = &HeaderValue>, url: &Url) {
        self.state().jar.set_cookies(cookies, url);
    }

    fn cookies(&self, url: &Url) -> Option<HeaderValue> {
        self.state().jar.cookies(url)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_that_are_denied_at_once_begin_one_new_session() {
        let session = Session::default();
        let url: Url = "http://h/".parse().unwrap();
        session.set_cookies(&mut [HeaderValue::from_static("a=1")].iter(), &url);
        assert_eq!(session.cookies(&url).unwrap(), "a=1");
        let seen = session.number();
        assert!(session.renew(seen));
        assert!(!session.renew(seen));
        assert_eq!(format!("{session:?}"), "Session(1)");
        assert_eq!((session.number(), session.cookies(&url)), (1, None));
    }
}
