//! Bodies of answers into a dataset of Parquet files.
//!
//! `cargo xtask bench dataset` measures ten million rows; `cargo xtask tools engines` has the dataset read by others.
//!
//! - `make FOLDER BODIES ROWS` writes so many bodies of so many rows.
//! - `write OUT FOLDER TURNS` reads them in turn, so often, writes what they hold to a folder or an S3 address, and
//!   prints what it cost, and the totals by trade type and year as JSON.
//!
//! Without `--bench`, as `cargo test --benches` runs it, a small dataset is made.

#![allow(missing_docs, reason = "a program")]

use std::collections::BTreeMap;
use std::error::Error;
use std::io::{self, Read as _, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tradebind::domain::Decimal;
use tradebind::table::{Bucket, Column, Dataset, Finish, Folder, Provenance, Store, Table};

#[path = "../tests/support/bodies.rs"]
mod bodies;

use bodies::{Body, QUANTITY, VALUE};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    let arguments: Vec<_> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["make", folder, bodies, rows] => make(Path::new(folder), bodies.parse()?, rows.parse()?),
        ["write", out, folder, turns] => write(out, Path::new(folder), turns.parse()?),
        _ => {
            let folder = std::env::temp_dir().join(format!("tradebind-dataset-{}", std::process::id()));
            make(&folder.join("bodies"), 3, 100)?;
            write(&folder.join("out").display().to_string(), &folder.join("bodies"), 1)?;
            Ok(std::fs::remove_dir_all(folder)?)
        }
    }
}

/// Writes bodies: every type of trade in turn, month after month; value alone in one, quantity beside it in the next.
fn make(folder: &Path, bodies: usize, rows: usize) -> Result<()> {
    std::fs::create_dir_all(folder)?;
    for number in 0..bodies {
        let month = number / 5;
        let period = format!("{}{:02}", 2015 + month / 12, month % 12 + 1);
        let statistics: &[_] = if number % 2 == 0 { &[VALUE] } else { &[VALUE, QUANTITY] };
        let trade_type = u8::try_from(number % 5 + 1)?;
        let body = Body { rows, trade_type, period: &period, statistics, ..Body::default() };
        std::fs::write(folder.join(format!("{number:05}.json")), body.text())?;
    }
    Ok(())
}

fn write(out: &str, folder: &Path, turns: usize) -> Result<()> {
    let mut bodies: Vec<_> =
        std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
    bodies.sort();
    if out.starts_with("s3://") {
        run(Timed::new(Bucket::from_env(out)?), &bodies, turns)
    } else {
        run(Timed::new(Folder::new(out)), &bodies, turns)
    }
}

/// Rows and sums by trade type and year.
type Totals = BTreeMap<(String, String), (u64, Decimal)>;

fn run<S: Store>(store: Timed<S>, bodies: &[PathBuf], turns: usize) -> Result<()> {
    let disk = Shared::clone(&store.disk);
    let mut dataset = Dataset::new(store);
    let (mut read, mut decode, mut whole) = (Duration::ZERO, Duration::ZERO, Duration::ZERO);
    let mut totals = Totals::new();
    let mut rows = 0;
    // One room for all bodies: to ask for some 30 MB anew each time leaves holes.
    let mut bytes = Vec::new();
    for body in bodies.iter().cycle().take(bodies.len() * turns) {
        let start = Instant::now();
        bytes.clear();
        std::fs::File::open(body)?.read_to_end(&mut bytes)?;
        read += start.elapsed();
        let start = Instant::now();
        let table = Table::decode(&bytes)?;
        decode += start.elapsed();
        let start = Instant::now();
        let provenance = Provenance::default().source("invented, for load only");
        dataset.write(&table, &provenance)?;
        whole += start.elapsed();
        rows += table.len();
        sum(&table, &mut totals);
    }
    let start = Instant::now();
    let written = dataset.finish()?;
    whole += start.elapsed();
    let disk = Duration::from_nanos(disk.load(Ordering::Relaxed));
    let encode = whole.saturating_sub(disk);
    let busy = (read + decode + whole).as_secs_f64();
    let share = |part: Duration| part.as_secs_f64() / busy * 100.0;
    let bytes: usize = written.iter().map(|file| file.bytes).sum();
    eprintln!(
        "{rows} rows in {busy:.2} s: {:.0} rows a second; read {:.0} %, decode {:.0} %, encode {:.0} %, write and sync {:.0} %; {} files, {bytes} bytes; resident at most {} MiB",
        rows as f64 / busy,
        share(read),
        share(decode),
        share(encode),
        share(disk),
        written.len(),
        resident().unwrap_or_default() >> 10
    );
    let lines: Vec<_> = totals
        .iter()
        .map(|((kind, year), (rows, sum))| {
            serde_json::json!({ "trade_type": kind, "year": year, "rows": rows, "sum": sum.to_string() })
        })
        .collect();
    println!("{}", serde_json::Value::from(lines));
    Ok(())
}

fn sum(table: &Table, totals: &mut Totals) {
    let mut here: BTreeMap<(String, String), (u64, Decimal)> = BTreeMap::new();
    let text = |row, column| table.cell(row, column).unwrap_or_default();
    for row in 0..table.len() {
        let period = text(row, Column::Period);
        let key = (text(row, Column::TradeType).into_owned(), period.get(..4).unwrap_or_default().to_owned());
        let total = here.entry(key).or_default();
        total.0 += 1;
        total.1 += table.number(row).unwrap_or_default();
    }
    for (key, (rows, sum)) in here {
        let total = totals.entry(key).or_default();
        total.0 += rows;
        total.1 += sum;
    }
}

/// The most that was resident, in KiB, where the system tells.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches(" kB").parse().ok()
}

/// A store whose time is told.
struct Timed<S> {
    store: S,
    disk: Shared,
}

type Shared = Arc<AtomicU64>;

impl<S> Timed<S> {
    fn new(store: S) -> Self {
        Self { store, disk: Shared::default() }
    }
}

struct TimedFile<F> {
    file: F,
    disk: Shared,
}

fn timed<T>(disk: &AtomicU64, what: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let done = what();
    let nanos = u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX);
    disk.fetch_add(nanos, Ordering::Relaxed);
    done
}

impl<S: Store> Store for Timed<S> {
    type File = TimedFile<S::File>;

    fn begin(&self, path: &str) -> io::Result<Self::File> {
        let file = timed(&self.disk, || self.store.begin(path))?;
        Ok(TimedFile { file, disk: Shared::clone(&self.disk) })
    }

    fn holds(&self, path: &str) -> io::Result<bool> {
        timed(&self.disk, || self.store.holds(path))
    }

    fn files(&self) -> io::Result<Vec<String>> {
        timed(&self.disk, || self.store.files())
    }

    fn remove(&self, path: &str) -> io::Result<()> {
        timed(&self.disk, || self.store.remove(path))
    }

    fn open_at_most(&self) -> usize {
        self.store.open_at_most()
    }
}

impl<F: Write> Write for TimedFile<F> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        timed(&self.disk, || self.file.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        timed(&self.disk, || self.file.flush())
    }
}

impl<F: Finish> Finish for TimedFile<F> {
    fn finish(self) -> io::Result<()> {
        timed(&self.disk, || self.file.finish())
    }
}
