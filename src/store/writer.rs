//! The one thread that writes.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Weak};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use bytes::Bytes;
use rusqlite::{Connection as Database, OptionalExtension as _, params};
use tracing::warn;

use super::schema::{StoreError, create, fold_in};
use crate::model::{
    CertDer, Connection, ConnectionId, Exchange, ExchangeId, Fingerprint, Message, Note, Report, RowId,
};

/// What arrives within this time is written in one transaction: a kill loses no more than that.
const BATCH: Duration = Duration::from_millis(250);

/// Nor are there ever more in one.
const BATCH_ITEMS: usize = 2000;

/// Something to keep. A later one of the same id replaces the earlier.
#[derive(Clone, Debug)]
pub enum Item {
    /// A connection, with what was judged about it.
    Connection(Arc<Connection>, Option<Arc<Report>>, u32),
    /// An exchange.
    Exchange(Arc<Exchange>),
    /// A message.
    Message(Arc<Message>),
    /// What a person says of a row.
    Note(RowId, Note),
    /// Everything so far is thrown away.
    Clear,
    /// Somebody wants to know when what came before is in the file.
    Told(Sender<()>),
}

/// Waits until what was offered is in the file. Keeps nothing alive.
#[derive(Clone, Debug)]
pub struct Flusher {
    items: Weak<Sender<Item>>,
}

/// A disk that takes longer is not waited for.
const FLUSHED: Duration = Duration::from_secs(5);

impl Flusher {
    /// Blocks until everything that was offered before is written, or the disk has had its time.
    pub fn flush(&self) {
        let (tell, told) = channel();
        let sent = self.items.upgrade().is_some_and(|items| items.send(Item::Told(tell)).is_ok());
        if sent {
            let _ = told.recv_timeout(FLUSHED);
        }
    }
}

/// What became of an item that was offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// It will be written.
    Whole,
    /// It will be written without its bodies: the disk is slow.
    WithoutBodies,
    /// It will not be written: the disk is very slow, or gone.
    Not,
}

/// The way to the writing thread.
pub struct Writer {
    items: Option<Arc<Sender<Item>>>,
    queued: Arc<AtomicUsize>,
    limit: usize,
    failed: Arc<AtomicU64>,
    path: PathBuf,
    thread: Option<JoinHandle<()>>,
}

/// What an item without bodies takes in the queue, about.
const RECORD_BYTES: usize = 2 << 10;

impl Writer {
    /// Makes a session file and starts writing to it. At most `limit` bytes wait for the disk.
    ///
    /// # Errors
    /// [`StoreError`] when the file cannot be made.
    pub fn create(path: &Path, limit: usize, meta: &[(&str, String)]) -> Result<Self, StoreError> {
        let mut database = create(path)?;
        for (key, value) in meta {
            let put = database.execute("INSERT INTO meta VALUES (?1, ?2)", params![key, value]);
            put.map_err(StoreError::database(path))?;
        }
        let (items, inbox) = channel();
        let (queued, failed) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicU64::new(0)));
        let (own_queued, own_failed) = (queued.clone(), failed.clone());
        let spawned = std::thread::Builder::new().name("store".into()).spawn(move || {
            run(&mut database, &inbox, &own_queued, &own_failed);
            fold_in(&database);
        });
        let error = |source| StoreError::File { what: "write", path: path.to_owned(), source };
        let thread = Some(spawned.map_err(error)?);
        Ok(Self { items: Some(Arc::new(items)), queued, limit, failed, path: path.to_owned(), thread })
    }

    /// Where the session is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A way to wait for the disk.
    pub fn flusher(&self) -> Flusher {
        Flusher { items: self.items.as_ref().map(Arc::downgrade).unwrap_or_default() }
    }

    /// How many bytes wait for the disk.
    pub fn queued(&self) -> usize {
        self.queued.load(Ordering::Relaxed)
    }

    /// Puts an item into the queue, without ever waiting: what does not fit goes without its
    /// bodies, and then not at all.
    pub fn offer(&self, item: Item) -> Kept {
        let Some(items) = &self.items else { return Kept::Not };
        let queued = self.queued();
        let (item, kept) = match item {
            // What a person wants is small, and always done.
            wish @ (Item::Note(..) | Item::Clear | Item::Told(_)) => (wish, Kept::Whole),
            whole if queued + size_of(&whole) <= self.limit => (whole, Kept::Whole),
            Item::Exchange(exchange) if queued + RECORD_BYTES <= self.limit => {
                (Item::Exchange(Arc::new(without_bodies(&exchange))), Kept::WithoutBodies)
            }
            _ => return Kept::Not,
        };
        self.queued.fetch_add(size_of(&item), Ordering::Relaxed);
        if items.send(item).is_ok() { kept } else { Kept::Not }
    }

    /// Writes what is left, folds the log in, and closes the file. Gives how many records could
    /// not be written, for want of space or another fault of the disk.
    pub fn finish(mut self) -> u64 {
        self.end();
        self.failed.load(Ordering::Relaxed)
    }

    fn end(&mut self) {
        self.items = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.end();
    }
}

