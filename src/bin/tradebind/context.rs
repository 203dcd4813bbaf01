//! What every command goes by: the options that all have, and the services that they choose.

use std::error::Error as _;
use std::path::Path;

use clap::Args;
use tokio::sync::OnceCell;
use tradebind::domain::Credits;
use tradebind::http::{Backoff, Pace, SharedPace};
use tradebind::replica::Replica;
use tradebind::{Billing, ErrorKind, Operation, hk, tradewind};

use crate::exit::{Exit, Failure};
use crate::progress;
use crate::tradewind::Paying;

pub const HK_URL: &str = "TRADEBIND_HK_URL";
pub const TRADEWIND_URL: &str = "TRADEBIND_TRADEWIND_URL";
pub const KEY: &str = "TRADEWIND_API_KEY";
/// The replica takes any key that looks like one; the user's never goes there.
pub const REPLICA_KEY: &str = "tw_test_replica";

/// How often an address is tried where no connection can be made: a person waits for it.
const UNREACHABLE_ATTEMPTS: u32 = 2;

/// Options of every command.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Options of every command")]
pub struct Globals {
    /// Ask a local server started for this command instead of the live service: no network, no key, no cost
    #[arg(long, global = true)]
    pub replica: bool,
    /// Print no progress and no notes on standard error
    #[arg(short, long, global = true)]
    pub quiet: bool,
}

/// Options, and the local server once one is needed.
pub struct Context {
    globals: Globals,
    replica: OnceCell<Replica>,
}

impl Context {
    pub fn new(globals: Globals) -> Self {
        Self { globals, replica: OnceCell::new() }
    }

    /// Tells a person something beside the result.
    pub fn note(&self, text: impl std::fmt::Display) {
        use std::io::Write as _;
        if !self.globals.quiet {
            _ = writeln!(std::io::stderr(), "note: {text}");
        }
    }

    /// Waits for a call, with progress where somebody looks.
    pub async fn watch<T>(&self, what: &str, call: impl Future<Output = T>) -> T {
        progress::watch(self.globals.quiet, what, call).await
    }

    /// The same for what does not wait for calls.
    pub fn during<T>(&self, what: &str, work: impl FnOnce() -> T) -> T {
        progress::during(self.globals.quiet, what, work)
    }

    async fn replica(&self) -> Result<Option<&Replica>, Failure> {
        if !self.globals.replica {
            return Ok(None);
        }
        // Months are published as time goes by, so that the latest ones are found.
        let started = self
            .replica
            .get_or_try_init(|| {
                self.note(
                    "the replica answers: figures are made up, except those of the documented examples",
                );
                Replica::builder().hk_newest_by_clock().start()
            })
            .await;
        started.map(Some).map_err(|e| Failure::new(Exit::GaveUp, format!("the replica does not start: {e}")))
    }

    pub fn quiet(&self) -> bool {
        self.globals.quiet
    }

    /// Whether a local server answers, whose figures are nobody's.
    pub fn is_replica(&self) -> bool {
        self.globals.replica
    }

    /// A client of the Hong Kong service, and the address that it asks. Its calls count among those of all processes of this
    /// user, unless no ledger of them can be kept, or the server is on this machine and has nobody to spare.
    pub async fn hk(&self) -> Result<(hk::Client, String), Failure> {
        let pace = Pace::default();
        let shared =
            |url: &str| Ok(if is_here(url) { None } else { SharedPace::open(&ledger(url), pace).ok() });
        let (client, url, _) = self.hk_with((pace, Pace::off()), shared).await?;
        Ok((client, url))
    }

    /// The same for many calls: at a pace that all processes of this user share, whose ledger must be kept. The replica of
    /// this command alone needs none.
    pub async fn hk_paced(&self, pace: Pace) -> Result<(hk::Client, String, Option<SharedPace>), Failure> {
        let shared = |url: &str| {
            SharedPace::open(&ledger(url), pace).map(Some).map_err(|e| {
                Failure::input(format!(
                    "the ledger of calls, which all processes of this user share, cannot be kept: {e}; \
                     TRADEBIND_STATE_DIR names another folder for it"
                ))
            })
        };
        self.hk_with((pace, pace), shared).await
    }

