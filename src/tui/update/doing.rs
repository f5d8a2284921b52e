//! What is done with a row, a host or the session.
//!
//! A key acts on the row that is selected now, whether or not a frame has shown it: keys come faster
//! than frames.

use std::collections::HashSet;
use std::sync::Arc;

use tui_input::Input;

use super::super::board::View;
use super::super::effect::Effect;
use super::super::keymap::Action;
use super::super::state::{Overlay, State, Typing};
use super::super::style::Theme;
use crate::model::{Command, GivenKind, Note, RowId, Target};
use crate::session::{Book, Detail, Row};

impl State {
    /// The selected row; says why where there is none.
    fn row<'b>(&mut self, book: &'b Book) -> Option<&'b Row> {
        if self.view != View::Traffic {
            self.toast = Some("this is done with a row of the traffic; enter leads there".to_owned());
            return None;
        }
        let row = self.rows.selected.and_then(|place| book.row(place));
        if row.is_none() {
            self.toast = Some("no row is selected".to_owned());
        }
        row
    }

    /// Its record, as far as it is in memory or was looked up.
    pub(super) fn record(&mut self, book: &Book) -> Option<Arc<Detail>> {
        let id = self.row(book)?.id;
        let shown = self.laid.detail.clone().filter(|_| self.laid.id == Some(id));
        let record = shown.or_else(|| book.detail(id).map(Arc::new));
        if record.is_none() {
            self.toast = Some("the record of this row is still being looked up".to_owned());
        }
        record
    }

    pub(super) fn mark(&mut self, book: &Book) -> Option<Effect> {
        let id = self.row(book)?.id;
        let note = book.notes().get(&id).cloned().unwrap_or_default();
        Some(Effect::Obey(Command::Note(id, Note { marked: !note.marked, ..note })))
    }

    pub(super) fn write_note(&mut self, book: &Book) {
        if let (Some(row), Some(place)) = (self.row(book), self.rows.selected) {
            let text = book.notes().get(&row.id).map_or(String::new(), |note| note.text.clone());
            self.typing = Some(Typing::Note(place, Input::new(text)));
        }
    }

    /// Words beside the row at a place: a connection may have become a request meanwhile.
    pub(super) fn note(place: usize, text: &str, book: &Book) -> Option<Effect> {
        let id = book.row(place)?.id;
        let marked = book.notes().get(&id).is_some_and(|note| note.marked);
        Some(Effect::Obey(Command::Note(id, Note { marked, text: text.trim().to_owned() })))
    }

    pub(super) fn export(&mut self, only_marked: bool, book: &Book) {
        if only_marked && !book.notes().values().any(|note| note.marked) {
            let key = self.settings.keymap.key_for(Action::Mark);
            self.toast = Some(format!("no row is marked; {key} marks one"));
            return;
        }
        if !only_marked && !self.rows.is_listed {
            self.toast = Some("not all rows are listed yet; once more in a moment".to_owned());
            return;
        }
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
        Some(self.rows.list.places().filter_map(|place| book.row(place)).map(|row| row.id).collect())
    }

    pub(super) fn repeat(&mut self, book: &Book) -> Option<Effect> {
        let row = self.row(book)?;
        if !self.is_recording {
            let key = self.settings.keymap.key_for(Action::Record);
            self.toast = Some(format!("nothing is recorded now, so the answer would go by unseen; {key} begins again"));
            return None;
        }
        let RowId::Exchange(id) = row.id else {
            self.toast = Some("this row has no request".to_owned());
            return None;
        };
        self.toast = Some(format!("sending {} again …", row.request));
        Some(Effect::Obey(Command::Repeat(id)))
    }

    pub(super) fn recheck(&mut self, book: &Book) -> Option<Effect> {
        let connection = self.row(book)?.connection;
        let line = book.line(connection);
        if line.is_some_and(|line| line.given == Some(GivenKind::Plain) && line.tls.is_none()) {
            self.toast = Some("this row has no TLS".to_owned());
            return None;
        }
        let host = line.map_or(String::new(), |line| line.host.to_string());
        self.toast = Some(format!("checking {host} again …"));
        Some(Effect::Obey(Command::Recheck(connection)))
    }

    pub(super) fn route(&mut self, book: &Book) -> Option<Effect> {
        let record = self.record(book)?;
        let target = self.target_of(&record)?;
        let was_tunnelled = record.connection.given.as_ref().is_some_and(|given| given.kind == GivenKind::Tunnel);
        let tunnel = !self.routes.get(&target).copied().unwrap_or(was_tunnelled);
        self.routes.insert(target.clone(), tunnel);
        Some(Effect::Obey(Command::Route { target, tunnel }))
    }

    /// The next of what clients can be given where the row's server is bad, after what holds for its host now.
    pub(super) fn give(&mut self, book: &Book) -> Option<Effect> {
        let record = self.record(book)?;
        let target = self.target_of(&record)?;
        let was = record.connection.given.as_ref().and_then(|given| given.policy).unwrap_or_default();
        let policy = self.given.get(&target).copied().unwrap_or(was).next();
        self.given.insert(target.clone(), policy);
        Some(Effect::Obey(Command::Give { target, policy }))
    }

    fn target_of(&mut self, record: &Detail) -> Option<Target> {
        let target = record.connection.target.clone();
        if target.is_none() {
            self.toast = Some("this row has no server".to_owned());
        }
        target
    }

    pub(super) fn switch_recording(&mut self) -> Option<Effect> {
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
        self.settings.chosen.theme = Some(self.look.theme.name().to_owned());
        Effect::Keep(self.settings.chosen.clone())
    }

    /// A file that is being written is worth a second word.
    pub(super) fn quit(&mut self) {
        if self.writing > 0 {
            self.writing = 0;
            self.toast = Some("a file is still being written; once more to quit without it".to_owned());
        } else {
            self.is_quitting = true;
        }
    }
}
