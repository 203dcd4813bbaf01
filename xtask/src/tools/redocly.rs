//! `cargo xtask tools redocly`: both documents through Redocly's linter.

use anyhow::{Context, Result};

use super::{SERVICES, document, npm, work};
use crate::shell::{command, root, run as sh};

const VERSION: &str = "2.77.0";

/// Lints both documents; a warning fails as an error does.
pub fn run() -> Result<()> {
    let program = npm(&work("redocly")?, "@redocly/cli", VERSION, "redocly")?;
    let mut lint = command(&program.to_string_lossy());
    lint.arg("lint").arg("--config").arg(root().join("xtask/tools/redocly/redocly.yaml"));
    lint.args(SERVICES.map(document));
    // A check tells nobody but us.
    lint.env("REDOCLY_TELEMETRY", "off").env("REDOCLY_SUPPRESS_UPDATE_NOTICE", "true");
    sh(&mut lint)
        .context("mend spec/*.yaml, or let one place off in xtask/tools/redocly/.redocly.lint-ignore.yaml")
}
