//! What clients made of our certificates, remembered for as long as the proxy runs, and what follows
//! from it for the connection at hand.

use std::sync::{Mutex, PoisonError};

use super::record::Record;
use crate::diagnosis::clients::{History, Meeting};
use crate::model::{ClientOutcome, Refusal};

/// The history of all clients. Shared by all connections.
#[derive(Debug, Default)]
pub(super) struct Refusals(Mutex<History>);

impl Refusals {
    /// How the client took our certificate goes into its record, with what that means after all that
    /// was seen of it.
    pub(super) async fn settle(&self, record: &Record, outcome: ClientOutcome) {
        let meeting = record.with(|connection| {
            connection.client.outcome = Some(outcome);
            Meeting::of(connection)
        });
        let refusal = meeting.and_then(|meeting| self.note(&meeting));
        record
            .update(|connection| {
                connection.findings.extend(refusal.as_ref().map(Refusal::finding));
                connection.client.refusal = refusal;
            })
            .await;
    }

    /// Takes a meeting in. Why the client refused, when it did.
    fn note(&self, meeting: &Meeting) -> Option<Refusal> {
        let mut history = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        history.note(meeting);
        history.conclude(meeting.device, &meeting.app, &meeting.host)
    }
}
