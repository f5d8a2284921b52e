//! Asking a proxy to connect to a target. Not one byte behind its answer is read: the next ones are the
//! target's.

use std::io;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::upstream_proxy::{Login, ProxyScheme, UpstreamProxy};
use crate::model::{ProxyFault, Target};
use crate::text;
use crate::wire::{
    ConnectAnswer, ConnectHead, LOGIN, NO_LOGIN, NO_METHOD, SocksAnswer, read_connect_answer, read_login_status,
    read_method, read_reply, write_client_greeting, write_connect_request, write_login,
};

/// As much of what is no answer is shown.
const SHOWN: usize = 64;

/// More answers of the kind that another one follows (1xx) are not waited for.
const MOST_INTERIM: usize = 8;

/// Has `proxy`, to which `stream` leads, connect to `target`. After that the stream is the target's.
pub(super) async fn negotiate(
    stream: &mut TcpStream,
    proxy: &UpstreamProxy,
    target: &Target,
) -> Result<(), ProxyFault> {
    match proxy.scheme {
        ProxyScheme::Http => ask_http(stream, proxy.login.as_ref(), target).await,
        ProxyScheme::Socks5 | ProxyScheme::Socks5h => ask_socks(stream, proxy.login.as_ref(), target).await,
    }
}

/// The value of `Proxy-Authorization` (RFC 7617).
fn basic(login: &Login) -> String {
    format!("Basic {}", STANDARD.encode(format!("{}:{}", login.user, login.password.reveal())))
}

async fn ask_http(stream: &mut TcpStream, login: Option<&Login>, target: &Target) -> Result<(), ProxyFault> {
    let authorization = login.map(|login| format!("Proxy-Authorization: {}\r\n", basic(login))).unwrap_or_default();
    let agent = concat!("tlscope/", env!("CARGO_PKG_VERSION"));
    let request = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\nUser-Agent: {agent}\r\n{authorization}\r\n");
    write(stream, request.as_bytes()).await?;
    for _ in 0..=MOST_INTERIM {
        let head = read_head(stream).await?;
        match head.status {
            100..200 => {}
            200..300 => return Ok(()),
            // Tinyproxy says 401 of a login that it does not know.
            401 | 407 if login.is_some() => return Err(ProxyFault::LoginRefused { schemes: head.schemes }),
            401 | 407 => return Err(ProxyFault::LoginWanted { schemes: head.schemes }),
            status => return Err(ProxyFault::Refused { status, words: head.words }),
        }
    }
    Err(ProxyFault::Silent)
}

/// Looks at what has come before taking it, so that only the head is taken.
async fn read_head(stream: &mut TcpStream) -> Result<ConnectHead, ProxyFault> {
    let mut head = Vec::new();
    let mut piece = [0; 4096];
    loop {
        let before = head.len();
        let n = stream.peek(&mut piece).await.map_err(|_| ProxyFault::Closed)?;
        let seen = piece.get(..n).filter(|seen| !seen.is_empty()).ok_or(ProxyFault::Closed)?;
        head.extend_from_slice(seen);
        let (read, used) = match read_connect_answer(&head) {
            ConnectAnswer::NeedMore => (None, head.len()),
            ConnectAnswer::Done(read, used) => (Some(read), used),
            ConnectAnswer::NotHttp => return Err(not_a_proxy("HTTP", &head)),
            ConnectAnswer::TooLong(bytes) => return Err(ProxyFault::EndlessHead { bytes }),
        };
        let mut taken = vec![0; used - before];
        stream.read_exact(&mut taken).await.map_err(|_| ProxyFault::Closed)?;
        if let Some(read) = read {
            return Ok(read);
        }
    }
}

async fn ask_socks(stream: &mut TcpStream, login: Option<&Login>, target: &Target) -> Result<(), ProxyFault> {
    write(stream, &write_client_greeting(login.is_some())).await?;
    match (read_answer(stream, read_method).await?, login) {
        (NO_LOGIN, _) => {}
        (LOGIN, Some(login)) => log_in(stream, login).await?,
        (NO_METHOD, None) => return Err(ProxyFault::LoginWanted { schemes: Vec::new() }),
        (NO_METHOD, Some(_)) => return Err(ProxyFault::LoginRefused { schemes: Vec::new() }),
        (method, _) => return Err(ProxyFault::MethodNotOffered { method }),
    }
    write(stream, &write_connect_request(target)).await?;
    match read_answer(stream, read_reply).await? {
        0 => Ok(()),
        code => Err(ProxyFault::Reply { code }),
    }
}

async fn log_in(stream: &mut TcpStream, login: &Login) -> Result<(), ProxyFault> {
    let refused = || ProxyFault::LoginRefused { schemes: Vec::new() };
    let message = write_login(&login.user, login.password.reveal()).ok_or_else(refused)?;
    write(stream, &message).await?;
    // Some proxies close where they should say no (RFC 1929 section 2 has them do both).
    match read_answer(stream, read_login_status).await {
        Ok(true) => Ok(()),
        Ok(false) | Err(ProxyFault::Closed) => Err(refused()),
        Err(fault) => Err(fault),
    }
}

async fn read_answer<T>(stream: &mut TcpStream, read: fn(&[u8]) -> SocksAnswer<T>) -> Result<T, ProxyFault> {
    let mut bytes = Vec::new();
    loop {
        match read(&bytes) {
            SocksAnswer::Done(answer) => return Ok(answer),
            SocksAnswer::NotSocks => return Err(not_socks(stream, bytes)),
            SocksAnswer::NeedMore(more) => {
                let before = bytes.len();
                bytes.resize(before + more, 0);
                let rest = bytes.get_mut(before..).unwrap_or_default();
                let read = stream.read_exact(rest).await;
                read.map_err(|_| ProxyFault::Closed)?;
            }
        }
    }
}

/// What is no SOCKS, with as much of it as has come.
fn not_socks(stream: &TcpStream, mut bytes: Vec<u8>) -> ProxyFault {
    let mut more = [0; SHOWN];
    let n = stream.try_read(&mut more).unwrap_or(0);
    bytes.extend_from_slice(more.get(..n).unwrap_or_default());
    not_a_proxy("SOCKS 5", &bytes)
}

fn not_a_proxy(asked_in: &str, bytes: &[u8]) -> ProxyFault {
    let seen = text::safe_bytes(bytes.get(..SHOWN).unwrap_or(bytes));
    ProxyFault::NotAProxy { asked_in: asked_in.to_owned(), seen }
}

async fn write(stream: &mut TcpStream, bytes: &[u8]) -> Result<(), ProxyFault> {
    let written: io::Result<()> = stream.write_all(bytes).await;
    written.map_err(|_| ProxyFault::Closed)
}
