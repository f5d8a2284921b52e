//! What the lab's servers serve behind their TLS: a page that says what is wrong with them, and one
//! thing of each kind that HTTP can do.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_ENCODING, CONTENT_TYPE, DATE, SET_COOKIE, TRAILER, UPGRADE};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Version};
use http_body::Frame;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Empty, Full, StreamBody};
use hyper::body::Incoming;
use hyper::service::Service;
use hyper_util::rt::TokioIo;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::mpsc;

/// What a case tells about itself.
#[derive(Clone, Debug)]
pub(super) struct Site {
    pub(super) title: Arc<str>,
    pub(super) text: Arc<str>,
}

/// A body; an error breaks it off.
pub(super) type Body = BoxBody<Bytes, std::io::Error>;

/// The value that WebSocket's handshake appends to the client's key (RFC 6455 section 1.3).
const WEBSOCKET_GUID: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

impl Service<Request<Incoming>> for Site {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let site = self.clone();
        let is_head = request.method() == Method::HEAD;
        Box::pin(async move {
            let answer = site.answer(request).await;
            // Over HTTP/2 hyper leaves it to the service to send no body for HEAD.
            Ok(if is_head { answer.map(|_| Empty::new().map_err(|never| match never {}).boxed()) } else { answer })
        })
    }
}

impl Site {
    async fn answer(&self, request: Request<Incoming>) -> Response<Body> {
        let path = request.uri().path().to_owned();
        let number = || path.rsplit('/').next().and_then(|n| n.parse::<u64>().ok()).unwrap_or(0);
        match path.as_str() {
            "/json" => {
                typed("application/json", json!({"lab": &*self.title, "list": [1, 2, 3], "text": "ü"}).to_string())
            }
            "/echo" => echo(request).await,
            "/upload" => upload(request).await,
            "/events" => events(),
            "/trailers" => trailers(),
            "/gzip" => gzip(&self.text),
            // The clock of a server that somebody set wrong.
            "/clock" => with_header(plain("it is 2026 here\n"), DATE, "Thu, 01 Jan 2026 00:00:00 GMT"),
            "/cookie" => with_header(plain("a cookie was set\n"), SET_COOKIE, "session=s3cret; Secure; HttpOnly"),
            "/empty" => status(StatusCode::NO_CONTENT),
            "/unchanged" => status(StatusCode::NOT_MODIFIED),
            "/broken" => broken(),
            "/never" => std::future::pending().await,
            "/websocket" => websocket(request),
            path if path.starts_with("/bytes/") => stream_bytes(number()),
            path if path.starts_with("/status/") => {
                status(StatusCode::from_u16(number() as u16).unwrap_or(StatusCode::OK))
            }
            path if path.starts_with("/slow/") => slow(number()).await,
            _ => self.front_page(),
        }
    }

    fn front_page(&self) -> Response<Body> {
        let (title, text) = (crate::text::html(&self.title), crate::text::html(&self.text));
        typed(
            "text/html; charset=utf-8",
            format!("<!doctype html><title>{title}</title><h1>{title}</h1><p>{text}</p>\n"),
        )
    }
}

fn full(text: impl Into<Bytes>) -> Body {
    Full::new(text.into()).map_err(|never| match never {}).boxed()
}

/// An issuer's certificate, for whoever looks for it.
pub(super) fn certificate(der: Vec<u8>) -> Response<Body> {
    typed("application/pkix-cert", der)
}

/// There is no such file.
pub(super) fn nothing() -> Response<Body> {
    status(StatusCode::NOT_FOUND)
}

fn plain(text: &'static str) -> Response<Body> {
    typed("text/plain", text)
}

fn typed(media_type: &'static str, text: impl Into<Bytes>) -> Response<Body> {
    with_header(Response::new(full(text)), CONTENT_TYPE, media_type)
}

fn with_header(mut response: Response<Body>, name: http::HeaderName, value: &'static str) -> Response<Body> {
    response.headers_mut().append(name, HeaderValue::from_static(value));
    response
}

fn status(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Empty::new().map_err(|never| match never {}).boxed());
    *response.status_mut() = status;
    response
}

/// The request as it arrived.
async fn echo(request: Request<Incoming>) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let headers: Vec<_> = parts
        .headers
        .iter()
        .map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect();
    let collected = body.collect().await;
    let trailers = collected.as_ref().ok().and_then(|c| c.trailers()).map(|t| format!("{t:?}"));
    let body = collected.map(|c| String::from_utf8_lossy(&c.to_bytes()).into_owned()).unwrap_or_default();
    let seen = json!({
        "method": parts.method.as_str(), "uri": parts.uri.to_string(), "version": format!("{:?}", parts.version),
        "headers": headers, "body": body, "trailers": trailers,
    });
    typed("application/json", seen.to_string())
}

/// Counts an upload of any size.
async fn upload(request: Request<Incoming>) -> Response<Body> {
    let mut body = request.into_body();
    let mut bytes = 0usize;
    while let Some(Ok(frame)) = body.frame().await {
        bytes += frame.data_ref().map_or(0, Bytes::len);
    }
    typed("application/json", json!({"bytes": bytes}).to_string())
}

