//! Identities that stay valid for a whole session.

use serde::{Deserialize, Serialize};

/// A client's connection to one target through tlscope. Counts from 1 within a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ConnectionId(pub u64);

/// One HTTP request with its answer. Counts from 1 within a session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ExchangeId(pub u64);

/// What a row of the session is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RowId {
    /// An exchange.
    Exchange(ExchangeId),
    /// A connection that carried no exchange.
    Connection(ConnectionId),
}
