//! What every connection of the proxy shares.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use tokio::sync::{Semaphore, mpsc};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::access::Access;
use super::http::Budget;
use super::policy::{Policy, Routes};
use super::portal::Portal;
use super::refusals::Refusals;
use super::visitors::Visitors;
use crate::ca::Mint;
use crate::inquiry::Inquiry;
use crate::model::{ConnectionId, Event, ExchangeId, Message, Observation, Report, Timestamp};
use crate::net::Dialler;

/// Settings of the proxy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Where to listen.
    pub listen: Vec<SocketAddr>,
    /// Who may use it.
    pub access: Access,
    /// What is done with which host.
    pub policy: Policy,
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
            access: Access::default(),
            policy: Policy::default(),
            hello_timeout: Duration::from_secs(10),
            server_first_after: Duration::from_millis(300),
            body_limit: 2 << 20,
            memory_limit: 32 << 20,
        }
    }
}

/// How many clients that are not served may be told so at a time.
const MOST_STRANGERS: usize = 64;

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
    /// Takes the events.
    pub events: mpsc::Sender<Event>,
}

/// Shared by all connections of one proxy.
pub(super) struct Shared {
    pub(super) config: Config,
    pub(super) services: Services,
    /// What a person decides while the proxy runs.
    pub(super) routes: Routes,
    pub(super) refusals: Refusals,
    /// Devices that come for tlscope itself.
    pub(super) visitors: Visitors,
    /// Places for clients that are not served while they are told so.
    pub(super) strangers: Arc<Semaphore>,
    pub(super) budget: Budget,
    /// The ports listened on, by which a loop is recognised.
    pub(super) own_ports: Vec<u16>,
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
    pub(super) fn new(config: Config, services: Services, own_ports: Vec<u16>) -> Self {
        Self {
            budget: Budget::new(config.memory_limit),
            config,
            routes: Routes::default(),
            refusals: Refusals::new(services.mint.former_cas()),
            visitors: Visitors::default(),
            services,
            strangers: Arc::new(Semaphore::new(MOST_STRANGERS)),
            own_ports,
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

    pub(super) fn next_connection(&self) -> ConnectionId {
        ConnectionId(self.connections.fetch_add(1, Ordering::Relaxed) + 1)
    }

    pub(super) fn next_exchange(&self) -> ExchangeId {
        ExchangeId(self.exchanges.fetch_add(1, Ordering::Relaxed) + 1)
    }

    /// Tells an event, waiting for room: heads and records are never dropped.
    pub(super) async fn tell(&self, event: Event) {
        // Without a listener the proxy is on its way out.
        let _ = self.services.events.send(event).await;
    }

    /// The same from where waiting is not possible: a destructor, the judging thread.
    pub(super) fn tell_later(&self, event: Event) {
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

    /// Has the judge look at a connection's server, and tells every report as an event. Gives the
    /// first report as well.
    pub(super) fn judge(
        self: &Arc<Self>,
        connection: ConnectionId,
        observation: Observation,
    ) -> tokio::sync::oneshot::Receiver<Arc<Report>> {
        let (tell, first) = tokio::sync::oneshot::channel();
        let mut tell = Some(tell);
        let shared = self.clone();
        let runtime = tokio::runtime::Handle::current();
        self.services.inquiry.judge(observation, move |told| {
            let _entered = runtime.enter();
            shared.tell_later(Event::Judged { connection, report: told.report.clone() });
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
        let services = Services { dialler, inquiry, mint: Arc::new(Mint::new(authority)), portal, events };
        Arc::new(Shared::new(Config::default(), services, Vec::new()))
    }
}
