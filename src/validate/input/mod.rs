//! Where payloads come from: files, folders, patterns, standard input, and what lies in them.

mod exchange;
mod har;
mod lines;
mod own;
mod recognise;
mod sketch;

use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use base64::engine::general_purpose::STANDARD;
use struson::reader::{JsonReader, JsonStreamReader};

use super::diagnose::Position;
use super::finding::steers;

pub(super) use exchange::{
    Call, Json, Slip, contents, position, read as read_exchange, words as kind_in_words,
};
pub(super) use har::read as read_har;
pub(super) use lines::{Lines, ONE_VALUE, is_one_value, is_query, several, several_queries, short};
pub(super) use recognise::{Candidate, by_shape};
pub(super) use sketch::{Container, Sketch};

/// The byte order mark in UTF-8.
const MARK: &[u8] = "\u{feff}".as_bytes();

/// Whether a text is a page of HTML or XML, by how it begins.
pub(super) fn is_page(text: &[u8]) -> bool {
    text.trim_ascii_start().starts_with(b"<")
}

/// How much of a payload is looked at to recognise it.
pub(super) const PREFIX: u64 = 64 << 10;

/// A text that can be read more than once.
pub(super) struct Source {
    pub name: String,
    from: From,
    /// A byte of a quoted text that was looked up, and its place: the next one mostly stands behind it.
    last: Option<(Position, u64, Position)>,
}

enum From {
    File(File),
    Memory(Cursor<Vec<u8>>),
}

impl Read for From {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::File(file) => file.read(into),
            Self::Memory(bytes) => bytes.read(into),
        }
    }
}

impl Seek for From {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        match self {
            Self::File(file) => file.seek(to),
            Self::Memory(bytes) => bytes.seek(to),
        }
    }
}

/// A payload in a source.
#[derive(Debug, Clone, Copy)]
pub(super) enum Body {
    /// The text itself, from a place up to a byte or up to where the value ends.
    Plain { start: Position, end: Option<u64>, alone: bool },
    /// Inside a JSON text that begins there, in base64 or not.
    Quoted { start: Position, base64: bool },
}

impl Body {
    /// Where it begins in its source.
    pub fn start(&self) -> Position {
        match *self {
            Self::Plain { start, .. } | Self::Quoted { start, .. } => start,
        }
    }

    /// How much of its surroundings may be shown.
    pub fn within(&self) -> Within {
        match *self {
            Self::Plain { alone: true, .. } => Within::Line,
            Self::Plain { start, end, .. } => Within::Bytes(start.byte, end.unwrap_or(start.byte)),
            Self::Quoted { start, .. } => Within::Text(start.byte),
        }
    }
}

/// How much of the text around a place may be shown: what holds a payload has headers, too, with secrets in them.
#[derive(Debug, Clone, Copy)]
pub(super) enum Within {
    /// The line.
    Line,
    /// From one byte up to another.
    Bytes(u64, u64),
    /// The JSON text that begins at a byte.
    Text(u64),
    /// The token alone.
    Token,
}

