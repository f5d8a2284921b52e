//! What the activities tell: past tense, whole, in the order in which it happened.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Connection, ConnectionId, Exchange, Message, Note, Report, RowId, SetupNews, Trial};

/// Something that happened. A record replaces the earlier record of the same id.
#[derive(Clone, Debug)]
pub enum Event {
    /// A connection, as far as it has come.
    Connection(Box<Connection>),
    /// The judge has spoken about a connection's server, for the first time or again.
    Judged {
        /// Which connection.
        connection: ConnectionId,
        /// The report; a later one replaces it.
        report: Arc<Report>,
    },
    /// An exchange, as far as it has come.
    Exchange(Box<Exchange>),
    /// A message of an upgraded or raw conversation.
    Message(Box<Message>),
    /// A device has come a step further in being set up. Requests for tlscope itself make no other event.
    Setup(SetupNews),
    /// A client was shown an identity of an audit, and what it made of it is known.
    Tried(Box<Trial>),
    /// A person has marked a row, or written beside it.
    Noted(RowId, Note),
    /// A person has stopped recording, or begun again: what begins meanwhile is not taken in.
    Recording(bool),
    /// A person has thrown away what was recorded so far.
    Cleared,
}

/// Totals of a session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// Connections.
    pub connections: u64,
    /// Of these, still open.
    pub open: u64,
    /// Exchanges.
    pub exchanges: u64,
    /// Distinct client addresses.
    pub devices: u64,
    /// Connections whose worst finding is fatal.
    pub fatal: u64,
    /// Connections whose worst finding is an error.
    pub error: u64,
    /// Connections whose worst finding is a warning.
    pub warning: u64,
    /// Bodies that were not kept because the disk was slow.
    pub bodies_dropped: u64,
    /// Records that were not kept because the disk was slow.
    pub records_dropped: u64,
}
