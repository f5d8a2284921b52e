//! Ending a client's TLS and opening our own towards its server; or, where tlscope cannot take
//! part, standing aside.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _};
use tokio::time::timeout;

use super::client_tls::{self, ClientTls, cannot_serve};
use super::context::Ctx;
use super::give::{self, Choice};
use super::http;
use super::instead;
use super::legacy;
use super::patience::{Client, meanwhile};
use super::policy;
use super::portal::{self, Visit};
use super::raw;
use super::reach::reach;
use super::record::Record;
use super::stream::ClientStream;
use crate::model::{
    AlertCode, BadUpstream, ClientHello, ClientOutcome, Facts, Failure, FindingId, Host, Intake, Outcome, Stage,
    Target, millis,
};
use crate::net::{EndTold, Missed, Offer, ServerStream, StreamEnd, TcpLeg, TlsLeg, failure_of_read};
use crate::wire::{HelloRead, Opening, Transport, ja3, ja4, likeness, read_client_hello};

/// Serves a client whose first bytes are those of TLS. `tcp` is the server's connection, when it
/// was reached already.
pub(super) async fn serve(ctx: Ctx, record: Record, mut stream: ClientStream, first: Bytes, tcp: Option<TcpLeg>) {
    let (hello, bytes) = match read_hello(&ctx, &mut stream, first).await {
        Ok(read) => read,
        Err((reason, bytes)) => return unreadable(ctx, record, stream, reason, bytes, tcp).await,
    };
    if let Some(host) = portal::meant_by(&ctx, &record, &hello) {
        let visit = Visit::direct(record.discard(), &stream);
        return Box::pin(portal::serve_tls(&ctx, stream.with_prefix(bytes), (&hello, &host), visit)).await;
    }
    let Some(target) = take_hello(&record, &hello) else {
        record.note(
            FindingId::ClientHelloUnreadable,
            Facts::new().with("reason", "a ClientHello without a name: it does not say where to go"),
        );
        record.set_outcome(Outcome::Unreadable);
        return;
    };
    let rule = policy::rule(&ctx, &record, &target);
    let legacy_client = cannot_serve(&hello);
    let (id, facts) = match (rule, legacy_client) {
        (Some(rule), _) => (FindingId::TunnelledByPolicy, Facts::new().with("rule", rule)),
        (None, Some(reason)) => (FindingId::TunnelledLegacyClient, Facts::new().with("reason", reason)),
        (None, None) => return Box::pin(intercept(&ctx, record, stream, &hello, &bytes, &target, tcp)).await,
    };
    record.note(id, facts);
    let stream = stream.with_prefix(bytes);
    if let Err(missed) = legacy::tunnel(&ctx, &record, stream, &hello, &target, tcp).await {
        // Nobody to be tunnelled to: where the client can be served, it is told why.
        instead::of_none(&ctx, record, None, &hello, &target, missed).await;
    }
}

/// Reads on until the hello is whole.
pub(super) async fn read_hello(
    ctx: &Ctx,
    stream: &mut ClientStream,
    first: Bytes,
) -> Result<(Box<ClientHello>, Bytes), (&'static str, Bytes)> {
    let mut bytes = BytesMut::from(&first[..]);
    let read = timeout(ctx.config.hello_timeout, async {
        loop {
            match read_client_hello(&bytes) {
                HelloRead::Hello(hello) => return Ok(hello),
                HelloRead::Unreadable(reason) => return Err(reason),
                HelloRead::NeedMore => {}
            }
            if !matches!(stream.read_buf(&mut bytes).await, Ok(1..)) {
                return Err("it stopped half way through its ClientHello");
            }
        }
    });
    match read.await.unwrap_or(Err("its ClientHello was not complete in time")) {
        Ok(hello) => Ok((hello, bytes.freeze())),
        Err(reason) => Err((reason, bytes.freeze())),
    }
}

