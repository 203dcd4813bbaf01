//! The tests from the outside, in one program: each program of its own costs a link and its place on the disk.
//! Beside it stand `generated` and `lint`, which need no more than the documents, and the programs that measure memory.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may")]

#[path = "../support/mod.rs"]
mod support;

/// The build script's reader of documents.
#[path = "../../build/document.rs"]
#[allow(dead_code, reason = "the build script uses what these tests do not")]
mod document;

#[cfg(feature = "replica")]
mod billing;
#[cfg(all(feature = "cli", feature = "parquet"))]
mod cli_columns;
#[cfg(feature = "cli")]
mod cli_drift;
#[cfg(feature = "cli")]
mod cli_harvest;
#[cfg(feature = "cli")]
mod cli_hk;
#[cfg(feature = "cli")]
mod cli_output;
#[cfg(all(feature = "cli", target_os = "linux"))]
mod cli_terminal;
#[cfg(feature = "cli")]
mod cli_tradewind;
#[cfg(feature = "cli")]
mod cli_tree;
mod code_tables;
#[cfg(feature = "parquet")]
mod dataset;
mod documents;
#[cfg(feature = "documents")]
mod documents_room;
mod domain;
mod exchanges;
#[cfg(all(feature = "harvest", feature = "replica"))]
mod harvest;
#[cfg(all(feature = "harvest", feature = "parquet", feature = "replica"))]
mod harvest_forms;
#[cfg(all(feature = "cli", target_os = "linux"))]
mod harvest_kills;
#[cfg(all(feature = "harvest", feature = "replica"))]
mod harvest_refusals;
#[cfg(feature = "replica")]
mod hk_client;
mod properties;
mod query;
#[cfg(feature = "replica")]
mod recording;
#[cfg(feature = "replica")]
mod replica;
#[cfg(feature = "replica")]
mod replica_documents;
#[cfg(feature = "replica")]
mod replica_faults;
#[cfg(feature = "replica")]
mod replica_hk;
#[cfg(feature = "replica")]
mod replica_tradewind;
mod requests;
#[cfg(feature = "replica")]
mod secrets;
#[cfg(all(feature = "table", feature = "replica"))]
mod table;
#[cfg(feature = "table")]
mod table_helpers;
#[cfg(feature = "replica")]
mod tradewind_client;
#[cfg(feature = "replica")]
mod tradewind_errors;
#[cfg(feature = "validate")]
mod validate;
#[cfg(feature = "cli")]
mod validate_command;
#[cfg(feature = "replica")]
mod wire;
