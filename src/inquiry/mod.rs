//! From what was observed to a settled report.
//!
//! Owns the judging thread, the memo of reports, the pool of CA certificates that servers have
//! sent, and looking for what the judge wants: issuers that a server did not send, answers of OCSP
//! responders, revocation lists. The first report comes at once; one that looking changes comes
//! later, to the same listener.
//!
//! Must not know the proxy, nor any face.

mod cache;
mod disk;
mod memo;
mod seen;
mod thread;

use std::path::PathBuf;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use tokio::runtime::Handle;
use tokio::sync::oneshot;

use crate::diagnosis::{Limits, Trust};
use crate::model::{Evidence, Observation, Report, Timestamp};
use crate::net::Dialler;

use cache::Cache;
use memo::Memo;
use seen::SeenPool;
use thread::Job;

/// More questions do not wait: servers that show a new chain each time must not fill the memory.
const QUEUE: usize = 1024;

/// How to inquire.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Config {
    /// Why nothing is fetched, when nothing is.
    pub fetching_off: Option<String>,
    /// Judge at this instant instead of now.
    pub at: Option<Timestamp>,
    /// Bounds on one judgement.
    pub limits: Limits,
    /// Where to keep what was fetched from one run to the next.
    pub cache: Option<PathBuf>,
    /// What was given in files: responses of OCSP and revocation lists.
    pub given: Evidence,
}

/// A report, and whether it is the last one.
#[derive(Clone, Debug)]
pub struct Told {
    /// The report.
    pub report: Arc<Report>,
    /// Whether nothing is being looked for any more.
    pub settled: bool,
}

type Listener = Box<dyn FnMut(Told) + Send>;

/// The way to the judge. Cheap to clone; the judging thread ends with the last clone.
#[derive(Clone)]
pub struct Inquiry {
    shared: Arc<Shared>,
    jobs: SyncSender<Job>,
}

/// What the judging thread and the fetching tasks have in common.
struct Shared {
    config: Config,
    memo: Mutex<Memo>,
    seen: Mutex<SeenPool>,
    cache: Cache,
    dialler: Dialler,
    runtime: Handle,
}

impl Inquiry {
    /// Starts the judging thread. The trust is loaded on it, before the first judgement. Call
    /// within a tokio runtime: issuers are fetched on it.
    ///
    /// # Errors
    /// When the thread cannot be started.
    pub fn start(
        config: Config,
        trust: impl FnOnce() -> Trust + Send + 'static,
        dialler: Dialler,
    ) -> std::io::Result<Self> {
        let (jobs, inbox) = sync_channel(QUEUE);
        let cache = Cache::new(config.cache.clone());
        let shared = Arc::new(Shared {
            config,
            cache,
            memo: Mutex::default(),
            seen: Mutex::default(),
            dialler,
            runtime: Handle::current(),
        });
        let own = shared.clone();
        std::thread::Builder::new().name("judge".into()).spawn(move || thread::run(&own, &inbox, &trust()))?;
        Ok(Self { shared, jobs })
    }

    /// Judges, and tells the listener: once inline when the same was judged before, else from the
    /// judging thread, and again when looking for issuers has changed the report.
    pub fn judge(&self, observation: Observation, mut listener: impl FnMut(Told) + Send + 'static) {
        let now = self.shared.now();
        self.shared.remember_issuers(&observation);
        if let Some(report) = self.shared.remembered(&observation, now) {
            listener(Told { report, settled: true });
            return;
        }
        let config = &self.shared.config;
        let evidence = Evidence {
            fetching_off: config.fetching_off.clone(),
            is_of_another_time: config.at.is_some(),
            ..config.given.clone()
        };
        let job = Job {
            observation,
            evidence,
            listener: Box::new(listener),
            hops: 0,
            fetched: Vec::new(),
            told: None,
            jobs: self.jobs.clone(),
        };
        thread::enqueue(job);
    }

    /// Judges, and waits for the last report.
    pub async fn settle(&self, observation: Observation) -> Arc<Report> {
        let (tell, told) = oneshot::channel();
        let mut tell = Some(tell);
        self.judge(observation, move |word| {
            if word.settled
                && let Some(tell) = tell.take()
            {
                let _ = tell.send(word.report);
            }
        });
        told.await.unwrap_or_default()
    }

    /// The instant that is judged at.
    pub fn now(&self) -> Timestamp {
        self.shared.now()
    }
}

/// The time of day, whatever instant is judged at.
fn wall_time() -> Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_unix_ms(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

impl Shared {
    fn now(&self) -> Timestamp {
        self.config.at.unwrap_or_else(wall_time)
    }

    fn remembered(&self, observation: &Observation, now: Timestamp) -> Option<Arc<Report>> {
        let generation = self.seen.lock().unwrap_or_else(PoisonError::into_inner).generation();
        self.memo.lock().unwrap_or_else(PoisonError::into_inner).get(observation, generation, now)
    }

    fn remember_issuers(&self, observation: &Observation) {
        if observation.sent.len() > 1 {
            self.seen.lock().unwrap_or_else(PoisonError::into_inner).add(&observation.sent);
        }
    }
}

#[cfg(test)]
mod tests;