    async fn hk_with(
        &self,
        (pace, of_replica): (Pace, Pace),
        shared: impl FnOnce(&str) -> Result<Option<SharedPace>, Failure>,
    ) -> Result<(hk::Client, String, Option<SharedPace>), Failure> {
        let mut builder = hk::Client::builder().backoff(backoff());
        let (url, from, shared) = match (self.replica().await?, variable(HK_URL)?) {
            (Some(replica), _) => {
                builder = builder.http(direct()).pace(of_replica);
                (replica.hk_url(), "the replica", None)
            }
            (None, url) => {
                let from = if url.is_some() { HK_URL } else { "the live service" };
                let url = url.unwrap_or_else(|| hk::BASE_URL.to_owned());
                if is_here(&url) {
                    builder = builder.http(direct());
                }
                let shared = shared(&url)?;
                builder = match &shared {
                    Some(shared) => builder.shared_pace(shared.clone()),
                    None => builder.pace(pace),
                };
                (url, from, shared)
            }
        };
        let client = builder.base_url(&url).build().map_err(|e| Failure::from(e).about(from))?;
        Ok((client, url.trim().trim_end_matches('/').to_owned(), shared))
    }

    /// The address of TradeWind that would be asked; that of a replica is told once it runs. It may be shown: one with a
    /// password in it is refused, as by the client.
    pub fn tradewind_url(&self) -> Result<String, Failure> {
        if self.globals.replica {
            return Ok("http://127.0.0.1".to_owned());
        }
        let url = variable(TRADEWIND_URL)?.unwrap_or_else(|| tradewind::BASE_URL.to_owned());
        let client = tradewind::Client::builder().base_url(&url).build();
        client.map_err(|e| Failure::from(e).about(TRADEWIND_URL))?;
        Ok(url.trim().trim_end_matches('/').to_owned())
    }

    /// A client of TradeWind, and the address that it asks; with a key unless the operation needs none.
    pub async fn tradewind(
        &self,
        operation: Option<&Operation>,
        paying: &Paying,
    ) -> Result<(tradewind::Client, String), Failure> {
        if let Some(operation) = operation.filter(|operation| operation.billing != Billing::Free) {
            affordable(operation, paying.max_credits)?;
        }
        let mut builder = tradewind::Client::builder().backoff(backoff());
        if let Some(most) = paying.max_credits {
            builder = builder.max_credits(most);
        }
        let (builder, url, from) = match (self.replica().await?, variable(TRADEWIND_URL)?) {
            (Some(replica), _) => {
                let builder = builder.http(direct()).pace(Pace::off()).key(REPLICA_KEY)?;
                (builder, replica.tradewind_url(), "the replica")
            }
            (None, url) => {
                let builder = if operation.is_some_and(|operation| !operation.key) {
                    builder
                } else {
                    keyed(builder, paying)?
                };
                let from = if url.is_some() { TRADEWIND_URL } else { "the live service" };
                let url = url.unwrap_or_else(|| tradewind::BASE_URL.to_owned());
                let builder = if is_here(&url) { builder.http(direct()) } else { builder };
                (builder, url, from)
            }
        };
        let client = builder.base_url(&url).build().map_err(|e| Failure::from(e).about(from))?;
        Ok((client, url.trim().trim_end_matches('/').to_owned()))
    }

    /// Whether there is a key for TradeWind; the replica takes one of ours.
    pub fn has_key(&self, paying: &Paying) -> bool {
        let set = std::env::var_os(KEY).is_some_and(|key| !key.is_empty());
        self.globals.replica || paying.api_key_file.is_some() || set
    }

    /// What a picture names as its source: the replica's figures are nobody's.
    pub fn source(&self, live: &str, url: &str) -> String {
        if self.globals.replica {
            "tradebind's replica, figures made up except in the documented examples".to_owned()
        } else if [hk::BASE_URL, tradewind::BASE_URL].contains(&url) {
            live.to_owned()
        } else {
            format!("another server than that of {live}")
        }
    }

    /// What to tell of an address that cannot be reached, unless it is the replica's.
    pub fn unreachable(&self, url: &str) -> Option<String> {
        let told =
            || format!("{url} cannot be reached; --replica asks a local server instead, without network");
        (!self.globals.replica).then(told)
    }

    /// What to tell where the user's own address answers as a service hardly does.
    fn elsewhere(&self, error: &tradebind::Error) -> Option<String> {
        let of_tradewind = error.operation().is_some_and(|name| name.starts_with("tradewind"));
        let name = if of_tradewind { TRADEWIND_URL } else { HK_URL };
        let page = error.body().is_some_and(|body| body.trim_ascii_start().starts_with(b"<"));
        if self.globals.replica || !(page || matches!(error.status(), Some(401 | 404))) {
            return None;
        }
        // Without path and query, which may hold anything.
        let url = reqwest::Url::parse(variable(name).ok()??.trim()).ok()?.origin().ascii_serialization();
        Some(format!("the address is that of {name}, {url}: check that it is the right one"))
    }

