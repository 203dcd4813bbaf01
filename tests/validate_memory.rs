//! Large payloads: at most 32 bytes a row beyond 20 MiB, whatever is told; held here to 4 MiB, since the program itself is not counted. Alone in its program, since it measures all of it.

#![cfg(feature = "validate")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may")]

use std::io::Write;

use peak_alloc::PeakAlloc;
use tradebind::validate::{Severity, Validator};

#[global_allocator]
static PEAK: PeakAlloc = PeakAlloc;

/// An answer as the service would send it, with the last row `again` times.
fn answer(into: &mut impl Write, rows: usize, again: usize) {
    let count = rows + again - 1;
    write!(into, r#"{{"header":{{"status":{{"code":0}},"count":{{"noOfRecords":{count}}}}},"dataSet":["#)
        .unwrap();
    for number in 0..rows {
        for time in 0..if number + 1 == rows { again } else { 1 } {
            let comma = if number + time == 0 { "" } else { "," };
            // As many cells as rows: codes of eight digits.
            write!(
                into,
                r#"{comma}{{"freq":"M","period":"202401","ttype":1,"ttypeDescEN":"Imports","cc":"CN","ccDescEN":"THE MAINLAND OF CHINA","codeclass":"HKHS8","code":"01{number:06}","codeDescEN":"LIVE ANIMALS, OF A KIND THAT HAS A LONG NAME","sv":"VCm","svDescEN":"Value (Monthly)","unitEN":"HK$ '000","figure":"{number}"}}"#
            )
            .unwrap();
        }
    }
    write!(into, "]}}").unwrap();
}

#[test]
fn memory_is_32_bytes_a_row_beyond_20_mib() {
    let folder = tempfile::tempdir().unwrap();
    // The largest is one that would not fit; those that are read three times have fewer rows, for the sake of time.
    for (rows, again, findings) in [(100_000, 1, 0), (30_000, 3, 2)] {
        let path = folder.path().join("large.json");
        let mut file = std::io::BufWriter::new(std::fs::File::create(&path).unwrap());
        answer(&mut file, rows, again);
        file.flush().unwrap();
        let bound = (4 << 20) + 32 * rows;
        let size = path.metadata().unwrap().len();
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
    }
    let mut piped = Vec::new();
    answer(&mut piped, 30_000, 1);
    let before = PEAK.current_usage();
    PEAK.reset_peak_usage();
    let report = Validator::new().check_reader("-", &*piped);
    assert!(report.passes(Severity::Note));
    let rise = PEAK.peak_usage() - before;
    assert!(rise < (4 << 20) + 32 * 30_000, "a spooled stream: memory rose by {rise} bytes");
}
