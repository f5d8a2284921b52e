//! Everything the screen remembers.

use std::sync::Arc;

use ratatui::layout::Size;
use ratatui::text::Line;
use tui_input::Input;

use super::about::{About, Effect};
use super::board::{Board, View};
use super::list::List;
use super::panes::{Pane, group};
use super::style::Look;
use crate::model::{Summary, Timestamp};
use crate::session::{Book, Detail, Row, RowId};

/// Rows that are looked at for one frame; the rest waits for the next.
const ROWS_A_FRAME: usize = 50_000;

/// What is on the screen beside the list and the detail.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Overlay {
    /// Nothing.
    #[default]
    None,
    /// The keys.
    Help,
    /// How to set a device up.
    Setup,
    /// What can be copied.
    Copy,
}

/// What is being typed.
#[derive(Clone, Debug)]
pub(super) enum Typing {
    /// A filter; why it cannot be read, and at which byte.
    Filter(Input, Option<(usize, String)>),
    /// The name of a file to export to.
    Export(Input),
    /// The name of a command, and which of those that fit is meant.
    Command(Input, usize),
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
    pub(super) is_selected: bool,
}

/// The detail of the selected row, laid out.
#[derive(Default)]
pub(super) struct Laid {
    pub(super) detail: Option<Detail>,
    pub(super) lines: Vec<Line<'static>>,
    key: Option<(Pane, usize)>,
}

/// The state.
pub(super) struct State {
    pub(super) about: About,
    pub(super) look: Look,
    pub(super) size: Size,
    pub(super) now: Timestamp,
    pub(super) focus: Focus,
    pub(super) overlay: Overlay,
    pub(super) typing: Option<Typing>,
    pub(super) follow: bool,
    pub(super) pane: Pane,
    /// Lines of the detail that are above its window.
    pub(super) scroll: usize,
    /// What the upper part shows.
    pub(super) view: View,
    pub(super) board: Board,
    /// What is said of the selected group.
    pub(super) group_lines: Vec<Line<'static>>,
    pub(super) list: List,
    /// Whether the filter has seen every row.
    pub(super) is_listed: bool,
    /// The place of the selected row.
    pub(super) selected: Option<usize>,
    selected_id: Option<RowId>,
    /// The row that was asked for from the session file.
    asked_for: Option<RowId>,
    top: usize,
    pub(super) shown: Vec<Shown>,
    pub(super) rows: usize,
    pub(super) totals: Summary,
    pub(super) laid: Laid,
    /// What just happened.
    pub(super) toast: Option<String>,
    pub(super) is_quitting: bool,
}

impl State {
    /// The state at the start.
    pub(super) fn new(about: About, look: Look, size: Size, now: Timestamp) -> Self {
        Self {
            follow: about.recording_since.is_some(),
            about,
            look,
            size,
            now,
            focus: Focus::List,
            overlay: Overlay::None,
            typing: None,
            pane: Pane::Findings,
            scroll: 0,
            view: View::Traffic,
            board: Board::default(),
            group_lines: Vec::new(),
            list: List::new(),
            is_listed: true,
            selected: None,
            selected_id: None,
            asked_for: None,
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
        self.is_listed = self.list.advance(book, self.now, ROWS_A_FRAME);
        self.totals = book.totals();
        self.rows = book.places().len();
        if self.view != View::Traffic {
            self.board.look_at(self.view, book, list_rows);
            return None;
        }
        self.settle_selection();
        self.settle_window(list_rows);
        self.shown = (self.top..self.list.len().min(self.top + list_rows))
            .filter_map(|at| self.list.place(at))
            .filter_map(|place| {
                let row = book.row(place)?.clone();
                let line = book.line(row.connection).cloned();
                Some(Shown { row, line, is_selected: self.selected == Some(place) })
            })
            .collect();
        self.settle_detail(book)
    }

    fn settle_selection(&mut self) {
        if self.follow {
            self.selected = self.list.len().checked_sub(1).and_then(|last| self.list.place(last));
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

    fn settle_detail(&mut self, book: &Book) -> Option<Effect> {
        let id = self.selected.and_then(|place| book.row(place)).map(|row| row.id);
        if id != self.selected_id {
            self.selected_id = id;
            self.asked_for = None;
            self.scroll = 0;
            self.laid = Laid::default();
        }
        let id = id?;
        if let Some(detail) = book.detail(id) {
            if self.laid.detail.as_ref().is_none_or(|known| is_other(known, &detail)) {
                self.laid = Laid { detail: Some(detail), ..Laid::default() };
            }
            return None;
        }
        (self.laid.detail.is_none() && self.asked_for.replace(id) != Some(id)).then_some(Effect::Load(id))
    }

    /// The session file has answered.
    pub(super) fn take_detail(&mut self, id: RowId, detail: Option<Detail>) {
        if self.selected_id == Some(id) && self.laid.detail.is_none() {
            self.laid = Laid { detail, ..Laid::default() };
        }
    }

    /// Lays the detail out anew, when it or its window has changed.
    pub(super) fn lay_out(&mut self, columns: usize) {
        if self.view != View::Traffic {
            let selected = self.board.selected();
            self.group_lines = selected.map(|shown| group::lines(shown, self.look, columns)).unwrap_or_default();
            self.scroll = self.scroll.min(self.group_lines.len().saturating_sub(1));
            return;
        }
        let key = Some((self.pane, columns));
        if self.laid.key != key {
            let detail = self.laid.detail.as_ref();
            self.laid.lines = detail.map(|detail| self.pane.lines(detail, self.look, columns)).unwrap_or_default();
            self.laid.key = key;
        }
        self.scroll = self.scroll.min(self.laid.lines.len().saturating_sub(1));
    }

    /// Whether the session is still going on.
    pub(super) fn is_live(&self) -> bool {
        self.about.recording_since.is_some()
    }
}

/// Whether the record has changed since it was laid out.
fn is_other(known: &Detail, new: &Detail) -> bool {
    fn same<T>(known: Option<&Arc<T>>, new: Option<&Arc<T>>) -> bool {
        known.map(Arc::as_ptr) == new.map(Arc::as_ptr)
    }
    !(Arc::ptr_eq(&known.connection, &new.connection)
        && same(known.report.as_ref(), new.report.as_ref())
        && same(known.exchange.as_ref(), new.exchange.as_ref())
        && known.messages.len() == new.messages.len()
        && same(known.messages.last(), new.messages.last()))
}
