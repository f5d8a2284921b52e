//! Relaying bytes that are not HTTP: decrypted, counted, kept as a conversation as far as there is
//! room; or, in a tunnel, unread.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite, copy_bidirectional};

use super::context::{Ctx, now};
use super::record::Record;
use super::stream::{ClientStream, Wire as _};
use crate::model::FindingId::StarttlsNotIntercepted;
use crate::model::{Connection, Direction, Facts, GivenKind, Message, MessageKind, Outcome, Protocol};
use crate::net::Tapped;
use crate::wire::{Opening, guess_raw, sniff};

/// How much of each side's first bytes is looked at to name the protocol.
const GUESS_FROM: usize = 32;

/// Relays two byte streams, keeping what goes by as messages.
pub(super) async fn relay(
    ctx: &Ctx,
    record: &Arc<Record>,
    client: impl AsyncRead + AsyncWrite + Unpin + Send,
    server: impl AsyncRead + AsyncWrite + Unpin + Send,
    outcome: Outcome,
) {
    record.set_protocol(Protocol::Raw);
    record.set_outcome(outcome);
    record.publish().await;
    let mut client = Tapped::new(client, keep(ctx, record, Direction::Up));
    let mut server = Tapped::new(server, keep(ctx, record, Direction::Down));
    let _ = copy(ctx, &mut client, &mut server).await;
}

/// Copies both ways until both sides are done or the proxy closes. Half-closes are passed on.
async fn copy(
    ctx: &Ctx,
    client: &mut (impl AsyncRead + AsyncWrite + Unpin),
    server: &mut (impl AsyncRead + AsyncWrite + Unpin),
) -> io::Result<()> {
    tokio::select! {
        copied = copy_bidirectional(client, server) => copied.map(drop),
        () = ctx.closing.cancelled() => Ok(()),
    }
}

/// A watcher that counts, guesses at the protocol, and keeps pieces up to the body limit.
fn keep(ctx: &Ctx, record: &Arc<Record>, direction: Direction) -> impl FnMut(&[u8]) + Send + 'static {
    let (ctx, record) = (ctx.clone(), record.clone());
    let mut room = ctx.config.body_limit;
    let mut first = true;
    move |piece| {
        count(&record, direction, piece.len());
        if std::mem::take(&mut first) {
            guess(&record, direction, piece);
        } else if direction == Direction::Up {
            note_starttls(&record, piece);
        }
        if room == 0 {
            return;
        }
        let kept = piece.get(..piece.len().min(room)).unwrap_or_default();
        room -= kept.len();
        let message = Message {
            connection: record.id(),
            exchange: None,
            at: now(),
            direction,
            kind: MessageKind::Raw,
            kept: Bytes::copy_from_slice(kept),
            seen: piece.len() as u64,
        };
        ctx.tell_message(message);
    }
}

/// A connection that began in the clear goes over to TLS: what follows is not opened. Said once.
fn note_starttls(record: &Record, piece: &[u8]) {
    let is_plain = |connection: &Connection| connection.given.as_ref().is_some_and(|g| g.kind == GivenKind::Plain);
    let is_known = |connection: &Connection| connection.findings.iter().any(|f| f.id == StarttlsNotIntercepted);
    if sniff(piece) != Opening::Tls || !record.with(|connection| is_plain(connection) && !is_known(connection)) {
        return;
    }
    let (up, guess) = record.with(|connection| (connection.traffic.up, connection.raw_guess.clone()));
    let before = i64::try_from(up.saturating_sub(piece.len() as u64)).unwrap_or(i64::MAX);
    let facts = Facts::new().with("bytes", before);
    let facts = if let Some(protocol) = guess { facts.with("protocol", protocol) } else { facts };
    record.note(StarttlsNotIntercepted, facts);
}

/// Adds application bytes to the record.
pub(super) fn count(record: &Record, direction: Direction, n: usize) {
    record.with(|connection| match direction {
        Direction::Up => connection.traffic.up += n as u64,
        Direction::Down => connection.traffic.down += n as u64,
    });
}

fn guess(record: &Record, direction: Direction, piece: &[u8]) {
    let start = piece.get(..GUESS_FROM).unwrap_or(piece);
    let name = match direction {
        Direction::Up => guess_raw(start, &[]),
        Direction::Down => guess_raw(&[], start),
    };
    record.with(|connection| {
        if connection.raw_guess.is_none() {
            connection.raw_guess = name.map(str::to_owned);
        }
    });
}

/// Copies both ways without looking, only counting. A reset by the server is passed on as one.
pub(super) async fn copy_unread(
    ctx: &Ctx,
    record: &Record,
    client: ClientStream,
    server: impl AsyncRead + AsyncWrite + Unpin + Send,
) {
    let (up, down) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let counter = |total: &Arc<AtomicU64>| {
        let total = total.clone();
        move |piece: &[u8]| {
            total.fetch_add(piece.len() as u64, Ordering::Relaxed);
        }
    };
    let mut client = Tapped::new(client, counter(&up));
    let mut server = Tapped::new(server, counter(&down));
    let copied = copy(ctx, &mut client, &mut server).await;
    if copied.is_err_and(|error| error.kind() == io::ErrorKind::ConnectionReset) {
        client.inner().reset_on_close();
    }
    record.with(|connection| {
        connection.traffic.up += up.load(Ordering::Relaxed);
        connection.traffic.down += down.load(Ordering::Relaxed);
    });
}
