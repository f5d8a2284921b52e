//! A varied stream of clients through a running proxy that knows the lab.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::careless::careless;
use super::recipe::{Case, RecipeError, ServerKind};
use super::serve::Lab;

/// How long one client may take.
const PATIENCE: Duration = Duration::from_secs(12);

/// Why nothing was sent.
#[derive(Debug, thiserror::Error)]
pub enum DriveError {
    /// There is no proxy.
    #[error("cannot reach a proxy at {address}: {source}; start one with `tlscope --lab`")]
    NoProxy {
        /// Where it was looked for.
        address: SocketAddr,
        /// Why not.
        source: io::Error,
    },
    /// The recipes are no good.
    #[error(transparent)]
    Recipe(#[from] RecipeError),
}

/// What became of the clients.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Driven {
    /// They had an answer.
    pub answered: usize,
    /// They had none, as a client of such a server has none.
    pub unanswered: usize,
}

/// Sends one client to every case, and a few that behave oddly themselves. Says after each which
/// case it was and how it went.
///
/// # Errors
/// [`DriveError`] when there is no proxy to send them through.
pub async fn drive(proxy: SocketAddr, pause: Duration, mut said: impl FnMut(&str, bool)) -> Result<Driven, DriveError> {
    TcpStream::connect(proxy).await.map_err(|source| DriveError::NoProxy { address: proxy, source })?;
    let mut driven = Driven::default();
    for (at, case) in Lab::listed()?.iter().enumerate() {
        if case.recipe.by_ip {
            continue; // its port is known to the lab alone
        }
        let answered = matches!(timeout(PATIENCE, visit(proxy, case, at)).await, Ok(Ok(())));
        count(&mut driven, answered);
        said(&case.name, answered);
        sleep(pause).await;
    }
    for (name, answered) in odd_clients(proxy).await {
        count(&mut driven, answered);
        said(name, answered);
    }
    Ok(driven)
}

fn count(driven: &mut Driven, answered: bool) {
    if answered {
        driven.answered += 1;
    } else {
        driven.unanswered += 1;
    }
}

/// Paths that make the list varied.
const PATHS: &[&str] =
    &["/", "/json", "/gzip", "/events", "/bytes/20000", "/trailers", "/cookie", "/slow/120", "/status/404"];

async fn visit(proxy: SocketAddr, case: &Case, at: usize) -> io::Result<()> {
    let tunnel = if at % 5 == 4 { socks(proxy, &case.host).await? } else { connect(proxy, &case.host).await? };
    let mut stream = shake_hands(tunnel, &case.host, false).await?;
    match case.recipe.server.kind {
        ServerKind::Echo => exchange(&mut stream, b"\x10\x0c\x00\x04MQTT\x04\x02\x00\x3c\x00\x00").await,
        ServerKind::Greeting => exchange(&mut stream, b"EHLO client.test\r\n").await,
        _ if at % 7 == 3 => {
            let body = r#"{"user":"tester","note":"sent by the lab"}"#;
            let post = format!(
                "POST /echo HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nAuthorization: Bearer lab-secret\r\n\
                 Content-Length: {}\r\n\r\n{body}",
                case.host,
                body.len()
            );
            exchange(&mut stream, post.as_bytes()).await
        }
        _ => {
            let path = PATHS.get(at % PATHS.len()).copied().unwrap_or("/");
            let get =
                format!("GET {path} HTTP/1.1\r\nHost: {}\r\nUser-Agent: lab-client\r\nAccept: */*\r\n\r\n", case.host);
            exchange(&mut stream, get.as_bytes()).await
        }
    }
}

/// Clients that are odd themselves: plain HTTP, a WebSocket, one that refuses the proxy's CA, one
/// that leaves in silence as a pinned app does.
async fn odd_clients(proxy: SocketAddr) -> Vec<(&'static str, bool)> {
    let mut all = Vec::new();
    let plain = async {
        let mut stream = TcpStream::connect(proxy).await?;
        exchange(&mut stream, b"GET http://plain.lab.test/json HTTP/1.1\r\nHost: plain.lab.test\r\n\r\n").await
    };
    all.push(("a client without TLS", done(plain).await));
    let websocket = async {
        let mut stream = shake_hands(connect(proxy, "good.lab.test").await?, "good.lab.test", false).await?;
        let upgrade =
            b"GET /websocket HTTP/1.1\r\nHost: good.lab.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
            Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
        exchange(&mut stream, upgrade).await?;
        // "Hello", masked (RFC 6455 section 5.7), then a close.
        exchange(&mut stream, b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58").await?;
        stream.write_all(b"\x88\x80\x00\x00\x00\x00").await
    };
    all.push(("a WebSocket", done(websocket).await));
    let refusing = async { shake_hands(connect(proxy, "good.lab.test").await?, "good.lab.test", true).await.map(drop) };
    all.push(("a client that refuses the CA", done(refusing).await));
    for _ in 0..3 {
        let pinned = async {
            let mut stream = shake_hands(connect(proxy, "pinned.lab.test").await?, "pinned.lab.test", false).await?;
            stream.shutdown().await
        };
        all.push(("a client that leaves in silence", done(pinned).await));
    }
    all
}

async fn done(client: impl Future<Output = io::Result<()>>) -> bool {
    matches!(timeout(PATIENCE, client).await, Ok(Ok(())))
}

/// Writes, and waits for the beginning of an answer.
async fn exchange(stream: &mut (impl AsyncRead + AsyncWrite + Unpin), request: &[u8]) -> io::Result<()> {
    stream.write_all(request).await?;
    stream.flush().await?;
    let mut answer = [0; 4096];
    match stream.read(&mut answer).await? {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        _ => Ok(()),
    }
}

async fn connect(proxy: SocketAddr, host: &str) -> io::Result<TcpStream> {
    let mut stream = TcpStream::connect(proxy).await?;
    stream.write_all(format!("CONNECT {host}:443 HTTP/1.1\r\nHost: {host}:443\r\n\r\n").as_bytes()).await?;
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        answer.push(stream.read_u8().await?);
    }
    if answer.starts_with(b"HTTP/1.1 200") { Ok(stream) } else { Err(io::Error::other("the proxy said no")) }
}

async fn socks(proxy: SocketAddr, host: &str) -> io::Result<TcpStream> {
    let mut stream = TcpStream::connect(proxy).await?;
    stream.write_all(&[5, 1, 0]).await?;
    stream.read_exact(&mut [0; 2]).await?;
    let mut request = vec![5, 1, 0, 3, host.len() as u8];
    request.extend(host.as_bytes());
    request.extend(443u16.to_be_bytes());
    stream.write_all(&request).await?;
    stream.read_exact(&mut [0; 10]).await?;
    Ok(stream)
}

async fn shake_hands(tunnel: TcpStream, host: &str, refuse: bool) -> io::Result<TlsStream<TcpStream>> {
    let mut config = careless(refuse).map_err(io::Error::other)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
    TlsConnector::from(Arc::new(config)).connect(name, tunnel).await
}
