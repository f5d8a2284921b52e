//! What the checks of one certificate are given.

use crate::diagnosis::clock::Clock;
use crate::model::{Facts, Subject, SubjectKind};
use crate::x509::Cert;

/// A certificate being judged.
#[derive(Clone, Debug)]
pub(crate) struct Judged<'a> {
    pub(crate) cert: &'a Cert,
    /// What a finding about it is about.
    pub(crate) subject: Subject,
    /// Whether the rules for publicly trusted certificates apply.
    pub(crate) is_public: bool,
    pub(crate) clock: &'a Clock,
    /// Warn of an end within so many days, where that is earlier than usual.
    pub(crate) expiring_days: Option<i64>,
}

impl Judged<'_> {
    pub(crate) fn role(&self) -> SubjectKind {
        self.subject.kind
    }

    pub(crate) fn is_leaf(&self) -> bool {
        self.role() == SubjectKind::Leaf
    }

    pub(crate) fn is_anchor(&self) -> bool {
        self.role() == SubjectKind::Anchor
    }

    /// Evidence that begins with the certificate's name, as every finding about a CA does.
    pub(crate) fn facts(&self) -> Facts {
        if self.is_leaf() { Facts::new() } else { Facts::new().with("certificate", self.cert.label()) }
    }
}
