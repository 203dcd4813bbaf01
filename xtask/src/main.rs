//! Maintainers' commands of tradebind: `cargo xtask --help`.

// Above the modules, so that all of them print so: the standard macros panic once a reader has seen enough.
macro_rules! print {
    ($($text:tt)*) => { $crate::shell::tell(&mut std::io::stdout(), format_args!($($text)*)) };
}
macro_rules! println {
    ($($text:tt)*) => { print!("{}\n", format_args!($($text)*)) };
}
macro_rules! eprintln {
    ($($text:tt)*) => {
        $crate::shell::tell(&mut std::io::stderr(), format_args!("{}\n", format_args!($($text)*)))
    };
}

mod bench;
mod checks;
mod ci;
mod diff;
mod draft;
#[cfg(test)]
#[allow(clippy::expect_used, reason = "a test may")]
mod generator_tests;
mod kill_loop;
mod lint_command;
mod other_days;
mod readme;
mod regenerate;
mod shell;
mod tools;

// The generator's own modules, so that a document is judged here as it is in a build.
#[path = "../../build/codes.rs"]
mod codes;
#[path = "../../build/derived.rs"]
mod derived;
#[path = "../../build/describe.rs"]
mod describe;
#[path = "../../build/document.rs"]
mod document;
#[path = "../../build/generate.rs"]
mod generate;
#[path = "../../build/guard.rs"]
mod guard;
#[path = "../../build/lint.rs"]
mod lint;
#[path = "../../build/methods.rs"]
mod methods;
#[path = "../../build/prune.rs"]
mod prune;
#[allow(dead_code, reason = "only the build script lists examples and types")]
#[path = "../../build/tables.rs"]
mod tables;

// What the snapshots of the public surface are made with.
#[path = "../../tests/support/surface.rs"]
#[allow(clippy::expect_used, reason = "it reads what the generator parsed already")]
mod surface;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Maintainers' commands of tradebind")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Check the documents in spec/ against the rules of build/lint.rs
    Lint,
    /// Lint, build, and renew the snapshots of the generated text, its public surface and the decoded examples
    Regenerate {
        /// Change nothing; fail when a snapshot is not what the documents make
        #[arg(long)]
        check: bool,
    },
    /// Add an operation to the TradeWind document, from a saved page of the documentation, a recorded exchange or a HAR file
    ///
    /// Types are inferred from the examples; secrets are taken out. For an operation that the document has, what differs is
    /// printed instead.
    Draft(draft::Args),
    /// Tell what changes between two revisions of the documents, for the wire and for Rust, as markdown
    Diff(diff::Args),
    /// Everything that CI runs
    Ci,
    /// Check the documents with public tools, in pinned versions (needs npm or PyPI)
    #[command(subcommand)]
    Tools(tools::Tool),
    /// Kill harvests at each step of the journal, at bytes and moments, and look whether anything is lost or doubled
    KillLoop {
        /// How many kills at least
        #[arg(long, default_value_t = 200)]
        times: u32,
        /// Which bytes and moments
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
    /// Run the tests as if it were another day, as far as the next two years (needs the Debian package faketime)
    OtherDays,
    /// Measure; results belong in benches/README.md
    #[command(subcommand)]
    Bench(bench::Bench),
}

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // One line a cause; a backtrace of ours helps nobody who reads what a tool said.
            eprintln!("\nerror: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<()> {
    match command {
        Command::Lint => lint_command::run(),
        Command::Regenerate { check } => regenerate::run(check),
        Command::Draft(args) => draft::run(args),
        Command::Diff(args) => diff::run(&args),
        Command::Ci => ci::run(),
        Command::Tools(tool) => tool.run(),
        Command::KillLoop { times, seed } => kill_loop::kill(times, seed),
        Command::OtherDays => other_days::other_days(),
        Command::Bench(bench) => bench.run(),
    }
}
