//! The checks of `cargo xtask ci`; CONTRIBUTING.md tells how to run each alone.

use std::fs;
use std::path::Path;
use std::time::SystemTime;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::shell::{cargo, command, metadata, output, root, run, target};

/// Version of cargo-deny that CI installs.
const CARGO_DENY: &str = "0.20.2";

/// Formatting.
pub fn format() -> Result<()> {
    run(cargo().args(["fmt", "--all", "--check"]))
}

/// Clippy over everything, warnings denied.
pub fn clippy() -> Result<()> {
    run(cargo().args([
        "clippy",
        "--workspace",
        "--all-targets",
        "--all-features",
        "--locked",
        "--",
        "-D",
        "warnings",
    ]))
}

/// Memory of 100,000 rows through a pipe, by the program of the README's first command: one with optimisation.
pub fn piped_memory() -> Result<()> {
    run(cargo().args(["build", "--release", "--features", "cli", "--locked"]))?;
    let program = target()?.join("release").join("tradebind");
    let test = "cli_output::many_rows_pass_through_a_pipe_in_little_memory";
    let mut command = cargo();
    // All of the workspace, so that nothing is built anew for the tests that follow.
    command.args([
        "test",
        "--workspace",
        "--all-features",
        "--locked",
        "--test",
        "suite",
        "--",
        "--exact",
        test,
    ]);
    run(command.env("TRADEBIND_MEASURED", program))
}

/// Each feature alone, and none.
pub fn features() -> Result<()> {
    let metadata = metadata()?;
    let library = package(&metadata, "tradebind")?;
    let mut features: Vec<&str> =
        library["features"].as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect();
    features.push("");
    // Each service alone with what stands on either.
    features.extend(["hk-trade,blocking", "tradewind,blocking"]);
    // The command line with some of its forms.
    features.extend(["cli,arrow", "cli,parquet"]);
    for feature in features {
        let mut check = cargo();
        check.args([
            "clippy",
            "--package",
            "tradebind",
            "--lib",
            "--no-default-features",
            "--locked",
            "--features",
            feature,
        ]);
        if feature.starts_with("cli") {
            // The command line without pictures, as most will build it.
            check.arg("--bins");
        }
        run(check.args(["--", "-D", "warnings"]))?;
    }
    Ok(())
}

/// Documentation, warnings denied, of what dependents see.
pub fn docs() -> Result<()> {
    let mut doc = cargo();
    doc.args(["doc", "--package", "tradebind", "--no-deps", "--all-features", "--locked"]);
    run(doc.env("RUSTDOCFLAGS", "-D warnings"))
}

/// No package of the lock file needs a newer Rust than the workspace promises.
pub fn minimum_rust() -> Result<()> {
    let metadata = metadata()?;
    let promised = version(package(&metadata, "tradebind")?["rust_version"].as_str().unwrap_or_default());
    let packages = metadata["packages"].as_array().map(Vec::as_slice).unwrap_or_default();
    let newer: Vec<_> = packages
        .iter()
        .filter(|package| package["rust_version"].as_str().is_some_and(|needed| version(needed) > promised))
        .map(|package| {
            format!("{} {} needs {}", package["name"], package["version"], package["rust_version"])
        })
        .collect();
    ensure!(
        newer.is_empty(),
        "packages newer than rust-version allows; `cargo update` without --ignore-rust-version:\n{}",
        newer.join("\n")
    );
    Ok(())
}

fn version(text: &str) -> Vec<u32> {
    let mut parts: Vec<u32> = text.split('.').filter_map(|part| part.parse().ok()).collect();
    parts.resize(3, 0);
    parts
}

/// Bans, licences and sources of the dependencies; what a plain dependent gets.
pub fn dependencies() -> Result<()> {
    let tools = target()?.join("tools");
    let deny = tools.join("bin").join("cargo-deny");
    let installed = output(command(&deny.display().to_string()).arg("--version")).unwrap_or_default();
    if !installed.contains(CARGO_DENY) {
        let mut install = cargo();
        install.args([
            "install",
            "cargo-deny",
            "--version",
            CARGO_DENY,
            "--locked",
            "--debug",
            "--quiet",
            "--root",
        ]);
        run(install.arg(&tools).env_remove("CARGO_TARGET_DIR"))?;
    }
    run(command(&deny.display().to_string()).args(["--locked", "check", "bans", "licenses", "sources"]))?;

    let tree = output(cargo().args([
        "tree",
        "--package",
        "tradebind",
        "--edges",
        "normal",
        "--prefix",
        "none",
        "--locked",
    ]))?;
    let heavy = [
        "clap",
        "csv",
        "indicatif",
        "plotters",
        "ratatui-core",
        "tempfile",
        "axum",
        "tower-service-fn",
        "arrow",
        "parquet",
        "proptest",
        "schemars",
        "insta",
        "progenitor",
        "saphyr",
        "regress",
        "chrono",
    ];
    for name in heavy {
        let found = tree.lines().find(|line| line.split(' ').next() == Some(name));
        ensure!(found.is_none(), "a plain dependent of tradebind gets `{name}`: put it behind a feature");
    }
    Ok(())
}

