//! Signals that end the program.

use std::io;
use std::path::PathBuf;
use std::sync::{Mutex, Once, PoisonError};

use tempfile::NamedTempFile;

use crate::exit::{Exit, Failure};

/// Exit codes of a program that a signal ended, as a shell tells them.
const INTERRUPTED: i32 = 130;
#[cfg(unix)]
const TERMINATED: i32 = 143;

/// Files that are not whole yet.
static TEMPORARY: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// What a signal has to tell: a billed call is under way.
static UNDER_WAY: Mutex<Option<String>> = Mutex::new(None);

/// A billed call that is under way. A signal meanwhile ends the program with the exit code of a lost answer, and tells so.
pub struct UnderWay(());

impl UnderWay {
    /// `told` is what is not known where it is broken off.
    pub fn new(told: String) -> Self {
        watched();
        *UNDER_WAY.lock().unwrap_or_else(PoisonError::into_inner) = Some(told);
        Self(())
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        *UNDER_WAY.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// What ends the program: Ctrl-C, and where there is such a thing, a request to terminate.
pub struct Ends {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Ends {
    pub fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    /// Waits for one of them, and gives its exit code.
    pub async fn wait(&mut self) -> i32 {
        tokio::select! {
            _ = self.terminate.recv() => TERMINATED,
            _ = self.interrupt.recv() => INTERRUPTED,
        }
    }
}

#[cfg(not(unix))]
impl Ends {
    pub fn new() -> io::Result<Self> {
        Ok(Self {})
    }

    /// Waits for one of them, and gives its exit code.
    pub async fn wait(&mut self) -> i32 {
        _ = tokio::signal::ctrl_c().await;
        INTERRUPTED
    }
}

/// Makes a file that is removed where a signal ends the program. Commands without one are ended by the system.
pub fn temporary(make: impl FnOnce() -> io::Result<NamedTempFile>) -> io::Result<NamedTempFile> {
    watched();
    let mut files = TEMPORARY.lock().unwrap_or_else(PoisonError::into_inner);
    let file = make()?;
    files.push(file.path().to_owned());
    Ok(file)
}

fn watched() {
    static WATCHED: Once = Once::new();
    // Where signals cannot be waited for, they end the program as ever, and files stay.
    WATCHED.call_once(|| _ = watch());
}

/// Waits in a thread of its own, since what is being written, or read from a person, waits for nobody.
fn watch() -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let inside = runtime.enter();
    let ends = Ends::new();
    drop(inside);
    let mut ends = match ends {
        Ok(ends) => ends,
        Err(e) => {
            runtime.shutdown_background();
            return Err(e);
        }
    };
    std::thread::spawn(move || {
        let code = runtime.block_on(ends.wait());
        // Held until the end, so that no other file is made meanwhile. One that is whole has another name by now.
        let files = TEMPORARY.lock().unwrap_or_else(PoisonError::into_inner);
        for path in files.iter() {
            _ = std::fs::remove_file(path);
        }
        match UNDER_WAY.lock().unwrap_or_else(PoisonError::into_inner).take() {
            Some(told) => std::process::exit(Failure::new(Exit::Unknown, told).told() as i32),
            None => std::process::exit(code),
        }
    });
    Ok(())
}
