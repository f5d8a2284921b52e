//! Sending a recorded request once more, through the proxy itself: so it is recorded and judged like
//! any other.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context as _, bail};
use bytes::Bytes;
use http::header::{CONTENT_LENGTH, HOST, HeaderName, HeaderValue};
use http::{Request, Uri, Version};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

use crate::model::{BodyEnd, Connection, Exchange, Intake, Target};
use crate::net::{Dialler, Offer, Route};

/// The proxy's answer to CONNECT is no longer than this.
const LONGEST_ANSWER: usize = 16 << 10;

/// Fields that belong to one connection (RFC 9110 7.6.1), and those that are made anew.
const NOT_REPEATED: &[&str] = &[
    "connection",
    "proxy-connection",
    "keep-alive",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "expect",
    "content-length",
];

/// Nobody waits longer for the end of an answer.
const LONGEST_ANSWER_TIME: Duration = Duration::from_secs(600);

/// Sends the request again, the way it was sent. Gives the status of the answer; the rest of it is read
/// to its end beside.
pub(super) async fn repeat(
    dialler: &Dialler,
    proxy: SocketAddr,
    connection: &Connection,
    exchange: &Exchange,
) -> anyhow::Result<u16> {
    check_that_it_is_whole(exchange)?;
    let uri: Uri = exchange.url.parse().with_context(|| format!("{} is no URL that can be asked for", exchange.url))?;
    let is_encrypted = match uri.scheme_str() {
        Some("https") => true,
        Some("http") => false,
        scheme => bail!("{} is nothing that a request alone would repeat", scheme.unwrap_or("this")),
    };
    let mut tcp = dialler
        .reconnect(&Route::to(proxy))
        .await
        .map_err(|_| anyhow::anyhow!("the proxy at {proxy} does not answer"))?;
    if connection.intake == Intake::AbsoluteForm {
        return ask_http1(tcp.stream, request(exchange, &uri, Version::HTTP_11, true)?).await;
    }
    connect(&mut tcp.stream, connection.target.as_ref().context("it is not known where it went")?).await?;
    let is_http2 = exchange.request_head.is_http2();
    if !is_encrypted {
        let version = if is_http2 { Version::HTTP_2 } else { Version::HTTP_11 };
        let request = request(exchange, &uri, version, is_http2)?;
        return if is_http2 { ask_http2(tcp.stream, request).await } else { ask_http1(tcp.stream, request).await };
    }
    let alpn = if is_http2 { b"h2".to_vec() } else { b"http/1.1".to_vec() };
    let offer = Offer { sni: connection.upstream.sni.clone(), alpn: vec![alpn] };
    let leg = dialler.handshake_once(tcp, &offer).await;
    let leg = leg.map_err(|missed| anyhow::anyhow!("{}", crate::explain::failure_words(&missed.failure)))?;
    if is_http2 && leg.stream.get_ref().1.alpn_protocol() == Some(b"h2") {
        ask_http2(leg.stream, request(exchange, &uri, Version::HTTP_2, true)?).await
    } else {
        ask_http1(leg.stream, request(exchange, &uri, Version::HTTP_11, false)?).await
    }
}

/// A request of which not everything is known must not pass for the same.
fn check_that_it_is_whole(exchange: &Exchange) -> anyhow::Result<()> {
    let body = &exchange.request_body;
    if body.is_truncated() {
        bail!("only {} of the {} bytes of its body were kept", body.kept.len(), body.seen);
    }
    let head = &exchange.request_head;
    let length = head.field("content-length").is_some_and(|length| length != b"0");
    let may_have_none = matches!(exchange.method.as_str(), "GET" | "HEAD" | "OPTIONS" | "DELETE" | "TRACE");
    let has_body = length || head.field("transfer-encoding").is_some() || (head.is_http2() && !may_have_none);
    if has_body && body.end != Some(BodyEnd::Complete) {
        bail!("its body was not recorded to its end");
    }
    Ok(())
}

/// A tunnel through the proxy.
async fn connect(stream: &mut (impl AsyncRead + AsyncWrite + Unpin), target: &Target) -> anyhow::Result<()> {
    stream.write_all(format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n").as_bytes()).await?;
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") && head.len() < LONGEST_ANSWER {
        head.push(stream.read_u8().await.context("the proxy closed the connection")?);
    }
    if !head.starts_with(b"HTTP/1.1 200") {
        let line = String::from_utf8_lossy(head.split(|byte| *byte == b'\r').next().unwrap_or_default()).into_owned();
        bail!("the proxy answered {line}");
    }
    Ok(())
}

