//! A client that has said where it wants to go: what does it speak?

use std::sync::Arc;
use std::time::Instant;

use bytes::{Bytes, BytesMut};
use tokio::io::AsyncReadExt as _;
use tokio::time::{sleep, timeout};

use super::context::Ctx;
use super::http;
use super::intercept;
use super::raw;
use super::reach::reach;
use super::record::Record;
use super::stream::ClientStream;
use crate::model::{Facts, FindingId, Given, GivenKind, Outcome, Target};
use crate::net::{Missed, TcpLeg};
use crate::wire::{Opening, sniff};

/// What is known once one side has spoken.
pub(super) enum Spoke {
    /// The client, with these bytes.
    Client(Opening, Bytes),
    /// The server, before the client did.
    Server,
    /// Nobody: the client left.
    Nobody,
    /// Nobody: the client waits for a server that is not to be had.
    NoServer(Box<Missed>),
}

/// Serves a client behind CONNECT or SOCKS, or on a port that leads to one target.
pub(super) async fn serve(ctx: Ctx, record: Record, mut stream: ClientStream) {
    record.publish().await;
    let Some(target) = record.with(|connection| connection.target.clone()) else { return };
    let began = Instant::now();
    let mut tcp = None;
    match first_word(&ctx, &record, &mut stream, &target, &mut tcp).await {
        Spoke::Nobody => {
            let seconds = i64::try_from(began.elapsed().as_secs()).unwrap_or(i64::MAX);
            record.note(FindingId::ClientSilent, Facts::new().with("seconds", seconds));
            record.set_outcome(Outcome::Silent);
        }
        Spoke::Client(Opening::Tls, bytes) => Box::pin(intercept::serve(ctx, record, stream, bytes, tcp)).await,
        Spoke::Client(opening, bytes) => {
            let stream = stream.with_prefix(bytes);
            if let Some(tcp) = connect(&ctx, &record, &target, tcp).await {
                relay_plain(&ctx, record, stream, tcp, opening).await;
            }
        }
        Spoke::NoServer(missed) => give_up(&record, &missed).await,
        Spoke::Server => {
            if let Some(tcp) = connect(&ctx, &record, &target, tcp).await {
                relay_plain(&ctx, record, stream, tcp, Opening::Other).await;
            }
        }
    }
}

async fn relay_plain(ctx: &Ctx, record: Record, stream: ClientStream, tcp: TcpLeg, opening: Opening) {
    record.set_given(Given::without_leaf(GivenKind::Plain));
    let record = Arc::new(record);
    match opening {
        Opening::Http1 => http::relay_http1(ctx, &record, stream, tcp.stream, "http").await,
        Opening::Http2 => http::relay_http2(ctx, &record, stream, tcp.stream, "http").await,
        _ => raw::relay(ctx, &record, stream, tcp.stream, Outcome::Relayed).await,
    }
}

/// Waits for whoever speaks first. A client that stays silent for a moment may be waiting for its
/// server, so the server is reached then; `tcp` holds the connection for later.
async fn first_word(
    ctx: &Ctx,
    record: &Record,
    stream: &mut ClientStream,
    target: &Target,
    tcp: &mut Option<TcpLeg>,
) -> Spoke {
    let mut bytes = BytesMut::with_capacity(2048);
    match timeout(ctx.config.server_first_after, stream.read_buf(&mut bytes)).await {
        Ok(Ok(1..)) => return opening_of(ctx, stream, bytes).await,
        Ok(_) => return Spoke::Nobody,
        Err(_) => {}
    }
    // Not told as a failure yet: the client may turn out to speak TLS, and gets a page then.
    let missed = match reach(ctx, record, target, None).await {
        Ok(leg) => {
            *tcp = Some(leg);
            None
        }
        Err(missed) => Some(missed),
    };
    let server_speaks = async {
        match tcp.as_ref() {
            // Readiness alone may be left over from what a proxy in between had said.
            Some(leg) => drop(leg.stream.peek(&mut [0]).await),
            None => sleep(ctx.config.hello_timeout).await,
        }
    };
    tokio::select! {
        biased;
        read = stream.read_buf(&mut bytes) => match read {
            Ok(1..) => opening_of(ctx, stream, bytes).await,
            _ => Spoke::Nobody,
        },
        () = server_speaks => missed.map_or(Spoke::Server, |missed| Spoke::NoServer(Box::new(missed))),
    }
}

/// Reads on until the first bytes tell a protocol, or the client has had its time.
pub(super) async fn opening_of(ctx: &Ctx, stream: &mut ClientStream, mut bytes: BytesMut) -> Spoke {
    let read_on = async {
        loop {
            let opening = sniff(&bytes);
            if opening != Opening::NeedMore {
                return opening;
            }
            if !matches!(stream.read_buf(&mut bytes).await, Ok(1..)) {
                return Opening::Other;
            }
        }
    };
    let opening = timeout(ctx.config.hello_timeout, read_on).await.unwrap_or(Opening::Other);
    Spoke::Client(opening, bytes.freeze())
}

/// Reaches the server for a client that speaks no TLS; on failure the client's connection ends as
/// it would have without the proxy.
async fn connect(ctx: &Ctx, record: &Record, target: &Target, tcp: Option<TcpLeg>) -> Option<TcpLeg> {
    match reach(ctx, record, target, tcp).await {
        Ok(leg) => {
            record
                .update(|connection| {
                    leg.route.note_in(&mut connection.upstream);
                    connection.upstream.timing = leg.timing;
                })
                .await;
            Some(leg)
        }
        Err(missed) => {
            give_up(record, &missed).await;
            None
        }
    }
}

async fn give_up(record: &Record, missed: &Missed) {
    record.set_missed(missed, None);
    record.set_outcome(Outcome::UpstreamFailed);
    record.publish().await;
    record.judge_soon().await;
}
