//! Everything the screen remembers.

use std::collections::{HashMap, HashSet};

use ratatui::layout::Size;
use ratatui::text::Line;
use tui_input::Input;

use super::about::{About, Effect};
use super::board::{Board, View};
use super::column::Column;
use super::detail::Laid;
use super::menu::Menu;
use super::panes::{Pane, group, setup};
use super::rows::{List, Tree};
use super::settings::Settings;
use super::style::Look;
use crate::model::{ExchangeId, Note, RowId, Severity, Summary, Target, Timestamp};
use crate::session::{Asked, Book, Completion, Row};

/// Rows that are looked at in one go.
const ROWS_A_GO: usize = 1024;

/// What is on the screen beside the list and the detail.
#[derive(Clone, Debug, Default)]
pub(super) enum Overlay {
    /// Nothing.
    #[default]
    None,
    /// The keys, from this line on.
    Help(usize),
    /// Something to choose from, and what is chosen.
    Menu(Menu, usize),
    /// Whether to throw the rows away.
    Clearing,
    /// Something to read: its title, its lines, the first that is shown.
    Text(&'static str, Vec<Line<'static>>, usize),
}

/// What is being typed.
#[derive(Clone, Debug)]
pub(super) enum Typing {
    /// A filter; why it cannot be read, and at which byte; what it could go on with.
    Filter(Input, Option<(usize, String)>, Completion),
    /// The name of a file to export to; whether only the marked rows.
    Export(Input, bool),
    /// The name of a command, and which of those that fit is meant.
    Command(Input, usize),
    /// Words beside the row.
    Note(RowId, Input),
    /// A text to look for in the pane.
    Search(Input),
}

/// Who the arrow keys are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Focus {
    /// The list.
    List,
    /// The detail; `whole` when it has the screen to itself.
    Detail {
        /// Whether it has.
        whole: bool,
    },
}

/// A row as it is drawn.
#[derive(Clone, Debug)]
pub(super) struct Shown {
    pub(super) row: Row,
    pub(super) line: Option<crate::session::Line>,
    pub(super) note: Option<Note>,
    pub(super) is_selected: bool,
}

/// A search for the next row with a defect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Hunt {
    /// Where in the list it has come to.
    pub(super) at: usize,
    /// Up or down.
    pub(super) by: isize,
}

/// A search for the filter's text in bodies.
#[derive(Clone, Debug, Default)]
pub(super) struct BodySearch {
    /// In whose bodies it was found.
    pub(super) found: HashSet<ExchangeId>,
    /// The last exchange that was looked at.
    pub(super) last: ExchangeId,
    /// Whether somebody is looking.
    pub(super) is_running: bool,
    /// How many exchanges there were when the look that is over began.
    pub(super) exchanges: u64,
}

/// The state.
pub(super) struct State {
    pub(super) about: About,
    pub(super) settings: Settings,
    pub(super) look: Look,
    pub(super) columns: Vec<Column>,
    pub(super) size: Size,
    pub(super) now: Timestamp,
    pub(super) focus: Focus,
    pub(super) overlay: Overlay,
    pub(super) typing: Option<Typing>,
    pub(super) follow: bool,
    /// Whether the list stands still.
    pub(super) is_paused: bool,
    /// Whether what begins is recorded.
    pub(super) is_recording: bool,
    /// Where hosts were sent from the screen: whether they are tunnelled.
    pub(super) routes: HashMap<Target, bool>,
    pub(super) pane: Pane,
    /// Lines of the detail that are above its window.
    pub(super) scroll: usize,
    /// What is looked for in the pane; empty when nothing is.
    pub(super) wanted: String,
    /// What the upper part shows.
    pub(super) view: View,
    pub(super) board: Board,
    pub(super) tree: Tree,
    /// What is said of the selected group.
    pub(super) group_lines: Vec<Line<'static>>,
    pub(super) list: List,
    /// Whether the filter has seen every row.
    pub(super) is_listed: bool,
    /// How much of the session it has seen, from 0 to 1.
    pub(super) listed: f64,
    /// Counts the searches in bodies, so that an answer to an old one is known.
    pub(super) searches: u64,
    pub(super) body_search: BodySearch,
    /// The search for a defect that is going on.
    pub(super) hunt: Option<Hunt>,
    /// The place of the selected row.
    pub(super) selected: Option<usize>,
    pub(super) top: usize,
    pub(super) shown: Vec<Shown>,
    pub(super) rows: usize,
    pub(super) totals: Summary,
    pub(super) laid: Laid,
    /// What just happened, and when.
    pub(super) toast: Option<String>,
    pub(super) is_quitting: bool,
}

impl State {
    /// The state at the start.
    pub(super) fn new(about: About, settings: Settings, size: Size, now: Timestamp) -> Self {
        Self {
            follow: about.recording_since.is_some(),
            is_paused: false,
            is_recording: about.recording_since.is_some(),
            about,
            look: settings.look(),
            columns: settings.prefs.columns(),
            settings,
            size,
            now,
            focus: Focus::List,
            overlay: Overlay::None,
            typing: None,
            routes: HashMap::new(),
            pane: Pane::Findings,
            scroll: 0,
            wanted: String::new(),
            view: View::Traffic,
            board: Board::default(),
            tree: Tree::default(),
            group_lines: Vec::new(),
            list: List::new(),
            is_listed: true,
            listed: 1.0,
            searches: 0,
            body_search: BodySearch::default(),
            hunt: None,
            selected: None,
            top: 0,
            shown: Vec::new(),
            rows: 0,
            totals: Summary::default(),
            laid: Laid::default(),
            toast: None,
            is_quitting: false,
        }
    }

