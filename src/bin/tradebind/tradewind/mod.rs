//! `tradebind tradewind`: a command for each operation of the document, made at run time.

mod call;
mod fields;
mod members;
mod raw;

use clap::{ArgMatches, Args as _, Command as Clap, FromArgMatches, Subcommand, error::ErrorKind};
use tradebind::Operation;
use tradebind::documents::document;
use tradebind::exchange::ServiceName;
use tradebind::tradewind::api;

use crate::context::Context;
use crate::exit::{Exit, Failure};
use call::Call;
pub use call::{Paying, broken_off};

/// What is asked for.
#[derive(Debug)]
pub enum Command {
    Call(Box<Call>),
    Raw(raw::Args),
}

impl Command {
    pub async fn run(self, context: &Context) -> Result<Exit, Failure> {
        match self {
            Self::Call(call) => call.run(context).await,
            Self::Raw(args) => args.run(context).await,
        }
    }
}

pub const AFTER: &str = "\
Examples:
  tradebind tradewind health
  tradebind tradewind world-regions --type exporter --product pet --max-credits 1 --replica
  tradebind tradewind company-search --body request.json --max-credits 2";

const RAW: &str = "raw";
const RAW_ABOUT: &str = "Send any request, and print what comes as it came";

/// The name of an operation's command.
fn command_name(operation: &Operation) -> String {
    fields::kebab(operation.id)
}

impl Subcommand for Command {
    fn augment_subcommands(command: Clap) -> Clap {
        let document = document(ServiceName::Tradewind);
        let mut command = command;
        for operation in api::OPERATIONS {
            if let Some(described) = document.operation(operation.id) {
                let name = command_name(operation);
                let mut made = Clap::new(name.clone()).about(operation.summary);
                if name != operation.id {
                    made = made.alias(operation.id);
                }
                command = command.subcommand(call::arguments(made, &name, operation, &described));
            }
        }

        command.subcommand(raw::Args::augment_args(Clap::new(RAW)).about(RAW_ABOUT))
    }

    fn augment_subcommands_for_update(command: Clap) -> Clap {
        Self::augment_subcommands(command)
    }

    fn has_subcommand(name: &str) -> bool {
        name == RAW || api::OPERATIONS.iter().any(|operation| command_name(operation) == name)
    }
}

impl FromArgMatches for Command {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let missing = || clap::Error::raw(ErrorKind::MissingSubcommand, "name an operation\n");
        let (name, matches) = matches.subcommand().ok_or_else(missing)?;
        if name == RAW {
            return raw::Args::from_arg_matches(matches).map(Self::Raw);
        }
        let operation = api::OPERATIONS.iter().find(|operation| command_name(operation) == name);
        Call::from_matches(operation.ok_or_else(missing)?, matches).map(|call| Self::Call(Box::new(call)))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
