//! The TLS handshake with a server.

use std::io;
use std::net::IpAddr;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustls::client::Resumption;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, PeerMisbehaved};
use tokio::io::AsyncBufReadExt as _;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::identity::Identity;
use super::io::Tapped;
use super::key_log::KeyLog;
use super::leg::{Missed, Route, TcpLeg};
use super::verifier::{Capture, Captured, Introduction, MODERN, Recorder, SHA1, name_text};
use crate::model::{
    AlertCode, Attempt, CertDer, CipherSuite, ClientHello, DialTiming, Failure, Handshake, NamedGroup, Stage,
    TlsVersion, millis,
};
use crate::text;
use crate::wire::{Flight, FlightReader};

/// What to offer a server: just what the client offered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Offer {
    /// The name to ask for; none is sent when the client sent none.
    pub sni: Option<String>,
    /// Application protocols.
    pub alpn: Vec<Vec<u8>>,
}

impl Offer {
    /// What this client offered. An address is no server name (RFC 6066 section 3) and goes no further.
    pub fn of(hello: &ClientHello) -> Self {
        let sni = hello.sni.clone().filter(|sni| sni.parse::<IpAddr>().is_err());
        Self { sni, alpn: hello.alpn.iter().map(|name| name.as_bytes().to_vec()).collect() }
    }
}

/// A decrypted connection to a server.
pub type ServerStream = TlsStream<Tapped<TcpStream>>;

/// A server that finished its handshake.
pub struct TlsLeg {
    /// The connection.
    pub stream: ServerStream,
    /// How the server is reached.
    pub route: Route,
    /// How long the steps took.
    pub timing: DialTiming,
    /// What it showed.
    pub handshake: Handshake,
    /// Its certificates in the order sent.
    pub sent: Vec<CertDer>,
}

static PROVIDER: LazyLock<Arc<CryptoProvider>> =
    LazyLock::new(|| Arc::new(rustls::crypto::aws_lc_rs::default_provider()));

/// What a handshake is held to.
pub(super) struct Terms {
    /// The client certificate for this server.
    pub(super) identity: Option<Arc<Identity>>,
    /// Where its secrets go.
    pub(super) key_log: Option<Arc<KeyLog>>,
    /// How long it may take.
    pub(super) deadline: Duration,
}

/// Shakes hands.
pub(super) async fn handshake(tcp: TcpLeg, offer: &Offer, attempt: Attempt, terms: &Terms) -> Result<TlsLeg, Missed> {
    let TcpLeg { stream, route, mut timing } = tcp;
    let capture = Capture::default();
    let reader = Arc::new(Mutex::new(FlightReader::default()));
    let tapped = Tapped::new(stream, watcher(reader.clone()));
    let (config, name) = client_config(offer, attempt, terms, &capture);
    let began = Instant::now();
    let shaken = timeout(terms.deadline, TlsConnector::from(Arc::new(config)).connect(name, tapped)).await;
    timing.tls_ms = Some(millis(began.elapsed()));
    let flight = std::mem::take(&mut *reader.lock().unwrap_or_else(PoisonError::into_inner)).into_flight();
    let stage = flight.stage;
    let failure = match shaken {
        Ok(Ok(mut stream)) => {
            let facts = facts(attempt, &flight, capture.take(), Some(stream.get_ref().1));
            return match wait_for_refusal(&mut stream, &facts.0, timing).await {
                None => Ok(TlsLeg { stream, route, timing, handshake: facts.0, sent: facts.1 }),
                Some(failure) => Err(missed(failure, route, timing, facts)),
            };
        }
        Ok(Err(error)) => failure_of(&error, &flight),
        Err(_) => Failure::HandshakeTimeout { stage },
    };
    Err(missed(failure, route, timing, facts(attempt, &flight, capture.take(), None)))
}

fn missed(failure: Failure, route: Route, timing: DialTiming, facts: (Handshake, Vec<CertDer>)) -> Missed {
    let (handshake, sent) = facts;
    let showed_anything = handshake.version.is_some() || !sent.is_empty();
    let handshake = showed_anything.then(|| Box::new(handshake));
    Missed { failure, route, timing, handshake, sent }
}

fn watcher(reader: Arc<Mutex<FlightReader>>) -> impl FnMut(&[u8]) + Send {
    let mut done = false;
    move |piece| {
        if !done {
            let mut reader = reader.lock().unwrap_or_else(PoisonError::into_inner);
            reader.feed(piece);
            done = reader.is_done();
        }
    }
}

fn client_config(
    offer: &Offer,
    attempt: Attempt,
    terms: &Terms,
    capture: &Capture,
) -> (ClientConfig, ServerName<'static>) {
    let mut schemes = MODERN.to_vec();
    if attempt == Attempt::Sha1Signatures {
        schemes.extend_from_slice(SHA1);
    }
    let recorder = Recorder { capture: capture.clone(), schemes };
    let mut config = ClientConfig::builder_with_provider(PROVIDER.clone())
        .with_protocol_versions(rustls::DEFAULT_VERSIONS)
        .unwrap_or_else(|_| unreachable!("the provider has suites for both versions"))
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(recorder))
        .with_client_cert_resolver(Arc::new(Introduction {
            capture: capture.clone(),
            identity: terms.identity.clone(),
        }));
    if let Some(log) = terms.key_log.clone() {
        config.key_log = log;
    }
    // A resumed handshake shows no certificate.
    config.resumption = Resumption::disabled();
    config.alpn_protocols.clone_from(&offer.alpn);
    let name = offer.sni.as_ref().and_then(|sni| ServerName::try_from(sni.clone()).ok());
    config.enable_sni = matches!(name, Some(ServerName::DnsName(_)));
    let nameless = || ServerName::IpAddress(std::net::Ipv4Addr::LOCALHOST.into());
    (config, name.unwrap_or_else(nameless))
}

