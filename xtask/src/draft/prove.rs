//! `cargo xtask draft --prove`: a draft in a copy of the repository, built, and used through everything that takes it from the document.

use std::fs;
use std::io::Write as _;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};

use super::source::Source;
use super::write::Draft;
use crate::shell::{cargo, command, output, root, run, target};

/// Builds a copy of the repository with the draft, calls the operation on the command line against the replica, checks the example
/// with the validator, and runs the tests that go through every operation. Nothing outside of the target folder changes.
pub fn prove(text: &str, entry: Option<usize>, draft: &Draft, source: &Source) -> Result<()> {
    ensure!(!source.path().contains('{'), "no value is known for the parameter in {}", source.path());
    let copy = target()?.join("draft-proof");
    _ = fs::remove_dir_all(&copy);
    for file in
        output(command("git").args(["ls-files", "--cached", "--others", "--exclude-standard"]))?.lines()
    {
        let (from, to) = (root().join(file), copy.join(file));
        // A file that was deleted and not committed is listed all the same.
        if from.is_file() {
            fs::create_dir_all(to.parent().unwrap_or(&copy))?;
            fs::copy(&from, &to).with_context(|| format!("{file} cannot be copied"))?;
        }
    }
    super::apply(&copy.join("spec"), text, entry, draft)?;
    let own = target()?.join("draft-proof-target");
    let cargo = || {
        let mut cargo = cargo();
        cargo.current_dir(&copy).env("CARGO_TARGET_DIR", &own);
        cargo
    };
    run(cargo().args(["build", "--quiet", "--locked", "--features", "cli", "--bin", "tradebind"]))?;
    let program = own.join("debug").join("tradebind");
    let name = draft.id.replace('_', "-");

    // The client and the command line call it; the replica answers as documented, or with what fits the document.
    let mut asked = Command::new(&program);
    asked.current_dir(&copy).args([
        "tradewind",
        &name,
        "--replica",
        "--quiet",
        "--max-credits",
        "100",
        "--format",
        "json",
    ]);
    let answer =
        piped(asked.args(source.request.iter().flat_map(|_| ["--body", "-"])), source.request.as_deref())?;
    println!("the replica answers `tradebind tradewind {name}` with {} bytes", answer.len());
    ensure!(!answer.is_empty(), "the answer is empty");

    // The validator knows it; a request with a slip of the pen is refused.
    let file = format!("spec/{}", draft.exchange.0);
    run(Command::new(&program).current_dir(&copy).args(["validate", &file]))?;
    if source.request.is_some() {
        let odd = copy.join("odd.json");
        fs::write(&odd, r#"{"no_such_field": 1}"#)?;
        let options = ["validate", "odd.json", "--quiet", "--operation", &draft.id, "--part", "request"];
        let refused = Command::new(&program).current_dir(&copy).args(options).output()?;
        ensure!(refused.status.code() == Some(1), "the validator takes a field that the request has not");
    }

    // The tests that go through every operation and every example; the snapshots are new, of course.
    let mut tests = cargo();
    tests.args([
        "test",
        "--quiet",
        "--locked",
        "--features",
        "cli",
        "--test",
        "exchanges",
        "--test",
        "generated",
    ]);
    run(tests
        .args(["--", "--skip", "no_snapshot_is_left_over"])
        .env("INSTA_FORCE_PASS", "1")
        .env("INSTA_UPDATE", "no"))?;
    println!("{}: client, command line, replica, validator and tests take it from the document", draft.id);
    Ok(())
}

/// Runs a program with a text on its standard input, and gives what it printed.
fn piped(command: &mut Command, input: Option<&str>) -> Result<Vec<u8>> {
    let stdin = if input.is_some() { Stdio::piped() } else { Stdio::null() };
    let mut child =
        command.stdin(stdin).stdout(Stdio::piped()).spawn().context("the built program does not start")?;
    if let (Some(mut stdin), Some(input)) = (child.stdin.take(), input) {
        stdin.write_all(input.as_bytes())?;
    }
    let ended = child.wait_with_output()?;
    if !ended.status.success() {
        bail!("the built program ended with {}", ended.status);
    }
    Ok(ended.stdout)
}
