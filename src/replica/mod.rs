//! A local server that behaves as both services do, on loopback.
//!
//! The Hong Kong side answers first with a 302 to a one-time address and demands the cookie that it set on
//! the way; without it, it says "Access denied" inside HTTP 200. The TradeWind side demands a key. Requests that a
//! documented example fits are answered as documented; others with made-up data. What the services' documentation does not
//! tell and the server had to make up is named in the header `x-tradebind-assumed` of an answer.
//!
//! Hong Kong's figures are synthetic, and title and first note of an answer say so. They hang on
//! [`seed`](ReplicaBuilder::seed), and their sums hold exactly, in values and, where quantities are given, in these: total
//! exports are domestic exports and re-exports, total trade is imports and total exports, items sum to subheadings, headings
//! and chapters ([`Replica::hk_codes`]), SITC sections and end uses to the total, partners and regions too
//! ([`Replica::hk_members`]). A figure to date differs from the sum of its months by amendments of up to half a percent. The
//! figures of a recorded answer of total exports by country are in the world too, as far as they leave room for the others.
//! Months run from 2012-01 to the [newest](ReplicaBuilder::hk_newest).
//!
//! ```
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! use tradebind::hk::{Client, Query};
//! use tradebind::replica::Replica;
//!
//! let replica = Replica::start().await?;
//! let client = Client::builder().base_url(replica.hk_url()).build()?;
//! let query: Query = "lang=TC&sv=VCm&freq=M&period=201805,201806&ttype=4&ccclass=C&cc=CN".parse()?;
//! assert_eq!(client.query(&query).await?.rows().len(), 2);
//! # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
//! ```
//!
//! Tests make a [`Door`] misbehave by a script: answers of their own, slow, cut or endless ones ([`Reply`]), and
//! connections that close ([`Step`]). After the script it plays as always:
//!
//! ```
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! use tradebind::replica::{Door, Replica, Reply, Step};
//!
//! let replica = Replica::start().await?;
//! replica.script(Door::HkFront, [Reply::html(503).into(), Step::Play]);
//! let address = replica.hk_url() + "/api/get?lang=TC&sv=VCm&freq=M&period=201805,201806&ttype=4&ccclass=C&cc=CN";
//! let client = reqwest::Client::builder().cookie_store(true).build()?;
//! assert_eq!(client.get(&address).send().await?.status(), 503);
//! assert!(client.get(&address).send().await?.text().await?.contains("194542691"));
//! assert_eq!(replica.pending(Door::HkFront), 0);
//! # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
//! ```
//!
//! A [`Rule`] makes a [`Fault`] again and again, by count or by seed.
//!
//! TradeWind's side charges each call to its key ([`Replica::tradewind_account`]) until the
//! [balance](ReplicaBuilder::tradewind_balance) runs out, ignores fields that it does not know and tells them in the header
//! `x-tradebind-ignored`, and makes up regions whose shares and sums hold:
//!
//! ```
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! use tradebind::replica::{Door, Fault, Replica};
//! use tradebind::tradewind::{Client, read_request};
//!
//! let replica = Replica::builder().tradewind_balance("1".parse()?).start().await?;
//! replica.script(Door::Tradewind, [Fault::ChargeThenDrop.into()]);
//! let client = Client::builder().base_url(replica.tradewind_url()).key("tw_test_1")?.build()?;
//! let request = read_request(r#"{"type": "exporter", "product": "tea"}"#)?;
//! assert!(client.world_regions(request).await.unwrap_err().is_outcome_unknown());
//! assert_eq!(replica.tradewind_account("tw_test_1").unwrap().charged.to_string(), "0.14");
//! # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
//! ```
//!
//! Both sides go by the documents: a request that no operation takes is told the nearest one and what does not fit, and an
//! operation that is added to a [document](ReplicaBuilder::document) is served with its example, or with data in the shape of
//! its schema.

mod answer;
mod builder;
mod connection;
mod contract;
mod cut;
mod disturb;
mod fault;
mod hk;
mod log;
mod player;
mod reply;
mod rules;
mod script;
mod seeded;
mod side;
mod source;
mod tradewind;
mod wire;

