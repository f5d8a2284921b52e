//! A page of tlscope's in the place of a server: one that is not to be had, or one that is too bad for the client to
//! be let to it.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::io::AsyncWriteExt as _;
use tokio::time::timeout;

use super::client_tls::{self, cannot_serve};
use super::context::{Ctx, now};
use super::give;
use super::http;
use super::intercept::taken_for;
use super::pages::Failure;
use super::record::Record;
use super::stream::ClientStream;
use crate::ca::Shown;
use crate::model::{ClientHello, ClientOutcome, Finding, Given, GivenKind, Outcome, Target, Timestamp};
use crate::net::{Missed, Offer, probe};
use crate::wire::Opening;

/// How long a client that has agreed on HTTP may take for its first request.
const REQUEST_WITHIN: Duration = Duration::from_secs(60);

/// There is no upstream to be had: the client gets its TLS, and a page that says why.
pub(super) async fn of_none(
    ctx: &Ctx,
    record: Record,
    stream: Option<ClientStream>,
    hello: &ClientHello,
    target: &Target,
    missed: Missed,
) {
    record.set_outcome(Outcome::UpstreamFailed);
    let findings = settle_missed(ctx, &record, hello, target, missed).await;
    let Some(stream) = stream else { return };
    show(ctx, record, stream, hello, Failure::new(target, findings)).await;
}

/// The server speaks a TLS that only the client could speak with it, and is not to be had for that; `why` says by whom.
pub(super) async fn of_one_too_old(
    ctx: &Ctx,
    record: Record,
    stream: ClientStream,
    hello: &ClientHello,
    (target, missed): (&Target, Missed),
    why: String,
) {
    record.set_outcome(Outcome::ServerRefused);
    let findings = settle_missed(ctx, &record, hello, target, missed).await;
    show(ctx, record, stream, hello, Failure::refusal(target, findings, why)).await;
}

/// What is known of a server that was not reached goes into the record. Gives all findings about it.
async fn settle_missed(
    ctx: &Ctx,
    record: &Record,
    hello: &ClientHello,
    target: &Target,
    mut missed: Missed,
) -> Vec<Finding> {
    let worth_probing = missed.handshake.is_none() && missed.failure.may_answer_a_probe() && may_probe(target);
    if worth_probing
        && missed.route.leads_somewhere()
        && let Some((handshake, sent)) = probe(&ctx.services.dialler, &missed.route, hello.sni.as_deref()).await
    {
        missed.handshake = Some(Box::new(handshake));
        missed.sent = sent;
    }
    record.set_missed(&missed, Offer::of(hello).sni);
    record.publish().await;
    let report = record.judge_soon().await;
    record.findings_with(&report)
}

/// The page behind a good leaf, for a client that can be served.
async fn show(ctx: &Ctx, record: Record, stream: ClientStream, hello: &ClientHello, page: Failure) {
    let Some(host) = taken_for(&record) else { return };
    if cannot_serve(hello).is_some() {
        return;
    }
    match give::leaf(ctx, (hello, &host), GivenKind::ErrorPage).await {
        Ok(mut identity) => {
            identity.1.changed.extend(page.refused().map(str::to_owned));
            serve(ctx, record, stream, identity, page_alpn(hello), page).await;
        }
        Err(reason) => ctx.refusals.settle(&record, ClientOutcome::Failed { reason }).await,
    }
}

/// The server was reached, and the choice is a page: its connection is closed already, and nothing was sent on it.
pub(super) async fn of_one_refused(
    ctx: &Ctx,
    record: Record,
    stream: ClientStream,
    hello: &ClientHello,
    (identity, page): ((Shown, Given), Failure),
    alpn: Option<Bytes>,
) {
    record.set_outcome(Outcome::ServerRefused);
    serve(ctx, record, stream, identity, alpn.or_else(|| page_alpn(hello)), page).await;
}

/// The client's TLS, and in it the page for those who speak HTTP; for others the end.
async fn serve(
    ctx: &Ctx,
    record: Record,
    stream: ClientStream,
    identity: (Shown, Given),
    alpn: Option<Bytes>,
    page: Failure,
) {
    let Some(mut client) = client_tls::accept(ctx, &record, stream, identity, alpn.clone()).await else { return };
    let began = Instant::now();
    let patience = if alpn.is_some() { REQUEST_WITHIN } else { ctx.config.hello_timeout };
    let said = timeout(patience, client_tls::first_word(&mut client));
    let opening = match ctx.closing.run_until_cancelled(said).await {
        None | Some(Err(_)) => return,
        Some(Ok(Err(outcome))) => return ctx.refusals.settle_left(&record, began, outcome).await,
        Some(Ok(Ok(opening))) => opening,
    };
    ctx.refusals.settle(&record, ClientOutcome::Served).await;
    let is_http2 = match (alpn.as_deref(), opening) {
        (Some(b"h2"), _) | (None, Opening::Http2) => true,
        (Some(b"http/1.1" | b"http/1.0"), _) | (None, Opening::Http1 | Opening::NeedMore) => false,
        // There is no page in its language.
        _ => return drop(timeout(patience, client.shutdown()).await),
    };
    http::serve_page(ctx, Arc::new(record), client, page, is_http2).await;
}

/// The protocol the page is served over: HTTP/1.1 where the client knows it.
fn page_alpn(hello: &ClientHello) -> Option<Bytes> {
    let offers = |name: &str| hello.alpn.iter().any(|own| own == name);
    ["http/1.1", "h2"].into_iter().find(|name| offers(name)).map(|name| Bytes::from_static(name.as_bytes()))
}

/// At most one probe a target and hour: it is a connection that nobody asked for.
fn may_probe(target: &Target) -> bool {
    static PROBED: LazyLock<Mutex<HashMap<Target, Timestamp>>> = LazyLock::new(Mutex::default);
    const HOUR_MS: i64 = 3_600_000;
    const MOST_PROBED: usize = 10_000;
    let mut probed = PROBED.lock().unwrap_or_else(PoisonError::into_inner);
    let at = now();
    if probed.get(target).is_some_and(|last| at.ms_since(*last) < HOUR_MS) {
        return false;
    }
    probed.retain(|_, last| at.ms_since(*last) < HOUR_MS);
    if probed.len() >= MOST_PROBED {
        return false;
    }
    probed.insert(target.clone(), at);
    true
}
