//! Chapter "Validity".

use super::Page;
use crate::model::FindingId as Id;

const NOT_BEFORE: (&str, &str) = ("not_before", "the first instant of the validity");
const NOT_AFTER: (&str, &str) = ("not_after", "the last instant of the validity");
const CERTIFICATE: (&str, &str) = ("certificate", "the certificate's name");

pub(super) static PAGES: &[Page] = &[
    Page {
        id: Id::CertExpired,
        title: "The certificate has expired",
        summary: "ended {not_after:day}, {days_ago} days ago",
        cause: "It was not renewed; or it was renewed and the server still serves the old file; or one of several \
                servers behind the name was forgotten.",
        fix: "Renew the certificate, reload the server, and check every address of the name.",
        refused_by: &[
            ("curl", "certificate has expired (10)"),
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
        keys: &[NOT_BEFORE, NOT_AFTER, ("days_ago", "whole days since the end")],
        source: "RFC 5280 section 4.1.2.5",
    },
];
