//! Chapter "Protocol and handshake": what was agreed on. How a handshake broke off is in `alerts`.

use super::Page;
use super::words::{ALERT, NO_OVERLAP, STAGE};
use crate::model::FindingId as Id;

const VERSION: (&str, &str) = ("version", "the negotiated protocol version");
const SUITE: (&str, &str) = ("suite", "the cipher suite that the server chose");
const REASON: (&str, &str) = ("reason", "what the TLS library said");

pub(super) static PAGES: &[Page] = &[
    Page {
        id: Id::ProtoTls1011Only,
        title: "The server speaks nothing newer than TLS 1.1",
        summary: "[{version} is the best it speaks][TLS 1.2 and 1.3 refused with {alert} {stage}]",
        cause: "The server or device is old, or its configuration pins an old version. Current clients and operating \
                systems have switched TLS 1.0 and 1.1 off.",
        fix: "Switch on TLS 1.2 and 1.3 (nginx: ssl_protocols TLSv1.2 TLSv1.3; Apache: SSLProtocol -all +TLSv1.2 \
                +TLSv1.3). A device needs new firmware, or a reverse proxy in front of it.",
        refused_by: &[
            ("OpenSSL", "legacy sigalg disallowed or unsupported (0A00014D)"),
            ("Android", "TLSV1_ALERT_PROTOCOL_VERSION"),
            ("Apple", "NSURLErrorSecureConnectionFailed (-1200); errSSLATSMinimumVersionViolation (-9881)"),
            ("Chrome", "ERR_SSL_VERSION_OR_CIPHER_MISMATCH"),
            ("Firefox", "SSL_ERROR_PROTOCOL_VERSION_ALERT, or SSL_ERROR_UNSUPPORTED_VERSION"),
            ("Java", "Received fatal alert: protocol_version"),
            ("Node", "EPROTO ... tlsv1 alert protocol version"),
            ("Go", "remote error: tls: protocol version not supported"),
            ("rustls", "received fatal alert: ProtocolVersion"),
        ],
        accepted_by: "GnuTLS 3.7 and older versions of most clients",
        keys: &[VERSION, ALERT, STAGE],
        source: "RFC 8996",
    },
    Page {
        id: Id::ProtoSslv3Only,
        title: "The server speaks SSLv3 only",
        summary: "{version} is the best it speaks",
        cause: "SSLv3 has been broken since 2014 (POODLE), and no current client speaks it any more.",
        fix: "Replace or update the TLS software of the server and allow TLS 1.2 and 1.3 only (nginx: ssl_protocols \
                TLSv1.2 TLSv1.3). An old device needs new firmware, or a reverse proxy in front of it.",
        refused_by: &[
            ("Chrome", "ERR_SSL_VERSION_OR_CIPHER_MISMATCH"),
            ("Firefox", "SSL_ERROR_UNSUPPORTED_VERSION"),
            ("Go", "tls: server selected unsupported protocol version ..."),
        ],
        accepted_by: "",
        keys: &[VERSION],
        source: "RFC 7568",
    },
    Page {
        id: Id::ProtoNoTls13,
        title: "The server does not speak TLS 1.3",
        summary: "{version} is the best it speaks",
        cause: "TLS 1.2 is still sound, and every client takes it. TLS 1.3 needs one round trip less and hides the \
                certificate from onlookers.",
        fix: "Nothing needs to be done; to have TLS 1.3, switch it on (nginx: ssl_protocols TLSv1.2 TLSv1.3, with \
                OpenSSL 1.1.1 or later).",
        refused_by: &[],
        accepted_by: "",
        keys: &[VERSION],
        source: "RFC 8446",
    },
    Page {
        id: Id::CipherNoOverlap,
        title: "Server and client have nothing in common",
        summary: "[answered {alert} {stage}][{reason}]",
        cause: "No cipher suite, group or signature scheme suits both sides: the server is too old or set too \
                narrowly, or it has no usable certificate for this name.",
        fix: "Allow current suites (nginx: ssl_protocols TLSv1.2 TLSv1.3 and ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20; \
                Apache: SSLCipherSuite), and use a certificate with an RSA key of 2048 bits or more or a P-256 key.",
        refused_by: NO_OVERLAP,
        accepted_by: "clients that offer what this server wants",
        keys: &[ALERT, STAGE, REASON],
        source: "RFC 8446 sections 4.1.1 and 6.2",
    },
    Page {
        id: Id::CipherStaticRsaOnly,
        title: "The server has only suites with static RSA key exchange",
        summary: "chose {suite}, the best it has",
        cause: "Without ephemeral keys, whoever gets the private key later can read all recorded traffic; newer \
                clients no longer offer such suites.",
        fix: "Switch ECDHE suites on (nginx: ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20) and TLS 1.3; a device needs new \
                firmware.",
        refused_by: &[
            ("Apple", "error -9882 of App Transport Security"),
            ("Java", "Received fatal alert: handshake_failure"),
            ("Go", "remote error: tls: handshake failure"),
            ("rustls", "received fatal alert: HandshakeFailure"),
        ],
        accepted_by: "OpenSSL, curl, Node, GnuTLS, Chrome, Firefox and Go before 1.22",
        keys: &[SUITE],
        source: "RFC 9325 section 4.1",
    },
    Page {
        id: Id::CipherDheOnly,
        title: "The server has only suites with finite-field DHE",
        summary: "chose {suite}, the best it has",
        cause: "Browsers, Go and rustls have dropped DHE in favour of ECDHE, so they find nothing in common with this \
                server.",
        fix: "Switch ECDHE suites on (nginx: ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20) and TLS 1.3; a device needs new \
                firmware.",
        refused_by: &[
            ("Chrome", "ERR_SSL_VERSION_OR_CIPHER_MISMATCH"),
            ("Firefox", "SSL_ERROR_NO_CYPHER_OVERLAP"),
            ("Go", "remote error: tls: handshake failure"),
            ("rustls", "received fatal alert: HandshakeFailure"),
        ],
        accepted_by: "OpenSSL, curl, Node, Java and GnuTLS",
        keys: &[SUITE],
        source: "RFC 9325 section 4.1",
    },
    Page {
        id: Id::CipherCbcOnly,
        title: "The server has no suite with authenticated encryption",
        summary: "chose {suite}, the best it has",
        cause: "CBC suites have been the target of one attack after another (Lucky Thirteen among them), and the \
                strictest clients leave them out.",
        fix: "Switch GCM or ChaCha20 suites on (nginx: ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20) and TLS 1.3.",
        refused_by: &[("rustls", "received fatal alert: HandshakeFailure")],
        accepted_by: "OpenSSL, curl, Node, Go, Java, GnuTLS, Chrome and Firefox",
        keys: &[SUITE],
        source: "RFC 9325 section 4.2",
    },
    Page {
        id: Id::CipherWeak,
        title: "The server takes a cipher suite that does not protect",
        summary: "takes {suite}: {weakness}",
        cause: "Suites without encryption or authentication, export ciphers, DES, 3DES, RC4 and MD5 are broken or \
                obsolete. The server picked one, or took it from a client that offered nothing else (--scan); 3DES and \
                RC4 found by a scan are no more than an error.",
        fix: "Take them out (nginx: ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20; Apache: SSLCipherSuite with the same \
                list); a device needs new firmware.",
        refused_by: NO_OVERLAP,
        accepted_by: "every client that offers a better suite, where the server prefers that (found by --scan)",
        keys: &[SUITE, ("weakness", "what is wrong with it")],
        source: "RFC 9325 section 4.1; RFC 7465; RFC 9155",
    },
    Page {
        id: Id::DhWeak,
        title: "A Diffie-Hellman group of less than 2048 bits",
        summary: "DHE with a prime of {bits} bits",
        cause: "Groups of 512 and 768 bits have been broken, and 1024 bits are within reach of a state (Logjam). Above \
                all the well-known primes are at risk.",
        fix: "Prefer ECDHE (nginx: ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20), or set a larger group (nginx: ssl_dhparam \
                with the file of openssl dhparam 2048).",
        refused_by: &[("OpenSSL", "dh key too small (0A00018A)"), ("curl", "(35) dh key too small")],
        accepted_by: "every client that is given another suite (found by --scan); Java from 1024 bits on; browsers, Go and rustls do not offer DHE at all",
        keys: &[("bits", "the size of the prime")],
        source: "RFC 9325 section 4.5; CVE-2015-4000 (Logjam)",
    },
    Page {
        id: Id::KxGroupUnsupported,
        title: "The server insists on an unusual group for the key exchange",
        summary: "chose the group {group}",
        cause: "The server does not take X25519, P-256 or P-384, which every current client has.",
        fix: "Allow the common groups (nginx: ssl_ecdh_curve X25519:prime256v1:secp384r1; Apache: SSLOpenSSLConfCmd \
                Groups).",
        refused_by: &[("rustls", "received fatal alert: HandshakeFailure")],
        accepted_by: "OpenSSL, curl, Node, Go, Java, GnuTLS, Chrome and Firefox, where it is P-521",
        keys: &[("group", "the group that the server chose")],
        source: "RFC 8446 section 4.2.7",
    },
    Page {
        id: Id::SigschemeUnoffered,
        title: "The server signs with a scheme that was not offered",
        summary: "{reason}",
        cause: "The server ignores the list of signature schemes in the ClientHello and takes one of its own. Lenient \
                clients let it pass.",
        fix: "Update the server's TLS library or the device's firmware; a certificate with an RSA key of 2048 bits or \
                more, or a P-256 key, often avoids the case.",
        refused_by: &[("rustls", "SignedHandshakeWithUnadvertisedSigScheme, or SignedKxWithWrongAlgorithm")],
        accepted_by: "",
        keys: &[REASON],
        source: "RFC 8446 section 4.4.3",
    },
    Page {
        id: Id::AlpnMismatch,
        title: "No application protocol in common",
        summary: "{alert} {stage}",
        cause: "The client offered protocols by ALPN (h2, http/1.1) and the server knows none of them, and says so \
                with an alert.",
        fix: "Let the server take http/1.1 and h2 (nginx: http2 on), or check whether the port is for something other \
                than HTTP.",
        refused_by: &[(
            "Chrome",
            "ERR_ALPN_NEGOTIATION_FAILED (-122), or ERR_HTTP2_INADEQUATE_TRANSPORT_SECURITY (-360)",
        )],
        accepted_by: "clients that send no ALPN",
        keys: &[ALERT, STAGE],
        source: "RFC 7301 section 3.2; RFC 9113 section 9.2",
    },
    Page {
        id: Id::TlsDowngradeSentinel,
        title: "Somebody pushed the connection down to an older version",
        summary: "{version} negotiated, and the server marks it as pushed down to {marker}",
        cause: "The server can do better than what was agreed on and says so in its random value: a box on the way \
                changed the ClientHello, or a TLS-terminating proxy copies the mark by mistake.",
        fix: "Look for an intercepting firewall or proxy between client and server and update its firmware; test from \
                another network.",
        refused_by: &[
            ("Chrome", "ERR_TLS13_DOWNGRADE_DETECTED"),
            ("rustls", "AttemptedDowngradeToTls12WhenTls13IsSupported"),
        ],
        accepted_by: "clients without TLS 1.3",
        keys: &[VERSION, ("marker", "the version that the mark stands for")],
        source: "RFC 8446 section 4.1.3",
    },
    Page {
        id: Id::TlsCompression,
        title: "TLS compression is on",
        summary: "compression method {method} in {version}",
        cause: "Compressed records give secrets away by their length (CRIME). No current client asks for it, so the \
                server uses it unasked or a very old client did ask.",
        fix: "Switch it off (Apache: SSLCompression off; nginx and OpenSSL have had it off for years, so update them).",
        refused_by: &[],
        accepted_by: "",
        keys: &[VERSION, ("method", "the number of the compression method")],
        source: "RFC 9325 section 3.3; CVE-2012-4929",
    },
    Page {
        id: Id::RenegInsecure,
        title: "The server does not know secure renegotiation",
        summary: "no renegotiation_info in {version}",
        cause: "Without RFC 5746 an attacker can put bytes of their own in front of what the client sends. OpenSSL 3 \
                refuses such servers by default.",
        fix: "Update the server's TLS library or the device's firmware; anything from after 2010 has it.",
        refused_by: &[
            ("OpenSSL", "unsafe legacy renegotiation disabled (0A000152)"),
            ("curl", "(35) unsafe legacy renegotiation disabled"),
        ],
        accepted_by: "clients other than those with OpenSSL 3, as a rule",
        keys: &[VERSION],
        source: "RFC 5746",
    },
    Page {
        id: Id::EmsMissing,
        title: "The server does not use the extended master secret",
        summary: "no extended_master_secret in {version}",
        cause: "Without RFC 7627 the keys of a session are not bound to its handshake (triple handshake attack). \
                Clients in FIPS mode insist on it.",
        fix: "Update the server's TLS library (OpenSSL 1.1.0 or later has it), or switch TLS 1.3 on, which does not \
                need it.",
        refused_by: &[],
        accepted_by: "nearly all clients that are not in FIPS mode",
        keys: &[VERSION],
        source: "RFC 7627",
    },
    Page {
        id: Id::CloseWithoutNotify,
        title: "The server ends the connection without close_notify",
        summary: "ended after {bytes} bytes without close_notify",
        cause: "The end of the data is not confirmed, so that a cut connection looks the same. Many servers do it to \
                save a packet.",
        fix: "Nothing to do when the messages tell their own length (Content-Length, chunked, HTTP/2). Otherwise make \
                the server shut TLS down properly before it closes the socket.",
        refused_by: &[("OpenSSL", "unexpected eof while reading (0A000126)"), ("rustls", "UnexpectedEof")],
        accepted_by: "browsers and other clients that count the bytes of HTTP",
        keys: &[("bytes", "application bytes that the server had sent")],
        source: "RFC 8446 section 6.1",
    },
];
