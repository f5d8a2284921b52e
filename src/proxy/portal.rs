//! Requests for tlscope itself: how they come in, and what is told of the devices that make them.
//!
//! They make no rows. What is answered is not this room's business: whoever starts the proxy hands
//! in a function from [`PortalRequest`] to [`PortalAnswer`].

use std::net::SocketAddr;
use std::sync::Arc;

use ::http::header::HOST;
use ::http::{HeaderMap, Request, Response};
use bytes::{Bytes, BytesMut};
use http_body_util::Full;

use super::client_tls::accept_quietly;
use super::context::{Ctx, now};
use super::http::serve_own;
use super::intercept::read_hello;
use super::pages;
use super::record::Record;
use super::stream::{ClientStream, Wire as _};
use super::target::{Spoke, opening_of};
use crate::model::{CaTest, ClientHello, ClientOutcome, Event, Host, Intake, SetupNews, SetupStep, Target, TlsVersion};
use crate::wire::Opening;

/// The host whose requests are for tlscope itself, when they come through the proxy. RFC 6761
/// section 6.2: nobody else can have it.
pub const PORTAL_HOST: &str = "tlscope.test";

/// Answers requests that are for tlscope itself.
pub type Portal = Arc<dyn Fn(&PortalRequest) -> PortalAnswer + Send + Sync>;

/// A request for tlscope itself, and how it came.
#[derive(Debug)]
pub struct PortalRequest {
    /// The request; it has no body that would matter.
    pub head: Request<()>,
    /// Where the client is.
    pub client: SocketAddr,
    /// This machine's address and port that it came to; absent where the connection is gone already.
    pub local: Option<SocketAddr>,
    /// Whether it came through the proxy; else the client took the port for a web server.
    pub proxied: bool,
    /// The TLS it came over.
    pub tls: Option<CaTest>,
    /// How the device's last TLS with tlscope itself went.
    pub last_test: Option<CaTest>,
}

/// What is said to it.
#[derive(Debug, Default)]
pub struct PortalAnswer {
    /// The response.
    pub response: Response<Full<Bytes>>,
    /// How far the device has come by it.
    pub step: Option<SetupStep>,
}

/// How a client comes to tlscope itself.
#[derive(Clone, Debug)]
pub(super) struct Visit {
    pub(super) client: SocketAddr,
    pub(super) local: Option<SocketAddr>,
    pub(super) proxied: bool,
    pub(super) tls: Option<CaTest>,
}

impl Visit {
    /// Through the proxy.
    pub(super) fn proxied(client: SocketAddr, stream: &ClientStream) -> Self {
        Self { client, local: stream.local(), proxied: true, tls: None }
    }

    /// To the port as if it were a web server.
    pub(super) fn direct(client: SocketAddr, stream: &ClientStream) -> Self {
        Self { proxied: false, ..Self::proxied(client, stream) }
    }
}

/// Whether a host is tlscope itself, wherever the request for it came from.
pub(super) fn is_own(host: &Host) -> bool {
    host.name() == Some(PORTAL_HOST)
}

/// The host of tlscope itself that a ClientHello without a proxy protocol is for. Besides its name,
/// that is the address under which this device has opened the page lately: the page has sent it.
/// From any other client a hello without a name is one that does not say where it wants to go.
pub(super) fn meant_by(ctx: &Ctx, record: &Record, hello: &ClientHello) -> Option<Host> {
    let (is_bare, client) = record.with(|c| (c.intake == Intake::ClientHello, c.client_address.ip()));
    let named = hello.sni.as_deref().map(Host::parse).transpose().ok()?;
    if let Some(own) = named.as_ref().filter(|name| is_own(name)) {
        return is_bare.then(|| own.clone());
    }
    let opened = ctx.visitors.opened_under(client).filter(|_| is_bare)?;
    named.is_none_or(|name| name == opened).then_some(opened)
}

/// Serves a client that wants tlscope itself behind CONNECT or SOCKS. Nobody is dialled.
pub(super) async fn serve(ctx: &Ctx, mut stream: ClientStream, visit: Visit) {
    match opening_of(ctx, &mut stream, BytesMut::new()).await {
        Spoke::Client(Opening::Tls, first) => {
            let Ok((hello, bytes)) = read_hello(ctx, &mut stream, first).await else { return };
            let host = Host::Name(PORTAL_HOST.to_owned());
            serve_tls(ctx, stream.with_prefix(bytes), (&hello, &host), visit).await;
        }
        Spoke::Client(Opening::Http1, bytes) => serve_own(ctx, stream.with_prefix(bytes), visit, false).await,
        _ => {}
    }
}

/// Serves it within TLS, whose hello was read already. That the client takes a leaf of ours here shows
/// that it trusts the CA: nobody pins this name.
pub(super) async fn serve_tls(ctx: &Ctx, stream: ClientStream, hello: (&ClientHello, &Host), visit: Visit) {
    let alpn = ["h2", "http/1.1"].into_iter().find(|name| hello.0.alpn.iter().any(|own| own == name));
    let alpn_bytes = alpn.map(|name| Bytes::from_static(name.as_bytes()));
    match accept_quietly(ctx, stream, hello, alpn_bytes).await {
        Ok(client) => {
            let mut test = CaTest::of(hello.0, ClientOutcome::Served);
            test.version = client.get_ref().1.protocol_version().map(|version| TlsVersion(version.into()));
            serve_own(ctx, client, Visit { tls: Some(test), ..visit }, alpn == Some("h2")).await;
        }
        Err(outcome) => tell(ctx, &visit, SetupStep::Tested(CaTest::of(hello.0, outcome))),
    }
}

/// The answer to one request, with everything told that is news.
pub(super) fn answer<B>(ctx: &Ctx, visit: &Visit, request: &Request<B>) -> Response<Full<Bytes>> {
    let device = visit.client.ip();
    if !ctx.visitors.admit(device) {
        return pages::too_many();
    }
    if visit.proxied {
        tell(ctx, visit, SetupStep::ProxyUsed);
    }
    if let Some(test) = visit.tls.clone() {
        tell(ctx, visit, SetupStep::Tested(test));
    }
    let answer = (ctx.services.portal)(&PortalRequest {
        head: head_of(request),
        client: visit.client,
        local: visit.local,
        proxied: visit.proxied,
        tls: visit.tls.clone(),
        last_test: ctx.visitors.last_test(device),
    });
    if let Some(step) = answer.step {
        if matches!(step, SetupStep::PageOpened { .. }) && !visit.proxied {
            ctx.visitors.note_page(device, host_field(request.headers()));
        }
        tell(ctx, visit, step);
    }
    answer.response
}

fn tell(ctx: &Ctx, visit: &Visit, step: SetupStep) {
    let device = visit.client.ip();
    if ctx.visitors.is_news(device, &step) {
        ctx.tell_later(Event::Setup(SetupNews { at: now(), device, step }));
    }
}

fn head_of<B>(request: &Request<B>) -> Request<()> {
    let mut head = Request::new(());
    *head.method_mut() = request.method().clone();
    *head.uri_mut() = request.uri().clone();
    *head.headers_mut() = request.headers().clone();
    head
}

fn host_field(headers: &HeaderMap) -> Option<Host> {
    let host = headers.get(HOST)?.to_str().ok()?;
    Target::parse(host, Some(80)).ok().map(|target| target.host)
}
