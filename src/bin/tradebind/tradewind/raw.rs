//! `tradebind tradewind raw`

use std::path::PathBuf;

use serde::de::IgnoredAny;

use super::call::{Paying, answered, broken_off, charge, kept};
use crate::context::{Context, read};
use crate::exit::{Exit, Failure};
use crate::output::Target;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
For what the document lacks. An address that it knows keeps its price; for any other --max-credits says what the call \
may cost. Fields are not checked: the service ignores unknown ones, and bills the call all the same.

Example:
  tradebind tradewind raw POST /api/customs/analytics/market-trend --body request.json --max-credits 0.5")]
pub struct Args {
    /// HTTP method
    #[arg(value_name = "METHOD", ignore_case = true, value_parser = ["GET", "POST", "PUT", "PATCH", "DELETE"])]
    method: String,
    /// Path and query below the service's address
    #[arg(value_name = "PATH")]
    path: String,
    /// Read the request as JSON from FILE, - for standard input
    #[arg(long, value_name = "FILE")]
    body: Option<PathBuf>,
    #[command(flatten)]
    billing: Paying,
    #[command(flatten)]
    target: Target,
}

impl Args {
    pub async fn run(self, context: &Context) -> Result<Exit, Failure> {
        let body = match &self.body {
            Some(path) => {
                let text = read(path, "the body")?;
                serde_json::from_str::<IgnoredAny>(&text)
                    .map_err(|e| Failure::input(format!("the body is not JSON: {e}")))?;
                // The text itself: what is read and written again may lose digits.
                Some(text.into())
            }
            None => None,
        };
        // What costs nothing and needs no key is known by its address.
        let path = self.path.split('?').next().unwrap_or_default();
        let known = tradebind::tradewind::operation_at(&self.method.to_ascii_uppercase(), path)
            .filter(|operation| operation.billing == tradebind::Billing::Free);
        let (client, url) = context.tradewind(known, &self.billing).await?;
        let mut call = client.raw(&self.method, &self.path, body)?;
        if let Some(most) = self.billing.max_credits {
            call = call.allow(most);
        }
        // What is at an address that the document lacks may be of any form.
        let sink = self.target.open_any()?;
        let under_way = (known.is_none() && !context.is_replica()).then(|| broken_off("the call"));
        let asked = context.watch("asking tradewind", call.send()).await;
        drop(under_way);
        let answer = asked.map_err(|e| match e.kind() {
            tradebind::ErrorKind::PriceUnknown => {
                Failure::usage("no price of that address is on record: give --max-credits N, the most that the call may cost")
            }
            _ => answered(e, |e| context.failed(e, &url)),
        })?;
        charge(false, &answer, self.billing.max_credits);
        let written = sink.write(|out| out.write_all(answer.value().body()));
        kept(written, &self.target, answer.value())?;
        Ok(Exit::Done)
    }
}
