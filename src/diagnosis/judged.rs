//! What the checks of one certificate are given.

use super::clock::Clock;
use crate::model::{Facts, Subject, SubjectKind};
use crate::x509::Cert;

/// A certificate being judged.
#[derive(Clone, Debug)]
pub(super) struct Judged<'a> {
    pub(super) cert: &'a Cert,
    /// What a finding about it is about.
    pub(super) subject: Subject,
    /// Whether the rules for publicly trusted certificates apply.
    pub(super) is_public: bool,
    pub(super) clock: &'a Clock,
}

impl Judged<'_> {
    pub(super) fn role(&self) -> SubjectKind {
        self.subject.kind
    }

    pub(super) fn is_leaf(&self) -> bool {
        self.role() == SubjectKind::Leaf
    }

    pub(super) fn is_anchor(&self) -> bool {
        self.role() == SubjectKind::Anchor
    }

    /// Evidence that begins with the certificate's name, as every finding about a CA does.
    pub(super) fn facts(&self) -> Facts {
        if self.is_leaf() { Facts::new() } else { Facts::new().with("certificate", self.cert.label()) }
    }
}
