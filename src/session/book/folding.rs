//! Taking in what happens.

use std::sync::Arc;

use super::{Book, CHANGES_REMEMBERED, Known, RowsOf};
use crate::model::{
    CertDer, Connection, ConnectionId, Exchange, Fingerprint, Message, Note, Report, RowId, SetupNews, Severity, Trial,
};
use crate::session::row::{ChainFacts, ClientFacts, LeafFacts, Line, Row};
use crate::x509::Cert;

/// Of a connection that lasts long, so many rows between its last one and others before it are told of a
/// change.
const ROWS_TOLD: usize = 100_000;

/// More chains are not told apart by what is remembered of them, unless somebody still shows them.
const CHAINS_REMEMBERED: usize = 20_000;

/// More clients do not share what is remembered of them.
const CLIENTS_REMEMBERED: usize = 20_000;

/// More trials of an audit are not remembered.
const TRIALS_REMEMBERED: usize = 100_000;

impl Book {
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
        let is_settled = connection.client.outcome.is_some();
        if is_settled && self.whole.get(&id).is_none_or(|known| known.connection.client.outcome.is_none()) {
            self.groups.note_meeting_of(&connection);
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

    /// An exchange has a new state. Gives the note of its connection where that has become its own.
    pub fn fold_exchange(&mut self, exchange: Arc<Exchange>) -> Option<Note> {
        let id = exchange.id;
        let row = Row::of_exchange(&exchange);
        let mut moved = None;
        // Its connection has a request now, and is no row of its own any more: the first exchange
        // stands in its place, so that no other row has to move.
        if let Some(place) = self.connection_places.remove(exchange.connection) {
            self.exchange_places.insert(id, place);
            moved = self.notes.remove(&RowId::Connection(row.connection));
            self.notes.extend(moved.clone().map(|note| (row.id, note)));
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
        moved
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

    /// A device has come a step further in being set up.
    pub fn fold_setup(&mut self, news: &SetupNews) {
        self.groups.set_up(news);
        self.version += 1;
    }

    /// A client was shown an identity of an audit.
    pub fn fold_trial(&mut self, trial: Arc<Trial>) {
        if self.trials.len() < TRIALS_REMEMBERED {
            self.trials.push(trial);
        }
        self.version += 1;
    }

    /// A person says something of a row, or takes it back.
    pub fn fold_note(&mut self, id: RowId, note: Note) {
        if note.is_empty() {
            self.notes.remove(&id);
        } else {
            self.notes.insert(id, note);
        }
        if let Some(place) = self.place_of(id) {
            self.note_change(place);
        }
    }

    /// Everything so far is thrown away; what is still open goes on.
    pub fn clear(&mut self) {
        let mut open: Vec<(ConnectionId, Known)> = std::mem::take(&mut self.whole)
            .into_iter()
            .filter(|(_, known)| known.connection.closed.is_none())
            .collect();
        open.sort_by_key(|(id, _)| *id);
        let rows = std::mem::take(&mut self.connection_places);
        let (gone, version) = (self.places().end, self.version + 1);
        // How a device is set up does not change by that.
        let groups = self.groups.without_traffic();
        // Nor does what an audit has shown.
        let trials = std::mem::take(&mut self.trials);
        *self = Self { gone, trials, groups, version, ..Self::new(self.limits) };
        for (id, known) in open {
            self.totals.connections += 1;
            self.devices.insert(known.connection.client_address.ip());
            // A connection without requests is a row of its own, and goes on being one.
            let row = rows.get(id).map(|_| Row::of_connection(&known.connection));
            self.whole.insert(id, known);
            if let Some(row) = row {
                self.put_row(row);
            }
            self.refresh_line(id);
        }
    }

    /// Forgets the details, keeps the rows: those of a kept session are looked up in its file.
    pub fn forget_details(&mut self) {
        self.whole.clear();
        self.closed.clear();
    }

    /// Something could not be kept on the disk.
    pub(in crate::session) fn count_dropped(&mut self, bodies: u64, records: u64) {
        self.totals.bodies_dropped += bodies;
        self.totals.records_dropped += records;
    }

    fn refresh_line(&mut self, id: ConnectionId) {
        let Some(known) = self.whole.get(&id) else { return };
        let known = known.clone();
        let chain = self.chain_of(&known.connection.upstream.sent);
        let client = self.lines.get(&id).and_then(|line| line.client.clone());
        let client = client.or_else(|| self.client_of(&known.connection));
        let mut line = Line::of(&known.connection, known.report.as_deref(), chain, client);
        // One text for all connections to a host.
        if let Some((host, _)) = self.groups.by_host.get_key_value(&line.host) {
            line.host = host.clone();
        }
        if self.lines.get(&id) == Some(&line) {
            return;
        }
        self.groups.replace(self.lines.get(&id), &line);
        let worst = line.worst();
        let before = self.lines.insert(id, line).and_then(|line| line.worst());
        self.recount(before, worst);
        self.tell_rows_of(id);
    }

    /// The rows of a connection say something else now.
    fn tell_rows_of(&mut self, id: ConnectionId) {
        let Some(own) = self.rows_of.get(&id) else { return };
        let (from, to) = (own.first.max(self.gone), own.last);
        let window = (from..=to).rev().take(ROWS_TOLD);
        let is_own = |place: &usize| self.row(*place).is_some_and(|row| row.connection == id);
        let places: Vec<usize> = window.filter(is_own).collect();
        for place in places {
            self.note_change(place);
        }
    }

    /// Which client it is: one record for all its connections.
    fn client_of(&mut self, connection: &Connection) -> Option<Arc<ClientFacts>> {
        let facts = ClientFacts::of(connection)?;
        if let Some(known) = self.clients.get(&facts.ja4) {
            return Some(known.clone());
        }
        let facts = Arc::new(facts);
        if self.clients.len() < CLIENTS_REMEMBERED {
            self.clients.insert(facts.ja4.clone(), facts.clone());
        }
        Some(facts)
    }

    /// What was sent, read once however often it is sent.
    fn chain_of(&mut self, sent: &[CertDer]) -> Option<Arc<ChainFacts>> {
        let (leaf, others) = sent.split_first()?;
        let prints: Box<[Fingerprint]> = sent.iter().map(|der| der.sha256).collect();
        if let Some(known) = self.chains.get(&prints) {
            return Some(known.clone());
        }
        if self.chains.len() >= CHAINS_REMEMBERED {
            self.chains.retain(|_, chain| Arc::strong_count(chain) > 1);
        }
        let others = others.iter().map(|der| (der.sha256, Cert::read(der).label())).collect();
        let chain = Arc::new(ChainFacts { leaf: Arc::new(LeafFacts::of(&Cert::read(leaf))), others });
        if self.chains.len() < CHAINS_REMEMBERED {
            self.chains.insert(prints, chain.clone());
        }
        Some(chain)
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
        self.set_place(row.id, place);
        let own = self.rows_of.entry(row.connection).or_insert(RowsOf { count: 0, first: place, last: place });
        own.count += 1;
        own.last = place;
        self.rows.push_back(row);
        self.note_change(place);
        while self.rows.len() > self.limits.rows {
            if let Some(old) = self.rows.pop_front() {
                self.gone += 1;
                self.forget_row(&old);
            }
        }
    }

    fn set_place(&mut self, id: RowId, place: usize) {
        match id {
            RowId::Exchange(id) => self.exchange_places.insert(id, place),
            RowId::Connection(id) => self.connection_places.insert(id, place),
        }
    }

    fn forget_row(&mut self, row: &Row) {
        self.notes.remove(&row.id);
        match row.id {
            RowId::Exchange(id) => self.exchange_places.remove(id),
            RowId::Connection(id) => self.connection_places.remove(id),
        };
        let left = self.rows_of.get_mut(&row.connection).map(|own| {
            own.count -= 1;
            own.count
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
