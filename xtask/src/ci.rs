//! `cargo xtask ci`: everything that CI runs.

use anyhow::Result;

use crate::checks;

/// Runs every check, the quick ones first.
pub fn run() -> Result<()> {
    checks::all()
}
