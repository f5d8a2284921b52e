//! The client's byte stream, whatever it is wrapped in by now.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::door::limits::Place;
use crate::net::{Prefixed, Tapped};

/// A stream that can also be made to end in a reset.
pub(super) trait Wire: AsyncRead + AsyncWrite + Send + Unpin {
    /// Closing it from now on sends RST instead of FIN.
    fn reset_on_close(&self);

    /// This machine's address and port that the client has connected to.
    fn local(&self) -> Option<SocketAddr>;
}

impl Wire for TcpStream {
    fn reset_on_close(&self) {
        let _ = self.set_zero_linger();
    }

    fn local(&self) -> Option<SocketAddr> {
        let local = self.local_addr().ok()?;
        Some(SocketAddr::new(local.ip().to_canonical(), local.port()))
    }
}

impl<S: Wire> Wire for Prefixed<S> {
    fn reset_on_close(&self) {
        self.inner().reset_on_close();
    }

    fn local(&self) -> Option<SocketAddr> {
        self.inner().local()
    }
}

impl<S: Wire> Wire for Tapped<S> {
    fn reset_on_close(&self) {
        self.inner().reset_on_close();
    }

    fn local(&self) -> Option<SocketAddr> {
        self.inner().local()
    }
}

/// A client's connection, with its place among those that are served at a time.
pub(super) struct ClientStream {
    wire: Box<dyn Wire>,
    _place: Option<Place>,
}

impl ClientStream {
    /// Takes any stream.
    pub(super) fn new(stream: impl Wire + 'static) -> Self {
        Self { wire: Box::new(stream), _place: None }
    }

    /// Takes a connection as it was accepted; its place is free when it is dropped.
    pub(super) fn seated(stream: impl Wire + 'static, place: Place) -> Self {
        Self { wire: Box::new(stream), _place: Some(place) }
    }

    /// Puts bytes that were read already before the rest.
    pub(super) fn with_prefix(self, prefix: Bytes) -> Self {
        if prefix.is_empty() { self } else { Self::new(Prefixed::new(prefix, self)) }
    }
}

impl Wire for ClientStream {
    fn reset_on_close(&self) {
        self.wire.reset_on_close();
    }

    fn local(&self) -> Option<SocketAddr> {
        self.wire.local()
    }
}

impl AsyncRead for ClientStream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.wire).poll_read(cx, buf)
    }
}

impl AsyncWrite for ClientStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.wire).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.wire).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.wire).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.wire).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.wire.is_write_vectored()
    }
}
