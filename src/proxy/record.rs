//! The record of one connection while it lasts.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::timeout;

use super::context::{Ctx, now};
use crate::model::{
    Connection, ConnectionId, Event, Facts, Failure, Finding, FindingId, Given, Intake, Observation, Outcome, Protocol,
    Report, Target,
};
use crate::net::{Missed, TlsLeg};

/// How long a page waits for what the judge has to say.
const JUDGE_PATIENCE: Duration = Duration::from_secs(5);

/// Holds the record, tells each state of it as an event, and always tells how it ended.
pub(super) struct Record {
    ctx: Ctx,
    connection: Mutex<Connection>,
    is_discarded: bool,
}

impl Record {
    /// A connection that has just been accepted, or a target on one that stays open.
    pub(super) fn open(ctx: &Ctx, client: SocketAddr, intake: Intake, target: Option<Target>) -> Self {
        let mut connection = Connection::new(ctx.next_connection(), now(), client);
        connection.intake = intake;
        connection.name = target.as_ref().map(|target| target.host.clone());
        connection.target = target;
        Self { ctx: ctx.clone(), connection: Mutex::new(connection), is_discarded: false }
    }

    /// What its proxy's connections share.
    pub(super) fn ctx(&self) -> &Ctx {
        &self.ctx
    }

    pub(super) fn id(&self) -> ConnectionId {
        self.lock().id
    }

    pub(super) fn client(&self) -> SocketAddr {
        self.lock().client_address
    }

    /// Ends a record of which nothing was told yet, and nothing will be: the client came for tlscope
    /// itself. Gives the client's address.
    pub(super) fn discard(mut self) -> SocketAddr {
        self.is_discarded = true;
        self.client()
    }

    /// Changes the record without telling.
    pub(super) fn with<T>(&self, change: impl FnOnce(&mut Connection) -> T) -> T {
        change(&mut self.lock())
    }

    /// Changes the record and tells its new state.
    pub(super) async fn update(&self, change: impl FnOnce(&mut Connection)) {
        let state = self.with(|connection| {
            change(connection);
            connection.clone()
        });
        self.ctx.tell(Event::Connection(Box::new(state))).await;
    }

    /// Tells the state as it is.
    pub(super) async fn publish(&self) {
        self.update(|_| {}).await;
    }

    /// Notes something the proxy itself saw.
    pub(super) fn note(&self, id: FindingId, evidence: Facts) {
        let finding = Finding::new(id, evidence);
        self.with(|connection| {
            if !connection.findings.iter().any(|known| known.id == finding.id && known.evidence == finding.evidence) {
                connection.findings.push(finding);
            }
        });
    }

    pub(super) fn set_given(&self, given: Given) {
        self.with(|connection| connection.given = Some(given));
    }

    pub(super) fn set_outcome(&self, outcome: Outcome) {
        self.with(|connection| connection.outcome = Some(outcome));
    }

    pub(super) fn set_protocol(&self, protocol: Protocol) {
        self.with(|connection| connection.protocol = Some(protocol));
    }

    /// Takes over what a server showed.
    pub(super) fn set_reached(&self, leg: &TlsLeg, sni: Option<String>) {
        self.with(|connection| {
            let upstream = &mut connection.upstream;
            leg.route.note_in(upstream);
            upstream.sni = sni;
            upstream.timing = leg.timing;
            upstream.handshake = Some(leg.handshake.clone());
            upstream.sent.clone_from(&leg.sent);
        });
    }

    /// Takes over how an attempt to reach a server ended.
    pub(super) fn set_missed(&self, missed: &Missed, sni: Option<String>) {
        self.with(|connection| {
            let upstream = &mut connection.upstream;
            missed.route.note_in(upstream);
            upstream.sni = sni;
            upstream.timing = missed.timing;
            upstream.handshake = missed.handshake.as_deref().cloned();
            upstream.sent.clone_from(&missed.sent);
            upstream.failure = Some(missed.failure.clone());
        });
    }

    /// A failure that showed after the handshake: a client certificate that was missing after all.
    pub(super) fn set_late_failure(&self, failure: Failure) {
        self.with(|connection| {
            connection.upstream.failure.get_or_insert(failure);
        });
    }

    /// Has the judge look, and waits for its first word as long as a client can be kept waiting.
    pub(super) async fn judge_soon(&self) -> Arc<Report> {
        let first = self.ctx.judge(self.id(), self.observation());
        timeout(JUDGE_PATIENCE, first).await.ok().and_then(Result::ok).unwrap_or_default()
    }

    /// What there is for the judge.
    pub(super) fn observation(&self) -> Observation {
        self.with(|connection| Observation {
            name: connection.name.clone(),
            // Behind a reverse port nobody asked for a host.
            asked_host: connection
                .target
                .as_ref()
                .filter(|_| connection.intake != Intake::Reverse)
                .map(|target| target.host.clone()),
            address: connection.upstream.address,
            via: connection.upstream.via.clone(),
            sent: connection.upstream.sent.clone(),
            handshake: connection.upstream.handshake.clone(),
            failure: connection.upstream.failure.clone(),
            ..Observation::default()
        })
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// However the connection's task ended, by return, by abort or by a panic, the record is closed.
impl Drop for Record {
    fn drop(&mut self) {
        if self.is_discarded {
            return;
        }
        if std::thread::panicking() {
            self.note(FindingId::AnalysisFailed, Facts::new().with("reason", "a fault while relaying this connection"));
            self.set_outcome(Outcome::Failed);
        }
        let state = self.with(|connection| {
            connection.closed.get_or_insert_with(now);
            connection.clone()
        });
        self.ctx.tell_later(Event::Connection(Box::new(state)));
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use tokio::sync::mpsc;

    use super::*;
    use crate::proxy::context::tests::shared;

    #[tokio::test]
    async fn a_panic_is_a_finding_of_its_connection_alone() {
        let (events, mut told) = mpsc::channel(10);
        let ctx = shared(events);
        let record = Record::open(&ctx, "127.0.0.1:1".parse().unwrap(), Intake::Connect, None);
        let fault = catch_unwind(AssertUnwindSafe(move || {
            record.with(|_| ());
            panic!("a fault, for the test");
        }));
        assert!(fault.is_err());
        let Some(Event::Connection(connection)) = told.recv().await else { panic!("nothing was told") };
        assert_eq!(connection.findings.first().map(|finding| finding.id), Some(FindingId::AnalysisFailed));
        assert_eq!(connection.outcome, Some(Outcome::Failed));
        assert!(connection.closed.is_some());
    }
}