fn size_of(item: &Item) -> usize {
    let beside = match item {
        Item::Connection(connection, report, _) => {
            let hello = connection.client.hello.as_ref().map_or(0, |hello| hello.raw.len());
            let sent: usize = connection.upstream.sent.iter().map(|der| der.der.len()).sum();
            let found: usize = report.iter().flat_map(|report| &report.found).map(|(der, _)| der.der.len()).sum();
            hello + sent + found
        }
        Item::Exchange(exchange) => exchange.weight(),
        Item::Message(message) => message.kept.len(),
        Item::Note(_, note) => note.text.len(),
        Item::Clear => 0,
        // It is never counted into the queue.
        Item::Told(_) => return 0,
    };
    RECORD_BYTES + beside
}

fn without_bodies(exchange: &Exchange) -> Exchange {
    let mut bare = exchange.clone();
    bare.request_body.kept = Bytes::new();
    if let Some(response) = &mut bare.response {
        response.body.kept = Bytes::new();
    }
    bare
}

struct Judged {
    connection: Arc<Connection>,
    report: Option<Arc<Report>>,
    revision: u32,
}

/// Items that wait for one transaction; only the last of each id.
#[derive(Default)]
struct Batch {
    connections: BTreeMap<ConnectionId, Judged>,
    exchanges: BTreeMap<ExchangeId, Arc<Exchange>>,
    messages: Vec<Arc<Message>>,
    notes: BTreeMap<RowId, Note>,
    /// Whether what is in the file goes first.
    clears: bool,
    /// Who wants to know that it is done.
    told: Vec<Sender<()>>,
}

impl Batch {
    fn add(&mut self, item: Item) {
        match item {
            Item::Connection(connection, report, revision) => {
                self.connections.insert(connection.id, Judged { connection, report, revision });
            }
            Item::Exchange(exchange) => {
                self.exchanges.insert(exchange.id, exchange);
            }
            Item::Message(message) => self.messages.push(message),
            Item::Note(row, note) => drop(self.notes.insert(row, note)),
            Item::Clear => *self = Self { clears: true, told: std::mem::take(&mut self.told), ..Self::default() },
            Item::Told(tell) => self.told.push(tell),
        }
    }

    fn len(&self) -> usize {
        self.connections.len() + self.exchanges.len() + self.messages.len() + self.notes.len()
    }
}

