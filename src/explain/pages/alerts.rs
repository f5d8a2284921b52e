//! Chapter "Protocol and handshake", where a handshake broke off, and chapter "Client authentication".

use super::Page;
use super::words::{ALERT, STAGE, VIA};
use crate::model::FindingId as Id;

const REASON: (&str, &str) = ("reason", "what was wrong");

pub(super) static PAGES: &[Page] = &[
    Page {
        id: Id::AlertUnrecognizedName,
        title: "The server knows no host of that name",
        summary: "name not known[: {asked}][ ({level} alert)][, {alert} {stage}]",
        cause: "The SNI names a virtual host that is not configured on this server, or DNS leads to the wrong one.",
        fix: "Add a virtual host for the name (nginx: a server block with that server_name, and a default_server for \
                all others), or mend the DNS entry.",
        refused_by: &[("Chrome", "ERR_SSL_UNRECOGNIZED_NAME_ALERT"), ("Java", "handshake alert: unrecognized_name")],
        accepted_by: "most clients, where it is only a warning",
        keys: &[
            ("asked", "the name in the SNI"),
            ("level", "warning when the handshake went on, else fatal"),
            ALERT,
            STAGE,
        ],
        source: "RFC 6066 section 3",
    },
    Page {
        id: Id::NotTls,
        title: "The server does not speak TLS on this port",
        summary: "the first bytes are no TLS[: {seen}][, through the proxy {via}]",
        cause: "Something else listens there: plain HTTP, a mail or database server that wants STARTTLS, or an error \
                page of a box on the way.",
        fix: "Check the port (443 for HTTPS, not 80). In nginx write listen 443 ssl, for without ssl it answers in \
                plain HTTP; in Apache SSLEngine on.",
        refused_by: &[
            ("OpenSSL", "wrong version number (0A00010B)"),
            ("curl", "(35) wrong version number"),
            ("Chrome", "ERR_SSL_PROTOCOL_ERROR"),
            ("Firefox", "SSL_ERROR_RX_RECORD_TOO_LONG"),
            ("Java", "Unsupported or unrecognized SSL message"),
            ("Go", "tls: first record does not look like a TLS handshake"),
        ],
        accepted_by: "",
        keys: &[("seen", "the first bytes, made readable"), VIA],
        source: "RFC 8446 section 5.1",
    },
    Page {
        id: Id::HandshakeTruncated,
        title: "The server closed the connection during the handshake",
        summary: "closed {stage}[, through the proxy {via}]",
        cause: "The server process crashed or gave up, a load balancer has no server behind it, or a filter on the way \
                does not like the name.",
        fix: "Read the server's error log for that moment; try without SNI filter or firewall in between, and check \
                that a certificate is configured for the name.",
        refused_by: &[
            ("OpenSSL", "unexpected eof while reading (0A000126)"),
            ("curl", "(35) unexpected eof while reading"),
            ("Chrome", "ERR_CONNECTION_CLOSED"),
            ("Java", "Remote host terminated the handshake"),
        ],
        accepted_by: "",
        keys: &[STAGE, VIA],
        source: "RFC 8446 section 6.1",
    },
    Page {
        id: Id::HandshakeReset,
        title: "The connection was reset during the handshake",
        summary: "reset {stage}[, through the proxy {via}]",
        cause: "The server or a box on the way broke the connection off with a TCP reset: a crash, a firewall that \
                filters by SNI, or one that cannot take a large ClientHello.",
        fix: "Read the server's error log for that moment; try from another network and with another client to see who \
                resets. An old firewall or load balancer needs new firmware.",
        refused_by: &[("Chrome", "ERR_CONNECTION_RESET"), ("curl", "exit code 35")],
        accepted_by: "",
        keys: &[STAGE, VIA],
        source: "RFC 8446 section 6.1; RFC 9293 section 3.5.2",
    },
    Page {
        id: Id::HandshakeTimeout,
        title: "The server did not finish its part of the handshake in time",
        summary: "timed out {stage}[, through the proxy {via}]",
        cause: "The server is overloaded or waits for something itself, or a box on the way swallows packets, often \
                large ones (an MTU problem).",
        fix: "Try again and from another network. If it always stops at the same place, look at the load of the \
                server, its firewall, and the path MTU.",
        refused_by: &[("Chrome", "ERR_CONNECTION_TIMED_OUT"), ("curl", "exit code 28")],
        accepted_by: "",
        keys: &[STAGE, VIA],
        source: "tlscope's own deadline for a handshake",
    },
    Page {
        id: Id::HandshakeMalformed,
        title: "The server broke the rules of TLS",
        summary: "{reason}",
        cause: "Its messages do not follow the protocol: a faulty TLS library, a port that speaks something else after \
                a good start, or a box on the way that changes bytes.",
        fix: "Update the TLS library of the server or the device's firmware; try from another network to rule out a \
                box in between.",
        refused_by: &[],
        accepted_by: "",
        keys: &[REASON],
        source: "RFC 8446 section 6.2",
    },
    Page {
        id: Id::AlertInternalError,
        title: "The server reports an error of its own",
        summary: "{alert} {stage}",
        cause: "Something failed inside the server that has nothing to do with the client: often a certificate or key \
                that it could not load, or a backend that is missing for this name.",
        fix: "Read the server's error log for that moment, and check that ssl_certificate and ssl_certificate_key (or \
                their like) exist for this name and can be read.",
        refused_by: &[],
        accepted_by: "",
        keys: &[ALERT, STAGE],
        source: "RFC 8446 section 6.2",
    },
    Page {
        id: Id::AlertDecodeError,
        title: "The server could not read what the client sent",
        summary: "{alert} {stage}",
        cause: "Its TLS library cannot parse the ClientHello, mostly because it is old and meets extensions or a size \
                that it does not expect; or a box on the way damaged it.",
        fix: "Update the server's TLS library or the device's firmware; try from another network to rule out a box in \
                between.",
        refused_by: &[],
        accepted_by: "",
        keys: &[ALERT, STAGE],
        source: "RFC 8446 section 6.2",
    },
    Page {
        id: Id::AlertIllegalParameter,
        title: "The server found a value in the handshake that it does not allow",
        summary: "{alert} {stage}",
        cause: "Either side has a fault in its TLS library; often an old server stumbles over a group or an extension \
                that it does not know and should ignore.",
        fix: "Update the server's TLS library or the device's firmware. If it happens with one client only, update \
                that client.",
        refused_by: &[],
        accepted_by: "",
        keys: &[ALERT, STAGE],
        source: "RFC 8446 section 6.2",
    },
    Page {
        id: Id::AlertInsufficientSecurity,
        title: "The server wants stronger parameters than were offered",
        summary: "{alert} {stage}",
        cause: "The server demands ciphers, groups or key sizes beyond what the client offers, by a narrow policy.",
        fix: "Widen the policy to the usual strong suites (nginx: ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20, \
                ssl_ecdh_curve X25519:prime256v1:secp384r1), or update the client.",
        refused_by: &[],
        accepted_by: "clients that offer what this server wants",
        keys: &[ALERT, STAGE],
        source: "RFC 8446 section 6.2",
    },
    Page {
        id: Id::AlertOther,
        title: "The server ended the handshake with an alert",
        summary: "{alert} {stage}",
        cause: "The server gave up for the reason that the alert names; what led to it stands in its log.",
        fix: "Read the server's error log for that moment; the alert is described in RFC 8446 section 6.2.",
        refused_by: &[],
        accepted_by: "",
        keys: &[ALERT, STAGE],
        source: "RFC 8446 section 6.2",
    },
    Page {
        id: Id::ClientCertRequired,
        title: "The server demands a client certificate",
        summary: "a client certificate is wanted[ from {authorities}]: {alert} {stage}",
        cause: "The server lets only clients in that show a certificate (mutual TLS), and none was shown that it could \
                take. In TLS 1.3 many clients notice only at the first read.",
        fix: "Give tlscope the client's certificate with its key (--client-cert HOST=FILE, PEM or PKCS#12); or tunnel \
                the host (--tunnel HOST), so that the client shows its own. If no certificate should be needed: \
                ssl_verify_client off in nginx, SSLVerifyClient none in Apache.",
        refused_by: &[
            ("curl", "(56) tlsv13 alert certificate required"),
            ("Apple", "NSURLErrorClientCertificateRequired (-1206)"),
            ("Chrome", "ERR_BAD_SSL_CLIENT_AUTH_CERT, or ERR_SSL_CLIENT_AUTH_CERT_NEEDED"),
            ("Firefox", "SSL_ERROR_RX_CERTIFICATE_REQUIRED_ALERT"),
            ("Java", "Received fatal alert: certificate_required"),
            ("Node", "ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED"),
            ("Go", "remote error: tls: certificate required"),
            ("GnuTLS", "Received alert [116]"),
            ("rustls", "received fatal alert: CertificateRequired"),
        ],
        accepted_by: "clients that have a certificate from one of those issuers",
        keys: &[
            ALERT,
            STAGE,
            ("authorities", "the issuers of client certificates that the server accepts; empty when it names none"),
        ],
        source: "RFC 8446 sections 4.3.2 and 6.2",
    },
    Page {
        id: Id::ClientCertRequested,
        title: "The server asks for a client certificate",
        summary: "asks for a client certificate[ from {authorities}][; {certificate} was shown]",
        cause: "The server would like to know the client by its certificate. The handshake was completed all the same.",
        fix: "Nothing to do, unless the server then treats the client as a stranger (a 401 or 403 answer, or 400 from \
                nginx): give tlscope the certificate then (--client-cert HOST=FILE), or tunnel the host (--tunnel \
                HOST), so that the client shows its own.",
        refused_by: &[],
        accepted_by: "",
        keys: &[
            ("authorities", "the issuers of client certificates that the server accepts; empty when it names none"),
            ("schemes", "the signature schemes that it accepts"),
            ("certificate", "the certificate that tlscope showed it; absent when it showed none"),
        ],
        source: "RFC 8446 section 4.3.2",
    },
    Page {
        id: Id::ClientCertRejected,
        title: "The server refused the client certificate",
        summary: "{alert} {stage}[; {certificate} was shown]",
        cause: "The client certificate has expired, is revoked, or comes from a CA that the server does not know. The \
                alert says which.",
        fix: "Renew the client certificate or have it issued by the CA that the server expects; on the server check \
                ssl_client_certificate (nginx) or SSLCACertificateFile (Apache), and its clock.",
        refused_by: &[
            ("Apple", "NSURLErrorClientCertificateRejected (-1205)"),
            ("Chrome", "ERR_BAD_SSL_CLIENT_AUTH_CERT"),
            ("curl", "exit code 35 or 56"),
        ],
        accepted_by: "",
        keys: &[
            ALERT,
            STAGE,
            ("certificate", "the certificate that tlscope showed it; absent when the client showed its own"),
        ],
        source: "RFC 8446 section 6.2",
    },
    Page {
        id: Id::ClientCaListEmptyOrForeign,
        title: "The server does not name the issuer of the client certificate",
        summary: "asks for a certificate [from {authorities}; ]none of which issued {certificate}",
        cause: "A server says from which CAs it takes client certificates. This one names none, or others than those \
                that issued the certificate set for it. tlscope shows the certificate all the same, as curl does; \
                browsers, Java and Apple's systems go by the list and show none, or ask the user to choose.",
        fix: "Name the issuing CA on the server: ssl_client_certificate in nginx (ssl_trusted_certificate is not \
                sent), SSLCACertificateFile or SSLCADNRequestFile in Apache. Or it is the wrong certificate: see \
                --client-cert.",
        refused_by: &[],
        accepted_by: "clients that show whatever certificate they are given: curl, OpenSSL, Go, Python",
        keys: &[
            ("certificate", "the certificate that was shown"),
            ("authorities", "the issuers that the server names; empty when it names none"),
        ],
        source: "RFC 8446 section 4.2.4; RFC 5246 section 7.4.4",
    },
];
