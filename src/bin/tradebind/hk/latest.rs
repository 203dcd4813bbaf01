//! `tradebind hk latest`

use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::output::Target;

#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  tradebind hk latest --replica")]
pub struct Args {
    #[command(flatten)]
    target: Target,
}

impl Args {
    pub async fn run(self, context: &Context) -> Result<Exit, Failure> {
        let sink = self.target.open()?;
        let (client, url) = context.hk().await?;
        let asked = context.watch("asking hk-trade for the last month", client.latest_period()).await;
        let period = asked.map_err(|e| context.failed(e, &url))?;
        sink.write_text(&period.to_iso())?;
        Ok(Exit::Done)
    }
}
