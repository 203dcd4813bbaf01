//! Where the bytes of a scripted body come from, a piece at a time.

use std::io::{self, Write as _};

use flate2::Compression;
use flate2::write::GzEncoder;
use hyper::body::Bytes;

/// A repeated body is laid out at least this long once, so that a short one does not go byte by byte.
const BLOCK: usize = 16 << 10;

/// How many plain bytes are compressed before others get their turn.
const TURN: usize = 256 << 10;

/// A body's bytes; what is held does not grow with what is sent.
pub(super) enum Source {
    Plain(Plain),
    Gzip(Gzip),
}

impl Source {
    /// The next piece, of at most so many bytes; an empty one means that none is ready yet, `None` the end.
    pub(super) fn next(&mut self, most: usize) -> io::Result<Option<Bytes>> {
        match self {
            Self::Plain(plain) => Ok(plain.next(most)),
            Self::Gzip(gzip) => gzip.next(most),
        }
    }

    pub(super) fn is_at_end(&self) -> bool {
        match self {
            Self::Plain(plain) => plain.left == 0,
            Self::Gzip(gzip) => gzip.encoder.is_none() && gzip.packed.is_empty(),
        }
    }
}

/// A block, once or again and again.
pub(super) struct Plain {
    block: Bytes,
    at: usize,
    left: u64,
}

impl Plain {
    pub(super) fn once(body: Bytes) -> Self {
        let left = body.len() as u64;
        Self { block: body, at: 0, left }
    }

    /// The body again and again until so many bytes; an empty body stands for zeros.
    pub(super) fn repeated(body: Bytes, total: u64) -> Self {
        let block = match body.len() {
            0 => vec![0; BLOCK].into(),
            length if length < BLOCK => body.repeat(BLOCK.div_ceil(length)).into(),
            _ => body,
        };
        Self { block, at: 0, left: total }
    }

    fn next(&mut self, most: usize) -> Option<Bytes> {
        if self.left == 0 {
            return None;
        }
        if self.at == self.block.len() {
            self.at = 0;
        }
        let left = usize::try_from(self.left).unwrap_or(usize::MAX);
        let length = most.min(left).min(self.block.len() - self.at);
        let piece = self.block.slice(self.at..self.at + length);
        self.at += length;
        self.left -= length as u64;
        Some(piece)
    }
}

/// The same, compressed on the way.
pub(super) struct Gzip {
    plain: Plain,
    encoder: Option<GzEncoder<Vec<u8>>>,
    packed: Bytes,
}

impl Gzip {
    pub(super) fn new(plain: Plain) -> Self {
        let encoder = Some(GzEncoder::new(Vec::new(), Compression::default()));
        Self { plain, encoder, packed: Bytes::new() }
    }

    fn next(&mut self, most: usize) -> io::Result<Option<Bytes>> {
        if self.packed.is_empty() {
            let Some(mut encoder) = self.encoder.take() else { return Ok(None) };
            let mut fed = 0;
            while fed < TURN && encoder.get_ref().is_empty() {
                let Some(piece) = self.plain.next(TURN) else {
                    self.packed = encoder.finish()?.into();
                    return Ok(Some(self.packed.split_to(most.min(self.packed.len()))));
                };
                encoder.write_all(&piece)?;
                fed += piece.len();
            }
            self.packed = std::mem::take(encoder.get_mut()).into();
            self.encoder = Some(encoder);
        }
        Ok(Some(self.packed.split_to(most.min(self.packed.len()))))
    }
}

/// A whole body, compressed.
pub(super) fn packed(body: &[u8]) -> io::Result<Bytes> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(body)?;
    Ok(encoder.finish()?.into())
}
