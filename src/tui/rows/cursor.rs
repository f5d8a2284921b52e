//! Following a book that grows and changes.

use std::ops::Range;

use crate::session::Book;

/// How far a book has been read.
#[derive(Clone, Debug, Default)]
pub(in crate::tui) struct Cursor {
    /// Everything before this place has been looked at.
    looked_at: usize,
    version: u64,
}

impl Cursor {
    /// The places that were looked at before and have changed since; `None` when that is too long
    /// ago to tell, and everything has to be looked at anew.
    pub(in crate::tui) fn changed(&mut self, book: &Book) -> Option<Vec<usize>> {
        let changed = book.changed_since(self.version);
        self.version = book.version();
        let Some(mut changed) = changed else {
            self.looked_at = 0;
            return None;
        };
        changed.sort_unstable();
        changed.dedup();
        changed.retain(|place| *place < self.looked_at);
        Some(changed)
    }

    /// The next places to look at before `end`, at most `budget` of them.
    pub(in crate::tui) fn next(&mut self, book: &Book, end: usize, budget: usize) -> Range<usize> {
        let from = self.looked_at.max(book.places().start);
        let to = end.min(from + budget).max(from);
        self.looked_at = to;
        from..to
    }

    /// Whether there is nothing more to look at before `end`.
    pub(in crate::tui) fn is_done(&self, end: usize) -> bool {
        self.looked_at >= end
    }

    /// Whether a place was looked at.
    pub(in crate::tui) fn has_seen(&self, place: usize) -> bool {
        place < self.looked_at
    }

    /// How far it is, from 0 to 1.
    pub(in crate::tui) fn share(&self, book: &Book) -> f64 {
        let places = book.places();
        let looked_at = self.looked_at.saturating_sub(places.start);
        if places.is_empty() { 1.0 } else { looked_at as f64 / places.len() as f64 }
    }
}