/// A body from pieces that come when they come.
fn streamed(pieces: mpsc::Receiver<std::io::Result<Frame<Bytes>>>) -> Body {
    let stream = futures_util::stream::unfold(pieces, |mut pieces| async move {
        let piece = pieces.recv().await?;
        Some((piece, pieces))
    });
    BodyExt::boxed(StreamBody::new(stream))
}

/// Five server-sent events, a tenth of a second apart.
fn events() -> Response<Body> {
    let (send, pieces) = mpsc::channel(1);
    tokio::spawn(async move {
        for n in 1..=5 {
            let event = Bytes::from(format!("id: {n}\ndata: event {n}\n\n"));
            if send.send(Ok(Frame::data(event))).await.is_err() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    });
    with_header(Response::new(streamed(pieces)), CONTENT_TYPE, "text/event-stream")
}

fn trailers() -> Response<Body> {
    let (send, pieces) = mpsc::channel(2);
    tokio::spawn(async move {
        let mut trailers = HeaderMap::new();
        trailers.insert("x-checksum", HeaderValue::from_static("abc123"));
        let _ = send.send(Ok(Frame::data(Bytes::from_static(b"a body with a trailer\n")))).await;
        let _ = send.send(Ok(Frame::trailers(trailers))).await;
    });
    with_header(Response::new(streamed(pieces)), TRAILER, "x-checksum")
}

fn gzip(text: &str) -> Response<Body> {
    use std::io::Write as _;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    let _ = encoder.write_all(text.as_bytes());
    let packed = encoder.finish().unwrap_or_default();
    with_header(typed("text/plain; charset=utf-8", packed), CONTENT_ENCODING, "gzip")
}

/// Announces a hundred bytes and breaks off after ten.
fn broken() -> Response<Body> {
    let (send, pieces) = mpsc::channel(1);
    tokio::spawn(async move {
        let _ = send.send(Ok(Frame::data(Bytes::from_static(b"0123456789")))).await;
        let _ = send.send(Err(std::io::Error::other("broken on purpose"))).await;
    });
    with_header(Response::new(streamed(pieces)), http::header::CONTENT_LENGTH, "100")
}

/// So many bytes, in pieces of 64 KiB.
fn stream_bytes(mut left: u64) -> Response<Body> {
    const PIECE: &[u8] = &[b'x'; 64 << 10];
    let (send, pieces) = mpsc::channel(4);
    let length = HeaderValue::from(left);
    tokio::spawn(async move {
        while left > 0 {
            let n = left.min(PIECE.len() as u64);
            left -= n;
            let piece = Bytes::from_static(PIECE).slice(..n as usize);
            if send.send(Ok(Frame::data(piece))).await.is_err() {
                return;
            }
        }
    });
    let mut response = with_header(Response::new(streamed(pieces)), CONTENT_TYPE, "application/octet-stream");
    response.headers_mut().insert(http::header::CONTENT_LENGTH, length);
    response
}

async fn slow(milliseconds: u64) -> Response<Body> {
    tokio::time::sleep(Duration::from_millis(milliseconds.min(60_000))).await;
    plain("at last\n")
}

/// Echoes every byte behind the upgrade: for a WebSocket client that is its own frames, which come
/// back masked; the lab's own clients unmask them.
fn websocket(mut request: Request<Incoming>) -> Response<Body> {
    let extended = request.method() == Method::CONNECT && request.version() == Version::HTTP_2;
    let Some(accept) = accept_key(request.headers()).or_else(|| extended.then(String::new)) else {
        return status(StatusCode::UPGRADE_REQUIRED);
    };
    let upgraded = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        if let Ok(upgraded) = upgraded.await {
            echo_frames(TokioIo::new(upgraded)).await;
        }
    });
    if extended {
        return status(StatusCode::OK);
    }
    let mut response = status(StatusCode::SWITCHING_PROTOCOLS);
    let headers = response.headers_mut();
    headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    if let Ok(accept) = HeaderValue::try_from(accept) {
        headers.insert("sec-websocket-accept", accept);
    }
    response
}

fn accept_key(headers: &HeaderMap) -> Option<String> {
    use sha1::Digest as _;
    let key = headers.get("sec-websocket-key")?.to_str().ok()?;
    let digest = sha1::Sha1::digest(format!("{key}{WEBSOCKET_GUID}"));
    Some(base64::engine::general_purpose::STANDARD.encode(digest))
}

/// Sends every short frame back without its mask; answers a close with a close.
async fn echo_frames(mut stream: TokioIo<hyper::upgrade::Upgraded>) {
    let mut header = [0; 2];
    while stream.read_exact(&mut header).await.is_ok() {
        let (opcode, length) = (header[0] & 0x0f, usize::from(header[1] & 0x7f));
        let masked = header[1] & 0x80 != 0;
        let mut mask = [0; 4];
        let mut payload = vec![0; length];
        if length > 125
            || (masked && stream.read_exact(&mut mask).await.is_err())
            || stream.read_exact(&mut payload).await.is_err()
        {
            return;
        }
        for (byte, mask) in payload.iter_mut().zip(mask.iter().cycle()) {
            *byte ^= mask;
        }
        let answer_opcode = if opcode == 9 { 10 } else { opcode };
        let mut frame = vec![0x80 | answer_opcode, payload.len() as u8];
        frame.extend(payload);
        if stream.write_all(&frame).await.is_err() || opcode == 8 {
            return;
        }
    }
}
