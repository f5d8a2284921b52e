//! Serving a page of tlscope's own inside a client's TLS.

use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{ACCEPT, CONNECTION};
use http::{HeaderValue, Request, Response, Version};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};

use super::relay::http1_builder;
use crate::proxy::client_tls::ClientTls;
use crate::proxy::context::Ctx;
use crate::proxy::pages::Failure;

/// Answers every request on the connection with the page, until the client has enough.
pub(in crate::proxy) async fn serve_page(ctx: &Ctx, client: ClientTls, page: Failure, is_http2: bool) {
    let page = Arc::new(page);
    let service = service_fn(move |request: Request<Incoming>| {
        let answer = answer(&page, &request);
        async move { Ok::<_, Infallible>(answer) }
    });
    let io = TokioIo::new(client);
    let served = async {
        if is_http2 {
            let _ = http2::Builder::new(TokioExecutor::new()).serve_connection(io, service).await;
        } else {
            let _ = http1_builder().serve_connection(io, service).await;
        }
    };
    tokio::select! {
        () = served => {}
        () = ctx.closing.cancelled() => {}
    }
}

/// The page in the form the client asks for; it closes the connection, so that the next request
/// finds out whether the server is back.
pub(super) fn answer(page: &Failure, request: &Request<Incoming>) -> Response<Full<Bytes>> {
    let accept = request.headers().get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut response = page.response(accept);
    if request.version() < Version::HTTP_2 {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}
