//! Files that an earlier run wrote, which hold no payload.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use super::Sketch;
use crate::validate::baseline::FORMAT as BASELINE;
use crate::validate::report::{FORMAT as REPORT, TOOLS};

/// Whether a file is a baseline or a report of ours.
pub(super) fn is_own(path: &Path) -> bool {
    const BEGINNING: u64 = 256;
    // Of a pipe nothing may be taken before it is read.
    let open = || path.is_file().then(|| File::open(path).ok()).flatten();
    let mut beginning = Vec::new();
    let read = open().and_then(|file| file.take(BEGINNING).read_to_end(&mut beginning).ok());
    if read.is_none() {
        return false;
    }
    let text = String::from_utf8_lossy(&beginning);
    if TOOLS.iter().any(|tool| text.contains(&format!("<testsuites name=\"{tool}\""))) {
        return true;
    }
    let Ok(sketch) = Sketch::of(beginning.as_slice()) else { return false };
    // SARIF names its tool after all that it found, and where a program has sorted the members, the format stands behind the list.
    let may_be = ["$schema", "runs", "accepted"].iter().any(|name| sketch.get(name).is_some());
    let whole = || Sketch::of(BufReader::with_capacity(1 << 16, open()?)).ok();
    is_ours(&sketch) || may_be && whole().is_some_and(|sketch| is_ours(&sketch))
}

fn is_ours(sketch: &Sketch) -> bool {
    let format = sketch.get("format").and_then(Sketch::text);
    let run = sketch.get("runs").and_then(Sketch::first);
    let tool = run.and_then(|run| run.get("tool")?.get("driver")?.get("name")?.text());
    format.is_some_and(|format| [BASELINE, REPORT].contains(&format))
        || tool.is_some_and(|tool| TOOLS.contains(&tool))
}
