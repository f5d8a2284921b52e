//! The window onto the rows: which of them are to be seen now, which is selected, and what is still
//! being looked for.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::list::{List, Sort};
use super::tree::Tree;
use crate::model::{ExchangeId, Note, RowId, Severity, Timestamp};
use crate::session::{Asked, Book, Filter, Line, Row, Searched};

/// Rows that are looked at in one go.
const ROWS_A_GO: usize = 1024;

/// A row as it is drawn.
#[derive(Clone, Debug)]
pub(in crate::tui) struct Shown {
    pub(in crate::tui) row: Row,
    pub(in crate::tui) line: Option<Line>,
    pub(in crate::tui) note: Option<Note>,
    pub(in crate::tui) is_selected: bool,
}

/// A search for the next row with a defect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::tui) struct Hunt {
    /// Where in the list it has come to.
    pub(in crate::tui) at: usize,
    /// Up or down.
    pub(in crate::tui) by: isize,
}

/// A search for the filter's text in bodies.
#[derive(Clone, Debug, Default)]
pub(in crate::tui) struct BodySearch {
    /// Which search this is, so that an answer to an older one is known.
    pub(in crate::tui) number: u64,
    /// In whose bodies it was found.
    pub(in crate::tui) found: HashSet<ExchangeId>,
    /// The last exchange that was looked at; absent before the first look.
    pub(in crate::tui) last: Option<ExchangeId>,
    /// Those that were not at their end when they were looked at.
    pub(in crate::tui) unfinished: Vec<ExchangeId>,
    /// Whether somebody is looking.
    pub(in crate::tui) is_running: bool,
    /// The version of the session at the last look, and when that began.
    pub(in crate::tui) looked: Option<(u64, Timestamp)>,
    /// The number of the search that counts, for those who are still at an older one.
    pub(in crate::tui) current: Arc<AtomicU64>,
}

/// The rows as the screen has them.
#[derive(Debug)]
pub(in crate::tui) struct Rows {
    pub(in crate::tui) list: List,
    pub(in crate::tui) tree: Tree,
    /// Whether the newest row is the selected one.
    pub(in crate::tui) follow: bool,
    /// Where the list ends while it stands still: what came later is not in it.
    paused_at: Option<usize>,
    /// Whether the filter has seen every row.
    pub(in crate::tui) is_listed: bool,
    /// How much of the session it has seen, from 0 to 1.
    pub(in crate::tui) listed: f64,
    pub(in crate::tui) body_search: BodySearch,
    /// The search for a defect that is going on.
    pub(in crate::tui) hunt: Option<Hunt>,
    /// The place of the selected row.
    pub(in crate::tui) selected: Option<usize>,
    /// Where in the list the window begins.
    pub(in crate::tui) top: usize,
    /// What is in the window.
    pub(in crate::tui) shown: Vec<Shown>,
    /// How many rows the session has.
    pub(in crate::tui) total: usize,
}

impl Rows {
    /// All rows, as they came.
    pub(in crate::tui) fn new(follow: bool) -> Self {
        Self {
            list: List::new(),
            tree: Tree::default(),
            follow,
            paused_at: None,
            is_listed: true,
            listed: 1.0,
            body_search: BodySearch::default(),
            hunt: None,
            selected: None,
            top: 0,
            shown: Vec::new(),
            total: 0,
        }
    }

    /// Whether the list stands still.
    pub(in crate::tui) fn is_paused(&self) -> bool {
        self.paused_at.is_some()
    }

    /// Lets the list stand still, or move again.
    pub(in crate::tui) fn pause(&mut self, book: &Book) {
        self.paused_at = if self.is_paused() { None } else { Some(book.places().end) };
    }

    /// Where the list ends.
    fn end(&self, book: &Book) -> usize {
        let end = book.places().end;
        self.paused_at.map_or(end, |paused| paused.min(end))
    }

    /// Follows the book.
    pub(in crate::tui) fn catch_up(&mut self, book: &Book, now: Timestamp, with_tree: bool) {
        self.total = book.places().len();
        if !self.is_paused() {
            self.list.catch_up(book, &asked(now, &self.body_search, book));
        }
        self.list_more(book, now, with_tree);
    }

    /// Takes from the book what the window shows.
    pub(in crate::tui) fn look_at(&mut self, book: &Book, list_rows: usize) {
        self.settle_selection();
        self.settle_window(list_rows);
        self.shown = (self.top..self.list.len().min(self.top + list_rows))
            .filter_map(|at| self.list.place(at))
            .filter_map(|place| {
                let row = book.row(place)?.clone();
                let line = book.line(row.connection).cloned();
                let note = book.notes().get(&row.id).cloned();
                Some(Shown { row, line, note, is_selected: self.selected == Some(place) })
            })
            .collect();
    }

    /// The selected row.
    pub(in crate::tui) fn selected_id(&self, book: &Book) -> Option<RowId> {
        self.selected.and_then(|place| book.row(place)).map(|row| row.id)
    }

