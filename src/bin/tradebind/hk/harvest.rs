//! `tradebind hk harvest`

use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::ValueEnum;
use indicatif::{ProgressBar, ProgressStyle};
use tradebind::harvest::{Format, Harvest, HarvestError, Progress, Settings, Summary};
use tradebind::http::SharedPace;

use super::bucket::Bucket;
use super::form::is_bucket;
#[cfg(not(feature = "parquet"))]
use super::form::not_built;
use super::get::REPLICA;
use super::wide::{Wide, written};
use crate::context::Context;
use crate::exit::{Exit, Failure, in_our_words};
use crate::output::Target;

const AFTER: &str = "\
Examples:
  tradebind hk harvest --out chips --trade-type imports,re-exports --period 2012-01..2026-05 --destination ALL --hs 8517,8542
  tradebind hk harvest --out all --trade-type imports --period 2022-01..2026-05 --codes-from hs6.txt --format parquet
  # later: new months, and the year that may have been amended
  tradebind hk harvest --out chips --refresh --trade-type imports,re-exports --period 2012-01..2026-08 --destination ALL --hs 8517,8542
  # a dataset at an S3 address, with the usual AWS_ variables
  tradebind hk harvest --out s3://bucket/trade --state work --trade-type imports --period 2022-01..2026-05 --hs 85

Ended by Ctrl-C, a kill or a failure, the same command goes on where it was; with --period latest or last-N, give the \
periods that are told at the start. The folder holds the data (data.csv, \
data.ndjson, data.arrow, or for parquet the folder data, by trade type and year), manifest.json (addresses, times, hashes), \
the journal, and every answer as it came. To an S3 address the dataset is copied once it is whole.
Exit codes: 0 every cell is reported, nil, not given or refused; 1 with --strict, some are refused, and always where \
answers had faults; 3 nothing but refusals; 4 some failed.";

/// How long ago the limit of usage was reached, for a person to hear of it.
const RECENT: Duration = Duration::from_secs(24 * 60 * 60);
/// Ends of names that are of files, and hardly of the folder that is meant.
const FILES: [&str; 5] = ["csv", "json", "ndjson", "arrow", "parquet"];
/// How often plain lines are printed.
const EVERY: Duration = Duration::from_secs(5);

#[derive(Debug, clap::Args)]
#[command(after_help = AFTER)]
pub struct Args {
    #[command(flatten)]
    wide: Wide,
    /// The folder: new, empty, or of the same harvest; or s3://BUCKET/PREFIX for a dataset of Parquet files
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Where journal and answers are kept if --out is an S3 address: a folder, new, empty, or of the same harvest
    #[arg(long, value_name = "DIR")]
    state: Option<PathBuf>,
    /// Form of the data [default: csv; parquet at an S3 address]. Data of earlier answers in another form are removed
    #[arg(long, value_name = "FORM", value_enum)]
    format: Option<Form>,
    /// Begin CSV with the byte-order mark, without which Excel misreads Chinese
    #[arg(long)]
    excel: bool,
    /// Ask again for what may have changed: the last published year, and what came after it; tell what was revised
    #[arg(long)]
    refresh: bool,
    /// End with 1 where the service refused something
    #[arg(long)]
    strict: bool,
    /// How progress is told, on standard error [default: a line that renews itself on a terminal, plain lines elsewhere];
    /// given, it is told with --quiet, too
    #[arg(long, value_name = "HOW", value_enum)]
    progress: Option<How>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// Comma-separated values (RFC 4180)
    Csv,
    /// One row a line
    Ndjson,
    /// An Arrow IPC file (Feather version 2)
    #[cfg_attr(not(feature = "arrow"), value(hide = true))]
    Arrow,
    /// A dataset of Parquet files by trade type and year
    #[cfg_attr(not(feature = "parquet"), value(hide = true))]
    Parquet,
}

