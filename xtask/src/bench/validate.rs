//! `tradebind validate` against validators of JSON schemas: time, memory, and which planted faults each finds.

use std::fmt::Write as _;
use std::fs;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::median;
use crate::shell::{cargo, command, output, root, run as sh, target};
use crate::tools::{need, npm};

/// A program that checks bodies of `TradeResponse`.
struct Tool {
    name: &'static str,
    command: Make,
}

/// Makes the command that checks files.
type Make = Box<dyn Fn(&[PathBuf]) -> Command>;

/// Measures all, and prints the tables.
pub fn run(runs: usize) -> Result<()> {
    let work = target()?.join("bench-validate");
    fs::create_dir_all(&work)?;
    let tools = tools(&work)?;
    let small = work.join("small.json");
    fs::write(&small, body(&rows(3, false), 3))?;
    let many: Vec<_> = (0..200).map(|at| work.join(format!("many/{at:03}.json"))).collect();
    fs::create_dir_all(work.join("many"))?;
    for path in &many {
        fs::write(path, body(&rows(200, true), 200))?;
    }
    let large = work.join("large.json");
    write_large(&large, 100_000)?;
    for (title, files) in [
        ("a body of 3 rows", vec![small]),
        ("200 bodies of 200 rows", many),
        ("a body of 100,000 rows", vec![large]),
    ] {
        measure(title, &files, &tools, runs)?;
    }
    planted(&work, &tools)
}

fn tools(work: &Path) -> Result<Vec<Tool>> {
    sh(cargo().args(["build", "--release", "--locked", "--features", "cli", "--bin", "tradebind"]))?;
    let own = target()?.join("release/tradebind");
    let schema = work.join("TradeResponse.schema.json");
    fs::write(&schema, output(Command::new(&own).args(["spec", "hk-trade", "--schema", "TradeResponse"]))?)?;
    let place = target()?.join("tools");
    let jsonschema = place.join("jsonschema-cli");
    if !jsonschema.join("bin/jsonschema-cli").exists() {
        sh(cargo()
            .args(["install", "--quiet", "--locked", "jsonschema-cli", "--version", "0.60.0"])
            .arg("--root")
            .arg(&jsonschema))?;
    }
    let ajv = npm(&place.join("ajv"), "ajv-cli", "5.0.0", "ajv")?;
    need("python3", "--version", "Python 3.10 or later")?;
    let venv = place.join("check-jsonschema");
    if !venv.join("bin/check-jsonschema").exists() {
        sh(command("python3").args(["-m", "venv"]).arg(&venv))?;
        sh(Command::new(venv.join("bin/pip")).args(["install", "--quiet", "check-jsonschema==0.39.0"]))?;
    }
    let made = |program: PathBuf, first: Vec<String>, each: Option<&'static str>| {
        Box::new(move |files: &[PathBuf]| {
            let mut command = Command::new(&program);
            command.args(&first);
            for file in files {
                command.args(each).arg(file);
            }
            command
        }) as Make
    };
    let schema = schema.display().to_string();
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    Ok(vec![
        Tool { name: "tradebind", command: made(own, words(&["validate"]), None) },
        Tool {
            name: "jsonschema-cli 0.60.0",
            command: made(jsonschema.join("bin/jsonschema-cli"), words(&["validate", &schema]), Some("-i")),
        },
        Tool {
            name: "ajv-cli 5.0.0",
            command: made(
                ajv,
                words(&["validate", "--spec=draft2020", "--strict=false", "--all-errors", "-s", &schema]),
                Some("-d"),
            ),
        },
        Tool {
            name: "check-jsonschema 0.39.0",
            command: made(venv.join("bin/check-jsonschema"), words(&["--schemafile", &schema]), None),
        },
    ])
}

