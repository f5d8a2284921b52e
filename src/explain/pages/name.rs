//! Chapter "Name".

use super::Page;
use crate::model::FindingId as Id;

const ASKED: (&str, &str) = ("asked", "the host name or address that was asked for");
const PRESENTED: (&str, &str) = ("presented", "the names in the certificate's SAN; at most 100");
const PRESENTED_COUNT: (&str, &str) = ("presented_count", "how many there are");
const COMMON_NAME: (&str, &str) = ("common_name", "the subject's common name; empty when it has none");
const NAME: (&str, &str) = ("name", "the name at fault");
const FAULT: (&str, &str) = ("fault", "what is wrong with it");
const NAMES: (&str, &str) = ("names", "the names at fault, each with its type");
const MISMATCH: &[(&str, &str)] = &[
    ("curl", "(60) SSL: no alternative certificate subject name matches target host name ..."),
    ("OpenSSL", "hostname mismatch (62)"),
    ("Android", "SSLPeerUnverifiedException: Hostname ... not verified"),
    ("Apple", "certificate name does not match input (-67602)"),
    ("Chrome", "NET::ERR_CERT_COMMON_NAME_INVALID"),
    ("Firefox", "SSL_ERROR_BAD_CERT_DOMAIN"),
    ("Java", "No subject alternative DNS name matching ... found."),
    ("Node", "ERR_TLS_CERT_ALTNAME_INVALID: Hostname/IP does not match certificate's altnames"),
    ("Go", "x509: certificate is valid for ..., not ..."),
    ("GnuTLS", "The name in the certificate does not match the expected."),
    (".NET", "RemoteCertificateNameMismatch"),
];

const MISMATCH_IN_FOUR: &[(&str, &str)] = &[
    ("curl", "(60) SSL: no alternative certificate subject name matches target host name ..."),
    ("Chrome", "NET::ERR_CERT_COMMON_NAME_INVALID"),
    ("Firefox", "SSL_ERROR_BAD_CERT_DOMAIN"),
    ("Go", "x509: certificate is valid for ..., not ..."),
];

