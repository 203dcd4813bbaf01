//! `cargo xtask regenerate [--check]`: the snapshots of what the documents make.

use std::fs;

use anyhow::{Context, Result};

use crate::lint_command;
use crate::shell::{cargo, root, run as sh};

/// The tests whose snapshots show what was generated.
const SNAPSHOTS: &str = "generated";

/// Renews the snapshots or, with `check`, fails when they are not what the documents make.
pub fn run(check: bool) -> Result<()> {
    lint_command::run()?;
    let mut tests = cargo();
    tests.args(["test", "--quiet", "--locked", "--all-features", "--test", SNAPSHOTS]);
    // Without --check every snapshot is written anew; those that nothing makes any more are gone before.
    if !check {
        // Nothing is taken away before what would write it anew is known to build.
        sh(cargo().args(["test", "--quiet", "--locked", "--all-features", "--test", SNAPSHOTS, "--no-run"]))?;
        for entry in fs::read_dir(root().join("tests/snapshots"))?.flatten() {
            if entry.file_name().to_string_lossy().starts_with(&format!("{SNAPSHOTS}__")) {
                fs::remove_file(entry.path())?;
            }
        }
        // It looks for what the other tests are about to write.
        tests.args(["--", "--skip", "no_snapshot_is_left_over"]);
    }
    tests.env("INSTA_UPDATE", if check { "no" } else { "always" });
    tests.env("INSTA_FORCE_PASS", if check { "0" } else { "1" });
    // What matters is the difference, not where in a test it was found.
    tests.env("RUST_BACKTRACE", "0");
    let done = sh(&mut tests);
    if check {
        done.context(
            "the snapshots are not what spec/ makes; run `cargo xtask regenerate` and review the diff",
        )?;
        println!("the snapshots are what spec/ makes");
        return Ok(());
    }
    done
}
