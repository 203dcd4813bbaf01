//! `tradebind hk`: Hong Kong's trade statistics.

mod bucket;
mod code_list;
mod codes;
#[cfg(feature = "parquet")]
mod dataset;
mod form;
mod get;
mod harvest;
mod latest;
mod options;
mod plan;
mod raw;
mod wide;

use clap::Subcommand;

use crate::context::Context;
use crate::exit::{Exit, Failure};

pub const AFTER: &str = "\
Examples:
  tradebind hk latest
  tradebind hk codes korea
  tradebind hk get --trade-type imports --origin KR --period last-12
  tradebind hk get --replica --trade-type total-exports --destination CN --period 2018-05..2018-06";

#[derive(Debug, Subcommand)]
#[command(disable_help_subcommand = true)]
pub enum Command {
    /// Get figures: one query, one table
    Get(Box<get::Args>),
    /// Plan a harvest: how many requests, rows and bytes, and how long
    Plan(Box<plan::Args>),
    /// Get more than one query holds, into a folder: goes on after any end, accounts for every cell
    Harvest(Box<harvest::Args>),
    /// Find codes of areas, HS chapters and SITC sections by code or words
    Codes(codes::Args),
    /// Print the last month that is published
    Latest(latest::Args),
    /// Print what the service answers to any path, as it came
    Raw(raw::Args),
}

impl Command {
    pub async fn run(self, context: &Context) -> Result<Exit, Failure> {
        match self {
            Self::Get(args) => args.run(context).await,
            Self::Plan(args) => args.run(context).await,
            Self::Harvest(args) => args.run(context).await,
            Self::Codes(args) => args.run(),
            Self::Latest(args) => args.run(context).await,
            Self::Raw(args) => args.run(context).await,
        }
    }
}