    /// Why a call failed, and whether another service would have answered.
    pub fn failed(&self, error: tradebind::Error, url: &str) -> Failure {
        let unreachable = error.kind() == ErrorKind::Unreachable;
        let unknown_goods = error.kind() == ErrorKind::UnknownCommodity;
        let elsewhere = self.elsewhere(&error);
        let failure = Failure::from(error);
        if let Some(told) = elsewhere {
            return failure.and(told);
        }
        if unknown_goods && self.globals.replica {
            return failure
                .and("the replica knows few codes, some of ten chapters, such as HS 1006, 8517, 854231 and 85423100");
        }
        match self.unreachable(url).filter(|_| unreachable) {
            Some(told) => failure.and(told),
            None => failure,
        }
    }
}

/// The host of an address, as a part of a file's name.
fn host(url: &str) -> Option<String> {
    let host = reqwest::Url::parse(url.trim()).ok()?.host_str()?.to_ascii_lowercase();
    Some(host.trim_matches(['[', ']']).replace(':', "-"))
}

/// The ledger of a server: each host has a limit of its own.
fn ledger(url: &str) -> String {
    match host(url).filter(|there| host(hk::BASE_URL).as_ref() != Some(there)) {
        Some(host) => format!("hk-trade.{host}"),
        None => "hk-trade".to_owned(),
    }
}

/// Whether a server is on this machine.
fn is_here(url: &str) -> bool {
    host(url).is_some_and(|host| host == "localhost" || host == "--1" || host.starts_with("127."))
}

/// Whether the call may be made for so much.
pub fn affordable(operation: &Operation, most: Option<Credits>) -> Result<(), Failure> {
    let price = operation.credits.and_then(|credits| credits.parse::<Credits>().ok());
    match (price, most) {
        (_, Some(most)) if most < Credits::default() => {
            Err(Failure::usage(format!("--max-credits {most}: must be 0 or more")))
        }
        (Some(price), Some(most)) if price > most => Err(Failure::usage(format!(
            "{} was charged {price} credits on record, more than --max-credits {most}; nothing was sent",
            operation.id
        ))),
        (None, None) => Err(Failure::usage(format!(
            "no price of {} is on record: give --max-credits N, the most that the call may cost; nothing was sent",
            operation.id
        ))),
        _ => Ok(()),
    }
}

/// With the user's key.
fn keyed(builder: tradewind::ClientBuilder, paying: &Paying) -> Result<tradewind::ClientBuilder, Failure> {
    if let Some(path) = &paying.api_key_file {
        return builder.key_from_file(path).map_err(|e| {
            let invalid = e.source().and_then(|source| source.downcast_ref::<tradewind::InvalidKey>());
            match std::fs::File::open(path) {
                _ if invalid.is_some_and(tradewind::InvalidKey::is_given_as_file) => {
                    Failure::usage("--api-key-file takes a file that holds the key, not the key (not shown)")
                }
                Ok(_) => Failure::from(e),
                Err(_) => Failure::input(e.to_string()),
            }
        });
    }
    if std::env::var_os(KEY).is_none_or(|key| key.is_empty()) {
        return Err(Failure::usage(format!(
            "a key is needed: set {KEY}, or give --api-key-file FILE (a key is never an argument); --replica asks a local \
             server instead, without a key of yours"
        )));
    }
    Ok(builder.key_from_env()?)
}

/// Repeats as the library does, but does not knock for minutes where nobody is.
fn backoff() -> Backoff {
    Backoff::default().unreachable_attempts(UNREACHABLE_ATTEMPTS)
}

/// For what is on this machine: a proxy would not find it.
fn direct() -> reqwest::ClientBuilder {
    reqwest::Client::builder().no_proxy()
}

/// A variable of the environment, if it says anything.
fn variable(name: &str) -> Result<Option<String>, Failure> {
    match std::env::var(name) {
        Ok(text) => Ok(Some(text).filter(|text| !text.trim().is_empty())),
        Err(std::env::VarError::NotPresent) => Ok(None),
        Err(std::env::VarError::NotUnicode(_)) => {
            Err(Failure::usage(format!("{name} is not text; it must be like https://host")))
        }
    }
}

/// Reads a file that a command was given, `-` for standard input.
pub fn read(path: &Path, what: &str) -> Result<String, Failure> {
    let (name, read) = if path == Path::new("-") {
        ("standard input".to_owned(), std::io::read_to_string(std::io::stdin()))
    } else {
        (path.display().to_string(), std::fs::read_to_string(path))
    };
    let text = read.map_err(|e| Failure::input(format!("{what} in {name} cannot be read: {e}")))?;
    // Editors of Windows put a byte-order mark before it.
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}
