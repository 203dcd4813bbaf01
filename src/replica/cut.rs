//! A body that breaks off.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http_body_util::combinators::UnsyncBoxBody;
use hyper::body::{Body, Bytes, Frame, SizeHint};

use super::connection::Connection;

/// Where half of a body is when nobody knows how long it is, in bytes.
const HALF_OF_A_STREAM: u64 = 1024;

/// How a connection ends with its body unfinished.
#[derive(Debug, Clone, Copy)]
pub(super) enum Ending {
    InOrder,
    Reset,
}

/// The first bytes of a body, under the length of all of it.
pub(super) struct Cut {
    inner: UnsyncBoxBody<Bytes, io::Error>,
    told: SizeHint,
    left: u64,
    /// Whether a piece was shortened, so that there is more than the inner body still holds.
    shortened: bool,
    ending: Ending,
    /// Taken when the cut is due.
    connection: Option<Connection>,
    wait: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

impl Cut {
    /// Only so many bytes go; a body that is no longer comes whole.
    pub(super) fn after(
        inner: UnsyncBoxBody<Bytes, io::Error>,
        bytes: u64,
        ending: Ending,
        connection: Connection,
    ) -> Self {
        let told = inner.size_hint();
        Self { inner, told, left: bytes, shortened: false, ending, connection: Some(connection), wait: None }
    }

    pub(super) fn half(
        inner: UnsyncBoxBody<Bytes, io::Error>,
        ending: Ending,
        connection: Connection,
    ) -> Self {
        let half = inner.size_hint().exact().map_or(HALF_OF_A_STREAM, |length| length / 2);
        Self::after(inner, half, ending, connection)
    }
}

impl Body for Cut {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let this = &mut *self;
        loop {
            if let Some(wait) = &mut this.wait {
                ready!(wait.as_mut().poll(cx));
                this.wait = None;
            }
            if this.left > 0 || (this.inner.is_end_stream() && !this.shortened) {
                let frame = match ready!(Pin::new(&mut this.inner).poll_frame(cx)) {
                    Some(Ok(frame)) => frame,
                    other => return Poll::Ready(other),
                };
                // Trailers have no place in a body that breaks off.
                let Ok(mut data) = frame.into_data() else { continue };
                if data.len() as u64 > this.left {
                    data.truncate(usize::try_from(this.left).unwrap_or(usize::MAX));
                    (this.left, this.shortened) = (0, true);
                    return Poll::Ready(Some(Ok(Frame::data(data))));
                }
                this.left -= data.len() as u64;
                return Poll::Ready(Some(Ok(Frame::data(data))));
            }
            // What came before the cut must leave first: hyper drops what it holds when a body fails.
            let Some(connection) = this.connection.take() else {
                return Poll::Ready(Some(Err(io::Error::other("cut by a fault"))));
            };
            if matches!(this.ending, Ending::Reset) {
                connection.reset();
            }
            this.wait = Some(Box::pin(connection.flushed()));
        }
    }

    fn size_hint(&self) -> SizeHint {
        self.told
    }
}
