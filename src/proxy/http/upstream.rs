//! The one HTTP connection to a client's server.

use std::time::Duration;

use http::{Method, Request, Response};
use hyper::body::Incoming;
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::heads::Heads;
use super::tee::Tee;
use super::{MAX_HEAD_BYTES, MAX_HEADERS};
use crate::net::Tapped;
use crate::proxy::context::Ctx;
use crate::wire::{FrameFollower, ServerSettings};

/// How long a server may take for its first SETTINGS frame before it is served without them.
const SETTINGS_PATIENCE: Duration = Duration::from_secs(1);

/// A connection that requests can be sent over.
pub(super) struct Upstream {
    sender: Sender,
    /// Heads of the answers, for HTTP/1.
    pub(super) heads: Heads,
    /// Cancelled when the server has closed, or takes no more requests.
    pub(super) closing: CancellationToken,
}

enum Sender {
    Http1(tokio::sync::Mutex<http1::SendRequest<Tee>>),
    Http2(http2::SendRequest<Tee>),
}

impl Upstream {
    /// Speaks HTTP/1 over `server`.
    pub(super) async fn http1<S>(ctx: &Ctx, server: S) -> hyper::Result<Self>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let heads = Heads::of_answers();
        let io = TokioIo::new(Tapped::new(server, heads.watcher()));
        let mut builder = http1::Builder::new();
        builder
            .preserve_header_case(true)
            .max_headers(MAX_HEADERS)
            .max_buf_size(MAX_HEAD_BYTES)
            .http09_responses(false)
            .allow_obsolete_multiline_headers_in_responses(true)
            .allow_spaces_after_header_name_in_responses(true)
            .ignore_invalid_headers_in_responses(true);
        let (sender, connection) = builder.handshake(io).await?;
        let closing = CancellationToken::new();
        let done = closing.clone();
        ctx.spawn(async move {
            let _ = connection.with_upgrades().await;
            done.cancel();
        });
        Ok(Self { sender: Sender::Http1(tokio::sync::Mutex::new(sender)), heads, closing })
    }

    /// Speaks HTTP/2 over `server`. Gives the server's settings as well: the client is promised
    /// nothing that they do not hold.
    pub(super) async fn http2<S>(ctx: &Ctx, server: S) -> hyper::Result<(Self, ServerSettings)>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let closing = CancellationToken::new();
        let (seen, mut settings) = watch::channel(None);
        let io = TokioIo::new(Tapped::new(server, watch_frames(seen, closing.clone())));
        let (sender, connection) = http2::Builder::new(TokioExecutor::new())
            .timer(TokioTimer::new())
            .adaptive_window(true)
            .max_header_list_size(MAX_HEAD_BYTES as u32)
            .handshake(io)
            .await?;
        let done = closing.clone();
        ctx.spawn(async move {
            let _ = connection.await;
            done.cancel();
        });
        let wait = timeout(SETTINGS_PATIENCE, settings.wait_for(Option::is_some));
        let settings = wait.await.ok().and_then(Result::ok).and_then(|settings| *settings).unwrap_or_default();
        Ok((Self { sender: Sender::Http2(sender), heads: Heads::of_answers(), closing }, settings))
    }

    /// Sends a request and waits for the head of its answer.
    pub(super) async fn send(&self, request: Request<Tee>) -> hyper::Result<Response<Incoming>> {
        match &self.sender {
            Sender::Http1(sender) => {
                let method: Method = request.method().clone();
                let answer = {
                    let mut sender = sender.lock().await;
                    sender.ready().await?;
                    self.heads.expect(&method);
                    sender.send_request(request)
                };
                answer.await
            }
            Sender::Http2(sender) => {
                let mut sender = sender.clone();
                sender.ready().await?;
                sender.send_request(request).await
            }
        }
    }

    /// Whether it speaks HTTP/2.
    pub(super) fn is_http2(&self) -> bool {
        matches!(self.sender, Sender::Http2(_))
    }
}

/// Publishes the first settings, and says when the server goes away.
fn watch_frames(
    seen: watch::Sender<Option<ServerSettings>>,
    closing: CancellationToken,
) -> impl FnMut(&[u8]) + Send + 'static {
    let mut follower = FrameFollower::default();
    move |piece| {
        follower.feed(piece);
        if seen.borrow().is_none() && follower.settings().is_some() {
            let _ = seen.send(follower.settings());
        }
        if follower.is_going_away() {
            closing.cancel();
        }
    }
}
