//! `cargo xtask bench replica`: the local replica beside Prism, with the same answer, under the same load.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::median;
use crate::document;
use crate::shell::{Server, cargo, command, output, root, run as sh, target};
use crate::tools::prism;

/// Total exports of five months: five rows.
const QUERY: &str = "lang=EN&sv=VCm&freq=M&period=202401,202405&ttype=4";
const ROWS: usize = 5;
/// A one-time address and a session of the replica's: the second round trip, which answers, is what is measured.
const FRONT: &str = "/api/get";
/// What TradeWind's side answers without a key.
const HEALTH: &str = "/api/health";
/// How often the start is timed.
const STARTS: usize = 20;
/// Requests between two looks at the memory.
const STEP: u64 = 100_000;
/// Queries that they turn through: more than the replica remembers the answers of.
const QUERIES: u64 = 100;
/// Aims: times Prism's answers, seconds until ready, resident KiB, and KiB that the memory may grow by once it is warm.
const RATIO: f64 = 25.0;
const READY: f64 = 0.15;
const RESIDENT: u64 = 20 << 10;
const GROWTH: u64 = 1 << 10;
/// How long a server may take to be ready.
const PATIENCE: Duration = Duration::from_secs(60);

/// What is measured, and how long.
#[derive(clap::Args)]
pub struct Options {
    /// Connections that ask at once
    #[arg(long, default_value_t = 32)]
    connections: usize,
    /// Times that the two take turns; the median of each counts
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Seconds of each turn
    #[arg(long, default_value_t = 2)]
    seconds: u64,
    /// Requests that the replica's memory is watched over
    #[arg(long, default_value_t = 1_000_000)]
    requests: u64,
}

/// Where a load goes.
struct Goal {
    host: String,
    target: String,
    cookie: String,
}

impl Goal {
    /// The same for one of the months from 2012 on; within a session any query goes.
    fn of_month(&self, at: u64) -> Self {
        let month = format!("{}{:02}", 2012 + at / 12, at % 12 + 1);
        let path = self.target.split('?').next().unwrap_or_default();
        let target = format!("{path}?lang=EN&sv=VCm&freq=M&period={month},{month}&ttype=4");
        Self { host: self.host.clone(), target, cookie: self.cookie.clone() }
    }
}

impl Options {
    /// Measures.
    pub fn run(&self) -> Result<()> {
        let folder = target()?.join("bench-replica");
        fs::create_dir_all(&folder)?;
        let load = build_load(&folder)?;
        sh(cargo().args([
            "build",
            "--quiet",
            "--release",
            "--locked",
            "--features",
            "replica",
            "--example",
            "replica",
        ]))?;
        let program = target()?.join("release/examples/replica");
        let (replica, ready) = ready(&program, &folder)?;
        println!(
            "ready (process start to an answer of both ports), {STARTS} starts: median {:.0} ms, most {:.0} ms",
            1000.0 * median(&ready),
            1000.0 * ready.iter().copied().fold(0.0, f64::max)
        );
        let (server, hk_trade) = replica;
        let ours = session(&hk_trade)?;
        let answer = body(&ours)?;
        let rows = answer["dataSet"].as_array().map_or(0, Vec::len);
        ensure!(rows == ROWS, "{QUERY} is answered with {rows} rows instead of {ROWS}");
        println!("memory once started: {}", shown(memory(&server)?));

        let (_prism, theirs) = start_prism(&answer, &folder)?;
        let same = body(&theirs)?;
        ensure!(same == answer, "Prism answers otherwise: {same}");
        let mut speeds = [Vec::new(), Vec::new()];
        for round in 0..=self.rounds {
            for (goal, speeds) in [&ours, &theirs].into_iter().zip(&mut speeds) {
                let speed = self.speed(&load, goal, &["seconds", &self.seconds.to_string()])?;
                // The first round only warms up.
                if round > 0 {
                    speeds.push(speed);
                }
            }
        }
        let [fast, slow] = speeds.each_ref().map(|all| median(all));
        println!("\n| server | answers/s, median of {} (least to most) |\n| --- | --- |", self.rounds);
        for (name, all) in ["replica", "prism"].iter().zip(&speeds) {
            let (least, most) = all.iter().fold((f64::MAX, 0.0_f64), |(a, b), s| (a.min(*s), b.max(*s)));
            println!("| {name} | {:.0} ({least:.0} to {most:.0}) |", median(all));
        }
        println!("\nratio {:.1} at {} connections (aim: at least 25)\n", fast / slow, self.connections);

        let turns: Vec<Goal> = (0..QUERIES).map(|at| ours.of_month(at)).collect();
        let mut resident = Vec::new();
        for asked in (0..self.requests).step_by(usize::try_from(STEP)?) {
            let step = STEP.min(self.requests - asked);
            for goal in &turns {
                self.speed(&load, goal, &["requests", &step.div_ceil(QUERIES).to_string()])?;
            }
            let now = memory(&server)?;
            println!("after {:>9} requests more, of {QUERIES} queries in turn: {}", asked + step, shown(now));
            resident.extend(now);
        }
        ensure!(fast / slow >= RATIO, "the replica answers less than {RATIO} times as often as Prism");
        ensure!(median(&ready) <= READY, "the replica is not ready within {READY} s");
        if let (Some(first), Some(most)) = (resident.first(), resident.iter().max()) {
            ensure!(*most < RESIDENT, "the replica takes {most} KiB, not less than {RESIDENT}");
            ensure!(most - first <= GROWTH, "the replica's memory grew from {first} to {most} KiB");
        }
        Ok(())
    }

