//! Large payloads: at most 32 bytes a row beyond 20 MiB, whatever is told. Alone in its program, since it measures all of it.

#![cfg(feature = "validate")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may")]

use std::io::Write;

use peak_alloc::PeakAlloc;
use tradebind::validate::{Severity, Validator};

#[path = "support/payloads.rs"]
mod payloads;

#[global_allocator]
static PEAK: PeakAlloc = PeakAlloc;

const ROWS: usize = 100_000;

/// An answer on the disk: as the service would send it, with the last row `again` times.
fn answer(into: &mut impl Write, again: usize) {
    let count = ROWS + again - 1;
    write!(into, r#"{{"header":{{"status":{{"code":0}},"count":{{"noOfRecords":{count}}}}},"dataSet":["#)
        .unwrap();
    for piece in 0..ROWS / 1000 {
        for (at, mut row) in payloads::hk_rows(1000).into_iter().enumerate() {
            let number = piece * 1000 + at;
            // As many cells as rows: codes of eight digits.
            row["codeclass"] = "HKHS8".into();
            row["code"] = format!("01{number:06}").into();
            let times = if number + 1 == ROWS { again } else { 1 };
            for time in 0..times {
                let comma = if number + time == 0 { "" } else { "," };
                write!(into, "{comma}{row}").unwrap();
            }
        }
    }
    write!(into, "]}}").unwrap();
}

#[test]
fn memory_is_32_bytes_a_row_beyond_20_mib() {
    let folder = tempfile::tempdir().unwrap();
    for (again, findings) in [(1, 0), (3, 2)] {
        let path = folder.path().join("large.json");
        let mut file = std::io::BufWriter::new(std::fs::File::create(&path).unwrap());
        answer(&mut file, again);
        file.flush().unwrap();
        let size = path.metadata().unwrap().len();
        let bound = (20 << 20) + 32 * ROWS;
        assert!(size > bound as u64, "the file itself must not fit: {size}");
        let before = PEAK.current_usage();
        PEAK.reset_peak_usage();
        let report = Validator::new().check([path.to_str().unwrap()]);
        let rise = PEAK.peak_usage() - before;
        assert_eq!(
            (report.checked.len(), report.findings.len()),
            (1, findings),
            "{:?}",
            report.findings.first()
        );
        assert_eq!(report.passes(Severity::Error), findings == 0);
        assert!(rise < bound, "memory rose by {rise} bytes, beyond {bound}");
        // And what is not the rows' is far below the 20 MiB.
        assert!(rise < (4 << 20) + 32 * ROWS, "memory rose by {rise} bytes");
    }
    let mut piped = Vec::new();
    answer(&mut piped, 1);
    let before = PEAK.current_usage();
    PEAK.reset_peak_usage();
    let report = Validator::new().check_reader("-", &*piped);
    assert!(report.passes(Severity::Note));
    let rise = PEAK.peak_usage() - before;
    assert!(rise < (4 << 20) + 32 * ROWS, "a spooled stream: memory rose by {rise} bytes");
}
