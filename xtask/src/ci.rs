//! `cargo xtask ci`: everything that CI runs.

use std::time::Instant;

use anyhow::{Context, Result};

use crate::{checks, lint_command, readme, regenerate};

type Check = (&'static str, fn() -> Result<()>);

/// The quick checks first, so that a slip is told early; the tests last, so that their count ends the output.
const CHECKS: &[Check] = &[
    ("hygiene", checks::hygiene),
    ("format", checks::format),
    ("lint", lint_command::run),
    ("minimum Rust version", checks::minimum_rust),
    ("clippy", checks::clippy),
    ("features", checks::features),
    ("docs", checks::docs),
    ("rebuild", checks::rebuild),
    ("regenerate --check", || regenerate::run(true)),
    ("dependencies", checks::dependencies),
    ("packaged crate as a dependency", checks::packaged),
    ("README main command", readme::main_command),
    ("memory of a piped answer", checks::piped_memory),
    ("README test command", readme::test_command),
];

/// Runs every check, and stops at the first that fails.
pub fn run() -> Result<()> {
    let mut times = Vec::new();
    for (name, check) in CHECKS {
        eprintln!("\n== {name}");
        let start = Instant::now();
        check().with_context(|| format!("check `{name}` failed"))?;
        times.push(format!("{name}: {:.0} s", start.elapsed().as_secs_f32()));
    }
    eprintln!("\nall checks passed: {}", times.join(", "));
    Ok(())
}
