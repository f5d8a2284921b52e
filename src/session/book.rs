//! What is known of the session, in memory.

use std::collections::{HashMap, HashSet, VecDeque};
use std::net::IpAddr;
use std::sync::Arc;

use super::groups::Groups;
use super::row::{LeafFacts, Line, Row, RowId};
use crate::model::{Connection, ConnectionId, Exchange, ExchangeId, Fingerprint, Message, Report, Severity, Summary};
use crate::x509::Cert;

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
    places: HashMap<RowId, usize>,
    lines: HashMap<ConnectionId, Line>,
    /// How many rows there are of each connection.
    rows_of: HashMap<ConnectionId, usize>,
    whole: HashMap<ConnectionId, Known>,
    closed: VecDeque<ConnectionId>,
    exchanges: HashMap<ExchangeId, Arc<Exchange>>,
    exchange_order: VecDeque<ExchangeId>,
    exchange_bytes: usize,
    /// Exchanges that were forgotten while they lasted: counted already.
    forgotten_open: HashSet<ExchangeId>,
    messages: VecDeque<Arc<Message>>,
    message_bytes: usize,
    leaves: HashMap<Fingerprint, Arc<LeafFacts>>,
    devices: HashSet<IpAddr>,
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

    // === reading ===

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
        self.places.get(&id).copied()
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

    /// What connections have in common.
    pub fn groups(&self) -> &Groups {
        &self.groups
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

    /// A connection with its report and revision, as far as it is in memory.
    pub(super) fn known(&self, id: ConnectionId) -> Option<(Arc<Connection>, Option<Arc<Report>>, u32)> {
        self.whole.get(&id).map(|known| (known.connection.clone(), known.report.clone(), known.revision))
    }

    // === folding ===

    /// A connection has a new state.
    pub fn fold_connection(&mut self, connection: Arc<Connection>) {
        let id = connection.id;
        let is_new = !self.whole.contains_key(&id);
        if is_new {
            self.totals.connections += 1;
            self.devices.insert(connection.client_address.ip());
        }
        let was_closed = self.whole.get(&id).is_some_and(|known| known.connection.closed.is_some());
        if connection.closed.is_some() && !was_closed {
            self.closed.push_back(id);
        }
        let (report, revision) = match self.whole.remove(&id) {
            Some(known) => (known.report, known.revision + 1),
            None => (None, 1),
        };
        let is_quiet = connection.exchanges == 0;
        if is_quiet && (connection.target.is_some() || connection.closed.is_some()) {
            self.put_row(Row::of_connection(&connection));
        }
        self.whole.insert(id, Known { connection, report, revision });
        self.refresh_line(id);
        self.forget_old_connections();
    }

    /// The judge has spoken about a connection.
    pub fn fold_report(&mut self, id: ConnectionId, report: Arc<Report>) {
        if let Some(known) = self.whole.get_mut(&id) {
            known.report = Some(report);
            known.revision += 1;
            self.refresh_line(id);
        }
    }

    /// An exchange has a new state.
    pub fn fold_exchange(&mut self, exchange: Arc<Exchange>) {
        let id = exchange.id;
        let row = Row::of_exchange(&exchange);
        // Its connection has a request now, and is no row of its own any more: the first exchange
        // stands in its place, so that no other row has to move.
        if let Some(place) = self.places.remove(&RowId::Connection(exchange.connection)) {
            self.places.insert(row.id, place);
        }
        self.put_row(row);
        self.exchange_bytes += exchange.weight();
        let is_finished = exchange.is_finished();
        if let Some(before) = self.exchanges.insert(id, exchange) {
            self.exchange_bytes -= before.weight();
        } else {
            self.exchange_order.push_back(id);
            if !self.forgotten_open.contains(&id) {
                self.totals.exchanges += 1;
            }
        }
        if is_finished {
            self.forgotten_open.remove(&id);
        }
        while self.exchange_order.len() > self.limits.exchanges || self.exchange_bytes > self.limits.exchange_bytes {
            let Some(old) = self.exchange_order.pop_front().and_then(|old| self.exchanges.remove(&old)) else { break };
            self.exchange_bytes -= old.weight();
            if !old.is_finished() {
                self.forgotten_open.insert(old.id);
            }
        }
    }

    /// An exchange of a session that is over: its row alone, for the rest is in the session file.
    pub fn fold_record(&mut self, exchange: &Exchange) {
        self.totals.exchanges += 1;
        self.put_row(Row::of_exchange(exchange));
    }

    /// A message went by.
    pub fn fold_message(&mut self, message: Arc<Message>) {
        let row = message.exchange.map_or(RowId::Connection(message.connection), RowId::Exchange);
        self.message_bytes += message.kept.len();
        self.messages.push_back(message);
        while self.messages.len() > self.limits.messages || self.message_bytes > self.limits.message_bytes {
            let Some(old) = self.messages.pop_front() else { break };
            self.message_bytes -= old.kept.len();
        }
        if let Some(place) = self.place_of(row) {
            self.note_change(place);
        }
    }

    /// Something could not be kept on the disk.
    pub(super) fn count_dropped(&mut self, bodies: u64, records: u64) {
        self.totals.bodies_dropped += bodies;
        self.totals.records_dropped += records;
    }

    fn refresh_line(&mut self, id: ConnectionId) {
        let Some(known) = self.whole.get(&id) else { return };
        let leaf = known.connection.upstream.sent.first().map(|der| {
            let facts = || Arc::new(LeafFacts::of(&Cert::read(der)));
            self.leaves.entry(der.sha256).or_insert_with(facts).clone()
        });
        let line = Line::of(&known.connection, known.report.as_deref(), leaf);
        if self.lines.get(&id) == Some(&line) {
            return;
        }
        self.groups.replace(self.lines.get(&id), &line);
        let worst = line.worst();
        let before = self.lines.insert(id, line).and_then(|line| line.worst());
        self.recount(before, worst);
        // The rows of one connection are close together; only the newest are worth telling.
        let own = self.rows.iter().enumerate().rev().take(1000).filter(|(_, row)| row.connection == id);
        let places: Vec<usize> = own.map(|(at, _)| at + self.gone).collect();
        for place in places {
            self.note_change(place);
        }
    }

    /// Keeps the totals right when the worst finding of a connection becomes another.
    fn recount(&mut self, before: Option<Severity>, now: Option<Severity>) {
        if let Some(count) = self.count_of(before) {
            *count = count.saturating_sub(1);
        }
        if let Some(count) = self.count_of(now) {
            *count += 1;
        }
    }

    fn count_of(&mut self, worst: Option<Severity>) -> Option<&mut u64> {
        match worst? {
            Severity::Fatal => Some(&mut self.totals.fatal),
            Severity::Error => Some(&mut self.totals.error),
            Severity::Warning => Some(&mut self.totals.warning),
            Severity::Info => None,
        }
    }

    fn put_row(&mut self, row: Row) {
        if let Some(place) = self.place_of(row.id) {
            if let Some(known) = self.rows.get_mut(place - self.gone)
                && *known != row
            {
                *known = row;
                self.note_change(place);
            }
            return;
        }
        let place = self.gone + self.rows.len();
        self.places.insert(row.id, place);
        *self.rows_of.entry(row.connection).or_default() += 1;
        self.rows.push_back(row);
        self.note_change(place);
        while self.rows.len() > self.limits.rows {
            if let Some(old) = self.rows.pop_front() {
                self.gone += 1;
                self.forget_row(&old);
            }
        }
    }

    fn forget_row(&mut self, row: &Row) {
        self.places.remove(&row.id);
        let left = self.rows_of.get_mut(&row.connection).map(|count| {
            *count -= 1;
            *count
        });
        if left == Some(0) {
            self.rows_of.remove(&row.connection);
            self.forget_line(row.connection);
        }
    }

    /// A line goes when neither a row nor an open connection needs it.
    fn forget_line(&mut self, id: ConnectionId) {
        if !self.whole.contains_key(&id) && !self.rows_of.contains_key(&id) {
            self.lines.remove(&id);
        }
    }

    fn forget_old_connections(&mut self) {
        while self.closed.len() > self.limits.connections {
            if let Some(id) = self.closed.pop_front() {
                self.whole.remove(&id);
                self.forget_line(id);
            }
        }
    }

    fn note_change(&mut self, place: usize) {
        self.version += 1;
        self.changes.push_back((self.version, place));
        if self.changes.len() > CHANGES_REMEMBERED {
            self.changes.pop_front();
        }
    }
}

#[cfg(test)]
mod tests;
