//! Measurements; their results belong in `benches/README.md`.

mod replica;
mod validate;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::shell::{cargo, output, root, run, target};
use crate::tools::venv;

/// What is measured.
#[derive(clap::Subcommand)]
pub enum Bench {
    /// Cold build of a minimal dependent against one with hand-written types for the same calls
    Build {
        /// Cold builds of each; the median counts
        #[arg(long, default_value_t = 3)]
        runs: usize,
    },
    /// Calls per second of the Hong Kong client against bare reqwest and serde_json, in one run; fails below 0.9
    Calls,
    /// Decode of 100,000 rows into columns against serde_json, sonic-rs and Python, in one run; fails below 3 times the owned
    /// structs, 1 time sonic-rs and 10 times Python
    Decode,
    /// Ten million rows from recorded bodies to a dataset of Parquet files: rows per second, shares, memory
    Dataset,
    /// Payload checks against three JSON schema validators, on the schema that `tradebind spec --schema` prints (needs
    /// Node.js and npm, Python 3.10 or later)
    Validate {
        /// Runs of each, in turn; the median counts
        #[arg(long, default_value_t = 15)]
        runs: usize,
    },
    /// The local replica beside Prism on the same answer: answers per second, start, memory (needs Node.js and npm)
    Replica(replica::Options),
    /// A harvest against the replica: wall time, and number of calls beside the bound and the plain loop; fails above 1.1 of
    /// calls × latency ÷ 3
    Harvest,
}

impl Bench {
    /// Measures.
    pub fn run(self) -> Result<()> {
        match self {
            Self::Build { runs } => build(runs),
            Self::Decode => decode(),
            Self::Dataset => dataset(),
            Self::Validate { runs } => validate::run(runs),
            Self::Replica(options) => options.run(),
            // The program is the library's own: nothing here may depend on the library.
            Self::Harvest => run(cargo().args([
                "bench",
                "--bench",
                "harvest",
                "--features",
                "replica,harvest",
                "--locked",
            ])),
            Self::Calls => {
                run(cargo().args(["bench", "--bench", "calls", "--features", "replica", "--locked"]))
            }
        }
    }
}

/// One of the two programs that are built.
struct Subject {
    name: &'static str,
    dependencies: String,
    source: &'static str,
}

/// The best that a build can tell of itself.
struct Measured {
    crates: usize,
    seconds: Vec<f64>,
    units: BTreeMap<String, f64>,
}

/// Builds both in turn, cold, in a folder of their own, with the versions of the committed lock file.
fn build(runs: usize) -> Result<()> {
    let common = "tokio = { version = \"1\", features = [\"macros\", \"rt\"] }\n";
    let subjects = [
        Subject {
            name: "by-hand",
            dependencies: format!(
                "{common}reqwest = {{ version = \"0.13.4\", default-features = false, features = [\"rustls\", \"cookies\", \"gzip\", \"json\", \"query\"] }}\nserde = {{ version = \"1\", features = [\"derive\"] }}\nserde_json = \"1\"\n"
            ),
            source: include_str!("../bench/by-hand/main.rs"),
        },
        Subject {
            name: "tradebind",
            dependencies: format!("{common}tradebind = {{ path = {:?} }}\n", root()),
            source: include_str!("../bench/tradebind/main.rs"),
        },
    ];
    let work = target()?.join("bench-build");
    let mut measured = Vec::new();
    for subject in &subjects {
        prepare(&work.join(subject.name), subject)?;
        measured.push(Measured { crates: 0, seconds: Vec::new(), units: BTreeMap::new() });
    }
    for _ in 0..runs {
        for (subject, measured) in subjects.iter().zip(&mut measured) {
            cold(&work.join(subject.name), measured)?;
            eprintln!("{}: {:.1} s", subject.name, measured.seconds.last().copied().unwrap_or_default());
        }
    }
    let [by_hand, ours] = measured.as_slice() else { return Ok(()) };
    println!("\n| dependent | crates | cold build, median of {runs} | all runs |\n| --- | --- | --- | --- |");
    for (subject, measured) in subjects.iter().zip(&measured) {
        let all: Vec<_> = measured.seconds.iter().map(|s| format!("{s:.1}")).collect();
        println!(
            "| {} | {} | {:.1} s | {} |",
            subject.name,
            measured.crates,
            median(&measured.seconds),
            all.join(", ")
        );
    }
    let ratio = median(&ours.seconds) / median(&by_hand.seconds);
    println!(
        "\nratio {ratio:.2}\n\nwhat costs most beyond the hand-written one (seconds of one core, last run):\n"
    );
    let mut extra: Vec<_> =
        ours.units.iter().filter(|(name, _)| !by_hand.units.contains_key(*name)).collect();
    extra.sort_by(|a, b| b.1.total_cmp(a.1));
    for (name, seconds) in extra.iter().take(15) {
        println!("- {name}: {seconds:.1}");
    }
    let total = |units: &BTreeMap<String, f64>| units.values().sum::<f64>();
    println!(
        "\nwork in all: {:.1} s by hand, {:.1} s with tradebind",
        total(&by_hand.units),
        total(&ours.units)
    );
    Ok(())
}

