//! The command line `tradebind`: it parses, calls the library, and prints.

mod chart;
mod completions;
mod context;
mod drift;
mod exit;
mod hk;
mod output;
mod progress;
mod reporting;
mod serve;
mod show;
mod signals;
mod spec;
mod tradewind;
mod validate;

use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue};
use clap::{Parser, Subcommand};

use context::{Context, Globals};
use exit::{Exit, Failure};

const ABOUT: &str = "Trade statistics of Hong Kong, and TradeWind's customs data, on the command line";

const LONG_ABOUT: &str = "\
Asks two foreign-trade data services: Hong Kong's trade statistics (hk; official, free, no key) and TradeWind \
AI API 2.0 (tradewind; commercial, billed per call in credits). With --replica any command runs against a local \
server that behaves like both: no network, no key, no cost; its figures are made up, except the documented examples.";

const AFTER: &str = "\
Examples:
  tradebind hk get --trade-type total-exports --destination CN --period 2018-05..2018-06
  tradebind hk get --trade-type imports --origin Germany --hs 8542 --period last-12 -o chips.csv
  tradebind tradewind world-regions --type exporter --product pet --max-credits 1 --replica
  tradebind serve

Exit codes:
  0 done   1 findings   2 usage   3 input or query not usable   4 unreachable or gave up
  5 outcome unknown: a billed call whose answer was lost
  130 ended by Ctrl-C; a harvest that was stopped ends with 4, and the same command goes on

Environment:
  TRADEWIND_API_KEY         the key of TradeWind
  TRADEBIND_HK_URL          another address of hk-trade than the live one
  TRADEBIND_TRADEWIND_URL   another address of tradewind than the live one
  TRADEBIND_STATE_DIR       another folder for the ledger of calls that all processes share";

#[derive(Debug, Parser)]
#[command(name = "tradebind", version, about = ABOUT, long_about = LONG_ABOUT, after_help = AFTER)]
#[command(max_term_width = 100, disable_help_subcommand = true)]
struct Cli {
    #[command(flatten)]
    globals: Globals,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Hong Kong's trade statistics
    #[command(subcommand, after_help = hk::AFTER)]
    Hk(hk::Command),
    /// TradeWind AI API 2.0: customs and company data, billed in credits
    ///
    /// A command for each operation of the document. The key comes from TRADEWIND_API_KEY or --api-key-file, never from an
    /// argument; what a call was charged is printed on standard error.
    #[command(subcommand, after_help = tradewind::AFTER)]
    Tradewind(tradewind::Command),
    /// Check payloads against the documents and the rules of meaning: files, folders, recorded exchanges, HAR
    Validate(validate::Args),
    /// Run the local server that behaves like both services
    Serve(serve::Args),
    /// Compare what the services answer today with their documents and documented examples
    ///
    /// Asks the documented example queries and whatever is free; what is billed only with --max-credits. New fields, new values,
    /// changed types and fields that are gone are told, in the forms of validate.
    Drift(drift::Args),
    /// Print the services' documents and the JSON schemas of their payloads
    Spec(spec::Args),
    /// Print a script that completes commands and options in a shell
    Completions(completions::Args),
}

impl Command {
    async fn run(self, context: &Context) -> Result<Exit, Failure> {
        match self {
            Self::Hk(command) => command.run(context).await,
            Self::Tradewind(command) => command.run(context).await,
            Self::Validate(args) => args.run(context),
            Self::Drift(args) => args.run(context).await,
            Self::Serve(args) => args.run(context).await,
            Self::Spec(args) => args.run(),
            Self::Completions(args) => args.run(),
        }
    }
}

/// What is not understood may be a key that somebody gave as an argument: it is not repeated.
fn without_key(mut wrong: clap::Error) -> clap::Error {
    let holds = |text: &dyn std::fmt::Display| text.to_string().contains("tw_");
    let hidden = |(kind, value): (ContextKind, &ContextValue)| match value {
        ContextValue::String(text) if holds(text) => Some((kind, ContextValue::String("(not shown)".into()))),
        ContextValue::Strings(texts) if texts.iter().any(|text| holds(text)) => {
            Some((kind, ContextValue::Strings(Vec::new())))
        }
        ContextValue::StyledStrs(texts) if texts.iter().any(|text| holds(text)) => {
            Some((kind, ContextValue::StyledStrs(Vec::new())))
        }
        _ => None,
    };
    for (kind, value) in wrong.context().filter_map(hidden).collect::<Vec<_>>() {
        wrong.insert(kind, value);
    }
    wrong
}

/// Areas have an option for each side of a trade; what only looks like the one given is no help.
fn with_sides(mut wrong: clap::Error) -> clap::Error {
    let told = |kind| wrong.get(kind).map(ToString::to_string).unwrap_or_default();
    let is_area = ["--country", "--partner"].contains(&told(ContextKind::InvalidArg).as_str());
    // Of figures, and not of TradeWind's operations.
    if is_area && told(ContextKind::Usage).contains("tradebind hk ") {
        let sides = ["--origin", "--destination"].map(str::to_owned);
        wrong.insert(ContextKind::SuggestedArg, ContextValue::Strings(sides.into()));
    }
    wrong
}

fn main() -> ExitCode {
    let Cli { globals, command } =
        Cli::try_parse().unwrap_or_else(|wrong| without_key(with_sides(wrong)).exit());
    let context = Context::new(globals);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let ended = match runtime {
        Ok(runtime) => {
            let ended = runtime.block_on(command.run(&context));
            // Who stops a harvest does not wait for what is being written; that is begun anew.
            runtime.shutdown_background();
            ended
        }
        Err(e) => Err(Failure::new(Exit::GaveUp, format!("the system gives no event queue: {e}"))),
    };
    ended.unwrap_or_else(|failure| failure.told()).into()
}
