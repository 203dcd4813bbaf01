//! Queries beyond the Hong Kong service's caps: planned as the fewest requests, run so that no row is lost, resumed after
//! any end, proved complete.
//!
//! A [`Request`] is what is wanted; a [`Plan`] cuts it into queries that the caps (20 codes, 30 countries, one region) and the
//! size of an answer allow; a [`Harvest`] asks them into a folder. Whatever was answered is brought to the disk at once, so
//! that the same harvest, begun again after a failure or a kill, asks only for what is missing and ends in the same data
//! file, byte for byte. The [`Summary`] accounts for every cell that was asked for.
//!
//! ```
//! # #[cfg(feature = "replica")]
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! use tradebind::domain::{CommodityClass, TradeType};
//! use tradebind::harvest::{Areas, Commodities, Harvest, Limits, Plan, Request, Settings};
//! use tradebind::{hk, replica::Replica};
//!
//! let request = Request::builder()
//!     .trade_types([TradeType::Imports])
//!     .periods("2024-01..2024-06".parse()?)
//!     .origin(Areas::countries(["CN", "JP"])?)
//!     .commodities(Commodities::codes(CommodityClass::Hs2, ["01", "85", "77"])?)
//!     .build()?;
//! let plan = Plan::new(request, Limits::default())?;
//! assert_eq!(plan.len(), 1);
//!
//! let replica = Replica::start().await?;
//! let client = hk::Client::builder().base_url(replica.hk_url()).pace(tradebind::http::Pace::off()).build()?;
//! let folder = tempfile::tempdir()?;
//! let harvest = Harvest::open(folder.path(), &plan, &Settings::new("replica"))?;
//! let summary = harvest.run(&client, |_progress| {}).await?;
//! assert_eq!(summary.cells.asked, 36);
//! assert!(summary.refused.iter().any(|refused| refused.what == "77"), "no such chapter");
//! # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
//! ```

mod ahead;
mod block;
mod cut;
mod data;
mod difference;
mod edition;
mod error;
mod facts;
mod folder;
mod journal;
mod plan;
mod request;
mod revisions;
mod rows;
mod run;
mod summary;
mod tally;
mod write;

pub use difference::Difference;
pub use error::HarvestError;
pub use plan::{Estimate, Limits, Plan, Planned};
pub use request::{Areas, Commodities, InvalidRequest, Request, RequestBuilder};
pub use run::{Harvest, Progress, Settings};
pub use summary::{Cells, DataFile, Failed, Format, Refused, Revisions, Summary};

use std::fmt::Write as _;
use std::time::Duration;

use sha2::{Digest as _, Sha256};

/// Form of the files in a folder.
const VERSION: u32 = 1;

/// SHA-256 in hexadecimal digits.
fn hash(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a text cannot fail.
        _ = write!(text, "{byte:02x}");
        text
    })
}

/// A span of time as people say it.
fn told(time: Duration) -> String {
    match time.as_secs() {
        seconds @ 0..120 => format!("{seconds} s"),
        seconds @ 120..7200 => format!("{} min", seconds.div_ceil(60)),
        seconds => format!("{} h {:02} min", seconds / 3600, seconds % 3600 / 60),
    }
}