/// Puts the hello into the record, and gives where the client wants to go.
fn take_hello(record: &Record, hello: &ClientHello) -> Option<Target> {
    let sni = named_in(hello);
    record.with(|connection| {
        connection.client.hello = Some(hello.clone());
        connection.client.ja3 = Some(ja3(hello).md5);
        connection.client.ja4 = Some(ja4(hello, Transport::Tcp));
        connection.client.looks_like = likeness(hello).map(|likeness| likeness.client.to_owned());
        if connection.target.is_none() {
            connection.target = sni.clone().map(|host| Target::new(host, 443));
        }
        // On a port of ours that leads to a server, an address in the hello is our own.
        let is_ours = connection.intake == Intake::Reverse && sni.as_ref().is_some_and(|sni| sni.ip().is_some());
        if sni.is_some() && !is_ours {
            connection.name = sni;
        }
        connection.target.clone()
    })
}

/// The host that a hello names, where it names one.
fn named_in(hello: &ClientHello) -> Option<Host> {
    Host::parse(hello.sni.as_deref()?).ok()
}

/// Whom the client takes us for: the leaf is for that host.
pub(super) fn taken_for(record: &Record) -> Option<Host> {
    record.with(|connection| connection.client.hello.as_ref().and_then(named_in).or_else(|| connection.name.clone()))
}

/// Bytes that are TLS by their first byte and then make no hello: passed on as they are.
async fn unreadable(
    ctx: Ctx,
    record: Record,
    stream: ClientStream,
    reason: &'static str,
    bytes: Bytes,
    tcp: Option<TcpLeg>,
) {
    record.note(FindingId::ClientHelloUnreadable, Facts::new().with("reason", reason));
    record.set_outcome(Outcome::Unreadable);
    let target = record.with(|connection| connection.target.clone());
    let Some(target) = target else { return };
    if let Ok(tcp) = reach(&ctx, &record, &target, tcp).await {
        let record = Arc::new(record);
        raw::relay(&ctx, &record, stream.with_prefix(bytes), tcp.stream, Outcome::Unreadable).await;
    }
}

async fn intercept(
    ctx: &Ctx,
    record: Record,
    stream: ClientStream,
    hello: &ClientHello,
    bytes: &Bytes,
    target: &Target,
    tcp: Option<TcpLeg>,
) {
    record.publish().await;
    let (reached, client) = meanwhile(stream, Box::pin(reach_and_choose(ctx, &record, target, tcp, hello))).await;
    let stream = match client {
        Client::Waits(stream) => stream.with_prefix(bytes.clone()),
        Client::Left(waited) => return Box::pin(given_up(ctx, record, hello, target, reached, waited)).await,
    };
    match reached {
        Ok(reached) => Box::pin(both_legs(ctx, record, stream, hello, reached)).await,
        Err(missed) if may_be_legacy(&missed.failure) => {
            let reason = refusal_words(&missed.failure);
            let ruled = policy::about_bad(ctx, &record, target);
            if ruled.policy == BadUpstream::Refuse {
                let why = format!("the server was refused {}: {reason}, and it is not tunnelled", ruled.by);
                return instead::of_one_too_old(ctx, record, stream, hello, (target, missed), why).await;
            }
            record.set_missed(&missed, Offer::of(hello).sni);
            let aside = legacy::Aside { record: &record, hello };
            match legacy::step_aside(ctx, &aside, stream, bytes, reason).await {
                Ok(()) => {}
                Err(stream) => unserved(ctx, record, stream, hello, target, missed).await,
            }
        }
        Err(missed) => unserved(ctx, record, stream, hello, target, missed).await,
    }
}

