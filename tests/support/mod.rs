//! What several tests use.

#![allow(dead_code, reason = "each set of features uses a part of it")]

#[cfg(feature = "table")]
pub mod bodies;
#[cfg(feature = "cli")]
pub mod cli;
pub mod payloads;
pub mod replaced;
