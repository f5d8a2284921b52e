//! The record of one client's connection to one target.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use super::{
    AlertCode, CertDer, CipherSuite, ClientHello, ConnectionId, DialTiming, Failure, Finding, Given, Handshake, Host,
    NamedGroup, Refusal, Target, Timestamp, TlsVersion, Via,
};

/// How the client told where it wants to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Intake {
    /// HTTP CONNECT.
    Connect,
    /// A request line with an absolute URL.
    AbsoluteForm,
    /// SOCKS version 5.
    Socks5,
    /// A ClientHello without any proxy protocol; the target is its SNI.
    ClientHello,
    /// A port that leads to one target, `--reverse`: nothing is said, the client means that one.
    Reverse,
    /// A request for tlscope itself.
    OriginForm,
    /// None of these, or nothing at all.
    Unknown,
}

/// What flowed once both legs stood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Protocol {
    /// HTTP/1.0 or HTTP/1.1.
    Http1,
    /// HTTP/2.
    Http2,
    /// Anything else, relayed as bytes.
    Raw,
}

/// How the client's own TLS handshake with tlscope ended. Only an alert is proof of a reason.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum ClientOutcome {
    /// It finished, and the client used the connection.
    Served,
    /// The client sent a fatal alert.
    Alert {
        /// Which one.
        code: AlertCode,
    },
    /// The client closed during the handshake.
    EofInHandshake,
    /// The client reset during the handshake.
    ResetInHandshake,
    /// It finished, and the client closed without a byte.
    SilentClose {
        /// Whether a `close_notify` alert came first.
        clean: bool,
    },
    /// It finished, and the client reset without a byte.
    SilentReset,
    /// The client had left before it was shown a certificate: the server took too long for it.
    GaveUp {
        /// How long it had waited, in milliseconds.
        waited_ms: f64,
    },
    /// The two have no version, suite, group or signature scheme in common.
    NothingShared {
        /// rustls' words.
        reason: String,
    },
    /// It did not finish within the deadline.
    TimedOut,
    /// tlscope could not go on.
    Failed {
        /// Why.
        reason: String,
    },
}

/// How the whole connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Traffic flowed between both legs, decrypted.
    Relayed,
    /// The bytes went through unread.
    Tunnelled,
    /// There was no upstream to be had.
    UpstreamFailed,
    /// There was one, and it was too bad for the client to be let to it.
    ServerRefused,
    /// The client gave up or refused.
    ClientFailed,
    /// The client, or the target, is not allowed.
    Denied,
    /// The bytes made no sense.
    Unreadable,
    /// Nothing came.
    Silent,
    /// tlscope answered itself.
    Answered,
    /// A fault of tlscope's.
    Failed,
}

/// The leg between the client and tlscope.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ClientLeg {
    /// What the client offered.
    pub hello: Option<ClientHello>,
    /// The MD5 of its JA3 text, in hex.
    pub ja3: Option<String>,
    /// Its JA4.
    pub ja4: Option<String>,
    /// What kind of client sends such a hello, in words; absent where none is known.
    pub looks_like: Option<String>,
    /// The negotiated version.
    pub version: Option<TlsVersion>,
    /// The chosen suite.
    pub suite: Option<CipherSuite>,
    /// The group of the key exchange.
    pub group: Option<NamedGroup>,
    /// The application protocol it was given.
    pub alpn: Option<String>,
    /// How its handshake ended.
    pub outcome: Option<ClientOutcome>,
    /// How long the handshake took.
    pub tls_ms: Option<f64>,
    /// How long it stayed after the handshake, when it left without a byte.
    pub stayed_ms: Option<f64>,
    /// Why it did not take what it was given, from all that was known by then.
    pub refusal: Option<Refusal>,
}

/// The leg between tlscope and the server.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct UpstreamLeg {
    /// The address that was reached, or the last one tried; absent when a proxy in between resolves names.
    pub address: Option<SocketAddr>,
    /// The proxy in between, when there is one.
    pub via: Option<Via>,
    /// The name sent in the ClientHello.
    pub sni: Option<String>,
    /// What the server showed.
    pub handshake: Option<Handshake>,
    /// The certificates in the order sent; fingerprints in documents.
    pub sent: Vec<CertDer>,
    /// How the attempt ended, when it did not end in a connection.
    pub failure: Option<Failure>,
    /// How long the steps took.
    pub timing: DialTiming,
    /// Whether the server closed without a `close_notify`; absent while it has not closed.
    pub closed_without_notify: Option<bool>,
}

/// Bytes of application data that went through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Traffic {
    /// From the client to the server.
    pub up: u64,
    /// From the server to the client.
    pub down: u64,
}

/// One client's connection to one target, as far as it has come.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Connection {
    /// Its identity in the session.
    pub id: ConnectionId,
    /// When it began.
    pub opened: Timestamp,
    /// When it ended; absent while it is open.
    pub closed: Option<Timestamp>,
    /// Where the client is.
    pub client_address: SocketAddr,
    /// How it said where it wants to go.
    pub intake: Intake,
    /// Where that is.
    pub target: Option<Target>,
    /// The name judged.
    pub name: Option<Host>,
    /// The client's side.
    pub client: ClientLeg,
    /// The server's side.
    pub upstream: UpstreamLeg,
    /// What the client was given.
    pub given: Option<Given>,
    /// What flowed.
    pub protocol: Option<Protocol>,
    /// A guess at a raw protocol, as `mqtt`.
    pub raw_guess: Option<String>,
    /// How much.
    pub traffic: Traffic,
    /// Requests so far.
    pub exchanges: u64,
    /// How it ended.
    pub outcome: Option<Outcome>,
    /// What the proxy itself noticed; the judge's findings stand in its report.
    pub findings: Vec<Finding>,
}

impl Connection {
    /// The judged name, with the port when it is neither 443 nor 80; empty where no target is known.
    pub fn host(&self) -> String {
        let Some(target) = &self.target else { return String::new() };
        let host = self.name.as_ref().unwrap_or(&target.host);
        match target.port {
            80 | 443 => host.in_authority(),
            port => format!("{}:{port}", host.in_authority()),
        }
    }

    /// A connection that has just been accepted.
    pub fn new(id: ConnectionId, opened: Timestamp, client_address: SocketAddr) -> Self {
        Self {
            id,
            opened,
            closed: None,
            client_address,
            intake: Intake::Unknown,
            target: None,
            name: None,
            client: ClientLeg::default(),
            upstream: UpstreamLeg::default(),
            given: None,
            protocol: None,
            raw_guess: None,
            traffic: Traffic::default(),
            exchanges: 0,
            outcome: None,
            findings: Vec::new(),
        }
    }
}
