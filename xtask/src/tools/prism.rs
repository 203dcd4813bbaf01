//! `cargo xtask tools prism`: every operation of the generated clients against a mock of the documents.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};

use super::{SERVICES, document, npm, work};
use crate::shell::{Server, cargo, command, run as sh};

const VERSION: &str = "5.14.2";

/// The example that calls every operation.
const PROGRAM: &str = "every_operation";

/// How long Prism may take to read a document.
const PATIENCE: Duration = Duration::from_secs(60);

/// How Prism makes up its answers, and how the check calls that.
const WAYS: [(&str, &[&str]); 2] = [
    ("static", &[]),
    // Other answers than the smallest, but the same in each run.
    ("dynamic", &["--dynamic", "--seed", "tradebind"]),
];

/// Installs it, and gives its path.
pub fn install() -> Result<PathBuf> {
    npm(&work("prism")?, "@stoplight/prism-cli", VERSION, "prism")
}

/// Calls every operation on a mock of each document.
pub fn run() -> Result<()> {
    let (folder, program) = (work("prism")?, install()?);
    // Built first, so that a compile error is not told as the mock's fault.
    sh(cargo().args(["build", "--quiet", "--locked", "--example", PROGRAM]))?;
    for (way, options) in WAYS {
        let logs = SERVICES.map(|service| folder.join(format!("{service}.{way}.log")));
        let mut servers = Vec::new();
        for (service, log) in SERVICES.iter().zip(&logs) {
            let mut mock = command(&program.to_string_lossy());
            // Any free port; with --errors a request that breaks the document is refused.
            mock.args(["mock", "--host", "127.0.0.1", "--port", "0", "--errors"]).args(options);
            mock.arg(document(service));
            let started = Server::start(&mut mock, ["Prism is listening on "], PATIENCE, log);
            servers.push(started.with_context(|| format!("Prism does not serve spec/{service}.yaml"))?);
        }
        let mut calls = cargo();
        calls.args(["run", "--quiet", "--locked", "--example", PROGRAM]);
        for (variable, (_, [url])) in ["TRADEBIND_HK_URL", "TRADEBIND_TRADEWIND_URL"].iter().zip(&servers) {
            calls.env(variable, url);
        }
        sh(&mut calls).with_context(|| {
            let said = logs.each_ref().map(|log| refusals(log));
            format!("with {way} answers, an operation failed (see above); Prism refused\n{}", said.concat())
        })?;
        println!("prism {VERSION}: every operation called and read, with {way} answers");
    }
    Ok(())
}

/// What Prism found wrong with the requests, and where the rest of its log is.
fn refusals(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines = text.lines().filter(|line| line.contains('✖')).map(|line| format!("{line}\n"));
    format!("{}({})\n", lines.collect::<String>(), log.display())
}
