//! The client's side of TLS: what it is shown, and how it takes it.

use std::io;
use std::sync::{Arc, LazyLock};
use std::time::Instant;

use bytes::Bytes;
use rustls::crypto::CryptoProvider;
use rustls::server::{ClientHello as RustlsHello, NoServerSessionStorage, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{ServerConfig, SupportedCipherSuite, SupportedProtocolVersion};
use tokio::io::AsyncBufReadExt as _;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::context::{Ctx, now};
use super::record::Record;
use super::stream::ClientStream;
use crate::ca::{KeyChoice, Leaf, Shown};
use crate::model::{
    AlertCode, CipherSuite, ClientHello, ClientOutcome, Given, Host, KeyExchange, NamedGroup, SignatureScheme,
    TlsVersion, millis,
};
use crate::text;
use crate::wire::{Opening, sniff};

/// A decrypted connection to a client.
pub(super) type ClientTls = TlsStream<ClientStream>;

static PROVIDER: LazyLock<Arc<CryptoProvider>> =
    LazyLock::new(|| Arc::new(rustls::crypto::aws_lc_rs::default_provider()));

const ECDSA_P256: SignatureScheme = SignatureScheme(0x0403);

/// Why rustls cannot serve a client with this hello; `None` when it can.
pub(super) fn cannot_serve(hello: &ClientHello) -> Option<String> {
    let Some(schemes) = &hello.schemes else { return Some("no signature_algorithms in its hello".to_owned()) };
    let offers_13 = hello.versions.contains(&TlsVersion::TLS13);
    if !offers_13 && !hello.versions.contains(&TlsVersion::TLS12) {
        let best = hello.versions.iter().max().map(ToString::to_string).unwrap_or_default();
        return Some(format!("it offers {best} at most"));
    }
    if !hello.suites.iter().any(|suite| suits(*suite, offers_13)) {
        return Some("it offers no cipher suite with forward secrecy and authenticated encryption".to_owned());
    }
    if !hello.groups.iter().any(|group| PROVIDER.kx_groups.iter().any(|own| u16::from(own.name()) == group.0)) {
        return Some("it offers no group that tlscope has".to_owned());
    }
    let usable = |scheme: &SignatureScheme| matches!(scheme.0, 0x0401 | 0x0403 | 0x0501 | 0x0601 | 0x0804..=0x0806);
    (!schemes.iter().any(usable)).then(|| "it offers no signature scheme better than SHA-1".to_owned())
}

fn suits(suite: CipherSuite, offers_13: bool) -> bool {
    let ours = PROVIDER.cipher_suites.iter().any(|own| u16::from(own.suite()) == suite.0);
    ours && (offers_13 || suite.key_exchange() != Some(KeyExchange::Tls13))
}

/// The kind of leaf key that the hello allows: ECDSA where it can be, RSA else.
pub(super) fn key_choice(hello: &ClientHello) -> KeyChoice {
    let signs = hello.schemes.as_ref().is_some_and(|schemes| schemes.contains(&ECDSA_P256));
    let has_suite = hello.versions.contains(&TlsVersion::TLS13)
        || hello.suites.iter().any(|s| s.name().is_some_and(|name| name.contains("_ECDSA_")) && suits(*s, false));
    let has_curve = hello.groups.contains(&NamedGroup(23));
    if signs && has_suite && has_curve { KeyChoice::P256 } else { KeyChoice::Rsa2048 }
}

/// Shows every client the one leaf made for it.
#[derive(Debug)]
struct OneLeaf(Arc<CertifiedKey>);

impl ResolvesServerCert for OneLeaf {
    fn resolve(&self, _: RustlsHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.clone())
    }
}

/// Ends the client's TLS with what it is shown, agreeing on exactly the application protocol given. What happened stands
/// in the record; `None` when the client did not come through.
pub(super) async fn accept(
    ctx: &Ctx,
    record: &Record,
    stream: ClientStream,
    (shown, given): (Shown, Given),
    alpn: Option<Bytes>,
) -> Option<ClientTls> {
    record.set_given(given);
    let began = Instant::now();
    let accepted = shake_hands(ctx, stream, &shown, alpn).await;
    record.with(|connection| connection.client.tls_ms = Some(millis(began.elapsed())));
    match accepted {
        Ok(stream) => {
            note_agreement(record, &stream);
            Some(stream)
        }
        Err(outcome) => {
            ctx.refusals.settle(record, outcome).await;
            None
        }
    }
}

/// The handshake alone, with a leaf for `host`; of this nothing is recorded.
pub(super) async fn accept_quietly(
    ctx: &Ctx,
    stream: ClientStream,
    (hello, host): (&ClientHello, &Host),
    alpn: Option<Bytes>,
) -> Result<ClientTls, ClientOutcome> {
    if let Some(reason) = cannot_serve(hello) {
        return Err(ClientOutcome::NothingShared { reason });
    }
    let shown = good_leaf(ctx, hello, host).await.map_err(|reason| ClientOutcome::Failed { reason })?;
    shake_hands(ctx, stream, &shown, alpn).await
}

