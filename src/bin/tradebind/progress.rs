//! What a person sees while a command takes long.

use std::future::Future;
use std::io::IsTerminal as _;
use std::pin::pin;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// What takes less is over before anybody wonders.
const UNTOLD: Duration = Duration::from_secs(1);
const TICK: Duration = Duration::from_millis(120);

/// Waits for a call; after a second tells on standard error what is waited for, and how long. Nothing is told in a pipe,
/// or when `quiet`.
pub async fn watch<T>(quiet: bool, what: &str, call: impl Future<Output = T>) -> T {
    let mut call = pin!(call);
    if quiet || !std::io::stderr().is_terminal() {
        return call.await;
    }
    if let Ok(done) = tokio::time::timeout(UNTOLD, &mut call).await {
        return done;
    }
    let bar = ProgressBar::new_spinner().with_elapsed(UNTOLD);
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} ({elapsed})") {
        bar.set_style(style);
    }
    bar.set_message(what.to_owned());
    bar.enable_steady_tick(TICK);
    let done = call.await;
    bar.finish_and_clear();
    done
}
