//! HTTP on the proxy's own port: CONNECT, requests with an absolute URL, and requests for tlscope.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{HOST, PROXY_AUTHORIZATION};
use http::{HeaderValue, Method, Request, Response, Uri};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Empty, Full};
use hyper::body::Incoming;
use hyper::service::Service;
use hyper_util::rt::TokioIo;
use tokio::sync::Mutex;
use tracing::debug;

use super::BoxError;
use super::ahead::{Ahead, LEFT_TIMES};
use super::forward::{Route, forward};
use super::heads::Heads;
use super::page;
use super::relay::Answering;
use super::relay::http1_builder;
use super::upstream::Upstream;
use crate::model::{DialTiming, Failure, Given, GivenKind, Host, Intake, Outcome, Protocol, Target};
use crate::net::{self, Missed, Tapped};
use crate::proxy::context::Ctx;
use crate::proxy::door::password::Given as PasswordGiven;
use crate::proxy::pages;
use crate::proxy::portal::{self, Visit};
use crate::proxy::reach::reach;
use crate::proxy::record::Record;
use crate::proxy::stream::{ClientStream, Wire as _};
use crate::proxy::target;

/// How long a client may leave its connection to the port idle.
const IDLE: Duration = Duration::from_secs(300);

/// How many servers one client connection may have at a time.
const MOST_ROUTES: usize = 64;

type Body = BoxBody<Bytes, BoxError>;

/// The io under a client's connection to the port: what is left of it after a CONNECT.
type PortIo = TokioIo<Tapped<Ahead<ClientStream>>>;

/// A client's connection to the port.
struct Port {
    ctx: Ctx,
    client: SocketAddr,
    /// Where on this machine it came to.
    local: Option<SocketAddr>,
    heads: Heads,
    /// One upstream connection for each authority that was asked for.
    routes: Mutex<HashMap<Target, Arc<Route>>>,
}

/// Serves a client that speaks HTTP/1 to the proxy.
pub(in crate::proxy) async fn serve_port(ctx: Ctx, stream: ClientStream, client: SocketAddr) {
    let heads = Heads::of_requests();
    let local = stream.local();
    let ahead = Ahead::new(stream);
    let io: PortIo = TokioIo::new(Tapped::new(ahead.clone(), heads.watcher()));
    let port = Arc::new(Port { ctx: ctx.clone(), client, local, heads, routes: Mutex::default() });
    let mut builder = http1_builder();
    builder.header_read_timeout(IDLE);
    let mut connection = pin!(builder.serve_connection(io, PortService(port)).with_upgrades());
    let served = tokio::select! {
        biased;
        served = connection.as_mut() => served,
        () = ahead.has_left(ctx.config.hello_timeout * LEFT_TIMES) => Ok(()),
        () = ctx.closing.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = served {
        debug!(%client, %error, "a connection to the port ended in an error");
    }
}

struct PortService(Arc<Port>);

impl Service<Request<Incoming>> for PortService {
    type Response = Response<Body>;
    type Error = BoxError;
    type Future = Answering<Body>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let port = self.0.clone();
        Box::pin(async move { port.serve(request).await })
    }
}

impl Port {
    async fn serve(&self, request: Request<Incoming>) -> Result<Response<Body>, BoxError> {
        if let Some(refusal) = self.without_password(&request) {
            return Ok(full(refusal));
        }
        if request.method() == Method::CONNECT {
            return Ok(self.connect(request));
        }
        match request.uri().scheme_str() {
            None => Ok(self.answer_itself(&request, false)),
            Some("http") if names_itself(request.uri()) => Ok(self.answer_itself(&request, true)),
            Some("http") => self.relay(request).await,
            Some(scheme) => Ok(full(pages::refused(&format!("a proxy takes {scheme} by CONNECT, not as a URL")))),
        }
    }

    /// The answer to a request that has to give the password and does not. One for tlscope itself has
    /// not: its page holds nothing secret, and a browser that opens it gives a proxy's password to nobody.
    fn without_password(&self, request: &Request<Incoming>) -> Option<Response<Full<Bytes>>> {
        let password = self.ctx.config.password.as_ref()?;
        let is_connect = request.method() == Method::CONNECT;
        let is_for_itself = !is_connect && (request.uri().scheme().is_none() || names_itself(request.uri()));
        if is_for_itself || !self.ctx.wants_password(self.client.ip()) {
            return None;
        }
        let field = request.headers().get(PROXY_AUTHORIZATION);
        let is_right = field.map(|field| || password.is_in_basic(field.as_bytes()));
        let given = self.ctx.attempts.judge(self.client.ip(), is_right);
        let intake = if is_connect { Intake::Connect } else { Intake::AbsoluteForm };
        self.ctx.refuse_password(self.client, given, intake);
        (given != PasswordGiven::Right).then(|| pages::password_wanted(given))
    }

    /// Says 200 at once: whether there is a server is told inside the client's TLS.
    fn connect(&self, mut request: Request<Incoming>) -> Response<Body> {
        let authority = request.uri().authority().map(ToString::to_string).unwrap_or_default();
        let target = match Target::parse(&authority, None) {
            Ok(target) => target,
            Err(error) => return full(pages::refused(&format!("CONNECT to {authority:?}: {error}"))),
        };
        let upgraded = hyper::upgrade::on(&mut request);
        let (ctx, client) = (self.ctx.clone(), self.client);
        // What follows on this connection is not requests any more.
        self.heads.stop();
        self.ctx.spawn(async move {
            let Ok(upgraded) = upgraded.await else { return };
            let Ok(parts) = upgraded.downcast::<PortIo>() else { return };
            let stream = ClientStream::new(parts.io.into_inner()).with_prefix(parts.read_buf);
            if portal::is_own(&target.host) {
                let visit = Visit::proxied(client, &stream);
                return Box::pin(portal::serve(&ctx, stream, visit)).await;
            }
            let record = Record::open(&ctx, client, Intake::Connect, Some(target));
            Box::pin(target::serve(ctx, record, stream)).await;
        });
        Response::new(Empty::new().map_err(|never| match never {}).boxed())
    }

