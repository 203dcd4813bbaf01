//! `tradebind serve`

use std::io::{self, Write as _};

use tradebind::replica::Replica;

use crate::context::{Context, HK_URL, KEY, REPLICA_KEY, TRADEWIND_URL};
use crate::exit::{Exit, Failure};
use crate::signals::Ends;

#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  tradebind serve --port 8080
  # in another shell:
  TRADEBIND_HK_URL=http://127.0.0.1:8080 tradebind hk latest")]
pub struct Args {
    /// Port of hk-trade; tradewind gets the next one [default: free ports]
    #[arg(long, value_name = "N", value_parser = port)]
    port: Option<u16>,
    /// What the made-up figures hang on: the same seed makes the same
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
}

fn port(text: &str) -> Result<u16, &'static str> {
    let port = text.parse().ok().filter(|port| (1..=65534).contains(port));
    port.ok_or("must be a number from 1 to 65534")
}

impl Args {
    pub async fn run(self, context: &Context) -> Result<Exit, Failure> {
        let mut builder = Replica::builder().seed(self.seed).hk_newest_by_clock();
        if let Some(port) = self.port {
            builder = builder.ports(port, port + 1);
        }
        let failed = |e: io::Error| Failure::new(Exit::GaveUp, format!("the server does not start: {e}"));
        // Asked for before the addresses are told, so that whoever reads them can end it at once.
        let mut ends = Ends::new().map_err(failed)?;
        let replica = builder.start().await.map_err(failed)?;
        let told = tell(&replica);
        match told {
            // Whoever started it may not read on; it serves all the same.
            Err(e) if e.kind() != io::ErrorKind::BrokenPipe => return Err(failed(e)),
            _ => {}
        }
        context.note(format_args!(
            "commands of another shell use it after: export {HK_URL}={} {TRADEWIND_URL}={} {KEY}={REPLICA_KEY}",
            replica.hk_url(),
            replica.tradewind_url()
        ));
        ends.wait().await;
        Ok(Exit::Done)
    }
}

/// Tells both addresses, once both listen.
fn tell(replica: &Replica) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "hk-trade {}", replica.hk_url())?;
    writeln!(out, "tradewind {}", replica.tradewind_url())?;
    out.flush()
}
