//! The one transport under both clients: limits, capture, pace, repeats, redaction, record and replay.
//!
//! What is public here is what clients are set up with: a [`Clock`], a [`Pace`], a [`Backoff`], a [`Recorder`], a
//! [`Replay`]; and [`Transport`], the state of the generated clients.

mod backoff;
mod clock;
mod cookies;
mod fault;
mod pace;
mod raw;
mod record;
pub(crate) mod redact;
mod replay;
mod response;
mod settings;
#[cfg(feature = "harvest")]
mod shared;
mod shown_parameters;
mod target;
mod tidy;
mod trace;
mod transport;

pub use backoff::Backoff;
pub use clock::{Clock, ManualClock, SystemClock};
pub use pace::Pace;
pub use record::Recorder;
pub use replay::Replay;
pub use response::Response;
#[cfg(feature = "harvest")]
pub use shared::SharedPace;
pub use transport::Transport;

pub(crate) use backoff::{Repeats, retry_after_of};
#[cfg(feature = "hk-trade")]
pub(crate) use cookies::Cookies;
pub(crate) use fault::{by_status, decode_fault, not_sent, sent_fault};
#[cfg(feature = "tradewind")]
pub(crate) use fault::{looks, status_kind};
pub(crate) use pace::Gate;
pub use raw::RawBody;
pub(crate) use raw::raw;
#[cfg(feature = "hk-trade")]
pub(crate) use raw::to;
pub(crate) use redact::Secret;
#[cfg(feature = "table")]
pub(crate) use response::without_mark;
pub(crate) use settings::{Settings, setters};
#[cfg(feature = "replica")]
pub(crate) use target::{SentTarget, Target};
#[cfg(feature = "hk-trade")]
pub(crate) use tidy::with_plain_commas;
pub(crate) use tidy::{client_builder, with_single_slashes, without_api_version};
pub(crate) use trace::CallSpan;
#[cfg(feature = "harvest")]
pub(crate) use transport::BODY_CAP;
pub(crate) use transport::Wire;
#[cfg(feature = "tradewind")]
pub(crate) use transport::outcome;
