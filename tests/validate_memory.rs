//! Large payloads: at most 32 bytes a row beyond 20 MiB, whatever is told; held here to 4 MiB, since the program itself is not
//! counted. Alone in its program, since it measures all of it.

#![cfg(feature = "validate")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may")]

use std::io::Write;

use peak_alloc::PeakAlloc;
use tradebind::documents::Part;
use tradebind::validate::{Report, Severity, Validator};

#[global_allocator]
static PEAK: PeakAlloc = PeakAlloc;

/// What is wrong with an answer.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Fault {
    None,
    /// The last row is there so often.
    LastAgain(usize),
    /// Each row is there twice.
    Twice,
    /// Four fields of each row are wrong, one of them in its form.
    Wrong,
}

/// An answer as the service would send it; rows as written.
fn answer(into: &mut impl Write, rows: usize, fault: Fault) -> usize {
    let times = |number| match fault {
        Fault::LastAgain(times) if number + 1 == rows => times,
        Fault::Twice => 2,
        _ => 1,
    };
    let count: usize = (0..rows).map(times).sum();
    write!(into, r#"{{"header":{{"status":{{"code":0}},"count":{{"noOfRecords":{count}}}}},"dataSet":["#)
        .unwrap();
    let (period, kind, unit, mark) = match fault {
        Fault::Wrong => ("2024", "5", "KILOGRAM", "x"),
        _ => ("202401", r#""Imports""#, "HK$ '000", ""),
    };
    for number in 0..rows {
        for time in 0..times(number) {
            let comma = if number + time == 0 { "" } else { "," };
            // As many cells as rows: codes of eight digits.
            write!(
                into,
                r#"{comma}{{"freq":"M","period":"{period}","ttype":1,"ttypeDescEN":{kind},"cc":"CN","ccDescEN":"THE MAINLAND OF CHINA","codeclass":"HKHS8","code":"01{number:06}","codeDescEN":"LIVE ANIMALS, OF A KIND THAT HAS A LONG NAME","sv":"VCm","svDescEN":"Value (Monthly)","unitEN":"{unit}","figure":"{mark}{number}"}}"#
            )
            .unwrap();
        }
    }
    write!(into, "]}}").unwrap();
    count
}

/// An answer whose data the document leaves open: of so many items, in a list, by name, or in one list below.
fn envelope(into: &mut impl Write, items: usize, shape: &str) {
    let (open, close) = match shape {
        "list" => (r#"{"code":1,"msg":"ok","data":["#, "]}"),
        "object" => (r#"{"code":1,"data":{"#, "}}"),
        _ => (r#"[{"a":{"b":["#, "]}}]"),
    };
    write!(into, r#"{{"success":true,"request_id":"r","data":{open}"#).unwrap();
    for number in 0..items {
        let comma = if number == 0 { "" } else { "," };
        let name = if shape == "object" { format!("\"item {number}\":") } else { String::new() };
        write!(
            into,
            r#"{comma}{name}{{"month":"2024-01","amount":"{number}.5","weight":null,"companies":["a","b"],"about":"SOMETHING THAT HAS A LONG NAME"}}"#
        )
        .unwrap();
    }
    write!(into, r#"{close},"meta":{{"billing":{{"credits_charged":0.5}}}}}}"#).unwrap();
}

/// What was told, and by how much memory rose.
fn measured(check: impl FnOnce() -> Report) -> (Report, usize) {
    let before = PEAK.current_usage();
    PEAK.reset_peak_usage();
    let report = check();
    (report, PEAK.peak_usage() - before)
}

#[test]
fn memory_is_32_bytes_a_row_beyond_20_mib() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("large.json");
    // The largest is one that would not fit; those that are read three times have fewer rows, for the sake of time.
    for (rows, fault, told, untold) in [
        (100_000, Fault::None, 0, 0),
        (30_000, Fault::LastAgain(3), 2, 0),
        (10_000, Fault::LastAgain(20_000), 1000, 18_999),
        (15_000, Fault::Twice, 1000, 14_000),
        (30_000, Fault::Wrong, 4000, 116_000),
    ] {
        let mut file = std::io::BufWriter::new(std::fs::File::create(&path).unwrap());
        let rows = answer(&mut file, rows, fault);
        file.flush().unwrap();
        let bound = (4 << 20) + 32 * rows;
        let size = path.metadata().unwrap().len();
        assert!(size > bound as u64, "the file itself must not fit: {size}");
        let (report, rise) = measured(|| Validator::new().check([path.to_str().unwrap()]));
        let checked = &report.checked[0];
        assert_eq!((report.findings.len(), checked.untold), (told, untold), "{fault:?}");
        assert_eq!(report.passes(Severity::Error), fault == Fault::None);
        assert!(rise < bound, "{fault:?}: memory rose by {rise} bytes, beyond {bound}");
    }
    for shape in ["list", "object", "items"] {
        let mut file = std::io::BufWriter::new(std::fs::File::create(&path).unwrap());
        envelope(&mut file, 150_000, shape);
        file.flush().unwrap();
        let bound = (4 << 20) + 32 * 150_000;
        let size = path.metadata().unwrap().len();
        assert!(size > bound as u64, "the file itself must not fit: {size}");
        let validator = Validator::new().only(None, Some("market_trend"), Some(Part::Response));
        let (report, rise) = measured(|| validator.unwrap().check([path.to_str().unwrap()]));
        assert!(report.passes(Severity::Note) && report.checked.len() == 1, "{:?}", report.findings);
        assert!(rise < bound, "data of unknown shape, {shape}: memory rose by {rise} bytes, beyond {bound}");
    }
    let mut piped = Vec::new();
    answer(&mut piped, 30_000, Fault::None);
    let (report, rise) = measured(|| Validator::new().check_reader("-", &*piped));
    assert!(report.passes(Severity::Note));
    assert!(rise < (4 << 20) + 32 * 30_000, "a spooled stream: memory rose by {rise} bytes");
}
