//! Reports that were given before.

use std::collections::HashMap;
use std::sync::Arc;

use crate::model::{FindingId, Observation, Report, Timestamp};

/// More than this is forgotten, all at once: what is asked again comes back soon.
const LIMIT: usize = 1024;

/// What others said of a certificate is asked again after a day; somebody who did not answer may do so
/// ten minutes later.
const RETRY_MS: i64 = 600_000;

/// Settled reports by what was observed.
#[derive(Debug, Default)]
pub(super) struct Memo(HashMap<Observation, Entry>);

#[derive(Debug)]
struct Entry {
    report: Arc<Report>,
    /// The state of the pool of seen issuers, for a report that a new one could change.
    generation: u64,
    judged_at: Timestamp,
}

impl Memo {
    /// The report, when it still holds: no date on it has flipped since, no issuer has been seen that
    /// it lacked, and it is not so old that what was asked should be asked again.
    pub(super) fn get(&self, observation: &Observation, generation: u64, now: Timestamp) -> Option<Arc<Report>> {
        let entry = self.0.get(observation)?;
        let in_time = now >= entry.judged_at && entry.report.holds_until.is_none_or(|until| now < until);
        let complete = entry.report.wants.is_empty() || entry.generation == generation;
        let is_fresh = now.ms_since(entry.judged_at) < good_for(&entry.report);
        (in_time && complete && is_fresh).then(|| entry.report.clone())
    }

    pub(super) fn put(&mut self, observation: &Observation, generation: u64, now: Timestamp, report: Arc<Report>) {
        if self.0.len() >= LIMIT {
            self.0.clear();
        }
        self.0.insert(observation.clone(), Entry { report, generation, judged_at: now });
    }
}

/// What may be another answer soon: nobody spoke, or nobody who was to be believed.
const UNSETTLED: [FindingId; 12] = [
    FindingId::AiaUnreachable,
    FindingId::OcspUnreachable,
    FindingId::OcspUnknown,
    FindingId::StapleErrorStatus,
    FindingId::StapleBadSigner,
    FindingId::StapleExpired,
    FindingId::StapleFuture,
    FindingId::StapleWrongCert,
    FindingId::CrlUnreachable,
    FindingId::CrlBadSignature,
    FindingId::CrlExpired,
    FindingId::CrlMalformed,
];

fn good_for(report: &Report) -> i64 {
    if report.findings.iter().any(|finding| UNSETTLED.contains(&finding.id)) { RETRY_MS } else { Timestamp::DAY_MS }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Facts, Finding};

    #[test]
    fn no_report_is_served_when_it_may_be_another() {
        let at = Timestamp::from_unix;
        let served = |report: Report, later: i64| {
            let mut memo = Memo::default();
            memo.put(&Observation::default(), 7, at(1000), Arc::new(report));
            memo.get(&Observation::default(), 7, at(1000 + later)).is_some()
        };
        let until = |seconds: i64| Report { holds_until: Some(at(1000 + seconds)), ..Report::default() };
        assert!(served(until(60), 59) && !served(until(60), 60), "a date has flipped");
        assert!(!served(until(60), -1), "the clock went back");
        assert!(served(Report::default(), 86_399) && !served(Report::default(), 86_400), "asked again after a day");
        let silent = || Finding::new(FindingId::OcspUnreachable, Facts::new());
        let unanswered = || Report { findings: vec![silent()], ..Report::default() };
        assert!(served(unanswered(), 599) && !served(unanswered(), 600), "and sooner when nobody answered");
    }
}
