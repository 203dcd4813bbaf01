//! Harvests that are killed: at each step of the journal, at bytes of each file, at any moment. `cargo xtask kill-loop` does it
//! 200 times, the tests 20 times.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tradebind::replica::Replica;

use crate::support::cli::{folder, tradebind};

/// How many kills, and which.
const KILLS: &str = "TRADEBIND_KILLS";
const SEED: &str = "TRADEBIND_KILLS_SEED";

/// Some forty queries: refused codes, codes of one edition, an unknown area.
const REQUEST: &str = "--quiet --pause 0 --trade-type imports,total-exports --period 2021-10..2022-03 --destination CN,JP,DE,ZZ \
    --statistic VCm,QCm --hs 854231,999999,851712,851713,100630,711319,847130,854232,710239,220421 --max-rows 60";

/// How often a step of the journal is aimed at, which may be over before it is seen.
const AIMS: u32 = 4;
const SIGKILL: i32 = 9;
/// Ends who writes beyond the bytes that a file may have.
const SIGXFSZ: i32 = 25;

struct Loop {
    replica: Arc<Replica>,
    work: PathBuf,
    /// Options beyond the request.
    more: &'static str,
    random: u64,
    /// How long a harvest takes.
    took: Duration,
    /// Bytes of its journal and of its data.
    journal: u64,
    data: u64,
    hits: Hits,
}

/// Where harvests were killed.
#[derive(Default)]
struct Hits {
    /// Lines that the journal had, killed between two of them.
    steps: BTreeSet<usize>,
    /// The byte at which a file was cut off, by file.
    bytes: BTreeMap<&'static str, Vec<u64>>,
    moments: u32,
}

fn server() -> Arc<Replica> {
    let (tell, started) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            tell.send(Arc::new(Replica::start().await.unwrap())).unwrap();
            std::future::pending::<()>().await;
        });
    });
    started.recv().unwrap()
}

/// Whole lines of the journal, and the bytes behind them.
fn journal(folder: &Path) -> (usize, usize) {
    let bytes = std::fs::read(folder.join("journal")).unwrap_or_default();
    let lines = bytes.iter().filter(|byte| **byte == b'\n').count();
    let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    (lines, bytes.len() - whole)
}

impl Loop {
    fn command(&self, folder: &Path, most: Option<u64>) -> Command {
        let mut harvest = tradebind();
        harvest.args(["hk", "harvest", "--out"]).arg(folder);
        harvest.args(REQUEST.split_whitespace().chain(self.more.split_whitespace()));
        let mut command = match most {
            None => harvest,
            Some(bytes) => {
                let mut command = Command::new("prlimit");
                command.args([&format!("--fsize={bytes}"), "--core=0"]);
                command.arg(harvest.get_program()).args(harvest.get_args());
                command
            }
        };
        command.env("TRADEBIND_HK_URL", self.replica.hk_url());
        command.env("TRADEBIND_STATE_DIR", self.work.join("state"));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        command
    }

    fn roll(&mut self, below: u64) -> u64 {
        // xorshift: which byte or moment is hit is all that chance is for.
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random % below.max(1)
    }

    /// Kills as soon as something is there.
    fn kill_when(&self, mut child: Child, there: impl Fn() -> bool) -> ExitStatus {
        loop {
            if let Some(ended) = child.try_wait().unwrap() {
                return told(child, ended);
            }
            if there() {
                child.kill().unwrap();
                let ended = child.wait().unwrap();
                return told(child, ended);
            }
            std::thread::sleep(Duration::from_micros(100));
        }
    }

    /// A harvest that is killed once the journal has so many lines; none are none, before it is there.
    fn at_step(&mut self, folder: &Path, lines: usize) -> bool {
        let child = self.command(folder, None).spawn().unwrap();
        let ended = self.kill_when(child, || match lines {
            0 => folder.join(".lock").exists(),
            lines => journal(folder).0 >= lines,
        });
        let killed = ended.signal() == Some(SIGKILL);
        if killed {
            self.hits.steps.insert(journal(folder).0);
        }
        killed
    }

    /// A harvest that is ended by the system when one of its files would grow beyond a byte.
    fn at_byte(&mut self, folder: &Path) -> bool {
        // As often within the journal as in the data, which is longer.
        let most = if self.roll(2) == 0 { self.journal } else { self.data };
        let byte = self.roll(most);
        let child = self.command(folder, Some(byte)).spawn().unwrap();
        let ended = self.kill_when(child, || false);
        let killed = ended.signal() == Some(SIGXFSZ);
        if killed {
            let left = |folder: &Path| {
                let mut entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
                entries.any(|entry| entry.file_name().to_string_lossy().starts_with(".tradebind-"))
            };
            let file = if journal(folder).1 > 0 {
                "journal"
            } else if left(&folder.join("bodies")) {
                "a body"
            } else if left(folder) {
                "plan, data or manifest"
            } else {
                "between files, or the ledger"
            };
            self.hits.bytes.entry(file).or_default().push(byte);
        }
        killed
    }

    /// A harvest that is killed at any moment.
    fn at_moment(&mut self, folder: &Path) -> bool {
        let wait = Duration::from_micros(self.roll(u64::try_from(self.took.as_micros()).unwrap()));
        let child = self.command(folder, None).spawn().unwrap();
        let deadline = Instant::now() + wait;
        let ended = self.kill_when(child, || Instant::now() >= deadline);
        let killed = ended.signal() == Some(SIGKILL);
        self.hits.moments += u32::from(killed);
        killed
    }
}

