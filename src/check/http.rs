//! What an HTTP answer tells about TLS: the server's clock, and whether browsers offer a way round.

use std::time::{Duration, SystemTime};

use http::header::{AGE, DATE, HOST, STRICT_TRANSPORT_SECURITY, USER_AGENT};
use http::{Method, Request};
use http_body_util::Empty;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use time::OffsetDateTime;
use tokio::time::timeout;

use crate::model::{ClockSeen, Target, Timestamp};
use crate::net::{Dialler, Offer};

/// How long the answer may take.
const DEADLINE: Duration = Duration::from_secs(5);

/// What was read of an answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct HttpSeen {
    pub(super) clock: Option<ClockSeen>,
    pub(super) hsts: Option<String>,
}

/// Sends one `HEAD /` over a connection of its own; nothing is seen of a server that does not speak
/// HTTP/1.1.
pub(super) async fn look(dialler: &Dialler, target: &Target, sni: Option<&str>) -> HttpSeen {
    timeout(DEADLINE, ask(dialler, target, sni)).await.ok().flatten().unwrap_or_default()
}

async fn ask(dialler: &Dialler, target: &Target, sni: Option<&str>) -> Option<HttpSeen> {
    let tcp = dialler.connect(target).await.ok()?;
    let offer = Offer { sni: sni.map(str::to_owned), alpn: vec![b"http/1.1".to_vec()] };
    let leg = dialler.handshake(tcp, &offer).await.ok()?;
    if leg.handshake.alpn.as_deref() != Some("http/1.1") && target.port != 443 {
        return None; // another protocol may take offence
    }
    let (mut sender, connection) = http1::handshake(TokioIo::new(leg.stream)).await.ok()?;
    let driver = tokio::spawn(connection);
    let request = Request::builder()
        .method(Method::HEAD)
        .uri("/")
        .header(HOST, target.to_string())
        .header(USER_AGENT, concat!("tlscope/", env!("CARGO_PKG_VERSION")))
        .body(Empty::<bytes::Bytes>::new())
        .ok()?;
    let response = sender.send_request(request).await.ok();
    driver.abort();
    let headers = response?.headers().clone();
    let text = |name| headers.get(name).and_then(|value: &http::HeaderValue| value.to_str().ok());
    // What came from a cache has the date of when it was put there.
    let server = text(DATE).filter(|_| !headers.contains_key(AGE)).and_then(Timestamp::parse_http);
    let local = Timestamp::from(OffsetDateTime::from(SystemTime::now()));
    Some(HttpSeen {
        clock: server.map(|server| ClockSeen { server, local }),
        hsts: text(STRICT_TRANSPORT_SECURITY).map(str::to_owned),
    })
}
