//! Everything the screen remembers.

use std::collections::HashMap;

use ratatui::layout::Size;
use ratatui::text::Line;
use tui_input::Input;

use super::about::About;
use super::board::{Board, View};
use super::column::Column;
use super::detail::Laid;
use super::effect::Effect;
use super::menu::Menu;
use super::panes::{Pane, group, setup};
use super::rows::Rows;
use super::settings::Settings;
use super::style::Look;
use crate::model::{BadUpstream, Guest, Question, Summary, Target, Timestamp};
use crate::session::{Book, Completion};

/// How long what just happened is said, in milliseconds.
const NEWS_MS: i64 = 8_000;

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
    /// Something that a client waits for, as it was asked.
    Question(Box<Question>),
    /// The devices that were decided upon, and which of them is chosen.
    Guests(usize),
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
    /// Words beside the row at this place.
    Note(usize, Input),
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
    /// What clients wait for, oldest first.
    pub(super) questions: Vec<Question>,
    /// The devices elsewhere that were decided upon.
    pub(super) guests: Vec<Guest>,
    /// Whether what begins is recorded.
    pub(super) is_recording: bool,
    /// Where hosts were sent from the screen: whether they are tunnelled.
    pub(super) routes: HashMap<Target, bool>,
    /// What was chosen on the screen to be given to clients of bad servers.
    pub(super) given: HashMap<Target, BadUpstream>,
    pub(super) pane: Pane,
    /// Lines of the detail that are above its window.
    pub(super) scroll: usize,
    /// What is looked for in the pane; empty when nothing is.
    pub(super) wanted: String,
    /// What the upper part shows.
    pub(super) view: View,
    pub(super) board: Board,
    /// What is said of the selected group.
    pub(super) group_lines: Vec<Line<'static>>,
    pub(super) rows: Rows,
    pub(super) totals: Summary,
    /// Of the session, at the last look.
    pub(super) version: u64,
    pub(super) laid: Laid,
    /// What just happened.
    pub(super) toast: Option<String>,
    /// What is being said, and since when.
    said: Option<(String, Timestamp)>,
    /// Files that are being written.
    pub(super) writing: usize,
    pub(super) is_quitting: bool,
}

impl State {
    /// The state at the start.
    pub(super) fn new(about: About, settings: Settings, size: Size, now: Timestamp) -> Self {
        Self {
            is_recording: about.recording_since.is_some(),
            look: settings.look(),
            columns: settings.prefs.columns(),
            settings,
            size,
            now,
            focus: Focus::List,
            overlay: Overlay::None,
            typing: None,
            questions: Vec::new(),
            guests: Vec::new(),
            routes: HashMap::new(),
            given: HashMap::new(),
            pane: Pane::Findings,
            scroll: 0,
            wanted: String::new(),
            view: View::Traffic,
            board: Board::default(),
            group_lines: Vec::new(),
            rows: Rows::new(about.recording_since.is_some()),
            about,
            totals: Summary::default(),
            version: 0,
            laid: Laid::default(),
            toast: None,
            said: None,
            writing: 0,
            is_quitting: false,
        }
    }

    /// Takes from the book what the next frame shows. Short, for the recorder waits meanwhile.
    pub(super) fn look_at(&mut self, book: &Book, list_rows: usize) -> Option<Effect> {
        self.totals = book.totals();
        self.version = book.version();
        self.forget_what_was_said();
        self.rows.catch_up(book, self.now, self.view == View::Tree);
        match self.view {
            View::Traffic => {
                self.rows.look_at(book, list_rows);
                if self.laid.turn_to(self.rows.selected_id(book)) {
                    self.scroll = 0;
                }
                return self.laid.look_at(book);
            }
            View::Tree => self.rows.tree.look_at(list_rows),
            view => self.board.look_at(view, book, self.now, list_rows),
        }
        None
    }

    /// What just happened is no news after a while.
    fn forget_what_was_said(&mut self) {
        match (&self.toast, &self.said) {
            (Some(toast), Some((said, since))) if toast == said => {
                if self.now.ms_since(*since) > NEWS_MS {
                    self.toast = None;
                }
            }
            (Some(toast), _) => self.said = Some((toast.clone(), self.now)),
            (None, _) => self.said = None,
        }
    }

    /// Does a bit of what takes long. `true` when there is more to do.
    pub(super) fn work(&mut self, book: &Book) -> bool {
        if self.rows.work(book, self.now, self.view == View::Tree) {
            self.toast = Some("no further row with a defect".to_owned());
        }
        self.rows.is_busy()
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
            View::Tree => {
                self.rows.tree.selected().map(|branch| group::branch_lines(branch, self.look)).unwrap_or_default()
            }
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