    /// Takes from the book what the next frame shows. Short, for the recorder waits meanwhile.
    pub(super) fn look_at(&mut self, book: &Book, list_rows: usize) -> Option<Effect> {
        self.totals = book.totals();
        self.rows = book.places().len();
        if !self.is_paused {
            self.list.catch_up(book, &asked(self.now, &self.body_search, book));
            self.list_more(book);
        }
        match self.view {
            View::Traffic => self.look_at_rows(book, list_rows),
            View::Tree => {
                self.tree.look_at(list_rows);
                None
            }
            view => {
                self.board.look_at(view, book, self.now, list_rows);
                None
            }
        }
    }

    fn look_at_rows(&mut self, book: &Book, list_rows: usize) -> Option<Effect> {
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
        let id = self.selected.and_then(|place| book.row(place)).map(|row| row.id);
        if self.laid.turn_to(id) {
            self.scroll = 0;
        }
        self.laid.look_at(book)
    }

    /// Does a bit of what takes long: filtering a session anew, looking for a defect. `true` when
    /// there is more to do.
    pub(super) fn work(&mut self, book: &Book) -> bool {
        if !self.is_paused {
            self.list_more(book);
        }
        self.hunt_on(book);
        self.is_busy()
    }

    /// Whether there is something that takes long.
    pub(super) fn is_busy(&self) -> bool {
        (!self.is_listed && !self.is_paused) || self.hunt.is_some()
    }

    fn list_more(&mut self, book: &Book) {
        let asked = asked(self.now, &self.body_search, book);
        self.is_listed = self.list.advance(book, &asked, ROWS_A_GO);
        self.listed = self.list.share(book);
        if self.view == View::Tree {
            self.is_listed &= self.tree.advance(book, self.list.filter(), &asked, ROWS_A_GO);
        }
    }

    /// Goes on to the next row with a defect, a bit of the way.
    fn hunt_on(&mut self, book: &Book) {
        let Some(Hunt { mut at, by }) = self.hunt.take() else { return };
        for _ in 0..ROWS_A_GO {
            let next = at.checked_add_signed(by).and_then(|next| Some((next, self.list.place(next)?)));
            let Some((next, place)) = next else {
                self.toast = Some("no further row with a defect".to_owned());
                return;
            };
            if has_defect(book, place) {
                self.select(Some(place));
                return;
            }
            at = next;
        }
        self.hunt = Some(Hunt { at, by });
    }

    pub(super) fn select(&mut self, place: Option<usize>) {
        self.follow = false;
        if place.is_some() {
            self.selected = place;
        }
    }

    fn settle_selection(&mut self) {
        if self.follow {
            self.selected = self.list.newest();
        } else if let Some(place) = self.selected {
            self.selected = self.list.nearest(place);
        } else {
            self.selected = self.list.place(0);
        }
    }

    fn settle_window(&mut self, list_rows: usize) {
        let rows = list_rows.max(1);
        let at = self.selected.map_or(0, |place| self.list.position(place));
        self.top = self.top.clamp(at.saturating_sub(rows - 1), at).min(self.list.len().saturating_sub(rows));
    }

    /// Lays the detail out anew, when it or its window has changed. What is much is left to others.
    pub(super) fn lay_out(&mut self, columns: usize) -> Option<Effect> {
        if self.view != View::Traffic {
            self.group_lines = self.said_of_the_group(columns);
            self.scroll = self.scroll.min(self.group_lines.len().saturating_sub(1));
            return None;
        }
        let effect = self.laid.lay_out(self.pane, self.look, columns);
        self.scroll = self.scroll.min(self.laid.lines.len().saturating_sub(1));
        effect
    }

    fn said_of_the_group(&self, columns: usize) -> Vec<Line<'static>> {
        match self.view {
            View::Setup => setup::lines(&self.about, self.board.selected(), self.look, columns),
            View::Tree => self.tree.selected().map(|branch| group::branch_lines(branch, self.look)).unwrap_or_default(),
            _ => {
                let selected = self.board.selected();
                selected.map(|shown| group::lines(shown, self.now, self.look, columns)).unwrap_or_default()
            }
        }
    }

    /// The lines of the detail, whatever it is of.
    pub(super) fn detail_lines(&self) -> &[Line<'static>] {
        if self.view == View::Traffic { &self.laid.lines } else { &self.group_lines }
    }

    /// Whether the session is still going on.
    pub(super) fn is_live(&self) -> bool {
        self.about.recording_since.is_some()
    }
}

/// What the filter asks beside the rows.
pub(super) fn asked<'a>(now: Timestamp, search: &'a BodySearch, book: &'a Book) -> Asked<'a> {
    Asked { now, notes: book.notes(), found: &search.found }
}

fn has_defect(book: &Book, place: usize) -> bool {
    let line = book.row(place).and_then(|row| book.line(row.connection));
    line.and_then(|line| line.worst()).is_some_and(|worst| worst > Severity::Info)
}
