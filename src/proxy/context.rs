//! What every connection of the proxy shares.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::warn;

use super::after_refusal::{self, AfterRefusal};
use super::always::Always;
use super::audit::Auditor;
use super::door::access::Access;
use super::door::devices::Devices;
use super::door::guests::Guests;
use super::door::limits::{Doorway, Limits};
use super::door::password::{self, Attempts, Password};
use super::door::questions::Questions;
use super::door::refused::{Denial, Refused};
use super::http::Budget;
use super::observe::Observations;
use super::policy::{Policy, Routes};
use super::portal::Portal;
use super::refusals::Refusals;
use super::reverse::Reverse;
use super::visitors::Visitors;
use crate::ca::Mint;
use crate::inquiry::Inquiry;
use crate::model::{
    ConnectionId, Event, ExchangeId, Facts, FindingId, Intake, Message, Observation, Report, Timestamp,
};
use crate::net::Dialler;

/// Settings of the proxy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Where to listen.
    pub listen: Vec<SocketAddr>,
    /// Ports that lead to one target each.
    pub reverse: Vec<Reverse>,
    /// Who may use it.
    pub access: Access,
    /// What clients that are not on this machine have to give.
    pub password: Option<Password>,
    /// The file with the devices that were let in for good; without one they are let in for this run.
    pub devices: Option<PathBuf>,
    /// How long a device that is not known waits for the person at the screen.
    pub answer_within: Duration,
    /// How many connections there may be.
    pub limits: Limits,
    /// What is done with which host.
    pub policy: Policy,
    /// What is done when a client refuses our certificate for a host.
    pub after_refusal: AfterRefusal,
    /// The file with what is always tunnelled because a person said so; without one they say so for
    /// this run.
    pub always_tunnelled: Option<PathBuf>,
    /// Whether tlscope looks at the servers of tunnels itself, where a tunnel shows no certificate.
    pub observe_tunnelled: bool,
    /// How long a client may take for its first bytes, its hello and its handshake.
    pub hello_timeout: Duration,
    /// How long to wait for the client before asking whether the server speaks first.
    pub server_first_after: Duration,
    /// How much of a body is kept.
    pub body_limit: usize,
    /// How much of all bodies together is kept in memory until it is on the disk.
    pub memory_limit: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: vec![SocketAddr::new(IpAddr::from([0; 4]), 8080), SocketAddr::new(IpAddr::from([0; 16]), 8080)],
            reverse: Vec::new(),
            access: Access::default(),
            password: None,
            devices: None,
            answer_within: Duration::from_secs(30),
            limits: Limits::default(),
            policy: Policy::default(),
            after_refusal: AfterRefusal::default(),
            always_tunnelled: None,
            observe_tunnelled: true,
            hello_timeout: Duration::from_secs(10),
            server_first_after: Duration::from_millis(300),
            body_limit: 2 << 20,
            memory_limit: 32 << 20,
        }
    }
}

/// What the proxy works with, made by whoever starts it.
#[derive(Clone)]
pub struct Services {
    /// Reaches servers.
    pub dialler: Dialler,
    /// Judges what they show.
    pub inquiry: Inquiry,
    /// Mints what clients are shown.
    pub mint: Arc<Mint>,
    /// Answers requests for tlscope itself.
    pub portal: Portal,
    /// Shows clients of some hosts what is wrong on purpose, when that is wanted.
    pub audit: Option<Auditor>,
    /// Takes the events.
    pub events: mpsc::Sender<Event>,
}

/// Shared by all connections of one proxy.
pub(super) struct Shared {
    pub(super) config: Config,
    pub(super) services: Services,
    /// What a person decides while the proxy runs.
    pub(super) routes: Routes,
    /// What only a person can decide.
    pub(super) questions: Questions,
    pub(super) refusals: Refusals,
    /// What was decided about clients elsewhere.
    pub(super) guests: Guests,
    /// Counts the connections.
    pub(super) doorway: Doorway,
    /// Counts those that are refused.
    pub(super) refused: Refused,
    /// Who was wrong about the password.
    pub(super) attempts: Attempts,
    /// What clients will not have intercepted.
    pub(super) after_refusal: after_refusal::Memory,
    /// What nobody has intercepted.
    pub(super) always: Always,
    /// What the servers of tunnels showed us.
    pub(super) observations: Observations,
    /// Devices that come for tlscope itself.
    pub(super) visitors: Visitors,
    pub(super) budget: Budget,
    /// Where the proxy listens, by which a loop is recognised.
    pub(super) own: Vec<SocketAddr>,
    /// Tasks that outlive the one that began them: upgraded and tunnelled connections.
    pub(super) tasks: TaskTracker,
    /// Cancelled when the proxy stops taking requests.
    pub(super) closing: CancellationToken,
    /// Cancelled when connections that did not end by themselves are ended.
    pub(super) ended: CancellationToken,
    connections: AtomicU64,
    exchanges: AtomicU64,
}

/// A handle on what is shared.
pub(super) type Ctx = Arc<Shared>;

