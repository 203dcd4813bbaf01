//! Where things end in JSON text. What is told here is never more lenient than serde_json, which checks what is new.

use serde::Deserialize;
use serde::de::IgnoredAny;

/// The deepest nesting of a value that is looked into here; serde_json reads 127 levels in all. What is deeper is left to
/// it.
const DEEPEST: usize = 64;

/// The first byte from `at` on that is not white space.
pub(super) fn blank(bytes: &[u8], at: usize) -> usize {
    let rest = bytes.get(at..).unwrap_or_default();
    at + rest.iter().position(|b| !matches!(b, b' ' | b'\t' | b'\n' | b'\r')).unwrap_or(rest.len())
}

/// Behind the byte, which must be `byte`.
pub(super) fn past(bytes: &[u8], at: usize, byte: u8) -> Option<usize> {
    (bytes.get(at) == Some(&byte)).then_some(at + 1)
}

/// The closing quote of the text that begins at `at`, and whether there are escapes in it.
pub(super) fn quote(bytes: &[u8], at: usize) -> Option<(usize, bool)> {
    let mut escaped = false;
    let mut at = at;
    loop {
        match bytes.get(at)? {
            b'"' => return Some((at, escaped)),
            b'\\' => {
                escaped = true;
                at += 2;
            }
            0..=0x1f => return None,
            _ => at += 1,
        }
    }
}

/// Behind the value that begins at `at`. Numbers and words are not checked yet.
pub(super) fn value(bytes: &[u8], at: usize) -> Option<usize> {
    match bytes.get(at)? {
        b'"' => quote(bytes, at + 1).map(|(end, _)| end + 1),
        b'{' | b'[' => nested(bytes, at),
        _ => {
            let rest = bytes.get(at..)?;
            let length = rest.iter().position(|b| is_end(*b))?;
            (length > 0).then_some(at + length)
        }
    }
}

/// Whether a number or word ends before the byte.
pub(super) fn is_end(byte: u8) -> bool {
    matches!(byte, b',' | b'}' | b']' | b' ' | b'\t' | b'\n' | b'\r')
}

fn nested(bytes: &[u8], at: usize) -> Option<usize> {
    let rest = bytes.get(at..)?;
    let mut read = serde_json::Deserializer::from_slice(rest).into_iter::<IgnoredAny>();
    read.next()?.ok()?;
    let end = read.byte_offset();
    let value = rest.get(..end)?;
    // Brackets inside texts count too: that only leaves more to serde_json.
    let (mut depth, mut deepest) = (0usize, 0usize);
    for byte in value {
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => continue,
        }
        deepest = deepest.max(depth);
    }
    (deepest <= DEEPEST).then_some(at + end)
}

/// The text of a key, whose closing quote and escapes [`quote`] told.
pub(super) fn unescaped(bytes: &[u8], from: usize, to: usize) -> Option<String> {
    let mut json = serde_json::Deserializer::from_slice(bytes.get(from.checked_sub(1)?..to + 1)?);
    String::deserialize(&mut json).ok()
}
