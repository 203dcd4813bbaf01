//! Runs the tests on other days: what a test expects must not hang on the day that it runs on.

use anyhow::{Context, Result};

use crate::shell::{cargo, command, output, run};

/// Days from now: the next year, and the one after it in another month.
const DAYS: [u32; 2] = [45, 400];

/// Runs the library's tests and the suite, each as if it were some days later.
pub fn other_days() -> Result<()> {
    let preloaded = output(command("faketime").args(["-f", "+0d", "printenv", "LD_PRELOAD"]))
        .context("the Debian package `faketime` is needed")?;
    for days in DAYS {
        let mut test = cargo();
        // Only the tests live on another day, not the compiler, which compares times of files. Without the program `faketime`, whose
        // lock a test that is killed would hold for ever.
        let runner = ["env", &format!("LD_PRELOAD={}", preloaded.trim()), &format!("FAKETIME=+{days}d")];
        test.args([
            "test",
            "--package",
            "tradebind",
            "--all-features",
            "--locked",
            "--lib",
            "--test",
            "suite",
        ]);
        test.args(["--config", &format!(r#"target."cfg(unix)".runner = {runner:?}"#)]);
        // Time-outs and waits go by the true clock.
        run(test.env("FAKETIME_DONT_FAKE_MONOTONIC", "1"))?;
    }
    Ok(())
}
