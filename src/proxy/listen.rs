//! The listening port.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};
use tracing::{debug, warn};

use super::context::{Config, Ctx, Services, Shared};
use super::door::guests::Guests;
use super::door::limits::{Kind, Place, TooMany};
use super::door::questions::Questions;
use super::door::refused::Denial;
use super::intake;
use super::policy::Routes;
use super::reverse::Reverse;
use crate::model::{Facts, FindingId, Intake, Target};
use crate::net::keep_alive;

/// How long connections may take to end by themselves once the proxy is told to.
const GRACE: Duration = Duration::from_secs(2);

/// Why the proxy does not listen.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// The port is taken.
    #[error(
        "{address} is in use by another program; give another one with {flag}, as {flag} 127.0.0.1:0{behind} for any free port"
    )]
    Busy {
        /// Which address.
        address: SocketAddr,
        /// The flag that says where to listen.
        flag: &'static str,
        /// What follows the address there.
        behind: String,
    },
    /// It cannot be listened on for another reason.
    #[error("cannot listen on {address}: {source}")]
    Other {
        /// Which address.
        address: SocketAddr,
        /// Why not.
        source: io::Error,
    },
}

/// A running proxy.
pub struct Proxy {
    ctx: Ctx,
    addresses: Vec<SocketAddr>,
    reversed: Vec<(SocketAddr, Target)>,
}

impl Proxy {
    /// Listens, and serves whoever comes. Where an IPv4 and an IPv6 address are listened on with
    /// port 0, both get the same port.
    ///
    /// # Errors
    /// [`ListenError`] when an address cannot be listened on. An IPv6 wildcard on a machine without
    /// IPv6 is left out when there is another address.
    pub fn start(config: Config, services: Services) -> Result<Self, ListenError> {
        let listeners = open(&config.listen, "--listen", "")?;
        let mut reversed = Vec::new();
        for Reverse { listen, target } in &config.reverse {
            let opened = open(listen, "--reverse", &format!("={target}"))?;
            reversed.extend(opened.into_iter().map(|listener| (listener, target.clone())));
        }
        let addresses: Vec<SocketAddr> = listeners.iter().filter_map(address_of).collect();
        let led: Vec<_> = reversed.iter().filter_map(|(l, target)| Some((address_of(l)?, target.clone()))).collect();
        let own = addresses.iter().chain(led.iter().map(|(address, _)| address)).copied().collect();
        let ctx: Ctx = Arc::new(Shared::new(config, services, own));
        let doors = listeners.into_iter().map(|listener| (listener, None));
        for (listener, to) in doors.chain(reversed.into_iter().map(|(listener, target)| (listener, Some(target)))) {
            ctx.spawn(accept(ctx.clone(), listener, to));
        }
        Ok(Self { ctx, addresses, reversed: led })
    }

    /// Where it listens.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Where it listens for one target each, and for which.
    pub fn reversed(&self) -> &[(SocketAddr, Target)] {
        &self.reversed
    }

    /// What is done with which host, for whoever wants it otherwise while the proxy runs.
    pub fn routes(&self) -> Routes {
        self.ctx.routes.clone()
    }

    /// What clients wait for a person to decide. Without anybody who attends, nothing is asked.
    pub fn questions(&self) -> Questions {
        self.ctx.questions.clone()
    }

    /// What was decided about clients elsewhere.
    pub fn guests(&self) -> Guests {
        self.ctx.guests.clone()
    }

    /// Takes no more connections, lets those there are finish what they are at for a moment, then
    /// ends them.
    pub async fn stop(self) {
        self.ctx.closing.cancel();
        self.ctx.tasks.close();
        if timeout(GRACE, self.ctx.tasks.wait()).await.is_err() {
            debug!(open = self.ctx.tasks.len(), "ending connections that are still open");
            self.ctx.ended.cancel();
            let _ = timeout(GRACE, self.ctx.tasks.wait()).await;
        }
    }
}

