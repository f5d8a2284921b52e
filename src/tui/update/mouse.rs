//! The mouse: a click means what the key for the place would mean.

use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::Position;

use super::super::board::View;
use super::super::effect::Effect;
use super::super::state::{Focus, Overlay, State};
use super::super::view::{self, Spot};
use crate::session::Book;

/// Lines by which the wheel scrolls.
const WHEEL: isize = 3;

impl State {
    pub(super) fn mouse(&mut self, mouse: MouseEvent, book: &Book) -> Option<Effect> {
        let at = Position::new(mouse.column, mouse.row);
        if self.typing.is_some() {
            return self.mouse_while_typing(mouse.kind, at, book);
        }
        match mouse.kind {
            MouseEventKind::ScrollUp => self.wheel(at, -WHEEL),
            MouseEventKind::ScrollDown => self.wheel(at, WHEEL),
            MouseEventKind::Down(MouseButton::Left) => return self.click(at, book),
            _ => {}
        }
        None
    }

    /// What is offered can be chosen; the rest waits until the line is written.
    fn mouse_while_typing(&mut self, kind: MouseEventKind, at: Position, book: &Book) -> Option<Effect> {
        match kind {
            MouseEventKind::ScrollUp => self.choose(-1),
            MouseEventKind::ScrollDown => self.choose(1),
            MouseEventKind::Down(MouseButton::Left) => {
                let entry = view::offered_at(self, at)?;
                return self.take_offered(entry, book);
            }
            _ => {}
        }
        None
    }

    fn wheel(&mut self, at: Position, by: isize) {
        match &self.overlay {
            Overlay::Help(_) | Overlay::Text(..) => self.read_on(by),
            Overlay::Menu(..) | Overlay::Clearing | Overlay::Question(_) | Overlay::Guests(_) => {}
            Overlay::None if view::is_in_list(self, at) => {
                let focus = std::mem::replace(&mut self.focus, Focus::List);
                self.travel(by);
                self.focus = focus;
            }
            Overlay::None => self.scroll_by(by),
        }
    }

    fn click(&mut self, at: Position, book: &Book) -> Option<Effect> {
        if let Overlay::Menu(menu, _) = self.overlay
            && let Some(entry) = view::menu_entry_at(self, at)
        {
            return self.choose_entry(menu, entry, book);
        }
        if !matches!(self.overlay, Overlay::None) {
            self.overlay = Overlay::None;
            return None;
        }
        match view::spot(self, at)? {
            Spot::Head(column) => self.sort_by(column),
            Spot::Row(row) => self.click_row(row),
            Spot::Pane(pane) => {
                self.show(pane);
            }
            Spot::View(view) => return self.act(super::super::keymap::Action::View(view), book),
            Spot::Detail => self.focus = Focus::Detail { whole: self.focus == Focus::Detail { whole: true } },
        }
        None
    }

    /// A click on the selected row opens it.
    fn click_row(&mut self, at: usize) {
        let was_selected = self.focus == Focus::List;
        self.focus = Focus::List;
        match self.view {
            View::Traffic => {
                let place = self.rows.list.place(self.rows.top + at);
                if place.is_some() && place == self.rows.selected && was_selected {
                    return self.enter();
                }
                self.rows.select(place);
            }
            View::Tree => {
                let same = self.rows.tree.shown.get(at).is_some_and(|branch| branch.is_selected);
                self.rows.tree.select_shown(at);
                match (same && was_selected, self.rows.tree.is_open()) {
                    (true, false) => self.rows.tree.open(),
                    (true, true) => self.rows.tree.close(),
                    (false, _) => {}
                }
            }
            View::Audit => {
                let same = self.audited.shown.get(at).is_some_and(|shown| shown.is_selected);
                self.audited.select_shown(at);
                if same && was_selected {
                    self.enter();
                }
            }
            _ => {
                let same = self.board.shown.get(at).is_some_and(|shown| shown.is_selected);
                self.board.select_shown(at);
                if same && was_selected {
                    self.enter();
                }
            }
        }
        self.scroll = 0;
    }
}
