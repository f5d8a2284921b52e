//! Streams that show what goes through them.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A stream whose first bytes were read already: they are read again before the rest.
#[derive(Debug)]
pub struct Prefixed<S> {
    prefix: Bytes,
    inner: S,
}

impl<S> Prefixed<S> {
    /// Puts `prefix` before what `inner` will give.
    pub fn new(prefix: impl Into<Bytes>, inner: S) -> Self {
        Self { prefix: prefix.into(), inner }
    }

    /// The stream inside; what is left of the prefix is gone.
    pub fn inner(&self) -> &S {
        &self.inner
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Prefixed<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if !self.prefix.is_empty() {
            let n = self.prefix.len().min(buf.remaining());
            buf.put_slice(&self.prefix.split_to(n));
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.inner).poll_read(cx, buf)
    }
}

/// Is shown each piece that is read.
pub type Watcher = Box<dyn FnMut(&[u8]) + Send>;

/// A stream that shows each piece read to a watcher.
pub struct Tapped<S> {
    inner: S,
    watcher: Watcher,
}

impl<S> Tapped<S> {
    /// Shows what is read from `inner` to `watcher`.
    pub fn new(inner: S, watcher: impl FnMut(&[u8]) + Send + 'static) -> Self {
        Self { inner, watcher: Box::new(watcher) }
    }

    /// The stream inside.
    pub fn inner(&self) -> &S {
        &self.inner
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Tapped<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.inner).poll_read(cx, buf))?;
        let piece = buf.filled().get(before..).unwrap_or_default();
        if !piece.is_empty() {
            (self.watcher)(piece);
        }
        Poll::Ready(Ok(()))
    }
}

/// How a stream came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamEnd {
    /// Whether the peer said that it was the end.
    pub said: bool,
    /// How many bytes had come.
    pub bytes: u64,
}

/// A TLS stream that tells how its peer ended it: with `close_notify` or without. Silent when our
/// own side was shut first, for then the peer's word does not matter any more.
pub struct EndTold<S> {
    inner: S,
    bytes: u64,
    tell: Option<Box<dyn FnOnce(StreamEnd) + Send>>,
}

impl<S> EndTold<S> {
    /// Tells once.
    pub fn new(inner: S, tell: impl FnOnce(StreamEnd) + Send + 'static) -> Self {
        Self { inner, bytes: 0, tell: Some(Box::new(tell)) }
    }

    fn ended(&mut self, said: bool) {
        if let Some(tell) = self.tell.take() {
            tell(StreamEnd { said, bytes: self.bytes });
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for EndTold<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let (before, room) = (buf.filled().len(), buf.remaining());
        let read = ready!(Pin::new(&mut self.inner).poll_read(cx, buf));
        match &read {
            Ok(()) if buf.filled().len() > before => self.bytes += (buf.filled().len() - before) as u64,
            Ok(()) if room > 0 => self.ended(true),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => self.ended(false),
            _ => {}
        }
        Poll::Ready(read)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for EndTold<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.tell = None;
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

macro_rules! write_through {
    ($type:ident) => {
        impl<S: AsyncWrite + Unpin> AsyncWrite for $type<S> {
            fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
                Pin::new(&mut self.inner).poll_write(cx, buf)
            }

            fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                Pin::new(&mut self.inner).poll_flush(cx)
            }

            fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                Pin::new(&mut self.inner).poll_shutdown(cx)
            }

            fn poll_write_vectored(
                mut self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                bufs: &[io::IoSlice<'_>],
            ) -> Poll<io::Result<usize>> {
                Pin::new(&mut self.inner).poll_write_vectored(cx, bufs)
            }

            fn is_write_vectored(&self) -> bool {
                self.inner.is_write_vectored()
            }
        }
    };
}

write_through!(Prefixed);
write_through!(Tapped);

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt as _;

    use super::*;

    #[tokio::test]
    async fn a_prefix_comes_first_and_a_tap_sees_all() {
        let (mut far, near) = tokio::io::duplex(64);
        tokio::io::AsyncWriteExt::write_all(&mut far, b"rest").await.unwrap();
        drop(far);
        let (tell, told) = std::sync::mpsc::channel();
        let mut stream =
            Tapped::new(Prefixed::new(&b"first "[..], near), move |piece: &[u8]| tell.send(piece.to_vec()).unwrap());
        let mut small = [0; 3];
        stream.read_exact(&mut small).await.unwrap();
        let mut all = small.to_vec();
        stream.read_to_end(&mut all).await.unwrap();
        assert_eq!(all, b"first rest");
        drop(stream);
        assert_eq!(told.iter().flatten().collect::<Vec<u8>>(), all);
    }
}
