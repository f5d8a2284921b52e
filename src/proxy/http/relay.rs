//! A client's connection to one server, until either of them closes it.

use std::pin::{Pin, pin};
use std::sync::Arc;

use http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::Service;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::sync::CancellationToken;
use tracing::debug;

use super::ahead::{Ahead, LEFT_TIMES};
use super::forward::{Route, forward};
use super::heads::Heads;
use super::tee::Tee;
use super::upstream::Upstream;
use super::{BoxError, MAX_HEAD_BYTES, MAX_HEADERS};
use crate::model::{Outcome, Protocol};
use crate::net::Tapped;
use crate::proxy::context::Ctx;
use crate::proxy::record::Record;

/// As many streams as a server that sets no limit is taken to bear.
const MOST_STREAMS: u32 = 256;

/// An answer on its way.
pub(super) type Answering<B> = Pin<Box<dyn Future<Output = Result<Response<B>, BoxError>> + Send>>;

/// Relays every request of a connection along one route.
#[derive(Clone)]
struct Relay(Arc<Route>);

impl Service<Request<Incoming>> for Relay {
    type Response = Response<Tee>;
    type Error = BoxError;
    type Future = Answering<Tee>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let route = self.0.clone();
        Box::pin(async move { forward(&route, request).await })
    }
}

/// A builder for a client's HTTP/1 connection, with everything off that alters what is relayed.
pub(super) fn http1_builder() -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(None)
        .half_close(true)
        .preserve_header_case(true)
        .auto_date_header(false)
        .max_headers(MAX_HEADERS)
        .max_buf_size(MAX_HEAD_BYTES);
    builder
}

/// Relays HTTP/1.
pub(in crate::proxy) async fn relay_http1<C, S>(
    ctx: &Ctx,
    record: &Arc<Record>,
    client: C,
    server: S,
    scheme: &'static str,
) where
    C: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    begin(record, Protocol::Http1).await;
    let Ok(upstream) = Upstream::http1(ctx, server).await else { return };
    let heads = Heads::of_requests();
    let client = Ahead::new(client);
    let io = TokioIo::new(Tapped::new(client.clone(), heads.watcher()));
    let closing = upstream.closing.clone();
    let route = Arc::new(Route { ctx: ctx.clone(), record: record.clone(), upstream, heads, scheme });
    let mut connection = pin!(http1_builder().serve_connection(io, Relay(route)).with_upgrades());
    let served = tokio::select! {
        biased;
        served = connection.as_mut() => served,
        // Dropping the connection passes the client's end on.
        () = client.has_left(ctx.config.hello_timeout * LEFT_TIMES) => Ok(()),
        () = either(&closing, &ctx.closing) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    note_end(record, served);
}

/// Relays HTTP/2, on both legs.
pub(in crate::proxy) async fn relay_http2<C, S>(
    ctx: &Ctx,
    record: &Arc<Record>,
    client: C,
    server: S,
    scheme: &'static str,
) where
    C: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    begin(record, Protocol::Http2).await;
    let Ok((upstream, settings)) = Upstream::http2(ctx, server).await else { return };
    let closing = upstream.closing.clone();
    let route =
        Arc::new(Route { ctx: ctx.clone(), record: record.clone(), upstream, heads: Heads::of_requests(), scheme });
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder
        .timer(TokioTimer::new())
        .adaptive_window(true)
        .auto_date_header(false)
        .max_header_list_size(MAX_HEAD_BYTES as u32)
        .max_concurrent_streams(settings.max_concurrent_streams.unwrap_or(MOST_STREAMS).min(MOST_STREAMS));
    if settings.connect_protocol {
        builder.enable_connect_protocol();
    }
    let mut connection = pin!(builder.serve_connection(TokioIo::new(client), Relay(route)));
    let served = tokio::select! {
        served = connection.as_mut() => served,
        () = either(&closing, &ctx.closing) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    note_end(record, served);
}

/// The server takes no more requests, or the proxy does not.
async fn either(server: &CancellationToken, proxy: &CancellationToken) {
    tokio::select! {
        () = server.cancelled() => {}
        () = proxy.cancelled() => {}
    }
}

async fn begin(record: &Record, protocol: Protocol) {
    record.set_protocol(protocol);
    record.set_outcome(Outcome::Relayed);
    record.publish().await;
}

fn note_end(record: &Record, served: hyper::Result<()>) {
    if let Err(error) = served {
        debug!(connection = record.id().0, %error, "the client's connection ended in an error");
    }
}
