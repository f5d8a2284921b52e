//! What the screen is told at the start, and what it can have done.

use std::collections::HashSet;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use tokio::sync::watch;

use super::audited::Plan;
use super::settings::Prefs;
use crate::check::Checked;
use crate::model::{Command, Guest, Question, RowId, Timestamp};
use crate::session::{Detail, Searched, Wanted};

/// What the screen knows of the run beside the session.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About {
    /// Where the proxy listens, or which file is open: the head of the screen.
    pub title: String,
    /// When recording began; absent for a session that is over.
    pub recording_since: Option<Timestamp>,
    /// How to point a device at the proxy: labels and values.
    pub setup: Vec<(String, String)>,
    /// What a device's camera should read: the address at which it is set up.
    pub setup_url: Option<String>,
    /// The name that an export is offered under.
    pub export_name: String,
    /// What clients are shown that is wrong on purpose, in an audit; it is what the screen begins with then.
    pub audit: Option<Plan>,
    /// Whether TLS secrets are written to a file: that has to be seen.
    pub secrets_logged: bool,
}

/// What the screen has done by others; each may take its time.
#[derive(Clone)]
pub struct Hooks {
    /// Looks a row up that is no longer in memory.
    pub load: Arc<Loader>,
    /// Writes the session, or some rows of it, as HAR.
    pub export: Arc<Exporter>,
    /// Looks for a text in the bodies of the session.
    pub search: Arc<Searcher>,
    /// Carries a command out, and answers.
    pub obey: Arc<Obeyer>,
    /// Keeps what was changed on the screen for the next run.
    pub keep: Arc<Keeper>,
    /// What clients wait for.
    pub asked: Asked,
}

/// What clients wait for a person to decide, and what was decided about devices.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The open questions, oldest first.
    pub questions: watch::Receiver<Vec<Question>>,
    /// The devices that were decided upon.
    pub guests: watch::Receiver<Vec<Guest>>,
}

impl Asked {
    /// By nobody, ever.
    pub fn nothing() -> Self {
        Self { questions: watch::Sender::default().subscribe(), guests: watch::Sender::default().subscribe() }
    }

    /// Both, as soon as one of them has changed; never, when nobody can ask any more.
    pub(super) async fn changed(&mut self) -> (Vec<Question>, Vec<Guest>) {
        let (questions, guests) = (&mut self.questions, &mut self.guests);
        tokio::select! {
            Ok(()) = questions.changed() => {}
            Ok(()) = guests.changed() => {}
            else => std::future::pending().await,
        }
        (self.questions.borrow_and_update().clone(), self.guests.borrow_and_update().clone())
    }
}

/// Looks a row up.
pub type Loader = dyn Fn(RowId) -> Option<Detail> + Send + Sync;

/// Writes rows, or all without a choice, to a file; what went wrong, in words.
pub type Exporter = dyn Fn(&Path, Option<&HashSet<RowId>>) -> Result<(), String> + Send + Sync;

/// Looks for a text in bodies, and tells how it stands.
pub type Searcher = dyn Fn(&Wanted, &mut dyn FnMut(Searched) -> ControlFlow<()>) + Send + Sync;

/// Carries a command out.
pub type Obeyer = dyn Fn(Command, Reply) + Send + Sync;

/// Keeps what was chosen; the number tells the newest of several.
pub type Keeper = dyn Fn(u64, &Prefs) + Send + Sync;

/// Takes the answer to a command.
pub type Reply = Box<dyn FnOnce(Answer) + Send>;

/// What became of a command.
#[derive(Clone, Debug)]
pub enum Answer {
    /// In words.
    Said(String),
    /// A server was checked again, and what was known of it before.
    Checked(Vec<Checked>, Box<Detail>),
}

impl Hooks {
    /// For a session of which nothing is kept and nothing can be done with.
    pub fn none() -> Self {
        Self {
            load: Arc::new(|_| None),
            export: Arc::new(|_, _| Err("nothing is kept".to_owned())),
            search: Arc::new(|_, _| {}),
            obey: Arc::new(|_, reply| reply(Answer::Said("this session is over".to_owned()))),
            keep: Arc::new(|_, _| {}),
            asked: Asked::nothing(),
        }
    }
}