pub(super) static PAGES: &[Page] = &[
    Page {
        id: Id::NameMismatch,
        title: "The certificate is for other names",
        summary: "asked {asked}[, certificate names {presented}][ (common name {common_name})]",
        cause: "The server shows a certificate made for other names: the wrong virtual host answers, the name was left \
                out of the SAN, or DNS leads to another machine.",
        fix: "Reissue the certificate with {asked} in its SAN, or let the right virtual host answer (nginx: the server \
                block with that server_name and its own ssl_certificate; Apache: ServerName). If both are right, check \
                where DNS leads.",
        refused_by: MISMATCH,
        accepted_by: "",
        keys: &[ASKED, PRESENTED, PRESENTED_COUNT, COMMON_NAME],
        source: "RFC 9525 section 6",
    },
    Page {
        id: Id::NameCnOnly,
        title: "The name stands in the common name only, there is no SAN",
        summary: "asked {asked}; only the common name {common_name} says so, there is no SAN",
        cause: "The certificate was made from an old template. The common name has been out of use for host names for \
                many years, and browsers, Go and phones no longer look at it.",
        fix: "Reissue it with a SAN; with openssl req: -addext subjectAltName=DNS:{asked} (for an address IP: in place \
                of DNS:).",
        refused_by: &[
            ("Go", "x509: certificate relies on legacy Common Name field, use SANs instead"),
            ("Chrome", "NET::ERR_CERT_COMMON_NAME_INVALID"),
            ("Firefox", "SSL_ERROR_BAD_CERT_DOMAIN"),
            ("Android", "SSLPeerUnverifiedException: Hostname ... not verified"),
            ("Apple", "certificate name does not match input (-67602)"),
        ],
        accepted_by: "OpenSSL, curl, Node, Java and GnuTLS",
        keys: &[ASKED, PRESENTED, PRESENTED_COUNT, COMMON_NAME],
        source: "RFC 9525 section 6; Baseline Requirements section 7.1.4.2",
    },
    Page {
        id: Id::NameNone,
        title: "The certificate holds no name at all",
        summary: "asked {asked}; the certificate has neither a SAN nor a common name",
        cause: "It was issued without any host name, so it cannot be for this host or any other.",
        fix: "Reissue it with the host name in the SAN; with openssl req: -addext subjectAltName=DNS:{asked} (for an \
                address IP: in place of DNS:).",
        refused_by: &[
            ("curl", "(60) unable to obtain common name from peer certificate"),
            ("Chrome", "NET::ERR_CERT_COMMON_NAME_INVALID"),
            ("Firefox", "SSL_ERROR_BAD_CERT_DOMAIN"),
            ("Java", "No name matching ... found"),
            ("Node", "Cert does not contain a DNS name"),
            ("Go", "not valid for any names, but wanted to match ..."),
            ("GnuTLS", "The name in the certificate does not match the expected."),
        ],
        accepted_by: "",
        keys: &[ASKED, PRESENTED, PRESENTED_COUNT, COMMON_NAME],
        source: "RFC 5280 section 4.2.1.6",
    },
    Page {
        id: Id::SanIgnoredCnFallback,
        title: "Only the common name fits, and a SAN of another kind is there",
        summary: "asked {asked}; only the common name says so[, the SAN holds {presented}]",
        cause: "The SAN holds no name of the kind asked for (an address, say, where a host name was asked), and a \
                client that finds a SAN must not fall back on the common name. Some still do.",
        fix: "Reissue it with {asked} in the SAN: a host name as a dNSName, an address as an iPAddress.",
        refused_by: MISMATCH_IN_FOUR,
        accepted_by: "OpenSSL, Node, Java and GnuTLS",
        keys: &[ASKED, PRESENTED, PRESENTED_COUNT, COMMON_NAME],
        source: "RFC 9525 section 6.3; RFC 6125 section 6.4.4",
    },
    Page {
        id: Id::IpNotInSan,
        title: "The address asked for is not in the certificate",
        summary: "asked {asked}[, certificate names {presented}]",
        cause: "The client connects by address. An address counts only when the SAN holds it as an iPAddress; a host \
                name or the common name does not help.",
        fix: "Connect by a name that the certificate holds, or reissue it with the address in the SAN (openssl: \
                subjectAltName=IP:{asked}).",
        refused_by: &[
            ("curl", "(60) SSL: no alternative certificate subject name matches target host name ..."),
            ("OpenSSL", "IP address mismatch (64)"),
            ("Apple", "certificate name does not match input (-67602)"),
            ("Chrome", "NET::ERR_CERT_COMMON_NAME_INVALID"),
            ("Firefox", "SSL_ERROR_BAD_CERT_DOMAIN"),
            ("Node", "ERR_TLS_CERT_ALTNAME_INVALID: Hostname/IP does not match certificate's altnames"),
            ("Go", "x509: cannot validate certificate for ... because it doesn't contain any IP SANs"),
            ("GnuTLS", "The name in the certificate does not match the expected."),
            (".NET", "RemoteCertificateNameMismatch"),
        ],
        accepted_by: "",
        keys: &[ASKED, PRESENTED, PRESENTED_COUNT, COMMON_NAME],
        source: "RFC 9525 section 6.5",
    },
    Page {
        id: Id::IpInDnsname,
        title: "An address is written as a dNSName",
        summary: "{name} stands in the SAN as a dNSName",
        cause: "The tool that made the certificate put an IP address among the host names, where no client looks for \
                one.",
        fix: "Reissue it with the address as an iPAddress (openssl: IP:{name} in place of DNS:{name}).",
        refused_by: &[
            ("OpenSSL", "IP address mismatch (64)"),
            ("Chrome", "NET::ERR_CERT_COMMON_NAME_INVALID"),
            ("Firefox", "SSL_ERROR_BAD_CERT_DOMAIN"),
            ("Go", "x509: cannot validate certificate for ... because it doesn't contain any IP SANs"),
        ],
        accepted_by: "",
        keys: &[NAME, FAULT],
        source: "Baseline Requirements section 7.1.4.2.1",
    },
    Page {
        id: Id::WildcardTooDeep,
        title: "The wildcard does not reach the name asked for",
        summary: "asked {asked}[, certificate names {presented}]",
        cause: "A * stands for exactly one label: *.example.com covers a.example.com, but neither a.b.example.com nor \
                example.com itself.",
        fix: "Add {asked} to the certificate's SAN, or a wildcard one level deeper when it has more labels than the \
                wildcard covers.",
        refused_by: MISMATCH,
        accepted_by: "",
        keys: &[ASKED, PRESENTED, PRESENTED_COUNT, COMMON_NAME],
        source: "RFC 9525 section 6.3",
    },
    Page {
        id: Id::WildcardPartial,
        title: "A wildcard is not the whole first label",
        summary: "{name} has {fault}",
        cause: "A * may stand only for the whole leftmost label. Forms like s*.example.com are no longer read by many \
                clients.",
        fix: "Reissue it with *.example.com in place of s*.example.com, or with the full names.",
        refused_by: MISMATCH_IN_FOUR,
        accepted_by: "OpenSSL, Node and Java",
        keys: &[NAME, FAULT],
        source: "RFC 9525 section 6.3",
    },
    Page {
        id: Id::WildcardTldOrBare,
        title: "A wildcard for a whole public suffix",
        summary: "{name} has {fault}",
        cause: "The name covers every domain below a suffix like com or co.uk, or everything. No public CA may issue \
                it.",
        fix: "Reissue it with the names that the server really serves.",
        refused_by: MISMATCH,
        accepted_by: "most clients when it is *.co.uk or the like; none takes a bare *",
        keys: &[NAME, FAULT],
        source: "Baseline Requirements section 3.2.2.6",
    },
    Page {
        id: Id::SanTrailingDot,
        title: "A name in the SAN ends or begins with a dot",
        summary: "{name} has {fault}",
        cause: "The issuer's tool copied the name with its dot. In a certificate names are written without one, so \
                many clients do not match it.",
        fix: "Reissue it with the name written without the dot.",
        refused_by: &[
            ("OpenSSL", "hostname mismatch (62)"),
            ("Firefox", "SSL_ERROR_BAD_CERT_DOMAIN"),
            ("Java", "No subject alternative DNS name matching ... found."),
            ("Go", "x509: certificate is valid for ..., not ..."),
            ("GnuTLS", "The name in the certificate does not match the expected."),
        ],
        accepted_by: "curl, Node and Chrome",
        keys: &[NAME, FAULT],
        source: "RFC 5280 section 4.2.1.6",
    },
    Page {
        id: Id::SanUnderscore,
        title: "A name in the SAN has an underscore",
        summary: "{name} has {fault}",
        cause: "Host names have no underscores, and public CAs no longer issue such certificates; today's clients do \
                not mind.",
        fix: "Nothing to do for the clients; rename the host before its certificate has to be renewed by a public CA.",
        refused_by: &[],
        accepted_by: "curl, OpenSSL, Node, Go, Java, GnuTLS, Chrome and Firefox",
        keys: &[NAME, FAULT],
        source: "Baseline Requirements section 7.1.4.2.1",
    },
    Page {
        id: Id::SanUlabel,
        title: "A name in the SAN is not written in ASCII",
        summary: "{name} has {fault}",
        cause: "An internationalised name stands in the certificate as people read it; it has to be in its A-label \
                form (xn--...).",
        fix: "Reissue it with the A-label (Punycode) form of the name.",
        refused_by: &[("OpenSSL", "unsupported or invalid name syntax (53)")],
        accepted_by: "",
        keys: &[NAME, FAULT],
        source: "RFC 5280 sections 4.2.1.6 and 7.2",
    },
    Page {
        id: Id::SanNullOrBadChar,
        title: "A name in the SAN has a character no host name may have",
        summary: "{name} has {fault}",
        cause: "The CA did not check the name, or somebody tries to deceive: a client that stops reading at a NUL \
                takes good.example\\0.evil.example for good.example. Strict parsers refuse the whole certificate.",
        fix: "Do not use this certificate. Reissue it with plain host names, and if you did not order it, find out who \
                did.",
        refused_by: &[],
        accepted_by: "",
        keys: &[NAME, FAULT],
        source: "RFC 5280 section 4.2.1.6; RFC 1123 section 2.1",
    },
    Page {
        id: Id::SanEmpty,
        title: "The SAN is empty or holds an empty name",
        summary: "an empty SAN, or an empty name in it ({names} entries)",
        cause: "The tool that made the certificate wrote the extension without filling it in.",
        fix: "Reissue it with the host name in the SAN.",
        refused_by: &[("OpenSSL", "Empty Subject Alternative Name extension (87), in strict mode")],
        accepted_by: "clients that do not parse strictly, when another name in it fits",
        keys: &[("names", "how many entries the SAN has")],
        source: "RFC 5280 section 4.2.1.6",
    },
    Page {
        id: Id::SanNonDnsTypes,
        title: "The SAN of a public server certificate holds other kinds of names",
        summary: "the SAN also holds {names}",
        cause: "A public server certificate may hold host names and addresses only; e-mail addresses, URIs and \
                directory names belong in certificates of other kinds.",
        fix: "Nothing to do for the clients, which pass over such names; have the next certificate issued without \
                them.",
        refused_by: &[],
        accepted_by: "",
        keys: &[NAMES],
        source: "Baseline Requirements section 7.1.2.7.12",
    },
    Page {
        id: Id::SanReservedName,
        title: "A public certificate names something that is not public",
        summary: "the SAN holds {names}, which no public CA may vouch for",
        cause: "Internal names (.local, a bare host name, .arpa) and private addresses belong to everybody, so no \
                public CA may vouch for them.",
        fix: "Use a public domain name for the host, or a private CA for internal names.",
        refused_by: &[("Chrome", "ERR_CERT_NON_UNIQUE_NAME (older versions)")],
        accepted_by: "",
        keys: &[NAMES],
        source: "Baseline Requirements sections 4.2.2 and 7.1.4.2.1",
    },
    Page {
        id: Id::CnNotInSan,
        title: "The common name is not a copy of a SAN entry",
        summary: "the common name[ {common_name}] is not in the SAN[, which holds {presented}]",
        cause: "A public certificate may have a common name only as an exact copy of one of its SAN entries. Clients \
                look at the SAN alone.",
        fix: "Nothing to do for the clients; if somebody uses that name as a host, add it to the SAN, and leave the \
                common name out of the next request.",
        refused_by: &[],
        accepted_by: "",
        keys: &[PRESENTED, PRESENTED_COUNT, COMMON_NAME],
        source: "Baseline Requirements section 7.1.4.3",
    },
    Page {
        id: Id::SanDuplicate,
        title: "The SAN names the same name twice",
        summary: "named more than once: {names}",
        cause: "The request for the certificate listed a name twice.",
        fix: "Nothing to do; list each name once in the next request.",
        refused_by: &[],
        accepted_by: "",
        keys: &[NAMES],
        source: "no rule forbids it; RFC 5280 section 4.2.1.6 says what a SAN holds",
    },
    Page {
        id: Id::CertMessageTooLarge,
        title: "The Certificate message is too large for some clients",
        summary: "Certificate message of {bytes} bytes; Java takes no more than {limit}",
        cause: "The certificate holds thousands of names, or the chain is far too long. Java stops at 32,768 bytes, Go \
                and rustls at 64 KiB, OpenSSL at about 100 KB.",
        fix: "Spread the names over several certificates chosen by SNI (nginx: a server block with its own \
                ssl_certificate each), or use a wildcard; send no certificates that are not needed.",
        refused_by: &[
            ("Java", "The size of the handshake message (...) exceeds the maximum allowed size (32768)"),
            ("Go", "tls: handshake message of length ... bytes exceeds maximum of 65536 bytes"),
            ("rustls", "HandshakePayloadTooLarge"),
            ("OpenSSL", "excessive message size"),
            ("curl", "(35) excessive message size"),
            ("Node", "excessive message size"),
            ("Chrome", "ERR_SSL_PROTOCOL_ERROR"),
            ("Firefox", "SSL_ERROR_RX_MALFORMED_HANDSHAKE"),
        ],
        accepted_by: "GnuTLS (200 KB)",
        keys: &[("bytes", "size of the Certificate message"), ("limit", "the smallest limit among current clients")],
        source: "limits of the clients; RFC 8446 section 4.4.2 itself allows 16 MiB",
    },
    Page {
        id: Id::SniDiffers,
        title: "The SNI is not the host that the proxy was asked for",
        summary: "asked the proxy for {asked}, but sent the SNI {sni}",
        cause: "The client named one host to the proxy and another one in its ClientHello: it connects by address and \
                names the host in TLS only, or it fronts one domain with another.",
        fix: "Nothing to do if that is meant; tlscope judges the certificate by the SNI. Otherwise look for a host \
                override in the client.",
        refused_by: &[],
        accepted_by: "",
        keys: &[("asked", "the host of the CONNECT or SOCKS request"), ("sni", "the name in the ClientHello")],
        source: "RFC 6066 section 3",
    },
];
