//! Bodies that stream through, and are kept as far as there is room.

use std::future::Future as _;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use tokio::sync::oneshot;
use tokio::time::{Sleep, sleep, timeout};

use super::BoxError;
use super::budget::Kept;
use super::exchange::{ExchangeRecord, trailer_fields};
use crate::model::{BodyEnd, Direction};
use crate::proxy::context::Ctx;
use crate::proxy::raw::count;
use crate::proxy::record::Record;

/// How long a request body waits for the server's 100 (RFC 9110 section 10.1.1).
const CONTINUE_PATIENCE: Duration = Duration::from_secs(1);

/// How long a client may go on sending a body that nobody wants any more.
const DRAIN_FOR: Duration = Duration::from_secs(1);

/// A body on its way from one leg to the other.
pub(super) struct Tee {
    ctx: Ctx,
    /// Gone once the body was left to be drained.
    inner: Option<Incoming>,
    direction: Direction,
    exchange: Arc<ExchangeRecord>,
    record: Arc<Record>,
    kept: Option<Kept>,
    seen: u64,
    /// Shut until the server has said that it wants the body.
    gate: Option<Gate>,
    trailers: Trailers,
}

/// Which trailers reach the other side; the others are marked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Trailers {
    /// All of them: the other side speaks HTTP/2.
    All,
    /// Those that the head announces.
    Announced(Vec<String>),
}

/// Keeps a request body back until the server's 100, or for a second.
pub(super) struct Gate {
    opened: oneshot::Receiver<()>,
    patience: Pin<Box<Sleep>>,
    says_continue: bool,
    resets_late: bool,
}

/// Why a gate opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Opened {
    /// The final answer came first, and the server's stream has to be told.
    Never,
    /// The server wants the body.
    Wanted,
    /// It has not said anything for a second.
    InVain,
}

impl Gate {
    /// Shut; opened by sending. `says_continue` where hyper sends the client a 100 of its own as soon
    /// as the body is asked for: over HTTP/1.
    pub(super) fn new(opened: oneshot::Receiver<()>, says_continue: bool, resets_late: bool) -> Self {
        let patience = Box::pin(sleep(CONTINUE_PATIENCE));
        Self { opened, patience, says_continue, resets_late }
    }

    /// Ready when the body may go. When the final answer comes first the sender is dropped without
    /// a word: then the body stays where it is, and the connection ends with the answer.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Opened> {
        // The final answer came first: nothing will open it any more.
        if self.opened.is_terminated() {
            return Poll::Pending;
        }
        match Pin::new(&mut self.opened).poll(cx) {
            Poll::Ready(Ok(())) => Poll::Ready(Opened::Wanted),
            // An HTTP/1 connection ends with such an answer; a stream of HTTP/2 has to be reset.
            Poll::Ready(Err(_)) if self.resets_late => Poll::Ready(Opened::Never),
            Poll::Ready(Err(_)) => Poll::Pending,
            Poll::Pending => self.patience.as_mut().poll(cx).map(|()| Opened::InVain),
        }
    }
}

impl Tee {
    /// A body of `direction`, kept within the limits of the context.
    pub(super) fn new(
        ctx: &Ctx,
        record: &Arc<Record>,
        exchange: &Arc<ExchangeRecord>,
        direction: Direction,
        inner: Incoming,
    ) -> Self {
        let kept = Kept::new(ctx.config.body_limit, &ctx.budget);
        Self {
            ctx: ctx.clone(),
            inner: Some(inner),
            direction,
            exchange: exchange.clone(),
            record: record.clone(),
            kept: Some(kept),
            seen: 0,
            gate: None,
            trailers: Trailers::All,
        }
    }

    /// Keeps the body back until the gate opens.
    pub(super) fn behind(mut self, gate: Option<Gate>) -> Self {
        self.gate = gate;
        self
    }

    /// Says which trailers reach the other side.
    pub(super) fn passing(mut self, trailers: Trailers) -> Self {
        self.trailers = trailers;
        self
    }

    fn look_at(&mut self, frame: &Frame<Bytes>) {
        if let Some(data) = frame.data_ref() {
            self.seen += data.len() as u64;
            if let Some(kept) = &mut self.kept {
                kept.push(data);
            }
            count(&self.record, self.direction, data.len());
        }
        if let Some(trailers) = frame.trailers_ref() {
            let fields = trailer_fields(trailers);
            let is_lost = |(name, _): &(String, String)| match &self.trailers {
                Trailers::All => false,
                Trailers::Announced(names) => !names.contains(name),
            };
            if fields.iter().any(is_lost) {
                self.exchange.changed("trailers not passed on");
            }
            self.exchange.trailers(self.direction, fields);
            // Nothing comes behind them, and nobody asks for it.
            self.end(BodyEnd::Complete);
        }
    }

    fn end(&mut self, end: BodyEnd) {
        if let Some(kept) = self.kept.take() {
            self.exchange.body_ended(self.direction, kept, self.seen, end);
        }
    }
}

impl Body for Tee {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        if let Some(gate) = &mut self.gate {
            let opened = ready!(gate.poll(cx));
            if opened == Opened::Never {
                return Poll::Ready(Some(Err("the answer came before the body was asked for".into())));
            }
            if opened == Opened::InVain && gate.says_continue {
                self.exchange.changed("100 Continue sent by tlscope: the server had said nothing for a second");
            }
            self.gate = None;
        }
        let Some(inner) = &mut self.inner else { return Poll::Ready(None) };
        match ready!(Pin::new(inner).poll_frame(cx)) {
            Some(Ok(frame)) => {
                self.look_at(&frame);
                Poll::Ready(Some(Ok(frame)))
            }
            Some(Err(error)) => {
                let side = if self.direction == Direction::Up { "client" } else { "server" };
                self.end(BodyEnd::Failed(format!("the {side}'s body broke off: {error}")));
                Poll::Ready(Some(Err(error.into())))
            }
            None => {
                self.end(BodyEnd::Complete);
                Poll::Ready(None)
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.as_ref().map(Body::size_hint).unwrap_or_default()
    }
}

/// A body that nobody reads to its end says so.
impl Drop for Tee {
    fn drop(&mut self) {
        let Some(inner) = self.inner.take() else { return };
        if inner.is_end_stream() {
            return self.end(BodyEnd::Complete);
        }
        self.end(BodyEnd::Dropped);
        if self.direction == Direction::Up && self.gate.is_none() && self.seen > 0 {
            self.ctx.spawn(drain(inner));
        }
    }
}

/// A server has answered before it had the whole body. Giving the body up at once would reset the
/// client's stream, and clients that are still sending would lose the answer with it.
async fn drain(mut body: Incoming) {
    let _ = timeout(DRAIN_FOR, async { while let Some(Ok(_)) = body.frame().await {} }).await;
}