    fn speed(&self, load: &Path, goal: &Goal, until: &[&str; 2]) -> Result<f64> {
        let mut load = command(&load.to_string_lossy());
        load.args([&goal.host, &goal.target, &goal.cookie, &self.connections.to_string()]).args(until);
        let told = output(&mut load)?;
        let (answers, seconds) = told.trim().split_once(' ').context("the load tells nothing")?;
        Ok(answers.parse::<f64>()? / seconds.parse::<f64>()?)
    }
}

/// Builds the program that makes the load.
fn build_load(folder: &Path) -> Result<PathBuf> {
    let (source, program) = (root().join("xtask/bench/load/main.rs"), folder.join("load"));
    let compiler = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    sh(command(&compiler).args(["-O", "--edition", "2024", "-o"]).arg(&program).arg(source))?;
    Ok(program)
}

/// Starts the replica several times; gives the last one, and how long each took.
fn ready(program: &Path, folder: &Path) -> Result<((Server, String), Vec<f64>)> {
    let (front, mut seconds) = (format!("{FRONT}?{QUERY}"), Vec::new());
    loop {
        let start = Instant::now();
        let mut replica = command(&program.to_string_lossy());
        let log = folder.join("replica.log");
        let (server, urls) = Server::start(&mut replica, ["hk-trade ", "tradewind "], PATIENCE, &log)?;
        for (url, target) in urls.iter().zip([front.as_str(), HEALTH]) {
            let goal = Goal { host: host(url), target: target.to_owned(), cookie: String::new() };
            let answer = ask(&goal)?;
            ensure!(
                answer.starts_with("HTTP/1.1 200 ") || answer.starts_with("HTTP/1.1 302 "),
                "{url}: {answer}"
            );
        }
        seconds.push(start.elapsed().as_secs_f64());
        if seconds.len() == STARTS {
            let [hk_trade, _] = urls;
            return Ok(((server, hk_trade), seconds));
        }
    }
}

fn host(url: &str) -> String {
    url.trim_start_matches("http://").trim_end_matches('/').to_owned()
}

/// Begins a session of the replica, and gives the address that answers.
fn session(url: &str) -> Result<Goal> {
    let host = host(url);
    let head = ask(&Goal { host: host.clone(), target: format!("{FRONT}?{QUERY}"), cookie: String::new() })?;
    let header = |name: &str| {
        let mut lines = head.lines().filter_map(|line| line.split_once(':'));
        let found = lines.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim());
        found.map(str::to_owned).with_context(|| format!("the replica sent no {name}: {head}"))
    };
    let cookie = header("set-cookie")?.split(';').next().unwrap_or_default().to_owned();
    Ok(Goal { host, target: header("location")?, cookie })
}

/// One answer, whole.
fn ask(goal: &Goal) -> Result<String> {
    let mut stream = TcpStream::connect(&goal.host)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let Goal { host, target, cookie } = goal;
    write!(stream, "GET {target} HTTP/1.1\r\nhost: {host}\r\naccept: application/json\r\n")?;
    write!(stream, "cookie: {cookie}\r\nconnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

/// The JSON of an answer, but for the times in it, which differ from call to call.
fn body(goal: &Goal) -> Result<Value> {
    let answer = ask(goal)?;
    let (head, body) = answer.split_once("\r\n\r\n").context("the answer has no body")?;
    let mut value: Value = serde_json::from_str(body).with_context(|| format!("no JSON: {head}\n{body}"))?;
    for time in ["started", "finished", "durationSeconds"] {
        if let Some(count) = value.pointer_mut("/header/count").and_then(Value::as_object_mut)
            && count.contains_key(time)
        {
            let fixed = if time == "durationSeconds" {
                json!(0.001)
            } else {
                json!("2026-01-01T00:00:00.0000000+08:00")
            };
            count.insert(time.to_owned(), fixed);
        }
    }
    Ok(value)
}

/// Starts Prism with a document that has this answer as its example.
fn start_prism(answer: &Value, folder: &Path) -> Result<(Server, Goal)> {
    let program = prism::install()?;
    let mut spec = document::read(&root().join("spec/hk-trade.yaml")).map_err(anyhow::Error::msg)?;
    let media = spec.pointer_mut("/paths/~1api~1get/get/responses/200/content/application~1json");
    media.context("the document has no answer of get_trade")?["examples"] =
        json!({ "same": { "value": answer } });
    let file = folder.join("hk-trade.json");
    fs::write(&file, spec.to_string())?;
    let mut mock = command(&program.to_string_lossy());
    // Its own log costs it time; the replica keeps one too, but does not print it.
    mock.args(["mock", "--host", "127.0.0.1", "--port", "0", "--verboseLevel", "info"]).arg(&file);
    let log = folder.join("prism.log");
    let (server, [url]) = Server::start(&mut mock, ["Prism is listening on "], PATIENCE, &log)?;
    Ok((server, Goal { host: host(&url), target: format!("{FRONT}?{QUERY}"), cookie: "none=0".to_owned() }))
}

/// Resident memory of a server in KiB, where Linux tells it.
fn memory(server: &Server) -> Result<Option<u64>> {
    let Ok(text) = fs::read_to_string(format!("/proc/{}/status", server.id())) else { return Ok(None) };
    let kib = text.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
    Ok(Some(kib.trim().trim_end_matches(" kB").parse()?))
}

fn shown(kib: Option<u64>) -> String {
    match kib {
        Some(kib) => format!("{}.{} MiB resident", kib / 1024, kib % 1024 * 10 / 1024),
        None => "resident memory unknown (no /proc)".to_owned(),
    }
}
