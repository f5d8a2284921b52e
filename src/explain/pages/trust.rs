//! Chapter "Trust and chain": what only the paths and the roots above them tell.

use super::Page;
use super::words::{CERTIFICATE, ISSUER};
use crate::model::FindingId as Id;

const ANCHOR: (&str, &str) = ("anchor", "the anchor's name");
const ANCHOR_SHA256: (&str, &str) = ("anchor_sha256", "its SHA-256 fingerprint");
const PROGRAMME: (&str, &str) = ("programme", "the root programme: Chrome, Mozilla or Apple, for instance");

pub(super) static PAGES: &[Page] = &[
    Page {
        id: Id::ChainDnEncoding,
        title: "The issuer's name is written in another way than the issuer writes it",
        summary: "{certificate} names {names}; the issuer writes itself {subject}",
        cause: "Both names mean the same but differ in their bytes: string type, upper and lower case, or spaces. RFC \
                5280 compares the meaning; clients that compare bytes, such as Go and rustls, do not find the issuer.",
        fix: "Reissue the certificate with the subject of the CA certificate, to the byte, as its issuer (openssl x509 \
                -req -CA does so by itself).",
        refused_by: &[("Go", "x509: certificate signed by unknown authority")],
        accepted_by: "Chrome, Firefox and OpenSSL",
        keys: &[
            CERTIFICATE,
            ("names", "the issuer as the certificate writes it"),
            ("subject", "the issuer as it writes itself"),
        ],
        source: "RFC 5280 section 7.1",
    },
    Page {
        id: Id::ChainAkiMismatch,
        title: "The key identifiers of certificate and issuer differ",
        summary: "{certificate} wants the key {authority_key_id}, {issuer} calls its own {subject_key_id}",
        cause: "The signature fits; only the hint that leads to the issuer's key does not, often because the CA \
                certificate was made anew with another identifier. OpenSSL follows the hint strictly.",
        fix: "Reissue the certificate from the CA certificate that is in use now, or go back to the CA certificate \
                with the identifier {authority_key_id}.",
        refused_by: &[
            ("curl", "(60) SSL certificate problem: unable to get local issuer certificate"),
            ("OpenSSL", "unable to get local issuer certificate (20)"),
            ("Apple", "errSecInvalidIDLinkage"),
            ("Node", "UNABLE_TO_VERIFY_LEAF_SIGNATURE"),
            ("GnuTLS", "The certificate issuer is unknown."),
        ],
        accepted_by: "Go, Java, Chrome and Firefox",
        keys: &[
            CERTIFICATE,
            ISSUER,
            ("authority_key_id", "the authorityKeyIdentifier of the certificate in hex"),
            ("subject_key_id", "the subjectKeyIdentifier of the issuer in hex"),
        ],
        source: "RFC 5280 section 4.2.1.1",
    },
    Page {
        id: Id::ChainExpiredCrossSign,
        title: "The certificates sent lead to an expired CA, although a good path exists",
        summary: "the path as sent leads to {expired}, ended {ended:day}; a good one leads to {instead}",
        cause: "The file still holds a cross-signed certificate or a root of old. Clients that look for another path \
                find the newer root, older ones follow what was sent and stop. It was so with AddTrust (2020-05-30) \
                and DST Root CA X3 (2021-09-30).",
        fix: "Take what leads to {expired} out of the certificate file (nginx: ssl_certificate; Apache: \
                SSLCertificateFile), or install the CA's current chain (certbot: --preferred-chain chooses it), and \
                reload.",
        refused_by: &[
            ("OpenSSL", "before 1.1.0: certificate has expired (10)"),
            ("GnuTLS", "before 3.6.14: The certificate chain uses expired certificate."),
        ],
        accepted_by: "clients that look for another path, as current ones do",
        keys: &[
            ("expired", "the name of the expired certificate"),
            ("expired_sha256", "its SHA-256 fingerprint"),
            ("ended", "the last instant of its validity"),
            ("instead", "the name of the anchor to which the good path leads"),
        ],
        source: "RFC 4158 (building paths); RFC 5280 section 6.1",
    },
    Page {
        id: Id::ChainTooLong,
        title: "The path has too many certificates",
        summary: "intermediates on the path: {certificates}, the limit is {limit}",
        cause: "Each client sets a limit of its own: rustls takes six intermediates, OpenSSL a hundred certificates. \
                Few chains need more than two intermediates.",
        fix: "Have the leaf issued nearer to the root. If the limit is the one given with --max-depth, raise it to \
                have the whole path judged.",
        refused_by: &[("rustls", "MaximumPathDepthExceeded")],
        accepted_by: "OpenSSL up to a depth of 100",
        keys: &[("certificates", "how many intermediates are on the path"), ("limit", "how many are allowed")],
        source: "limits of the clients; RFC 5280 sets none",
    },
    Page {
        id: Id::ChainLoop,
        title: "The CAs certify each other in a circle",
        summary: "a circle without a root: {certificates}",
        cause: "Each of these CAs was signed by another of them and none by a root, so that following the issuers \
                never comes to an end.",
        fix: "Ask the CA for the intermediate that leads to a trusted root, and send that one in place of the \
                cross-signed ones (nginx: ssl_certificate with fullchain.pem).",
        refused_by: &[
            ("OpenSSL", "unable to get local issuer certificate (20), or certificate chain too long (22)"),
            ("Android", "Trust anchor for certification path not found."),
            ("Apple", "Unable to build chain to root (possible missing intermediate) (-25318)"),
            ("Chrome", "NET::ERR_CERT_AUTHORITY_INVALID"),
            ("Firefox", "SEC_ERROR_UNKNOWN_ISSUER"),
            ("Java", "PKIX path building failed: unable to find valid certification path to requested target"),
            ("Go", "x509: certificate signed by unknown authority"),
            ("GnuTLS", "The certificate issuer is unknown."),
        ],
        accepted_by: "",
        keys: &[("certificates", "the names of those certificates")],
        source: "RFC 5280 section 6.1; RFC 4158 (building paths)",
    },
    Page {
        id: Id::ChainVaries,
        title: "Not every connection gets the same certificates",
        summary: "not the same everywhere: {differs}[; asked: {addresses}][; their leaves: {leaves:short}]",
        cause: "The name leads to several machines, or to one with several certificates: by address, IPv4 or IPv6, TLS \
                version, SNI or kind of key. If it is not meant so (RSA beside ECDSA can be), one of them was \
                forgotten, and clients meet the fault by chance.",
        fix: "Install the same current certificate and chain on every machine[ ({addresses})] and reload each; with a \
                CDN or load balancer look for the node or listener that was left out. Nothing to do where it is meant.",
        refused_by: &[],
        accepted_by: "",
        keys: &[
            ("differs", "what differs"),
            ("addresses", "the addresses that were asked"),
            ("leaves", "the fingerprint of the leaf at each address"),
        ],
        source: "tlscope's own rule; RFC 8446 section 4.4.2.2 lets a server choose by what the client supports",
    },
    Page {
        id: Id::RootDistrustedAfter,
        title: "The root is not trusted for certificates as new as this one",
        summary: "{programme} trusts {anchor} up to {since:day}; the leaf is of {leaf_date:day} ({basis})",
        cause: "The CA has lost the trust of a root programme: certificates up to a given day live on, newer ones are \
                refused. It is so with Entrust in Chrome (SCTs after 2024-11-11), and with Chunghwa and NetLock (after \
                2025-07-31).",
        fix: "Get a certificate from another CA.",
        refused_by: &[
            ("Chrome", "NET::ERR_CERT_AUTHORITY_INVALID"),
            ("Java", "TLS Server certificate issued after ... and anchored by a distrusted legacy ... root CA"),
        ],
        accepted_by: "clients of root programmes that still trust the root",
        keys: &[
            ANCHOR,
            ANCHOR_SHA256,
            PROGRAMME,
            ("since", "the last day for which it trusts the root"),
            ("basis", "what the day is compared with: notBefore, or the earliest SCT"),
            ("leaf_date", "that date of the leaf"),
        ],
        source: "Chrome Root Store; CCADB; caDistrustPolicies in Java's java.security",
    },
    Page {
        id: Id::RootRemoved,
        title: "The root was taken out of a root programme",
        summary: "{programme} removed {anchor}[ ({since:day})][: {reason}]",
        cause: "A root programme took it out, most often because the CA was found unfit (WoSign, Symantec, Camerfirma, \
                TrustCor and e-Tugra are known cases). Clients that are up to date refuse it, old ones still have it.",
        fix: "Get a certificate from another CA.",
        refused_by: &[("Chrome", "NET::ERR_CERT_AUTHORITY_INVALID, or NET::ERR_CERT_SYMANTEC_LEGACY")],
        accepted_by: "clients whose store still holds the root",
        keys: &[ANCHOR, ANCHOR_SHA256, PROGRAMME, ("since", "the day of the removal"), ("reason", "why")],
        source: "CCADB; the announcements of the root programmes",
    },
    Page {
        id: Id::RootUserInstalledOnly,
        title: "Only a root that somebody installed makes the chain trusted",
        summary: "{anchor} is trusted by {trusted_by}, not by {not_in}",
        cause: "The root is in no public root set: it belongs to a company, a test or an intercepting proxy and was \
                installed here. Apps for Android 7 and later ignore such roots unless their networkSecurityConfig \
                allows them; Chrome on Android takes them.",
        fix: "Nothing to do where every client has the root. Otherwise install {anchor} in the others (Android apps: \
                certificates src=\"user\" in networkSecurityConfig, for tests under debug-overrides), or for the \
                public take a certificate from a public CA.",
        refused_by: &[("Android", "Trust anchor for certification path not found.")],
        accepted_by: "clients in which the root is installed, Chrome on Android among them",
        keys: &[ANCHOR, ("trusted_by", "the root sets that trust the chain"), ("not_in", "the root sets that do not")],
        source: "RFC 5280 section 6.1.1 (d): every client chooses its own anchors; Android's networkSecurityConfig",
    },
];
