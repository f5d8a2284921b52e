//! What was seen of a TLS handshake, on either leg, and how an attempt upstream can end.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::{AlertCode, CipherSuite, Fingerprint, NamedGroup, ProxyFault, SignatureScheme, TlsVersion, base64_text};

/// A ClientHello as it stood on the wire, GREASE values (RFC 8701) included.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ClientHello {
    /// The version field of the message itself; TLS 1.3 says 1.2 here.
    pub legacy_version: u16,
    /// `supported_versions`, or the legacy version alone where that extension is missing.
    pub versions: Vec<TlsVersion>,
    /// Offered suites in order of preference.
    pub suites: Vec<CipherSuite>,
    /// Offered groups in order of preference; empty when the extension is missing.
    pub groups: Vec<NamedGroup>,
    /// Offered signature schemes; `None` when the extension is missing.
    pub schemes: Option<Vec<SignatureScheme>>,
    /// Offered application protocols, non-UTF-8 bytes as `\xHH`.
    pub alpn: Vec<String>,
    /// The name asked for, non-UTF-8 bytes as `\xHH`.
    pub sni: Option<String>,
    /// Extension numbers in their order.
    pub extensions: Vec<u16>,
    /// The handshake message, for the fingerprint and for looking at.
    #[serde(with = "base64_text")]
    pub raw: Bytes,
}

/// How the facts of an upstream handshake were come by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Attempt {
    /// tlscope's own handshake with modern parameters.
    #[default]
    Modern,
    /// A second one that also offers SHA-1 signatures, after the first was refused.
    Sha1Signatures,
    /// Read in passing while the client's own handshake was tunnelled.
    Tunnelled,
    /// From a plaintext hello of tlscope's own that no handshake followed.
    Probe,
    /// tlscope's own handshake beside a tunnel that shows no certificate.
    Observed,
    /// There was no handshake: the chain came from a file.
    File,
}

/// A server's request for a client certificate.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CertificateAsked {
    /// The distinguished names it accepts; empty when it names none.
    pub authorities: Vec<String>,
    /// The signature schemes it accepts.
    pub schemes: Vec<SignatureScheme>,
}

/// The client certificate that is set for a server which asked for one.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ClientCertificate {
    /// Which one.
    pub sha256: Fingerprint,
    /// Its subject.
    pub subject: String,
    /// Whether it was shown: its key may fit none of the schemes that the server takes.
    pub shown: bool,
    /// Whether one of the authorities that the server names issued it, or one of those above it; absent
    /// when the server names none.
    pub issuer_named: Option<bool>,
}

/// What a server showed in its handshake. A field is absent when the handshake did not get that
/// far, or the way it was seen does not show it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Handshake {
    /// How these facts were come by.
    pub attempt: Attempt,
    /// Whether both sides finished.
    pub completed: bool,
    /// The negotiated version.
    pub version: Option<TlsVersion>,
    /// The chosen cipher suite.
    pub suite: Option<CipherSuite>,
    /// The group of the key exchange.
    pub group: Option<NamedGroup>,
    /// Bits of the prime, when the key exchange was finite-field Diffie-Hellman.
    pub dh_bits: Option<u32>,
    /// What the server signed its part of the handshake with.
    pub scheme: Option<SignatureScheme>,
    /// Whether that signature verifies under the leaf's key; `None` when it was not checked.
    pub signature_valid: Option<bool>,
    /// The chosen application protocol, non-UTF-8 bytes as `\xHH`.
    pub alpn: Option<String>,
    /// The stapled OCSP response (RFC 6066 section 8).
    #[serde(with = "base64_text::option")]
    pub staple: Option<Bytes>,
    /// Signed certificate timestamps from the TLS extension (RFC 6962 section 3.3.1).
    #[serde(with = "base64_text::list")]
    pub scts: Vec<Bytes>,
    /// The request for a client certificate.
    pub certificate_asked: Option<CertificateAsked>,
    /// The client certificate set for this server, when it asked for one.
    pub client_certificate: Option<ClientCertificate>,
    /// Size of the Certificate message in bytes.
    pub certificate_message: Option<u32>,
    /// The compression method, 0 for none (TLS 1.2 and below).
    pub compression: Option<u8>,
    /// Whether the server knows secure renegotiation (RFC 5746; TLS 1.2 and below).
    pub secure_renegotiation: Option<bool>,
    /// Whether it uses the extended master secret (RFC 7627; TLS 1.2 and below).
    pub extended_master_secret: Option<bool>,
    /// The version the server's random says it was pushed down to (RFC 8446 section 4.1.3).
    pub downgrade_marker: Option<TlsVersion>,
    /// A warning alert that came along.
    pub warning_alert: Option<AlertCode>,
}

