//! The record of one connection while it lasts.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::timeout;

use super::context::{Ctx, now};
use crate::ca::{Extent, extent};
use crate::model::{
    Connection, ConnectionId, Event, Facts, Failure, Finding, FindingId, Given, Intake, Observation, Outcome, Protocol,
    Report, Target,
};
use crate::net::{Missed, TlsLeg};

/// How long a page, and what is chosen by it, waits for what the judge has to say.
const JUDGE_PATIENCE: Duration = Duration::from_secs(5);

/// Holds the record, tells each state of it as an event, and always tells how it ended.
pub(super) struct Record {
    ctx: Ctx,
    state: Arc<Mutex<State>>,
    is_discarded: bool,
}

/// A connection as far as it has come. The judge may speak of it when it is over.
struct State {
    connection: Connection,
    /// What its server would be refused for, as far as the judge has spoken.
    bad: Vec<FindingId>,
}

impl Record {
    /// A connection that has just been accepted, or a target on one that stays open.
    pub(super) fn open(ctx: &Ctx, client: SocketAddr, intake: Intake, target: Option<Target>) -> Self {
        let mut connection = Connection::new(ctx.next_connection(), now(), client);
        connection.intake = intake;
        connection.name = target.as_ref().map(|target| target.host.clone());
        connection.target = target;
        let state = Arc::new(Mutex::new(State { connection, bad: Vec::new() }));
        Self { ctx: ctx.clone(), state, is_discarded: false }
    }

    /// What its proxy's connections share.
    pub(super) fn ctx(&self) -> &Ctx {
        &self.ctx
    }

    pub(super) fn id(&self) -> ConnectionId {
        self.lock().connection.id
    }

    pub(super) fn client(&self) -> SocketAddr {
        self.lock().connection.client_address
    }

    /// Ends a record of which nothing was told yet, and nothing will be: the client came for tlscope
    /// itself. Gives the client's address.
    pub(super) fn discard(mut self) -> SocketAddr {
        self.is_discarded = true;
        self.client()
    }

    /// Changes the record without telling.
    pub(super) fn with<T>(&self, change: impl FnOnce(&mut Connection) -> T) -> T {
        change(&mut self.lock().connection)
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

    /// Takes over what the client is given, with what that means for a server of which the judge has spoken.
    pub(super) fn set_given(&self, mut given: Given) {
        let mut state = self.lock();
        given.note_bad(&state.bad, &[]);
        state.connection.given = Some(given);
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

    /// Has the judge look. What each of its reports means for what the client was given goes into the record and
    /// is told, even when the connection is over by then.
    pub(super) fn judge(&self) -> oneshot::Receiver<Arc<Report>> {
        let (ctx, state) = (self.ctx.clone(), self.state.clone());
        let observation = self.observation();
        // What fails behind the handshake is nothing that the server has shown.
        let is_whole = observation.failure.is_none();
        self.ctx.judge(self.id(), observation, move |report| {
            if is_whole && lock(&state).take_bad(report.grave()) {
                tell(&ctx, &state);
            }
        })
    }

    /// Has the judge look, and waits for its first word as long as a client can be kept waiting. `None` when it
    /// has none by then.
    pub(super) async fn first_word_of_judge(&self) -> Option<Arc<Report>> {
        timeout(JUDGE_PATIENCE, self.judge()).await.ok()?.ok()
    }

    /// The same for those who go on without its word as well.
    pub(super) async fn judge_soon(&self) -> Arc<Report> {
        self.first_word_of_judge().await.unwrap_or_default()
    }

    /// What has come out about the server since this report, and is not in what it sent.
    pub(super) fn come_out_since(&self, report: &Report) -> Vec<FindingId> {
        come_out(&report.grave(), &self.lock().bad)
    }

    /// What the proxy itself noticed, and what the judge found.
    pub(super) fn findings_with(&self, report: &Report) -> Vec<Finding> {
        let own = self.with(|connection| connection.findings.clone());
        own.into_iter().chain(report.findings.iter().cloned()).collect()
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

    fn lock(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

impl State {
    /// The judge has spoken. Whether something else is to be said of what the client was given.
    fn take_bad(&mut self, bad: Vec<FindingId>) -> bool {
        let before = std::mem::replace(&mut self.bad, bad);
        let late = come_out(&before, &self.bad);
        self.connection.given.as_mut().is_some_and(|given| given.note_bad(&self.bad, &late))
    }
}

/// What has come out since `before` and is not in what the server sent, so that no copy of that shows it.
fn come_out(before: &[FindingId], bad: &[FindingId]) -> Vec<FindingId> {
    let is_elsewhere = |id: &FindingId| matches!(extent(*id), Extent::Staple | Extent::Never(_));
    bad.iter().filter(|id| !before.contains(id) && is_elsewhere(id)).copied().collect()
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Tells the state as it is when there is room for the event: one that has ended meanwhile is not told as open.
fn tell(ctx: &Ctx, state: &Arc<Mutex<State>>) {
    let event = |state: &State| Event::Connection(Box::new(state.connection.clone()));
    let events = &ctx.services.events;
    let now = lock(state);
    let told = event(&now);
    let tried = ctx.tried(&told);
    if let Ok(room) = events.try_reserve() {
        room.send(told);
        if let Some(tried) = tried {
            ctx.send_later(tried);
        }
        return;
    }
    drop(now);
    let (events, state) = (events.clone(), state.clone());
    ctx.tasks.spawn(async move {
        if let Ok(room) = events.reserve().await {
            room.send(event(&lock(&state)));
        }
        if let Some(tried) = tried {
            let _ = events.send(tried).await;
        }
    });
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
        self.with(|connection| connection.closed = connection.closed.or_else(|| Some(now())));
        let tried = self.ctx.services.audit.as_ref().and_then(|audit| audit.note_end(&self.lock().connection));
        tell(&self.ctx, &self.state);
        if let Some(trial) = tried {
            self.ctx.tell_later(Event::Tried(Box::new(trial)));
        }
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
