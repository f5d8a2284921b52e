//! Chapter "Revocation".

use super::Page;
use super::words::CERTIFICATE;
use crate::model::FindingId as Id;

const SERIAL: (&str, &str) = ("serial", "the serial number in hex");
const REVOKED_AT: (&str, &str) = ("revoked_at", "when it was revoked");
const REASON: (&str, &str) = ("reason", "the reason that the CA gives");
const THIS_UPDATE: (&str, &str) = ("this_update", "the time for which this was said");
const CRL_URL: (&str, &str) = ("url", "where the revocation list is");
const FAULT: (&str, &str) = ("fault", "what is wrong");
const BY: (&str, &str) = ("by", "where the response is from: the responder's URL, staple, or a file");
const BY_CRL: (&str, &str) = ("by", "where the list is from: its URL, or a file");

pub(super) static PAGES: &[Page] = &[
    Page {
        id: Id::RevokedOcsp,
        title: "The certificate has been revoked, says OCSP",
        summary: "[{certificate}: ]revoked {revoked_at:day}[ ({reason})]; source: {by}",
        cause: "The CA has withdrawn the certificate: its key leaked, it was replaced, or it should not have been \
                issued. Of the clients measured only Firefox, curl --cert-status and, where it is stapled, GnuTLS looked.",
        fix: "Make a new key, have a new certificate issued and install it on every server of the name. If it was \
                replaced already, the server still serves the old file: reload it.",
        refused_by: &[
            ("curl", "(91) SSL certificate revocation reason: ..., with --cert-status"),
            ("Apple", "certificate is revoked"),
            ("Chrome", "NET::ERR_CERT_REVOKED, when its CRLSet lists it"),
            ("Firefox", "SEC_ERROR_REVOKED_CERTIFICATE"),
            (".NET", "Revoked, when it checks"),
            ("GnuTLS", "The certificate chain is revoked., when the response is stapled"),
        ],
        accepted_by: "OpenSSL, curl, Node, Go and Java, which do not look by default; Chrome, when its CRLSet \
                does not list it",
        keys: &[CERTIFICATE, SERIAL, REVOKED_AT, REASON, BY, THIS_UPDATE],
        source: "RFC 6960 section 2.2",
    },
    Page {
        id: Id::RevokedCrl,
        title: "The certificate is on the revocation list of its CA",
        summary: "[{certificate}: ]revoked {revoked_at:day}[ ({reason})]; source: {by}",
        cause: "The CA has withdrawn the certificate: its key leaked, it was replaced, or it should not have been \
                issued. Most clients do not fetch the list; browsers have digests of their own.",
        fix: "Make a new key, have a new certificate issued and install it on every server of the name. If it was \
                replaced already, the server still serves the old file: reload it.",
        refused_by: &[
            ("OpenSSL", "certificate revoked (23), with -crl_check"),
            ("curl", "(60) SSL certificate problem: certificate revoked, with --crlfile"),
            ("Apple", "certificate is revoked"),
            ("Chrome", "NET::ERR_CERT_REVOKED, when its CRLSet lists it"),
            ("Firefox", "SEC_ERROR_REVOKED_CERTIFICATE"),
            (".NET", "Revoked, when it checks"),
        ],
        accepted_by: "OpenSSL, curl, Node, Go, Java and GnuTLS, which do not look by default; Chrome, when its CRLSet \
                does not list it",
        keys: &[CERTIFICATE, SERIAL, REVOKED_AT, REASON, BY_CRL, THIS_UPDATE],
        source: "RFC 5280 section 6.3",
    },
    Page {
        id: Id::IntermediateRevoked,
        title: "An intermediate certificate has been revoked",
        summary: "{certificate} was revoked {revoked_at:day}[ ({reason})]; source: {by}",
        cause: "The CA has withdrawn one of its own intermediates, and what it issued is worth nothing with it. \
                Browsers learn of it by lists of their own (OneCRL, CRLSet, Apple's Valid).",
        fix: "Install the CA's current chain (nginx: ssl_certificate with fullchain.pem); if the CA has no other path \
                to this leaf, have it reissued from another intermediate.",
        refused_by: &[("Chrome", "NET::ERR_CERT_REVOKED"), ("Firefox", "SEC_ERROR_REVOKED_CERTIFICATE")],
        accepted_by: "clients that do not look, as most do not",
        keys: &[
            CERTIFICATE,
            SERIAL,
            REVOKED_AT,
            REASON,
            ("by", "where this is from: a URL, staple, or a file"),
            THIS_UPDATE,
        ],
        source: "RFC 5280 section 6.3; RFC 6960 section 2.2",
    },
    Page {
        id: Id::NoRevocationInfo,
        title: "The certificate names no place to ask whether it is revoked",
        summary: "names neither a CRL nor an OCSP responder; valid for {days:days}",
        cause: "A certificate that lives for a few days needs neither, for it ends before a revocation gets around; \
                public CAs may leave both out up to 7 days (10 when issued before 2026-03-15). Private CAs often have \
                none.",
        fix: "Nothing to do. Should its key leak, only a new certificate and a removal of the old one help.",
        refused_by: &[],
        accepted_by: "",
        keys: &[("days", "how long it is valid, in days")],
        source: "Baseline Requirements sections 4.9 and 7.1.2.11.2",
    },
    Page {
        id: Id::CrlUnreachable,
        title: "The revocation list cannot be fetched",
        summary: "no revocation list from {url}: {reason}",
        cause: "The CA's server is down, or a firewall or proxy here blocks port 80. Whether the certificate is \
                revoked stays unknown, and clients that insist on knowing refuse it.",
        fix: "Fetch {url} from another network. If it works there, let this network through to it; if not, tell the \
                CA.",
        refused_by: &[
            ("OpenSSL", "unable to get certificate CRL (3), with -crl_check"),
            (".NET", "RevocationStatusUnknown, OfflineRevocation, when it checks"),
        ],
        accepted_by: "clients that do not look, as most do not",
        keys: &[CRL_URL, ("reason", "what happened instead")],
        source: "RFC 5280 sections 4.2.1.13 and 6.3",
    },
    Page {
        id: Id::CrlExpired,
        title: "The revocation list is out of date",
        summary: "the revocation list at {url} was good until {next_update}",
        cause: "The CA has not published a new list in time, or a cache on the way holds the old one. Later \
                revocations are not on it, so clients that check do not take it.",
        fix: "Fetch {url} from another network. If it is old there too, tell the CA; in a private CA let a job make \
                the list (openssl ca -gencrl) well before it ends.",
        refused_by: &[
            ("OpenSSL", "CRL has expired (12), with -crl_check"),
            (".NET", "RevocationStatusUnknown, OfflineRevocation, when it checks"),
        ],
        accepted_by: "clients that do not look, as most do not",
        keys: &[CRL_URL, ("next_update", "the time by which a new list was due")],
        source: "RFC 5280 section 5.1.2.5",
    },
    Page {
        id: Id::CrlBadSignature,
        title: "The revocation list is not properly signed",
        summary: "revocation list at {url}: {why}[ (issuer {issuer})]",
        cause: "The signature does not verify under the CA's key, or that key may not sign lists (keyUsage without \
                cRLSign). So the list says nothing; the CA mixed up its keys, or the file was changed.",
        fix: "Tell the CA. A private CA signs the list with the key that issued the certificate, and has keyUsage = \
                critical, keyCertSign, cRLSign.",
        refused_by: &[(
            "OpenSSL",
            "CRL signature failure (8), or key usage does not include CRL signing (35), with -crl_check",
        )],
        accepted_by: "clients that do not look, as most do not",
        keys: &[CRL_URL, ("issuer", "who should have signed it"), ("why", "what is wrong")],
        source: "RFC 5280 section 6.3.3 (f) and (g)",
    },
    Page {
        id: Id::CrlScope,
        title: "The revocation list says nothing about this certificate",
        summary: "revocation list at {url}: {fault}",
        cause: "A list can be limited (issuingDistributionPoint: only CAs, only leaves, only some reasons, only one \
                URL), and this one does not cover the certificate that points to it; or it is not in force yet, by \
                this clock. So it says nothing about it.",
        fix: "Tell the CA: the URL in the certificate has to lead to the list that covers it. Where it is not in \
                force yet, check the clock of this machine first.",
        refused_by: &[("OpenSSL", "different CRL scope (44), with -crl_check")],
        accepted_by: "clients that do not look, as most do not",
        keys: &[CRL_URL, FAULT],
        source: "RFC 5280 sections 5.2.5 and 6.3.3 (b)",
    },
    Page {
        id: Id::CrlMalformed,
        title: "The revocation list is badly written",
        summary: "revocation list at {url}: {fault}",
        cause: "The list cannot be read, or its number (cRLNumber) is missing or marked critical. Strict verifiers do \
                not take it.",
        fix: "Tell the CA. In a private CA make it with current software (openssl ca -gencrl with crlnumber set in the \
                configuration).",
        refused_by: &[],
        accepted_by: "clients that do not look, as most do not",
        keys: &[CRL_URL, FAULT],
        source: "RFC 5280 section 5.2.3",
    },
    Page {
        id: Id::OcspUnreachable,
        title: "The OCSP responder does not answer",
        summary: "no answer from {url}: {reason}",
        cause: "The CA has switched its responder off (Let's Encrypt did so on 2025-08-06), it is down, or port 80 is \
                blocked here. OCSP has been optional for public CAs since 2024-03-15.",
        fix: "Nothing to do for most clients. Where one insists on an answer, let it through to {url}, or take a \
                certificate that names no responder.",
        refused_by: &[],
        accepted_by: "all clients but those that insist on an answer",
        keys: &[("url", "the OCSP responder"), ("reason", "what happened instead")],
        source: "RFC 6960; Baseline Requirements (ballot SC-063)",
    },
    Page {
        id: Id::OcspUnknown,
        title: "The OCSP responder does not know the certificate",
        summary: "serial {serial} is unknown to OCSP; source: {by}",
        cause: "The responder has not heard of the certificate: it is brand new, or it was not issued by this CA.",
        fix: "If the certificate is new, wait, then reload the server so that it fetches a new response. Otherwise ask \
                the CA whether it issued this serial number.",
        refused_by: &[("curl", "exit code 91, with --cert-status"), ("Firefox", "SEC_ERROR_OCSP_UNKNOWN_CERT")],
        accepted_by: "clients that do not look, as most do not",
        keys: &[BY, SERIAL],
        source: "RFC 6960 section 2.2",
    },
    Page {
        id: Id::MustStapleMissing,
        title: "The certificate demands a stapled OCSP response, and there is none",
        summary: "must-staple is set, and the server sent no OCSP response",
        cause: "With the TLS feature status_request the certificate tells clients to refuse it without a stapled \
                response. The server has stapling off or could not fetch a response; nginx also has none for the first \
                connections after a start.",
        fix: "Switch stapling on (nginx: ssl_stapling on, with ssl_trusted_certificate and resolver; Apache: \
                SSLUseStapling on, with SSLStaplingCache) and let the server reach the responder. If the CA has no \
                OCSP any more, have the certificate reissued without must-staple.",
        refused_by: &[
            ("Firefox", "MOZILLA_PKIX_ERROR_REQUIRED_TLS_FEATURE_MISSING"),
            (
                "GnuTLS",
                "The certificate requires the server to include an OCSP status in its response, but the OCSP status is missing.",
            ),
        ],
        accepted_by: "OpenSSL, curl, Node, Go, Java and Chrome",
        keys: &[],
        source: "RFC 7633",
    },
    Page {
        id: Id::StapleMissing,
        title: "No OCSP response is stapled",
        summary: "nothing stapled; the CA's OCSP responder is {url}",
        cause: "Stapling spares clients the question to the CA, and does not tell the CA who visits the server. No \
                client insists on it unless the certificate does.",
        fix: "Nothing needs to be done. To have it: nginx: ssl_stapling on, with ssl_trusted_certificate and resolver; \
                Apache: SSLUseStapling on, with SSLStaplingCache.",
        refused_by: &[],
        accepted_by: "",
        keys: &[("url", "the OCSP responder that the certificate names")],
        source: "RFC 6066 section 8; RFC 8446 section 4.4.2.1",
    },
    Page {
        id: Id::StapleExpired,
        title: "An OCSP response has expired",
        summary: "the response ({by}) was good until {next_update}",
        cause: "The server goes on sending an old response: it cannot reach the responder to fetch a new one, or the \
                file that it serves (nginx: ssl_stapling_file) is not renewed.",
        fix: "Look for OCSP in the server's log, let it reach the responder (firewall; nginx: resolver), and restart \
                it. If the CA has no OCSP any more, switch stapling off.",
        refused_by: &[
            ("curl", "(91) OCSP response has expired, with --cert-status"),
            ("OpenSSL", "OCSP response has expired (99), from 3.6 on when told to check"),
            ("GnuTLS", "The revocation or OCSP data are old and have been superseded., when it is stapled"),
        ],
        accepted_by: "Firefox, which does not use it, and clients that do not look, as most do not",
        keys: &[BY, ("next_update", "the time by which a new response was due"), THIS_UPDATE],
        source: "RFC 6960 section 4.2.2.1",
    },
    Page {
        id: Id::StapleFuture,
        title: "An OCSP response is from the future",
        summary: "{by}: thisUpdate is {this_update}[, producedAt {produced_at}]",
        cause: "The clock of this machine or of the CA's responder is wrong.",
        fix: "Check the clock of this machine first. If it is right, tell the CA; the response becomes good when its \
                time has come.",
        refused_by: &[(
            "OpenSSL",
            "OCSP response not yet valid (contains a date in the future) (98), from 3.6 on when told to check",
        )],
        accepted_by: "clients that do not look, as most do not",
        keys: &[BY, THIS_UPDATE, ("produced_at", "when the responder signed it")],
        source: "RFC 6960 sections 2.4 and 4.2.2.1",
    },
    Page {
        id: Id::StapleWrongCert,
        title: "An OCSP response is about another certificate",
        summary: "the response ({by}) is for serial {staple_serial}, the certificate has {serial}",
        cause: "The server still sends the response for the previous certificate, or a file that belongs to another \
                one.",
        fix: "Reload or restart the server, so that it fetches a new response; where it serves a file (nginx: \
                ssl_stapling_file), renew that together with the certificate.",
        refused_by: &[
            ("curl", "(91) Could not find certificate ID in OCSP response, with --cert-status"),
            ("GnuTLS", "The received OCSP status response is invalid., when it is stapled"),
        ],
        accepted_by: "clients that do not look, as most do not",
        keys: &[
            BY,
            ("serial", "the serial number of the certificate in hex"),
            ("staple_serial", "the serial number in the response, in hex"),
        ],
        source: "RFC 6960 section 4.1.1",
    },
    Page {
        id: Id::StapleBadSigner,
        title: "The OCSP response is not signed by one who may",
        summary: "signer {responder}: {why}; source: {by}",
        cause: "A response counts when it is signed by the CA that issued the certificate, or by a responder which \
                that CA itself certified for it (OCSPSigning). This one is not, or its signature is wrong.",
        fix: "Reload the server so that it fetches a new response, and check that it staples for this leaf's own \
                issuer (nginx: ssl_trusted_certificate). If the CA's responder itself sends it, tell the CA.",
        refused_by: &[
            ("OpenSSL", "OCSP response signature verification failure (97), from 3.6 on when told to check"),
            ("Firefox", "SEC_ERROR_OCSP_INVALID_SIGNING_CERT"),
            ("GnuTLS", "The received OCSP status response is invalid., when it is stapled"),
        ],
        accepted_by: "clients that do not look, as most do not",
        keys: &[BY, ("responder", "the name or the key identifier of the signer"), ("why", "what is wrong")],
        source: "RFC 6960 section 4.2.2.2",
    },
    Page {
        id: Id::StapleErrorStatus,
        title: "The OCSP response is an error and no answer",
        summary: "{status}; source: {by}",
        cause: "The responder says that it cannot answer now (tryLater, internalError), or not about this certificate \
                (unauthorized); so it stays unknown whether it is revoked.",
        fix: "Wait and reload the server. Apache: SSLStaplingReturnResponderErrors off keeps such responses from \
                clients. If it says unauthorized for long, ask the CA.",
        refused_by: &[("Firefox", "SEC_ERROR_OCSP_TRY_SERVER_LATER")],
        accepted_by: "clients that do not look, as most do not",
        keys: &[BY, ("status", "the status of the response")],
        source: "RFC 6960 section 4.2.1",
    },
    Page {
        id: Id::OcspSignerIsCa,
        title: "An intermediate may also sign OCSP responses",
        summary: "{certificate} has OCSPSigning among its purposes",
        cause: "With it the intermediate can speak for the CA above, even about its own revocation. No client is known \
                to refuse it.",
        fix: "Nothing to do on the server; it is for the CA to replace the intermediate.",
        refused_by: &[],
        accepted_by: "",
        keys: &[CERTIFICATE],
        source: "RFC 6960 section 4.2.2.2",
    },
];
