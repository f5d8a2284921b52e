//! The rows that the filter lets through, in their order.

use std::collections::VecDeque;

use super::cursor::Cursor;
use super::sorted::Sorted;
use crate::session::{Asked, Book, Filter};
use crate::tui::column::Column;

/// The order of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::tui) struct Sort {
    /// By what.
    pub(in crate::tui) column: Column,
    /// Whether the greatest comes first.
    pub(in crate::tui) descending: bool,
}

impl Sort {
    /// As they came.
    pub(in crate::tui) const ARRIVAL: Self = Self { column: Column::Time, descending: false };
}

/// Places in an order that can be asked both ways.
#[derive(Debug)]
enum Order {
    /// As they came, which needs no keys.
    Arrival(VecDeque<usize>),
    /// By a key.
    Keyed(Sorted),
}

/// The places of matching rows.
#[derive(Debug)]
pub(in crate::tui) struct List {
    filter: Filter,
    sort: Sort,
    order: Order,
    cursor: Cursor,
}

impl List {
    /// Lets everything through.
    pub(in crate::tui) fn new() -> Self {
        Self::with(Filter::everything(), Sort::ARRIVAL)
    }

    fn with(filter: Filter, sort: Sort) -> Self {
        let order = match sort.column {
            Column::Time => Order::Arrival(VecDeque::new()),
            _ => Order::Keyed(Sorted::default()),
        };
        Self { filter, sort, order, cursor: Cursor::default() }
    }

    /// Starts over with another filter.
    pub(in crate::tui) fn set_filter(&mut self, filter: Filter) {
        self.replace(Self::with(filter, self.sort));
    }

    /// Another order. The same rows the other way round need no new look.
    pub(in crate::tui) fn set_sort(&mut self, sort: Sort) {
        if self.sort.column == sort.column {
            self.sort = sort;
        } else {
            self.replace(Self::with(self.filter.clone(), sort));
        }
    }

    /// Taking a million entries apart takes its time, and nobody need wait for it.
    fn replace(&mut self, new: Self) {
        let old = std::mem::replace(self, new);
        let _ = std::thread::Builder::new().name("drop".into()).spawn(move || drop(old));
    }

    /// The filter.
    pub(in crate::tui) fn filter(&self) -> &Filter {
        &self.filter
    }

    /// The order.
    pub(in crate::tui) fn sort(&self) -> Sort {
        self.sort
    }

    /// Follows what has changed among the rows that were looked at. Where that is too long ago to tell,
    /// all of them will be looked at again; until then they stay where they are.
    pub(in crate::tui) fn catch_up(&mut self, book: &Book, asked: &Asked<'_>) {
        for place in self.cursor.changed(book).unwrap_or_default() {
            self.look_again(book, place, asked);
        }
    }

    /// Looks at what is new before `end`, at most `budget` rows. `true` when everything has been looked
    /// at.
    pub(in crate::tui) fn advance(&mut self, book: &Book, asked: &Asked<'_>, end: usize, budget: usize) -> bool {
        self.forget_before(book.places().start);
        for place in self.cursor.next(book, end, budget) {
            self.look_again(book, place, asked);
        }
        self.cursor.is_done(end)
    }

    /// Whether a place was looked at, whether it matched or not.
    pub(in crate::tui) fn has_seen(&self, place: usize) -> bool {
        self.cursor.has_seen(place)
    }

    /// How much of the session has been looked at, from 0 to 1.
    pub(in crate::tui) fn share(&self, book: &Book) -> f64 {
        self.cursor.share(book)
    }

    /// Looks once more at a row.
    pub(in crate::tui) fn look_again(&mut self, book: &Book, place: usize, asked: &Asked<'_>) {
        if self.lets_through(book, place, asked) {
            self.insert(book, place);
        } else {
            self.remove(place);
        }
    }

    fn lets_through(&self, book: &Book, place: usize, asked: &Asked<'_>) -> bool {
        if self.filter.is_everything() {
            return true;
        }
        book.row(place).is_some_and(|row| self.filter.matches(row, book.line(row.connection), asked))
    }

    fn insert(&mut self, book: &Book, place: usize) {
        match &mut self.order {
            Order::Arrival(places) if places.back().is_none_or(|last| *last < place) => places.push_back(place),
            Order::Arrival(places) => {
                if let Err(at) = places.binary_search(&place) {
                    places.insert(at, place);
                }
            }
            Order::Keyed(sorted) => {
                if let Some(row) = book.row(place) {
                    sorted.insert(place, self.sort.column.key(row, book.line(row.connection)));
                }
            }
        }
    }

    fn remove(&mut self, place: usize) {
        match &mut self.order {
            Order::Arrival(places) => {
                if let Ok(at) = places.binary_search(&place) {
                    places.remove(at);
                }
            }
            Order::Keyed(sorted) => sorted.remove(place),
        }
    }

    fn forget_before(&mut self, start: usize) {
        match &mut self.order {
            Order::Arrival(places) => {
                while places.front().is_some_and(|place| *place < start) {
                    places.pop_front();
                }
            }
            Order::Keyed(sorted) => sorted.forget_before(start),
        }
    }

    /// How many match.
    pub(in crate::tui) fn len(&self) -> usize {
        match &self.order {
            Order::Arrival(places) => places.len(),
            Order::Keyed(sorted) => sorted.len(),
        }
    }

    /// The place of the row that stands there in the list.
    pub(in crate::tui) fn place(&self, at: usize) -> Option<usize> {
        let at = if self.sort.descending { self.len().checked_sub(at + 1)? } else { at };
        match &self.order {
            Order::Arrival(places) => places.get(at).copied(),
            Order::Keyed(sorted) => sorted.at(at),
        }
    }

    /// Where a place stands in the list; of one that does not match, where the next one stands.
    pub(in crate::tui) fn position(&self, place: usize) -> usize {
        let (at, is_there) = match &self.order {
            Order::Arrival(places) => places.binary_search(&place).map_or_else(|at| (at, false), |at| (at, true)),
            Order::Keyed(sorted) => sorted.position(place).map_or((0, false), |at| (at, true)),
        };
        match (self.sort.descending, is_there) {
            (false, _) => at,
            (true, true) => self.len() - 1 - at,
            (true, false) => self.len() - at,
        }
    }

    /// The place itself when it matches; otherwise one that does, near to it where rows stand as
    /// they came.
    pub(in crate::tui) fn nearest(&self, place: usize) -> Option<usize> {
        if let Order::Keyed(sorted) = &self.order
            && sorted.contains(place)
        {
            return Some(place);
        }
        let at = self.position(place);
        self.place(at).or_else(|| self.place(at.checked_sub(1)?))
    }

    /// The places in their order.
    pub(in crate::tui) fn places(&self) -> Box<dyn Iterator<Item = usize> + '_> {
        let places: Box<dyn DoubleEndedIterator<Item = usize> + '_> = match &self.order {
            Order::Arrival(places) => Box::new(places.iter().copied()),
            Order::Keyed(sorted) => Box::new(sorted.places()),
        };
        if self.sort.descending { Box::new(places.rev()) } else { Box::new(places) }
    }

    /// The place of the newest row that matches.
    pub(in crate::tui) fn newest(&self) -> Option<usize> {
        match &self.order {
            Order::Arrival(places) => places.back().copied(),
            Order::Keyed(sorted) => sorted.newest(),
        }
    }
}