impl Source {
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        // A pipe that has a path can be read once.
        if !file.metadata()?.is_file() {
            return Self::spooled(&path.display().to_string(), file);
        }
        Ok(Self { name: path.display().to_string(), from: From::File(file), last: None })
    }

    /// A stream, such as standard input, spooled to a file that has no name.
    pub fn spooled(name: &str, mut from: impl Read) -> io::Result<Self> {
        let mut file = tempfile::tempfile()?;
        io::copy(&mut from, &mut file)?;
        Ok(Self { name: name.to_owned(), from: From::File(file), last: None })
    }

    pub fn memory(name: &str, bytes: Vec<u8>) -> Self {
        Self { name: name.to_owned(), from: From::Memory(Cursor::new(bytes)), last: None }
    }

    /// All of it, and how it begins; without the byte order mark that some editors put in front, and without white space that is longer
    /// than what is looked at. Whether there is a mark, too.
    pub fn whole(&mut self) -> io::Result<(Body, Vec<u8>, bool)> {
        let from =
            |byte| Body::Plain { start: Position { byte, ..Position::default() }, end: None, alone: true };
        let mut prefix = self.prefix(&from(0))?;
        let marked = prefix.starts_with(MARK);
        if marked {
            prefix.drain(..MARK.len());
        }
        let start = if marked { MARK.len() as u64 } else { 0 };
        if prefix.len() < PREFIX as usize - MARK.len() || !prefix.trim_ascii().is_empty() {
            return Ok((from(start), prefix, marked));
        }
        let body = Body::Plain { start: self.first_letter(start)?, end: None, alone: true };
        Ok((body, self.prefix(&body)?, marked))
    }

    /// The first place from a byte on that is not white space; else the end.
    fn first_letter(&mut self, byte: u64) -> io::Result<Position> {
        let mut at = Position { byte, ..Position::default() };
        for letter in self.from(byte)?.bytes() {
            match letter? {
                b'\n' => at = Position { line: at.line + 1, column: 0, byte: at.byte + 1 },
                letter if letter.is_ascii_whitespace() => {
                    (at.column, at.byte) = (at.column + 1, at.byte + 1);
                }
                _ => break,
            }
        }
        Ok(at)
    }

    /// Reads on from a byte.
    pub fn from(&mut self, byte: u64) -> io::Result<impl BufRead + '_> {
        self.from.seek(SeekFrom::Start(byte))?;
        Ok(BufReader::with_capacity(1 << 16, &mut self.from))
    }

    /// The first bytes of a payload.
    pub fn prefix(&mut self, body: &Body) -> io::Result<Vec<u8>> {
        let mut prefix = Vec::new();
        self.read(body, |from| from.take(PREFIX).read_to_end(&mut prefix).map(drop))??;
        Ok(prefix)
    }

    /// Reads a payload.
    pub fn read<T>(&mut self, body: &Body, read: impl FnOnce(&mut dyn Read) -> T) -> io::Result<T> {
        match *body {
            Body::Plain { start, end, .. } => {
                self.from.seek(SeekFrom::Start(start.byte))?;
                match end {
                    Some(end) => Ok(read(&mut (&mut self.from).take(end.saturating_sub(start.byte)))),
                    None => Ok(read(&mut self.from)),
                }
            }
            Body::Quoted { start, base64 } => {
                let mut json = JsonStreamReader::new(self.from(start.byte)?);
                let mut text = json.next_string_reader().map_err(io::Error::other)?;
                if base64 {
                    Ok(read(&mut base64::read::DecoderReader::new(&mut text, &STANDARD)))
                } else {
                    Ok(read(&mut text))
                }
            }
        }
    }

    /// Where a place of a payload stands in the source.
    pub fn outer(&mut self, body: &Body, inner: Position) -> Position {
        match *body {
            Body::Plain { start, .. } => {
                let column = if inner.line == 0 { start.column } else { 0 } + inner.column;
                Position { line: start.line + inner.line, column, byte: start.byte + inner.byte }
            }
            // Which letter of base64 holds a byte helps nobody.
            Body::Quoted { start, base64: true } => start,
            Body::Quoted { start, base64: false } => self.unquoted(start, inner.byte).unwrap_or(start),
        }
    }

    /// Where a byte of a quoted text stands: the text has no line breaks, since JSON escapes them.
    fn unquoted(&mut self, start: Position, inner: u64) -> io::Result<Position> {
        let first = Position { column: start.column + 1, byte: start.byte + 1, ..start };
        let known = self.last.filter(|(of, decoded, _)| *of == start && *decoded <= inner);
        let (mut decoded, mut at) = known.map_or((0, first), |(_, decoded, at)| (decoded, at));
        let mut bytes = self.from(at.byte)?.bytes();
        while decoded < inner {
            let Some(byte) = bytes.next().transpose()? else { break };
            match byte {
                b'\\' => {
                    let escape = bytes.next().transpose()?.unwrap_or_default();
                    at.byte += 2;
                    at.column += 2;
                    let mut long = 1;
                    if escape == b'u' {
                        let mut digits = 0_u32;
                        for _ in 0..4 {
                            let digit = bytes.next().transpose()?.unwrap_or_default();
                            digits = digits * 16 + char::from(digit).to_digit(16).unwrap_or_default();
                        }
                        at.byte += 4;
                        at.column += 4;
                        long = match digits {
                            0..=0x7f => 1,
                            0x80..=0x7ff => 2,
                            // Half of a letter of four bytes.
                            0xd800..=0xdfff => 2,
                            _ => 3,
                        };
                    }
                    decoded += long;
                }
                b'"' => break,
                _ => {
                    at.byte += 1;
                    // Letters have one byte that begins them.
                    at.column += u64::from(byte & 0xc0 != 0x80);
                    decoded += 1;
                }
            }
        }
        drop(bytes);
        self.last = Some((start, decoded, at));
        Ok(at)
    }

    /// The line around a place, as far as it may be shown.
    pub fn excerpt(&mut self, at: Position, within: Within) -> Option<super::Excerpt> {
        const BEFORE: u64 = 60;
        const AFTER: u64 = 60;
        // Enough bytes for so many letters.
        let start = at.byte.saturating_sub(BEFORE * 4);
        let mut bytes = Vec::new();
        let length = at.byte - start + AFTER * 4;
        self.from(start).ok()?.take(length).read_to_end(&mut bytes).ok()?;
        let middle = usize::try_from(at.byte - start).ok()?.min(bytes.len());
        let (before, after) = bytes.split_at(middle);
        let line = before.rsplit(|byte| matches!(byte, b'\n' | b'\r')).next().unwrap_or_default();
        let own = match within {
            Within::Line => line.len(),
            Within::Bytes(from, _) => usize::try_from(at.byte.saturating_sub(from)).ok()?,
            Within::Text(from) => usize::try_from(at.byte.saturating_sub(from + 1)).ok()?,
            Within::Token => 0,
        };
        let (others, inner) = line.split_at(line.len().saturating_sub(own));
        // Its name, where that is all that stands before it.
        let whole = line.len() < before.len() || start == 0;
        let line = if whole && is_label(others) { line } else { inner };
        let line = String::from_utf8_lossy(line);
        let line = line.trim_start_matches(['\u{fffd}', '\u{feff}']);
        let skipped = line.chars().count().saturating_sub(usize::try_from(BEFORE).ok()?);
        let line: String = line.chars().skip(skipped).collect();
        let cut = at.column > line.chars().count() as u64;
        // A line that begins here loses its indentation, as a person would quote it.
        let line = if cut { format!("…{line}") } else { line.trim_start().to_owned() };
        let after = match within {
            Within::Line | Within::Token => after,
            Within::Bytes(_, end) => {
                let length = usize::try_from(end.saturating_sub(at.byte)).ok()?;
                after.get(..length).unwrap_or(after)
            }
            Within::Text(from) => {
                let first = usize::from(from == at.byte);
                let end = after.get(first..).and_then(quote).map_or(after.len(), |end| first + end + 1);
                after.get(..end).unwrap_or(after)
            }
        };
        let after = String::from_utf8_lossy(after);
        let after = after.trim_start_matches('\u{feff}');
        let rest = after.split(['\n', '\r']).next().unwrap_or_default().trim_end_matches('\u{fffd}');
        let mut kept: String = rest.chars().take(usize::try_from(AFTER).ok()?).collect();
        if matches!(within, Within::Token) {
            kept = kept.chars().take(token(&kept)).collect();
        }
        let more = if kept.len() < rest.len() && !matches!(within, Within::Token) { "…" } else { "" };
        let plain = |text: &str| text.chars().map(|c| if steers(c) { ' ' } else { c }).collect::<String>();
        let length = token(&kept);
        Some(super::Excerpt {
            caret: line.chars().count(),
            text: plain(&format!("{line}{kept}{more}")).trim_end().to_owned(),
            length,
        })
    }
}

