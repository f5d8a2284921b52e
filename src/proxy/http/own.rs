//! Serving tlscope's own pages on a connection that is for nothing else.

use std::convert::Infallible;
use std::time::Duration;

use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;

use super::MAX_HEAD_BYTES;
use super::relay::http1_builder;
use crate::proxy::context::Ctx;
use crate::proxy::portal::{self, Visit};

/// How long such a connection may last: nobody needs it for longer than a page takes.
const AT_MOST: Duration = Duration::from_secs(60);

/// Answers every request on the connection.
pub(in crate::proxy) async fn serve_own<S>(ctx: &Ctx, stream: S, visit: Visit, is_http2: bool)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = service_fn(|request: Request<Incoming>| {
        let response = portal::answer(ctx, &visit, &request);
        async move { Ok::<_, Infallible>(response) }
    });
    let io = TokioIo::new(stream);
    let served = async {
        if is_http2 {
            let mut builder = http2::Builder::new(TokioExecutor::new());
            builder.timer(TokioTimer::new()).max_header_list_size(MAX_HEAD_BYTES as u32);
            let _ = builder.serve_connection(io, service).await;
        } else {
            let _ = http1_builder().serve_connection(io, service).await;
        }
    };
    tokio::select! {
        _ = timeout(AT_MOST, served) => {}
        () = ctx.closing.cancelled() => {}
    }
}
