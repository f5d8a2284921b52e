//! Collecting findings.

use crate::model::{Facts, Finding, FindingId, Severity, Subject};

/// Findings so far; the same one is kept once.
#[derive(Clone, Debug, Default)]
pub(crate) struct Findings(Vec<Finding>);

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
        for finding in other.0 {
            self.push(finding);
        }
    }

    pub(crate) fn has(&self, id: FindingId) -> bool {
        self.0.iter().any(|finding| finding.id == id)
    }

    /// The ids of those that are as bad as that, or worse.
    pub(crate) fn ids_from(&self, severity: Severity) -> Vec<FindingId> {
        let mut ids: Vec<FindingId> = self.0.iter().filter(|f| f.severity >= severity).map(|f| f.id).collect();
        ids.dedup();
        ids
    }

    pub(crate) fn count(&self, severity: Severity) -> usize {
        self.0.iter().filter(|finding| finding.severity == severity).count()
    }

    /// Worst first, else in the order of the catalogue and of the chain.
    pub(crate) fn into_sorted(mut self) -> Vec<Finding> {
        self.0.sort_by_key(|f| (std::cmp::Reverse(f.severity), f.id, f.subject.sent_index));
        self.0
    }

    fn push(&mut self, finding: Finding) {
        if !self.0.contains(&finding) {
            self.0.push(finding);
        }
    }
}
