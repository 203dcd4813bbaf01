//! What a person sees while a command takes long.

use std::future::Future;
use std::io::IsTerminal as _;
use std::pin::pin;
use std::sync::mpsc::{RecvTimeoutError, channel};
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
    let bar = spinner(what);
    let done = call.await;
    bar.finish_and_clear();
    done
}

/// The same for what does not wait for calls: it reads, or writes.
pub fn during<T>(quiet: bool, what: &str, work: impl FnOnce() -> T) -> T {
    if quiet || !std::io::stderr().is_terminal() {
        return work();
    }
    let (working, ended) = channel::<()>();
    std::thread::scope(|scope| {
        // Let go of at the end, however the work ends.
        let _working = working;
        scope.spawn(move || {
            if ended.recv_timeout(UNTOLD) == Err(RecvTimeoutError::Timeout) {
                let bar = spinner(what);
                _ = ended.recv();
                bar.finish_and_clear();
            }
        });
        work()
    })
}

fn spinner(what: &str) -> ProgressBar {
    let bar = ProgressBar::new_spinner().with_elapsed(UNTOLD);
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} ({elapsed})") {
        bar.set_style(style);
    }
    bar.set_message(what.to_owned());
    bar.enable_steady_tick(TICK);
    bar
}