/// No handshake is to be had with the server. A page says so, but where servers are mirrored the client meets for
/// itself what the server does.
async fn unserved(
    ctx: &Ctx,
    record: Record,
    stream: ClientStream,
    hello: &ClientHello,
    target: &Target,
    missed: Missed,
) {
    let ruled = policy::about_bad(ctx, &record, target);
    if ruled.policy != BadUpstream::Mirror {
        return instead::of_none(ctx, record, Some(stream), hello, target, missed).await;
    }
    record.set_missed(&missed, Offer::of(hello).sni);
    let rule = format!("no handshake is to be had with the server, which is shown as it is {}", ruled.by);
    record.note(FindingId::TunnelledByPolicy, Facts::new().with("rule", rule));
    let aside = legacy::Aside { record: &record, hello };
    if legacy::expose(ctx, &aside, stream).await.is_err() {
        instead::of_none(ctx, record, None, hello, target, missed).await;
    }
}

/// The client did not wait for its server. What the server showed is judged all the same.
async fn given_up(
    ctx: &Ctx,
    record: Record,
    hello: &ClientHello,
    target: &Target,
    reached: Result<Reached, Missed>,
    waited: Duration,
) {
    let outcome = ClientOutcome::GaveUp { waited_ms: millis(waited) };
    match reached {
        Ok(_) => {
            record.set_outcome(Outcome::ClientFailed);
            ctx.refusals.settle(&record, outcome).await;
        }
        Err(missed) => {
            ctx.refusals.settle(&record, outcome).await;
            instead::of_none(ctx, record, None, hello, target, missed).await;
        }
    }
}

/// A server that was reached, and what its client is given of it; why there is nothing to give it, in words.
struct Reached {
    leg: TlsLeg,
    choice: Result<Choice, String>,
}

async fn reach_and_choose(
    ctx: &Ctx,
    record: &Record,
    target: &Target,
    tcp: Option<TcpLeg>,
    hello: &ClientHello,
) -> Result<Reached, Missed> {
    let offer = Offer::of(hello);
    let tcp = reach(ctx, record, target, tcp).await?;
    let leg = ctx.services.dialler.handshake(tcp, &offer).await?;
    record.set_reached(&leg, offer.sni);
    record.publish().await;
    let host = taken_for(record).unwrap_or_else(|| target.host.clone());
    let choice = give::of_server(ctx, record, target, (hello, &host)).await;
    Ok(Reached { leg, choice })
}

/// Whether the client's own hello might do where ours did not.
fn may_be_legacy(failure: &Failure) -> bool {
    match failure {
        Failure::Alert { code, stage } => {
            let hopeless =
                [AlertCode::UNRECOGNIZED_NAME, AlertCode::CERTIFICATE_REQUIRED, AlertCode::NO_APPLICATION_PROTOCOL];
            *stage <= Stage::ServerHello && !hopeless.contains(code)
        }
        Failure::HandshakeReset { stage } | Failure::HandshakeTruncated { stage } => *stage == Stage::Nothing,
        Failure::Incompatible { .. } | Failure::Malformed { .. } | Failure::SchemeNotOffered { .. } => true,
        _ => false,
    }
}

fn refusal_words(failure: &Failure) -> String {
    match failure {
        Failure::Alert { code, .. } => format!("it refused a modern handshake with {code}"),
        Failure::HandshakeReset { .. } => "it reset a modern handshake".to_owned(),
        Failure::HandshakeTruncated { .. } => "it closed on a modern handshake".to_owned(),
        Failure::Incompatible { reason } | Failure::Malformed { reason } | Failure::SchemeNotOffered { reason } => {
            reason.clone()
        }
        other => format!("{other:?}"),
    }
}