    /// A request for tlscope: the page that says what this port is.
    fn answer_itself(&self, request: &Request<Incoming>, proxied: bool) -> Response<Body> {
        let visit = Visit { client: self.client, local: self.local, proxied, tls: None };
        full(portal::answer(&self.ctx, &visit, request))
    }

    async fn relay(&self, mut request: Request<Incoming>) -> Result<Response<Body>, BoxError> {
        let uri = request.uri().clone();
        let authority = uri.authority().map(ToString::to_string).unwrap_or_default();
        let target = match Target::parse(&authority, Some(80)) {
            Ok(target) => target,
            Err(error) => return Ok(full(pages::refused(&format!("{uri}: {error}")))),
        };
        let route = match self.route(&target, &request).await {
            Ok(route) => route,
            Err(answer) => return Ok(answer),
        };
        make_origin_form(&mut request, &uri, &authority);
        let answer = forward(&route, request).await;
        if answer.is_err() || route.upstream.closing.is_cancelled() {
            self.routes.lock().await.remove(&target);
        }
        answer.map(|answer| answer.map(BodyExt::boxed))
    }

    /// The connection to the authority, made when there is none or the server has closed it: a
    /// proxy's client does not see that. Without a server, the answer to give instead.
    async fn route(&self, target: &Target, request: &Request<Incoming>) -> Result<Arc<Route>, Response<Body>> {
        let mut routes = self.routes.lock().await;
        if let Some(route) = routes.get(target).filter(|route| !route.upstream.closing.is_cancelled()) {
            return Ok(route.clone());
        }
        forget_closed(&mut routes);
        let record = Record::open(&self.ctx, self.client, Intake::AbsoluteForm, Some(target.clone()));
        let (way, timing, upstream) = match self.open(&record, target).await {
            Ok(opened) => opened,
            Err(missed) if missed.failure == Failure::Loop => {
                record.set_given(Given::without_leaf(GivenKind::Portal));
                record.set_outcome(Outcome::Answered);
                return Err(self.answer_itself(request, true));
            }
            Err(missed) => return Err(self.fail(&record, target, &missed, request).await),
        };
        record.set_given(Given::without_leaf(GivenKind::Plain));
        record.set_protocol(Protocol::Http1);
        record.set_outcome(Outcome::Relayed);
        record
            .update(|connection| {
                way.note_in(&mut connection.upstream);
                connection.upstream.timing = timing;
            })
            .await;
        let (ctx, heads) = (self.ctx.clone(), self.heads.clone());
        let route = Arc::new(Route { ctx, record: Arc::new(record), upstream, heads, scheme: "http" });
        routes.insert(target.clone(), route.clone());
        Ok(route)
    }

    async fn open(&self, record: &Record, target: &Target) -> Result<(net::Route, DialTiming, Upstream), Missed> {
        let tcp = reach(&self.ctx, record, target, None).await?;
        let (way, timing) = (tcp.route.clone(), tcp.timing);
        let reset = Missed::refused(Failure::TcpReset, &tcp);
        let upstream = Upstream::http1(&self.ctx, tcp.stream).await.map_err(|_| reset)?;
        Ok((way, timing, upstream))
    }

    async fn fail(
        &self,
        record: &Record,
        target: &Target,
        missed: &Missed,
        request: &Request<Incoming>,
    ) -> Response<Body> {
        record.set_missed(missed, None);
        record.set_outcome(Outcome::UpstreamFailed);
        record.set_given(Given::without_leaf(GivenKind::ErrorPage));
        record.publish().await;
        let report = record.judge_soon().await;
        let page = pages::Failure::new(target, report.findings.clone());
        full(page::answer(&self.ctx, record, &self.heads, "http", &page, request).await)
    }
}

/// Routes whose server has closed go; and some other one, when a client has too many.
fn forget_closed(routes: &mut HashMap<Target, Arc<Route>>) {
    routes.retain(|_, route| !route.upstream.closing.is_cancelled());
    let surplus = (routes.len() >= MOST_ROUTES).then(|| routes.keys().next().cloned()).flatten();
    if let Some(target) = surplus {
        routes.remove(&target);
    }
}

/// Whether a URL is on tlscope's own host.
fn names_itself(uri: &Uri) -> bool {
    uri.host().and_then(|host| Host::parse(host).ok()).is_some_and(|host| portal::is_own(&host))
}

/// RFC 9112 section 3.2.2: the Host field goes by the URL, whatever it said.
fn make_origin_form(request: &mut Request<Incoming>, uri: &Uri, authority: &str) {
    *request.uri_mut() = origin_form(uri);
    let headers = request.headers_mut();
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    if headers.get(HOST).is_none_or(|own| own != host)
        && let Ok(host) = HeaderValue::try_from(host)
    {
        headers.insert(HOST, host);
    }
}

fn origin_form(uri: &Uri) -> Uri {
    uri.path_and_query().and_then(|path| path.as_str().parse().ok()).unwrap_or_else(|| Uri::from_static("/"))
}

fn full(response: Response<Full<Bytes>>) -> Response<Body> {
    response.map(|body| body.map_err(|never| match never {}).boxed())
}
