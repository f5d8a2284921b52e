//! Chapter "Validity".

use super::Page;
use super::words::CERTIFICATE;
use crate::model::FindingId as Id;

const NOT_BEFORE: (&str, &str) = ("not_before", "the first instant of the validity");
const NOT_AFTER: (&str, &str) = ("not_after", "the last instant of the validity");
const DAYS_AGO: (&str, &str) = ("days_ago", "whole days since the end");
const HOURS_AHEAD: (&str, &str) = ("hours_ahead", "whole hours until the validity begins");
const HOURS_LEFT: (&str, &str) = ("hours_left", "whole hours until the end");
const DAYS_LEFT: (&str, &str) = ("days_left", "whole days until the end");
const DAYS: (&str, &str) = ("days", "how long it is valid, in days rounded up");
const LIMIT_DAYS: (&str, &str) = ("limit_days", "how many days are allowed");

pub(super) static PAGES: &[Page] = &[
    Page {
        id: Id::CertExpired,
        title: "The certificate has expired",
        summary: "ended {not_after:day}, {days_ago:days} ago",
        cause: "It was not renewed; or it was renewed and the server still serves the old file; or one of several \
                servers behind the name was forgotten.",
        fix: "Renew the certificate, reload the server, and check every address of the name.",
        refused_by: &[
            ("curl", "(60) SSL certificate problem: certificate has expired"),
            ("OpenSSL", "certificate has expired (10)"),
            ("Android", "Chain validation failed: CertificateExpiredException"),
            ("Apple", "certificate is expired (-67818); NSURLErrorServerCertificateUntrusted (-1202)"),
            ("Chrome", "NET::ERR_CERT_DATE_INVALID"),
            ("Firefox", "SEC_ERROR_EXPIRED_CERTIFICATE"),
            ("Java", "PKIX path validation failed: validity check failed"),
            ("Node", "CERT_HAS_EXPIRED"),
            ("Go", "x509: certificate has expired or is not yet valid"),
            ("GnuTLS", "The certificate chain uses expired certificate."),
            (".NET", "NotTimeValid"),
        ],
        accepted_by: "",
        keys: &[NOT_BEFORE, NOT_AFTER, DAYS_AGO],
        source: "RFC 5280 section 4.1.2.5",
    },
    Page {
        id: Id::CertNotYetValid,
        title: "The certificate is not valid yet",
        summary: "begins {not_before:day}, in {hours_ahead:hours}",
        cause: "The clock of the client, of the server or of the CA is wrong; or the certificate was deployed before \
                its first day.",
        fix: "Check the clocks first (a device without a battery starts in the past: give it NTP). If the clocks are \
                right, serve the previous certificate until this one begins, or have it reissued.",
        refused_by: &[
            ("curl", "(60) SSL certificate problem: certificate is not yet valid"),
            ("OpenSSL", "certificate is not yet valid (9)"),
            ("Chrome", "NET::ERR_CERT_DATE_INVALID"),
            ("Firefox", "MOZILLA_PKIX_ERROR_NOT_YET_VALID_CERTIFICATE"),
            ("Java", "validity check failed: CertificateNotYetValidException"),
            ("Node", "CERT_NOT_YET_VALID"),
            ("Go", "x509: certificate has expired or is not yet valid: current time ... is before ..."),
            ("GnuTLS", "The certificate chain uses not yet valid certificate."),
            ("Apple", "NSURLErrorServerCertificateNotYetValid (-1204)"),
        ],
        accepted_by: "",
        keys: &[NOT_BEFORE, NOT_AFTER, HOURS_AHEAD],
        source: "RFC 5280 section 4.1.2.5",
    },
    Page {
        id: Id::IntermediateExpired,
        title: "An intermediate certificate has expired",
        summary: "{certificate} ended {not_after:day}, {days_ago:days} ago",
        cause: "Most often the file on the server still holds an old intermediate of the CA. Renewing the leaf alone \
                does not help.",
        fix: "Install the CA's current chain together with the leaf (nginx: ssl_certificate with fullchain.pem; \
                Apache: SSLCertificateFile), then reload the server.",
        refused_by: &[
            ("curl", "(60) SSL certificate problem: certificate has expired"),
            ("OpenSSL", "certificate has expired (10)"),
            ("Android", "CertificateException: Unacceptable certificate: ..."),
            ("Apple", "certificate is expired (-67818)"),
            ("Chrome", "NET::ERR_CERT_DATE_INVALID"),
            ("Firefox", "SEC_ERROR_EXPIRED_ISSUER_CERTIFICATE"),
            ("Java", "PKIX path validation failed: validity check failed"),
            ("Node", "CERT_HAS_EXPIRED"),
            ("Go", "x509: certificate has expired or is not yet valid"),
            ("GnuTLS", "The certificate chain uses expired certificate."),
            (".NET", "NotTimeValid"),
        ],
        accepted_by: "",
        keys: &[CERTIFICATE, NOT_BEFORE, NOT_AFTER, DAYS_AGO],
        source: "RFC 5280 section 6.1.3",
    },
    Page {
        id: Id::IntermediateNotYetValid,
        title: "A CA certificate of the chain is not valid yet",
        summary: "{certificate} begins {not_before:day}, in {hours_ahead:hours}",
        cause: "The client's clock is behind; or the CA's new intermediate or root was put on the server before its \
                first day.",
        fix: "Check the client's clock. If it is right, serve the CA's previous intermediate until the new one begins.",
        refused_by: &[
            ("curl", "(60) SSL certificate problem: certificate is not yet valid"),
            ("OpenSSL", "certificate is not yet valid (9)"),
            ("Firefox", "MOZILLA_PKIX_ERROR_NOT_YET_VALID_ISSUER_CERTIFICATE"),
            ("Chrome", "NET::ERR_CERT_DATE_INVALID"),
            ("Node", "CERT_NOT_YET_VALID"),
        ],
        accepted_by: "",
        keys: &[CERTIFICATE, NOT_BEFORE, NOT_AFTER, HOURS_AHEAD],
        source: "RFC 5280 section 6.1.3",
    },
    Page {
        id: Id::AnchorExpired,
        title: "The trust anchor has expired",
        summary: "{certificate} ended {not_after:day}, {days_ago:days} ago",
        cause: "The chain ends at a root that is past its end. Clients differ: most refuse it, others never look at \
                the dates of what they trust anyway.",
        fix: "Serve a chain that leads to a root which is still valid: take the old cross-signed certificate out of \
                the file, or ask the CA for its newer chain. On old devices update the root store.",
        refused_by: &[
            ("curl", "(60) SSL certificate problem: certificate has expired"),
            ("OpenSSL", "certificate has expired (10)"),
            ("Apple", "certificate is expired (-67818)"),
            ("Chrome", "NET::ERR_CERT_DATE_INVALID"),
            ("Firefox", "SEC_ERROR_EXPIRED_ISSUER_CERTIFICATE"),
            ("Node", "CERT_HAS_EXPIRED"),
            ("Go", "x509: certificate has expired or is not yet valid"),
        ],
        accepted_by: "Java, GnuTLS, Android and rustls",
        keys: &[CERTIFICATE, NOT_BEFORE, NOT_AFTER, DAYS_AGO],
        source: "RFC 5280 section 6.1.1 (d), which leaves an anchor's dates out of path validation",
    },
    Page {
        id: Id::CertExpiringSoon,
        title: "The certificate expires soon",
        summary: "ends {not_after:day}, in {hours_left:hours}",
        cause: "Nobody refuses it yet. Where less of its life is left than automatic renewal leaves, most likely the job \
                fails, or nobody has set one up; with --expiring it may only be earlier than you asked for.",
        fix: "Run the renewal by hand and read what it says (certbot renew --dry-run), mend the job, and let it reload \
                the server each time (certbot: --deploy-hook).",
        refused_by: &[],
        accepted_by: "",
        keys: &[NOT_BEFORE, NOT_AFTER, DAYS_LEFT, HOURS_LEFT],
        source: "tlscope's own rule, for nobody refuses it yet: a certificate of 90 to 200 days with less than a third \
                of its life left, one of less than 10 days with less than half, any with less than 14 days",
    },
    Page {
        id: Id::IntermediateExpiringSoon,
        title: "An intermediate certificate expires soon",
        summary: "{certificate} ends {not_after:day}, in {days_left:days}",
        cause: "The file on the server holds an old intermediate; the CA usually has a newer one by now.",
        fix: "Install the CA's current chain with the next renewal, before that day (nginx: ssl_certificate with \
                fullchain.pem).",
        refused_by: &[],
        accepted_by: "",
        keys: &[CERTIFICATE, NOT_BEFORE, NOT_AFTER, DAYS_LEFT, HOURS_LEFT],
        source: "tlscope's own rule, for nobody refuses it yet: less than 30 days left",
    },
    Page {
        id: Id::ValidityInverted,
        title: "The validity ends before it begins",
        summary: "[{certificate}: ]ends {not_after}, before it begins at {not_before}",
        cause: "The software that issued the certificate is broken, so there is no instant at which it is valid.",
        fix: "Reissue it with notBefore earlier than notAfter; check the clock and the days given to the tool that \
                issued it.",
        refused_by: &[
            ("curl", "(60) SSL certificate problem: certificate has expired (or: is not yet valid)"),
            ("Chrome", "NET::ERR_CERT_DATE_INVALID"),
            ("Go", "x509: certificate has expired or is not yet valid"),
            ("rustls", "InvalidCertValidity"),
        ],
        accepted_by: "",
        keys: &[CERTIFICATE, NOT_BEFORE, NOT_AFTER],
        source: "RFC 5280 section 4.1.2.5",
    },
    Page {
        id: Id::ValidityOverBr,
        title: "Valid for longer than public CAs may issue",
        summary: "valid for {days:days}; {limit_days} are allowed to one that begins {not_before:day}",
        cause: "A public CA has to keep to 398 days (825 before 2020-09-01), from 2026-03-15 on to 200, from \
                2027-03-15 on to 100 and from 2029-03-15 on to 47. This one did not.",
        fix: "Have it reissued with a shorter validity, and automate the renewal (ACME, for instance certbot).",
        refused_by: &[("Chrome", "NET::ERR_CERT_VALIDITY_TOO_LONG")],
        accepted_by: "most other clients",
        keys: &[NOT_BEFORE, NOT_AFTER, DAYS, LIMIT_DAYS],
        source: "Baseline Requirements section 6.3.2 (ballot SC-081v3)",
    },
    Page {
        id: Id::ValidityOverApple398,
        title: "Valid for longer than the 398 days that Apple takes",
        summary: "valid for {days:days}; Apple takes {limit_days}",
        cause: "iOS and macOS refuse a server certificate of a public CA that is valid for longer, when it begins on \
                2020-09-01 or later.",
        fix: "Have it reissued for at most 397 days, and automate the renewal.",
        refused_by: &[("Apple", "Certificate exceeds maximum temporal validity period (-67901)")],
        accepted_by: "clients outside Apple's systems, unless the Baseline Requirements' limit is passed as well",
        keys: &[NOT_BEFORE, NOT_AFTER, DAYS, LIMIT_DAYS],
        source: "Apple's policies HT211025 and 103214",
    },
    Page {
        id: Id::ValidityOverApple825,
        title: "Valid for longer than the 825 days that Apple takes",
        summary: "valid for {days:days}; Apple takes {limit_days} from a private CA",
        cause: "iOS and macOS refuse a server certificate that is valid for longer, also from a CA that the user \
                installed, when it begins after 2019-07-01. Only a leaf that was itself installed as trusted is \
                exempt.",
        fix: "Reissue it for at most 825 days (openssl x509 -req -days 825).",
        refused_by: &[("Apple", "Certificate exceeds maximum temporal validity period (-67901)")],
        accepted_by: "every client outside Apple's systems",
        keys: &[NOT_BEFORE, NOT_AFTER, DAYS, LIMIT_DAYS],
        source: "Apple's policy 103769",
    },
    Page {
        id: Id::ValidityOutlivesIssuer,
        title: "The certificate outlives its issuer",
        summary: "ends {not_after:day}, its issuer {issuer} already {issuer_not_after:day}",
        cause: "The chain breaks on the day the issuer ends, although the leaf looks good for longer.",
        fix: "Nothing to do now; renew before the issuer ends, and take the new intermediate with it.",
        refused_by: &[],
        accepted_by: "",
        keys: &[
            NOT_AFTER,
            ("issuer", "the issuer's name"),
            ("issuer_not_after", "the last instant of the issuer's validity"),
        ],
        source: "Baseline Requirements section 6.3.2",
    },
    Page {
        id: Id::CertBackdated,
        title: "The certificate begins long before it was issued",
        summary: "begins {not_before:day}, {hours:hours} before its first SCT ({first_sct:day})",
        cause: "The CA dated the certificate back by more than 48 hours: the logs of Certificate Transparency saw it \
                that much later. Dating back can slip a certificate under a rule that came in between.",
        fix: "It is the CA that broke the rule; no client refuses it. Tell the CA and have the certificate reissued.",
        refused_by: &[],
        accepted_by: "",
        keys: &[
            NOT_BEFORE,
            ("first_sct", "the time of the earliest SCT in the certificate"),
            ("hours", "whole hours between the two"),
        ],
        source: "Baseline Requirements section 7.1.2.7",
    },
    Page {
        id: Id::TimeEncodingBad,
        title: "A date is written in a form that is not allowed",
        summary: "[{certificate}: ]{field}: {fault}",
        cause: "The software that issued the certificate writes dates in a way that strict parsers do not read.",
        fix: "Reissue it with current software (OpenSSL writes the right form by itself). For a device certificate \
                this means new firmware or a new provisioning tool.",
        refused_by: &[
            ("OpenSSL", "format error in certificate's notBefore field (13), or notAfter (14)"),
            ("rustls", "BadDerTime"),
        ],
        accepted_by: "many lenient parsers",
        keys: &[CERTIFICATE, ("field", "which of the two dates"), ("fault", "what is wrong with how it is written")],
        source: "RFC 5280 sections 4.1.2.5.1 and 4.1.2.5.2",
    },
];
