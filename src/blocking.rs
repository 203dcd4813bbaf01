//! Waits for a call where nothing is asynchronous: in scripts and small tools.

use std::future::IntoFuture;
use std::sync::OnceLock;

use tokio::runtime::{Builder, Handle, Runtime, RuntimeFlavor};
use tracing::{Instrument as _, Span, dispatcher};

use crate::error::{Error, ErrorKind};

/// Waits for a call of either client, with the same types and errors.
///
/// ```no_run
/// use tradebind::{blocking, hk};
///
/// let client = hk::Client::new()?;
/// let answer = blocking::wait(client.query(&"lang=EN&sv=VCm&freq=M&period=201805,201806&ttype=4&ccclass=C&cc=CN".parse()?))?;
/// println!("{} rows", answer.rows().len());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// The work is done by one thread, begun with the first call. Where something asynchronous runs, await the call instead:
/// a runtime of one thread, whose connections this would hold up with the call that needs them, is refused.
///
/// # Panics
/// Within a task of a `LocalSet` (`spawn_local`) on a runtime of several threads, as tokio's `block_in_place` does; await the
/// call there.
///
/// # Errors
/// Those of the call; when the thread cannot be begun; within a runtime of one thread.
pub fn wait<F, T>(call: F) -> Result<T, Error>
where
    F: IntoFuture<Output = Result<T, Error>>,
    F::IntoFuture: Send,
    T: Send,
{
    let runtime = runtime()?;
    let call = call.into_future();
    match Handle::try_current() {
        Err(_) => runtime.block_on(call),
        Ok(around) if around.runtime_flavor() == RuntimeFlavor::CurrentThread => {
            let detail = "blocking::wait was called within an asynchronous runtime of one thread; await the call there";
            Err(Error::new(ErrorKind::InvalidRequest, detail))
        }
        // No task of a worker's, so that nothing but the caller's own is held up: below `Runtime::block_on`, a `LocalSet` perhaps,
        // where `block_in_place` panics.
        Ok(_) if tokio::task::try_id().is_none() => std::thread::scope(|scope| {
            // Who listens on the caller's thread hears the call, within the caller's span.
            let listens = dispatcher::get_default(Clone::clone);
            let call = call.instrument(Span::current());
            let call = move || dispatcher::with_default(&listens, || runtime.block_on(call));
            let waiting = std::thread::Builder::new().spawn_scoped(scope, call).map_err(no_thread)?;
            waiting.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        }),
        // The other tasks of this worker, connections among them, go to another meanwhile.
        Ok(_) => tokio::task::block_in_place(|| runtime.block_on(call)),
    }
}

fn runtime() -> Result<&'static Runtime, Error> {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    if let Some(runtime) = RUNTIME.get() {
        return Ok(runtime);
    }
    // One thread of its own, so that connections are looked after between calls.
    let made = Builder::new_multi_thread().worker_threads(1).thread_name("tradebind").enable_all().build();
    let made = made.map_err(no_thread)?;
    Ok(RUNTIME.get_or_init(|| made))
}

fn no_thread(e: std::io::Error) -> Error {
    Error::new(ErrorKind::Setup, format!("no thread for blocking calls: {e}")).with_source(e)
}
