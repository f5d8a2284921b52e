//! The answers that do not agree, each with its reason.

/// A case that clients answer otherwise through the mirror.
pub(super) struct Exception {
    pub(super) case: &'static str,
    pub(super) clients: &'static [&'static str],
    pub(super) reason: &'static str,
}

pub(super) const ALL: &[Exception] = &[];

/// Why this client's answer to this case may be another.
pub(super) fn reason(case: &str, client: &str) -> Option<&'static str> {
    ALL.iter().find(|own| own.case == case && own.clients.contains(&client)).map(|own| own.reason)
}
