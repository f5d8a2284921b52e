//! Moving about: rows, panes, views.

use super::super::board::View;
use super::super::panes::Pane;
use super::super::rows::{Hunt, Sort};
use super::super::state::{Focus, State};
use super::super::view;
use crate::session::{Book, Filter};

impl State {
    /// A screenful less a line, so that the eye keeps its place.
    pub(super) fn page_rows(&self) -> isize {
        let (list, pane) = view::windows(self);
        let rows = if self.focus == Focus::List { list } else { pane };
        isize::try_from(rows.saturating_sub(1).max(1)).unwrap_or(1)
    }

    pub(in crate::tui) fn travel(&mut self, by: isize) {
        if self.focus != Focus::List {
            return self.scroll_by(by);
        }
        match self.view {
            View::Traffic => {
                let at = self.rows.selected.map_or(0, |place| self.rows.list.position(place));
                let at = at.saturating_add_signed(by).min(self.rows.list.len().saturating_sub(1));
                self.rows.select(self.rows.list.place(at));
            }
            View::Tree => self.rows.tree.travel(by),
            View::Audit => self.audited.travel(by),
            _ => self.board.travel(by),
        }
        if self.view != View::Traffic {
            self.scroll = 0;
        }
    }

    pub(super) fn scroll_by(&mut self, by: isize) {
        let last = self.detail_lines().len().saturating_sub(1);
        self.scroll = self.scroll.saturating_add_signed(by).min(last);
    }

    pub(super) fn travel_to_the_end(&mut self) {
        self.travel(isize::MAX / 2);
        // At the end of a list that grows, a person wants to stay at its end.
        let is_the_list = self.focus == Focus::List && self.view == View::Traffic;
        self.rows.follow |= self.is_live() && is_the_list && self.rows.list.sort() == Sort::ARRIVAL;
    }

    /// To the next defect; in a pane that is searched, to the next place of the text.
    pub(super) fn jump(&mut self, by: isize, book: &Book) {
        if self.focus != Focus::List && !self.wanted.is_empty() {
            return self.jump_to_text(by);
        }
        if self.view != View::Traffic {
            self.turn_to(View::Traffic);
        }
        let at = self.rows.selected.map_or(0, |place| self.rows.list.position(place));
        self.rows.hunt = Some(Hunt { at, by });
        self.work(book);
    }

    pub(super) fn jump_to_text(&mut self, by: isize) {
        let lines = self.detail_lines();
        let has = |at: &usize| lines.get(*at).is_some_and(|line| view::holds(line, &self.wanted));
        let (before, behind) = ((0..self.scroll), (self.scroll + 1..lines.len()));
        // Round and round: the place before the first is the last.
        let found = if by > 0 { behind.chain(before).find(has) } else { before.rev().chain(behind.rev()).find(has) };
        match found {
            Some(at) => self.scroll = at,
            None if has(&self.scroll) => self.toast = Some("this is the only place".to_owned()),
            None => self.toast = Some(format!("nowhere in this pane: {}", self.wanted)),
        }
    }

    pub(super) fn turn(&mut self, by: isize) {
        match (self.view, self.focus) {
            (View::Tree, Focus::List) if by > 0 => self.rows.tree.open(),
            (View::Tree, Focus::List) => self.rows.tree.close(),
            // There is one thing below a board: to it, and back.
            (
                View::Hosts
                | View::Devices
                | View::Clients
                | View::Certificates
                | View::Setup
                | View::Audit
                | View::Tree,
                focus,
            ) => {
                self.focus = if focus == Focus::List { Focus::Detail { whole: false } } else { Focus::List };
            }
            _ => self.show(self.pane.turned(by)),
        }
    }

    pub(super) fn show(&mut self, pane: Pane) {
        self.pane = pane;
        self.scroll = 0;
    }

    pub(super) fn enter(&mut self) {
        match (self.view, self.focus) {
            (View::Tree, Focus::List) if !self.rows.tree.is_open() => self.rows.tree.open(),
            (View::Tree, Focus::List) => self.open_traffic(self.branch_filter()),
            (View::Audit, Focus::List) => self.open_traffic(self.audited.filter()),
            (View::Hosts | View::Devices | View::Clients | View::Certificates, Focus::List) => {
                self.open_traffic(self.board.selected().map(|shown| shown.key.filter()));
            }
            _ => self.focus = Focus::Detail { whole: self.focus != Focus::List },
        }
    }

    /// The rows of the selected branch, of those that the filter lets through.
    fn branch_filter(&self) -> Option<String> {
        let branch = self.rows.tree.selected_filter()?;
        let filter = self.rows.list.filter();
        Some(if filter.is_everything() { branch } else { format!("({}) {branch}", filter.text()) })
    }

    /// The traffic of the selected host, device, certificate or branch.
    fn open_traffic(&mut self, filter: Option<String>) {
        if let Some(filter) = filter.and_then(|text| Filter::parse(&text).ok()) {
            self.turn_to(View::Traffic);
            self.rows.set_filter(filter);
        }
    }

    pub(super) fn back(&mut self) {
        match self.focus {
            Focus::Detail { .. } if !self.wanted.is_empty() => self.wanted.clear(),
            Focus::Detail { whole: true } => self.focus = Focus::Detail { whole: false },
            Focus::Detail { whole: false } => self.focus = Focus::List,
            Focus::List if self.view != View::Traffic => self.turn_to(View::Traffic),
            Focus::List if !self.rows.list.filter().is_everything() => self.rows.set_filter(Filter::everything()),
            Focus::List => {}
        }
    }
}