fn run(database: &mut Database, inbox: &Receiver<Item>, queued: &AtomicUsize, failed: &AtomicU64) {
    let mut known = HashSet::new();
    let mut clears = false;
    while let Ok(first) = inbox.recv() {
        let mut batch = Batch { clears: std::mem::take(&mut clears), ..Batch::default() };
        let mut taken = size_of(&first);
        batch.add(first);
        let deadline = Instant::now() + BATCH;
        while batch.len() < BATCH_ITEMS && batch.told.is_empty() {
            match inbox.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(item) => {
                    taken += size_of(&item);
                    batch.add(item);
                }
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => break,
            }
        }
        let written = write(database, &batch, &mut known);
        if batch.clears && written.is_ok() {
            // Nothing of it may stay, neither in free pages nor in the log beside the file.
            let _ = database.execute_batch("VACUUM");
            let _ = database.pragma_update(None, "wal_checkpoint", "TRUNCATE");
        }
        if let Err(error) = written {
            warn!(%error, "the session file cannot be written");
            // What was thought to be in it went with the transaction.
            known.clear();
            // What was to be thrown away still is.
            clears = batch.clears;
            failed.fetch_add(batch.len() as u64, Ordering::Relaxed);
        }
        queued.fetch_sub(taken, Ordering::Relaxed);
        // Whoever asked may have gone.
        for tell in &batch.told {
            let _ = tell.send(());
        }
    }
}

fn write(database: &mut Database, batch: &Batch, known: &mut HashSet<Fingerprint>) -> rusqlite::Result<()> {
    let transaction = database.transaction()?;
    if batch.clears {
        transaction.execute_batch(CLEAR)?;
        known.clear();
    }
    for Judged { connection, report, revision } in batch.connections.values() {
        let found = report.iter().flat_map(|report| report.found.iter().map(|(der, _)| der));
        for der in connection.upstream.sent.iter().chain(found) {
            put_certificate(&transaction, der, known)?;
        }
        let report = report.as_ref().map(|report| json(report.as_ref()));
        transaction.prepare_cached("INSERT OR REPLACE INTO connections VALUES (?1, ?2, ?3, ?4)")?.execute(params![
            connection.id.0,
            revision,
            json(connection.as_ref()),
            report
        ])?;
    }
    for exchange in batch.exchanges.values() {
        let response = exchange.response.as_ref().map(|response| &response.body.kept[..]);
        transaction.prepare_cached("INSERT OR REPLACE INTO exchanges VALUES (?1, ?2, ?3, ?4, ?5)")?.execute(
            params![
                exchange.id.0,
                exchange.connection.0,
                json(exchange.as_ref()),
                &exchange.request_body.kept[..],
                response
            ],
        )?;
    }
    for message in &batch.messages {
        transaction
            .prepare_cached("INSERT INTO messages (connection, exchange, record) VALUES (?1, ?2, ?3)")?
            .execute(params![message.connection.0, message.exchange.map(|id| id.0), json(message.as_ref())])?;
    }
    for (row, note) in &batch.notes {
        put_note(&transaction, *row, note)?;
    }
    transaction.commit()
}

/// Everything but what is known of the whole session.
const CLEAR: &str = "DELETE FROM messages; DELETE FROM exchanges; DELETE FROM connections; DELETE FROM notes; \
                     DELETE FROM certificates;";

fn put_note(database: &Database, row: RowId, note: &Note) -> rusqlite::Result<()> {
    let (kind, id) = match row {
        RowId::Exchange(id) => ("exchange", id.0),
        RowId::Connection(id) => ("connection", id.0),
    };
    if note.is_empty() {
        database.prepare_cached("DELETE FROM notes WHERE kind = ?1 AND id = ?2")?.execute(params![kind, id])?;
    } else {
        let mut put = database.prepare_cached("INSERT OR REPLACE INTO notes VALUES (?1, ?2, ?3)")?;
        put.execute(params![kind, id, json(note)])?;
    }
    Ok(())
}

fn put_certificate(database: &Database, der: &CertDer, known: &mut HashSet<Fingerprint>) -> rusqlite::Result<()> {
    if der.der.is_empty() || !known.insert(der.sha256) {
        return Ok(());
    }
    database
        .prepare_cached("INSERT OR IGNORE INTO certificates VALUES (?1, ?2)")?
        .execute(params![&der.sha256.0[..], &der.der[..]])
        .optional()
        .map(drop)
}

fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
