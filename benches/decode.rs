//! Decode of 100,000 rows into columns beside what else reads such a body, in one run.
//!
//! `cargo xtask bench decode`, which also makes the Python programs ready. Without `--bench`, as `cargo test --benches`
//! runs it, each reads a small body once.

#![allow(missing_docs, reason = "a program")]

use std::error::Error;
use std::hint::black_box;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Instant;

use tradebind::hk::api::types::TradeResponse;
use tradebind::table::Table;

#[path = "support/bare.rs"]
mod bare;
#[path = "../tests/support/bodies.rs"]
mod bodies;
#[path = "support/spread.rs"]
mod spread;

use bodies::{Body, QUANTITY, VALUE};
use spread::Spread;

/// How many times the time of columns each must take at least; the program fails where one is quicker.
const AIMS: [(&str, f64); 5] = [
    (SONIC, 1.0),
    (OWNED, 3.0),
    ("Python json + pandas", 10.0),
    ("Python orjson + polars", 10.0),
    ("Python polars.read_json", 10.0),
];
const SONIC: &str = "sonic-rs, borrowed structs";
const OWNED: &str = "serde_json, owned structs";

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// How often each reads the body; they take turns, so that what else the machine does meets all.
const TURNS: usize = 31;
/// Where the interpreter of the Python programs lies, if they are to take part.
const PYTHON: &str = "TRADEBIND_BENCH_PYTHON";

/// A reader of the body: gives how many rows it read.
type Read<'a> = Box<dyn FnMut() -> Result<f64> + 'a>;

fn main() -> Result<()> {
    let measured = std::env::args().any(|argument| argument == "--bench");
    let (rows, turns) = if measured { (100_000, TURNS) } else { (300, 1) };
    let bodies = [
        ("one statistic", Body { rows, ..Body::default() }.text()),
        ("value and quantity", Body { rows, statistics: &[VALUE, QUANTITY], ..Body::default() }.text()),
    ];
    println!(
        "| body | bytes | reader | median, ms | min, ms | median of neighbours' ratios to columns |\n\
         | --- | --- | --- | --- | --- | --- |"
    );
    let mut quick = Vec::new();
    for (what, body) in &bodies {
        quick.extend(measure(what, body, rows, turns)?);
    }
    // A single small read says nothing.
    if measured && !quick.is_empty() {
        return Err(format!("too quick beside columns: {}", quick.join("; ")).into());
    }
    Ok(())
}

