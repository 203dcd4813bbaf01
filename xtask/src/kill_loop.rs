//! Kills harvests again and again, and looks whether anything is lost.

use anyhow::{Result, ensure};

use crate::shell::{cargo, run};

/// Runs the test that kills harvests, with so many kills; `seed` picks the bytes and moments.
pub fn kill(times: u32, seed: u64) -> Result<()> {
    ensure!(
        cfg!(target_os = "linux"),
        "a limit on the size of files, which kills at a byte, is set as Linux has it"
    );
    let mut test = cargo();
    test.args(["test", "--package", "tradebind", "--all-features", "--locked", "--test", "suite"]);
    test.args(["killed_harvests", "--", "--nocapture"]);
    run(test.env("TRADEBIND_KILLS", times.to_string()).env("TRADEBIND_KILLS_SEED", seed.to_string()))
}
