//! A connection that tells when all that it was given has left, and that can be made to end in a reset.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::sync::Notify;

/// What answers know of the connection that they go out on.
#[derive(Debug, Clone, Default)]
pub(super) struct Connection(Arc<State>);

#[derive(Debug, Default)]
struct State {
    flushed: Notify,
    resets: AtomicBool,
    given_up: AtomicBool,
}

impl Connection {
    /// Waits for the next time that nothing is left to send.
    pub(super) async fn flushed(self) {
        self.0.flushed.notified().await;
    }

    /// Ends in a reset, whenever it ends.
    pub(super) fn reset(&self) {
        self.0.resets.store(true, Ordering::Relaxed);
    }

    /// Answers no further request.
    pub(super) fn give_up(&self) {
        self.0.given_up.store(true, Ordering::Relaxed);
    }

    /// Whether it answers no further request.
    pub(super) fn is_given_up(&self) -> bool {
        self.0.given_up.load(Ordering::Relaxed)
    }
}

/// A connection, watched: hyper flushes it when its own buffer is empty, and only then.
pub(super) struct Watched {
    inner: TokioIo<TcpStream>,
    connection: Connection,
}

impl Watched {
    pub(super) fn new(stream: TcpStream, connection: Connection) -> Self {
        Self { inner: TokioIo::new(stream), connection }
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        if self.connection.0.resets.load(Ordering::Relaxed) {
            // Where it cannot be set, the connection ends in order: still an answer that never came.
            _ = self.inner.inner().set_zero_linger();
        }
    }
}

impl Read for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(cx, buf)
    }
}

impl Write for Watched {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.inner).poll_flush(cx))?;
        self.connection.0.flushed.notify_waiters();
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.connection.0.resets.load(Ordering::Relaxed) {
            // An orderly end first would leave nothing to reset.
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write_vectored(cx, bufs)
    }
}
