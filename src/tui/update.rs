//! From what happens to the next state.

use std::path::PathBuf;

use crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use ratatui::layout::Size;
use tui_input::Input;
use tui_input::backend::crossterm::EventHandler as _;

use super::about::Effect;
use super::board::View;
use super::copying::Copied;
use super::keymap::{Action, action, commands};
use super::state::{Focus, Overlay, State, Typing};
use crate::session::{Book, Detail, Filter, RowId};

/// Something that happened.
#[derive(Debug)]
pub(super) enum Message {
    /// On the keyboard, or to the window.
    Terminal(Event),
    /// A row was looked up.
    Loaded(RowId, Option<Box<Detail>>),
    /// An export is done, or why not.
    Exported(PathBuf, Result<(), String>),
}

impl State {
    /// Takes a message in.
    pub(super) fn update(&mut self, message: Message, book: &Book) -> Option<Effect> {
        match message {
            Message::Terminal(Event::Key(key)) if key.kind != KeyEventKind::Release => self.key(key, book),
            Message::Terminal(Event::Resize(width, height)) => {
                self.size = Size { width, height };
                None
            }
            Message::Terminal(Event::Paste(text)) => {
                text.chars().filter(|c| !c.is_control()).for_each(|c| self.typed(KeyCode::Char(c), book));
                None
            }
            Message::Terminal(_) => None,
            Message::Loaded(id, detail) => {
                self.take_detail(id, detail.map(|detail| *detail));
                None
            }
            Message::Exported(path, done) => {
                self.toast = Some(match done {
                    Ok(()) => format!("written to {}", path.display()),
                    Err(why) => why,
                });
                None
            }
        }
    }

    fn key(&mut self, key: KeyEvent, book: &Book) -> Option<Effect> {
        self.toast = None;
        let interrupts = key.code == KeyCode::Char('c') && key.modifiers.contains(KeyModifiers::CONTROL);
        if self.typing.is_some() && !interrupts {
            return self.key_while_typing(key, book);
        }
        if self.overlay == Overlay::Copy && !interrupts {
            self.overlay = Overlay::None;
            return self.copy(key.code);
        }
        let action = action(key)?;
        if self.overlay != Overlay::None && action != Action::Quit {
            self.overlay = Overlay::None;
            if matches!(action, Action::Back | Action::Enter | Action::Help | Action::Setup) {
                return None;
            }
        }
        self.act(action, book)
    }

    fn act(&mut self, action: Action, book: &Book) -> Option<Effect> {
        match action {
            Action::Move(by) => self.travel(by),
            Action::Page(by) => self.travel(by * self.page_rows()),
            Action::Top => self.travel(isize::MIN / 2),
            Action::Bottom => {
                self.travel(isize::MAX / 2);
                // At the end of a list that grows, a person wants to stay at its end.
                self.follow = self.is_live() && self.focus == Focus::List;
            }
            Action::Problem(by) => self.jump_to_problem(by, book),
            Action::Turn(by) => self.show(self.pane.turned(by)),
            Action::Show(pane) => self.show(pane),
            Action::View(view) => self.turn_to(view),
            Action::Enter if self.view != View::Traffic && self.focus == Focus::List => self.open_group(),
            Action::Enter => {
                self.focus = Focus::Detail { whole: self.focus != Focus::List };
            }
            Action::Back => self.back(),
            Action::Follow => self.follow = !self.follow,
            Action::Filter => {
                self.typing = Some(Typing::Filter(Input::new(self.list.filter().text().to_owned()), None));
            }
            Action::Export => self.typing = Some(Typing::Export(Input::new(self.about.export_name.clone()))),
            Action::Copy => self.overlay = Overlay::Copy,
            Action::Setup => self.overlay = Overlay::Setup,
            Action::Palette => self.typing = Some(Typing::Command(Input::default(), 0)),
            Action::Help => self.overlay = Overlay::Help,
            Action::Quit => {
                self.is_quitting = true;
                return Some(Effect::Quit);
            }
        }
        None
    }

    /// A key of the list of what can be copied; any other one closes it.
    fn copy(&mut self, code: KeyCode) -> Option<Effect> {
        let KeyCode::Char(key) = code else { return None };
        let copied = Copied::by_key(key)?;
        let text = self.laid.detail.as_ref().and_then(|detail| copied.text(detail));
        let what = Copied::ALL.iter().find(|(own, ..)| *own == key).map_or("", |(_, _, what)| what);
        self.toast = Some(match &text {
            Some(text) => format!("copied {what}, {} bytes", text.len()),
            None => "this row has no such thing".to_owned(),
        });
        text.map(Effect::Copy)
    }

    fn turn_to(&mut self, view: View) {
        self.view = view;
        self.focus = Focus::List;
        self.scroll = 0;
    }

    /// The traffic of the selected host, device or certificate.
    fn open_group(&mut self) {
        let filter = self.board.selected().and_then(|shown| Filter::parse(&shown.key.filter()).ok());
        if let Some(filter) = filter {
            self.list.set_filter(filter);
            self.turn_to(View::Traffic);
        }
    }

