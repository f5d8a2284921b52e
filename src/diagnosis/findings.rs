//! Collecting findings.

use crate::model::{Facts, Finding, FindingId, Severity, Subject};

/// More findings of one kind tell nobody more: a certificate can name a hundred thousand hosts.
const OF_ONE_KIND: usize = 50;

/// Findings so far; the same one is kept once.
#[derive(Clone, Debug, Default)]
pub(crate) struct Findings {
    list: Vec<Finding>,
    /// Whether there were more of one kind than are kept.
    has_overflown: bool,
}

impl Findings {
    /// A finding with the severity of the table.
    pub(crate) fn add(&mut self, id: FindingId, subject: &Subject, evidence: Facts) {
        self.push(Finding::about(id, subject.clone(), evidence));
    }

    /// A finding with a severity of the case.
    pub(crate) fn add_as(&mut self, severity: Severity, id: FindingId, subject: &Subject, evidence: Facts) {
        self.push(Finding::about(id, subject.clone(), evidence).with_severity(severity));
    }

    /// A finding about no certificate.
    pub(crate) fn note(&mut self, id: FindingId, evidence: Facts) {
        self.push(Finding::new(id, evidence));
    }

    /// The same with a severity of the case.
    pub(crate) fn note_as(&mut self, severity: Severity, id: FindingId, evidence: Facts) {
        self.push(Finding::new(id, evidence).with_severity(severity));
    }

    pub(crate) fn extend(&mut self, other: Self) {
        for finding in other.list {
            self.push(finding);
        }
        self.has_overflown |= other.has_overflown;
    }

    pub(crate) fn has(&self, id: FindingId) -> bool {
        self.list.iter().any(|finding| finding.id == id)
    }

    /// The ids of those that are as bad as that, or worse.
    pub(crate) fn ids_from(&self, severity: Severity) -> Vec<FindingId> {
        let mut ids: Vec<FindingId> = self.list.iter().filter(|f| f.severity >= severity).map(|f| f.id).collect();
        ids.dedup();
        ids
    }

    pub(crate) fn count(&self, severity: Severity) -> usize {
        self.list.iter().filter(|finding| finding.severity == severity).count()
    }

    /// Worst first, else in the order of the catalogue and of the chain.
    pub(crate) fn into_sorted(mut self) -> Vec<Finding> {
        self.list.sort_by_key(|f| (std::cmp::Reverse(f.severity), f.id, f.subject.sent_index));
        self.list
    }

    /// The limit that was reached, when one was.
    pub(crate) fn overflow(&self) -> Option<&'static str> {
        self.has_overflown.then_some("findings of one kind")
    }

    fn push(&mut self, finding: Finding) {
        let alike = || self.list.iter().filter(|other| other.id == finding.id);
        if alike().any(|other| *other == finding) {
            return;
        }
        if alike().count() < OF_ONE_KIND {
            self.list.push(finding);
        } else {
            self.has_overflown = true;
        }
    }
}