impl Form {
    fn built(self) -> Result<Format, Failure> {
        Ok(match self {
            Self::Csv => Format::Csv,
            Self::Ndjson => Format::Ndjson,
            #[cfg(feature = "arrow")]
            Self::Arrow => Format::Arrow,
            #[cfg(not(feature = "arrow"))]
            Self::Arrow => return Err(not_built("--format arrow", "arrow")),
            #[cfg(feature = "parquet")]
            Self::Parquet => Format::Parquet,
            #[cfg(not(feature = "parquet"))]
            Self::Parquet => return Err(not_built("--format parquet", "parquet")),
        })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum How {
    /// Lines for people
    Plain,
    /// One JSON object a line
    Json,
}

/// As `2026-11-24 18:29:02 UTC`.
fn moment(at: std::time::SystemTime) -> String {
    let at = time::OffsetDateTime::from(at);
    let (hour, minute, second) = at.to_hms();
    format!("{} {hour:02}:{minute:02}:{second:02} UTC", at.date())
}

impl From<HarvestError> for Failure {
    fn from(error: HarvestError) -> Self {
        Self::new(Exit::Input, error.to_string())
    }
}

/// Where a harvest goes.
struct Out<'a> {
    format: Format,
    folder: &'a Path,
    bucket: Option<Bucket>,
}

impl Args {
    /// Form and place, which must fit each other.
    fn place(&self) -> Result<Out<'_>, Failure> {
        let is_bucket = is_bucket(&self.out);
        let form = self.format.unwrap_or(if is_bucket { Form::Parquet } else { Form::Csv });
        if self.excel && form != Form::Csv {
            return Err(Failure::usage(
                "--excel goes with --format csv: no other form has a byte-order mark",
            ));
        }
        let format = form.built()?;
        if !is_bucket {
            if self.state.is_some() {
                return Err(Failure::usage(
                    "--state goes with --out s3://BUCKET/PREFIX; a folder keeps all in one place",
                ));
            }
            let end = self.out.extension().and_then(|end| end.to_str()).map(str::to_ascii_lowercase);
            let is_a_files = end.is_some_and(|end| FILES.contains(&end.as_str()));
            if is_a_files && !self.out.exists() {
                return Err(Failure::usage(format!(
                    "--out is a folder, in which the data are a file of their own, and {} is a file's name: leave its end out",
                    self.out.display()
                )));
            }
            return Ok(Out { format, folder: &self.out, bucket: None });
        }
        if form != Form::Parquet {
            return Err(Failure::usage("at an S3 address there are datasets alone: --format parquet"));
        }
        let Some(folder) = self.state.as_deref() else {
            return Err(Failure::usage(
                "--out at an S3 address needs --state DIR, a folder where journal and answers are kept",
            ));
        };
        Ok(Out { format, folder, bucket: Some(Bucket::open(&self.out)?) })
    }

    pub async fn run(self, context: &Context) -> Result<Exit, Failure> {
        let Out { format, folder, bucket } = self.place()?;
        let plan = self.wide.plan(context).await?;
        let mut again = "the same command".to_owned();
        if self.wide.is_open() {
            let periods = written(plan.request().periods());
            context.note(format_args!("periods {periods}; give these to go on later"));
            again = format!("{again} with --period {periods}");
        }
        let pace = self.wide.pace(context)?;
        let (client, url, shared) = context.hk_paced(pace).await?;
        // The replica has another address each time; its figures are the same.
        let service = if context.is_replica() { REPLICA } else { &url };
        let settings = Settings::new(service)
            .format(format)
            .excel(self.excel)
            .in_flight(pace.in_flight().unwrap_or(1))
            .refresh(self.refresh);
        let harvest = Harvest::open(folder, &plan, &settings)?;
        if harvest.answered() > 0 {
            let what = if harvest.will_refresh() {
                "they are refreshed"
            } else {
                "only what is missing is asked for"
            };
            context.note(format_args!("{} answers are there already; {what}", harvest.answered()));
        }
        let name = dataset_name(&harvest);
        let reached = |shared: &Option<SharedPace>| shared.as_ref().and_then(SharedPace::limit_reached);
        let last_reached = reached(&shared);
        if let Some(at) = last_reached.filter(|at| at.elapsed().is_ok_and(|since| since < RECENT)) {
            context.note(format_args!("the service's limit of usage was last reached at {}", moment(at)));
        }
        let mut teller = Teller::new(context.quiet(), self.progress);
        let ended = tokio::select! {
            ended = harvest.run(&client, |progress| teller.tell(progress)) => Some(ended),
            _ = tokio::signal::ctrl_c() => None,
        };
        teller.end();
        let Some(ended) = ended else {
            return Err(stopped(folder, &again));
        };
        let summary = ended?;
        // Who does not read on wants the data all the same, and how it ended.
        let tell = |text: &str| Target::default().write_text(text).or_else(Failure::unless_closed);
        tell(&in_our_words(&summary.to_string()))?;
        if let Some(told) =
            context.unreachable(&url).filter(|_| summary.failed.iter().any(|one| one.unreachable))
        {
            context.note(told);
        }
        if let Some(at) = reached(&shared).filter(|at| last_reached != Some(*at)) {
            context.note(format_args!(
                "the service's limit of usage was reached, last at {}; a longer --pause than {} s may keep below it",
                moment(at),
                pace.apart().as_secs_f64()
            ));
        }
        if let Some(bucket) = bucket.filter(|_| summary.is_answered()) {
            let copied = tokio::select! {
                copied = context.watch("copying the dataset", bucket.copy(folder.join(&summary.data.file), name)) => copied?,
                _ = tokio::signal::ctrl_c() => return Err(stopped(folder, &again)),
            };
            tell(&format!("copied     {copied} bytes to {}", self.out.display()))?;
        } else if is_bucket(&self.out) {
            context
                .note("not copied: something is not answered, and what stands at the address may be whole");
        }
        if !summary.is_answered() {
            context.note(format_args!("run {again} again to ask for what failed"));
        }
        Ok(exit(&summary, self.strict))
    }
}

