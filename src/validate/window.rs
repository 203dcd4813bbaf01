//! A window that slides over a stream, so that whole values inside it can be decoded from memory.
//!
//! serde_json reads from memory about three times as fast as from a reader; a payload as a whole must not be in memory.

use std::io::Read;

use serde::de::{DeserializeSeed, IgnoredAny};

/// How much is read at once. A value that is longer makes the window grow.
const STEP: usize = if cfg!(test) { 50 } else { 256 << 10 };

/// How far the window grows for a value that can be read piece by piece.
const BOUND: usize = 4 * STEP;

/// Why reading stopped.
#[derive(Debug)]
pub(super) enum Stop {
    /// There is something to tell of the payload.
    Unclean,
    /// The stream failed.
    Io(std::io::Error),
}

impl From<std::io::Error> for Stop {
    fn from(error: std::io::Error) -> Self {
        Self::Io(error)
    }
}

pub(super) struct Window<R> {
    from: R,
    bytes: Vec<u8>,
    /// Where the next byte to look at stands.
    at: usize,
    filled: usize,
    ended: bool,
}

impl<R: Read> Window<R> {
    pub fn new(from: R) -> Self {
        Self { from, bytes: Vec::new(), at: 0, filled: 0, ended: false }
    }

    /// Reads more; `false` at the end.
    fn more(&mut self) -> Result<bool, Stop> {
        if self.ended {
            return Ok(false);
        }
        self.bytes.copy_within(self.at..self.filled, 0);
        (self.filled, self.at) = (self.filled - self.at, 0);
        let wanted = (self.filled * 2).max(STEP);
        if self.bytes.len() < wanted {
            self.bytes.resize(wanted, 0);
        }
        while self.filled < self.bytes.len() {
            match self.from.read(&mut self.bytes[self.filled..]) {
                Ok(0) => {
                    self.ended = true;
                    break;
                }
                Ok(read) => self.filled += read,
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e.into()),
            }
        }
        Ok(true)
    }

    /// The next byte that is not white space.
    pub fn peek(&mut self) -> Result<Option<u8>, Stop> {
        loop {
            let rest = &self.bytes[self.at..self.filled];
            if let Some(blank) = rest.iter().position(|b| !matches!(b, b' ' | b'\n' | b'\r' | b'\t')) {
                self.at += blank;
                return Ok(self.bytes.get(self.at).copied());
            }
            self.at = self.filled;
            if !self.more()? {
                return Ok(None);
            }
        }
    }

    /// Takes that byte; anything else is a fault.
    pub fn expect(&mut self, byte: u8) -> Result<(), Stop> {
        if self.peek()? != Some(byte) {
            return Err(Stop::Unclean);
        }
        self.at += 1;
        Ok(())
    }

    /// Takes one of two bytes; whether it was the first.
    pub fn either(&mut self, first: u8, second: u8) -> Result<bool, Stop> {
        let next = self.peek()?;
        self.at += 1;
        match next {
            Some(byte) if byte == first => Ok(true),
            Some(byte) if byte == second => Ok(false),
            _ => Err(Stop::Unclean),
        }
    }

    /// Decodes the next value. The seed is made anew when the value was cut by the window's end, so that what it does must
    /// bear being done twice for a part of a value.
    pub fn value<S, T>(&mut self, seed: impl FnMut() -> S) -> Result<T, Stop>
    where
        S: for<'de> DeserializeSeed<'de, Value = T>,
    {
        self.within(usize::MAX, seed)?.ok_or(Stop::Unclean)
    }

    /// The same of a value that is not so long that the window would grow beyond its bound.
    pub fn short<S, T>(&mut self, seed: impl FnMut() -> S) -> Result<Option<T>, Stop>
    where
        S: for<'de> DeserializeSeed<'de, Value = T>,
    {
        self.within(BOUND, seed)
    }

    fn within<S, T>(&mut self, bound: usize, mut seed: impl FnMut() -> S) -> Result<Option<T>, Stop>
    where
        S: for<'de> DeserializeSeed<'de, Value = T>,
    {
        loop {
            let rest = &self.bytes[self.at..self.filled];
            let mut json = serde_json::Deserializer::from_slice(rest);
            match seed().deserialize(&mut json) {
                Ok(value) => {
                    let used = json.into_iter::<IgnoredAny>().byte_offset();
                    // A number that ends where the window does may go on.
                    let closed = rest[..used].last().is_some_and(|b| matches!(b, b'}' | b']' | b'"'));
                    if closed || used < rest.len() || !self.more()? {
                        self.at += used;
                        return Ok(Some(value));
                    }
                }
                Err(e) if e.is_eof() => {
                    if rest.len() >= bound && !self.ended {
                        return Ok(None);
                    }
                    if !self.more()? {
                        return Err(Stop::Unclean);
                    }
                }
                Err(_) => return Err(Stop::Unclean),
            }
        }
    }
}
