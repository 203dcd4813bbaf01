//! The documents against public tools, in pinned versions.

use anyhow::Result;

/// A public tool.
#[derive(clap::Subcommand)]
pub enum Tool {}

impl Tool {
    /// Runs it.
    pub fn run(self) -> Result<()> {
        match self {}
    }
}
