//! `tradebind validate` against validators of JSON schemas: time, memory, and which planted faults each finds.

use std::fmt::Write as _;
use std::fs;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use super::median;
use crate::shell::{cargo, output, run as sh, target};
use crate::tools::{need, npm, venv};

/// Versions of the other programs.
const JSONSCHEMA: &str = "0.60.0";
const AJV: &str = "5.0.0";
const CHECK_JSONSCHEMA: &str = "0.39.0";

/// A program that checks bodies of `TradeResponse`.
struct Tool {
    name: String,
    /// As a person calls it; this is measured.
    check: Make,
    /// The same with its findings as JSON, and where that says they are.
    tell: Make,
    places: fn(&str) -> Result<Vec<String>>,
}

/// Makes the command that checks files.
type Make = Box<dyn Fn(&[PathBuf]) -> Command>;

/// Measures all, and prints the tables.
pub fn run(runs: usize) -> Result<()> {
    let work = target()?.join("bench-validate");
    fs::create_dir_all(work.join("many"))?;
    let tools = tools(&work)?;
    // First of all: a program that finds nothing measures nothing.
    let found = planted(&work, &tools)?;
    let small = work.join("small.json");
    fs::write(&small, body(&rows(3, false), 3))?;
    let many: Vec<_> = (0..200).map(|at| work.join(format!("many/{at:03}.json"))).collect();
    for path in &many {
        fs::write(path, body(&rows(200, true), 200))?;
    }
    let large = work.join("large.json");
    write_large(&large, 100_000)?;
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    println!("load before: {}", load.split(' ').next().unwrap_or("unknown"));
    let small = measure("a body of 3 rows", &[small], &tools, runs)?;
    let many = measure("200 bodies of 200 rows", &many, &tools, runs)?;
    let large = measure("a body of 100,000 rows", &[large], &tools, runs)?;
    println!("\n{found}");
    aims(&small, &many, &large)
}

/// What was measured of one payload: seconds of our own, and the times as long that each other takes, turn by turn.
struct Measured {
    own: f64,
    others: Vec<f64>,
}

/// The longest start, in seconds, and how many times as fast as the fastest other the bodies must be checked.
const START: f64 = 0.010;
const MANY: f64 = 1.5;
const LARGE: f64 = 4.0;

/// What takes more seconds than that runs in so many turns only: it is far from the fastest.
const SLOW: f64 = 5.0;
const FEW: usize = 2;

/// Fails where an aim is missed.
fn aims(small: &Measured, many: &Measured, large: &Measured) -> Result<()> {
    ensure!(small.own <= START, "the start takes {:.4} s, more than {START}", small.own);
    for (title, measured, aim) in [("200 bodies", many, MANY), ("large body", large, LARGE)] {
        let times = measured.others.iter().copied().fold(f64::INFINITY, f64::min);
        println!("\n{title}: {times:.2} times as fast as the fastest other (aim: {aim})");
        ensure!(times >= aim, "{title}: {times:.2} times as fast as the fastest other, not {aim}");
    }
    Ok(())
}

/// A command: the program, its first arguments, and what goes before each file.
fn made(program: &Path, first: &[&str], each: Option<&'static str>) -> Make {
    let program = program.to_owned();
    let first: Vec<_> = first.iter().map(|word| (*word).to_owned()).collect();
    Box::new(move |files| {
        let mut command = Command::new(&program);
        command.args(&first);
        for file in files {
            command.args(each).arg(file);
        }
        command
    })
}

