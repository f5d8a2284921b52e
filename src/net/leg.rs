//! What comes of an attempt to reach a server: a connection, or the reason why there is none.

use std::net::SocketAddr;

use tokio::net::TcpStream;

use crate::model::{CertDer, DialTiming, Failure, Handshake};

/// A server that answered.
#[derive(Debug)]
pub struct TcpLeg {
    /// The connection.
    pub stream: TcpStream,
    /// Where it is.
    pub address: SocketAddr,
    /// How long the steps took.
    pub timing: DialTiming,
}

impl TcpLeg {
    /// Whether the connection leads back to this machine, to one of `ports`.
    pub fn leads_to_own(&self, ports: &[u16]) -> bool {
        let local = self.stream.local_addr().map(|address| address.ip().to_canonical());
        local.is_ok_and(|ip| ip == self.address.ip().to_canonical()) && ports.contains(&self.address.port())
    }
}

/// An attempt that did not end in a connection, with everything that was learned on the way.
#[derive(Clone, Debug, PartialEq)]
pub struct Missed {
    /// How it ended.
    pub failure: Failure,
    /// The last address tried.
    pub address: Option<SocketAddr>,
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
        Self::new(failure, Some(leg.address), leg.timing)
    }

    pub(super) fn new(failure: Failure, address: Option<SocketAddr>, timing: DialTiming) -> Self {
        Self { failure, address, timing, handshake: None, sent: Vec::new() }
    }
}
