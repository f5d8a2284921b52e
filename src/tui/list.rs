//! Which rows the filter lets through, kept up to date bit by bit: a filter over a million rows
//! must not hold the screen up.

use std::collections::VecDeque;

use crate::model::Timestamp;
use crate::session::{Book, Filter};

/// The places of matching rows, in their order.
pub(super) struct List {
    filter: Filter,
    matching: VecDeque<usize>,
    /// Everything before this place has been looked at.
    looked_at: usize,
    version: u64,
}

impl List {
    /// Lets everything through.
    pub(super) fn new() -> Self {
        Self { filter: Filter::everything(), matching: VecDeque::new(), looked_at: 0, version: 0 }
    }

    /// Starts over with another filter.
    pub(super) fn set_filter(&mut self, filter: Filter) {
        *self = Self { filter, version: self.version, ..Self::new() };
    }

    /// The filter.
    pub(super) fn filter(&self) -> &Filter {
        &self.filter
    }

    /// Looks at what is new, at most `budget` rows. `true` when everything has been looked at.
    pub(super) fn advance(&mut self, book: &Book, now: Timestamp, budget: usize) -> bool {
        let places = book.places();
        while self.matching.front().is_some_and(|place| *place < places.start) {
            self.matching.pop_front();
        }
        if let Some(changed) = book.changed_since(self.version) {
            for place in changed {
                self.look_again(book, place, now);
            }
        } else {
            self.matching.clear();
            self.looked_at = 0;
        }
        self.version = book.version();
        self.looked_at = self.looked_at.max(places.start);
        let end = places.end.min(self.looked_at + budget);
        for place in self.looked_at..end {
            if self.lets_through(book, place, now) {
                self.matching.push_back(place);
            }
        }
        self.looked_at = end;
        end == places.end
    }

    fn look_again(&mut self, book: &Book, place: usize, now: Timestamp) {
        if place >= self.looked_at || place < book.places().start {
            return;
        }
        match (self.matching.binary_search(&place), self.lets_through(book, place, now)) {
            (Ok(at), false) => {
                self.matching.remove(at);
            }
            (Err(at), true) => self.matching.insert(at, place),
            _ => {}
        }
    }

    fn lets_through(&self, book: &Book, place: usize, now: Timestamp) -> bool {
        book.row(place).is_some_and(|row| self.filter.matches(row, book.line(row.connection), now))
    }

    /// How many match.
    pub(super) fn len(&self) -> usize {
        self.matching.len()
    }

    /// The place of the row that stands there in the list.
    pub(super) fn place(&self, at: usize) -> Option<usize> {
        self.matching.get(at).copied()
    }

    /// Where a place stands in the list, or would stand.
    pub(super) fn position(&self, place: usize) -> usize {
        self.matching.binary_search(&place).unwrap_or_else(|at| at)
    }

    /// The place that is nearest to `place` and matches.
    pub(super) fn nearest(&self, place: usize) -> Option<usize> {
        let at = self.position(place);
        self.place(at).or_else(|| self.place(at.checked_sub(1)?))
    }
}