impl Shared {
    pub(super) fn new(config: Config, services: Services, own: Vec<SocketAddr>) -> Self {
        Self {
            budget: Budget::new(config.memory_limit),
            guests: Guests::with(config.devices.as_deref().map(Devices::kept_in).unwrap_or_default()),
            always: Always::kept_in(config.always_tunnelled.as_deref()),
            config,
            routes: Routes::default(),
            questions: Questions::default(),
            after_refusal: after_refusal::Memory::default(),
            observations: Observations::default(),
            refusals: Refusals::new(services.mint.former_cas()),
            visitors: Visitors::default(),
            services,
            doorway: Doorway::default(),
            refused: Refused::default(),
            attempts: Attempts::default(),
            own,
            tasks: TaskTracker::new(),
            closing: CancellationToken::new(),
            ended: CancellationToken::new(),
            connections: AtomicU64::new(0),
            exchanges: AtomicU64::new(0),
        }
    }

    /// Starts a task of the proxy's; it ends with the proxy at the latest.
    pub(super) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let ended = self.ended.clone();
        self.tasks.spawn(async move {
            ended.run_until_cancelled_owned(task).await;
        });
    }

    /// Whether a client at this address has to give the password.
    pub(super) fn wants_password(&self, address: IpAddr) -> bool {
        self.config.password.is_some() && !self.config.access.is_own(address)
    }

    /// Takes down that a client did not give the right password. One that gave none yet is only asked.
    pub(super) fn refuse_password(self: &Arc<Self>, client: SocketAddr, given: password::Given, intake: Intake) {
        let reason = match given {
            password::Given::Right => return,
            password::Given::Missing if intake != Intake::Socks5 => return,
            password::Given::Missing => "it offers no password",
            password::Given::Wrong => "its password is wrong",
            password::Given::TooOften => "its password was wrong too often; the next is looked at in a minute",
        };
        let facts = Facts::new().with("address", client.ip().to_string());
        let facts = facts.with("allow", "the password of --proxy-password").with("reason", reason);
        if self.refused.note(self, client, Denial { finding: FindingId::ClientNotAllowed, facts, intake, target: None })
        {
            warn!(client = %client.ip(), reason, "refused a client that is not on this machine");
        }
    }

    pub(super) fn next_connection(&self) -> ConnectionId {
        ConnectionId(self.connections.fetch_add(1, Ordering::Relaxed) + 1)
    }

    pub(super) fn next_exchange(&self) -> ExchangeId {
        ExchangeId(self.exchanges.fetch_add(1, Ordering::Relaxed) + 1)
    }

    /// Tells an event, waiting for room: heads and records are never dropped.
    pub(super) async fn tell(&self, event: Event) {
        let tried = self.tried(&event);
        // Without a listener the proxy is on its way out.
        let _ = self.services.events.send(event).await;
        if let Some(tried) = tried {
            let _ = self.services.events.send(tried).await;
        }
    }

    /// The same from where waiting is not possible: a destructor, the judging thread.
    pub(super) fn tell_later(&self, event: Event) {
        let tried = self.tried(&event);
        self.send_later(event);
        if let Some(tried) = tried {
            self.send_later(tried);
        }
    }

    /// What an event means for the audit, where there is one: every event about a connection or a request comes by here.
    pub(super) fn tried(&self, event: &Event) -> Option<Event> {
        let trial = self.services.audit.as_ref()?.watch(event)?;
        Some(Event::Tried(Box::new(trial)))
    }

    pub(super) fn send_later(&self, event: Event) {
        if let Err(mpsc::error::TrySendError::Full(event)) = self.services.events.try_send(event) {
            let events = self.services.events.clone();
            self.tasks.spawn(async move {
                let _ = events.send(event).await;
            });
        }
    }

    /// A piece of a conversation, where there is room for it: nobody waits for those, and they are
    /// counted all the same. Whether there was.
    pub(super) fn tell_message(&self, message: Message) -> bool {
        self.services.events.try_send(Event::Message(Box::new(message))).is_ok()
    }

    /// Has the judge look at a connection's server, and tells every report as an event, then to `note`. Gives
    /// the first report as well.
    pub(super) fn judge(
        self: &Arc<Self>,
        connection: ConnectionId,
        observation: Observation,
        mut note: impl FnMut(&Arc<Report>) + Send + 'static,
    ) -> tokio::sync::oneshot::Receiver<Arc<Report>> {
        let (tell, first) = tokio::sync::oneshot::channel();
        let mut tell = Some(tell);
        let shared = self.clone();
        let runtime = tokio::runtime::Handle::current();
        self.services.inquiry.judge(observation, move |told| {
            let _entered = runtime.enter();
            shared.tell_later(Event::Judged { connection, report: told.report.clone() });
            note(&told.report);
            if let Some(tell) = tell.take() {
                let _ = tell.send(told.report);
            }
        });
        first
    }
}

/// Wall time now.
pub(super) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_unix_ms(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::ca::Authority;
    use crate::diagnosis::Trust;
    use crate::proxy::PortalAnswer;
    use crate::{inquiry, net};

    /// What connections share, around a channel of the test's own.
    pub(in crate::proxy) fn shared(events: mpsc::Sender<Event>) -> Ctx {
        let home = tempfile::tempdir().unwrap();
        let (authority, _) = Authority::load_or_create(home.path(), now()).unwrap();
        let dialler = Dialler::new(net::Config::default());
        let inquiry = Inquiry::start(inquiry::Config::default(), Trust::default, dialler.clone()).unwrap();
        let portal: Portal = Arc::new(|_| PortalAnswer::default());
        let services = Services { dialler, inquiry, mint: Arc::new(Mint::new(authority)), portal, audit: None, events };
        Arc::new(Shared::new(Config::default(), services, Vec::new()))
    }
}
