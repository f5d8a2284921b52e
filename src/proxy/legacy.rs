//! Standing aside: the client's own hello goes on unchanged over a fresh connection, the bytes go
//! through unread, and what the server shows in the clear is read in passing.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::client_tls::cannot_serve;
use super::context::{Ctx, now};
use super::observe;
use super::raw::copy_unread;
use super::reach::reach;
use super::record::Record;
use super::stream::ClientStream;
use crate::model::{
    Attempt, ClientHello, ClientOutcome, DialTiming, Facts, Failure, FindingId, Given, GivenKind, Observation, Outcome,
    Stage, Target,
};
use crate::net::{Missed, Prefixed, Route, Tapped, TcpLeg, facts_of_flight};
use crate::text;
use crate::wire::{Flight, FlightReader};

/// A connection from which tlscope may have to stand aside.
pub(super) struct Aside<'a> {
    pub(super) record: &'a Record,
    pub(super) hello: &'a ClientHello,
}

/// Tunnels a client because of a rule, or because rustls cannot serve it. Ends with the connection;
/// an error when the server cannot be reached.
pub(super) async fn tunnel(
    ctx: &Ctx,
    record: &Record,
    stream: ClientStream,
    hello: &ClientHello,
    target: &Target,
    tcp: Option<TcpLeg>,
) -> Result<(), Missed> {
    let tcp = reach(ctx, record, target, tcp).await?;
    let (route, timing) = (tcp.route.clone(), tcp.timing);
    record.with(|connection| {
        route.note_in(&mut connection.upstream);
        connection.upstream.timing = timing;
        connection.upstream.sni.clone_from(&hello.sni);
    });
    // The hello is still in the stream; the server gets it from there.
    let aside = Aside { record, hello };
    pass(ctx, &aside, stream, tcp.stream, FlightReader::default(), None).await;
    Ok(())
}

/// Tries the client's hello where ours was refused. Gives the client back when the server does not
/// take that one either.
pub(super) async fn step_aside(
    ctx: &Ctx,
    aside: &Aside<'_>,
    stream: ClientStream,
    hello: &Bytes,
    reason: String,
) -> Result<(), ClientStream> {
    let Some(route) = aside.record.with(|connection| Route::of(&connection.upstream)) else { return Err(stream) };
    let Ok(tcp) = ctx.services.dialler.reconnect(&route).await else { return Err(stream) };
    let timing: DialTiming = tcp.timing;
    let Some(server) = offer_hello(ctx, tcp, hello).await else { return Err(stream) };
    let refused = aside.record.with(|connection| {
        connection.upstream.timing = timing;
        connection.upstream.failure.take()
    });
    aside.record.note(FindingId::TunnelledLegacyServer, Facts::new().with("reason", reason));
    // The server has the hello; what the client sends from here on is what comes after it.
    let stream = skip(stream, hello.len()).await;
    // What was read so far comes again before the rest.
    pass(ctx, aside, stream, server, FlightReader::default(), refused).await;
    Ok(())
}

/// Lets the client meet a server that refused our own hello, whatever it does. The hello is still in the stream. An
/// error when the server is not to be reached again.
pub(super) async fn expose(ctx: &Ctx, aside: &Aside<'_>, stream: ClientStream) -> Result<(), ()> {
    let route = aside.record.with(|connection| Route::of(&connection.upstream)).ok_or(())?;
    let tcp = ctx.services.dialler.reconnect(&route).await.map_err(drop)?;
    let refused = aside.record.with(|connection| {
        connection.upstream.timing = tcp.timing;
        connection.upstream.failure.take()
    });
    pass(ctx, aside, stream, tcp.stream, FlightReader::default(), refused).await;
    Ok(())
}

/// Sends the hello and waits for a ServerHello. `None` when something else comes.
async fn offer_hello(ctx: &Ctx, tcp: TcpLeg, hello: &Bytes) -> Option<Prefixed<TcpStream>> {
    let mut stream = tcp.stream;
    let mut reader = FlightReader::default();
    let mut answer = BytesMut::with_capacity(8 << 10);
    let answered = async {
        stream.write_all(hello).await.ok()?;
        while reader.flight().stage == Stage::Nothing {
            let before = answer.len();
            if !matches!(stream.read_buf(&mut answer).await, Ok(1..)) {
                return None;
            }
            reader.feed(answer.get(before..).unwrap_or_default());
            if reader.is_done() && reader.flight().stage == Stage::Nothing {
                return None; // an alert, or no TLS at all
            }
        }
        Some(())
    };
    timeout(ctx.services.dialler.tls_timeout(), answered).await.ok()??;
    Some(Prefixed::new(answer.freeze(), stream))
}