/// How a process ended; by itself only if all was well.
fn told(child: Child, ended: ExitStatus) -> ExitStatus {
    let output = child.wait_with_output().unwrap();
    let by_us = matches!(ended.signal(), Some(SIGKILL | SIGXFSZ));
    assert!(ended.success() || by_us, "{ended}: {}", String::from_utf8_lossy(&output.stderr));
    ended
}

/// The queries of a journal, and how often each stands there.
fn queries(folder: &Path) -> BTreeMap<String, u32> {
    let mut queries = BTreeMap::new();
    for line in std::fs::read_to_string(folder.join("journal")).unwrap().lines() {
        let record: serde_json::Value = serde_json::from_str(line.split_once(' ').unwrap().1).unwrap();
        *queries.entry(record["query"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    queries
}

#[test]
fn killed_harvests_lose_nothing_and_double_nothing() {
    let number = |name: &str, otherwise: u64| {
        std::env::var(name).map_or(otherwise, |text| text.parse().expect("a number"))
    };
    let kills = usize::try_from(number(KILLS, 20)).unwrap();
    let work = folder("harvest-kills");
    let mut looping = Loop {
        replica: server(),
        work: work.clone(),
        more: "",
        random: number(SEED, 1) | 1,
        took: Duration::ZERO,
        journal: 0,
        data: 0,
        hits: Hits::default(),
    };
    let whole = work.join("whole");
    let began = Instant::now();
    assert!(ended(looping.command(&whole, None)).success());
    looping.took = began.elapsed();
    let expected = std::fs::read(whole.join("data.csv")).unwrap();
    let size = |name: &str| std::fs::metadata(whole.join(name)).unwrap().len();
    (looping.journal, looping.data) = (size("journal"), size("data.csv"));
    let (lines, _) = journal(&whole);
    let asked = queries(&whole);
    assert!(lines > 30 && asked.values().all(|times| *times == 1), "{lines}");
    // Half of the kills go to the steps, each of them once if there are enough, evenly spread if not.
    let aimed = (lines + 1).min(kills / 2);
    let mut steps: BTreeMap<usize, u32> = (0..aimed).map(|at| (at * (lines + 1) / aimed, 0)).collect();
    let (mut killed, mut rounds) = (0, 0);
    while killed < kills || !steps.is_empty() {
        let folder = work.join(format!("killed-{rounds}"));
        let mut here = 0;
        loop {
            let there = journal(&folder).0;
            let next = steps.range(there..).next().map(|(step, _)| *step).filter(|_| here % 2 == 0);
            let was_killed = match next {
                Some(step) => {
                    let was_killed = looping.at_step(&folder, step);
                    let tried = steps.entry(step).or_default();
                    *tried += 1;
                    if looping.hits.steps.contains(&step) || *tried >= AIMS {
                        steps.remove(&step);
                    }
                    was_killed
                }
                None if killed >= kills => false,
                None if looping.roll(3) == 0 => looping.at_moment(&folder),
                None => looping.at_byte(&folder),
            };
            if !was_killed {
                break;
            }
            (killed, here) = (killed + 1, here + 1);
        }
        assert!(ended(looping.command(&folder, None)).success());
        assert!(
            std::fs::read(folder.join("data.csv")).unwrap() == expected,
            "{}: other data",
            folder.display()
        );
        let kept = queries(&folder);
        assert!(kept.values().all(|times| *times == 1), "asked though answered: {kept:?}");
        std::fs::remove_dir_all(&folder).unwrap();
        rounds += 1;
    }
    in_other_ways(&mut looping);
    let Hits { steps, bytes, moments } = &looping.hits;
    // A machine under load may miss some; where it misses most, this is no test.
    assert!(steps.len() * 2 >= aimed, "killed at {} of {aimed} steps: {steps:?}", steps.len());
    println!(
        "killed {killed} times over {rounds} harvests of {lines} records each: nothing lost, nothing doubled, the same bytes\n\
         - by SIGKILL with so many records in the journal: {steps:?}\n- by SIGKILL at any moment: {moments}"
    );
    for (file, bytes) in bytes {
        println!("- by the system at a byte, {file}: {} times, at {bytes:?}", bytes.len());
    }
}

/// A dataset of Parquet files, and the refresh of a harvest that is done: killed, and gone on with to the same data.
fn in_other_ways(looping: &mut Loop) {
    let data = |folder: &Path| {
        let text = std::fs::read(folder.join("manifest.json")).unwrap();
        let manifest: serde_json::Value = serde_json::from_slice(&text).unwrap();
        manifest["summary"]["data"]["sha256"].clone()
    };
    for more in ["--format parquet", "--refresh"] {
        let killed = looping.work.join(format!("killed{}", more.replace(' ', "-")));
        let uncut = killed.with_extension("uncut");
        if more == "--refresh" {
            looping.more = "";
            assert!(ended(looping.command(&uncut, None)).success());
            assert!(ended(looping.command(&killed, None)).success());
        }
        looping.more = more;
        assert!(ended(looping.command(&uncut, None)).success());
        let is_killed = (0..AIMS).any(|_| {
            if more != "--refresh" {
                _ = std::fs::remove_dir_all(&killed);
            }
            let there = journal(&killed).0;
            looping.at_step(&killed, there + 3)
        });
        assert!(is_killed, "{more}: ended before it was killed");
        for _ in 0..AIMS {
            looping.at_moment(&killed);
        }
        assert!(ended(looping.command(&killed, None)).success());
        assert_eq!(data(&killed), data(&uncut), "{more}");
    }
}

/// A harvest that nobody kills.
fn ended(mut command: Command) -> ExitStatus {
    let mut child = command.spawn().unwrap();
    let ended = child.wait().unwrap();
    told(child, ended)
}
