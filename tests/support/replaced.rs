//! What `build/generate.rs` replaces, read from its text: the settings live in the build script, which a
//! test cannot call.

/// The replaced components of one service, `HK_TRADE` or `TRADEWIND`.
pub fn replaced(service: &str) -> Vec<&'static str> {
    let settings = include_str!("../../build/generate.rs");
    let (_, rest) =
        settings.split_once(&format!("pub const {service}: Service")).expect("the service's settings");
    let (own, _) = rest.split_once("};").expect("their end");
    let rows = own.lines().filter_map(|line| line.trim().strip_prefix("(\""));
    let names: Vec<_> = rows.filter_map(|row| row.split_once("\", \"")).map(|(name, _)| name).collect();
    assert!(!names.is_empty(), "{service} replaces nothing?");
    names
}