/// Whether a line begins with the name of a member, or where its value does.
fn is_label(text: &[u8]) -> bool {
    let text = text.trim_ascii();
    let Some(name) = text.strip_prefix(b"\"") else { return text.is_empty() };
    quote(name).is_some_and(|end| matches!(name[end + 1..].trim_ascii(), b":" | b": \"" | b":\""))
}

/// Where a JSON text ends whose opening quote is gone.
fn quote(text: &[u8]) -> Option<usize> {
    let mut escaped = false;
    text.iter().position(|byte| {
        let ends = *byte == b'"' && !escaped;
        escaped = *byte == b'\\' && !escaped;
        ends
    })
}

/// Characters of the token that a text begins with.
fn token(text: &str) -> usize {
    let mut length = 0;
    let mut escaped = false;
    for (at, letter) in text.chars().enumerate() {
        match letter {
            '"' if at > 0 && text.starts_with('"') && !escaped => return at + 1,
            _ if text.starts_with('"') => escaped = letter == '\\' && !escaped,
            ',' | '}' | ']' | ':' | ' ' => break,
            '{' | '[' => return 1,
            _ => {}
        }
        length = at + 1;
    }
    length.max(1)
}

/// Said of a folder without any.
pub(super) const NO_PAYLOAD: &str =
    "the folder holds no payload: files that end in .json, .ndjson, .jsonl or .har";