/// What the files of its dataset are called.
#[cfg(feature = "parquet")]
fn dataset_name(harvest: &Harvest) -> String {
    harvest.dataset_name()
}

#[cfg(not(feature = "parquet"))]
fn dataset_name(_: &Harvest) -> String {
    String::new()
}

fn stopped(folder: &Path, again: &str) -> Failure {
    let folder = folder.display();
    let told = format!("stopped; what was answered is kept in {folder}: run {again} again to go on");
    Failure::new(Exit::GaveUp, told)
}

fn exit(summary: &Summary, strict: bool) -> Exit {
    let cells = summary.cells;
    let mut exit = Exit::Done;
    if summary.faults > 0 || (strict && cells.refused > 0) {
        exit = Exit::Findings;
    }
    if cells.refused > 0 && cells.reported + cells.nil + cells.not_given + cells.failed == 0 {
        exit = exit.max(Exit::Input);
    }
    if !summary.is_answered() {
        exit = exit.max(Exit::GaveUp);
    }
    exit
}

/// Tells progress.
enum Teller {
    Silent,
    Bar(ProgressBar),
    Lines { json: bool, last: Option<Instant> },
}

impl Teller {
    fn new(quiet: bool, how: Option<How>) -> Self {
        match how {
            Some(How::Json) => Self::Lines { json: true, last: None },
            Some(How::Plain) => Self::Lines { json: false, last: None },
            None if quiet => Self::Silent,
            None if std::io::stderr().is_terminal() => {
                let bar = ProgressBar::new(0);
                if let Ok(style) = ProgressStyle::with_template("{bar:20} {msg}") {
                    bar.set_style(style);
                }
                Self::Bar(bar)
            }
            None => Self::Lines { json: false, last: None },
        }
    }

    fn tell(&mut self, progress: &Progress) {
        match self {
            Self::Silent => {}
            Self::Bar(bar) => {
                bar.set_length(progress.planned as u64);
                bar.set_position(progress.done as u64);
                bar.set_message(progress.to_string());
            }
            Self::Lines { json, last } => {
                let ended = progress.done == progress.planned;
                if !*json && !ended && last.is_some_and(|last| last.elapsed() < EVERY) {
                    return;
                }
                *last = Some(Instant::now());
                // Nobody is left to tell where standard error is closed.
                let mut out = std::io::stderr().lock();
                _ = match (*json, serde_json::to_string(progress)) {
                    (true, Ok(line)) => writeln!(out, "{line}"),
                    _ => writeln!(out, "{progress}"),
                };
            }
        }
    }

    fn end(&self) {
        if let Self::Bar(bar) = self {
            bar.finish_and_clear();
        }
    }
}
