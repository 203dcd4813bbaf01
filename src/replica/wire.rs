//! A scripted body as it goes out: in pieces, with pauses, and cut.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use hyper::body::{Body, Bytes, Frame, SizeHint};

use super::connection::Connection;
use super::source::Source;

/// The most that one piece holds, in bytes.
const PIECE: usize = 64 << 10;

/// A body that is sent as the script tells.
pub(super) struct Wire {
    source: Source,
    /// How many bytes are still promised; `None` when no length is told.
    promised: Option<u64>,
    /// How many bytes may still go before the cut.
    uncut: Option<usize>,
    chunk: usize,
    pause: Option<Duration>,
    /// What to wait for before the next piece.
    wait: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
    /// Taken when the cut is due.
    connection: Option<Connection>,
}

impl Wire {
    pub(super) fn new(source: Source, promised: Option<u64>, connection: Connection) -> Self {
        Self {
            source,
            promised,
            uncut: None,
            chunk: PIECE,
            pause: None,
            wait: None,
            connection: Some(connection),
        }
    }

    pub(super) fn cut_after(self, bytes: Option<usize>) -> Self {
        Self { uncut: bytes, ..self }
    }

    pub(super) fn slowly(self, pace: Option<(usize, Duration)>) -> Self {
        match pace {
            Some((chunk, pause)) => Self { chunk: chunk.clamp(1, PIECE), pause: Some(pause), ..self },
            None => self,
        }
    }
}

impl Body for Wire {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let this = &mut *self;
        loop {
            if let Some(wait) = &mut this.wait {
                ready!(wait.as_mut().poll(cx));
                this.wait = None;
            }
            if this.uncut == Some(0) && !this.source.is_at_end() {
                // What came before the cut must leave first: hyper drops what it holds when a body fails.
                let Some(connection) = this.connection.take() else {
                    return Poll::Ready(Some(Err(io::Error::other("cut as the script tells"))));
                };
                this.wait = Some(Box::pin(connection.flushed()));
                continue;
            }
            let most = this.uncut.map_or(this.chunk, |uncut| uncut.min(this.chunk));
            let Some(piece) = this.source.next(most)? else { return Poll::Ready(None) };
            if piece.is_empty() {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            this.uncut = this.uncut.map(|uncut| uncut.saturating_sub(piece.len()));
            this.promised = this.promised.map(|promised| promised.saturating_sub(piece.len() as u64));
            if let Some(pause) = this.pause.filter(|_| !this.source.is_at_end()) {
                this.wait = Some(Box::pin(tokio::time::sleep(pause)));
            }
            return Poll::Ready(Some(Ok(Frame::data(piece))));
        }
    }

    fn size_hint(&self) -> SizeHint {
        self.promised.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}
