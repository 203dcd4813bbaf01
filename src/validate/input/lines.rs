use std::io::{self, BufRead, BufReader, Read};

use serde::de::IgnoredAny;
use struson::reader::{JsonReader, JsonStreamReader};

use super::{Body, Source};
use crate::validate::diagnose::Position;

/// The lines of NDJSON: where each begins and ends.
#[derive(Debug)]
pub(crate) struct Lines {
    next: Position,
}

impl Lines {
    pub fn from(start: Position) -> Self {
        Self { next: start }
    }

    /// The next line that is not blank.
    pub fn next(&mut self, source: &mut Source) -> io::Result<Option<Body>> {
        loop {
            let mut from = source.from(self.next.byte)?;
            let (mut length, mut blank, mut ended) = (0_u64, true, false);
            loop {
                let piece = from.fill_buf()?;
                if piece.is_empty() {
                    ended = true;
                    break;
                }
                let line = piece.iter().position(|b| *b == b'\n');
                let taken = line.unwrap_or(piece.len());
                blank &= piece[..taken].iter().all(u8::is_ascii_whitespace);
                length += taken as u64;
                from.consume(taken);
                if line.is_some() {
                    break;
                }
            }
            let start = self.next;
            let end = start.byte + length;
            self.next = Position { line: start.line + 1, column: 0, byte: end + 1 };
            if !blank {
                return Ok(Some(Body::Plain { start, end: Some(end), alone: true }));
            }
            if ended {
                return Ok(None);
            }
        }
    }
}

/// Whether a text holds several values, each in a line of its own.
pub(crate) fn several(source: &mut Source, start: Position, prefix: &[u8]) -> io::Result<bool> {
    if is_named(source) {
        return Ok(true);
    }
    let text = prefix.trim_ascii_start();
    if !text.first().is_some_and(|first| matches!(first, b'{' | b'[')) {
        return Ok(false);
    }
    let Some(end) = text.iter().position(|b| *b == b'\n') else {
        return long_lines(source, start, prefix);
    };
    let (line, rest) = text.split_at(end);
    Ok(serde_json::from_slice::<IgnoredAny>(line).is_ok() && !rest.trim_ascii().is_empty())
}

/// Whether a text begins as a query of Hong Kong does: an address of the service, or what stands behind its `?`.
pub(crate) fn is_query(text: &[u8]) -> bool {
    let known = [&b"/api/get?"[..], b"lang=", b"https://tradeidds.censtatd.gov.hk/api/"];
    known.iter().any(|start| text.starts_with(start))
}

/// Whether a text holds several queries, each in a line of its own; any line with a parameter is one where queries are what is `given`.
pub(crate) fn several_queries(prefix: &[u8], given: bool) -> bool {
    let asks = |line: &[u8]| is_query(line) || given && line.contains(&b'=');
    // What begins with & goes on with the line before: one query over several lines.
    if prefix.split(|b| *b == b'\n').any(|line| line.trim_ascii().starts_with(b"&")) {
        return false;
    }
    let mut lines = prefix.split(|b| *b == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty());
    lines.next().is_some_and(asks) && lines.any(asks)
}

/// Whether the name says so.
fn is_named(source: &Source) -> bool {
    let ending = source.name.rsplit('.').next().unwrap_or_default();
    ["ndjson", "jsonl"].iter().any(|known| ending.eq_ignore_ascii_case(known))
}

/// Said of what [`is_one_value`].
pub(crate) const ONE_VALUE: &str = "is one JSON value over several lines, and NDJSON has a value in each line: write it in one line, or let the name end in .json";

/// Whether what is named NDJSON is one value over several lines: only where its first line is none is the rest looked at.
pub(crate) fn is_one_value(source: &mut Source, whole: &Body, prefix: &[u8]) -> io::Result<bool> {
    let text = prefix.trim_ascii_start();
    let line = text.split(|b| *b == b'\n').next().unwrap_or_default();
    if !is_named(source) || line.len() == text.len() || serde_json::from_slice::<IgnoredAny>(line).is_ok() {
        return Ok(false);
    }
    source.read(whole, |from| {
        let mut json = JsonStreamReader::new(BufReader::with_capacity(1 << 16, from));
        json.skip_value().is_ok() && json.consume_trailing_whitespace().is_ok()
    })
}

/// [`several`] where not even the first line fits in what was looked at.
fn long_lines(source: &mut Source, start: Position, prefix: &[u8]) -> io::Result<bool> {
    let mut from = source.from(start.byte)?;
    let blank = prefix.len() - prefix.trim_ascii_start().len();
    let skipped = from.by_ref().take(blank as u64).read_to_end(&mut Vec::new())?;
    let end = start.byte + (skipped + from.skip_until(b'\n')?) as u64;
    let mut more = false;
    loop {
        let piece = from.fill_buf()?;
        if piece.is_empty() || more {
            break;
        }
        more = !piece.trim_ascii().is_empty();
        let taken = piece.len();
        from.consume(taken);
    }
    drop(from);
    if !more {
        return Ok(false);
    }
    let line = Body::Plain { start, end: Some(end), alone: true };
    source.read(&line, |from| {
        let mut json = JsonStreamReader::new(BufReader::with_capacity(1 << 16, from));
        json.skip_value().is_ok() && json.consume_trailing_whitespace().is_ok()
    })
}

/// A whole text, where it is short.
pub(crate) fn short(source: &mut Source, body: &Body) -> io::Result<Option<String>> {
    const LONGEST: u64 = 16 << 10;
    let mut bytes = Vec::new();
    source.read(body, |from| from.take(LONGEST + 1).read_to_end(&mut bytes).map(drop))??;
    Ok(if bytes.len() as u64 > LONGEST { None } else { String::from_utf8(bytes).ok() })
}
