//! What the documents make, held in snapshots: exactly the text that was compiled, its public surface, and
//! the documented examples as the generated types decode them.
//!
//! `cargo xtask regenerate` renews them.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may")]

#[path = "support/surface.rs"]
mod surface;

use std::fmt::Debug;

use insta::assert_snapshot;
use serde::de::DeserializeOwned;
use tradebind::exchange::{Exchange, documented};

include!(concat!(env!("OUT_DIR"), "/by_operation.rs"));

const HK_TRADE: &str = include_str!(concat!(env!("OUT_DIR"), "/hk_trade.rs"));
const TRADEWIND: &str = include_str!(concat!(env!("OUT_DIR"), "/tradewind.rs"));
const EXCHANGE: &str = include_str!(concat!(env!("OUT_DIR"), "/exchange.rs"));

#[test]
fn text() {
    assert_snapshot!("hk_trade.text", HK_TRADE);
    assert_snapshot!("tradewind.text", TRADEWIND);
    assert_snapshot!("exchange.text", EXCHANGE);
}

#[test]
fn public_surface() {
    assert_snapshot!("hk_trade.surface", surface::surface(HK_TRADE));
    assert_snapshot!("tradewind.surface", surface::surface(TRADEWIND));
    assert_snapshot!("exchange.surface", surface::surface(EXCHANGE));
}

#[test]
fn decoded_examples() {
    for (name, exchange) in documented().unwrap() {
        let stem = name.trim_start_matches("examples/").trim_end_matches(".json").replace('/', ".");
        if exchange.response.is_some() {
            let decoded = by_answer!(exchange.operation.as_str(), decoded(&exchange));
            assert_snapshot!(format!("{stem}.decoded"), decoded);
        }
    }
}

/// A snapshot that nothing makes any more would go on to look like a promise.
#[test]
fn no_snapshot_is_left_over() {
    let answered = documented().unwrap().into_iter().filter(|(_, exchange)| exchange.response.is_some());
    let mut expected: Vec<_> = answered
        .map(|(_, exchange)| format!("{}.{}.{}.decoded", exchange.service, exchange.operation, exchange.case))
        .chain(
            ["hk_trade", "tradewind", "exchange"]
                .iter()
                .flat_map(|f| [format!("{f}.text"), format!("{f}.surface")]),
        )
        .map(|name| format!("generated__{name}.snap"))
        .collect();
    expected.sort();
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots");
    let names =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut found: Vec<_> =
        names.filter(|name| name.starts_with("generated__") && name.ends_with(".snap")).collect();
    found.sort();
    assert_eq!(found, expected);
}

fn decoded<T: DeserializeOwned + Debug>(exchange: &Exchange) -> String {
    let body = exchange
        .response
        .as_ref()
        .and_then(|response| response.body.as_ref())
        .expect("an answer with a body");
    let bytes = body.bytes().unwrap();
    let mut json = serde_json::Deserializer::from_slice(&bytes);
    let typed: T = serde_path_to_error::deserialize(&mut json)
        .unwrap_or_else(|e| panic!("{}: at {}: {e}", exchange.case, e.path()));
    format!("{typed:#?}")
}
