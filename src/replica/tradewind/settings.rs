//! What the TradeWind side is set up with.

use std::collections::BTreeMap;

use crate::domain::Credits;
use crate::replica::ReplicaBuilder;

/// Settings of the TradeWind side; the setters of [`ReplicaBuilder`] that concern it stand in this module.
#[derive(Debug, Clone, Default)]
pub(in crate::replica) struct Settings {
    /// Credits of a key that comes for the first time; `None` is no end of them.
    pub(super) balance: Option<Credits>,
    /// Prices by operation.
    pub(super) prices: BTreeMap<String, Credits>,
}

/// TradeWind.
impl ReplicaBuilder {
    /// Credits that each key has when it first comes; without it, credits never run out.
    /// [`Replica::set_tradewind_balance`](crate::replica::Replica::set_tradewind_balance) sets those of one key.
    pub fn tradewind_balance(mut self, credits: Credits) -> Self {
        self.tradewind.balance = Some(credits);
        self
    }

    /// What a call of an operation costs, by `operationId`. Unless set, it is the charge that the document has on
    /// record (`x-credits`), nothing for what is free, and the charge of the one documented call, 0.14, for all else:
    /// the service's prices are unpublished, so that each other price is marked as assumed. The server does not start with
    /// a price for what is no operation.
    pub fn tradewind_price(mut self, operation: &str, credits: Credits) -> Self {
        self.tradewind.prices.insert(operation.to_owned(), credits);
        self
    }
}