/// Puts together what was read in passing, what the verifier saw, and what was agreed on.
fn facts(
    attempt: Attempt,
    flight: &Flight,
    captured: Captured,
    agreed: Option<&ClientConnection>,
) -> (Handshake, Vec<CertDer>) {
    let (mut seen, passing) = facts_of_flight(attempt, flight);
    seen.scheme = captured.scheme.or(seen.scheme);
    seen.signature_valid = captured.signature_valid;
    seen.staple = captured.staple.or(seen.staple);
    seen.certificate_asked = captured.asked.or(seen.certificate_asked);
    seen.client_certificate = captured.client_certificate;
    if let Some(connection) = agreed {
        seen.completed = true;
        seen.version = connection.protocol_version().map(|v| TlsVersion(v.into())).or(seen.version);
        seen.suite = connection.negotiated_cipher_suite().map(|s| CipherSuite(s.suite().into())).or(seen.suite);
        let group = connection.negotiated_key_exchange_group();
        seen.group = group.map(|g| NamedGroup(g.name().into())).or(seen.group);
        seen.alpn = connection.alpn_protocol().map(|p| text::escape(p).into_owned());
    }
    let sent = if captured.sent.is_empty() { passing } else { captured.sent };
    if seen.certificate_message.is_none() && !sent.is_empty() {
        // TLS 1.3 encrypts it: its size without extensions (RFC 8446 section 4.4.2).
        seen.certificate_message = u32::try_from(4 + sent.iter().map(|c| c.der.len() + 5).sum::<usize>()).ok();
    }
    (seen, sent)
}

/// The facts of a flight that was read in passing.
pub fn facts_of_flight(attempt: Attempt, flight: &Flight) -> (Handshake, Vec<CertDer>) {
    let mut seen = Handshake { attempt, ..flight.handshake.clone() };
    if let Some(asked) = &mut seen.certificate_asked {
        asked.authorities = flight.authorities.iter().map(|der| name_text(der)).collect();
    }
    (seen, flight.certificates.clone())
}

/// In TLS 1.3 a server that insists on a client certificate says so after the client has finished.
/// Where one was asked for, waits about two round trips for that.
async fn wait_for_refusal(stream: &mut ServerStream, seen: &Handshake, timing: DialTiming) -> Option<Failure> {
    if seen.certificate_asked.is_none() || seen.version != Some(TlsVersion::TLS13) {
        return None;
    }
    // A proxy in between has made one of its own.
    let round_trip = (timing.tcp_ms.unwrap_or(0.0) + timing.proxy_ms.unwrap_or(0.0)).clamp(0.0, 450.0);
    let patience = Duration::from_secs_f64((round_trip * 2.0 + 100.0) / 1000.0);
    match timeout(patience, stream.fill_buf()).await {
        Ok(Ok([])) => Some(Failure::HandshakeTruncated { stage: Stage::Flight }),
        Ok(Err(error)) => failure_of_read(&error),
        Ok(Ok(_)) | Err(_) => None,
    }
}

/// What an error on an established connection says about its TLS; `None` when it says nothing.
pub fn failure_of_read(error: &io::Error) -> Option<Failure> {
    match tls_error(error) {
        Some(rustls::Error::AlertReceived(alert)) => {
            Some(Failure::Alert { code: AlertCode((*alert).into()), stage: Stage::Flight })
        }
        Some(other) => Some(Failure::Malformed { reason: other.to_string() }),
        None => None,
    }
}

fn tls_error(error: &io::Error) -> Option<&rustls::Error> {
    error.get_ref()?.downcast_ref()
}

fn failure_of(error: &io::Error, flight: &Flight) -> Failure {
    let stage = flight.stage;
    if let Some(bytes) = &flight.not_tls {
        return Failure::NotTls { seen: text::safe_bytes(bytes) };
    }
    let Some(tls) = tls_error(error) else {
        return match error.kind() {
            io::ErrorKind::UnexpectedEof => Failure::HandshakeTruncated { stage },
            _ => Failure::HandshakeReset { stage },
        };
    };
    match tls {
        rustls::Error::AlertReceived(alert) => Failure::Alert { code: AlertCode((*alert).into()), stage },
        rustls::Error::PeerIncompatible(_) => Failure::Incompatible { reason: tls.to_string() },
        rustls::Error::InvalidMessage(rustls::InvalidMessage::HandshakePayloadTooLarge) => {
            Failure::Incompatible { reason: tls.to_string() }
        }
        rustls::Error::PeerMisbehaved(
            PeerMisbehaved::SignedKxWithWrongAlgorithm | PeerMisbehaved::SignedHandshakeWithUnadvertisedSigScheme,
        ) => Failure::SchemeNotOffered { reason: tls.to_string() },
        _ => Failure::Malformed { reason: tls.to_string() },
    }
}
