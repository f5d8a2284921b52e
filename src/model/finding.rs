//! A defect, named, with what it is about and what proves it.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Facts, FindingId, Fingerprint};

/// How bad a defect is for a publicly trusted chain; in the order from harmless to fatal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Nobody is hurt; worth knowing.
    Info,
    /// Will break soon, or is deprecated.
    Warning,
    /// Some current clients refuse.
    Error,
    /// Most clients refuse.
    Fatal,
}

impl Severity {
    /// All of them, worst first.
    pub const WORST_FIRST: [Self; 4] = [Self::Fatal, Self::Error, Self::Warning, Self::Info];

    /// The word of documents and flags.
    pub fn word(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
            Self::Fatal => "fatal",
        }
    }

    /// The glyph that stands for it wherever colour might be missing.
    pub fn glyph(self) -> &'static str {
        match self {
            Self::Info => "·",
            Self::Warning => "!",
            Self::Error => "▲",
            Self::Fatal => "✖",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::WORST_FIRST.into_iter().find(|severity| severity.word() == word)
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// One of the two TLS connections that a client's connection consists of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LegSide {
    /// Between tlscope and the server.
    Upstream,
    /// Between the client and tlscope.
    Client,
}

/// What kind of thing a finding is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SubjectKind {
    /// The end-entity certificate.
    Leaf,
    /// A CA certificate between leaf and trust anchor.
    Intermediate,
    /// A trust anchor.
    Anchor,
    /// The list of certificates as sent, or the path built from it.
    Chain,
    /// The TLS handshake.
    Handshake,
    /// The client's side.
    Client,
    /// The way to the server.
    Network,
    /// Revocation information.
    Revocation,
    /// tlscope itself.
    Tlscope,
}

impl SubjectKind {
    /// The word of documents and screens.
    pub fn word(self) -> &'static str {
        match self {
            Self::Leaf => "leaf",
            Self::Intermediate => "intermediate",
            Self::Anchor => "anchor",
            Self::Chain => "chain",
            Self::Handshake => "handshake",
            Self::Client => "client",
            Self::Network => "network",
            Self::Revocation => "revocation",
            Self::Tlscope => "tlscope",
        }
    }

    /// The leg a finding of this kind belongs to.
    pub fn leg(self) -> Option<LegSide> {
        match self {
            Self::Client => Some(LegSide::Client),
            Self::Tlscope => None,
            _ => Some(LegSide::Upstream),
        }
    }
}

/// What exactly a finding is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Subject {
    /// The kind of thing.
    pub kind: SubjectKind,
    /// The certificate, when it is about one.
    pub sha256: Option<Fingerprint>,
    /// Its place in the chain as sent, from 0.
    pub sent_index: Option<usize>,
}

impl Subject {
    /// A subject that is no certificate.
    pub const fn of(kind: SubjectKind) -> Self {
        Self { kind, sha256: None, sent_index: None }
    }

    /// A certificate.
    pub const fn certificate(kind: SubjectKind, sha256: Fingerprint, sent_index: Option<usize>) -> Self {
        Self { kind, sha256: Some(sha256), sent_index }
    }
}

/// A defect that was found.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Finding {
    /// Which one.
    pub id: FindingId,
    /// How bad it is here.
    pub severity: Severity,
    /// The leg it was seen on.
    pub leg: Option<LegSide>,
    /// What it is about.
    pub subject: Subject,
    /// What proves it.
    pub evidence: Facts,
}

impl Finding {
    /// A finding with the severity and the kind of subject that the table gives its id.
    pub fn new(id: FindingId, evidence: Facts) -> Self {
        Self::about(id, Subject::of(id.subject()), evidence)
    }

    /// The same about a subject of the caller's.
    pub fn about(id: FindingId, subject: Subject, evidence: Facts) -> Self {
        let leg = subject.kind.leg();
        Self { id, severity: id.severity(), leg, subject, evidence }
    }

    /// The same defect with a severity other than the table's.
    #[must_use]
    pub fn with_severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }
}
