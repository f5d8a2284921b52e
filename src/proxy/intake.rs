//! One port for every kind of client: told apart by the first bytes.

use std::net::SocketAddr;
use std::time::Instant;

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{timeout, timeout_at};
use tracing::debug;

use super::context::Ctx;
use super::door::limits::Place;
use super::door::stranger;
use super::http;
use super::intercept;
use super::record::Record;
use super::socks;
use super::stream::ClientStream;
use super::target;
use crate::model::{Facts, FindingId, Given, GivenKind, Intake, Outcome, Target};
use crate::net::Prefixed;
use crate::text;
use crate::wire::{Opening, sniff};

/// Nothing that has to be read before a protocol is known is longer than this.
const LONGEST_OPENING: usize = 64 << 10;

/// Serves one client from its first byte to its last. `to` is where it goes, when it came to a port
/// that leads to one target.
pub(super) async fn serve(ctx: Ctx, mut stream: TcpStream, client: SocketAddr, mut place: Place, to: Option<Target>) {
    if let Some(to) = to {
        return serve_reverse(ctx, stream, client, place, to).await;
    }
    let began = Instant::now();
    let (opening, bytes) = read_opening(&ctx, &mut stream).await;
    if bytes.is_empty() {
        // A port check, or a connection made ahead of need: nothing was asked.
        debug!(%client, waited = ?began.elapsed(), "a connection without a byte");
        return;
    }
    place.has_spoken();
    // A password is asked for in the client's own protocol; others have to be let in by their address.
    let asks_password = matches!(opening, Opening::Http1 | Opening::Socks5) && ctx.wants_password(client.ip());
    let is_served = asks_password || ctx.config.access.serves(client.ip());
    let bytes = if is_served {
        bytes
    } else {
        match stranger::let_in(&ctx, &mut stream, client, opening, bytes).await {
            Ok(bytes) => bytes,
            Err(why) => return stranger::deny(&ctx, stream, client, (opening, None), why).await,
        }
    };
    place.is_let_in();
    match opening {
        Opening::Http1 => {
            http::serve_port(ctx, ClientStream::seated(Prefixed::new(bytes, stream), place), client).await;
        }
        Opening::Socks5 => Box::pin(socks::serve(ctx, stream, bytes, client, place)).await,
        Opening::Tls => Box::pin(serve_bare_hello(ctx, stream, bytes, client, place)).await,
        other => turn_away(&ctx, stream, client, other, &bytes).await,
    }
}

async fn read_opening(ctx: &Ctx, stream: &mut TcpStream) -> (Opening, Bytes) {
    let deadline = tokio::time::Instant::now() + ctx.config.hello_timeout;
    let mut bytes = BytesMut::with_capacity(2048);
    loop {
        let opening = sniff(&bytes);
        if opening != Opening::NeedMore || bytes.len() >= LONGEST_OPENING {
            return (opening, bytes.freeze());
        }
        let closing = ctx.closing.cancelled();
        let read = timeout_at(deadline, async {
            tokio::select! {
                read = stream.read_buf(&mut bytes) => read.unwrap_or(0),
                () = closing => 0,
            }
        });
        if !matches!(read.await, Ok(1..)) {
            return (Opening::Other, bytes.freeze());
        }
    }
}

/// A port that leads to one target: there is nothing to be read before it is known where to go, and
/// the server may be the one who speaks first. There is no protocol in which a password could be given.
async fn serve_reverse(ctx: Ctx, mut stream: TcpStream, client: SocketAddr, mut place: Place, to: Target) {
    let mut bytes = Bytes::new();
    if !ctx.config.access.serves(client.ip()) {
        let (opening, first) = read_opening(&ctx, &mut stream).await;
        bytes = match stranger::let_in(&ctx, &mut stream, client, opening, first).await {
            Ok(bytes) => bytes,
            Err(why) => return stranger::deny(&ctx, stream, client, (opening, Some(to)), why).await,
        };
    }
    place.has_spoken();
    place.is_let_in();
    let record = Record::open(&ctx, client, Intake::Reverse, Some(to));
    let stream = ClientStream::seated(Prefixed::new(bytes, stream), place);
    Box::pin(target::serve(ctx, record, stream)).await;
}

/// Bytes that no client of a proxy sends.
async fn turn_away(ctx: &Ctx, mut stream: TcpStream, client: SocketAddr, opening: Opening, bytes: &[u8]) {
    let record = Record::open(ctx, client, Intake::Unknown, None);
    let reason = match opening {
        Opening::Socks4 => "SOCKS version 4; set the client to version 5".to_owned(),
        Opening::Http2 => "HTTP/2 without TLS; set the client to HTTP/1.1 towards the proxy".to_owned(),
        _ => format!("bytes of no known protocol: {}", text::safe_bytes(bytes.get(..48).unwrap_or(bytes))),
    };
    record.note(FindingId::ClientHelloUnreadable, Facts::new().with("reason", reason));
    record.set_given(Given::without_leaf(GivenKind::Refused));
    record.set_outcome(Outcome::Unreadable);
    let socks4_rejected = [0, 0x5b, 0, 0, 0, 0, 0, 0];
    say_and_close(&mut stream, if opening == Opening::Socks4 { &socks4_rejected } else { b"" }).await;
}

/// Writes, closes, and reads what is still coming: closing with unread bytes would reset the
/// connection, and the answer would be lost on its way.
pub(super) async fn say_and_close(stream: &mut TcpStream, answer: &[u8]) {
    let farewell = async {
        stream.write_all(answer).await?;
        stream.shutdown().await?;
        let mut rest = [0; 1024];
        while stream.read(&mut rest).await? > 0 {}
        Ok::<(), std::io::Error>(())
    };
    let _ = timeout(std::time::Duration::from_secs(2), farewell).await;
}

/// A ClientHello without any proxy protocol, from a redirect or a DNS override: its SNI is the
/// target, on port 443.
async fn serve_bare_hello(ctx: Ctx, stream: TcpStream, bytes: Bytes, client: SocketAddr, place: Place) {
    let record = Record::open(&ctx, client, Intake::ClientHello, None);
    let stream = ClientStream::seated(stream, place);
    Box::pin(intercept::serve(ctx, record, stream, bytes, None)).await;
}