/// Lets all read a body in turn, prints their lines, and gives those whose ratio is below its aim.
fn measure(what: &str, body: &str, rows: usize, turns: usize) -> Result<Vec<String>> {
    let bytes = body.as_bytes();
    let mut readers: Vec<(&str, Read<'_>)> = vec![
        ("tradebind columns", Box::new(|| timed(rows, || Ok(Table::decode(bytes)?), Table::len))),
        (
            SONIC,
            Box::new(|| {
                timed(rows, || Ok(sonic_rs::from_slice::<borrowed::Answer<'_>>(bytes)?), |a| a.data_set.len())
            }),
        ),
        (
            OWNED,
            Box::new(|| {
                timed(rows, || Ok(serde_json::from_slice::<bare::Answer>(bytes)?), |a| a.data_set.len())
            }),
        ),
        (
            "serde_json, generated types",
            Box::new(|| {
                timed(
                    rows,
                    || Ok(serde_json::from_slice::<TradeResponse>(bytes)?),
                    |a| a.data_set.as_ref().map_or(0, Vec::len),
                )
            }),
        ),
        (
            "serde_json::Value",
            Box::new(|| {
                timed(
                    rows,
                    || Ok(serde_json::from_slice::<serde_json::Value>(bytes)?),
                    |a| a["dataSet"].as_array().map_or(0, Vec::len),
                )
            }),
        ),
    ];
    // The programs read it once they run: it stays until all is measured.
    let mut kept = None;
    if let Some(python) = std::env::var_os(PYTHON) {
        let file = kept.insert(tempfile(body)?);
        for (name, reader) in [
            ("Python json + pandas", "pandas"),
            ("Python orjson + polars", "orjson"),
            ("Python polars.read_json", "polars"),
        ] {
            let mut python = Python::start(&python, &file.0, reader)?;
            readers.push((name, Box::new(move || python.read(rows))));
        }
    }
    let mut times = vec![Vec::new(); readers.len()];
    for turn in 0..=turns {
        for ((name, read), times) in readers.iter_mut().zip(&mut times) {
            let seconds = read().map_err(|e| format!("{name}: {e}"))?;
            // The first is for warming up.
            if turn > 0 {
                times.push(seconds);
            }
        }
    }
    let ours = times.first().cloned().unwrap_or_default();
    let mut quick = Vec::new();
    for ((name, _), times) in readers.iter().zip(times) {
        let ratio = Spread::of(times.iter().zip(&ours).map(|(other, ours)| other / ours).collect()).median;
        let Spread { min, median, .. } = Spread::of(times);
        println!(
            "| {what} | {} | {name} | {:.1} | {:.1} | {ratio:.2} |",
            bytes.len(),
            median * 1e3,
            min * 1e3
        );
        let aim = AIMS.iter().find(|(known, _)| known == name);
        quick.extend(
            aim.filter(|(_, aim)| ratio < *aim)
                .map(|(_, aim)| format!("{name}, {what}: {ratio:.2} times, not {aim}")),
        );
    }
    Ok(quick)
}

/// The time that a read takes; what was read is freed outside of it.
fn timed<T>(rows: usize, read: impl FnOnce() -> Result<T>, count: impl FnOnce(&T) -> usize) -> Result<f64> {
    let start = Instant::now();
    let read = black_box(read()?);
    let seconds = start.elapsed().as_secs_f64();
    let held = count(&read);
    if held == rows { Ok(seconds) } else { Err(format!("{held} rows instead of {rows}").into()) }
}

/// A file that is gone with the program.
struct File(std::path::PathBuf);

impl Drop for File {
    fn drop(&mut self) {
        _ = std::fs::remove_file(&self.0);
    }
}

fn tempfile(body: &str) -> Result<File> {
    let file = File(std::env::temp_dir().join(format!("tradebind-bench-{}.json", std::process::id())));
    std::fs::write(&file.0, body)?;
    Ok(file)
}

/// A Python program that holds the body, and reads it when told to.
struct Python {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Python {
    fn start(python: &std::ffi::OsStr, body: &std::path::Path, reader: &str) -> Result<Self> {
        let script = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("xtask/bench/python/decode.py");
        let mut command = Command::new(python);
        command.arg(script).arg(body).arg(reader).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn()?;
        let input = child.stdin.take();
        let output = BufReader::new(child.stdout.take().ok_or("no output")?);
        Ok(Self { child, input, output })
    }

    /// Gives the seconds that the program measured.
    fn read(&mut self, rows: usize) -> Result<f64> {
        writeln!(self.input.as_mut().ok_or("no input")?, "read")?;
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        let (seconds, held) = line.trim().split_once(' ').ok_or_else(|| format!("it said {line:?}"))?;
        if held.parse() == Ok(rows) { Ok(seconds.parse()?) } else { Err(format!("{held} rows").into()) }
    }
}

impl Drop for Python {
    fn drop(&mut self) {
        // It ends when its input does.
        drop(self.input.take());
        _ = self.child.wait();
    }
}

/// What is sent, borrowed from the body where no escapes forbid it.
#[allow(dead_code, reason = "made to be filled")]
mod borrowed {
    use serde::Deserialize;
    use std::borrow::Cow;

    #[derive(Deserialize)]
    pub struct Answer<'a> {
        pub header: super::bare::Header,
        #[serde(rename = "dataSet", borrow)]
        pub data_set: Vec<Row<'a>>,
    }

    #[derive(Deserialize)]
    pub struct Row<'a> {
        #[serde(borrow)]
        pub freq: Cow<'a, str>,
        #[serde(borrow)]
        pub period: Cow<'a, str>,
        pub ttype: u8,
        #[serde(rename = "ttypeDescEN", borrow)]
        pub ttype_desc: Cow<'a, str>,
        #[serde(borrow)]
        pub co: Cow<'a, str>,
        #[serde(rename = "coDescEN", borrow)]
        pub co_desc: Cow<'a, str>,
        #[serde(borrow)]
        pub codeclass: Cow<'a, str>,
        #[serde(borrow)]
        pub code: Cow<'a, str>,
        #[serde(rename = "codeDescEN", borrow)]
        pub code_desc: Cow<'a, str>,
        #[serde(borrow)]
        pub sv: Cow<'a, str>,
        #[serde(rename = "svDescEN", borrow)]
        pub sv_desc: Cow<'a, str>,
        #[serde(rename = "unitEN", borrow)]
        pub unit: Cow<'a, str>,
        #[serde(borrow)]
        pub figure: Cow<'a, str>,
    }
}