    /// The selected row, as it is drawn.
    pub(in crate::tui) fn selected_shown(&self) -> Option<&Shown> {
        self.shown.iter().find(|shown| shown.is_selected)
    }

    /// Does a bit of what takes long: filtering a session anew, looking for a defect. `true` when there
    /// turned out to be none.
    pub(in crate::tui) fn work(&mut self, book: &Book, now: Timestamp, with_tree: bool) -> bool {
        self.list_more(book, now, with_tree);
        self.hunt_on(book)
    }

    /// Whether there is something that takes long.
    pub(in crate::tui) fn is_busy(&self) -> bool {
        !self.is_listed || self.hunt.is_some()
    }

    fn list_more(&mut self, book: &Book, now: Timestamp, with_tree: bool) {
        let (asked, end) = (asked(now, &self.body_search, book), self.end(book));
        self.is_listed = self.list.advance(book, &asked, end, ROWS_A_GO);
        self.listed = self.list.share(book);
        if with_tree {
            self.is_listed &= self.tree.advance(book, (self.list.filter(), &asked), end, ROWS_A_GO);
        }
    }

    /// Goes on to the next row with a defect, a bit of the way. `true` when there is none.
    fn hunt_on(&mut self, book: &Book) -> bool {
        let Some(Hunt { mut at, by }) = self.hunt.take() else { return false };
        for _ in 0..ROWS_A_GO {
            let next = at.checked_add_signed(by).and_then(|next| Some((next, self.list.place(next)?)));
            let Some((next, place)) = next else {
                // There may be one among those that are not listed yet.
                self.hunt = (!self.is_listed).then_some(Hunt { at, by });
                return self.is_listed;
            };
            if has_defect(book, place) {
                self.select(Some(place));
                return false;
            }
            at = next;
        }
        self.hunt = Some(Hunt { at, by });
        false
    }

    /// Selects a row, and follows the newest no more.
    pub(in crate::tui) fn select(&mut self, place: Option<usize>) {
        self.follow = false;
        self.hunt = None;
        if place.is_some() {
            self.selected = place;
        }
    }

    /// Shows what a filter lets through, and nothing else.
    pub(in crate::tui) fn set_filter(&mut self, filter: Filter) {
        self.tree = Tree::default();
        self.is_listed = false;
        self.hunt = None;
        if filter.body_text() != self.list.filter().body_text() {
            let (number, current) = (self.body_search.number + 1, self.body_search.current.clone());
            current.store(number, Ordering::Relaxed);
            self.body_search = BodySearch { number, current, ..BodySearch::default() };
        }
        self.list.set_filter(filter);
    }

    /// Puts the rows in another order, from its first row on.
    pub(in crate::tui) fn set_sort(&mut self, sort: Sort) {
        self.list.set_sort(sort);
        self.is_listed = false;
        self.follow = false;
        self.hunt = None;
        self.selected = None;
    }

    /// A search in bodies has come further: the rows it has found match now.
    pub(in crate::tui) fn found(&mut self, searched: Searched, is_over: bool, book: &Book, now: Timestamp) {
        self.body_search.last = Some(searched.last);
        self.body_search.is_running = !is_over;
        self.body_search.unfinished.extend(searched.unfinished);
        for id in searched.found {
            self.body_search.found.insert(id);
            let place = book.place_of(RowId::Exchange(id)).filter(|place| self.list.has_seen(*place));
            if let Some(place) = place {
                let asked = asked(now, &self.body_search, book);
                self.list.look_again(book, place, &asked);
                self.tree.count(book, place, self.list.filter(), &asked);
            }
        }
    }

    /// Before all rows are listed nothing is settled that a row still to come could settle better.
    fn settle_selection(&mut self) {
        if self.follow {
            if self.is_listed {
                self.selected = self.list.newest();
            }
            return;
        }
        match self.selected {
            Some(place) if self.is_listed || self.list.has_seen(place) => self.selected = self.list.nearest(place),
            Some(_) => {}
            None if self.is_listed || self.list.sort() == Sort::ARRIVAL => self.selected = self.list.place(0),
            None => {}
        }
    }

    fn settle_window(&mut self, list_rows: usize) {
        // The detail has the screen to itself: the window stays where it will be again.
        if list_rows == 0 {
            return;
        }
        let rows = list_rows;
        let at = self.selected.map_or(0, |place| self.list.position(place));
        self.top = self.top.clamp(at.saturating_sub(rows - 1), at).min(self.list.len().saturating_sub(rows));
    }
}

/// What the filter asks beside the rows.
fn asked<'a>(now: Timestamp, search: &'a BodySearch, book: &'a Book) -> Asked<'a> {
    Asked { now, notes: book.notes(), found: &search.found }
}

fn has_defect(book: &Book, place: usize) -> bool {
    let line = book.row(place).and_then(|row| book.line(row.connection));
    line.and_then(Line::worst).is_some_and(|worst| worst > Severity::Info)
}