/// What a path leads to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Files {
    pub files: Vec<PathBuf>,
    /// Files beside them that an earlier run wrote: no payloads.
    pub own: Vec<PathBuf>,
}

/// Files of a path, folder or pattern, sorted within a folder. A path that leads nowhere is told.
pub(super) fn files(path: &str) -> Result<Files, String> {
    files_of(path, 1)
}

/// The same of one of so many that are named.
pub(super) fn files_of(path: &str, named: usize) -> Result<Files, String> {
    let given = Path::new(path);
    if given.is_dir() {
        let mut found = Vec::new();
        folder(given, &mut found).map_err(|e| format!("the folder cannot be read: {e}"))?;
        return match found.is_empty() {
            true => Err(NO_PAYLOAD.to_owned()),
            false => Ok(parted(found)),
        };
    }
    if given.exists() || !path.contains(['*', '?', '[']) {
        // One that alone is named is taken for what it is said to be; of several, a shell may have found the names.
        let given = vec![given.to_owned()];
        return Ok(if named > 1 { parted(given) } else { Files { files: given, own: Vec::new() } });
    }
    // A shell's patterns pass over hidden files, and so does a folder.
    let options = glob::MatchOptions { require_literal_leading_dot: true, ..glob::MatchOptions::new() };
    let paths = glob::glob_with(path, options).map_err(|e| format!("is no pattern: {e}"))?;
    let mut found: Vec<_> = paths.filter_map(Result::ok).filter(|path| path.is_file()).collect();
    found.sort();
    if found.is_empty() { Err("no file fits the pattern".to_owned()) } else { Ok(parted(found)) }
}

fn parted(found: Vec<PathBuf>) -> Files {
    let (own, files) = found.into_iter().partition(|file| own::is_own(file));
    Files { files, own }
}

/// Endings of files that a folder is searched for.
const ENDINGS: [&str; 4] = ["json", "ndjson", "jsonl", "har"];

fn folder(path: &Path, found: &mut Vec<PathBuf>) -> io::Result<()> {
    let mut entries = std::fs::read_dir(path)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<Vec<_>, _>>()?;
    entries.sort();
    for entry in entries {
        let hidden = entry.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        // Links are not followed into folders, which could lead in circles.
        let kind = std::fs::symlink_metadata(&entry)?;
        if hidden {
            continue;
        } else if kind.is_dir() {
            folder(&entry, found)?;
        } else if entry
            .extension()
            .is_some_and(|end| ENDINGS.iter().any(|known| end.eq_ignore_ascii_case(known)))
        {
            found.push(entry);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, at: &str, within: Within) -> String {
        let byte = text.find(at).unwrap() as u64;
        let mut source = Source::memory("x", text.as_bytes().to_vec());
        source.excerpt(Position { line: 0, column: byte, byte }, within).unwrap().text
    }

    #[test]
    fn an_excerpt_keeps_to_what_may_be_shown() {
        let text = r#"{"auth": "secret", "body": {"a": "x"}, "text": "{\"b\": 5}", "auth": "secret"}"#;
        let place = |of: &str| text.find(of).unwrap() as u64;
        let body = place(r#"{"a""#);
        assert_eq!(shown(text, r#""x"#, Within::Bytes(body, place(r#", "text""#))), r#"…{"a": "x"}"#);
        let quoted = Within::Text(place(r#""{\"b"#));
        assert_eq!(shown(text, "5}", quoted), r#"…{\"b\": 5}""#);
        assert_eq!(shown(text, r#""{\"b"#, quoted), r#"…"{\"b\": 5}""#);
        assert_eq!(shown(text, r#"{"a""#, Within::Token), "…{");
        assert_eq!(shown(r#"  "status": 1000, "auth": 1"#, "1000", Within::Token), r#""status": 1000"#);
        assert!(shown(text, "5}", Within::Line).contains("secret"));
    }
}
