//! What comes of an attempt to reach a server: a connection, or the reason why there is none.

use std::net::{IpAddr, SocketAddr};

use tokio::net::TcpStream;

use crate::model::{CertDer, DialTiming, Failure, Handshake, Target, UpstreamLeg, Via};

/// The way to a server. Gone once, it can be gone again: to the same address, or through the same proxy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Route {
    /// Who is at its end, when it was looked for by name: decides on the client certificate.
    pub target: Option<Target>,
    /// The server's address; absent when a proxy resolves names.
    pub address: Option<SocketAddr>,
    /// The proxy in between.
    pub via: Option<Via>,
}

impl Route {
    /// Straight to an address.
    pub fn to(address: SocketAddr) -> Self {
        Self { address: Some(address), ..Self::default() }
    }

    /// The way that a recorded connection took; `None` when it found none.
    pub fn of(leg: &UpstreamLeg) -> Option<Self> {
        let route = Self { target: None, address: leg.address, via: leg.via.clone() };
        route.leads_somewhere().then_some(route)
    }

    /// Puts into the record what is known of the way; what was known before stays.
    pub fn note_in(&self, leg: &mut UpstreamLeg) {
        leg.address = self.address.or(leg.address);
        if self.via.is_some() {
            leg.via.clone_from(&self.via);
        }
    }

    /// The same, to somebody who is known.
    #[must_use]
    pub fn with_target(self, target: &Target) -> Self {
        Self { target: Some(target.clone()), ..self }
    }

    /// Whether it can be gone again.
    pub fn leads_somewhere(&self) -> bool {
        match &self.via {
            Some(via) => via.address.is_some(),
            None => self.address.is_some(),
        }
    }
}

/// A server that answered.
#[derive(Debug)]
pub struct TcpLeg {
    /// The connection.
    pub stream: TcpStream,
    /// How it is reached.
    pub route: Route,
    /// How long the steps took.
    pub timing: DialTiming,
}

impl TcpLeg {
    /// Whether the connection leads back to this machine, to where `own` listens.
    pub fn leads_to_own(&self, own: &[SocketAddr]) -> bool {
        let ends = (self.stream.local_addr(), self.stream.peer_addr());
        matches!(ends, (Ok(local), Ok(peer)) if own.iter().any(|own| is_own(*own, local.ip(), peer)))
    }
}

/// Whether a connection from `local` to `peer` comes to whoever listens on `own`. Listening on every
/// address means those of this machine: loopback, and the one that a connection to itself has at both
/// ends.
fn is_own(own: SocketAddr, local: IpAddr, peer: SocketAddr) -> bool {
    let (local, ip) = (local.to_canonical(), peer.ip().to_canonical());
    let is_here = ip.is_loopback() || ip == local;
    let everywhere = own.ip().is_unspecified() && own.is_ipv4() == ip.is_ipv4();
    own.port() == peer.port() && (own.ip().to_canonical() == ip || (everywhere && is_here))
}

/// An attempt that did not end in a connection, with everything that was learned on the way.
#[derive(Clone, Debug, PartialEq)]
pub struct Missed {
    /// How it ended.
    pub failure: Failure,
    /// How far the way is known; the address is the last one tried.
    pub route: Route,
    /// How long the steps took that were taken.
    pub timing: DialTiming,
    /// What the server had shown.
    pub handshake: Option<Box<Handshake>>,
    /// The certificates it had sent.
    pub sent: Vec<CertDer>,
}

impl Missed {
    /// A server that was reached, and that is not to be talked to.
    pub fn refused(failure: Failure, leg: &TcpLeg) -> Self {
        Self::new(failure, leg.route.clone(), leg.timing)
    }

    pub(super) fn new(failure: Failure, route: Route, timing: DialTiming) -> Self {
        Self { failure, route, timing, handshake: None, sent: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_comes_back_to_us_is_our_own() {
        let cases = [
            ("127.0.0.1:1", "127.0.0.1", "127.0.0.1:1", true),
            ("127.0.0.3:1", "127.0.0.1", "127.0.0.3:1", true),
            ("0.0.0.0:1", "127.0.0.1", "127.0.0.3:1", true),
            ("0.0.0.0:1", "192.0.2.7", "192.0.2.7:1", true),
            ("0.0.0.0:1", "192.0.2.7", "[::ffff:192.0.2.7]:1", true),
            ("[::]:1", "::1", "[::1]:1", true),
            // Another port, another machine, another program's address.
            ("0.0.0.0:1", "127.0.0.1", "127.0.0.1:2", false),
            ("0.0.0.0:1", "192.0.2.7", "192.0.2.8:1", false),
            ("192.0.2.7:1", "127.0.0.1", "127.0.0.1:1", false),
            ("[::]:1", "127.0.0.1", "127.0.0.1:1", false),
        ];
        for (own, local, peer, expected) in cases {
            let is = is_own(own.parse().unwrap(), local.parse().unwrap(), peer.parse().unwrap());
            assert_eq!(is, expected, "{own} {local} {peer}");
        }
    }
}
