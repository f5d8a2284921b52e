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

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|choice| choice.word() == word)
    }

    /// The one behind it, and behind the last the first.
    #[must_use]
    pub fn next(self) -> Self {
        match self {
            Self::Pass => Self::Mirror,
            Self::Mirror => Self::Refuse,
            Self::Refuse => Self::Pass,
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
    /// What clients were to be given of this server were it bad; absent where no server was reached.
    #[serde(default)]
    pub policy: Option<BadUpstream>,
}

/// How the words begin about a bad server behind a good leaf.
const REPAIRED: &str = "the server is bad (";

impl Given {
    /// Given with this leaf and nothing said of it.
    pub fn with_leaf(kind: GivenKind, leaf: Fingerprint) -> Self {
        Self { leaf: Some(leaf), ..Self::without_leaf(kind) }
    }

    /// Given without a leaf of tlscope's.
    pub const fn without_leaf(kind: GivenKind) -> Self {
        Self { kind, leaf: None, changed: Vec::new(), unmirrored: Vec::new(), identity: None, policy: None }
    }

    /// Takes in what the server would be refused for, once that is known: it may be later than the client was shown
    /// something, and may change. `late` of that came out too late for a mirror. Whether anything is different.
    pub fn note_bad(&mut self, bad: &[FindingId], late: &[FindingId]) -> bool {
        let was = self.clone();
        match self.kind {
            GivenKind::Pass => self.note_repair(bad),
            GivenKind::Mirror => {
                let new: Vec<FindingId> = late.iter().filter(|id| !self.unmirrored.contains(id)).copied().collect();
                self.unmirrored.extend(new);
            }
            _ => {}
        }
        *self != was
    }

    /// A good leaf hides what is bad, and that is said.
    fn note_repair(&mut self, bad: &[FindingId]) {
        self.changed.retain(|words| !words.starts_with(REPAIRED));
        if !bad.is_empty() {
            let ids = id_list(bad);
            let words = format!(
                "{REPAIRED}{ids}) and the client was shown a good certificate: the app's own refusal is switched off"
            );
            self.changed.push(words);
        }
        if self.policy == Some(BadUpstream::Mirror) {
            self.unmirrored = bad.to_vec();
        }
    }
}

/// Names in a row.
pub fn id_list(ids: &[FindingId]) -> String {
    ids.iter().map(|id| id.as_str()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::FindingId::{CertExpired, NameMismatch, RevokedOcsp};
    use super::*;

    fn given(kind: GivenKind, policy: BadUpstream) -> Given {
        Given { policy: Some(policy), ..Given::without_leaf(kind) }
    }

    #[test]
    fn a_repair_is_said_of_a_bad_server_and_said_anew_when_more_is_known() {
        let mut passed = given(GivenKind::Pass, BadUpstream::Pass);
        assert!(!passed.note_bad(&[], &[]) && passed.changed.is_empty());
        assert!(passed.note_bad(&[CertExpired], &[]));
        assert!(!passed.note_bad(&[CertExpired], &[]));
        assert!(passed.note_bad(&[CertExpired, NameMismatch], &[NameMismatch]));
        let words = "the server is bad (cert-expired, name-mismatch) and the client was shown a good certificate: the \
                     app's own refusal is switched off";
        assert_eq!((passed.changed.as_slice(), passed.unmirrored.len()), ([words.to_owned()].as_slice(), 0));
        assert!(passed.note_bad(&[], &[]) && passed.changed.is_empty());
    }

    #[test]
    fn what_was_to_be_mirrored_and_was_not_is_named() {
        let mut passed = given(GivenKind::Pass, BadUpstream::Mirror);
        assert!(passed.note_bad(&[RevokedOcsp], &[]));
        assert_eq!(passed.unmirrored, [RevokedOcsp]);
        let mut mirrored = given(GivenKind::Mirror, BadUpstream::Mirror);
        assert!(!mirrored.note_bad(&[CertExpired], &[]) && mirrored.unmirrored.is_empty());
        assert!(mirrored.note_bad(&[CertExpired, RevokedOcsp], &[RevokedOcsp]));
        assert!(!mirrored.note_bad(&[CertExpired, RevokedOcsp], &[RevokedOcsp]), "once is enough");
        assert_eq!((mirrored.unmirrored.as_slice(), mirrored.changed.len()), ([RevokedOcsp].as_slice(), 0));
        let mut page = given(GivenKind::ErrorPage, BadUpstream::Refuse);
        assert!(!page.note_bad(&[CertExpired], &[CertExpired]));
    }

    #[test]
    fn the_words_are_read_back() {
        for choice in BadUpstream::ALL {
            assert_eq!(BadUpstream::parse(choice.word()), Some(choice));
            assert_eq!(choice.next().next().next(), choice);
        }
        assert_eq!(BadUpstream::parse("repair"), None);
    }
}
