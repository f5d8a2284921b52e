//! What is known of the session, in memory.

use std::collections::{HashMap, HashSet, VecDeque};
use std::net::IpAddr;
use std::sync::Arc;

use super::groups::Groups;
use super::places::Places;
use super::row::{ChainFacts, ClientFacts, Line, Row};
use crate::model::{
    Connection, ConnectionId, Exchange, ExchangeId, Fingerprint, Message, Note, Report, RowId, Summary, Trial,
};

/// How much is kept in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Rows; the oldest go first.
    pub rows: usize,
    /// Connections that are kept whole although they are closed.
    pub connections: usize,
    /// Exchanges that are kept whole.
    pub exchanges: usize,
    /// Their bytes, heads and bodies.
    pub exchange_bytes: usize,
    /// Messages.
    pub messages: usize,
    /// Their bytes.
    pub message_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            rows: 1_000_000,
            connections: 2_000,
            exchanges: 2_000,
            exchange_bytes: 16 << 20,
            messages: 2_000,
            message_bytes: 8 << 20,
        }
    }
}

/// A connection as far as it has come.
#[derive(Clone, Debug)]
struct Known {
    connection: Arc<Connection>,
    report: Option<Arc<Report>>,
    revision: u32,
}

/// The rows of one connection: how many, and between which places.
#[derive(Clone, Copy, Debug)]
struct RowsOf {
    count: usize,
    first: usize,
    last: usize,
}

/// Everything about one row.
#[derive(Clone, Debug)]
pub struct Detail {
    /// The connection.
    pub connection: Arc<Connection>,
    /// What was judged about it.
    pub report: Option<Arc<Report>>,
    /// The exchange, when the row is one.
    pub exchange: Option<Arc<Exchange>>,
    /// The messages of its conversation.
    pub messages: Vec<Arc<Message>>,
}

/// The rows and what belongs to them.
#[derive(Debug, Default)]
pub struct Book {
    limits: Limits,
    rows: VecDeque<Row>,
    /// How many rows are gone from the front; a row's place counts from the session's start.
    gone: usize,
    exchange_places: Places<ExchangeId>,
    connection_places: Places<ConnectionId>,
    lines: HashMap<ConnectionId, Line>,
    /// The rows there are of each connection.
    rows_of: HashMap<ConnectionId, RowsOf>,
    whole: HashMap<ConnectionId, Known>,
    closed: VecDeque<ConnectionId>,
    exchanges: HashMap<ExchangeId, Arc<Exchange>>,
    exchange_order: VecDeque<ExchangeId>,
    exchange_bytes: usize,
    /// Exchanges that were forgotten while they lasted: counted already.
    forgotten_open: HashSet<ExchangeId>,
    messages: VecDeque<Arc<Message>>,
    message_bytes: usize,
    chains: HashMap<Box<[Fingerprint]>, Arc<ChainFacts>>,
    clients: HashMap<Arc<str>, Arc<ClientFacts>>,
    devices: HashSet<IpAddr>,
    notes: HashMap<RowId, Note>,
    /// Of an audit, in the order in which they were over.
    trials: Vec<Arc<Trial>>,
    groups: Groups,
    totals: Summary,
    /// Places of rows that changed, newest last, with the version at which they did.
    changes: VecDeque<(u64, usize)>,
    version: u64,
}

/// More changes than this are not remembered: whoever is further behind looks at everything.
const CHANGES_REMEMBERED: usize = 10_000;

impl Book {
    /// An empty book.
    pub fn new(limits: Limits) -> Self {
        Self { limits, ..Self::default() }
    }

    /// Rises with every change.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// The places of the rows there are.
    pub fn places(&self) -> std::ops::Range<usize> {
        self.gone..self.gone + self.rows.len()
    }

    /// The row at a place.
    pub fn row(&self, place: usize) -> Option<&Row> {
        self.rows.get(place.checked_sub(self.gone)?)
    }

    /// The place of a row.
    pub fn place_of(&self, id: RowId) -> Option<usize> {
        match id {
            RowId::Exchange(id) => self.exchange_places.get(id),
            RowId::Connection(id) => self.connection_places.get(id),
        }
    }

    /// What the rows of a connection have in common.
    pub fn line(&self, connection: ConnectionId) -> Option<&Line> {
        self.lines.get(&connection)
    }

    /// The places of rows that changed after `version`; `None` when that is too long ago to tell.
    pub fn changed_since(&self, version: u64) -> Option<Vec<usize>> {
        let remembered =
            self.changes.len() < CHANGES_REMEMBERED || self.changes.front().is_some_and(|c| c.0 <= version);
        remembered.then(|| self.changes.iter().rev().take_while(|c| c.0 > version).map(|c| c.1).collect())
    }

    /// What a person says of rows.
    pub fn notes(&self) -> &HashMap<RowId, Note> {
        &self.notes
    }

    /// What connections have in common.
    pub fn groups(&self) -> &Groups {
        &self.groups
    }

    /// What clients made of the identities of an audit, in the order in which that was known.
    pub fn trials(&self) -> &[Arc<Trial>] {
        &self.trials
    }

    /// Totals so far.
    pub fn totals(&self) -> Summary {
        let mut totals = self.totals;
        totals.devices = self.devices.len() as u64;
        totals.open = (self.whole.len() - self.closed.len()) as u64;
        totals
    }

    /// Everything about a row, as far as it is in memory.
    pub fn detail(&self, id: RowId) -> Option<Detail> {
        let (connection, exchange) = match id {
            RowId::Connection(id) => (id, None),
            RowId::Exchange(id) => {
                let exchange = self.exchanges.get(&id)?;
                (exchange.connection, Some(exchange.clone()))
            }
        };
        let known = self.whole.get(&connection)?;
        let own = |message: &&Arc<Message>| match id {
            RowId::Connection(id) => message.connection == id && message.exchange.is_none(),
            RowId::Exchange(id) => message.exchange == Some(id),
        };
        Some(Detail {
            connection: known.connection.clone(),
            report: known.report.clone(),
            exchange,
            messages: self.messages.iter().filter(own).cloned().collect(),
        })
    }

    /// The connections that are open, as far as they have come.
    pub(super) fn open_connections(&self) -> Vec<ConnectionId> {
        let open = self.whole.iter().filter(|(_, known)| known.connection.closed.is_none());
        open.map(|(id, _)| *id).collect()
    }

    /// A connection with its report and revision, as far as it is in memory.
    pub(super) fn known(&self, id: ConnectionId) -> Option<(Arc<Connection>, Option<Arc<Report>>, u32)> {
        self.whole.get(&id).map(|known| (known.connection.clone(), known.report.clone(), known.revision))
    }
}

mod folding;

#[cfg(test)]
mod tests;
