//! Ports that lead to one target each, for clients that know no proxy: what they say is for that
//! target from the first byte on, and it may speak first.

use std::net::SocketAddr;

use crate::model::Target;

/// Where to listen, and where what comes there goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reverse {
    /// The addresses listened on.
    pub listen: Vec<SocketAddr>,
    /// Where it goes.
    pub target: Target,
}