/// Runs all in turn, so that a slow spell of the machine meets each.
fn measure(title: &str, files: &[PathBuf], tools: &[Tool], runs: usize) -> Result<()> {
    let bytes: u64 = files.iter().filter_map(|file| file.metadata().ok()).map(|found| found.len()).sum();
    // A first run of each tells the memory, and warms the files.
    let mut peaks = Vec::new();
    for tool in tools {
        peaks.push(peak(&mut (tool.command)(files)).context(tool.name)?);
    }
    let mut walls = vec![Vec::new(); tools.len()];
    let mut works = vec![Vec::new(); tools.len()];
    for _ in 0..runs {
        for (at, tool) in tools.iter().enumerate() {
            let (wall, work) = timed(&(tool.command)(files)).context(tool.name)?;
            walls[at].push(wall);
            works[at].push(work);
        }
    }
    let (wall, work) = (median(&walls[0]), median(&works[0]));
    println!(
        "\n{title}, {:.1} MB, median of {runs}\n\n| tool | time | of one core | times tradebind's: time, core | peak memory |\n| --- | --- | --- | --- | --- |",
        bytes as f64 / 1e6
    );
    for (at, tool) in tools.iter().enumerate() {
        println!(
            "| {} | {:.0} ms | {:.0} ms | {:.1}, {:.1} | {:.1} MiB |",
            tool.name,
            median(&walls[at]) * 1e3,
            median(&works[at]) * 1e3,
            median(&walls[at]) / wall,
            median(&works[at]) / work,
            peaks[at] as f64 / 1024.0
        );
    }
    Ok(())
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
fn planted(work: &Path, tools: &[Tool]) -> Result<()> {
    let rows = rows(10, false);
    let changed = |from: &str, to: &str| {
        let mut rows = rows.clone();
        rows[4] = rows[4].replace(from, to);
        body(&rows, 10)
    };
    let faults = [
        ("missing field (sv)", changed(r#""sv":"VCm","#, "")),
        ("wrong type (figure a number)", changed(r#""figure":"31676""#, r#""figure":31676"#)),
        ("unknown value (sv VCq)", changed(r#""sv":"VCm""#, r#""sv":"VCq""#)),
        ("wrong format (period 202413)", changed("202401", "202413")),
        ("duplicate key (figure)", changed(r#""figure":"#, r#""figure":"1","figure":"#)),
        (
            "Fail envelope",
            r#"{"header":{"status":{"name":"Fail","code":1,"description":"Fail","message":["Period code (202606) is not defined"]}}}"#.to_owned(),
        ),
        ("wrong count", body(&rows, 11)),
        ("impossible code (7701…)", changed(r#""code":"01"#, r#""code":"77"#)),
    ];
    let mut table = format!(
        "\n| planted | {} |\n|{}",
        tools.iter().map(|tool| tool.name).collect::<Vec<_>>().join(" | "),
        " --- |".repeat(tools.len() + 1)
    );
    for (name, text) in &faults {
        let path = work.join("planted.json");
        fs::write(&path, text)?;
        write!(table, "\n| {name}")?;
        for tool in tools {
            let ended = (tool.command)(std::slice::from_ref(&path)).current_dir(root()).output()?;
            let said = String::from_utf8_lossy(&[ended.stdout, ended.stderr].concat()).into_owned();
            eprintln!("== {} on {name}: {}\n{said}", tool.name, ended.status);
            write!(
                table,
                " | {}",
                if ended.status.success() { "not found".to_owned() } else { pointed(&said, &path) }
            )?;
        }
        table.push_str(" |");
    }
    println!("{table}");
    Ok(())
}

/// Where what a tool said points.
fn pointed(said: &str, path: &Path) -> String {
    let name = path.display().to_string();
    let line = said.lines().find_map(|line| {
        let rest = line.strip_prefix(&name)?.strip_prefix(':')?;
        let mut parts = rest.split(':');
        Some(format!("line {}, column {}", parts.next()?, parts.next()?))
            .filter(|_| rest.starts_with(|c: char| c.is_ascii_digit()))
    });
    let pointer = said.split([' ', '"', '\'', ',']).find(|word| {
        let word = word.trim_end_matches(':');
        word.starts_with("/dataSet")
            || word.starts_with("/header")
            || word.starts_with("$.dataSet")
            || word.starts_with("$.header")
    });
    match (line, pointer) {
        (Some(line), Some(pointer)) => format!("{line}, {}", pointer.trim_end_matches(':')),
        (Some(line), None) => line,
        (None, Some(pointer)) => pointer.trim_end_matches(':').to_owned(),
        (None, None) => "found, without a place".to_owned(),
    }
}
