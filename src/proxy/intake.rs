//! One port for every kind of client: told apart by the first bytes.

use std::net::SocketAddr;
use std::time::Instant;

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{timeout, timeout_at};
use tracing::{debug, warn};

use super::access::Access;
use super::context::Ctx;
use super::http;
use super::intercept;
use super::pages;
use super::portal::{self, Visit};
use super::record::Record;
use super::stream::ClientStream;
use super::target;
use crate::model::{Facts, FindingId, Given, GivenKind, Intake, Outcome, Target};
use crate::net::Prefixed;
use crate::text;
use crate::wire::{Opening, SocksReply, SocksStep, read_greeting, read_request, sniff, write_reply};

/// Nothing that has to be read before a protocol is known is longer than this.
const LONGEST_OPENING: usize = 64 << 10;

/// Serves one client from its first byte to its last.
pub(super) async fn serve(ctx: Ctx, mut stream: TcpStream, client: SocketAddr) {
    let began = Instant::now();
    // Strangers are told why they are refused, but only so many at a time.
    let is_served = ctx.config.access.serves(client.ip());
    let strangers = ctx.strangers.clone();
    let Ok(_place) = strangers.try_acquire_many(u32::from(!is_served)) else { return };
    let (opening, bytes) = read_opening(&ctx, &mut stream).await;
    if bytes.is_empty() {
        // A port check, or a connection made ahead of need: nothing was asked.
        debug!(%client, waited = ?began.elapsed(), "a connection without a byte");
        return;
    }
    if !is_served {
        return deny(&ctx, stream, client, opening).await;
    }
    match opening {
        Opening::Http1 => http::serve_port(ctx, ClientStream::new(Prefixed::new(bytes, stream)), client).await,
        Opening::Socks5 => Box::pin(serve_socks(ctx, stream, bytes, client)).await,
        Opening::Tls => Box::pin(serve_bare_hello(ctx, stream, bytes, client)).await,
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

/// Somebody else's device: told why, in its own protocol where that can be.
async fn deny(ctx: &Ctx, mut stream: TcpStream, client: SocketAddr, opening: Opening) {
    let flag = Access::flag_for(client.ip());
    warn!(client = %client.ip(), "refused a client that is not on this machine; start with `{flag}` to let it in");
    let intake = if opening == Opening::Tls { Intake::ClientHello } else { Intake::Unknown };
    let record = Record::open(ctx, client, intake, None);
    let facts = Facts::new().with("address", client.ip().to_string()).with("allow", flag.clone());
    record.note(FindingId::ClientNotAllowed, facts);
    record.set_given(Given::without_leaf(GivenKind::Refused));
    record.set_outcome(Outcome::Denied);
    let answer = match opening {
        Opening::Http1 => pages::denied(client.ip(), &flag),
        Opening::Socks5 => vec![5, 0xff],              // no acceptable method
        Opening::Tls => vec![0x15, 3, 1, 0, 2, 2, 49], // the fatal alert access_denied
        _ => Vec::new(),
    };
    say_and_close(&mut stream, &answer).await;
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
async fn say_and_close(stream: &mut TcpStream, answer: &[u8]) {
    let farewell = async {
        stream.write_all(answer).await?;
        stream.shutdown().await?;
        let mut rest = [0; 1024];
        while stream.read(&mut rest).await? > 0 {}
        Ok::<(), std::io::Error>(())
    };
    let _ = timeout(std::time::Duration::from_secs(2), farewell).await;
}

async fn serve_socks(ctx: Ctx, mut stream: TcpStream, bytes: Bytes, client: SocketAddr) {
    let deadline = ctx.config.hello_timeout;
    match timeout(deadline, socks_handshake(&mut stream, BytesMut::from(&bytes[..]))).await {
        Ok(Ok((target, rest))) => {
            let stream = ClientStream::new(stream).with_prefix(rest);
            if portal::is_own(&target.host) {
                let visit = Visit::proxied(client, &stream);
                return Box::pin(portal::serve(&ctx, stream, visit)).await;
            }
            let record = Record::open(&ctx, client, Intake::Socks5, Some(target));
            Box::pin(target::serve(ctx, record, stream)).await;
        }
        Ok(Err(Some(reason))) => {
            let record = Record::open(&ctx, client, Intake::Socks5, None);
            record.note(FindingId::ClientHelloUnreadable, Facts::new().with("reason", reason));
            record.set_given(Given::without_leaf(GivenKind::Refused));
            record.set_outcome(Outcome::Unreadable);
        }
        Ok(Err(None)) | Err(_) => debug!(%client, "a SOCKS client left before it said where to"),
    }
}

/// Greeting and request. `Err(None)` when the client left.
async fn socks_handshake(stream: &mut TcpStream, mut bytes: BytesMut) -> Result<(Target, Bytes), Option<String>> {
    loop {
        match read_greeting(&bytes) {
            SocksStep::NeedMore => more(stream, &mut bytes).await?,
            SocksStep::Done((), used) => {
                let _ = bytes.split_to(used);
                break;
            }
            SocksStep::Refuse(_, reason) => {
                say_and_close(stream, &[5, 0xff]).await;
                return Err(Some(reason));
            }
        }
    }
    stream.write_all(&[5, 0]).await.map_err(|_| None)?;
    loop {
        match read_request(&bytes) {
            SocksStep::NeedMore => more(stream, &mut bytes).await?,
            SocksStep::Done(request, used) => {
                // Said before the server is reached, as for CONNECT: what is wrong with it is told
                // inside the client's own TLS.
                stream.write_all(&write_reply(SocksReply::Succeeded)).await.map_err(|_| None)?;
                let _ = bytes.split_to(used);
                return Ok((request.target, bytes.freeze()));
            }
            SocksStep::Refuse(reply, reason) => {
                say_and_close(stream, &write_reply(reply)).await;
                return Err(Some(reason));
            }
        }
    }
}

async fn more(stream: &mut TcpStream, bytes: &mut BytesMut) -> Result<(), Option<String>> {
    match stream.read_buf(bytes).await {
        Ok(1..) => Ok(()),
        _ => Err(None),
    }
}

/// A ClientHello without any proxy protocol, from a redirect or a DNS override: its SNI is the
/// target, on port 443.
async fn serve_bare_hello(ctx: Ctx, stream: TcpStream, bytes: Bytes, client: SocketAddr) {
    let record = Record::open(&ctx, client, Intake::ClientHello, None);
    let stream = ClientStream::new(stream);
    Box::pin(intercept::serve(ctx, record, stream, bytes, None)).await;
}
