use std::sync::{Arc, Mutex, PoisonError};

use http::HeaderValue;
use reqwest::Url;
use reqwest::cookie::{CookieStore, Jar};

/// The cookies of a session, which can be begun anew.
#[derive(Debug, Default)]
pub(super) struct Session(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    jar: Arc<Jar>,
    number: u64,
}

impl Session {
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Which session this is.
    pub(super) fn number(&self) -> u64 {
        self.state().number
    }

    /// Begins a new session, unless another call has done so since this one looked.
    pub(super) fn renew(&self, seen: u64) {
        let mut state = self.state();
        if state.number == seen {
            *state = State { jar: Arc::default(), number: seen + 1 };
        }
    }
}

impl CookieStore for Session {
    fn set_cookies(&self, cookies: &mut dyn Iterator<Item = &HeaderValue>, url: &Url) {
        let jar = Arc::clone(&self.state().jar);
        jar.set_cookies(cookies, url);
    }

    fn cookies(&self, url: &Url) -> Option<HeaderValue> {
        let jar = Arc::clone(&self.state().jar);
        jar.cookies(url)
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
        session.renew(seen);
        session.renew(seen);
        assert_eq!((session.number(), session.cookies(&url)), (1, None));
    }
}
