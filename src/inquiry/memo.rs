//! Reports that were given before.

use std::collections::HashMap;
use std::sync::Arc;

use crate::model::{Observation, Report, Timestamp};

/// More than this is forgotten, all at once: what is asked again comes back soon.
const LIMIT: usize = 1024;

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
    /// The report, when it still holds: no date on it has flipped since, and no issuer has been
    /// seen that it lacked.
    pub(super) fn get(&self, observation: &Observation, generation: u64, now: Timestamp) -> Option<Arc<Report>> {
        let entry = self.0.get(observation)?;
        let in_time = now >= entry.judged_at && entry.report.holds_until.is_none_or(|until| now < until);
        let complete = entry.report.wants.is_empty() || entry.generation == generation;
        (in_time && complete).then(|| entry.report.clone())
    }

    pub(super) fn put(&mut self, observation: &Observation, generation: u64, now: Timestamp, report: Arc<Report>) {
        if self.0.len() >= LIMIT {
            self.0.clear();
        }
        self.0.insert(observation.clone(), Entry { report, generation, judged_at: now });
    }
}
