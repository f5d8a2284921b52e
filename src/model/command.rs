//! What a face wants done: said as data, carried out by whoever can.

use std::net::IpAddr;

use super::{Answer, BadUpstream, ConnectionId, ExchangeId, Note, RowId, Target};

/// A wish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Say this of a row.
    Note(RowId, Note),
    /// Record what begins from now on, or do not.
    Record(bool),
    /// Throw away what was recorded.
    Clear,
    /// Send the request of an exchange again.
    Repeat(ExchangeId),
    /// Check the server of a connection again.
    Recheck(ConnectionId),
    /// Answer a question.
    Answer {
        /// Which one.
        question: u64,
        /// What was decided.
        answer: Answer,
    },
    /// Forget what was decided about the device at this address.
    Forget(IpAddr),
    /// From now on tunnel connections to a target, or intercept them.
    Route {
        /// Which one.
        target: Target,
        /// Whether to tunnel.
        tunnel: bool,
    },
    /// From now on give clients this when the server of a target is bad.
    Give {
        /// Which one.
        target: Target,
        /// What.
        policy: BadUpstream,
    },
}