/// How far a server's flight had come when it stopped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// Nothing had come back.
    #[default]
    Nothing,
    /// Its ServerHello.
    ServerHello,
    /// Its certificate.
    Certificate,
    /// Everything it had to say; only the Finished messages were missing.
    Flight,
}

impl Stage {
    /// For a sentence: "after the server hello".
    pub fn words(self) -> &'static str {
        match self {
            Self::Nothing => "before any answer",
            Self::ServerHello => "after the server hello",
            Self::Certificate => "after the certificate",
            Self::Flight => "after the server's whole flight",
        }
    }
}

/// How an attempt to reach a server ended, when it did not end in a connection.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Failure {
    /// The name has no address.
    DnsFail {
        /// The resolver's words.
        reason: String,
    },
    /// Nobody listens on that port.
    TcpRefused,
    /// No answer to the connection attempt within the deadline.
    TcpTimeout,
    /// No route to the address.
    TcpUnreachable {
        /// The operating system's words.
        reason: String,
    },
    /// The connection was reset before TLS began.
    TcpReset,
    /// No complete flight within the deadline.
    HandshakeTimeout {
        /// How far it came.
        stage: Stage,
    },
    /// Reset during the handshake.
    HandshakeReset {
        /// How far it came.
        stage: Stage,
    },
    /// Closed during the handshake.
    HandshakeTruncated {
        /// How far it came.
        stage: Stage,
    },
    /// A fatal alert from the server.
    Alert {
        /// Which one.
        code: AlertCode,
        /// How far the handshake had come.
        stage: Stage,
    },
    /// The first bytes are no TLS record.
    NotTls {
        /// The bytes, made readable.
        seen: String,
    },
    /// The server signed with a scheme that was not offered to it.
    SchemeNotOffered {
        /// rustls' words.
        reason: String,
    },
    /// The server speaks TLS in a way that rustls does not.
    Incompatible {
        /// rustls' words.
        reason: String,
    },
    /// The server broke the protocol.
    Malformed {
        /// What was wrong.
        reason: String,
    },
    /// The target is tlscope's own port.
    Loop,
    /// A client that is not on this machine asked for a loopback or link-local target.
    NotAllowed,
    /// The proxy through which the server was to be reached did not connect.
    UpstreamProxy {
        /// What it did instead.
        fault: ProxyFault,
    },
}

/// How long the steps towards a server took, in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DialTiming {
    /// Resolving the name; absent for a literal or an override.
    pub dns_ms: Option<f64>,
    /// The TCP handshake; with the proxy, where there is one in between.
    pub tcp_ms: Option<f64>,
    /// Until that proxy had connected to the server; absent without one.
    pub proxy_ms: Option<f64>,
    /// The TLS handshake.
    pub tls_ms: Option<f64>,
}

impl Failure {
    /// Whether a plaintext hello may bring more to light: there is a server, and it is not one that
    /// keeps everybody waiting.
    pub fn may_answer_a_probe(&self) -> bool {
        !matches!(
            self,
            Self::DnsFail { .. }
                | Self::TcpRefused
                | Self::TcpTimeout
                | Self::TcpUnreachable { .. }
                | Self::TcpReset
                | Self::Loop
                | Self::NotAllowed
                | Self::UpstreamProxy { .. }
                | Self::HandshakeTimeout { .. }
        )
    }
}
