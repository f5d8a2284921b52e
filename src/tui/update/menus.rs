//! Choosing from a list, being asked, reading what lies over the screen.

use crossterm::event::{KeyCode, KeyEvent};

use super::super::copying::{Copied, is_cut};
use super::super::effect::Effect;
use super::super::keymap::Action;
use super::super::menu::{Menu, columns_in_order};
use super::super::rows::Sort;
use super::super::state::{Overlay, State};
use crate::model::Command;
use crate::session::{Book, Filter};

impl State {
    pub(super) fn open_menu(&mut self, menu: Menu) -> Option<Effect> {
        if menu == Menu::Filters && self.settings.prefs.filters.is_empty() {
            self.toast = Some("no filter is kept yet; ctrl-s keeps the one being written".to_owned());
            return None;
        }
        self.overlay = Overlay::Menu(menu, 0);
        None
    }

    pub(super) fn key_in_menu(&mut self, (menu, chosen): (Menu, usize), key: KeyEvent, book: &Book) -> Option<Effect> {
        let entries = menu.entries(&self.settings.prefs, self.rows.list.sort());
        let last = entries.len().saturating_sub(1);
        let direct = |c: char| entries.iter().position(|entry| entry.key == Some(c));
        match key.code {
            KeyCode::Char(c) if direct(c).is_some() => return self.choose_entry(menu, direct(c).unwrap_or(0), book),
            KeyCode::Up | KeyCode::Char('k') => self.overlay = Overlay::Menu(menu, chosen.saturating_sub(1)),
            KeyCode::Down | KeyCode::Char('j') => self.overlay = Overlay::Menu(menu, (chosen + 1).min(last)),
            KeyCode::Enter | KeyCode::Char(' ') => return self.choose_entry(menu, chosen, book),
            KeyCode::Char('+' | '-') if menu == Menu::Columns => {
                return self.move_column(chosen, key.code == KeyCode::Char('-'));
            }
            KeyCode::Delete | KeyCode::Char('d') if menu == Menu::Columns => return Some(self.usual_columns()),
            KeyCode::Delete | KeyCode::Char('d') if menu == Menu::Filters => return self.forget_filter(chosen),
            KeyCode::Esc | KeyCode::Char('q') => self.overlay = Overlay::None,
            _ => {}
        }
        None
    }

    pub(super) fn choose_entry(&mut self, menu: Menu, chosen: usize, book: &Book) -> Option<Effect> {
        match menu {
            Menu::Copy => {
                self.overlay = Overlay::None;
                return self.copy(chosen, book);
            }
            Menu::Sort => {
                self.overlay = Overlay::None;
                let column = super::super::column::Column::ALL.get(chosen)?;
                self.sort_by(*column);
            }
            Menu::Columns => return self.toggle_column(chosen),
            Menu::Filters => {
                self.overlay = Overlay::None;
                let filter = Filter::parse(self.settings.prefs.filters.get(chosen)?).ok()?;
                self.rows.set_filter(filter);
            }
        }
        None
    }

    /// Orders the rows by a column; by the one they are ordered by already, the other way round.
    pub(in crate::tui) fn sort_by(&mut self, column: super::super::column::Column) {
        if self.rows.list.sort().column == column {
            return self.reverse();
        }
        self.rows.set_sort(Sort { column, descending: column.greatest_first() });
    }

    pub(super) fn reverse(&mut self) {
        let sort = self.rows.list.sort();
        self.rows.list.set_sort(Sort { descending: !sort.descending, ..sort });
    }

    fn toggle_column(&mut self, chosen: usize) -> Option<Effect> {
        let column = columns_in_order(&self.settings.prefs).get(chosen).copied()?;
        if let Some(at) = self.columns.iter().position(|own| *own == column) {
            if self.columns.len() == 1 {
                return None;
            }
            self.columns.remove(at);
        } else {
            self.columns.push(column);
        }
        self.keep_columns(column)
    }

    /// Those that are shown unless somebody chooses, as far as there is room.
    fn usual_columns(&mut self) -> Effect {
        self.settings.prefs.columns.clear();
        self.settings.chosen.columns.clear();
        self.columns = self.settings.prefs.columns();
        self.overlay = Overlay::Menu(Menu::Columns, 0);
        Effect::Keep(self.settings.chosen.clone())
    }

    fn move_column(&mut self, chosen: usize, to_the_left: bool) -> Option<Effect> {
        let other = chosen.checked_add_signed(if to_the_left { -1 } else { 1 })?;
        if chosen.max(other) >= self.columns.len() {
            return None;
        }
        self.columns.swap(chosen, other);
        let column = self.columns.get(other).copied()?;
        self.keep_columns(column)
    }

    /// The menu stays open, on the same column.
    fn keep_columns(&mut self, column: super::super::column::Column) -> Option<Effect> {
        self.settings.prefs.set_columns(&self.columns);
        self.settings.chosen.set_columns(&self.columns);
        let at = columns_in_order(&self.settings.prefs).iter().position(|own| *own == column)?;
        self.overlay = Overlay::Menu(Menu::Columns, at);
        Some(Effect::Keep(self.settings.chosen.clone()))
    }

    fn forget_filter(&mut self, chosen: usize) -> Option<Effect> {
        if chosen >= self.settings.prefs.filters.len() {
            return None;
        }
        let forgotten = self.settings.prefs.filters.remove(chosen);
        self.settings.chosen.filters.retain(|filter| *filter != forgotten);
        let left = self.settings.prefs.filters.len();
        self.overlay = if left == 0 { Overlay::None } else { Overlay::Menu(Menu::Filters, chosen.min(left - 1)) };
        Some(Effect::Keep(self.settings.chosen.clone()))
    }

    fn copy(&mut self, chosen: usize, book: &Book) -> Option<Effect> {
        let (_, copied, what) = Copied::ALL.get(chosen)?;
        let record = self.record(book)?;
        let text = copied.text(&record);
        self.toast = Some(match &text {
            Some(text) if is_cut(*copied, &record) => format!("copied the first {} bytes of {what}", text.len()),
            Some(text) => format!("copied {what}, {} bytes", text.len()),
            None => "this row has no such thing, or none that is text".to_owned(),
        });
        text.map(Effect::Copy)
    }

    /// Only `y` throws anything away.
    pub(super) fn key_while_asked(&mut self, key: KeyEvent) -> Option<Effect> {
        self.overlay = Overlay::None;
        let is_sure = matches!(key.code, KeyCode::Char('y' | 'Y'));
        is_sure.then_some(Effect::Obey(Command::Clear))
    }

    /// Keys that move scroll; every other one closes what is read, and does nothing else.
    pub(super) fn key_while_reading(&mut self, key: KeyEvent) {
        let page = self.page_rows();
        match self.settings.keymap.action(key) {
            Some(Action::Move(by)) => self.read_on(by),
            Some(Action::Page(by)) => self.read_on(by * page),
            Some(Action::Top) => self.read_on(isize::MIN / 2),
            Some(Action::Bottom) => self.read_on(isize::MAX / 2),
            _ => self.overlay = Overlay::None,
        }
    }

    pub(super) fn read_on(&mut self, by: isize) {
        let last = super::super::view::reading_lines(self).saturating_sub(1);
        if let Overlay::Help(from) | Overlay::Text(_, _, from) = &mut self.overlay {
            *from = from.saturating_add_signed(by).min(last);
        }
    }
}
