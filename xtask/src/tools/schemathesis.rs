//! `cargo xtask tools schemathesis`: both documents against the running replica.

use std::time::Duration;

use anyhow::{Context, Result};

use super::{SERVICES, document, need, venv, work};
use crate::shell::{Server, cargo, command, quietly, run as sh};

/// On PyPI.
const VERSION: &str = "4.32.5";

/// What is looked for in each answer.
const CHECKS: &str =
    "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance";

/// Requests that are made up of each operation, beside those that go through the edges of its schemas.
const EXAMPLES: &str = "100";

/// So that each run asks the same.
const SEED: &str = "20260415";

/// Asks every operation of both documents, rightly and wrongly.
pub fn run() -> Result<()> {
    need("python3", "--version", "Python 3.10 or later")?;
    let folder = work("schemathesis")?;
    let programs = venv(&folder.join("venv"), &[format!("schemathesis=={VERSION}")])?;
    let example = ["--quiet", "--locked", "--features", "replica", "--example", "replica"];
    sh(cargo().arg("build").args(example))?;
    let mut replica = cargo();
    let (_replica, urls) = Server::start(
        replica.arg("run").args(example),
        ["hk-trade ", "tradewind "],
        Duration::from_secs(60),
        &folder.join("replica.log"),
    )
    .context("the local replica does not serve")?;
    for (service, url) in SERVICES.iter().zip(&urls) {
        let mut check = command(&programs.join("schemathesis").to_string_lossy());
        check.arg("run").arg(document(service)).args(["--url", url, "--checks", CHECKS]);
        check.args(["--max-examples", EXAMPLES, "--seed", SEED, "--no-color", "--workers", "1"]);
        check.args(["--header", "Authorization: Bearer tw_test_schemathesis"]);
        // It keeps what it found between runs, where it is run.
        check.current_dir(&folder).env("NO_PROXY", "127.0.0.1").env("no_proxy", "127.0.0.1");
        let log = folder.join(format!("{service}.log"));
        quietly(&mut check, &log).with_context(|| format!("spec/{service}.yaml and the replica disagree"))?;
        let told = std::fs::read_to_string(&log).unwrap_or_default();
        let summary = told.lines().filter(|line| line.contains(" generated, "));
        let summary: Vec<_> = summary.map(str::trim).collect();
        println!("schemathesis {VERSION}, {service}: no failure; {}", summary.join("; "));
    }
    Ok(())
}
