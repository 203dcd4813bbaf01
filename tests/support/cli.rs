//! Runs the built binary as a shell would.
#![allow(dead_code, reason = "each test uses a part of it")]

use std::fmt;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::Arc;

/// What a run left.
pub struct Ran {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

/// Exit code, standard output and standard error, as snapshots show them; carriage returns are left off.
impl fmt::Display for Ran {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "exit {}", self.code.map_or("by a signal".to_owned(), |code| code.to_string()))?;
        for (name, text) in [("stdout", &self.stdout), ("stderr", &self.stderr)] {
            if !text.is_empty() {
                write!(f, "-- {name}\n{}", steady(&text.replace('\r', "")))?;
            }
        }
        Ok(())
    }
}

/// Without what differs from run to run: ports and days.
pub fn steady(text: &str) -> String {
    let mut out = text.to_owned();
    for (mark, stand_in) in [("127.0.0.1:", "PORT"), ("retrieved ", "DAY")] {
        let mut parts = out.split(mark).map(str::to_owned).collect::<Vec<_>>();
        for part in parts.iter_mut().skip(1) {
            let end = part.find(|c: char| !c.is_ascii_digit() && c != '-').unwrap_or(part.len());
            if end > 0 {
                part.replace_range(..end, stand_in);
            }
        }
        out = parts.join(mark);
    }
    out
}

/// The binary, with nothing of the tester's environment that it would go by.
pub fn tradebind() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tradebind"));
    for name in ["TRADEWIND_API_KEY", "TRADEBIND_HK_URL", "TRADEBIND_TRADEWIND_URL"] {
        command.env_remove(name);
    }
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("AWS_")) {
        command.env_remove(name);
    }
    for name in ["COLUMNS", "CLICOLOR_FORCE", "NO_COLOR"] {
        command.env_remove(name);
    }
    for name in ["http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"] {
        command.env_remove(name);
    }
    // Without it, or where it is `dumb`, nobody shows progress.
    command.env("TERM", "xterm");
    command
}

/// Runs it; words are parted at spaces.
pub fn run(words: &str) -> Ran {
    run_args(&words.split_whitespace().collect::<Vec<_>>(), "")
}

pub fn run_args(args: &[&str], input: &str) -> Ran {
    let mut command = tradebind();
    command.args(args);
    ended(command, input)
}

/// Runs a command with that on its standard input.
pub fn ended(mut command: Command, input: &str) -> Ran {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // A command that reads nothing closes it.
    _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ran { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// A folder for a test's files.
pub fn folder(name: &str) -> std::path::PathBuf {
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("cli").join(name);
    _ = std::fs::remove_dir_all(&path);
    std::fs::create_dir_all(&path).unwrap();
    path
}

/// A server in this process, which ends with it; several processes ask it.
pub fn serve(builder: tradebind::replica::ReplicaBuilder) -> Arc<tradebind::replica::Replica> {
    let (tell, started) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            tell.send(Arc::new(builder.start().await.unwrap())).unwrap();
            std::future::pending::<()>().await;
        });
    });
    started.recv().unwrap()
}
