//! Chapter "Encoding".

use super::Page;
use super::words::CERTIFICATE;
use crate::model::FindingId as Id;

pub(super) static PAGES: &[Page] = &[Page {
    id: Id::CertUnparseable,
    title: "A certificate that cannot be read",
    summary: "[{certificate}: ]cannot read {parts}",
    cause: "The bytes are no well-formed certificate: the file is cut off or damaged, or the software that made it \
                is broken. tlscope goes on with the parts that it can read.",
    fix: "Install the certificate anew from the CA (openssl x509 -in FILE -noout -text must read it); if the \
                original is damaged too, have it reissued.",
    refused_by: &[("Chrome", "ERR_SSL_SERVER_CERT_BAD_FORMAT"), ("rustls", "BadDer")],
    accepted_by: "clients with a lenient parser, when they do not need the damaged part",
    keys: &[CERTIFICATE, ("parts", "the parts that cannot be read")],
    source: "ITU-T X.690; RFC 5280 section 4.1",
}];
