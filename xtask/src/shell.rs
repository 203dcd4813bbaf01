//! Running other programs from the root of the repository.

use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::Value;

/// Root of the repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_path_buf).unwrap_or_default()
}

/// The cargo that runs this command.
pub fn cargo() -> Command {
    command(&std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned()))
}

/// A program, started at the root of the repository.
pub fn command(program: &str) -> Command {
    let mut command = Command::new(program);
    command.current_dir(root());
    command
}

/// What cargo knows of the workspace and its dependencies.
pub fn metadata() -> Result<Value> {
    let text = output(cargo().args(["metadata", "--format-version", "1", "--locked"]))?;
    serde_json::from_str(&text).context("`cargo metadata` is not JSON")
}

/// The workspace's target folder.
pub fn target() -> Result<PathBuf> {
    let metadata = metadata()?;
    let target =
        metadata["target_directory"].as_str().context("`cargo metadata` names no target_directory")?;
    Ok(PathBuf::from(target))
}

/// Prints. Whose reader has seen enough, as in `| head -1`, goes on with its work all the same.
pub fn tell(out: &mut impl Write, text: fmt::Arguments<'_>) {
    match out.write_fmt(text) {
        Err(e) if e.kind() != io::ErrorKind::BrokenPipe => panic!("the output cannot be written: {e}"),
        _ => (),
    }
}

/// Shows the command, runs it, and fails when it does.
pub fn run(command: &mut Command) -> Result<()> {
    let shown = shown(command);
    eprintln!("$ {shown}");
    let status = command.status().with_context(|| format!("`{shown}` cannot be started"))?;
    if !status.success() {
        bail!("`{shown}` failed: {status}");
    }
    Ok(())
}

/// Runs the command, and gives what it wrote to standard output.
pub fn output(command: &mut Command) -> Result<String> {
    let shown = shown(command);
    let output = command.output().with_context(|| format!("`{shown}` cannot be started"))?;
    if !output.status.success() {
        bail!("`{shown}` failed: {}\n{}", output.status, String::from_utf8_lossy(&output.stderr));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Runs the command with what it says kept in a file, whose end is told when it fails.
pub fn quietly(command: &mut Command, log: &Path) -> Result<()> {
    let shown = shown(command);
    eprintln!("$ {shown}");
    let file = File::create(log).with_context(|| format!("{} cannot be written", log.display()))?;
    let status = command.stdout(file.try_clone()?).stderr(file).stdin(Stdio::null()).status();
    let status = status.with_context(|| format!("`{shown}` cannot be started"))?;
    if !status.success() {
        bail!("`{shown}` failed: {status}; {} ends with\n{}", log.display(), end_of(log));
    }
    Ok(())
}

/// The last lines of a file.
fn end_of(log: &Path) -> String {
    let text = std::fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<_> = text.lines().collect();
    lines[lines.len().saturating_sub(40)..].join("\n")
}

/// A program that serves until this is dropped.
pub struct Server(Child);

impl Server {
    /// Starts it, and waits until each of `marks` has stood in a line of its output; gives what followed
    /// each. Its output is also kept in a file.
    pub fn start<const N: usize>(
        command: &mut Command,
        marks: [&str; N],
        patience: Duration,
        log: &Path,
    ) -> Result<(Self, [String; N])> {
        let shown = shown(command);
        eprintln!("$ {shown} &");
        let mut file = File::create(log).with_context(|| format!("{} cannot be written", log.display()))?;
        // Standard input stays open: some end when it does, and so never outlive this process.
        let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut server = Self(child.with_context(|| format!("`{shown}` cannot be started"))?);
        let output = server.0.stdout.take().context("its output was not taken")?;
        let (sender, lines) = mpsc::channel();
        // Reads on to the end, so that the program never waits for room to write.
        std::thread::spawn(move || {
            for line in BufReader::new(output).split(b'\n').map_while(Result::ok) {
                let line = String::from_utf8_lossy(&line).into_owned();
                _ = file.write_all(format!("{line}\n").as_bytes());
                _ = sender.send(line);
            }
        });
        let deadline = Instant::now() + patience;
        let mut found = marks.map(|_| None);
        while found.contains(&None) {
            match lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(line) => {
                    for (mark, found) in marks.iter().zip(&mut found) {
                        let after = line.split_once(mark).map(|(_, after)| after.trim().to_owned());
                        *found = found.take().or(after);
                    }
                }
                Err(RecvTimeoutError::Timeout) => {
                    bail!("`{shown}` was not ready in {} s; it said\n{}", patience.as_secs(), end_of(log))
                }
                Err(RecvTimeoutError::Disconnected) => {
                    bail!("`{shown}` ended instead of serving; it said\n{}", end_of(log))
                }
            }
        }
        Ok((server, found.map(Option::unwrap_or_default)))
    }
}

impl Server {
    /// Its process.
    pub fn id(&self) -> u32 {
        self.0.id()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        _ = self.0.kill();
        _ = self.0.wait();
    }
}

fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}
