//! The documents, and what this crate writes, against public tools, in pinned versions.
//!
//! Everything they need is installed below `target/tools`, nothing globally.

mod engines;
mod openapi_generator;
pub mod prism;
mod redocly;
mod schemathesis;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::shell::{self, command, root, run as sh};

/// The documents, by the names of their services.
const SERVICES: [&str; 2] = ["hk-trade", "tradewind"];

/// A public tool.
#[derive(clap::Subcommand)]
pub enum Tool {
    /// Lint both documents with Redocly's linter (needs Node.js 20.19 or later, and npm)
    Redocly,
    /// Call every operation of the generated clients on Prism, which mocks both documents (needs Node.js and npm)
    Prism,
    /// Make Rust and Python clients with openapi-generator, and let them make the documented calls to the local
    /// replica (needs Python 3.10 or later, and Java 11 or later)
    OpenapiGenerator,
    /// Have DuckDB, Polars and Spark read a dataset that this crate writes, from a folder and from S3, and compare totals
    /// (needs Python 3.10 or later, and Java 17 or later)
    Engines,
    /// Ask every operation of both documents of the local replica, rightly and wrongly, and check its answers (needs
    /// Python 3.10 or later)
    Schemathesis,
}

impl Tool {
    /// Runs it.
    pub fn run(self) -> Result<()> {
        match self {
            Self::Redocly => redocly::run().context("the check by Redocly failed"),
            Self::Prism => prism::run().context("the check by Prism failed"),
            Self::Engines => engines::run().context("the check by other engines failed"),
            Self::OpenapiGenerator => {
                openapi_generator::run().context("the check by openapi-generator failed")
            }
            Self::Schemathesis => schemathesis::run().context("the check by schemathesis failed"),
        }
    }
}

/// A document, as an absolute path: the tools run in folders of their own.
fn document(service: &str) -> PathBuf {
    root().join(format!("spec/{service}.yaml"))
}

/// A work folder below `target/tools`.
fn work(name: &str) -> Result<PathBuf> {
    let folder = shell::target()?.join("tools").join(name);
    std::fs::create_dir_all(&folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    Ok(folder)
}

/// Fails early, and says what to install, when a program is not there.
pub fn need(program: &str, version: &str, install: &str) -> Result<()> {
    let found = shell::output(command(program).arg(version));
    found.map(|_| ()).with_context(|| format!("this check needs {install}; install it, then run again"))
}

/// Installs a package of npm in a folder, and gives the path of one of its programs.
pub fn npm(folder: &Path, package: &str, version: &str, program: &str) -> Result<PathBuf> {
    need("node", "--version", "Node.js 20.19 or later")?;
    let mut install = command("npm");
    // No scripts: none of the tools needs any.
    install.args([
        "install",
        "--no-audit",
        "--no-fund",
        "--loglevel=error",
        "--ignore-scripts",
        "--save-exact",
    ]);
    install.arg("--prefix").arg(folder).arg(format!("{package}@{version}"));
    sh(&mut install).with_context(|| format!("{package} {version} could not be installed from npm"))?;
    Ok(folder.join("node_modules/.bin").join(program))
}

/// Makes a virtual environment with these packages; gives the folder of its programs.
pub fn venv(folder: &Path, packages: &[String]) -> Result<PathBuf> {
    sh(command("python3").args(["-m", "venv"]).arg(folder)).context("Python needs its module venv")?;
    let programs = folder.join(if cfg!(windows) { "Scripts" } else { "bin" });
    sh(pip(&programs).args(packages)).context("not everything could be installed from PyPI")?;
    Ok(programs)
}

fn pip(programs: &Path) -> Command {
    let mut pip = command(&programs.join("python").to_string_lossy());
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
    pip
}
