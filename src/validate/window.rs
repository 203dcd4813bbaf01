//! A window that slides over a stream, so that whole values inside it can be decoded from memory.
//!
//! serde_json reads from memory about three times as fast as from a reader, and from a text faster still, since no text in it has to be
//! checked; a payload as a whole must not be in memory.

use std::io::Read;

use serde::de::{DeserializeSeed, IgnoredAny};

/// How much is read at once. A value that is longer makes the window grow.
const STEP: usize = if cfg!(test) { 50 } else { 256 << 10 };

/// How much is checked to be UTF-8 at once.
const PIECE: usize = if cfg!(test) { 20 } else { 64 << 10 };

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

/// Memory of a window, used again for the next payload.
#[derive(Debug, Default)]
pub(super) struct Room {
    /// What is looked at: UTF-8 throughout, so that no text in it has to be checked again.
    text: String,
    /// What was read last; at its beginning a letter that the last piece cut.
    piece: Vec<u8>,
}

pub(super) struct Window<'a, R> {
    from: R,
    room: &'a mut Room,
    /// Where the next byte to look at stands.
    at: usize,
    /// How much of the piece is a letter that was cut.
    cut: usize,
    ended: bool,
    /// What follows is no UTF-8.
    broken: bool,
}

impl<'a, R: Read> Window<'a, R> {
    pub fn new(from: R, room: &'a mut Room) -> Self {
        room.text.clear();
        // What an unusually long value took is given back.
        room.text.shrink_to(2 * STEP);
        Self { from, room, at: 0, cut: 0, ended: false, broken: false }
    }

    /// Reads more; `false` at the end.
    fn more(&mut self) -> Result<bool, Stop> {
        if self.broken {
            return Err(Stop::Unclean);
        }
        if self.ended {
            return Ok(false);
        }
        self.room.text.drain(..self.at);
        self.at = 0;
        let wanted = (self.room.text.len() * 2).max(STEP);
        while self.room.text.len() < wanted && !self.ended && !self.broken {
            self.piece()?;
        }
        Ok(true)
    }

    /// Reads a piece.
    fn piece(&mut self) -> Result<(), Stop> {
        let Room { text, piece } = &mut *self.room;
        piece.resize(PIECE, 0);
        let filled = match self.from.read(&mut piece[self.cut..]) {
            Ok(0) => {
                (self.ended, self.broken) = (true, self.cut > 0);
                return Ok(());
            }
            Ok(read) => self.cut + read,
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => return Ok(()),
            Err(e) => return Err(e.into()),
        };
        let valid = match std::str::from_utf8(&piece[..filled]) {
            Ok(valid) => valid,
            Err(e) => {
                self.broken = e.error_len().is_some();
                std::str::from_utf8(&piece[..e.valid_up_to()]).unwrap_or_default()
            }
        };
        text.push_str(valid);
        let used = valid.len();
        piece.copy_within(used..filled, 0);
        self.cut = filled - used;
        Ok(())
    }

    /// What stands there and was not looked at yet.
    fn rest(&self) -> &str {
        self.room.text.get(self.at..).unwrap_or_default()
    }

    /// The next byte that is not white space.
    pub fn peek(&mut self) -> Result<Option<u8>, Stop> {
        loop {
            let rest = self.rest().as_bytes();
            if let Some(blank) = rest.iter().position(|b| !matches!(b, b' ' | b'\n' | b'\r' | b'\t')) {
                let next = rest.get(blank).copied();
                self.at += blank;
                return Ok(next);
            }
            self.at = self.room.text.len();
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
        let was_first = match self.peek()? {
            Some(byte) if byte == first => true,
            Some(byte) if byte == second => false,
            _ => return Err(Stop::Unclean),
        };
        self.at += 1;
        Ok(was_first)
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
            let rest = self.rest();
            let mut json = serde_json::Deserializer::from_str(rest);
            match seed().deserialize(&mut json) {
                Ok(value) => {
                    let used = json.into_iter::<IgnoredAny>().byte_offset();
                    // A number that ends where the window does may go on.
                    let closed =
                        rest.as_bytes()[..used].last().is_some_and(|b| matches!(b, b'}' | b']' | b'"'));
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
