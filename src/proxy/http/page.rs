//! Serving a page of tlscope's own inside a client's TLS.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, CONNECTION};
use http::{HeaderValue, Request, Response, Version};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::time::timeout;

use super::exchange::{Asked, ExchangeRecord};
use super::forward::{request_head, url_of};
use super::heads::Heads;
use super::relay::http1_builder;
use crate::net::Tapped;
use crate::proxy::client_tls::ClientTls;
use crate::proxy::context::Ctx;
use crate::proxy::pages::Failure;
use crate::proxy::record::Record;

/// How long a client may keep a connection on which there is nothing but a page.
const PAGE_FOR: Duration = Duration::from_secs(60);

/// Answers every request on the connection with the page, until the client has enough.
pub(in crate::proxy) async fn serve_page(
    ctx: &Ctx,
    record: Arc<Record>,
    client: ClientTls,
    page: Failure,
    is_http2: bool,
) {
    let heads = Heads::of_requests();
    let io = TokioIo::new(Tapped::new(client, heads.watcher()));
    let serving = Arc::new((ctx.clone(), record, page));
    let service = service_fn(move |request: Request<Incoming>| {
        let (serving, heads) = (serving.clone(), heads.clone());
        async move {
            let (ctx, record, page) = &*serving;
            Ok::<_, Infallible>(answer(ctx, record, &heads, "https", page, &request).await)
        }
    });
    let served = async {
        if is_http2 {
            let _ = http2::Builder::new(TokioExecutor::new()).serve_connection(io, service).await;
        } else {
            let _ = http1_builder().serve_connection(io, service).await;
        }
    };
    tokio::select! {
        _ = timeout(PAGE_FOR, served) => {}
        () = ctx.closing.cancelled() => {}
    }
}

/// The page in the form the client asks for, and the exchange on record. It closes the connection,
/// so that the next request finds out whether the server is back.
pub(super) async fn answer(
    ctx: &Ctx,
    record: &Record,
    heads: &Heads,
    scheme: &'static str,
    page: &Failure,
    request: &Request<Incoming>,
) -> Response<Full<Bytes>> {
    let asked = Asked {
        method: request.method().to_string(),
        url: url_of(record, scheme, request),
        head: request_head(heads, request),
        changed: Vec::new(),
    };
    ExchangeRecord::begin(ctx, record, asked).await.failed(page.of_a_request());
    let accept = request.headers().get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut response = page.response(accept);
    if request.version() < Version::HTTP_2 {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}
