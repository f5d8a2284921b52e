//! What is done with a row, a host or the session.

use std::collections::HashSet;

use tui_input::Input;

use super::super::about::Effect;
use super::super::keymap::Action;
use super::super::state::{Overlay, State, Typing};
use super::super::style::Theme;
use crate::model::{Command, GivenKind, Note, RowId};
use crate::session::Book;

impl State {
    fn selected_note(&self) -> Option<(RowId, Note)> {
        let shown = self.rows.selected_shown()?;
        Some((shown.row.id, shown.note.clone().unwrap_or_default()))
    }

    pub(super) fn mark(&mut self) -> Option<Effect> {
        let (id, note) = self.selected_note()?;
        Some(Effect::Obey(Command::Note(id, Note { marked: !note.marked, ..note })))
    }

    pub(super) fn write_note(&mut self) {
        if let Some((id, note)) = self.selected_note() {
            self.typing = Some(Typing::Note(id, Input::new(note.text)));
        }
    }

    /// Words beside a row.
    pub(super) fn note(&mut self, id: RowId, text: &str) -> Effect {
        let marked = self.rows.shown.iter().find(|shown| shown.row.id == id).and_then(|shown| shown.note.as_ref());
        let note = Note { marked: marked.is_some_and(|note| note.marked), text: text.trim().to_owned() };
        Effect::Obey(Command::Note(id, note))
    }

    pub(super) fn export(&mut self, only_marked: bool) {
        self.typing = Some(Typing::Export(Input::new(self.about.export_name.clone()), only_marked));
    }

    /// Those that are shown, or those that are marked; `None` for all.
    pub(super) fn rows_to_write(&self, only_marked: bool, book: &Book) -> Option<HashSet<RowId>> {
        if only_marked {
            return Some(book.notes().iter().filter(|(_, note)| note.marked).map(|(id, _)| *id).collect());
        }
        if self.rows.list.filter().is_everything() {
            return None;
        }
        let places = (0..self.rows.list.len()).filter_map(|at| self.rows.list.place(at));
        Some(places.filter_map(|place| book.row(place)).map(|row| row.id).collect())
    }

    pub(super) fn repeat(&mut self) -> Option<Effect> {
        let Some(exchange) = self.laid.detail.as_ref().and_then(|detail| detail.exchange.as_ref()) else {
            self.toast = Some("this row has no request".to_owned());
            return None;
        };
        let id = exchange.id;
        self.toast = Some(format!("sending {} {} again …", exchange.method, exchange.url));
        Some(Effect::Obey(Command::Repeat(id)))
    }

    pub(super) fn recheck(&mut self) -> Option<Effect> {
        let Some(detail) = self.laid.detail.as_ref().filter(|detail| detail.connection.target.is_some()) else {
            self.toast = Some("this row has no server".to_owned());
            return None;
        };
        let id = detail.connection.id;
        let target = detail.connection.target.as_ref().map(ToString::to_string).unwrap_or_default();
        self.toast = Some(format!("checking {target} again …"));
        Some(Effect::Obey(Command::Recheck(id)))
    }

    pub(super) fn route(&mut self) -> Option<Effect> {
        let connection = self.laid.detail.as_ref().map(|detail| detail.connection.clone());
        let Some((connection, target)) = connection.and_then(|c| c.target.clone().map(|target| (c, target))) else {
            self.toast = Some("this row has no server".to_owned());
            return None;
        };
        let was_tunnelled = connection.given.as_ref().is_some_and(|given| given.kind == GivenKind::Tunnel);
        let tunnel = !self.routes.get(&target).copied().unwrap_or(was_tunnelled);
        self.routes.insert(target.clone(), tunnel);
        Some(Effect::Obey(Command::Route { target, tunnel }))
    }

    pub(super) fn record(&mut self) -> Option<Effect> {
        if !self.is_live() {
            self.toast = Some("this session is over".to_owned());
            return None;
        }
        self.is_recording = !self.is_recording;
        Some(Effect::Obey(Command::Record(self.is_recording)))
    }

    pub(super) fn ask_to_clear(&mut self) {
        if self.is_live() {
            self.overlay = Overlay::Clearing;
        } else {
            self.toast = Some("a kept session is only read".to_owned());
        }
    }

    pub(super) fn next_theme(&mut self) -> Effect {
        let at = Theme::ALL.iter().position(|theme| *theme == self.look.theme).unwrap_or(0);
        self.look.theme = Theme::ALL.get((at + 1) % Theme::ALL.len()).copied().unwrap_or_default();
        let key = self.settings.keymap.key_for(Action::Theme);
        self.toast = Some(format!("theme {}; {key} for the next", self.look.theme.name()));
        self.settings.prefs.theme = Some(self.look.theme.name().to_owned());
        Effect::Keep(self.settings.prefs.clone())
    }
}
