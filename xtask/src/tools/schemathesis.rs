//! `cargo xtask tools schemathesis`: both documents against the running replica.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::{SERVICES, document, need, venv, work};
use crate::shell::{Server, cargo, command, quietly, run as sh};

/// On PyPI.
const VERSION: &str = "4.32.5";

/// What is looked for in each answer.
const CHECKS: &str =
    "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance";

/// Requests that are made up of each operation, beside those that go through the edges of its schemas.
const EXAMPLES: &str = "100";

/// Hong Kong answers behind one redirect, TradeWind without any.
const REDIRECTS: &str = "3";

/// Where the answers of each service tell whether they succeeded, and what they must have told at least once: a run that
/// only saw redirects, or only refusals, would prove nothing.
const OUTCOMES: [(&str, [&str; 2]); 2] =
    [("/header/status/code", ["0", "1"]), ("/success", ["true", "false"])];

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
    for ((service, url), (pointer, wanted)) in SERVICES.iter().zip(&urls).zip(OUTCOMES) {
        let har = folder.join(format!("{service}.har"));
        let mut check = command(&programs.join("schemathesis").to_string_lossy());
        check.arg("run").arg(document(service)).args(["--url", url, "--checks", CHECKS]);
        check.args(["--max-examples", EXAMPLES, "--seed", SEED, "--no-color", "--workers", "1"]);
        check.args(["--max-redirects", REDIRECTS, "--report", "har", "--report-har-path"]).arg(&har);
        check.args(["--header", "Authorization: Bearer tw_test_schemathesis"]);
        // It keeps what it found between runs, where it is run.
        check.current_dir(&folder).env("NO_PROXY", "127.0.0.1").env("no_proxy", "127.0.0.1");
        let log = folder.join(format!("{service}.log"));
        quietly(&mut check, &log).with_context(|| format!("spec/{service}.yaml and the replica disagree"))?;
        let seen = outcomes(&har, pointer)?;
        for outcome in wanted {
            ensure!(
                seen.contains_key(outcome),
                "{service}: no answer had {pointer} = {outcome}; seen: {seen:?}"
            );
        }
        let told = fs::read_to_string(&log).unwrap_or_default();
        let summary = told.lines().filter(|line| line.contains(" generated, "));
        let summary: Vec<_> = summary.map(str::trim).collect();
        println!("schemathesis {VERSION}, {service}: no failure; {}; {pointer} {seen:?}", summary.join("; "));
    }
    Ok(())
}

/// How often each outcome was answered.
fn outcomes(har: &Path, pointer: &str) -> Result<BTreeMap<String, usize>> {
    let har: Value = serde_json::from_slice(&fs::read(har)?).with_context(|| har.display().to_string())?;
    let mut seen = BTreeMap::new();
    let entries = har.pointer("/log/entries").and_then(Value::as_array);
    for entry in entries.context("the HAR has no entries")? {
        let text = entry.pointer("/response/content/text").and_then(Value::as_str).unwrap_or_default();
        let body: Value = serde_json::from_str(text).unwrap_or_default();
        let outcome = body.pointer(pointer).map_or_else(|| "none".to_owned(), Value::to_string);
        *seen.entry(outcome).or_default() += 1;
    }
    Ok(seen)
}
