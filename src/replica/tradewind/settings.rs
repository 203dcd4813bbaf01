//! What the TradeWind side is set up with.

/// Settings of the TradeWind side; the setters of [`ReplicaBuilder`](crate::replica::ReplicaBuilder) that concern it
/// stand in this module.
#[derive(Debug, Clone, Default)]
pub(in crate::replica) struct Settings {}
