//! Hand-written types that the documents name: one for each parameter of a request that a generated type
//! could not carry, and one for each value of an answer that must not be lost, rounded or refused.
//!
//! Every type reads from text (`FromStr`, any case) and prints the service's canonical spelling (`Display`);
//! what is printed reads back to the same value. With the feature `schemars` each tells its JSON schema,
//! which a test holds equal to the component in the document.

mod area;
mod commodity;
mod credits;
mod date;
mod figure;
mod frequency;
mod invalid;
mod language;
mod list;
mod messages;
mod number;
mod open;
mod or_other;
mod period;
mod statistic;
mod status;
mod trade_type;
mod wire;

pub use area::{AreaClass, AreaCode, AreaList, Region, TransportChoice};
pub use commodity::{CodeList, CommodityClass, CommodityCode};
pub use credits::Credits;
pub use date::DateText;
pub use figure::{Figure, Reading};
pub use frequency::Frequency;
pub use invalid::InvalidValue;
pub use language::Language;
pub use list::{CommaList, ListItem};
pub use messages::Messages;
pub use number::OpenNumber;
pub use open::{Known, Open, OpenCode};
pub use or_other::OrOther;
pub use period::{Period, PeriodPair};
pub use rust_decimal::Decimal;
pub use statistic::{Statistic, StatisticList};
pub use status::StatusCode;
pub use trade_type::TradeType;
