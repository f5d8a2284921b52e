//! What several chapters share: the words of clients for what many defects end in, and the keys of
//! evidence that many findings have.

/// No path leads to an anchor the client trusts.
pub(super) const UNTRUSTED: &[(&str, &str)] = &[
    ("curl", "(60) SSL certificate problem: unable to get local issuer certificate"),
    ("OpenSSL", "unable to get local issuer certificate (20)"),
    ("Android", "Trust anchor for certification path not found."),
    ("Apple", "Root is not trusted (-67843); NSURLErrorServerCertificateUntrusted (-1202)"),
    ("Chrome", "NET::ERR_CERT_AUTHORITY_INVALID"),
    ("Firefox", "SEC_ERROR_UNKNOWN_ISSUER"),
    ("Java", "PKIX path building failed: unable to find valid certification path to requested target"),
    ("Node", "UNABLE_TO_VERIFY_LEAF_SIGNATURE"),
    ("Go", "x509: certificate signed by unknown authority"),
    ("GnuTLS", "The certificate issuer is unknown."),
    (".NET", "PartialChain, or UntrustedRoot"),
];

/// Client and server have nothing in common: alert 40.
pub(super) const NO_OVERLAP: &[(&str, &str)] = &[
    ("curl", "(35) sslv3 alert handshake failure"),
    ("OpenSSL", "sslv3 alert handshake failure (0A000410)"),
    ("Android", "SSLHandshakeException: Handshake failed; SSLV3_ALERT_HANDSHAKE_FAILURE"),
    ("Apple", "NSURLErrorSecureConnectionFailed (-1200)"),
    ("Chrome", "ERR_SSL_VERSION_OR_CIPHER_MISMATCH"),
    ("Firefox", "SSL_ERROR_NO_CYPHER_OVERLAP"),
    ("Java", "Received fatal alert: handshake_failure"),
    ("Node", "EPROTO ... sslv3 alert handshake failure"),
    ("Go", "remote error: tls: handshake failure"),
    ("GnuTLS", "Received alert [40]: Handshake failed"),
    ("rustls", "received fatal alert: HandshakeFailure"),
];

/// A critical extension is not understood.
pub(super) const UNKNOWN_CRITICAL: &[(&str, &str)] = &[
    ("OpenSSL", "unhandled critical extension (34)"),
    ("curl", "(60) SSL certificate problem: unhandled critical extension"),
    ("Apple", "Found unknown critical extensions"),
    ("Chrome", "NET::ERR_CERT_INVALID"),
    ("Firefox", "SEC_ERROR_UNKNOWN_CRITICAL_EXTENSION"),
    ("Java", "unrecognized critical extension(s)"),
    ("Go", "x509: unhandled critical extension"),
    ("rustls", "UnsupportedCriticalExtension"),
];

pub(super) const CERTIFICATE: (&str, &str) = ("certificate", "the certificate's name; for a leaf it can be absent");
pub(super) const ISSUER: (&str, &str) = ("issuer", "the issuer's name");
pub(super) const KEY: (&str, &str) = ("key", "kind and size of the public key");
pub(super) const ALERT: (&str, &str) = ("alert", "the alert's name and number");
pub(super) const VIA: (&str, &str) =
    ("via", "the proxy in between, with its address where that is known; absent without one");
pub(super) const STAGE: (&str, &str) = ("stage", "how far the server's part of the handshake had come");
