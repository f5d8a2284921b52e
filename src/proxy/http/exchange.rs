//! The record of one exchange while it lasts.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::budget::Kept;
use super::heads::without_proxy_password;
use crate::model::{Body, BodyEnd, Direction, Event, Exchange, ExchangeId, Head, Response, millis};
use crate::proxy::context::{Ctx, now};
use crate::proxy::record::Record;

/// Shared by everything that has a part in the exchange: the two bodies, the upgraded connection.
/// When the last of them is gone, the exchange is told as finished.
pub(super) struct ExchangeRecord {
    ctx: Ctx,
    began: Instant,
    exchange: Mutex<Exchange>,
}

/// A server may send any number of 1xx answers; more than this is not kept.
const MOST_INFORMATIONAL: usize = 16;

/// Nor more than this of their heads.
const MOST_INFORMATIONAL_BYTES: usize = 64 << 10;

/// What a request says.
pub(super) struct Asked {
    pub(super) method: String,
    pub(super) url: String,
    pub(super) head: Head,
    pub(super) changed: Vec<String>,
}

impl ExchangeRecord {
    /// A request head has come.
    pub(super) async fn begin(ctx: &Ctx, record: &Record, asked: Asked) -> Arc<Self> {
        let wants_password = ctx.config.password.is_some();
        let request_head = if wants_password { without_proxy_password(asked.head) } else { asked.head };
        let exchange = Exchange {
            method: asked.method,
            url: asked.url,
            request_head,
            changed: asked.changed,
            ..Exchange::new(ctx.next_exchange(), record.id(), now())
        };
        record.with(|connection| connection.exchanges += 1);
        ctx.tell(Event::Exchange(Box::new(exchange.clone()))).await;
        Arc::new(Self { ctx: ctx.clone(), began: Instant::now(), exchange: Mutex::new(exchange) })
    }

    pub(super) fn id(&self) -> ExchangeId {
        self.lock().id
    }

    /// A 1xx answer has come.
    pub(super) fn informed(&self, head: Head) {
        let mut exchange = self.lock();
        let kept: usize = exchange.informational.iter().map(|head| head.raw.len()).sum();
        if exchange.informational.len() < MOST_INFORMATIONAL && kept + head.raw.len() <= MOST_INFORMATIONAL_BYTES {
            exchange.informational.push(head);
        } else {
            drop(exchange);
            self.changed("further 1xx answers not kept");
        }
    }

    /// The head of the answer has come.
    pub(super) async fn answered(&self, status: u16, head: Head, changed: Vec<String>) {
        let elapsed = self.elapsed_ms();
        let state = {
            let mut exchange = self.lock();
            exchange.timing.answered_ms = Some(elapsed);
            exchange.response = Some(Response { status, head, body: Body::default() });
            exchange.changed.extend(changed);
            exchange.clone()
        };
        self.ctx.tell(Event::Exchange(Box::new(state))).await;
    }

    /// A body is over, one way or another.
    pub(super) fn body_ended(&self, direction: Direction, kept: Kept, seen: u64, end: BodyEnd) {
        let elapsed = self.elapsed_ms();
        let mut exchange = self.lock();
        if let (Direction::Down, BodyEnd::Failed(reason)) = (direction, &end) {
            exchange.error.get_or_insert_with(|| reason.clone());
        }
        match direction {
            Direction::Up => exchange.timing.sent_ms = Some(elapsed),
            Direction::Down => exchange.timing.finished_ms = Some(elapsed),
        }
        if let Some(body) = body_of(&mut exchange, direction) {
            body.seen = seen;
            body.end = Some(end);
            body.kept = kept.finish();
        }
    }

    /// Trailer fields have come.
    pub(super) fn trailers(&self, direction: Direction, fields: Vec<(String, String)>) {
        if let Some(body) = body_of(&mut self.lock(), direction) {
            body.trailers = fields;
        }
    }

    /// Something was relayed in another way than it was received.
    pub(super) fn changed(&self, what: &str) {
        let mut exchange = self.lock();
        if !exchange.changed.iter().any(|known| known == what) {
            exchange.changed.push(what.to_owned());
        }
    }

    /// There will be no complete answer.
    pub(super) fn failed(&self, reason: impl Into<String>) {
        let mut exchange = self.lock();
        exchange.error.get_or_insert_with(|| reason.into());
    }

    /// A message of the upgraded conversation went by.
    pub(super) fn message(&self) {
        self.lock().messages += 1;
    }

    fn elapsed_ms(&self) -> f64 {
        millis(self.began.elapsed())
    }

    fn lock(&self) -> MutexGuard<'_, Exchange> {
        self.exchange.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn body_of(exchange: &mut Exchange, direction: Direction) -> Option<&mut Body> {
    match direction {
        Direction::Up => Some(&mut exchange.request_body),
        Direction::Down => exchange.response.as_mut().map(|response| &mut response.body),
    }
}

/// Why there is no complete answer. A request that broke off is no reason where there is one.
fn why_incomplete(exchange: &Exchange) -> Option<String> {
    let answer = exchange.response.as_ref().map(|response| response.body.end.as_ref());
    match (answer, &exchange.request_body.end) {
        (Some(Some(BodyEnd::Complete)), _) => None,
        (_, Some(BodyEnd::Failed(reason))) => Some(reason.clone()),
        (None, _) => Some("no answer".to_owned()),
        (Some(_), _) => None,
    }
}

impl Drop for ExchangeRecord {
    fn drop(&mut self) {
        let elapsed = self.elapsed_ms();
        let state = {
            let mut exchange = self.lock();
            exchange.timing.finished_ms.get_or_insert(elapsed);
            if let Some(reason) = why_incomplete(&exchange) {
                exchange.error.get_or_insert(reason);
            }
            exchange.clone()
        };
        self.ctx.tell_later(Event::Exchange(Box::new(state)));
    }
}

/// Trailer fields as a record has them.
pub(super) fn trailer_fields(trailers: &http::HeaderMap) -> Vec<(String, String)> {
    let text = |bytes: &[u8]| crate::text::escape(bytes).into_owned();
    trailers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value.as_bytes()))).collect()
}