    fn show(&mut self, pane: super::panes::Pane) {
        self.pane = pane;
        self.scroll = 0;
    }

    /// A screenful less a line, so that the eye keeps its place.
    fn page_rows(&self) -> isize {
        let (list, pane) = super::view::windows(self);
        let rows = if self.focus == Focus::List { list } else { pane };
        isize::try_from(rows.saturating_sub(1).max(1)).unwrap_or(1)
    }

    fn travel(&mut self, by: isize) {
        if self.focus != Focus::List {
            let lines = if self.view == View::Traffic { &self.laid.lines } else { &self.group_lines };
            self.scroll = self.scroll.saturating_add_signed(by).min(lines.len().saturating_sub(1));
            return;
        }
        if self.view != View::Traffic {
            self.board.travel(by);
            self.scroll = 0;
            return;
        }
        let at = self.selected.map_or(0, |place| self.list.position(place));
        let last = self.list.len().saturating_sub(1);
        let at = at.saturating_add_signed(by).min(last);
        self.select(self.list.place(at));
    }

    fn select(&mut self, place: Option<usize>) {
        self.follow = false;
        if place.is_some() {
            self.selected = place;
        }
    }

    fn jump_to_problem(&mut self, by: isize, book: &Book) {
        let at = self.selected.map_or(0, |place| self.list.position(place));
        let has_defect = |at: &usize| {
            let row = self.list.place(*at).and_then(|place| book.row(place));
            row.and_then(|row| book.line(row.connection)?.worst()).is_some_and(|w| w > crate::model::Severity::Info)
        };
        let found = if by > 0 { (at + 1..self.list.len()).find(has_defect) } else { (0..at).rev().find(has_defect) };
        match found {
            Some(at) => self.select(self.list.place(at)),
            None => self.toast = Some("no further row with a defect".to_owned()),
        }
    }

    fn back(&mut self) {
        match self.focus {
            Focus::Detail { whole: true } => self.focus = Focus::Detail { whole: false },
            Focus::Detail { whole: false } => self.focus = Focus::List,
            Focus::List if self.view != View::Traffic => self.turn_to(View::Traffic),
            Focus::List => self.list.set_filter(Filter::everything()),
        }
    }

    fn key_while_typing(&mut self, key: KeyEvent, book: &Book) -> Option<Effect> {
        match key.code {
            KeyCode::Esc => self.typing = None,
            KeyCode::Enter => return self.typed_whole(book),
            KeyCode::Up => self.choose(-1),
            KeyCode::Down => self.choose(1),
            KeyCode::Tab => self.complete(),
            _ => {
                match &mut self.typing {
                    Some(Typing::Filter(input, _) | Typing::Export(input)) => {
                        input.handle_event(&Event::Key(key));
                    }
                    Some(Typing::Command(input, chosen)) => {
                        input.handle_event(&Event::Key(key));
                        *chosen = 0;
                    }
                    None => {}
                }
                self.check_filter();
            }
        }
        None
    }

    fn typed(&mut self, code: KeyCode, book: &Book) {
        if self.typing.is_some() {
            self.key_while_typing(KeyEvent::new(code, KeyModifiers::NONE), book);
        }
    }

    /// Another one of the commands that fit.
    fn choose(&mut self, by: isize) {
        if let Some(Typing::Command(input, chosen)) = &mut self.typing {
            let last = commands(input.value()).len().saturating_sub(1);
            *chosen = chosen.saturating_add_signed(by).min(last);
        }
    }

    fn complete(&mut self) {
        if let Some(Typing::Filter(input, _)) = &mut self.typing {
            let value = input.value();
            let start = value.rfind([' ', '(', '!', '&', '|']).map_or(0, |at| at + 1);
            let (before, word) = value.split_at_checked(start).unwrap_or((value, ""));
            if let Some(whole) = Filter::completions(word).into_iter().next() {
                *input = Input::new(format!("{before}{whole}"));
            }
        }
        self.check_filter();
    }

    /// Says while it is being typed what cannot be read of it.
    fn check_filter(&mut self) {
        if let Some(Typing::Filter(input, fault)) = &mut self.typing {
            *fault = Filter::parse(input.value()).err().map(|error| (error.at, error.why));
        }
    }

    fn typed_whole(&mut self, book: &Book) -> Option<Effect> {
        match self.typing.take()? {
            Typing::Command(input, chosen) => {
                let (.., action) = commands(input.value()).get(chosen).copied()?;
                self.act(*action, book)
            }
            Typing::Export(input) if input.value().trim().is_empty() => None,
            Typing::Export(input) => {
                self.toast = Some("writing …".to_owned());
                Some(Effect::Export(PathBuf::from(input.value())))
            }
            Typing::Filter(input, _) => {
                match Filter::parse(input.value()) {
                    Ok(filter) => self.list.set_filter(filter),
                    Err(error) => self.typing = Some(Typing::Filter(input, Some((error.at, error.why)))),
                }
                None
            }
        }
    }
}
