//! `cargo xtask draft --prove`: a draft in a copy of the repository, regenerated, built, and used through everything that takes it
//! from the document.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};

use super::write::Draft;
use crate::shell::{cargo, command, output, root, run, target};

/// Puts the draft into a copy of the repository, regenerates there, and calls the operation: by the client's method and on the command
/// line against the replica, with its own example and with a slip of the pen through the validator. Not a line is written by hand
/// between. Nothing outside of the target folder changes.
pub fn prove(draft: &Draft) -> Result<()> {
    let copy = Copy::new()?;
    super::apply(&copy.folder.join("spec"), draft)?;
    run(copy.cargo().args(["xtask", "regenerate"]))?;
    run(copy.cargo().args(["xtask", "regenerate", "--check"]))?;
    client(&copy, draft)?;
    run(copy.cargo().args(["build", "--quiet", "--locked", "--all-features", "--bin", "tradebind"]))?;
    command_line(&copy, draft)?;
    validator(&copy, draft)?;
    // Snapshots that list all operations gain one: renewed, as the recipe has it.
    run(copy.cargo().env("INSTA_UPDATE", "always").args([
        "test",
        "--quiet",
        "--locked",
        "--all-features",
        "--test",
        "suite",
        "--",
        "exchanges::",
        "every_operation",
    ]))?;
    println!("{}: client, command line, replica, validator and tests take it from the document", draft.id);
    Ok(())
}

/// A copy of the repository as it is now, changes that are not committed included.
struct Copy {
    folder: PathBuf,
    /// What is built there. Not the repository's own: cargo tells packages apart by their place in the workspace, so that the one
    /// would take what was built of the other.
    target: PathBuf,
}

impl Copy {
    fn new() -> Result<Self> {
        let target = target()?;
        let folder = target.join("draft-proof");
        _ = fs::remove_dir_all(&folder);
        let files = ["ls-files", "--cached", "--others", "--exclude-standard"];
        for file in output(command("git").args(files))?.lines() {
            let (from, to) = (root().join(file), folder.join(file));
            // A file that was deleted and not committed is listed all the same.
            if from.is_file() {
                fs::create_dir_all(to.parent().unwrap_or(&folder))?;
                fs::copy(&from, &to).with_context(|| format!("{file} cannot be copied"))?;
            }
        }
        Ok(Self { target: target.join("draft-proof-target"), folder })
    }

    /// Cargo in the copy.
    fn cargo(&self) -> Command {
        let mut cargo = cargo();
        cargo.current_dir(&self.folder).env("CARGO_TARGET_DIR", &self.target).env("CARGO_INCREMENTAL", "0");
        cargo
    }

    fn tradebind(&self) -> Command {
        let mut tradebind = Command::new(self.target.join("debug").join("tradebind"));
        tradebind.current_dir(&self.folder);
        tradebind
    }
}

/// A program that calls the method of the client against the replica; it compiles only where the method takes the request's type.
fn client(copy: &Copy, draft: &Draft) -> Result<()> {
    let mut arguments: Vec<_> = draft.arguments.iter().map(|(_, literal)| literal.clone()).collect();
    if let Some(json) = &draft.request {
        arguments.push(format!("tradebind::tradewind::read_request({json:?})?"));
    }
    let text = format!(
        r#"//! Written by `cargo xtask draft --prove`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {{
    let replica = tradebind::replica::Replica::start().await?;
    let client = tradebind::tradewind::Client::builder()
        .key("tw_test_proof")?
        .base_url(replica.tradewind_url())
        .max_credits("100".parse()?)
        .allow("{id}", "100".parse()?)
        .build()?;
    let answer = client.{id}({arguments}).await?;
    println!("{{answer:?}}");
    Ok(())
}}
"#,
        id = draft.id,
        arguments = arguments.join(", ")
    );
    fs::write(copy.folder.join("examples/proof.rs"), text)?;
    let example = ["run", "--quiet", "--locked", "--all-features", "--example", "proof"];
    let printed = output(copy.cargo().args(example))?;
    println!("the client's method `{}` gives {}", draft.id, short(&printed));
    Ok(())
}

/// The command line calls it; the replica answers as documented, or with what fits the document.
fn command_line(copy: &Copy, draft: &Draft) -> Result<()> {
    let name = draft.id.replace('_', "-");
    let mut asked = copy.tradebind();
    asked.args(["tradewind", &name, "--replica", "--quiet", "--format", "json"]);
    if draft.key {
        asked.args(["--max-credits", "100"]);
    }
    asked.args(draft.arguments.iter().map(|(value, _)| value));
    if draft.request.is_some() {
        asked.args(["--body", "-"]);
    }
    let answer = piped(&mut asked, draft.request.as_deref())?;
    ensure!(!answer.trim().is_empty(), "`tradebind tradewind {name}` prints nothing");
    println!("`tradebind tradewind {name} --replica` gives {}", short(&answer));
    let help = output(copy.tradebind().args(["tradewind", &name, "--help"]))?;
    ensure!(help.contains(&draft.path), "the help of the command does not tell its path");
    println!("its help has {} lines", help.lines().count());
    Ok(())
}

/// The validator knows it: the example is sound, and a request with a slip of the pen is refused.
fn validator(copy: &Copy, draft: &Draft) -> Result<()> {
    let file = format!("spec/{}", draft.exchange.0);
    run(copy.tradebind().args(["validate", "--strict", &file]))?;
    if draft.request.is_some() {
        let odd = copy.folder.join("odd.json");
        fs::write(&odd, r#"{"no_such_field": 1}"#)?;
        let options = ["validate", "odd.json", "--operation", &draft.id, "--part", "request"];
        let refused = copy.tradebind().args(options).output()?;
        let told = String::from_utf8_lossy(&refused.stdout).into_owned();
        ensure!(
            refused.status.code() == Some(1) && told.contains("no_such_field"),
            "the validator takes a field that the request has not:\n{told}"
        );
        println!("the validator refuses a field that the request has not");
    }
    Ok(())
}

/// Runs a program with a text on its standard input, and gives what it printed.
fn piped(command: &mut Command, input: Option<&str>) -> Result<String> {
    let stdin = if input.is_some() { Stdio::piped() } else { Stdio::null() };
    let program = Path::new(command.get_program()).display().to_string();
    let child = command.stdin(stdin).stdout(Stdio::piped()).spawn();
    let mut child = child.with_context(|| format!("{program} cannot be started"))?;
    if let (Some(mut stdin), Some(input)) = (child.stdin.take(), input) {
        stdin.write_all(input.as_bytes())?;
    }
    let ended = child.wait_with_output()?;
    if !ended.status.success() {
        bail!("{program} ended with {}", ended.status);
    }
    Ok(String::from_utf8_lossy(&ended.stdout).into_owned())
}

/// The beginning of a text, in one line.
fn short(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let start: String = line.chars().take(160).collect();
    if start.len() < line.len() { format!("{start}…") } else { start }
}
