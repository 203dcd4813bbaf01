use std::io::{self, BufRead, Read};

use super::{Body, Source};
use crate::validate::diagnose::Position;

/// The lines of NDJSON: where each begins and ends.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    next: Position,
}

impl Lines {
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
pub(crate) fn several(prefix: &[u8], name: &str) -> bool {
    let ending = name.rsplit('.').next().unwrap_or_default();
    if ["ndjson", "jsonl"].iter().any(|known| ending.eq_ignore_ascii_case(known)) {
        return true;
    }
    let text = prefix.trim_ascii_start();
    let Some(end) = text.iter().position(|b| *b == b'\n') else { return false };
    let (line, rest) = text.split_at(end);
    let whole = serde_json::from_slice::<serde::de::IgnoredAny>(line).is_ok();
    whole && line.first().is_some_and(|b| matches!(b, b'{' | b'[')) && !rest.trim_ascii().is_empty()
}

/// A whole text, where it is short.
pub(crate) fn short(source: &mut Source, body: &Body) -> io::Result<Option<String>> {
    const LONGEST: u64 = 16 << 10;
    let mut bytes = Vec::new();
    source.read(body, |from| from.take(LONGEST + 1).read_to_end(&mut bytes).map(drop))??;
    Ok(if bytes.len() as u64 > LONGEST { None } else { String::from_utf8(bytes).ok() })
}
