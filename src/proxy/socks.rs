//! Clients that speak SOCKS version 5 (RFC 1928), with a name and a password where one is wanted
//! (RFC 1929).

use std::net::SocketAddr;

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tracing::debug;

use super::context::Ctx;
use super::door::limits::Place;
use super::door::password::{Given as PasswordGiven, Password};
use super::intake::say_and_close;
use super::portal::{self, Visit};
use super::record::Record;
use super::stream::ClientStream;
use super::target;
use crate::model::{Facts, FindingId, Given, GivenKind, Intake, Outcome, Target};
use crate::wire::{SocksMethods, SocksReply, SocksStep, read_credentials, read_greeting, read_request, write_reply};

/// Neither of the methods that there are.
const NO_METHOD: [u8; 2] = [5, 0xff];

/// Why a client does not get where it wants to.
enum End {
    /// It left, or was not allowed, which is on record already.
    Nothing,
    /// It said something that cannot be served.
    Unreadable(String),
}

/// Serves a client from its greeting on.
pub(super) async fn serve(ctx: Ctx, mut stream: TcpStream, bytes: Bytes, client: SocketAddr, place: Place) {
    let deadline = ctx.config.hello_timeout;
    match timeout(deadline, handshake(&ctx, &mut stream, BytesMut::from(&bytes[..]), client)).await {
        Ok(Ok((target, rest))) => {
            let stream = ClientStream::seated(stream, place).with_prefix(rest);
            if portal::is_own(&target.host) {
                let visit = Visit::proxied(client, &stream);
                return Box::pin(portal::serve(&ctx, stream, visit)).await;
            }
            let record = Record::open(&ctx, client, Intake::Socks5, Some(target));
            Box::pin(target::serve(ctx, record, stream)).await;
        }
        Ok(Err(End::Unreadable(reason))) => {
            let record = Record::open(&ctx, client, Intake::Socks5, None);
            record.note(FindingId::ClientHelloUnreadable, Facts::new().with("reason", reason));
            record.set_given(Given::without_leaf(GivenKind::Refused));
            record.set_outcome(Outcome::Unreadable);
        }
        Ok(Err(End::Nothing)) | Err(_) => debug!(%client, "a SOCKS client left before it said where to"),
    }
}

/// Greeting, password, request.
async fn handshake(
    ctx: &Ctx,
    stream: &mut TcpStream,
    mut bytes: BytesMut,
    client: SocketAddr,
) -> Result<(Target, Bytes), End> {
    let methods = read(stream, &mut bytes, read_greeting).await?;
    let password = ctx.config.password.as_ref().filter(|_| ctx.wants_password(client.ip()));
    agree(ctx, stream, &mut bytes, client, methods, password).await?;
    let request = read(stream, &mut bytes, read_request).await?;
    // Said before the server is reached, as for CONNECT: what is wrong with it is told inside the
    // client's own TLS.
    say(stream, &write_reply(SocksReply::Succeeded)).await?;
    Ok((request.target, bytes.freeze()))
}

/// Agrees on a method. A client that insists on giving a password where none is wanted may give any.
async fn agree(
    ctx: &Ctx,
    stream: &mut TcpStream,
    bytes: &mut BytesMut,
    client: SocketAddr,
    methods: SocksMethods,
    password: Option<&Password>,
) -> Result<(), End> {
    match (password, methods) {
        (None, SocksMethods { none: true, .. }) => say(stream, &[5, 0]).await,
        (None, SocksMethods { password: true, .. }) => {
            say(stream, &[5, 2]).await?;
            read(stream, bytes, read_credentials).await?;
            say(stream, &[1, 0]).await
        }
        (None, _) => {
            say_and_close(stream, &NO_METHOD).await;
            Err(End::Unreadable("the client offers no way of authentication that there is".to_owned()))
        }
        (Some(_), SocksMethods { password: false, .. }) => {
            ctx.refuse_password(client, PasswordGiven::Missing, Intake::Socks5);
            say_and_close(stream, &NO_METHOD).await;
            Err(End::Nothing)
        }
        (Some(password), _) => {
            say(stream, &[5, 2]).await?;
            let (user, word) = read(stream, bytes, read_credentials).await?;
            match ctx.attempts.judge(client.ip(), Some(|| password.is(&user, &word))) {
                PasswordGiven::Right => say(stream, &[1, 0]).await,
                given => {
                    ctx.refuse_password(client, given, Intake::Socks5);
                    say_and_close(stream, &[1, 1]).await;
                    Err(End::Nothing)
                }
            }
        }
    }
}

/// Reads one message, and answers what cannot be served.
async fn read<T>(stream: &mut TcpStream, bytes: &mut BytesMut, step: impl Fn(&[u8]) -> SocksStep<T>) -> Result<T, End> {
    loop {
        match step(bytes) {
            SocksStep::NeedMore if matches!(stream.read_buf(bytes).await, Ok(1..)) => {}
            SocksStep::NeedMore => return Err(End::Nothing),
            SocksStep::Done(message, used) => {
                let _ = bytes.split_to(used);
                return Ok(message);
            }
            SocksStep::Refuse(reply, reason) => {
                say_and_close(stream, &write_reply(reply)).await;
                return Err(End::Unreadable(reason));
            }
        }
    }
}

async fn say(stream: &mut TcpStream, bytes: &[u8]) -> Result<(), End> {
    stream.write_all(bytes).await.map_err(|_| End::Nothing)
}
