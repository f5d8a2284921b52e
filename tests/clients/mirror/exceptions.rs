//! The answers that do not agree, each with its reason.

/// A case that clients answer otherwise through the mirror.
pub(super) struct Exception {
    pub(super) case: &'static str,
    pub(super) clients: &'static [&'static str],
    pub(super) reason: &'static str,
}

const EVERYBODY: &[&str] = &["curl", "OpenSSL", "GnuTLS", "Python", "Node", "Java", "Go", "Chromium", "Firefox"];

const ISSUER_IS_FETCHED: &str =
    "it fetches the issuer from where the certificate says, and gets the server's, which did not sign the mirror";

const STATUS_IS_FETCHED: &str = "it asks the CA's responder, which knows nothing of the mirror";

pub(super) const ALL: &[Exception] = &[
    Exception {
        case: "anchor-expired",
        clients: &["curl", "OpenSSL", "GnuTLS", "Python", "Node", "Go", "Chromium", "Firefox"],
        reason: "tlscope's CA stands in the place of the root, and has not ended",
    },
    Exception {
        case: "refused",
        clients: EVERYBODY,
        reason: "tlscope's own port is open: it can only close what the server's machine refuses",
    },
    Exception {
        case: "abrupt",
        clients: &["OpenSSL"],
        reason: "it says that close_notify is missing, and tlscope ends its own TLS as it should be ended",
    },
    Exception { case: "missing-intermediate", clients: &["Chromium"], reason: ISSUER_IS_FETCHED },
    Exception { case: "incomplete-expired-name", clients: &["Chromium"], reason: ISSUER_IS_FETCHED },
    Exception { case: "revoked", clients: &["Firefox"], reason: STATUS_IS_FETCHED },
    Exception { case: "ocsp-does-not-know", clients: &["Firefox"], reason: STATUS_IS_FETCHED },
    Exception {
        case: "large-hello",
        clients: &["Chromium", "Firefox"],
        reason: "the server closes on the client's long hello, and takes tlscope's, which is short",
    },
    Exception {
        case: "underscore",
        clients: &["Java"],
        reason: "it leaves a name with an underscore out of its hello, without which tlscope cannot tell where to go",
    },
];

/// Why this client's answer to this case may be another.
pub(super) fn reason(case: &str, client: &str) -> Option<&'static str> {
    ALL.iter().find(|own| own.case == case && own.clients.contains(&client)).map(|own| own.reason)
}
