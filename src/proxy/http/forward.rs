//! One request, to the server and back.

use std::sync::{Arc, Mutex, PoisonError};

use http::header::{AGE, DATE, EXPECT, HOST, TE, UPGRADE};
use http::{HeaderMap, Method, Request, Response, StatusCode, Uri, Version};
use hyper::body::Incoming;
use hyper::ext::Protocol;
use tokio::sync::oneshot;

use super::BoxError;
use super::exchange::{Asked, ExchangeRecord};
use super::fields::{
    announced_trailers, asks_upgrade, has_token, is_close_delimited, relayed_differently, strip_hop_by_hop,
};
use super::heads::{Heads, http2_answer, http2_request};
use super::tee::{Gate, Tee, Trailers};
use super::upgrade;
use super::upstream::Upstream;
use crate::diagnosis::clock_skew;
use crate::model::{ClockSeen, Connection, Direction, FindingId, Head, Timestamp};
use crate::proxy::context::{Ctx, now};
use crate::proxy::record::Record;

/// Where the requests of a client's connection go.
pub(super) struct Route {
    pub(super) ctx: Ctx,
    pub(super) record: Arc<Record>,
    pub(super) upstream: Upstream,
    /// Heads of the client's requests, for HTTP/1.
    pub(super) heads: Heads,
    /// `http` or `https`.
    pub(super) scheme: &'static str,
}

/// Relays a request and gives the answer. An error ends the client's connection as the server's
/// ended: nothing is tried again.
pub(super) async fn forward(route: &Route, mut request: Request<Incoming>) -> Result<Response<Tee>, BoxError> {
    let head = request_head(&route.heads, &request);
    let mut changed = relayed_differently(&head, request.headers());
    let method = request.method().clone();
    let wants_trailers = has_token(request.headers(), &TE, "trailers");
    let url = url_of(&route.record, route.scheme, &request);
    if !route.upstream.is_http2() {
        changed.extend(strip_hop_by_hop(request.headers_mut()));
    }
    let asked = Asked { method: method.to_string(), url, head, changed };
    let exchange = ExchangeRecord::begin(&route.ctx, &route.record, asked).await;
    let upgrade = upgrade::Wanted::of(&mut request);
    let (request, early) = prepare(route, &exchange, request);
    let answer = match route.upstream.send(request).await {
        Ok(answer) => answer,
        Err(error) => {
            exchange.failed(format!("no answer from the server: {}", in_words(&error)));
            return Err(error.into());
        }
    };
    // From here on a 100 would come too late.
    drop(early);
    Ok(take_answer(route, &exchange, answer, &method, wants_trailers, upgrade).await)
}

/// What opens the gate before a request body: kept until the final answer, used by a 100.
type Opener = Arc<Mutex<Option<oneshot::Sender<()>>>>;

/// The request as it goes on, and what its gate waits for.
fn prepare(route: &Route, exchange: &Arc<ExchangeRecord>, request: Request<Incoming>) -> (Request<Tee>, Opener) {
    let (open, opened) = oneshot::channel();
    let open = Arc::new(Mutex::new(Some(open)));
    let says_continue = request.version() < Version::HTTP_2;
    let gate = has_token(request.headers(), &EXPECT, "100-continue");
    let gate = gate.then(|| Gate::new(opened, says_continue, route.upstream.is_http2()));
    let (parts, body) = request.into_parts();
    let tee = Tee::new(&route.ctx, &route.record, exchange, Direction::Up, body);
    let trailers = if route.upstream.is_http2() { Trailers::All } else { announced_trailers(&parts.headers) };
    let tee = tee.behind(gate).passing(trailers);
    let mut request = Request::from_parts(parts, tee);
    let (heads, own, opener) = (route.upstream.heads.clone(), exchange.clone(), open.clone());
    let is_http2 = route.upstream.is_http2();
    hyper::ext::on_informational(&mut request, move |early| {
        own.informed(answer_head(is_http2, &heads, early.status(), early.version(), early.headers()));
        if early.status() == StatusCode::CONTINUE {
            let sender = opener.lock().unwrap_or_else(PoisonError::into_inner).take();
            let _ = sender.map(|sender| sender.send(()));
        } else {
            own.changed("1xx answer not passed on");
        }
    });
    (request, open)
}

