//! Bodies that stream through, and are kept as far as there is room.

use std::future::Future as _;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::sync::oneshot;
use tokio::time::{Sleep, sleep};

use super::BoxError;
use super::budget::Kept;
use super::exchange::{ExchangeRecord, trailer_fields};
use crate::model::{BodyEnd, Direction};
use crate::proxy::context::Ctx;
use crate::proxy::raw::count;
use crate::proxy::record::Record;

/// How long a request body waits for the server's 100 (RFC 9110 section 10.1.1).
const CONTINUE_PATIENCE: Duration = Duration::from_secs(1);

/// A body on its way from one leg to the other.
pub(super) struct Tee {
    inner: Incoming,
    direction: Direction,
    exchange: Arc<ExchangeRecord>,
    record: Arc<Record>,
    kept: Option<Kept>,
    seen: u64,
    /// Shut until the server has said that it wants the body.
    gate: Option<Gate>,
    /// Whether trailers reach the other side; when not, that is marked.
    passes_trailers: bool,
}

/// Keeps a request body back until the server's 100, or for a second.
pub(super) struct Gate {
    opened: oneshot::Receiver<()>,
    patience: Pin<Box<Sleep>>,
}

impl Gate {
    /// Shut; opened by sending.
    pub(super) fn new(opened: oneshot::Receiver<()>) -> Self {
        Self { opened, patience: Box::pin(sleep(CONTINUE_PATIENCE)) }
    }

    /// Ready when the body may go. When the final answer comes first the sender is dropped without
    /// a word: then the body stays where it is, and the connection ends with the answer.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if let Poll::Ready(Ok(())) = Pin::new(&mut self.opened).poll(cx) {
            return Poll::Ready(());
        }
        self.patience.as_mut().poll(cx)
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
            inner,
            direction,
            exchange: exchange.clone(),
            record: record.clone(),
            kept: Some(kept),
            seen: 0,
            gate: None,
            passes_trailers: true,
        }
    }

    /// Keeps the body back until the gate opens.
    pub(super) fn behind(mut self, gate: Option<Gate>) -> Self {
        self.gate = gate;
        self
    }

    /// Says whether trailers reach the other side.
    pub(super) fn passing_trailers(mut self, passes: bool) -> Self {
        self.passes_trailers = passes;
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
            self.exchange.trailers(self.direction, trailer_fields(trailers));
            if !self.passes_trailers {
                self.exchange.changed("trailers not passed on");
            }
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
            ready!(gate.poll(cx));
            self.gate = None;
        }
        match ready!(Pin::new(&mut self.inner).poll_frame(cx)) {
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
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// A body that nobody reads to its end says so.
impl Drop for Tee {
    fn drop(&mut self) {
        let end = if self.inner.is_end_stream() { BodyEnd::Complete } else { BodyEnd::Dropped };
        self.end(end);
    }
}
