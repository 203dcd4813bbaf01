//! What a server is set up with.

use std::io;
use std::sync::Arc;

use super::contract::Contract;
use super::rules::{Rule, Rules};
use super::script::Scripts;
use super::side::Side;
use super::{Replica, hk, tradewind};
use crate::documents::{Document, document};
use crate::exchange::{Exchange, ServiceName, documented};
use crate::http::{Clock, SystemClock};

/// Sets up a [`Replica`].
#[derive(Debug, Default)]
#[must_use = "a builder does nothing until `start` is called"]
pub struct ReplicaBuilder {
    common: Common,
    exchanges: Option<Vec<Exchange>>,
    /// Of both sides; 0 is a free one.
    ports: [u16; 2],
    rules: Vec<Rule>,
    documents: Documents,
    pub(super) hk: hk::Settings,
    pub(super) tradewind: tradewind::Settings,
}

/// What both sides go by.
#[derive(Debug, Clone)]
pub(super) struct Common {
    pub(super) seed: u64,
    pub(super) clock: Arc<dyn Clock>,
    /// Whether requests that no recorded exchange fits are answered as the service would.
    pub(super) behaving: bool,
}

impl Default for Common {
    fn default() -> Self {
        Self { seed: 0, clock: Arc::new(SystemClock), behaving: true }
    }
}

impl ReplicaBuilder {
    /// What the made-up data, and faults that come at random, hang on; 0 unless set. The same seed makes the same.
    pub fn seed(mut self, seed: u64) -> Self {
        self.common.seed = seed;
        self
    }

    /// The clock for limits of usage and times in answers; the machine's unless set.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.common.clock = clock;
        self
    }

    /// The document of a service to go by, in place of the one that this crate was built with.
    ///
    /// What it says of an operation is all that it takes for it to be served; each operation answers its example, or data
    /// in the shape of its schema (marked as assumed), also where its example stands in a file that is none of this crate's
    /// recordings. An example must fit its schema. Of some, more is known than a document can tell. The
    /// guide's rules for Hong Kong's query of trade statistics are written by hand, as in [`hk::Query`](crate::hk::Query).
    /// At TradeWind's side, `world_regions` answers regions whose sums hold and `metrics` counts what it counts; where the
    /// document leaves `data` open, `agentic_search`, `company_search` and `people_search` have the members that the
    /// vendor's client reads, and operations below `/api/customs/` have rows in the upstream's envelope.
    pub fn document(mut self, document: Document) -> Self {
        self.documents.0.retain(|known| known.service() != document.service());
        self.documents.0.push(document);
        self
    }

    /// Recorded exchanges that are played to whoever asks the same, in place of the documented ones.
    ///
    /// A query of Hong Kong in the very words of a recorded one gets its answer; so does one that means the same, unless it
    /// is not in the guide's spelling and is refused before. None does for months beyond a [newest](Self::hk_newest) that
    /// was set, nor where [suffixes](Self::hk_suffix_by_language) would differ. TradeWind's side plays what was asked with
    /// the same method, path, query and body, defaults filled in and unknown fields left out, once key, document and
    /// balance let it pass; a price that was set stands in it in place of the recorded one.
    pub fn exchanges(mut self, exchanges: impl IntoIterator<Item = Exchange>) -> Self {
        self.exchanges = Some(exchanges.into_iter().collect());
        self
    }

    /// Plays these exchanges and nothing else.
    pub fn playing(mut self, exchanges: impl IntoIterator<Item = Exchange>) -> Self {
        self.common.behaving = false;
        self.exchanges(exchanges)
    }

    /// The ports on loopback; free ones unless set.
    pub fn ports(mut self, hk: u16, tradewind: u16) -> Self {
        self.ports = [hk, tradewind];
        self
    }

    /// Adds rules by which faults are made; see [`Replica::faults`].
    pub fn faults(mut self, rules: impl IntoIterator<Item = Rule>) -> Self {
        self.rules.extend(rules);
        self
    }

    /// Starts the server on loopback.
    ///
    /// # Errors
    /// When a port cannot be opened, which the message names, for a setting that cannot hold, or for a document that cannot be served: one with a
    /// schema that is none, or that no made-up data fit.
    pub async fn start(self) -> io::Result<Replica> {
        let exchanges = match self.exchanges {
            Some(exchanges) => exchanges,
            None => {
                documented().map_err(io::Error::other)?.into_iter().map(|(_, exchange)| exchange).collect()
            }
        };
        let (hk, tradewind): (Vec<_>, Vec<_>) =
            exchanges.into_iter().partition(|exchange| exchange.service == ServiceName::HkTrade);
        let scripts = Arc::new(Scripts::default());
        let rules = Arc::new(Rules::new(self.common.seed, self.rules));
        let contract = |service| self.documents.of(service, self.common.seed);
        let hk = hk::Hk::new(hk, self.hk, &self.common, contract(ServiceName::HkTrade)?).map_err(invalid)?;
        let contract = contract(ServiceName::Tradewind)?;
        let tradewind =
            tradewind::Tradewind::new(tradewind, self.tradewind, &self.common, contract).map_err(invalid)?;
        let accounts = tradewind.accounts();
        Ok(Replica {
            hk: Side::open(hk, self.ports[0], Arc::clone(&scripts), Arc::clone(&rules)).await?,
            tradewind: Side::open(tradewind, self.ports[1], Arc::clone(&scripts), Arc::clone(&rules)).await?,
            scripts,
            rules,
            accounts,
        })
    }
}

/// Documents other than the crate's own.
#[derive(Debug, Default)]
struct Documents(Vec<Document>);

impl Documents {
    /// What the document of a service promises.
    fn of(&self, service: ServiceName, seed: u64) -> io::Result<Contract> {
        let given = self.0.iter().find(|document| document.service() == service);
        let contract = Contract::new(given.unwrap_or_else(|| document(service)), seed);
        contract.map_err(invalid)
    }
}

fn invalid(problem: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, problem)
}
