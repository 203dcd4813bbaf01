//! `cargo xtask tools engines`: what this crate writes, other engines read with the same totals.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::{need, venv, work};
use crate::shell::{Server, cargo, command, output, root, run as sh};

/// Bodies, rows of each, and how often each is written: enough for several files and row groups a partition.
const BODIES: &str = "70";
const ROWS: &str = "5000";
const TURNS: &str = "1";

/// Moto takes any; it must stand in no message.
const SECRET: &str = "never-to-be-shown";

/// Writes a dataset to a folder and to S3, and has DuckDB, Polars and Spark add it up.
pub fn run() -> Result<()> {
    need("python3", "--version", "Python 3.10 or later")?;
    need("java", "-version", "Java 17")?;
    let folder = work("engines")?;
    let requirements = root().join("xtask/tools/engines/requirements.txt").display().to_string();
    let programs = venv(&folder.join("venv"), &["--requirement".to_owned(), requirements])?;

    let (bodies, dataset) = (folder.join("bodies"), folder.join("dataset"));
    for old in [&bodies, &dataset] {
        if old.exists() {
            std::fs::remove_dir_all(old)?;
        }
    }
    ours(&["make", &text(&bodies), BODIES, ROWS], &[])?;
    let expected = totals(&ours(&["write", &text(&dataset), &text(&bodies), TURNS], &[])?)?;
    ensure!(expected.len() >= 10, "{} partitions are too few to tell anything", expected.len());

    let mut told = Vec::new();
    for engine in ["duckdb", "polars"] {
        compare(engine, &expected, &mut python(&programs, "totals.py", &[engine, &text(&dataset)]))?;
        told.push(engine.to_owned());
    }
    told.push(spark(&programs, &folder, &dataset, &expected)?);
    s3(&programs, &folder, &bodies, &expected)?;
    told.push("Polars over S3 (moto, also what the command line wrote there)".to_owned());
    let rows: u64 = expected.values().map(|(rows, _)| rows).sum();
    println!("{rows} rows in {} partitions: the same totals by {}", expected.len(), told.join(", "));
    Ok(())
}

/// Runs the program that writes datasets; gives what it printed.
fn ours(arguments: &[&str], environment: &[(&str, String)]) -> Result<String> {
    let mut bench = cargo();
    bench.args(["bench", "--quiet", "--locked", "--bench", "dataset", "--features", "object-store", "--"]);
    bench.args(arguments).envs(environment.iter().map(|(name, value)| (name, value)));
    output(&mut bench)
}

/// With a standalone master and two workers on loopback; in one process where those do not start.
fn spark(programs: &Path, folder: &Path, dataset: &Path, expected: &Totals) -> Result<String> {
    let mut say = python(programs, "-c", &["import pyspark; print(pyspark.__path__[0])"]);
    let home = output(&mut say)?.trim().to_owned();
    let class = Path::new(&home).join("bin/spark-class");
    let patience = Duration::from_secs(90);
    let begin = |arguments: &[&str], mark: &str, log: &str| {
        let mut server = command("sh");
        // Its log is on standard error, which is read as its output.
        server.arg("-c").arg("exec \"$0\" \"$@\" 2>&1").arg(&class).args(arguments);
        server.env("SPARK_HOME", &home).env("SPARK_NO_DAEMONIZE", "1").env("SPARK_LOCAL_IP", "127.0.0.1");
        server.env("SPARK_WORKER_DIR", folder.join("spark-work"));
        Server::start(&mut server, [mark], patience, &folder.join(log))
    };
    let package = "org.apache.spark.deploy";
    let master = begin(
        &[&format!("{package}.master.Master"), "--host", "127.0.0.1", "--port", "0", "--webui-port", "0"],
        "Starting Spark master at ",
        "spark-master.log",
    );
    let cluster = master.and_then(|(master, [address])| {
        let workers = ["spark-worker-1.log", "spark-worker-2.log"].map(|log| {
            let class = format!("{package}.worker.Worker");
            let arguments =
                ["--host", "127.0.0.1", "--webui-port", "0", "--cores", "1", "--memory", "1g", &address];
            let arguments: Vec<_> = std::iter::once(class.as_str()).chain(arguments).collect();
            begin(&arguments, "Successfully registered with master ", log)
        });
        let [one, two] = workers;
        Ok((master, one?, two?, address))
    });
    let (name, address) = match &cluster {
        Ok((_, _, _, address)) => ("Spark (a master and two workers)", address.clone()),
        Err(error) => {
            eprintln!("no cluster, so one process: {error:#}");
            ("Spark (local[2])", "local[2]".to_owned())
        }
    };
    let mut run = python(programs, "totals.py", &["spark", &text(dataset), &address]);
    run.env("SPARK_LOCAL_IP", "127.0.0.1").env("PYSPARK_PYTHON", programs.join("python"));
    let printed = compare(name, expected, &mut run)?;
    // One worker alone would give the same totals.
    ensure!(
        cluster.is_err() || printed.lines().any(|line| line == "executors 2"),
        "not both workers took part: {printed}"
    );
    Ok(name.to_owned())
}

