//! What clients made of our certificates, remembered for as long as the proxy runs, and what follows
//! from it for the connection at hand.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use super::after_refusal;
use super::record::Record;
use crate::diagnosis::clients::{History, Meeting};
use crate::model::{ClientLeg, ClientOutcome, Facts, Refusal, RefusalKind, millis};

/// The history of all clients. Shared by all connections.
#[derive(Debug, Default)]
pub(super) struct Refusals {
    history: Mutex<History>,
    /// How many CAs tlscope had here before this one: a device may hold one of those.
    former_cas: usize,
}

impl Refusals {
    /// No client was met yet.
    pub(super) fn new(former_cas: usize) -> Self {
        Self { history: Mutex::default(), former_cas }
    }

    /// How the client took our certificate goes into its record, with what that means after all that
    /// was seen of it.
    pub(super) async fn settle(&self, record: &Record, outcome: ClientOutcome) {
        let meeting = record.with(|connection| {
            connection.client.outcome = Some(outcome);
            Meeting::of(connection)
        });
        let refusal = meeting.and_then(|meeting| self.note(&meeting));
        let refusal = refusal.map(|refusal| record.with(|connection| self.with_details(refusal, &connection.client)));
        record
            .update(|connection| {
                connection.findings.extend(refusal.as_ref().map(Refusal::finding));
                connection.client.refusal.clone_from(&refusal);
            })
            .await;
        if let Some(refusal) = refusal {
            after_refusal::note(record.ctx(), record, &refusal);
        }
    }

    /// The same of a client that finished its handshake at `began` and left without a byte.
    pub(super) async fn settle_left(&self, record: &Record, began: Instant, outcome: ClientOutcome) {
        record.with(|connection| connection.client.stayed_ms = Some(millis(began.elapsed())));
        self.settle(record, outcome).await;
    }

    /// Takes a meeting in. Why the client refused, when it did.
    fn note(&self, meeting: &Meeting) -> Option<Refusal> {
        let mut history = self.history.lock().unwrap_or_else(PoisonError::into_inner);
        history.note(meeting);
        history.conclude(meeting.device, &meeting.app, &meeting.host)
    }

    /// What only this connection shows.
    fn with_details(&self, refusal: Refusal, leg: &ClientLeg) -> Refusal {
        let mut facts: Facts = refusal.evidence;
        match &leg.outcome {
            Some(ClientOutcome::GaveUp { waited_ms }) => facts = facts.with("waited_ms", *waited_ms as i64),
            Some(ClientOutcome::NothingShared { reason }) => facts = facts.with("reason", reason.as_str()),
            _ => {}
        }
        if let Some(app) = &leg.looks_like {
            facts = facts.with("app", app.as_str());
        }
        if refusal.kind == RefusalKind::CaNotInstalled && self.former_cas > 0 {
            facts = facts.with("former_cas", self.former_cas);
        }
        Refusal { evidence: facts, ..refusal }
    }
}