/// Touching a source file does not run the generator again; touching a document does.
pub fn rebuild() -> Result<()> {
    let made = || -> Result<SystemTime> {
        let mut build = cargo();
        build.args(["build", "--package", "tradebind", "--locked", "--message-format=json", "--quiet"]);
        let messages = output(&mut build)?;
        let ours = |message: &Value| {
            let script = message["reason"] == "build-script-executed";
            script && message["package_id"].as_str().is_some_and(|id| id.contains("tradebind"))
        };
        let mut messages = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let script = messages.rfind(ours).context("cargo told of no build script")?;
        let file = Path::new(script["out_dir"].as_str().context("no out_dir")?).join("hk_trade.rs");
        Ok(fs::metadata(&file)?.modified()?)
    };
    let first = made()?;
    touch("src/lib.rs")?;
    ensure!(made()? == first, "touching src/lib.rs ran the generator again");
    touch("spec/hk-trade.yaml")?;
    ensure!(made()? > first, "touching spec/hk-trade.yaml did not run the generator again");
    Ok(())
}

fn touch(file: &str) -> Result<()> {
    let file = fs::File::options().append(true).open(root().join(file))?;
    Ok(file.set_modified(SystemTime::now())?)
}

/// The crate as it would be published builds as somebody's dependency, and its documented call compiles.
pub fn packaged() -> Result<()> {
    run(cargo().args([
        "package",
        "--package",
        "tradebind",
        "--locked",
        "--allow-dirty",
        "--no-verify",
        "--quiet",
    ]))?;
    let work = target()?.join("dependent");
    let version = package(&metadata()?, "tradebind")?["version"].as_str().unwrap_or_default().to_owned();
    let name = format!("tradebind-{version}");
    fs::create_dir_all(work.join("src"))?;
    _ = fs::remove_dir_all(work.join(&name));
    run(command("tar")
        .arg("-xzf")
        .arg(target()?.join("package").join(format!("{name}.crate")))
        .arg("-C")
        .arg(&work))?;
    fs::write(
        work.join("Cargo.toml"),
        format!(
            "[package]\nname = \"dependent\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n[dependencies]\ntradebind = {{ path = \"{name}\" }}\n"
        ),
    )?;
    fs::write(work.join("src/main.rs"), include_str!("../dependent/main.rs"))?;
    fs::copy(root().join("Cargo.lock"), work.join("Cargo.lock"))?;
    let mut build = cargo();
    build.current_dir(&work).args(["run", "--quiet"]).env("CARGO_TARGET_DIR", work.join("target"));
    let printed = output(&mut build)?;
    ensure!(
        printed.trim() == "/api/get?lang=EN&sv=VCm&freq=M&period=201805,201806&ttype=4&ccclass=C&cc=CN",
        "{printed}"
    );
    Ok(())
}

/// Rules of this repository that no compiler checks.
pub fn hygiene() -> Result<()> {
    // Written apart, so that this file does not find itself.
    let machine = ["/wo", "rk/"].concat();
    let rules: &[(&str, &[&str], &[&str])] = &[
        (
            "a path of somebody's machine",
            &[&machine, &["/ro", "ot/"].concat(), &["/ho", "me/"].concat()],
            &[""],
        ),
        (
            "a registry's host",
            &[&["crates", ".io"].concat(), &["pypi", ".org"].concat(), &["npmjs", "."].concat()],
            &[""],
        ),
        (
            "a stub",
            &[&["to", "do!"].concat(), &["unimple", "mented!"].concat()],
            &["src/", "build", "xtask/"],
        ),
        ("an ignored test", &[&["#[ig", "nore"].concat()], &["src/", "tests/", "xtask/"]),
        ("a float", &[&["f", "64"].concat(), &["f", "32"].concat()], &["src/domain/"]),
        ("unsafe TLS", &[&["danger", "_accept"].concat()], &["src/"]),
    ];
    let mut found = Vec::new();
    for file in output(command("git").arg("ls-files"))?.lines().filter(|file| !file.ends_with(".lock")) {
        let Ok(text) = fs::read_to_string(root().join(file)) else { continue };
        for (rule, patterns, below) in rules {
            if below.iter().any(|folder| file.starts_with(folder)) {
                let hits = text
                    .lines()
                    .enumerate()
                    .filter(|(_, line)| patterns.iter().any(|pattern| line.contains(pattern)));
                found.extend(hits.map(|(i, line)| format!("{file}:{}: {rule}: {}", i + 1, line.trim())));
            }
        }
        // Rooms stay small enough to read in one go; what the generator made is not read that way.
        let lines = text.lines().count();
        if file == "build/generate.rs" && lines >= 300 {
            found.push(format!("{file}: {lines} lines; it stays under 300"));
        }
    }
    if !found.is_empty() {
        bail!("{}", found.join("\n"));
    }
    Ok(())
}

fn package<'a>(metadata: &'a Value, name: &str) -> Result<&'a Value> {
    let packages = metadata["packages"].as_array();
    packages
        .into_iter()
        .flatten()
        .find(|package| package["name"] == name)
        .with_context(|| format!("no package {name}"))
}
