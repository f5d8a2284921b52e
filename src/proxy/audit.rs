//! Showing clients of chosen hosts what is wrong on purpose, and telling what they made of it.
//!
//! Owns which connection is shown what, as the audit has it, and seeing how that ended: in the very events that tell
//! of connections and requests. What a refusal of such an identity is worth is not decided here, nor is it counted
//! among the refusals of our certificate.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tracing::warn;

use super::client_tls::key_choice;
use super::context::{Ctx, now};
use super::record::Record;
use crate::ca::{Catalogue, CatalogueError, Mint, Shown};
use crate::diagnosis::audit::{Audit, RunTold, Subject, Table, took};
use crate::diagnosis::clients::{App, Habits, History, Meeting};
use crate::export::{sent_raw, sent_words};
use crate::model::{
    ClientHello, ClientOutcome, Connection, ConnectionId, Event, Exchange, Given, GivenKind, Host, Identity, Refusal,
    Target, Took, Trial,
};
use crate::net::Glob;

/// Which hosts are audited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Audited {
    /// Every host that clients go to.
    All,
    /// These, and no other.
    These(Vec<Glob>),
}

impl Audited {
    fn is_about(&self, target: &Target, named: &Target) -> bool {
        match self {
            Self::All => true,
            Self::These(globs) => globs.iter().any(|glob| glob.matches(target) || glob.matches(named)),
        }
    }
}

impl std::fmt::Display for Audited {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::All => f.write_str("every host"),
            Self::These(globs) => f.write_str(&globs.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")),
        }
    }
}

/// What is wished of an audit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditPlan {
    /// Whose clients.
    pub hosts: Audited,
    /// The identities they are shown; all of them where none is named.
    pub only: Vec<String>,
    /// How often each of them at least.
    pub repeat: u32,
}

/// An audit that a proxy runs. Cheap to clone.
#[derive(Clone)]
pub struct Auditor {
    hosts: Arc<Audited>,
    catalogue: Arc<Catalogue>,
    left_out: Arc<Vec<(String, &'static str)>>,
    state: Arc<Mutex<State>>,
}

struct State {
    audit: Audit,
    /// Connections that are shown something, until they are over.
    shown: HashMap<ConnectionId, ShownTo>,
    /// How controls were taken: why one was not is concluded from all of them.
    controls: History,
}

/// What one connection was shown, and what is known of that.
struct ShownTo {
    subject: Subject,
    identity: Identity,
    /// It was taken; what was sent is not known yet, or not to its end.
    taken: Option<Trial>,
    /// It was said what came of it.
    is_told: bool,
}

impl Auditor {
    /// An audit with what `mint` can issue of the catalogue.
    ///
    /// # Errors
    /// [`CatalogueError`] when the plan names an identity that there is not.
    pub fn new(plan: &AuditPlan, mint: &Mint) -> Result<Self, CatalogueError> {
        let catalogue = Catalogue::read()?.only(&plan.only)?;
        let left_out = mint.left_out(&catalogue);
        let is_made = |identity: &Identity| !left_out.iter().any(|(name, _)| *name == identity.name);
        let made: Vec<Identity> = catalogue.identities().into_iter().filter(is_made).collect();
        let audit = Audit::new(&made, plan.repeat).ok_or(CatalogueError::NoControl)?;
        let state = State { audit, shown: HashMap::new(), controls: History::default() };
        Ok(Self {
            hosts: Arc::new(plan.hosts.clone()),
            catalogue: Arc::new(catalogue),
            left_out: Arc::new(left_out),
            state: Arc::new(Mutex::new(state)),
        })
    }

    /// The hosts.
    pub fn hosts(&self) -> &Audited {
        &self.hosts
    }

    /// Whether a connection that was shown something is not over yet.
    pub fn is_busy(&self) -> bool {
        !self.lock().shown.is_empty()
    }

    /// What is known by now.
    pub fn table(&self) -> Table {
        self.lock().audit.table()
    }

    /// Whether somebody came, and everybody who came is done with.
    pub fn is_done(&self) -> bool {
        self.lock().audit.is_done()
    }

    /// How many apps at how many hosts have come.
    pub fn subjects(&self) -> usize {
        self.lock().audit.subjects()
    }

    /// What has to be taken.
    pub fn control(&self) -> Identity {
        self.lock().audit.control().clone()
    }

    /// What came of the last run of a command.
    pub fn last_run(&self) -> RunTold {
        self.lock().audit.last_run()
    }

    /// What is shown, without the control.
    pub fn identities(&self) -> Vec<Identity> {
        self.lock().audit.identities().to_vec()
    }

    /// How often each is shown at least.
    pub fn repeat(&self) -> u32 {
        self.lock().audit.repeat()
    }