/// The request as it was recorded, for a connection of its own.
fn request(exchange: &Exchange, uri: &Uri, version: Version, whole_uri: bool) -> anyhow::Result<Request<Full<Bytes>>> {
    let path = uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
    let asked: Uri = if whole_uri { uri.clone() } else { path.parse()? };
    let body = exchange.request_body.kept.clone();
    let is_http2 = version == Version::HTTP_2;
    let mut request = Request::builder().method(exchange.method.as_str()).uri(asked).version(version);
    for (name, value) in exchange.request_head.fields() {
        let is_repeated =
            !name.starts_with(b":") && !NOT_REPEATED.iter().any(|own| name.eq_ignore_ascii_case(own.as_bytes()));
        // Over HTTP/2 it says that trailers are welcome (RFC 9113 8.2.2), and gRPC wants them.
        let is_repeated = is_repeated && (is_http2 || !name.eq_ignore_ascii_case(b"te"));
        let field = HeaderName::from_bytes(name).ok().zip(HeaderValue::from_bytes(value).ok());
        if let Some((name, value)) = field.filter(|(name, _)| is_repeated && (!is_http2 || name != HOST)) {
            request = request.header(name, value);
        }
    }
    let has_host = request.headers_ref().is_some_and(|headers| headers.contains_key(HOST));
    if !is_http2 && !has_host {
        request = request.header(HOST, uri.authority().map_or("", http::uri::Authority::as_str));
    }
    if !body.is_empty() {
        request = request.header(CONTENT_LENGTH, body.len());
    }
    request.body(Full::new(body)).context("the request cannot be written again")
}

async fn ask_http1(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    request: Request<Full<Bytes>>,
) -> anyhow::Result<u16> {
    // The case of names is not kept where a request is made anew; this is what most clients write.
    let (mut sender, connection) =
        http1::Builder::new().title_case_headers(true).handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let answer = sender.send_request(request).await?;
    Ok(drain(answer))
}

async fn ask_http2(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    request: Request<Full<Bytes>>,
) -> anyhow::Result<u16> {
    let (mut sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let answer = sender.send_request(request).await?;
    Ok(drain(answer))
}

/// The status at once; the answer is read to its end beside, so that it is recorded whole.
fn drain(answer: http::Response<hyper::body::Incoming>) -> u16 {
    let status = answer.status().as_u16();
    let mut body = answer.into_body();
    let read = async move { while let Some(Ok(_)) = body.frame().await {} };
    tokio::spawn(tokio::time::timeout(LONGEST_ANSWER_TIME, read));
    status
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Body, ConnectionId, ExchangeId, Head, Timestamp};

    fn exchange(version: &str, raw: &'static str, body: &'static str) -> Exchange {
        Exchange {
            method: "POST".into(),
            url: "https://a.test:8443/v1?x=1".into(),
            request_head: Head { version: version.into(), raw: Bytes::from_static(raw.as_bytes()) },
            request_body: Body {
                kept: Bytes::from_static(body.as_bytes()),
                seen: body.len() as u64,
                ..Body::default()
            },
            ..Exchange::new(ExchangeId(1), ConnectionId(1), Timestamp::from_unix(0))
        }
    }

    #[test]
    fn what_belongs_to_the_old_connection_is_left_out() {
        let raw = "POST /v1?x=1 HTTP/1.1\r\nHost: a.test:8443\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\
                   Authorization: Bearer t\r\nX-A: 1\r\nX-A: 2\r\nTE: trailers\r\n\r\n";
        let exchange = exchange("HTTP/1.1", raw, "abc");
        let uri: Uri = exchange.url.parse().unwrap();
        let request = request(&exchange, &uri, Version::HTTP_11, false).unwrap();
        assert_eq!((request.method().as_str(), request.uri().to_string().as_str()), ("POST", "/v1?x=1"));
        let headers = request.headers();
        assert_eq!(
            (&headers["host"], &headers["content-length"]),
            (&HeaderValue::from_static("a.test:8443"), &HeaderValue::from_static("3"))
        );
        assert_eq!(headers.get_all("x-a").iter().count(), 2);
        assert!(headers.contains_key("authorization"));
        assert!(
            !headers.contains_key("te")
                && !headers.contains_key("connection")
                && !headers.contains_key("transfer-encoding")
        );
    }

    #[test]
    fn a_request_that_is_not_known_whole_is_not_sent() {
        let whole = |version: &str, raw: &'static str, end: Option<BodyEnd>| {
            let mut exchange = exchange(version, raw, "");
            exchange.request_body.end = end;
            check_that_it_is_whole(&exchange).is_ok()
        };
        let with_length = "POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\n";
        assert!(!whole("HTTP/1.1", with_length, None), "it hangs, or was answered by the 502 page");
        assert!(!whole("HTTP/1.1", with_length, Some(BodyEnd::Dropped)));
        assert!(whole("HTTP/1.1", with_length, Some(BodyEnd::Complete)));
        assert!(whole("HTTP/1.1", "POST / HTTP/1.1\r\n\r\n", None), "it has no body");
        assert!(!whole("HTTP/2", ":method: POST\r\n", None));
    }

    #[test]
    fn an_http2_request_keeps_its_pseudo_fields_in_its_uri() {
        let exchange = exchange("HTTP/2", ":method: POST\r\n:path: /v1?x=1\r\naccept: */*\r\nte: trailers\r\n", "");
        let uri: Uri = exchange.url.parse().unwrap();
        let request = request(&exchange, &uri, Version::HTTP_2, true).unwrap();
        assert_eq!(request.uri().to_string(), "https://a.test:8443/v1?x=1");
        assert_eq!(request.headers().len(), 2);
        assert!(request.headers().contains_key("te"));
    }
}
