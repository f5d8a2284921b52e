//! What a client is given in place of its server's identity.

use serde::{Deserialize, Serialize};

use super::{FindingId, Fingerprint};

/// What a client is to be given when the certificate or the TLS of its server is bad.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BadUpstream {
    /// A good leaf: traffic flows, and what the app itself would have done is not seen.
    #[default]
    Pass,
    /// A chain with the same defects: the app does what it would have done.
    Mirror,
    /// A good leaf, and a page with the defects in place of the server.
    Refuse,
}

impl BadUpstream {
    /// Every choice.
    pub const ALL: [Self; 3] = [Self::Pass, Self::Mirror, Self::Refuse];

    /// The word of flags and documents.
    pub fn word(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Mirror => "mirror",
            Self::Refuse => "refuse",
        }
    }
}

/// What the client was given in place of the server's identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GivenKind {
    /// A good leaf under tlscope's CA, whatever the server's looked like.
    Pass,
    /// A leaf of tlscope's, and an error page instead of the server.
    ErrorPage,
    /// The server's own bytes: nothing was intercepted.
    Tunnel,
    /// No TLS was asked for; the bytes were relayed.
    Plain,
    /// A page of tlscope's own.
    Portal,
    /// Nothing: the connection was refused.
    Refused,
    /// A chain with the defects of the server's.
    Mirror,
    /// A leaf with a defect of tlscope's choice, to see whether the client takes it.
    Audit,
}

impl GivenKind {
    /// Every kind.
    pub const ALL: [Self; 8] = [
        Self::Pass,
        Self::ErrorPage,
        Self::Tunnel,
        Self::Plain,
        Self::Portal,
        Self::Refused,
        Self::Mirror,
        Self::Audit,
    ];

    /// The word of documents.
    pub fn word(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::ErrorPage => "error-page",
            Self::Tunnel => "tunnel",
            Self::Plain => "plain",
            Self::Portal => "portal",
            Self::Refused => "refused",
            Self::Mirror => "mirror",
            Self::Audit => "audit",
        }
    }
}

/// What the client was given, and how it differs from what the server gave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Given {
    /// In short.
    pub kind: GivenKind,
    /// The leaf it was shown.
    pub leaf: Option<Fingerprint>,
    /// What tlscope changed, in words.
    pub changed: Vec<String>,
    /// Defects of the server's that the client was not shown, though it was to be.
    #[serde(default)]
    pub unmirrored: Vec<FindingId>,
    /// The name of the identity in the catalogue of an audit, when it was one.
    #[serde(default)]
    pub identity: Option<String>,
}

impl Given {
    /// Given with this leaf and nothing said of it.
    pub fn with_leaf(kind: GivenKind, leaf: Fingerprint) -> Self {
        Self { leaf: Some(leaf), ..Self::without_leaf(kind) }
    }

    /// Given without a leaf of tlscope's.
    pub const fn without_leaf(kind: GivenKind) -> Self {
        Self { kind, leaf: None, changed: Vec::new(), unmirrored: Vec::new(), identity: None }
    }
}