    /// What the CA cannot issue, with why.
    pub fn left_out(&self) -> &[(String, &'static str)] {
        &self.left_out
    }

    /// What a command is to be run with next; `None` when nothing is left to be told.
    pub fn wanted(&self) -> Option<Identity> {
        self.lock().audit.wanted().cloned()
    }

    /// From now on every connection to an audited host is shown this.
    pub fn hold(&self, identity: &Identity) {
        self.lock().audit.hold(identity);
    }

    /// The command that was run meanwhile is over.
    pub fn release(&self) {
        self.lock().audit.release();
    }

    /// What a connection is to be shown, taken down as shown; `None` where there is no audit of its host, or nothing
    /// left to be told.
    fn next(&self, connection: &Connection) -> Option<Identity> {
        let target = connection.target.as_ref()?;
        let name = connection.name.as_ref().unwrap_or(&target.host);
        if !self.hosts.is_about(target, &Target::new(name.clone(), target.port)) {
            return None;
        }
        let subject = Subject {
            device: connection.client_address.ip().to_canonical(),
            app: App::of(connection)?,
            host: connection.host().into(),
        };
        let mut state = self.lock();
        let identity = state.audit.next(&subject)?.clone();
        state.audit.begin(&subject, &app_of(connection, &subject), connection.id, &identity.name);
        let shown = ShownTo { subject, identity: identity.clone(), taken: None, is_told: false };
        state.shown.insert(connection.id, shown);
        Some(identity)
    }

    /// What an event tells of a connection that was shown something: a trial, once what came of it is known.
    pub(super) fn watch(&self, event: &Event) -> Option<Trial> {
        match event {
            Event::Connection(connection) => self.lock().note_connection(connection),
            Event::Exchange(exchange) => self.lock().note_exchange(exchange),
            _ => None,
        }
    }

    /// A connection is over: a trial, where the client went on and nothing was known yet of what it sent.
    pub(super) fn note_end(&self, connection: &Connection) -> Option<Trial> {
        self.lock().note_connection(connection)
    }

    /// A connection is not shown what it was to be: that tells nothing, and the next ones are shown something else.
    fn give_up(&self, connection: &Connection, reason: String) {
        let mut state = self.lock();
        state.settle(connection, &ClientOutcome::Failed { reason });
        state.shown.remove(&connection.id);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the app looks like, else its fingerprint.
fn app_of(connection: &Connection, subject: &Subject) -> String {
    connection.client.looks_like.clone().unwrap_or_else(|| subject.app.0.to_string())
}

impl State {
    fn note_connection(&mut self, connection: &Connection) -> Option<Trial> {
        let settled = connection.client.outcome.as_ref().and_then(|outcome| self.settle(connection, outcome));
        if connection.closed.is_none() {
            return settled;
        }
        let shown = self.shown.remove(&connection.id)?;
        self.audit.end(&shown.subject, connection.id);
        let Some(mut trial) = shown.taken else { return settled };
        trial.sent = trial.sent.or_else(|| sent_raw(connection));
        self.audit.note_sent(&trial);
        Some(trial)
    }

    /// The outcome is known, for the first time.
    fn settle(&mut self, connection: &Connection, outcome: &ClientOutcome) -> Option<Trial> {
        let shown = self.shown.get_mut(&connection.id).filter(|shown| !shown.is_told)?;
        shown.is_told = true;
        let (subject, identity) = (shown.subject.clone(), shown.identity.clone());
        let habits = connection.client.hello.as_ref().map(Habits::of).unwrap_or_default();
        let took = took(outcome, connection.client.stayed_ms, habits);
        let trial = Trial {
            connection: connection.id,
            at: now(),
            device: subject.device,
            app: app_of(connection, &subject),
            fingerprint: subject.app.0.to_string(),
            host: subject.host.to_string(),
            identity: identity.name.clone(),
            took,
            sent: None,
            why: identity.is_control().then(|| self.why(connection)).flatten(),
        };
        self.audit.note(&trial);
        if trial.took != Took::Accepted {
            return Some(trial);
        }
        if let Some(shown) = self.shown.get_mut(&connection.id) {
            shown.taken = Some(trial);
        }
        None
    }

    /// A control is a good leaf: what its refusal means is concluded as of any other.
    fn why(&mut self, connection: &Connection) -> Option<Refusal> {
        let given = Some(Given::without_leaf(GivenKind::Pass));
        let meeting = Meeting::of(&Connection { given, ..connection.clone() })?;
        self.controls.note(&meeting);
        self.controls.conclude(meeting.device, &meeting.app, &meeting.host)
    }

    /// The first request that goes to whoever the client took us for.
    fn note_exchange(&mut self, exchange: &Exchange) -> Option<Trial> {
        let shown = self.shown.get_mut(&exchange.connection)?;
        let trial = shown.taken.as_mut()?;
        trial.sent = Some(sent_words(exchange));
        if !exchange.is_sent() {
            return None;
        }
        let trial = shown.taken.take()?;
        self.audit.note_sent(&trial);
        Some(trial)
    }
}

/// What a client of an audited host is shown that takes us for `host`; `None` where it is served as always.
pub(super) async fn identity(ctx: &Ctx, record: &Record, client: (&ClientHello, &Host)) -> Option<(Shown, Given)> {
    let auditor = ctx.services.audit.as_ref()?;
    let identity = record.with(|connection| auditor.next(connection))?;
    match make(ctx, auditor, &identity, client).await {
        Ok(shown) => {
            let about = format!("the audit shows {}: {}", identity.name, identity.about);
            let given = Given::with_leaf(GivenKind::Audit, shown.leaf);
            Some((shown, Given { identity: Some(identity.name), changed: vec![about], ..given }))
        }
        Err(reason) => {
            warn!(identity = identity.name, reason, "cannot make what the audit would show");
            record.with(|connection| auditor.give_up(connection, reason));
            None
        }
    }
}

async fn make(
    ctx: &Ctx,
    auditor: &Auditor,
    identity: &Identity,
    (hello, host): (&ClientHello, &Host),
) -> Result<Shown, String> {
    let (mint, catalogue) = (ctx.services.mint.clone(), auditor.catalogue.clone());
    let (name, host, key) = (identity.name.clone(), host.clone(), key_choice(hello));
    let making = move || mint.identity((&catalogue, &name), &host, key, now());
    tokio::task::spawn_blocking(making).await.map_err(|error| error.to_string())?
}
