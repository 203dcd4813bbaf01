//! `cargo xtask … | head -1`.

#![allow(clippy::unwrap_used, reason = "a test may")]

use std::process::Command;

#[test]
fn a_reader_that_has_seen_enough_is_no_fault() {
    let (reader, output) = std::io::pipe().unwrap();
    drop(reader);
    let ran = Command::new(env!("CARGO_BIN_EXE_xtask")).arg("lint").stdout(output).output().unwrap();
    assert!(ran.status.success() && ran.stderr.is_empty(), "{ran:?}");
}
