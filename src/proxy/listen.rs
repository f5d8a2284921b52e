//! The listening port.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::TcpListener;
use tokio::time::{sleep, timeout};
use tracing::{debug, warn};

use super::context::{Config, Ctx, Services, Shared};
use super::intake;
use super::policy::Routes;
use super::questions::Questions;
use crate::net::keep_alive;

/// How long connections may take to end by themselves once the proxy is told to.
const GRACE: Duration = Duration::from_secs(2);

/// Why the proxy does not listen.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// The port is taken.
    #[error(
        "{address} is in use by another program; give another one with --listen, as --listen 127.0.0.1:0 for any free port"
    )]
    Busy {
        /// Which address.
        address: SocketAddr,
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
}

impl Proxy {
    /// Listens, and serves whoever comes. Where an IPv4 and an IPv6 address are listened on with
    /// port 0, both get the same port.
    ///
    /// # Errors
    /// [`ListenError`] when an address cannot be listened on. An IPv6 wildcard on a machine without
    /// IPv6 is left out when there is another address.
    pub fn start(config: Config, services: Services) -> Result<Self, ListenError> {
        let mut listeners = Vec::new();
        for address in &config.listen {
            let port = if address.port() == 0 { listeners.first().map_or(0, port_of) } else { address.port() };
            match listen(SocketAddr::new(address.ip(), port)) {
                Ok(listener) => listeners.push(listener),
                Err(ListenError::Other { address, source }) if address.is_ipv6() && !listeners.is_empty() => {
                    warn!(%address, %source, "no IPv6 here");
                }
                Err(error) => return Err(error),
            }
        }
        let addresses: Vec<SocketAddr> = listeners.iter().filter_map(|l| l.local_addr().ok()).collect();
        let own_ports = addresses.iter().map(SocketAddr::port).collect();
        let ctx: Ctx = Arc::new(Shared::new(config, services, own_ports));
        for listener in listeners {
            ctx.spawn(accept(ctx.clone(), listener));
        }
        Ok(Self { ctx, addresses })
    }

    /// Where it listens.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// What is done with which host, for whoever wants it otherwise while the proxy runs.
    pub fn routes(&self) -> Routes {
        self.ctx.routes.clone()
    }

    /// What clients wait for a person to decide. Without anybody who attends, nothing is asked.
    pub fn questions(&self) -> Questions {
        self.ctx.questions.clone()
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

fn port_of(listener: &TcpListener) -> u16 {
    listener.local_addr().map_or(0, |address| address.port())
}

fn listen(address: SocketAddr) -> Result<TcpListener, ListenError> {
    bind(address).map_err(|source| match source.kind() {
        io::ErrorKind::AddrInUse => ListenError::Busy { address },
        _ => ListenError::Other { address, source },
    })
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

async fn accept(ctx: Ctx, listener: TcpListener) {
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
                ctx.spawn(intake::serve(ctx.clone(), stream, client));
            }
            Err(error) => {
                // Out of file descriptors, most likely: better late than never.
                warn!(%error, "cannot accept a connection");
                sleep(Duration::from_millis(100)).await;
            }
        }
    }
}