/// Reads off bytes that the server was sent another way.
async fn skip(mut stream: ClientStream, n: usize) -> ClientStream {
    let mut sent = vec![0; n];
    let _ = stream.read_exact(&mut sent).await;
    stream
}

/// Lets the bytes through, reading the server's flight in passing; judged as soon as the flight is
/// whole, or the connection ends.
async fn pass(
    ctx: &Ctx,
    aside: &Aside<'_>,
    client: ClientStream,
    server: impl tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send,
    reader: FlightReader,
    refused: Option<Failure>,
) {
    let record = aside.record;
    record.set_given(Given::without_leaf(GivenKind::Tunnel));
    record.set_outcome(Outcome::Tunnelled);
    record.publish().await;
    let reader = Arc::new(Mutex::new(reader));
    let (done, flight_done) = tokio::sync::oneshot::channel();
    let server = Tapped::new(server, watch(reader.clone(), done));
    let judged = async {
        let _ = flight_done.await;
        judge_flight(ctx, aside, &reader, refused.as_ref()).await;
    };
    let copied = async {
        copy_unread(ctx, record, client, server).await;
        now()
    };
    // Looking at the server beside the tunnel may take longer than the tunnel.
    let (ended, ()) = tokio::join!(copied, judged);
    record.with(|connection| connection.closed = Some(ended));
}

/// Feeds the reader; says once when nothing more can be read in the clear. The sender is dropped
/// with the stream, which says the same.
fn watch(reader: Arc<Mutex<FlightReader>>, done: tokio::sync::oneshot::Sender<()>) -> impl FnMut(&[u8]) + Send {
    let mut done = Some(done);
    move |piece| {
        if done.is_none() {
            return;
        }
        let mut reader = reader.lock().unwrap_or_else(PoisonError::into_inner);
        reader.feed(piece);
        if reader.is_done() {
            let _ = done.take().map(|done| done.send(()));
        }
    }
}

async fn judge_flight(ctx: &Ctx, aside: &Aside<'_>, reader: &Mutex<FlightReader>, refused: Option<&Failure>) {
    let flight = reader.lock().unwrap_or_else(PoisonError::into_inner).flight().clone();
    let (handshake, sent) = facts_of_flight(Attempt::Tunnelled, &flight);
    let record = aside.record;
    record.with(|connection| {
        connection.upstream.handshake = handshake.version.is_some().then(|| handshake.clone());
        connection.upstream.sent.clone_from(&sent);
        connection.upstream.failure = failure_of(&flight);
    });
    record.publish().await;
    if let Some(reason) = nothing_shared(aside.hello, &flight) {
        ctx.refusals.settle(record, ClientOutcome::NothingShared { reason }).await;
    }
    // A server that refused our own handshake a moment ago would do so again.
    let is_observed =
        refused.is_none() && observe::is_hidden(&flight) && observe::beside(ctx, record, aside.hello).await;
    if is_observed {
        record.publish().await;
        // The tunnel may be over by now; its record waits for what was found.
        record.judge_soon().await;
        return;
    }
    let failure = failure_of(&flight).or_else(|| refused.cloned());
    let observation = Observation { failure, offered: Some(aside.hello.clone()), ..record.observation() };
    drop(ctx.judge(record.id(), observation, |_| {}));
}

/// Why a client that tlscope cannot serve found nothing in common with its server either.
fn nothing_shared(hello: &ClientHello, flight: &Flight) -> Option<String> {
    let reason = cannot_serve(hello)?;
    let alert = flight.alert.filter(|code| flight.stage == Stage::Nothing && code.is_about_negotiation())?;
    Some(format!("{reason}, and the server answered {alert}"))
}

/// How the tunnelled handshake ended, when the flight shows it.
fn failure_of(flight: &Flight) -> Option<Failure> {
    if let Some(bytes) = &flight.not_tls {
        return Some(Failure::NotTls { seen: text::safe_bytes(bytes) });
    }
    flight.alert.map(|code| Failure::Alert { code, stage: flight.stage })
}
