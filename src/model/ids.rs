//! Identities that stay valid for a whole session.

use serde::{Deserialize, Serialize};

/// A client's connection to one target through tlscope. Counts from 1 within a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ConnectionId(pub u64);

/// One HTTP request with its answer. Counts from 1 within a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ExchangeId(pub u64);
