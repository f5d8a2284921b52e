//! What the screen is told at the start, and what it can have done.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::model::Timestamp;
use crate::session::{Detail, RowId};

/// What the screen knows of the run beside the session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    /// Where the proxy listens, or which file is open: the head of the screen.
    pub title: String,
    /// When recording began; absent for a session that is over.
    pub recording_since: Option<Timestamp>,
    /// How to point a device at the proxy: labels and values.
    pub setup: Vec<(String, String)>,
    /// The name that an export is offered under.
    pub export_name: String,
}

/// What the screen has done by others; each may take its time.
#[derive(Clone)]
pub struct Hooks {
    /// Looks a row up that is no longer in memory.
    pub load: Arc<dyn Fn(RowId) -> Option<Detail> + Send + Sync>,
    /// Writes the session as HAR; what went wrong, in words.
    pub export: Arc<Exporter>,
}

/// Writes the session to a file; what went wrong, in words.
pub type Exporter = dyn Fn(&Path) -> Result<(), String> + Send + Sync;

/// Something to be done outside the screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// Look a row up in the session file.
    Load(RowId),
    /// Write the session as HAR.
    Export(PathBuf),
    /// Hand this to the terminal's clipboard.
    Copy(String),
    /// End.
    Quit,
}
