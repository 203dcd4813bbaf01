//! Waits for a call where nothing is asynchronous: in scripts and small tools.

use std::future::IntoFuture;
use std::sync::OnceLock;

use tokio::runtime::{Builder, Handle, Runtime, RuntimeFlavor};

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
    let made = made.map_err(|e| {
        Error::new(ErrorKind::Setup, format!("no thread for blocking calls: {e}")).with_source(e)
    })?;
    Ok(RUNTIME.get_or_init(|| made))
}
