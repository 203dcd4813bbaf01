//! Kills harvests again and again, and looks whether anything is lost.

use std::collections::HashMap;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use crate::shell::{cargo, root, run, target};

/// What is harvested: some thirty queries, refused codes, codes of one edition, an unknown area, a month that is not out.
const REQUEST: [&str; 16] = [
    "--trade-type",
    "imports,total-exports",
    "--period",
    "2021-10..2022-03",
    "--destination",
    "CN,JP,DE,ZZ",
    "--statistic",
    "VCm,QCm",
    "--hs",
    "854231,999999,851712,851713,100630,711319,847130,854232,710239,220421",
    "--max-rows",
    "60",
    "--pause",
    "0",
    "--in-flight",
    "3",
];
/// The most that a harvest may be killed before it counts as never ending.
const MOST_KILLS: u32 = 400;

/// A server that ends with this.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        _ = self.0.kill();
        _ = self.0.wait();
    }
}

/// Kills at least so many harvests, each at a moment that `seed` picks; every one must end in the same data.
pub fn kill(times: u32, seed: u64) -> Result<()> {
    run(cargo().args(["build", "--locked", "--features", "cli", "--bin", "tradebind"]))?;
    let program = target()?.join("debug").join(format!("tradebind{}", std::env::consts::EXE_SUFFIX));
    let work = target()?.join("kill-loop");
    // Left by an earlier run.
    _ = fs::remove_dir_all(&work);
    fs::create_dir_all(&work).with_context(|| format!("{} cannot be made", work.display()))?;
    let (_server, url) = serve(&program)?;
    let harvest = |folder: &Path| {
        let mut command = Command::new(&program);
        command
            .current_dir(root())
            .env("TRADEBIND_HK_URL", &url)
            .env("TRADEBIND_STATE_DIR", work.join("state"))
            .args(["hk", "harvest", "--quiet", "--out"])
            .arg(folder)
            .args(REQUEST)
            .stdout(Stdio::null())
            .stderr(Stdio::inherit());
        command
    };
    let whole = work.join("whole");
    let began = Instant::now();
    ensure!(harvest(&whole).status()?.success(), "the harvest fails without a kill");
    let took = began.elapsed();
    let expected = Kept::read(&whole)?;
    eprintln!("one harvest: {} queries in {took:?}", expected.queries.len());
    let (mut kills, mut rounds, mut random) = (0, 0, seed | 1);
    while kills < times {
        let folder = work.join(format!("killed-{rounds}"));
        let mut here = 0;
        loop {
            // xorshift: which moment is hit is all that chance is for.
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            // From before the first byte to the end; less and less is left, so that it ends at last.
            let span = took.as_micros().max(1_000);
            let wait = Duration::from_micros(u64::try_from(u128::from(random) % span).unwrap_or_default());
            let mut child = harvest(&folder).spawn().context("the harvest cannot be started")?;
            let deadline = Instant::now() + wait;
            let ended = loop {
                if let Some(status) = child.try_wait()? {
                    break Some(status);
                }
                if Instant::now() >= deadline {
                    break None;
                }
                std::thread::sleep(Duration::from_micros(200));
            };
            if let Some(status) = ended {
                ensure!(status.success(), "a harvest that goes on fails: {status}");
                break;
            }
            child.kill().context("the harvest cannot be killed")?;
            child.wait()?;
            kills += 1;
            here += 1;
            ensure!(here < MOST_KILLS, "a harvest that is killed and goes on never ends");
        }
        let kept = Kept::read(&folder)?;
        ensure!(kept.data == expected.data, "{} holds other data than {}", folder.display(), whole.display());
        for (query, times) in &kept.queries {
            ensure!(*times == 1, "asked {times} times though answered: {query}");
        }
        fs::remove_dir_all(&folder)?;
        rounds += 1;
    }
    eprintln!(
        "killed {kills} times over {rounds} harvests: nothing lost, nothing asked twice, the same bytes"
    );
    Ok(())
}

/// What a folder holds.
struct Kept {
    data: Vec<u8>,
    /// The queries of the journal, and how often each stands there.
    queries: HashMap<String, u32>,
}

impl Kept {
    fn read(folder: &Path) -> Result<Self> {
        let read = |name: &str| -> Result<Vec<u8>> {
            let path: PathBuf = folder.join(name);
            fs::read(&path).with_context(|| format!("{} cannot be read", path.display()))
        };
        let mut queries = HashMap::new();
        for line in String::from_utf8(read("journal")?).context("the journal is not text")?.lines() {
            let json = line.split_once(' ').map(|(_, json)| json).context("a line without a checksum")?;
            let record: serde_json::Value = serde_json::from_str(json).context("a line that is not JSON")?;
            let query = record["query"].as_str().context("a line without a query")?;
            *queries.entry(query.to_owned()).or_default() += 1;
        }
        Ok(Self { data: read("data.csv")?, queries })
    }
}

fn serve(program: &Path) -> Result<(Server, String)> {
    let mut child = Command::new(program).arg("serve").stdout(Stdio::piped()).spawn().context("no server")?;
    let out = child.stdout.take();
    let server = Server(child);
    for line in BufReader::new(out.context("the server has no output")?).lines().map_while(Result::ok) {
        if let Some(url) = line.strip_prefix("hk-trade ") {
            return Ok((server, url.to_owned()));
        }
    }
    bail!("the server tells no address")
}
