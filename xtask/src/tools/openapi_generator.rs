//! `cargo xtask tools openapi-generator`: another generator's clients make the documented calls.

use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::Command;
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use super::{SERVICES, document, need, pip, venv, work};
use crate::shell::{Server, cargo, command, quietly, root, run as sh};

/// On PyPI; it carries the generator itself, a jar, of the same version.
const VERSION: &str = "7.26.0";

/// The lists that the drivers send to the listener, joined as the document has it (`explode: false`).
const LISTS: [(&str, &str); 5] =
    [("sv", "VCm,QCm"), ("period", "201805,201806"), ("co", "US,JP"), ("cc", "CN,VN"), ("code", "1006,3907")];

/// Makes the four clients, builds them, and lets each make its documented call.
pub fn run() -> Result<()> {
    need("java", "-version", "Java 11 or later")?;
    need("python3", "--version", "Python 3.10 or later")?;
    let folder = work("openapi-generator")?;
    let generator = venv(&folder.join("generator"), &[format!("openapi-generator-cli=={VERSION}")])?;
    let (rust, python) = (folder.join("rust"), folder.join("python"));
    for service in SERVICES {
        let crate_name = format!("{service}-client");
        generate(&generator, "rust", service, &crate_name, &rust.join(service))?;
        generate(&generator, "python", service, &crate_name.replace('-', "_"), &python.join(service))?;
    }
    let mut drivers = rust_drivers(&rust)?;
    drivers.extend(python_drivers(&folder, &python)?);
    call(drivers)?;
    println!("openapi-generator {VERSION}: two Rust and two Python clients made the documented calls");
    Ok(())
}

/// Makes a client anew.
fn generate(generator: &Path, language: &str, service: &str, package: &str, out: &Path) -> Result<()> {
    if out.exists() {
        std::fs::remove_dir_all(out).with_context(|| format!("{} cannot be removed", out.display()))?;
    }
    let mut generate = command(&generator.join("openapi-generator-cli").to_string_lossy());
    generate.args(["generate", "--generator-name", language]);
    generate.arg("--input-spec").arg(document(service)).arg("--output").arg(out);
    // The documents' own versions, such as 2018-11, are none that Cargo takes.
    generate.arg(format!("--additional-properties=packageName={package},packageVersion=0.0.0"));
    let log = out.with_extension("generate.log");
    std::fs::create_dir_all(out)?;
    quietly(&mut generate, &log)
        .with_context(|| format!("no {language} client of spec/{service}.yaml was made"))
}

/// Builds the Rust clients and the programs that use them.
fn rust_drivers(folder: &Path) -> Result<Vec<Command>> {
    copy(
        "openapi-rust",
        &["Cargo.toml", "Cargo.lock", "src/bin/hk-trade.rs", "src/bin/tradewind.rs"],
        folder,
    )?;
    let target = folder.join("target");
    let mut build = cargo();
    build
        .args(["build", "--quiet", "--locked", "--bins"])
        .current_dir(folder)
        .arg("--target-dir")
        .arg(&target);
    // Our own ban on warnings is no business of generated code.
    build.env_remove("RUSTFLAGS").env_remove("CARGO_ENCODED_RUSTFLAGS");
    sh(&mut build).context("the Rust clients of openapi-generator do not build")?;
    Ok(SERVICES.map(|service| command(&target.join("debug").join(service).to_string_lossy())).into())
}

/// Installs the Python clients beside the programs that use them.
fn python_drivers(folder: &Path, python: &Path) -> Result<Vec<Command>> {
    copy("openapi-python", &["cookies.py", "hk_trade.py", "tradewind.py", "requirements.txt"], python)?;
    let requirements = python.join("requirements.txt").to_string_lossy().into_owned();
    let programs = venv(&folder.join("clients"), &["--requirement".to_owned(), requirements])?;
    let mut install = pip(&programs);
    install.args(["--no-deps", "--no-build-isolation", "--force-reinstall"]);
    install.args(SERVICES.map(|service| python.join(service)));
    sh(&mut install).context("the Python clients of openapi-generator cannot be installed")?;
    let driver = |service: &str| {
        let mut driver = command(&programs.join("python").to_string_lossy());
        driver.arg(python.join(format!("{}.py", service.replace('-', "_"))));
        driver
    };
    Ok(SERVICES.map(driver).into())
}

/// Runs the programs against the local replica, and looks at how they send lists.
fn call(drivers: Vec<Command>) -> Result<()> {
    let example = ["--quiet", "--locked", "--features", "replica", "--example", "replica"];
    sh(cargo().arg("build").args(example))?;
    let log = work("openapi-generator")?.join("replica.log");
    let mut replica = cargo();
    let started = Server::start(
        replica.arg("run").args(example),
        ["hk-trade ", "tradewind "],
        Duration::from_secs(60),
        &log,
    );
    let (_replica, [hk_trade, tradewind]) = started.context("the local replica does not serve")?;
    let (listener, targets) = listen()?;
    let mut clients = 0;
    for mut driver in drivers {
        driver.env("TRADEBIND_HK_URL", &hk_trade).env("TRADEBIND_TRADEWIND_URL", &tradewind);
        driver.env("TRADEBIND_LISTENER_URL", &listener);
        // A proxy of the maintainer's has no business between this program and itself.
        driver.env("NO_PROXY", "127.0.0.1").env("no_proxy", "127.0.0.1");
        sh(&mut driver).context("a client of openapi-generator cannot make or read the documented call")?;
        for target in targets.try_iter() {
            lists_joined(&target).with_context(|| format!("the client sent {target}"))?;
            clients += 1;
        }
    }
    ensure!(
        clients == 2,
        "{clients} clients sent every list to the listener, expected one in Rust and one in Python"
    );
    Ok(())
}

/// A server that answers any request with an empty success, and tells what was asked.
fn listen() -> Result<(String, Receiver<String>)> {
    const BODY: &str = r#"{"header": {"status": {"code": 0}}}"#;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let url = format!("http://{}", listener.local_addr()?);
    let (sender, targets) = mpsc::channel();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            _ = stream.set_read_timeout(Some(Duration::from_secs(10)));
            let mut head =
                BufReader::new(&stream).lines().map_while(Result::ok).take_while(|line| !line.is_empty());
            let first = head.next().unwrap_or_default();
            head.for_each(drop);
            _ = sender.send(first.split(' ').nth(1).unwrap_or_default().to_owned());
            let length = BODY.len();
            let head = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: application/json";
            _ = write!(stream, "{head}\r\ncontent-length: {length}\r\n\r\n{BODY}");
        }
    });
    Ok((url, targets))
}

/// Whether each list went out once, its items joined by commas.
fn lists_joined(target: &str) -> Result<()> {
    let (_, query) = target.split_once('?').context("without a query")?;
    let pairs: Vec<_> = query.split('&').filter_map(|pair| pair.split_once('=')).collect();
    for (list, joined) in LISTS {
        let sent: Vec<_> =
            pairs.iter().filter(|(name, _)| *name == list).map(|(_, v)| v.replace("%2C", ",")).collect();
        if sent != [joined] {
            bail!("the list `{list}` went out as {sent:?}, expected {joined:?} once");
        }
    }
    Ok(())
}

/// Copies templates of `xtask/tools`.
fn copy(template: &str, files: &[&str], to: &Path) -> Result<()> {
    for file in files {
        let (from, to) = (root().join("xtask/tools").join(template).join(file), to.join(file));
        to.parent().map_or(Ok(()), std::fs::create_dir_all)?;
        std::fs::copy(&from, &to).with_context(|| format!("{} cannot be copied", from.display()))?;
    }
    Ok(())
}
