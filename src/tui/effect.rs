//! What the screen wants done outside itself: data, carried out by the loop.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use super::panes::Pane;
use super::settings::Prefs;
use super::style::Look;
use crate::model::{Command, RowId};
use crate::session::{Detail, Wanted};

/// Something to be done outside the screen.
#[derive(Clone, Debug)]
pub(super) enum Effect {
    /// Look a row up in the session file.
    Load(RowId),
    /// Lay a big record out.
    LayOut(Arc<Detail>, Layout),
    /// Look for a text in bodies.
    Search {
        /// For what, and where.
        wanted: Wanted,
        /// The number of the search.
        number: u64,
        /// The number of the one that counts.
        current: Arc<AtomicU64>,
    },
    /// Write the session, or these rows of it, as HAR.
    Export(PathBuf, Option<HashSet<RowId>>),
    /// Hand this to the terminal's clipboard.
    Copy(String),
    /// Have this carried out.
    Obey(Command),
    /// Keep these for the next run.
    Keep(Prefs),
    /// To the shell, and back.
    Suspend,
    /// Draw everything anew.
    Redraw,
}

/// What a layout depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) pane: Pane,
    pub(super) columns: usize,
    pub(super) look: Look,
    /// Counts the records, so that the layout of an old one is known.
    pub(super) record: u64,
}

impl Layout {
    /// Whether somebody who is at this need not be asked for the other yet.
    pub(super) fn is_as_good_as(self, other: Self) -> bool {
        Self { record: other.record, ..self } == other
    }
}