fn prepare(folder: &Path, subject: &Subject) -> Result<()> {
    fs::create_dir_all(folder.join("src"))?;
    let manifest = format!(
        "[package]\nname = \"bench-{}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n[dependencies]\n{}",
        subject.name, subject.dependencies
    );
    fs::write(folder.join("Cargo.toml"), manifest)?;
    fs::write(folder.join("src/main.rs"), subject.source)?;
    fs::copy(root().join("Cargo.lock"), folder.join("Cargo.lock"))?;
    // Downloads are not what is measured.
    run(cargo().current_dir(folder).args(["fetch", "--quiet"]))
}

fn cold(folder: &Path, measured: &mut Measured) -> Result<()> {
    let target = folder.join("target");
    _ = fs::remove_dir_all(&target);
    let mut build = cargo();
    build.current_dir(folder).args(["build", "--offline", "--quiet", "--timings", "--message-format=json"]);
    build.env("CARGO_TARGET_DIR", &target).env_remove("RUSTFLAGS");
    let start = Instant::now();
    let messages = output(&mut build)?;
    measured.seconds.push(start.elapsed().as_secs_f64());
    let artifacts = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let mut packages: Vec<_> = artifacts
        .filter(|message| message["reason"] == "compiler-artifact")
        .map(|message| message["package_id"].to_string())
        .collect();
    packages.sort();
    packages.dedup();
    measured.crates = packages.len();
    measured.units = units(&target.join("cargo-timings/cargo-timing.html"))?;
    Ok(())
}

/// Seconds of each package, from cargo's own report.
fn units(report: &PathBuf) -> Result<BTreeMap<String, f64>> {
    let html = fs::read_to_string(report).with_context(|| format!("{} cannot be read", report.display()))?;
    let data = html.split_once("const UNIT_DATA = ").and_then(|(_, rest)| rest.split_once("];"));
    let data = data.context("cargo's timing report has another form than expected")?.0;
    let units: Vec<Value> = serde_json::from_str(&format!("{data}]")).context("UNIT_DATA is not JSON")?;
    let mut seconds = BTreeMap::new();
    for unit in units {
        let name = format!("{} {}", text(&unit["name"]), text(&unit["version"]));
        *seconds.entry(name).or_default() += unit["duration"].as_f64().unwrap_or_default();
    }
    Ok(seconds)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn median(seconds: &[f64]) -> f64 {
    let mut sorted = seconds.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}

/// Packages of the Python programs that decode is held against.
const PYTHON: [&str; 3] = ["orjson==3.13.0", "pandas==3.1.1", "polars==2.1.0"];

fn decode() -> Result<()> {
    let folder = target()?.join("tools").join("bench-decode");
    fs::create_dir_all(&folder)?;
    let programs = venv(&folder.join("venv"), &PYTHON.map(str::to_owned))?;
    let mut bench = cargo();
    bench.args(["bench", "--bench", "decode", "--features", "table", "--locked"]);
    run(bench.env("TRADEBIND_BENCH_PYTHON", programs.join("python")))
}

/// A hundred bodies of 100,000 rows, made beforehand by a process of their own.
fn dataset() -> Result<()> {
    let folder = target()?.join("bench-dataset");
    let (bodies, out) = (folder.join("bodies"), folder.join("out"));
    _ = fs::remove_dir_all(&folder);
    let bench = |arguments: &[&str]| {
        let mut bench = cargo();
        bench.args(["bench", "--bench", "dataset", "--features", "object-store", "--locked", "--"]);
        run(bench.args(arguments))
    };
    let (bodies, out) = (bodies.display().to_string(), out.display().to_string());
    bench(&["make", &bodies, "100", "100000"])?;
    bench(&["write", &out, &bodies, "1"])?;
    Ok(fs::remove_dir_all(&folder)?)
}
