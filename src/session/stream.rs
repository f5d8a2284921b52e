//! Writing changes as lines while they happen: JSON for `--events`, words for people.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::time::Duration;

use super::recorder::{Change, Listener};
use crate::export::{Recorded, Redaction, connection_line, exchange_line, printable, summary_line, trial_line};
use crate::model::{ConnectionId, Fingerprint, Summary, Timestamp};

/// More changes than this do not wait for a slow reader.
const WAITING: usize = 10_000;

/// How long a reader may take for the last lines.
const READER_PATIENCE: Duration = Duration::from_secs(3);

/// More connections that are closed and will never be judged are not remembered.
const REMEMBERED: usize = 50_000;

/// Something to write a line about.
#[derive(Clone, Debug)]
pub enum Told {
    /// It has changed.
    Change(Change),
    /// The session is over.
    Summary(Summary, Timestamp),
}

/// Makes a line of what is told, with its line end; `None` when there is nothing to say.
pub type Format = Box<dyn FnMut(&Told) -> Option<String> + Send>;

/// A stream of lines, written by a thread of its own so that a slow reader slows nobody.
pub struct LineStream {
    changes: SyncSender<Told>,
    /// Ends when the thread does.
    ended: Receiver<()>,
    dropped: Arc<AtomicU64>,
}

impl LineStream {
    /// Writes to `out`, in the form that `format` gives.
    ///
    /// # Errors
    /// When the thread cannot be started.
    pub fn start(mut out: impl Write + Send + 'static, mut format: Format) -> std::io::Result<Self> {
        let (changes, inbox) = sync_channel(WAITING);
        let (end, ended) = sync_channel(1);
        std::thread::Builder::new().name("lines".into()).spawn(move || {
            let _end = end;
            for told in inbox {
                let Some(line) = format(&told) else { continue };
                // Nobody reads any more: the proxy goes on all the same.
                if out.write_all(line.as_bytes()).and_then(|()| out.flush()).is_err() {
                    return;
                }
            }
        })?;
        Ok(Self { changes, ended, dropped: Arc::default() })
    }

    /// What hears the changes. One that finds no room is counted and left out.
    pub fn listener(&self) -> Listener {
        let (changes, dropped) = (self.changes.clone(), self.dropped.clone());
        Box::new(move |change| {
            let worth_it = match change {
                Change::Message(_) => false,
                Change::Setup(_) | Change::Tried(_) => true,
                Change::Exchange(exchange) => exchange.is_finished(),
                Change::Connection(connection, report, _) => report.is_some() || connection.closed.is_some(),
            };
            if worth_it && matches!(changes.try_send(Told::Change(change.clone())), Err(TrySendError::Full(_))) {
                dropped.fetch_add(1, Ordering::Relaxed);
            }
        })
    }

    /// Writes the summary and ends; the listeners have to be gone. Gives how many lines were left
    /// out because the reader was slow. One that has stopped reading is not waited for.
    pub fn finish(self, totals: Summary, at: Timestamp) -> u64 {
        if self.changes.try_send(Told::Summary(totals, at)).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
        drop(self.changes);
        // Disconnected when the thread has ended, late when its reader has stopped.
        let _ = self.ended.recv_timeout(READER_PATIENCE);
        self.dropped.load(Ordering::Relaxed)
    }
}

/// The lines of `tlscope.event/1`.
pub fn json_lines(redaction: Redaction) -> Format {
    let mut certificates: BTreeSet<Fingerprint> = BTreeSet::new();
    // The last revision told of each connection that is still open.
    let mut announced: BTreeMap<ConnectionId, u32> = BTreeMap::new();
    Box::new(move |told| {
        let line = match told {
            Told::Summary(totals, at) => summary_line(*totals, *at),
            Told::Change(Change::Exchange(exchange)) => exchange_line(exchange, redaction),
            Told::Change(Change::Connection(connection, report, revision)) => {
                let before = announced.insert(connection.id, *revision);
                if before == Some(*revision) {
                    return None;
                }
                if connection.closed.is_some() && report.is_some() {
                    announced.remove(&connection.id);
                } else if announced.len() > REMEMBERED {
                    announced.pop_first();
                }
                let recorded = Recorded { connection, report: report.as_deref() };
                connection_line(recorded, *revision, |print| certificates.insert(print))
            }
            Told::Change(Change::Tried(trial)) => trial_line(trial),
            Told::Change(Change::Message(_) | Change::Setup(_)) => return None,
        };
        Some(format!("{}\n", printable(&line)))
    })
}
