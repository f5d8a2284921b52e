//! Connections that change their protocol: WebSocket over HTTP/1 and HTTP/2 (RFC 6455, RFC 8441),
//! and anything else behind a 101. Bytes go through untouched; WebSocket messages are read along.

use std::sync::Arc;

use bytes::Bytes;
use http::header::{HeaderName, UPGRADE};
use http::{Method, Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::ext::Protocol;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::io::copy_bidirectional;

use super::exchange::ExchangeRecord;
use super::fields::{asks_upgrade, has_token};
use crate::codec::Inflater;
use crate::model::{Direction, Message, MessageKind};
use crate::net::Tapped;
use crate::proxy::context::{Ctx, now};
use crate::proxy::raw::count;
use crate::proxy::record::Record;
use crate::wire::{MessageReader, Opcode, WsMessage};

/// How much of one message is kept.
const MESSAGE_LIMIT: usize = 256 << 10;

const EXTENSIONS: HeaderName = HeaderName::from_static("sec-websocket-extensions");

/// What a request asked for.
pub(super) struct Wanted {
    /// The client's connection, once it is upgraded; absent when no upgrade was asked for.
    client: Option<OnUpgrade>,
    is_websocket: bool,
}

impl Wanted {
    /// Looks at a request before it goes on.
    pub(super) fn of(request: &mut Request<Incoming>) -> Self {
        let extended = request.extensions().get::<Protocol>().map(|protocol| protocol.as_str() == "websocket");
        let is_connect = *request.method() == Method::CONNECT;
        let asks = asks_upgrade(request.headers()) || is_connect;
        let by_field = has_token(request.headers(), &UPGRADE, "websocket");
        Self { client: asks.then(|| hyper::upgrade::on(request)), is_websocket: extended.unwrap_or(by_field) }
    }

    /// Where the server agrees, joins both connections once the answer is through.
    pub(super) fn take_over(
        self,
        ctx: &Ctx,
        record: &Arc<Record>,
        exchange: &Arc<ExchangeRecord>,
        mut answer: Response<Incoming>,
    ) -> Response<Incoming> {
        let agreed = match answer.version() {
            http::Version::HTTP_2 => answer.status().is_success(),
            _ => answer.status() == StatusCode::SWITCHING_PROTOCOLS,
        };
        if let Some(client) = self.client.filter(|_| agreed) {
            let server = hyper::upgrade::on(&mut answer);
            let deflates = has_token_prefix(&answer, "permessage-deflate");
            let watchers = |direction| {
                let talk = Talk { ctx: ctx.clone(), record: record.clone(), exchange: exchange.clone(), direction };
                if self.is_websocket { talk.read_websocket(deflates) } else { talk.keep_raw() }
            };
            let (up, down) = (watchers(Direction::Up), watchers(Direction::Down));
            let (ctx, exchange) = (ctx.clone(), exchange.clone());
            ctx.clone().spawn(async move {
                join(&ctx, client, server, up, down).await;
                drop(exchange);
            });
        }
        answer
    }
}

fn has_token_prefix(answer: &Response<Incoming>, name: &str) -> bool {
    let values = answer.headers().get_all(EXTENSIONS).into_iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|token| token.trim().starts_with(name))
}

type Watcher = Box<dyn FnMut(&[u8]) + Send>;

async fn join(ctx: &Ctx, client: OnUpgrade, server: OnUpgrade, up: Watcher, down: Watcher) {
    let (Ok(client), Ok(server)) = tokio::join!(client, server) else { return };
    let mut client = Tapped::new(TokioIo::new(client), up);
    let mut server = Tapped::new(TokioIo::new(server), down);
    tokio::select! {
        _ = copy_bidirectional(&mut client, &mut server) => {}
        () = ctx.closing.cancelled() => {}
    }
}

/// One direction of the conversation.
struct Talk {
    ctx: Ctx,
    record: Arc<Record>,
    exchange: Arc<ExchangeRecord>,
    direction: Direction,
}

impl Talk {
    fn tell(&self, kind: MessageKind, kept: Bytes, seen: u64) {
        self.exchange.message();
        let message = Message {
            connection: self.record.id(),
            exchange: Some(self.exchange.id()),
            at: now(),
            direction: self.direction,
            kind,
            kept,
            seen,
        };
        if !self.ctx.tell_message(message) {
            self.exchange.changed("messages not kept: too many at a time");
        }
    }

    /// Bytes of another protocol, kept up to the body limit.
    fn keep_raw(self) -> Watcher {
        let mut room = self.ctx.config.body_limit;
        Box::new(move |piece| {
            count(&self.record, self.direction, piece.len());
            let kept = piece.get(..piece.len().min(room)).unwrap_or_default();
            if !kept.is_empty() {
                room -= kept.len();
                self.tell(MessageKind::Raw, Bytes::copy_from_slice(kept), piece.len() as u64);
            }
        })
    }

    /// WebSocket messages, put together, unmasked and inflated.
    fn read_websocket(self, deflates: bool) -> Watcher {
        let mut reader = MessageReader::default();
        let mut open = Open::default();
        let mut inflater = deflates.then(Inflater::default);
        Box::new(move |piece| {
            count(&self.record, self.direction, piece.len());
            reader.feed(piece, |part| match part {
                WsMessage::Begin { opcode, compressed } => open = Open::new(opcode, compressed),
                WsMessage::Data(data) => open.push(&data, inflater.as_mut()),
                WsMessage::End => {
                    let (kind, kept, seen) = open.finish(inflater.as_mut());
                    self.tell(kind, kept, seen);
                }
                WsMessage::Control(opcode, data) => {
                    let seen = data.len() as u64;
                    self.tell(kind_of(opcode), data.into(), seen);
                }
            });
        })
    }
}

fn kind_of(opcode: Opcode) -> MessageKind {
    match opcode {
        Opcode::Text => MessageKind::Text,
        Opcode::Binary => MessageKind::Binary,
        Opcode::Close => MessageKind::Close,
        Opcode::Ping => MessageKind::Ping,
        Opcode::Pong => MessageKind::Pong,
    }
}

/// A message that has begun and not ended.
#[derive(Default)]
struct Open {
    kind: Option<MessageKind>,
    compressed: bool,
    kept: Vec<u8>,
    seen: u64,
}

impl Open {
    fn new(opcode: Opcode, compressed: bool) -> Self {
        Self { kind: Some(kind_of(opcode)), compressed, ..Self::default() }
    }

    fn push(&mut self, data: &[u8], inflater: Option<&mut Inflater>) {
        self.seen += data.len() as u64;
        let room = MESSAGE_LIMIT - self.kept.len();
        match inflater.filter(|_| self.compressed) {
            Some(inflater) => inflater.feed(data, room, &mut self.kept),
            None => self.kept.extend_from_slice(data.get(..data.len().min(room)).unwrap_or_default()),
        }
    }

    fn finish(&mut self, inflater: Option<&mut Inflater>) -> (MessageKind, Bytes, u64) {
        if let Some(inflater) = inflater.filter(|_| self.compressed) {
            let room = MESSAGE_LIMIT - self.kept.len();
            inflater.end_message(room, &mut self.kept);
        }
        let done = std::mem::take(self);
        (done.kind.unwrap_or(MessageKind::Binary), done.kept.into(), done.seen)
    }
}
