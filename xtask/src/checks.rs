//! The checks of `cargo xtask ci`.

use anyhow::Result;

/// Every check.
pub fn all() -> Result<()> {
    Ok(())
}