/// Listens on addresses that belong together: those with port 0 get the same one. `flag` and what
/// stands `behind` an address there are for the error.
fn open(addresses: &[SocketAddr], flag: &'static str, behind: &str) -> Result<Vec<TcpListener>, ListenError> {
    let mut listeners: Vec<TcpListener> = Vec::new();
    for address in addresses {
        let taken = listeners.first().and_then(address_of).map_or(0, |first| first.port());
        let port = if address.port() == 0 { taken } else { address.port() };
        let address = SocketAddr::new(address.ip(), port);
        match bind(address) {
            Ok(listener) => listeners.push(listener),
            Err(source) if source.kind() == io::ErrorKind::AddrInUse => {
                return Err(ListenError::Busy { address, flag, behind: behind.to_owned() });
            }
            Err(source) if address.is_ipv6() && !listeners.is_empty() => warn!(%address, %source, "no IPv6 here"),
            Err(source) => return Err(ListenError::Other { address, source }),
        }
    }
    Ok(listeners)
}

fn address_of(listener: &TcpListener) -> Option<SocketAddr> {
    listener.local_addr().ok()
}

fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if address.is_ipv6() {
        // Else it would take the IPv4 port as well, and clients would have mapped addresses.
        socket.set_only_v6(true)?;
    }
    // A port that is left in TIME_WAIT is no port in use.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(1024)?;
    TcpListener::from_std(socket.into())
}

/// Takes clients in; `to` is where they all go, when the port leads to one target.
async fn accept(ctx: Ctx, listener: TcpListener, to: Option<Target>) {
    let mut failures = Failures::default();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = ctx.closing.cancelled() => return,
        };
        match accepted {
            Ok((stream, client)) => {
                let _ = stream.set_nodelay(true);
                keep_alive(&stream);
                let client = SocketAddr::new(client.ip().to_canonical(), client.port());
                match place_for(&ctx, client) {
                    Ok(place) => ctx.spawn(intake::serve(ctx.clone(), stream, client, place, to.clone())),
                    Err(too_many) => refuse(&ctx, &stream, client, too_many),
                }
            }
            // The client gave up before it was its turn.
            Err(error) if matches!(error.kind(), ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset) => {}
            Err(error) => failures.wait_after(&error).await,
        }
    }
}

fn place_for(ctx: &Ctx, client: SocketAddr) -> Result<Place, TooMany> {
    let address = client.ip();
    let kind = if ctx.config.access.is_own(address) {
        Kind::Own
    } else if ctx.config.access.serves(address) || ctx.wants_password(address) || ctx.guests.serves(address) {
        Kind::Guest
    } else {
        Kind::Stranger
    };
    ctx.doorway.enter(address, kind, ctx.config.limits)
}

/// Closes a connection that is one too many, without a word and without a trace in the kernel.
fn refuse(ctx: &Ctx, stream: &TcpStream, client: SocketAddr, TooMany { what, limit }: TooMany) {
    let _ = stream.set_zero_linger();
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let facts = Facts::new().with("address", client.ip().to_string()).with("what", what).with("limit", limit);
    let denial = Denial { finding: FindingId::ClientTooManyConnections, facts, intake: Intake::Unknown, target: None };
    if ctx.refused.note(ctx, client, denial) {
        warn!(client = %client.ip(), "too many {what}: more than {limit} are closed at once");
    }
}

/// What keeps connections from being accepted: out of file descriptors, most likely.
#[derive(Default)]
struct Failures {
    said: Option<Instant>,
    unsaid: u32,
}

impl Failures {
    /// Better late than never: connections wait in the kernel meanwhile. Said now and then.
    async fn wait_after(&mut self, error: &io::Error) {
        if self.said.is_none_or(|said| said.elapsed() >= Duration::from_secs(10)) {
            warn!(%error, times = self.unsaid + 1, "cannot accept connections");
            *self = Self { said: Some(Instant::now()), unsaid: 0 };
        } else {
            self.unsaid += 1;
        }
        sleep(Duration::from_millis(100)).await;
    }
}