async fn both_legs(ctx: &Ctx, record: Record, stream: ClientStream, hello: &ClientHello, reached: Reached) {
    let Reached { leg, choice } = reached;
    let alpn = leg.stream.get_ref().1.alpn_protocol().map(Bytes::copy_from_slice);
    let identity = match choice {
        Ok(Choice { identity, page: None }) => identity,
        Ok(Choice { identity, page: Some(page) }) => {
            drop(leg);
            return instead::of_one_refused(ctx, record, stream, hello, (identity, page), alpn).await;
        }
        Err(reason) => {
            record.set_outcome(Outcome::ClientFailed);
            return ctx.refusals.settle(&record, ClientOutcome::Failed { reason }).await;
        }
    };
    let Some(client) = client_tls::accept(ctx, &record, stream, identity, alpn.clone()).await else {
        return record.set_outcome(Outcome::ClientFailed);
    };
    Box::pin(relay(ctx, Arc::new(record), client, leg.stream, alpn.as_deref())).await;
}

/// Both legs stand: what is spoken inside?
async fn relay(ctx: &Ctx, record: Arc<Record>, mut client: ClientTls, mut server: ServerStream, alpn: Option<&[u8]>) {
    let began = Instant::now();
    let spoken = first_inside(ctx, &record, &mut client, &mut server).await;
    let opening = match spoken {
        Inside::Client(opening) => opening,
        Inside::Server => Opening::Other,
        Inside::ClientLeft(outcome) => {
            record.set_outcome(Outcome::ClientFailed);
            return ctx.refusals.settle_left(&record, began, outcome).await;
        }
        Inside::Closing => return record.set_outcome(Outcome::Silent),
        Inside::ServerLeft => {
            record.set_outcome(Outcome::UpstreamFailed);
            return rejudge(&record).await;
        }
    };
    let server = EndTold::new(server, note_end(record.clone()));
    ctx.refusals.settle(&record, ClientOutcome::Served).await;
    match (alpn, opening) {
        (Some(b"h2"), _) | (None, Opening::Http2) => http::relay_http2(ctx, &record, client, server, "https").await,
        (Some(b"http/1.1" | b"http/1.0"), _) | (None, Opening::Http1) => {
            http::relay_http1(ctx, &record, client, server, "https").await;
        }
        _ => raw::relay(ctx, &record, client, server, Outcome::Relayed).await,
    }
    if record.with(|connection| connection.upstream.failure.is_some()) {
        rejudge(&record).await;
    }
}

/// A server that ends without close_notify leaves open whether that was all.
fn note_end(record: Arc<Record>) -> impl FnOnce(StreamEnd) + Send {
    move |end| {
        record.with(|connection| connection.upstream.closed_without_notify = Some(!end.said));
        if !end.said {
            let bytes = i64::try_from(end.bytes).unwrap_or(i64::MAX);
            record.note(FindingId::CloseWithoutNotify, Facts::new().with("bytes", bytes));
        }
    }
}

/// What happened first once both legs stood.
enum Inside {
    Client(Opening),
    Server,
    ClientLeft(ClientOutcome),
    ServerLeft,
    Closing,
}

/// Waits for the first decrypted byte of either side, without taking it.
async fn first_inside(ctx: &Ctx, record: &Record, client: &mut ClientTls, server: &mut ServerStream) -> Inside {
    let mut server_spoke = false;
    loop {
        tokio::select! {
            biased;
            said = client_tls::first_word(client) => {
                return said.map_or_else(Inside::ClientLeft, Inside::Client);
            }
            read = server.fill_buf(), if !server_spoke => match read {
                Ok([]) => return Inside::ServerLeft,
                // HTTP/2 servers send their settings first; their clients speak all the same.
                Ok(_) if speaks_http2(client) => server_spoke = true,
                Ok(_) => return Inside::Server,
                Err(error) => {
                    if let Some(failure) = failure_of_read(&error) {
                        record.set_late_failure(failure);
                    }
                    return Inside::ServerLeft;
                }
            },
            () = ctx.closing.cancelled() => return Inside::Closing,
        }
    }
}

fn speaks_http2(client: &ClientTls) -> bool {
    client.get_ref().1.alpn_protocol() == Some(b"h2")
}

/// The server showed more after the handshake than in it.
async fn rejudge(record: &Record) {
    record.publish().await;
    drop(record.judge());
}
