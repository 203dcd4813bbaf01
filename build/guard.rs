//! Keeps a panic of the generator from being the whole message.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};

/// Runs the generator, which panics on what it does not support, and tells the panic as an error.
pub fn guarded<T>(run: impl FnOnce() -> T) -> Result<T, String> {
    // The hook is the whole process's: two generators at once would take each other's.
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let told = Arc::new(Mutex::new(String::new()));
    let hook = std::panic::take_hook();
    let sink = Arc::clone(&told);
    std::panic::set_hook(Box::new(move |info| {
        if let Ok(mut told) = sink.lock() {
            let text = info.to_string().replace('\n', " ");
            // The place is told from the crate's name on: what stands before is the reader's own machine.
            let (head, rest) = text.split_once("panicked at ").unwrap_or(("", &text));
            let place = rest.split_once("/registry/src/").and_then(|(_, path)| path.split_once('/'));
            *told = format!("{head}panicked at {}", place.map_or(rest, |(_, path)| path));
        }
    }));
    let result = catch_unwind(AssertUnwindSafe(run));
    std::panic::set_hook(hook);
    result.map_err(|_| {
        let told = told.lock().map(|told| told.clone()).unwrap_or_default();
        format!(
            ": the generator cannot handle this document, and no rule of build/lint.rs says so yet: {told}"
        )
    })
}
