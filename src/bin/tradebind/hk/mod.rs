//! `tradebind hk`: Hong Kong's trade statistics.

mod latest;

use clap::Subcommand;

use crate::context::Context;
use crate::exit::{Exit, Failure};

#[derive(Debug, Subcommand)]
#[command(disable_help_subcommand = true)]
pub enum Command {
    /// Print the last month that is published
    Latest(latest::Args),
}

impl Command {
    pub async fn run(self, context: &Context) -> Result<Exit, Failure> {
        match self {
            Self::Latest(args) => args.run(context).await,
        }
    }
}