fn tools(work: &Path) -> Result<Vec<Tool>> {
    sh(cargo().args(["build", "--release", "--locked", "--features", "cli", "--bin", "tradebind"]))?;
    let own = target()?.join("release/tradebind");
    let schema = work.join("TradeResponse.schema.json");
    fs::write(&schema, output(Command::new(&own).args(["spec", "hk-trade", "--schema", "TradeResponse"]))?)?;
    let place = target()?.join("tools");
    let jsonschema = place.join(format!("jsonschema-cli-{JSONSCHEMA}"));
    if !jsonschema.join("bin/jsonschema-cli").exists() {
        sh(cargo()
            .args(["install", "--quiet", "--locked", "jsonschema-cli", "--version", JSONSCHEMA, "--root"])
            .arg(&jsonschema))?;
    }
    let jsonschema = jsonschema.join("bin/jsonschema-cli");
    let ajv = npm(&place.join("ajv"), "ajv-cli", AJV, "ajv")?;
    need("python3", "--version", "Python 3.10 or later")?;
    let python = venv(&place.join("check-jsonschema"), &[format!("check-jsonschema=={CHECK_JSONSCHEMA}")])?;
    let python = python.join("check-jsonschema");
    let schema = schema.display().to_string();
    let ajv_words = ["validate", "--spec=draft2020", "--strict=false", "--all-errors", "-s", &schema];
    Ok(vec![
        Tool {
            name: "tradebind".to_owned(),
            check: made(&own, &["validate"], None),
            tell: made(&own, &["validate", "--format", "json"], None),
            places: own_places,
        },
        Tool {
            name: format!("jsonschema-cli {JSONSCHEMA}"),
            check: made(&jsonschema, &["validate", &schema], Some("-i")),
            tell: made(&jsonschema, &["validate", &schema, "--output", "list"], Some("-i")),
            places: jsonschema_places,
        },
        Tool {
            name: format!("ajv-cli {AJV}"),
            check: made(&ajv, &ajv_words, Some("-d")),
            tell: made(&ajv, &[&ajv_words[..], &["--errors=line"]].concat(), Some("-d")),
            places: ajv_places,
        },
        Tool {
            name: format!("check-jsonschema {CHECK_JSONSCHEMA}"),
            check: made(&python, &["--schemafile", &schema], None),
            tell: made(&python, &["--output-format", "json", "--schemafile", &schema], None),
            places: check_jsonschema_places,
        },
    ])
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// Line, column and pointer of each finding, and its rule.
fn own_places(said: &str) -> Result<Vec<String>> {
    let report: Value = serde_json::from_str(said)?;
    let places = list(&report["findings"]).map(|finding| {
        let (line, column) = (&finding["line"], &finding["column"]);
        format!("{line}:{column} {} ({})", text(&finding["pointer"]), text(&finding["rule"]))
    });
    Ok(places.collect())
}

/// The places in the body of what is not valid.
fn jsonschema_places(said: &str) -> Result<Vec<String>> {
    let report: Value = serde_json::from_str(said)?;
    let wrong = list(&report["payload"]["details"]).filter(|unit| unit["errors"].is_object());
    Ok(wrong.map(|unit| text(&unit["instanceLocation"]).to_owned()).collect())
}

fn ajv_places(said: &str) -> Result<Vec<String>> {
    // A line of words about the file goes before.
    let errors = said.lines().find(|line| line.starts_with('[')).context("no list of errors")?;
    let errors: Value = serde_json::from_str(errors)?;
    Ok(list(&errors).map(|error| text(&error["instancePath"]).to_owned()).collect())
}

fn check_jsonschema_places(said: &str) -> Result<Vec<String>> {
    let report: Value = serde_json::from_str(said)?;
    Ok(list(&report["errors"]).map(|error| text(&error["path"]).to_owned()).collect())
}

/// Runs all in turn, so that a slow spell of the machine meets each; the time of each.
fn measure(title: &str, files: &[PathBuf], tools: &[Tool], runs: usize) -> Result<Measured> {
    let bytes: u64 = files.iter().filter_map(|file| file.metadata().ok()).map(|found| found.len()).sum();
    // A first run of each tells the memory, and warms the files.
    let mut peaks = Vec::new();
    for tool in tools {
        peaks.push(peak(&mut (tool.check)(files)).with_context(|| tool.name.clone())?);
    }
    let mut walls = vec![Vec::new(); tools.len()];
    let mut works = vec![Vec::new(); tools.len()];
    for turn in 0..runs {
        for (at, tool) in tools.iter().enumerate() {
            if turn >= FEW && walls[at].first().is_some_and(|wall| *wall > SLOW) {
                continue;
            }
            let (wall, work) = timed(&(tool.check)(files)).with_context(|| tool.name.clone())?;
            walls[at].push(wall);
            works[at].push(work);
        }
    }
    // By turns: a machine that is shared may be several times as quick in the next.
    let times = |of: &[Vec<f64>], at: usize| {
        median(&of[at].iter().zip(&of[0]).map(|(other, own)| other / own).collect::<Vec<_>>())
    };
    println!(
        "\n{title}, {:.1} MB, median of {runs} turns, the ratios of each turn; {FEW} of what takes more than {SLOW} s\n\n| tool | time | of one core | times tradebind's: time, core | peak memory |\n| --- | --- | --- | --- | --- |",
        bytes as f64 / 1e6
    );
    for (at, tool) in tools.iter().enumerate() {
        println!(
            "| {} | {:.0} ms | {:.0} ms | {:.1}, {:.1} | {:.1} MiB |",
            tool.name,
            median(&walls[at]) * 1e3,
            median(&works[at]) * 1e3,
            times(&walls, at),
            times(&works, at),
            peaks[at] as f64 / 1024.0
        );
    }
    let others = (1..tools.len()).map(|at| times(&walls, at)).collect();
    Ok(Measured { own: median(&walls[0]), others })
}

/// The most memory that a program held, in KiB.
fn peak(command: &mut Command) -> Result<u64> {
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    loop {
        if let Some(ended) = child.try_wait()? {
            if !ended.success() {
                bail!("the program finds fault with a sound body: {ended}");
            }
            return Ok(peak);
        }
        // The system keeps the highest mark; the last look before the end is close to it.
        let text = fs::read_to_string(&status).unwrap_or_default();
        let mark = text
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:")?.split_whitespace().next()?.parse().ok());
        peak = peak.max(mark.unwrap_or(0));
        std::thread::sleep(Duration::from_micros(500));
    }
}

/// How long a program ran, and how long it held a core, in seconds: beside other work only the second is the program's own.
fn timed(command: &Command) -> Result<(f64, f64)> {
    let mut bash = Command::new("bash");
    bash.arg("-c").arg("TIMEFORMAT='%3R %3U %3S'; time \"$@\" >/dev/null 2>/dev/null </dev/null").arg("bash");
    bash.arg(command.get_program()).args(command.get_args());
    let ended = bash.output()?;
    let said = String::from_utf8_lossy(&ended.stderr);
    let numbers: Vec<f64> = said.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    match numbers[..] {
        [wall, user, system] if ended.status.success() => Ok((wall, user + system)),
        _ => bail!("the program was not timed: {said}"),
    }
}

/// A row of a table by commodity; figures and names are made up.
fn row(number: usize, wide: bool) -> String {
    let description = if wide { "LIVE ANIMALS, OF A KIND THAT HAS A LONG NAME" } else { "LIVE ANIMALS" };
    format!(
        r#"{{"freq":"M","period":"202401","ttype":1,"ttypeDescEN":"Imports","cc":"CN","ccDescEN":"THE MAINLAND OF CHINA","codeclass":"HKHS8","code":"01{number:06}","codeDescEN":"{description}","sv":"VCm","svDescEN":"Value (Monthly)","unitEN":"HK$ '000","figure":"{}"}}"#,
        number * 7919 % 900_001
    )
}

fn rows(count: usize, wide: bool) -> Vec<String> {
    (0..count).map(|number| row(number, wide)).collect()
}

fn head(count: usize) -> String {
    format!(
        r#""header":{{"status":{{"name":"Success","code":0,"description":"Query success"}},"count":{{"noOfRecords":{count},"durationSeconds":0.25}},"title":"Imports","tablenote":["A note."]}}"#
    )
}

fn body(rows: &[String], count: usize) -> String {
    format!("{{{},\"dataSet\":[\n{}\n]}}\n", head(count), rows.join(",\n"))
}

fn write_large(path: &Path, count: usize) -> Result<()> {
    let mut file = BufWriter::new(fs::File::create(path)?);
    write!(file, "{{{},\"dataSet\":[", head(count))?;
    for number in 0..count {
        write!(file, "{}{}", if number == 0 { "" } else { "," }, row(number, true))?;
    }
    file.write_all(b"]}\n")?;
    Ok(file.flush()?)
}

/// What each tool finds of planted faults, in a body of ten rows with one row a line; the fault is in line 6 or the head.
fn planted(work: &Path, tools: &[Tool]) -> Result<String> {
    let rows = rows(10, false);
    let changed = |from: &str, to: &str| {
        let mut rows = rows.clone();
        rows[4] = rows[4].replace(from, to);
        body(&rows, 10)
    };
    let faults = [
        ("none", body(&rows, 10)),
        ("missing field (sv)", changed(r#""sv":"VCm","#, "")),
        ("wrong type (figure a number)", changed(r#""figure":"31676""#, r#""figure":31676"#)),
        ("unknown value (sv VCq)", changed(r#""sv":"VCm""#, r#""sv":"VCq""#)),
        ("wrong format (period 202413)", changed("202401", "202413")),
        ("duplicate key (figure)", changed(r#""figure":"#, r#""figure":"1","figure":"#)),
        (
            "`Fail` envelope",
            r#"{"header":{"status":{"name":"Fail","code":1,"description":"Fail","message":["Period code (202606) is not defined"]}}}"#.to_owned(),
        ),
        ("wrong count", body(&rows, 11)),
        ("impossible code (7700…)", changed(r#""code":"01"#, r#""code":"77"#)),
    ];
    let names: Vec<_> = tools.iter().map(|tool| tool.name.as_str()).collect();
    let mut table = format!("| planted | {} |\n|{}", names.join(" | "), " --- |".repeat(tools.len() + 1));
    let path = work.join("planted.json");
    let files = std::slice::from_ref(&path);
    for (at, (name, text)) in faults.iter().enumerate() {
        fs::write(&path, text)?;
        write!(table, "\n| {name}")?;
        for tool in tools {
            let told = told(tool, files).with_context(|| format!("{} on {name}", tool.name))?;
            match (told.as_slice(), at) {
                ([], 1 | 2) => bail!("{} does not find {name}: its time would mean nothing", tool.name),
                ([], 0) => write!(table, " | passes")?,
                ([], _) => write!(table, " | not found")?,
                (_, 0) => bail!("{} finds fault with a sound body: {}", tool.name, told.join(", ")),
                // Errors of one place may come from several keywords.
                (places, _) => write!(table, " | {}", unique(places).join(", "))?,
            }
        }
        table.push_str(" |");
    }
    Ok(table)
}

fn unique(places: &[String]) -> Vec<String> {
    let mut unique: Vec<String> = Vec::new();
    for place in places {
        let place = if place.is_empty() { "the whole" } else { place };
        if !unique.iter().any(|known| known == place) {
            unique.push(place.to_owned());
        }
    }
    unique
}

/// Where a tool finds fault; nothing where it finds none. Both of its ways to be called must say the same.
fn told(tool: &Tool, files: &[PathBuf]) -> Result<Vec<String>> {
    let plain = (tool.check)(files).output()?;
    let ended = (tool.tell)(files).output()?;
    if plain.status.success() && ended.status.success() {
        return Ok(Vec::new());
    }
    let said = [&ended.stdout[..], b"\n", &ended.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    let places = (tool.places)(&String::from_utf8_lossy(if ended.stdout.is_empty() {
        &ended.stderr
    } else {
        &ended.stdout
    }));
    match places {
        Ok(places) if !places.is_empty() && !plain.status.success() => Ok(places),
        _ => bail!("it ended with {} and {}, and said\n{said}", plain.status, ended.status),
    }
}

#[cfg(test)]
mod tests {
    use super::{Measured, aims};

    #[test]
    fn a_missed_aim_fails() {
        let of = |own, others: &[f64]| Measured { own, others: others.to_vec() };
        assert!(aims(&of(0.009, &[0.3]), &of(1.0, &[9.0, 1.5]), &of(1.0, &[4.0])).is_ok());
        let told = |small: f64, many: f64, large: f64| {
            aims(&of(small, &[0.3]), &of(1.0, &[9.0, many]), &of(1.0, &[large])).unwrap_err().to_string()
        };
        assert!(told(0.011, 1.5, 4.0).starts_with("the start takes"));
        assert!(told(0.010, 1.4, 4.0).starts_with("200 bodies: 1.40 times"));
        assert!(told(0.010, 1.5, 3.9).starts_with("large body: 3.90 times"));
    }
}