pub use builder::ReplicaBuilder;
pub use fault::Fault;
pub use log::LoggedRequest;
pub use reply::Reply;
pub use rules::Rule;
pub use script::{Door, Step};
pub use tradewind::Account;

use std::io;
use std::sync::Arc;

use crate::domain::{CommodityClass, Credits, Region};
use crate::exchange::Exchange;
use rules::Rules;
use script::Scripts;
use side::Side;
use tradewind::Accounts;

/// A running local server of both services; it stops when dropped.
#[derive(Debug)]
pub struct Replica {
    hk: Side,
    tradewind: Side,
    scripts: Arc<Scripts>,
    rules: Arc<Rules>,
    accounts: Arc<Accounts>,
}

impl Replica {
    /// Starts the server on free ports of loopback, with the default settings: it behaves like both services, and
    /// answers the documented examples as documented.
    ///
    /// # Errors
    /// When no port can be opened.
    pub async fn start() -> io::Result<Self> {
        Self::builder().start().await
    }

    /// Starts the server on free ports of loopback, playing these exchanges and nothing else.
    ///
    /// # Errors
    /// When no port can be opened.
    pub async fn playing(exchanges: impl IntoIterator<Item = Exchange>) -> io::Result<Self> {
        Self::builder().playing(exchanges).start().await
    }

    /// Sets up a server.
    pub fn builder() -> ReplicaBuilder {
        ReplicaBuilder::default()
    }

    /// Base URL of the Hong Kong side.
    #[must_use]
    pub fn hk_url(&self) -> String {
        format!("http://{}", self.hk.address)
    }

    /// Base URL of the TradeWind side.
    #[must_use]
    pub fn tradewind_url(&self) -> String {
        format!("http://{}", self.tradewind.address)
    }

    /// The codes of a class that the Hong Kong side knows, in order, with those that only some editions of the
    /// Harmonized System have: ten chapters down to items, the sections of the SITC, end-use categories. Of the codes,
    /// those of eight digits and of the end uses are made up; the other levels of the SITC have none.
    #[must_use]
    pub fn hk_codes(class: CommodityClass) -> Vec<String> {
        hk::declared(class)
    }

    /// The countries that the Hong Kong side counts to a region, by English name. Those of the unions (APEC, ASEA, EU,
    /// OPEC) are assumed: members of 2024, for all years.
    #[must_use]
    pub fn hk_members(region: Region) -> Vec<&'static str> {
        hk::members(region)
    }

    /// The last 1,000 requests of the Hong Kong side, oldest first.
    #[must_use]
    pub fn hk_requests(&self) -> Vec<LoggedRequest> {
        self.hk.log.all()
    }

    /// The last 1,000 requests of the TradeWind side, oldest first.
    #[must_use]
    pub fn tradewind_requests(&self) -> Vec<LoggedRequest> {
        self.tradewind.log.all()
    }

    /// What a key of TradeWind has and was charged; `None` before its first call.
    #[must_use]
    pub fn tradewind_account(&self, key: &str) -> Option<Account> {
        self.accounts.get(key)
    }

    /// Sets the credits that a key of TradeWind has left; `None` is no end of them.
    pub fn set_tradewind_balance(&self, key: &str, credits: Option<Credits>) {
        self.accounts.set_balance(key, credits);
    }

    /// Adds steps to what a door does with its next requests, in order; after the last it plays as always.
    pub fn script(&self, door: Door, steps: impl IntoIterator<Item = Step>) {
        self.scripts.of(door).add(steps);
    }

    /// Adds rules by which faults are made, by count or by seed. A script's steps go before; the first rule that takes a
    /// request is the only one for it.
    pub fn faults(&self, rules: impl IntoIterator<Item = Rule>) {
        self.rules.add(rules);
    }

    /// Takes all rules away.
    pub fn clear_faults(&self) {
        self.rules.clear();
    }

    /// How many steps a door has yet to take.
    #[must_use]
    pub fn pending(&self, door: Door) -> usize {
        self.scripts.of(door).pending()
    }

    /// How many connections were accepted so far; both doors of Hong Kong share one listener.
    #[must_use]
    pub fn connections(&self, door: Door) -> usize {
        match door {
            Door::HkFront | Door::HkAnswer => self.hk.log.connections(),
            Door::Tradewind => self.tradewind.log.connections(),
        }
    }
}
