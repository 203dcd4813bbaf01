//! Measurements; their results belong in `benches/README.md`.

use anyhow::Result;

/// What is measured.
#[derive(clap::Subcommand)]
pub enum Bench {}

impl Bench {
    /// Measures.
    pub fn run(self) -> Result<()> {
        match self {}
    }
}
