//! One page of the catalogue.

use super::pages;
use crate::model::FindingId;

/// What there is to say about one kind of finding.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    /// Which one.
    pub id: FindingId,
    /// What is wrong, as a sentence without a full stop.
    pub title: &'static str,
    /// What is wrong in this case, in one line, with `{key}` for the evidence.
    pub summary: &'static str,
    /// Why it happens, in plain words.
    pub cause: &'static str,
    /// What to do about it, with `{key}` for the evidence.
    pub fix: &'static str,
    /// Clients that refuse it, each with its own words; empty when none does.
    pub refused_by: &'static [(&'static str, &'static str)],
    /// Clients that do not mind; empty when all of them do, or nobody looks.
    pub accepted_by: &'static str,
    /// The evidence: each key with its meaning.
    pub keys: &'static [(&'static str, &'static str)],
    /// Where the rule stands.
    pub source: &'static str,
}

/// The page of a finding.
pub fn page(id: FindingId) -> &'static Page {
    pages::of(id)
}

/// `cert-expired  The certificate has expired`: a line of the list of all findings.
pub fn summary_line(id: FindingId) -> String {
    format!("{:<32} {:<8} {}", id.as_str(), id.severity().word(), page(id).title)
}