async fn take_answer(
    route: &Route,
    exchange: &Arc<ExchangeRecord>,
    answer: Response<Incoming>,
    method: &Method,
    wants_trailers: bool,
    upgrade: upgrade::Wanted,
) -> Response<Tee> {
    let is_http2 = route.upstream.is_http2();
    note_clock(route, answer.headers());
    let status = answer.status();
    let head = answer_head(is_http2, &route.upstream.heads, status, answer.version(), answer.headers());
    let mut changed = relayed_differently(&head, answer.headers());
    let (mut parts, body) = upgrade.take_over(&route.ctx, &route.record, exchange, answer).into_parts();
    if !is_http2 {
        changed.extend(strip_hop_by_hop(&mut parts.headers));
        if parts.version == Version::HTTP_11 && is_close_delimited(status, &parts.headers, *method == Method::HEAD) {
            changed.push("a body that ends with the connection goes on in chunks".to_owned());
        }
    }
    exchange.answered(status.as_u16(), head, changed).await;
    let trailers = match (is_http2, wants_trailers) {
        (true, _) => Trailers::All,
        (false, true) => announced_trailers(&parts.headers),
        (false, false) => Trailers::Announced(Vec::new()),
    };
    let tee = Tee::new(&route.ctx, &route.record, exchange, Direction::Down, body);
    Response::from_parts(parts, tee.passing(trailers))
}

/// Whether the server's clock and ours agree; said once a connection. What came from a cache has the
/// date of when it was put there.
fn note_clock(route: &Route, headers: &HeaderMap) {
    let date = headers.get(DATE).filter(|_| !headers.contains_key(AGE) && route.scheme == "https");
    let server = date.and_then(|date| Timestamp::parse_http(date.to_str().ok()?));
    let skew = server.and_then(|server| clock_skew(ClockSeen { server, local: now() }));
    let is_known = |connection: &Connection| connection.findings.iter().any(|known| known.id == FindingId::ClockSkew);
    if let Some(skew) = skew.filter(|_| !route.record.with(|connection| is_known(connection))) {
        route.record.note(skew.id, skew.evidence);
    }
}

/// The request's head as it was on the wire.
pub(super) fn request_head(heads: &Heads, request: &Request<Incoming>) -> Head {
    let (method, uri, headers) = (request.method(), request.uri(), request.headers());
    if request.version() == Version::HTTP_2 {
        let protocol = request.extensions().get::<Protocol>().map(Protocol::as_str);
        return http2_request(method, uri, protocol, headers);
    }
    heads.request(method, uri, request.version(), headers)
}

fn answer_head(is_http2: bool, heads: &Heads, status: StatusCode, version: Version, headers: &HeaderMap) -> Head {
    if is_http2 { http2_answer(status, headers) } else { heads.answer(status, version, headers) }
}

/// The URL as a browser would show it.
pub(super) fn url_of(record: &Record, scheme: &'static str, request: &Request<Incoming>) -> String {
    let uri: &Uri = request.uri();
    let host = || request.headers().get(HOST).map(|host| crate::text::escape(host.as_bytes()).into_owned());
    let target = || record.with(|connection| connection.target.as_ref().map(ToString::to_string));
    let authority = uri.authority().map(ToString::to_string).or_else(host).or_else(target).unwrap_or_default();
    let default_port = if scheme == "https" { ":443" } else { ":80" };
    let authority = authority.strip_suffix(default_port).unwrap_or(&authority);
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let is_websocket = asks_upgrade(request.headers()) && has_token(request.headers(), &UPGRADE, "websocket");
    let scheme = match scheme {
        "https" if is_websocket => "wss",
        "http" if is_websocket => "ws",
        scheme => scheme,
    };
    format!("{scheme}://{authority}{path}")
}

/// A hyper error with its causes, which its own text leaves out.
pub(super) fn in_words(error: &hyper::Error) -> String {
    let mut out = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        out.push_str(": ");
        out.push_str(&cause.to_string());
        source = cause.source();
    }
    out
}
