//! What decoding takes beyond the body. Alone in its program, since it measures all of it.

#![cfg(feature = "table")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may")]

use peak_alloc::PeakAlloc;
use tradebind::table::{CsvOptions, Table};

#[path = "support/bodies.rs"]
mod bodies;

use bodies::{Body, QUANTITY, VALUE};

#[global_allocator]
static PEAK: PeakAlloc = PeakAlloc;

#[test]
fn columns_take_a_fraction_of_the_body() {
    let usual = Body::default().text();
    let both = Body { statistics: &[VALUE, QUANTITY], ..Body::default() }.text();
    // A field that the document does not know, another value in each row.
    let mut number = 0;
    let new: String = usual
        .split_inclusive("\"figure\"")
        .map(|part| {
            number += 1;
            part.replace("\"figure\"", &format!("\"new\":{{\"id\":{number}}},\"figure\""))
        })
        .collect();
    for (what, body, peak, kept) in
        [("usual", &usual, 15, 10), ("two statistics", &both, 15, 10), ("a new field", &new, 30, 16)]
    {
        assert!(body.len() > 25 << 20, "{}", body.len());
        let before = PEAK.current_usage();
        PEAK.reset_peak_usage();
        let table = Table::decode(body.as_bytes()).unwrap();
        assert_eq!(table.len(), 100_000);
        let rise = PEAK.peak_usage() - before;
        let held = PEAK.current_usage() - before;
        println!("{what}: {} bytes, peak {rise}, kept {held}", body.len());
        assert!(rise * 100 < peak * body.len(), "{what}: {rise} of {}", body.len());
        assert!(held * 100 < kept * body.len(), "{what}: {held} of {}", body.len());
        PEAK.reset_peak_usage();
        table.write_csv(std::io::sink(), &CsvOptions::default()).unwrap();
        table.write_json(std::io::sink()).unwrap();
        table.write_ndjson(std::io::sink()).unwrap();
        let rise = PEAK.peak_usage() - before - held;
        assert!(rise < 64 << 10, "{what}: writing took {rise}");
    }
}
