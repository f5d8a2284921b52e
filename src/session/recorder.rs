//! Takes the events in: folds them, and hands them on.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::FutureExt as _;
use tokio::sync::{mpsc, watch};

use super::book::{Book, Limits};
use crate::model::{
    Connection, ConnectionId, Event, Exchange, Message, Note, Report, RowId, SetupNews, Summary, Trial,
};
use crate::store::{Item, Kept, Writer};

/// Something that has changed, for whoever writes it down as it happens.
#[derive(Clone, Debug)]
pub enum Change {
    /// A connection, its report and how often it has changed.
    Connection(Arc<Connection>, Option<Arc<Report>>, u32),
    /// An exchange.
    Exchange(Arc<Exchange>),
    /// A message.
    Message(Arc<Message>),
    /// A device has come a step further in being set up.
    Setup(SetupNews),
    /// A client was shown an identity of an audit.
    Tried(Arc<Trial>),
}

/// Hears every change. Called on the recorder's task, so it must not wait.
pub type Listener = Box<dyn FnMut(&Change) + Send>;

/// A view of the session. Cheap to clone.
#[derive(Clone)]
pub struct Session {
    book: Arc<Mutex<Book>>,
    version: watch::Receiver<u64>,
}

impl Session {
    /// A session in which nothing will happen any more.
    pub fn finished(book: Book) -> Self {
        let (_, version) = watch::channel(book.version());
        Self { book: Arc::new(Mutex::new(book)), version }
    }

    /// Looks at the book. Keep it short: the recorder waits meanwhile.
    pub fn look<T>(&self, with: impl FnOnce(&Book) -> T) -> T {
        with(&lock(&self.book))
    }

    /// Waits for the next change; `false` when there will be none.
    pub async fn changed(&mut self) -> bool {
        self.version.changed().await.is_ok()
    }
}

/// Folds events until the last sender is gone.
pub struct Recorder {
    book: Arc<Mutex<Book>>,
    version: watch::Sender<u64>,
    store: Option<Writer>,
    listeners: Vec<Listener>,
    /// Connections that began while nothing was recorded, as far as they have come; `None` while
    /// everything is.
    aside: Option<HashMap<ConnectionId, Aside>>,
}

/// A connection that is not recorded, in case somebody begins to record before it ends.
#[derive(Default)]
struct Aside {
    connection: Option<Box<Connection>>,
    report: Option<Arc<Report>>,
}

impl Recorder {
    /// A recorder with an empty book.
    pub fn new(limits: Limits, store: Option<Writer>, listeners: Vec<Listener>) -> (Self, Session) {
        let book = Arc::new(Mutex::new(Book::new(limits)));
        let (version, watching) = watch::channel(0);
        let session = Session { book: book.clone(), version: watching };
        (Self { book, version, store, listeners, aside: None }, session)
    }

    /// Runs until every sender of events is gone, or until it is `told_to_stop` and has taken what
    /// was sent before; then closes the session file, and gives the totals.
    pub async fn run(mut self, mut events: mpsc::Receiver<Event>, told_to_stop: impl Future<Output = ()>) -> Summary {
        let mut batch = Vec::with_capacity(64);
        let mut told_to_stop = std::pin::pin!(told_to_stop.fuse());
        loop {
            let received = tokio::select! {
                received = events.recv_many(&mut batch, 64) => received,
                () = &mut told_to_stop => {
                    events.close();
                    continue;
                }
            };
            if received == 0 {
                break;
            }
            for event in batch.drain(..) {
                self.take(event);
            }
            let version = lock(&self.book).version();
            self.version.send_replace(version);
        }
        if let Some(store) = self.store.take() {
            // Joining the writing thread waits for the disk.
            let failed = tokio::task::spawn_blocking(move || store.finish()).await.unwrap_or(0);
            lock(&self.book).count_dropped(0, failed);
        }
        lock(&self.book).totals()
    }

