//! Writing changes as lines of JSON while they happen, for `--events`.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;

use serde_json::Value;

use super::recorder::{Change, Listener};
use crate::export::{Recorded, Redaction, connection_line, exchange_line, summary_line};
use crate::model::{ConnectionId, Summary, Timestamp};

/// More changes than this do not wait for a slow reader.
const WAITING: usize = 10_000;

/// A stream of lines, written by a thread of its own so that a slow reader slows nobody.
pub struct LineStream {
    changes: SyncSender<Told>,
    thread: JoinHandle<()>,
}

enum Told {
    Change(Change),
    Summary(Summary, Timestamp),
}

impl LineStream {
    /// Writes to `out`.
    ///
    /// # Errors
    /// When the thread cannot be started.
    pub fn start(out: impl Write + Send + 'static, redaction: Redaction) -> std::io::Result<Self> {
        let (changes, inbox) = sync_channel(WAITING);
        let mut lines = Lines { out, redaction, certificates: BTreeSet::new(), announced: BTreeMap::new() };
        let thread = std::thread::Builder::new().name("events".into()).spawn(move || {
            for told in inbox {
                // Nobody reads any more: the proxy goes on all the same.
                if lines.tell(told).is_err() {
                    return;
                }
            }
        })?;
        Ok(Self { changes, thread })
    }

    /// What hears the changes. `dropped` is called for each one that finds no room.
    pub fn listener(&self, dropped: impl Fn() + Send + 'static) -> Listener {
        let changes = self.changes.clone();
        Box::new(move |change| {
            let worth_it = match change {
                Change::Message(_) => false,
                Change::Exchange(exchange) => exchange.is_finished(),
                Change::Connection(connection, report, _) => report.is_some() || connection.closed.is_some(),
            };
            if worth_it && matches!(changes.try_send(Told::Change(change.clone())), Err(TrySendError::Full(_))) {
                dropped();
            }
        })
    }

    /// Writes the summary and ends; the listeners have to be gone.
    pub fn finish(self, totals: Summary, at: Timestamp) {
        let _ = self.changes.send(Told::Summary(totals, at));
        drop(self.changes);
        let _ = self.thread.join();
    }
}

struct Lines<W> {
    out: W,
    redaction: Redaction,
    certificates: BTreeSet<crate::model::Fingerprint>,
    /// The last revision told of each open connection.
    announced: BTreeMap<ConnectionId, u32>,
}

impl<W: Write> Lines<W> {
    fn tell(&mut self, told: Told) -> std::io::Result<()> {
        let line = match told {
            Told::Summary(totals, at) => summary_line(totals, at),
            Told::Change(Change::Exchange(exchange)) => exchange_line(&exchange, self.redaction),
            Told::Change(Change::Connection(connection, report, revision)) => {
                if self.announced.insert(connection.id, revision) == Some(revision) {
                    return Ok(());
                }
                let certificates = &mut self.certificates;
                let recorded = Recorded { connection: &connection, report: report.as_deref() };
                connection_line(recorded, revision, |print| certificates.insert(print))
            }
            Told::Change(Change::Message(_)) => return Ok(()),
        };
        self.write(&line)
    }

    fn write(&mut self, line: &Value) -> std::io::Result<()> {
        let mut text = line.to_string();
        text.push('\n');
        self.out.write_all(text.as_bytes())?;
        self.out.flush()
    }
}