/// Writes the same to a bucket of moto's server, and reads it from there.
fn s3(programs: &Path, folder: &Path, bodies: &Path, expected: &Totals) -> Result<()> {
    let mut moto = command("sh");
    // Its address is told on standard error.
    moto.arg("-c").arg("exec \"$0\" \"$@\" 2>&1");
    moto.arg(programs.join("moto_server")).args(["--host", "127.0.0.1", "--port", "0"]);
    let started =
        Server::start(&mut moto, ["Running on "], Duration::from_secs(60), &folder.join("moto.log"));
    let (_moto, [address]) = started.context("moto's server does not serve")?;
    let environment = [
        ("AWS_ENDPOINT_URL", address),
        ("AWS_ALLOW_HTTP", "true".to_owned()),
        ("AWS_REGION", "us-east-1".to_owned()),
        ("AWS_DEFAULT_REGION", "us-east-1".to_owned()),
        // Whatever moto is given.
        ("AWS_ACCESS_KEY_ID", "test".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", SECRET.to_owned()),
        ("NO_PROXY", "127.0.0.1".to_owned()),
        ("no_proxy", "127.0.0.1".to_owned()),
    ];
    let with = |mut command: Command| {
        command.envs(environment.iter().map(|(name, value)| (name, value)));
        command
    };
    sh(&mut with(python(programs, "bucket.py", &["tradebind"])))?;
    let bucket = "s3://tradebind/trade/data";
    let written = totals(&ours(&["write", bucket, &text(bodies), TURNS], &environment)?)?;
    ensure!(written == *expected, "what was written to S3 has other totals: {written:?}");
    compare("Polars over S3", expected, &mut with(python(programs, "totals.py", &["polars", bucket])))?;
    command_line(programs, folder, &environment)
}

/// What the command line writes to S3, a harvest and a query, is there as a whole; what cannot be written is told.
fn command_line(programs: &Path, folder: &Path, environment: &[(&str, String)]) -> Result<()> {
    let with = |mut command: Command| {
        command.envs(environment.iter().map(|(name, value)| (name, value)));
        command
    };
    let tradebind = |arguments: &[&str]| {
        let mut run = with(cargo());
        run.args(["run", "--quiet", "--locked", "--all-features", "--bin", "tradebind", "--"]);
        run.args(arguments);
        run
    };
    // Two harvests at one address, of which neither takes the place of the other; the first is run once more.
    let address = "s3://tradebind/harvest";
    let mut expected = Totals::new();
    for (name, codes, again) in [("state-1", "8542,1006", true), ("state-2", "85", false)] {
        let state = folder.join(name);
        if state.exists() {
            std::fs::remove_dir_all(&state)?;
        }
        let asked = ["--replica", "-q", "--trade-type", "imports,re-exports", "--period", "2022-11..2023-02"];
        let more = ["--hs", codes, "--destination", "CN,JP", "--state", &text(&state), "--out", address];
        let harvest = [&["hk", "harvest"], &asked[..], &more].concat();
        for _ in 0..=usize::from(again) {
            let printed = output(&mut tradebind(&harvest))?;
            ensure!(printed.contains(address), "the harvest does not tell where it went: {printed}");
        }
        let local = text(&state.join("data"));
        let here = totals(&output(&mut python(programs, "totals.py", &["duckdb", &local]))?)?;
        ensure!(here.len() == 4, "two types of trade in two years make {} partitions", here.len());
        for (partition, (rows, sum)) in here {
            let (all, total) = expected.entry(partition).or_insert((0, "0".to_owned()));
            let added = total.parse::<i128>()? + sum.parse::<i128>()?;
            (*all, *total) = (*all + rows, added.to_string());
        }
    }
    compare("harvests on S3", &expected, &mut with(python(programs, "totals.py", &["polars", address])))?;

    let get = ["hk", "get", "--replica", "-q", "--trade-type", "imports", "--period", "2023", "--hs", "85"];
    let address = "s3://tradebind/query";
    // Twice: the second takes the place of the first.
    for _ in 0..2 {
        output(&mut tradebind(&[&get[..], &["-o", address]].concat()))?;
    }
    let mut read = with(python(programs, "totals.py", &["polars", address]));
    let rows: u64 = totals(&output(&mut read)?)?.values().map(|(rows, _)| rows).sum();
    ensure!(rows == 1, "one figure was asked for twice, and {rows} are there");

    let ran = tradebind(&[&get[..], &["-o", "s3://no-such-bucket/query"]].concat()).output()?;
    let said = String::from_utf8_lossy(&ran.stderr);
    ensure!(
        ran.status.code() == Some(3)
            && said.contains("s3://no-such-bucket/query is not written: S3 says NoSuchBucket")
            && !said.contains(SECRET),
        "a bucket that is not there ends with {}: {said}",
        ran.status
    );
    eprintln!("{}", said.trim());
    Ok(())
}

/// Rows and sum of figures by trade type and year.
type Totals = BTreeMap<(String, String), (u64, String)>;

/// Holds the totals of an engine against those expected; gives what it printed.
fn compare(engine: &str, expected: &Totals, run: &mut Command) -> Result<String> {
    let printed = output(run).with_context(|| format!("{engine} cannot read the dataset"))?;
    let found = totals(&printed)?;
    ensure!(found == *expected, "{engine} adds up to\n{found:?}\nexpected\n{expected:?}");
    eprintln!("{engine}: the same totals");
    Ok(printed)
}

fn totals(printed: &str) -> Result<Totals> {
    let line = printed.lines().rfind(|line| line.starts_with('[')).context("no totals were printed")?;
    let rows: Vec<Value> = serde_json::from_str(line)?;
    let read = |row: &Value| {
        let text = |key: &str| Some(row[key].as_str()?.to_owned());
        // Engines write the scale of the column; the sums are exact either way.
        let sum = text("sum")?;
        let plain = match sum.split_once('.') {
            Some((whole, fraction)) if fraction.bytes().all(|digit| digit == b'0') => whole.to_owned(),
            _ => sum,
        };
        Some(((text("trade_type")?, text("year")?), (row["rows"].as_u64()?, plain)))
    };
    rows.iter().map(|row| read(row).with_context(|| format!("no total: {row}"))).collect()
}

/// Python with a script of ours, or with `-c`.
fn python(programs: &Path, script: &str, arguments: &[&str]) -> Command {
    let mut python = command(&text(&programs.join("python")));
    if script == "-c" {
        python.arg("-c")
    } else {
        python.arg(scripts().join(script))
    };
    python.args(arguments);
    python
}

fn scripts() -> PathBuf {
    root().join("xtask/tools/engines")
}

fn text(path: &Path) -> String {
    path.display().to_string()
}