    fn take(&mut self, event: Event) {
        let Some(event) = self.set_aside(event) else { return };
        let change = match event {
            Event::Connection(connection) => {
                let id = connection.id;
                lock(&self.book).fold_connection(Arc::from(connection));
                self.connection_change(id)
            }
            Event::Judged { connection, report } => {
                lock(&self.book).fold_report(connection, report);
                self.connection_change(connection)
            }
            Event::Exchange(exchange) => {
                let exchange: Arc<Exchange> = Arc::from(exchange);
                let moved = lock(&self.book).fold_exchange(exchange.clone());
                if let Some(note) = moved {
                    self.keep(Item::Note(RowId::Connection(exchange.connection), Note::default()));
                    self.keep(Item::Note(RowId::Exchange(exchange.id), note));
                }
                Some(Change::Exchange(exchange))
            }
            Event::Message(message) => {
                let message: Arc<Message> = Arc::from(message);
                lock(&self.book).fold_message(message.clone());
                Some(Change::Message(message))
            }
            Event::Setup(news) => {
                lock(&self.book).fold_setup(&news);
                Some(Change::Setup(news))
            }
            Event::Tried(trial) => {
                let trial: Arc<Trial> = Arc::from(trial);
                lock(&self.book).fold_trial(trial.clone());
                Some(Change::Tried(trial))
            }
            Event::Noted(row, note) => {
                lock(&self.book).fold_note(row, note.clone());
                self.keep(Item::Note(row, note));
                None
            }
            Event::Recording(is_on) => {
                self.record(is_on);
                None
            }
            Event::Cleared => {
                self.clear();
                None
            }
        };
        if let Some(change) = change {
            self.hand_on(&change);
        }
    }

    /// While nothing is recorded, what belongs to a connection or an exchange that is not known
    /// already is put aside.
    fn set_aside(&mut self, event: Event) -> Option<Event> {
        let Some(aside) = &mut self.aside else { return Some(event) };
        let book = lock(&self.book);
        let knows = |id: ConnectionId| book.known(id).is_some();
        match event {
            Event::Connection(connection) if !knows(connection.id) => {
                if connection.closed.is_some() {
                    aside.remove(&connection.id);
                } else {
                    let id = connection.id;
                    aside.entry(id).or_default().connection = Some(connection);
                }
                None
            }
            Event::Judged { connection, report } if !knows(connection) => {
                // Of one that is over, nothing is put aside any more.
                if let Some(known) = aside.get_mut(&connection) {
                    known.report = Some(report);
                }
                None
            }
            Event::Exchange(exchange) if book.place_of(RowId::Exchange(exchange.id)).is_none() => None,
            Event::Message(message)
                if message.exchange.is_some_and(|id| book.place_of(RowId::Exchange(id)).is_none()) =>
            {
                None
            }
            Event::Message(message) if !knows(message.connection) => None,
            event => Some(event),
        }
    }

    fn record(&mut self, is_on: bool) {
        if !is_on {
            self.aside.get_or_insert_default();
            return;
        }
        let mut aside: Vec<_> = self.aside.take().unwrap_or_default().into_iter().collect();
        aside.sort_by_key(|(id, _)| *id);
        for (id, Aside { connection, report }) in aside {
            let Some(connection) = connection else { continue };
            self.take(Event::Connection(connection));
            if let Some(report) = report {
                self.take(Event::Judged { connection: id, report });
            }
        }
    }

    /// What is open is written again: what comes of it still has to find its connection.
    fn clear(&mut self) {
        lock(&self.book).clear();
        self.keep(Item::Clear);
        let open = lock(&self.book).open_connections();
        for change in open.into_iter().filter_map(|id| self.connection_change(id)) {
            self.keep_change(&change);
        }
    }

    fn connection_change(&self, id: ConnectionId) -> Option<Change> {
        let known = lock(&self.book).known(id);
        known.map(|(connection, report, revision)| Change::Connection(connection, report, revision))
    }

    fn hand_on(&mut self, change: &Change) {
        for listener in &mut self.listeners {
            listener(change);
        }
        self.keep_change(change);
    }

    fn keep_change(&self, change: &Change) {
        self.keep(match change.clone() {
            Change::Connection(connection, report, revision) => Item::Connection(connection, report, revision),
            Change::Exchange(exchange) => Item::Exchange(exchange),
            Change::Message(message) => Item::Message(message),
            // They are about devices, and over with the run.
            Change::Setup(_) | Change::Tried(_) => return,
        });
    }

    fn keep(&self, item: Item) {
        let Some(store) = &self.store else { return };
        match store.offer(item) {
            Kept::Whole => {}
            Kept::WithoutBodies => lock(&self.book).count_dropped(1, 0),
            Kept::Not => lock(&self.book).count_dropped(0, 1),
        }
    }
}

fn lock(book: &Mutex<Book>) -> MutexGuard<'_, Book> {
    book.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
