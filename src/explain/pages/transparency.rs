//! Chapter "Certificate Transparency".

use super::Page;
use super::words::UNKNOWN_CRITICAL;
use crate::model::FindingId as Id;

const LOG: (&str, &str) = ("log", "the log's name or identifier");
const SOURCE: (&str, &str) = ("source", "where the SCT is: certificate, staple or tls");
const AT: (&str, &str) = ("at", "the timestamp of the SCT");

pub(super) static PAGES: &[Page] = &[
    Page {
        id: Id::CtNoSct,
        title: "Nothing proves that the certificate was logged",
        summary: "no SCT in the certificate, the staple or the handshake",
        cause: "Browsers and Apple want certificates of public CAs in public logs, and take signed timestamps (SCTs) \
                as proof: Chrome since 2018-04-30, Apple since 2018-10-15, Firefox on the desktop since 135, Android \
                for apps that ask for it or target 17.",
        fix: "Have it reissued with SCTs in it, as public CAs do unless one asked them not to. Adding them on the \
                server (TLS extension or staple) works too, but is rarely worth it.",
        refused_by: &[
            ("Android", "Certificate chain does not conform to required transparency policy: NOT_ENOUGH_SCTS"),
            ("Apple", "Certificate Transparency validation required for this use"),
            ("Chrome", "NET::ERR_CERTIFICATE_TRANSPARENCY_REQUIRED"),
            ("Firefox", "MOZILLA_PKIX_ERROR_INSUFFICIENT_CERTIFICATE_TRANSPARENCY"),
        ],
        accepted_by: "OpenSSL, curl, Node, Go, Java and .NET",
        keys: &[],
        source: "RFC 6962; the CT policies of Chrome, Apple and Mozilla",
    },
    Page {
        id: Id::CtTooFew,
        title: "Too little proves that the certificate was logged",
        summary: "{count} SCTs count, {needed} are needed[, operators: {operators}]; {why}",
        cause: "In a certificate of up to 180 days two SCTs are needed, in a longer one three; by TLS extension or \
                staple two. They have to come from two or more log operators, and one of the logs has to be in use \
                still.",
        fix: "Have it reissued; the CA has to submit it to more logs.",
        refused_by: &[
            ("Android", "... does not conform to required transparency policy: NOT_ENOUGH_SCTS, or NOT_DIVERSE_SCTS"),
            ("Apple", "Certificate Transparency validation required for this use"),
            ("Chrome", "NET::ERR_CERTIFICATE_TRANSPARENCY_REQUIRED"),
            ("Firefox", "MOZILLA_PKIX_ERROR_INSUFFICIENT_CERTIFICATE_TRANSPARENCY"),
        ],
        accepted_by: "OpenSSL, curl, Node, Go, Java and .NET",
        keys: &[
            ("count", "how many SCTs count"),
            ("needed", "how many are needed"),
            ("operators", "how many different log operators they are from; absent without a log list"),
            ("why", "what is lacking"),
        ],
        source: "the CT policies of Chrome, Apple and Mozilla",
    },
    Page {
        id: Id::CtSctBadSignature,
        title: "An SCT does not verify",
        summary: "SCT of {log} ({source}), dated {at:day}: wrong signature",
        cause: "The timestamp was not made for this certificate: the CA put in that of another one, or changed the \
                certificate after it was logged. Clients count it as absent.",
        fix: "If too few others are left, have the certificate reissued. In any case tell the CA; where the server \
                sends the SCT (TLS extension), renew its SCT files.",
        refused_by: &[],
        accepted_by: "every client, when enough other SCTs are left",
        keys: &[LOG, SOURCE, AT],
        source: "RFC 6962 section 3.2",
    },
    Page {
        id: Id::CtLogUnknownOrRetired,
        title: "An SCT is from a log that does not count",
        summary: "SCT of {log} ({source}), dated {at:day}: {state}",
        cause: "The log is not on the list, or it was retired before the time of the SCT. Clients count such an SCT as \
                absent. Or tlscope's log list is older than the log.",
        fix: "Nothing to do when enough other SCTs count. Otherwise bring tlscope's log list up to date first, and if \
                the finding stays, have the certificate reissued.",
        refused_by: &[],
        accepted_by: "every client, when enough other SCTs are left",
        keys: &[LOG, SOURCE, ("state", "what the log list says of the log"), AT],
        source: "the log lists of Chrome and Apple",
    },
    Page {
        id: Id::CtSctFuture,
        title: "An SCT is from the future",
        summary: "SCT of {log} is dated {at}",
        cause: "The clock of this machine or of the log is wrong. Clients must not count an SCT before its time.",
        fix: "Check the clock of this machine. If it is right, wait until that time has passed, or have the \
                certificate reissued.",
        refused_by: &[],
        accepted_by: "every client, when enough other SCTs are left",
        keys: &[LOG, AT],
        source: "RFC 6962 section 5.2",
    },
    Page {
        id: Id::CtPrecertServed,
        title: "The server shows a precertificate",
        summary: "the leaf has the poison extension of a precertificate",
        cause: "Before a CA issues a certificate it shows the logs a draft, made useless on purpose by a critical \
                extension (1.3.6.1.4.1.11129.2.4.3). That draft was installed in place of the certificate.",
        fix: "Install the certificate as the CA delivered it; a copy from a log's search page can be the draft. The \
                key stays the same.",
        refused_by: UNKNOWN_CRITICAL,
        accepted_by: "",
        keys: &[],
        source: "RFC 6962 section 3.1",
    },
    Page {
        id: Id::CtEmptyList,
        title: "A list of SCTs is empty",
        summary: "an SCT list without an entry; source: {source}",
        cause: "The CA or the server puts in the extension and nothing into it. It proves nothing, and a list has to \
                hold at least one SCT.",
        fix: "If it is in the certificate, have that reissued; if the server or the staple sends it, leave the \
                extension out or fill it.",
        refused_by: &[],
        accepted_by: "",
        keys: &[("source", "where the list is: certificate, staple or tls")],
        source: "RFC 6962 section 3.3",
    },
];
