//! `tradebind hk raw`

use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::output::Target;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
A failure that the service tells inside HTTP 200 is an error, as everywhere.

Example:
  tradebind hk raw '/api/get?lang=EN&sv=VCm&freq=M&period=201805,201806&ttype=4&ccclass=C&cc=CN'")]
pub struct Args {
    /// Path and query below the service's address
    #[arg(value_name = "PATH")]
    path: String,
    #[command(flatten)]
    target: Target,
}

impl Args {
    pub async fn run(self, context: &Context) -> Result<Exit, Failure> {
        let sink = self.target.open()?;
        let (client, url) = context.hk().await?;
        let asked = context.watch("asking hk-trade", client.raw("GET", &self.path, None)).await;
        let answer = asked.map_err(|e| context.failed(e, &url))?;
        sink.write(|out| out.write_all(answer.body()))?;
        Ok(Exit::Done)
    }
}
