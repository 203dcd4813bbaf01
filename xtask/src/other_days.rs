//! Runs the tests on other days: what a test expects must not hang on the day that it runs on.

use anyhow::{Context, Result, ensure};

use crate::shell::{cargo, command, run};

/// Days from now: the next year, and the one after it in another month.
const DAYS: [u32; 2] = [45, 400];

/// Runs the library's tests and the suite, each as if it were some days later.
pub fn other_days() -> Result<()> {
    let has =
        command("faketime").arg("--version").output().context("`faketime` cannot be started: install it")?;
    ensure!(has.status.success(), "`faketime --version` failed: {}", has.status);
    for days in DAYS {
        let mut test = cargo();
        // Only the tests live on another day, not the compiler, which compares times of files.
        let runner = format!(r#"target."cfg(unix)".runner = ["faketime", "-f", "+{days}d"]"#);
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
        test.args(["--config", &runner]);
        // Time-outs and waits go by the true clock.
        run(test.env("FAKETIME_DONT_FAKE_MONOTONIC", "1"))?;
    }
    Ok(())
}