/// A leaf for `host` with nothing wrong with it, of a kind that the client can verify.
pub(super) async fn good_leaf(ctx: &Ctx, hello: &ClientHello, host: &Host) -> Result<Shown, String> {
    leaf_for(ctx, host, key_choice(hello)).await.map(|leaf| Shown::of(&leaf))
}

async fn shake_hands(
    ctx: &Ctx,
    stream: ClientStream,
    shown: &Shown,
    alpn: Option<Bytes>,
) -> Result<ClientTls, ClientOutcome> {
    let mut config = server_config(shown, alpn);
    if let Some(log) = ctx.services.dialler.client_key_log() {
        config.key_log = log;
    }
    let acceptor = TlsAcceptor::from(Arc::new(config));
    match timeout(ctx.config.hello_timeout, acceptor.accept(stream)).await {
        Ok(Ok(stream)) => Ok(stream),
        Ok(Err(error)) => Err(outcome_of(&error, false)),
        Err(_) => Err(ClientOutcome::TimedOut),
    }
}

async fn leaf_for(ctx: &Ctx, host: &Host, key: KeyChoice) -> Result<Arc<Leaf>, String> {
    let mint = ctx.services.mint.clone();
    if let Some(leaf) = mint.cached(host, key, now()) {
        return Ok(leaf);
    }
    let host = host.clone();
    let made = tokio::task::spawn_blocking(move || mint.leaf(&host, key, now())).await;
    match made {
        Ok(made) => made.map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    }
}

fn server_config(shown: &Shown, alpn: Option<Bytes>) -> ServerConfig {
    let mut config = ServerConfig::builder_with_provider(provider_for(&shown.suites))
        .with_protocol_versions(versions_of(shown.version))
        .unwrap_or_else(|_| unreachable!("the provider has suites for both versions"))
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(OneLeaf(shown.certified.clone())));
    // Every handshake whole and every refusal fresh; and with tickets on the way, a client that
    // finishes and resets looks like one whose handshake failed.
    config.send_tls13_tickets = 0;
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.alpn_protocols = alpn.into_iter().map(Vec::from).collect();
    config
}

/// That version alone, where rustls has it.
fn versions_of(only: Option<TlsVersion>) -> &'static [&'static SupportedProtocolVersion] {
    static ONLY_12: [&SupportedProtocolVersion; 1] = [&rustls::version::TLS12];
    static ONLY_13: [&SupportedProtocolVersion; 1] = [&rustls::version::TLS13];
    match only {
        Some(TlsVersion::TLS12) => &ONLY_12,
        Some(TlsVersion::TLS13) => &ONLY_13,
        _ => rustls::DEFAULT_VERSIONS,
    }
}

/// With these suites of TLS 1.2 alone, where it has any of them.
fn provider_for(suites: &[CipherSuite]) -> Arc<CryptoProvider> {
    let is_wanted = |own: &SupportedCipherSuite| suites.iter().any(|suite| suite.0 == u16::from(own.suite()));
    if !PROVIDER.cipher_suites.iter().any(is_wanted) {
        return PROVIDER.clone();
    }
    let is_kept = |own: &&SupportedCipherSuite| own.tls13().is_some() || is_wanted(own);
    let cipher_suites = PROVIDER.cipher_suites.iter().filter(is_kept).copied().collect();
    Arc::new(CryptoProvider { cipher_suites, ..PROVIDER.as_ref().clone() })
}

fn note_agreement(record: &Record, stream: &ClientTls) {
    let tls = stream.get_ref().1;
    record.with(|connection| {
        let leg = &mut connection.client;
        leg.version = tls.protocol_version().map(|version| TlsVersion(version.into()));
        leg.suite = tls.negotiated_cipher_suite().map(|suite| CipherSuite(suite.suite().into()));
        leg.group = tls.negotiated_key_exchange_group().map(|group| NamedGroup(group.name().into()));
        leg.alpn = tls.alpn_protocol().map(|name| text::escape(name).into_owned());
    });
}

/// Waits for the first decrypted bytes of a client, without taking them: only with them has it taken
/// our certificate. How it left, when it did that instead.
pub(super) async fn first_word(client: &mut ClientTls) -> Result<Opening, ClientOutcome> {
    match client.fill_buf().await {
        Ok([]) => Err(ClientOutcome::SilentClose { clean: true }),
        Ok(bytes) => Ok(sniff(bytes)),
        Err(error) => Err(outcome_of(&error, true)),
    }
}

/// What an error of the client's says about why it left. `finished` when its handshake was done.
pub(super) fn outcome_of(error: &io::Error, finished: bool) -> ClientOutcome {
    let tls = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match (tls, error.kind()) {
        (Some(rustls::Error::AlertReceived(alert)), _) => ClientOutcome::Alert { code: AlertCode((*alert).into()) },
        (Some(rustls::Error::PeerIncompatible(what)), _) => {
            ClientOutcome::NothingShared { reason: format!("{what:?}") }
        }
        (Some(other), _) => ClientOutcome::Failed { reason: other.to_string() },
        (None, io::ErrorKind::UnexpectedEof) if finished => ClientOutcome::SilentClose { clean: false },
        (None, io::ErrorKind::UnexpectedEof) => ClientOutcome::EofInHandshake,
        (None, _) if finished => ClientOutcome::SilentReset,
        (None, _) => ClientOutcome::ResetInHandshake,
    }
}
