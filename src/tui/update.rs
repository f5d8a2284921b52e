//! From what happens to the next state.

mod answering;
mod doing;
mod menus;
mod mouse;
mod moving;
mod typing;

use std::path::PathBuf;

use crossterm::event::{Event, KeyEvent, KeyEventKind};
use ratatui::layout::Size;
use ratatui::text::Line;
use tui_input::Input;

use super::about::Answer;
use super::board::View;
use super::effect::{Effect, Layout};
use super::keymap::{Action, KeyPress};
use super::menu::Menu;
use super::panes::checked;
use super::state::{Focus, Overlay, State, Typing};
use super::view;
use crate::model::{Guest, Question, RowId};
use crate::session::{Book, Detail, Searched};

pub(super) use answering::ANSWERS;

/// Something that happened.
#[derive(Debug)]
pub(super) enum Message {
    /// On the keyboard, with the mouse, or to the window.
    Terminal(Event),
    /// A row was looked up.
    Loaded(RowId, Option<Box<Detail>>),
    /// A record was laid out.
    LaidOut(Layout, Vec<Line<'static>>),
    /// A search in bodies has come further; whether it is over.
    Searched(u64, Searched, bool),
    /// An export is done, or why not.
    Exported(PathBuf, Result<(), String>),
    /// What clients wait for, or what was decided about devices, has changed.
    Asked(Vec<Question>, Vec<Guest>),
    /// A command was carried out.
    Answered(Answer),
}

impl State {
    /// Takes a message in.
    pub(super) fn update(&mut self, message: Message, book: &Book) -> Option<Effect> {
        match message {
            Message::Terminal(event) => return self.terminal(event, book),
            Message::Loaded(id, detail) => self.laid.loaded(id, detail.map(|detail| *detail)),
            Message::LaidOut(layout, lines) => self.laid.laid_out(layout, lines),
            Message::Searched(search, searched, is_over) => self.searched(search, searched, is_over, book),
            Message::Exported(path, done) => {
                self.writing = self.writing.saturating_sub(1);
                self.toast = Some(match done {
                    Ok(()) => format!("written to {}", path.display()),
                    Err(why) => why,
                });
            }
            Message::Asked(questions, guests) => {
                self.questions = questions;
                self.guests = guests;
            }
            Message::Answered(Answer::Said(words)) => self.toast = Some(words),
            Message::Answered(Answer::Checked(again, before)) => {
                let lines = checked::lines(&again, &before, self.look, view::overlay_columns(self));
                self.toast = None;
                self.overlay = Overlay::Text("checked again", lines, 0);
            }
        }
        None
    }

    fn terminal(&mut self, event: Event, book: &Book) -> Option<Effect> {
        match event {
            Event::Key(key) if key.kind != KeyEventKind::Release => self.key(key, book),
            Event::Mouse(mouse) => self.mouse(mouse, book),
            Event::Resize(width, height) => {
                self.size = Size { width, height };
                None
            }
            Event::Paste(text) => {
                self.pasted(&text, book);
                None
            }
            _ => None,
        }
    }

    fn key(&mut self, key: KeyEvent, book: &Book) -> Option<Effect> {
        self.toast = None;
        if KeyPress::from(key).is_interrupt() {
            self.is_quitting = true;
            return None;
        }
        if self.typing.is_some() {
            return self.key_while_typing(key, book);
        }
        match &self.overlay {
            Overlay::None => {}
            Overlay::Menu(menu, chosen) => return self.key_in_menu((*menu, *chosen), key, book),
            Overlay::Clearing => return self.key_while_asked(key),
            Overlay::Question(question) => return self.key_in_question(question.id, key),
            Overlay::Guests(chosen) => return self.key_in_guests(*chosen, key),
            Overlay::Help(_) | Overlay::Text(..) => {
                self.key_while_reading(key);
                return None;
            }
        }
        let action = self.settings.keymap.action(key)?;
        self.act(action, book)
    }

    pub(super) fn act(&mut self, action: Action, book: &Book) -> Option<Effect> {
        match action {
            Action::Move(by) => self.travel(by),
            Action::Page(by) => self.travel(by * self.page_rows()),
            Action::Top => self.travel(isize::MIN / 2),
            Action::Bottom => self.travel_to_the_end(),
            Action::Problem(by) => self.jump(by, book),
            Action::Turn(by) => self.turn(by),
            Action::Show(pane) => self.show(pane),
            Action::View(view) => self.turn_to(view),
            Action::Enter => self.enter(),
            Action::Back => self.back(),
            Action::Follow => self.rows.follow = !self.rows.follow,
            Action::Pause => self.pause(book),
            Action::Find => self.find(),
            Action::Filters => return self.open_menu(Menu::Filters),
            Action::Sort => return self.open_menu(Menu::Sort),
            Action::Columns => return self.open_menu(Menu::Columns),
            Action::Copy => return self.open_menu(Menu::Copy),
            Action::Reverse => self.reverse(),
            Action::Mark => return self.mark(book),
            Action::Note => self.write_note(book),
            Action::Export => self.export(false, book),
            Action::ExportMarked => self.export(true, book),
            Action::Repeat => return self.repeat(book),
            Action::Recheck => return self.recheck(book),
            Action::Route => return self.route(book),
            Action::Give => return self.give(book),
            Action::Record => return self.switch_recording(),
            Action::Clear => self.ask_to_clear(),
            Action::Answer => self.show_question(),
            Action::Guests => self.show_guests(),
            Action::Palette => self.typing = Some(Typing::Command(Input::default(), 0)),
            Action::Theme => return Some(self.next_theme()),
            Action::Help => self.overlay = Overlay::Help(0),
            Action::Suspend => return Some(Effect::Suspend),
            Action::Redraw => return Some(Effect::Redraw),
            Action::Quit => self.quit(),
        }
        None
    }

    fn pause(&mut self, book: &Book) {
        self.rows.pause(book);
        self.toast = Some(if self.rows.is_paused() {
            format!("the list stands still; {} lets it move again", self.settings.keymap.key_for(Action::Pause))
        } else {
            "the list moves again".to_owned()
        });
    }

    fn turn_to(&mut self, view: View) {
        self.view = view;
        self.focus = Focus::List;
        self.scroll = 0;
        self.wanted.clear();
    }
}
