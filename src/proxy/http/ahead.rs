//! Noticing that a client has left while its answer is being waited for. hyper does not read then,
//! because a client may shut its own side and still want its answer (RFC 9112 section 9.6).

use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf as _, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::sleep;

use crate::proxy::stream::Wire;

/// A client that has shut its side may wait for its answer this many times as long as for its own
/// handshake, between one byte and the next.
pub(super) const LEFT_TIMES: u32 = 3;

/// No more is read ahead of hyper.
const ROOM: usize = 4 << 10;

/// A client's stream from which a little is read ahead. Its clones are the same stream.
pub(super) struct Ahead<S>(Arc<Mutex<Inner<S>>>);

struct Inner<S> {
    io: S,
    buffer: BytesMut,
    end: Option<End>,
    /// Bytes that hyper has read and written.
    moved: u64,
}

/// What came when it was looked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Came {
    /// Bytes, or there were enough of them already.
    More,
    /// The end.
    End,
}

/// How the client's side ended.
#[derive(Clone, Copy)]
enum End {
    Shut,
    Broken(io::ErrorKind),
}

impl<S> Clone for Ahead<S> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Ahead<S> {
    /// Around a stream.
    pub(super) fn new(io: S) -> Self {
        Self(Arc::new(Mutex::new(Inner { io, buffer: BytesMut::new(), end: None, moved: 0 })))
    }

    /// Waits until the client has shut its side and, for so long, has had nothing any more. Has to
    /// be polled in hyper's own task, behind hyper; looks only where nothing moves, so that a body
    /// on its way is hyper's alone.
    pub(super) async fn has_left(&self, patience: Duration) {
        loop {
            let before = self.lock().moved;
            sleep(patience / 10).await;
            let is_quiet = self.lock().moved == before;
            if is_quiet && poll_fn(|cx| self.lock().poll_ahead(cx)).await == Came::End {
                break;
            }
        }
        loop {
            let before = self.lock().moved;
            sleep(patience).await;
            if self.lock().moved == before {
                return;
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner<S>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S: Wire> Wire for Ahead<S> {
    fn reset_on_close(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).io.reset_on_close();
    }

    fn local(&self) -> Option<SocketAddr> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).io.local()
    }
}

impl<S: AsyncRead + Unpin> Inner<S> {
    fn poll_ahead(&mut self, cx: &mut Context<'_>) -> Poll<Came> {
        if self.end.is_some() {
            return Poll::Ready(Came::End);
        }
        if self.buffer.len() >= ROOM {
            return Poll::Ready(Came::More);
        }
        let mut piece = [0; ROOM];
        let mut piece = ReadBuf::new(&mut piece);
        match ready!(Pin::new(&mut self.io).poll_read(cx, &mut piece)) {
            Ok(()) if piece.filled().is_empty() => self.end = Some(End::Shut),
            Ok(()) => {
                self.buffer.extend_from_slice(piece.filled());
                return Poll::Ready(Came::More);
            }
            Err(error) => self.end = Some(End::Broken(error.kind())),
        }
        Poll::Ready(Came::End)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Ahead<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let (mut inner, before) = (self.lock(), buf.filled().len());
        if inner.buffer.is_empty() {
            match inner.end {
                Some(End::Shut) => {}
                Some(End::Broken(kind)) => return Poll::Ready(Err(kind.into())),
                None => ready!(Pin::new(&mut inner.io).poll_read(cx, buf))?,
            }
        } else {
            let n = inner.buffer.len().min(buf.remaining());
            buf.put_slice(inner.buffer.get(..n).unwrap_or_default());
            inner.buffer.advance(n);
        }
        inner.moved += (buf.filled().len() - before) as u64;
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Ahead<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let mut inner = self.lock();
        let written = ready!(Pin::new(&mut inner.io).poll_write(cx, buf))?;
        inner.moved += written as u64;
        Poll::Ready(Ok(written))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let mut inner = self.lock();
        let written = ready!(Pin::new(&mut inner.io).poll_write_vectored(cx, bufs))?;
        inner.moved += written as u64;
        Poll::Ready(Ok(written))
    }

    fn is_write_vectored(&self) -> bool {
        self.lock().io.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.lock().io).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.lock().io).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};
    use tokio::time::timeout;

    use super::*;

    #[tokio::test]
    async fn what_was_read_ahead_is_read_before_the_end() {
        let (mut client, server) = duplex(64 << 10);
        let mut ahead = Ahead::new(server);
        client.write_all(&[b'x'; 3000]).await.unwrap();
        client.shutdown().await.unwrap();
        ahead.has_left(Duration::from_millis(1)).await;
        let mut all = Vec::new();
        ahead.read_to_end(&mut all).await.unwrap();
        assert_eq!(all, [b'x'; 3000]);
    }

    #[tokio::test]
    async fn no_more_is_read_ahead_than_there_is_room_for() {
        let (mut client, server) = duplex(64 << 10);
        let mut ahead = Ahead::new(server);
        client.write_all(&vec![b'x'; 32 << 10]).await.unwrap();
        let left = timeout(Duration::from_millis(50), ahead.has_left(Duration::from_millis(1)));
        assert!(left.await.is_err(), "it has not left");
        assert!(ahead.lock().buffer.len() <= 2 * ROOM);
        let mut all = vec![0; 32 << 10];
        ahead.read_exact(&mut all).await.unwrap();
        assert!(all.iter().all(|byte| *byte == b'x'));
    }
}
