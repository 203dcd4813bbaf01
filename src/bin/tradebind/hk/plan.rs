//! `tradebind hk plan`

use std::time::Duration;

use clap::ValueEnum;
use serde_json::json;

use super::wide::Wide;
use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::output::Target;

/// How long an answer takes, as a plan reckons: an assumption.
const LATENCY: Duration = Duration::from_secs(2);

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  tradebind hk plan --trade-type imports,re-exports --period 2012-01..2026-05 --destination ALL --hs 85,87
  tradebind hk plan --trade-type all --period 2020..2024 --origin ALL --codes-from codes.txt --format json")]
pub struct Args {
    #[command(flatten)]
    wide: Wide,
    /// Form of the output; json has each query
    #[arg(long, value_name = "FORM", value_enum, default_value_t = Form::Text)]
    format: Form,
    #[command(flatten)]
    target: Target,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// For people
    Text,
    /// One object
    Json,
}

impl Args {
    pub async fn run(self, context: &Context) -> Result<Exit, Failure> {
        let plan = self.wide.plan(context).await?;
        let estimate = plan.estimate(self.wide.pace(context)?, LATENCY);
        let text = match self.format {
            Form::Text => estimate.to_string(),
            Form::Json => {
                let queries = plan.queries().iter();
                let queries: Vec<_> = queries
                    .map(|one| json!({ "query": one.query().to_string(), "rows": one.rows() }))
                    .collect();
                format!(
                    "{:#}",
                    json!({ "request": plan.request(), "estimate": estimate, "queries": queries })
                )
            }
        };
        self.target.write_text(&text)?;
        Ok(Exit::Done)
    }
}
