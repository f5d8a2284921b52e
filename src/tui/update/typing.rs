//! Writing: filters, names of files and commands, notes, texts to look for.

use std::path::PathBuf;

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use tui_input::Input;
use tui_input::backend::crossterm::EventHandler as _;

use super::super::board::View;
use super::super::effect::Effect;
use super::super::keymap::{Action, commands};
use super::super::state::{Focus, State, Typing};
use crate::session::{Book, Completion, Filter, Searched, Wanted};

/// Bodies are not searched again sooner, in milliseconds.
const PATIENCE_MS: i64 = 500;

/// More of what is pasted is not taken.
const LONGEST_PASTE: usize = 10_000;

/// More filters are not kept; the oldest goes.
const KEPT: usize = 50;

impl State {
    /// A filter over the list; in a pane, a text to look for.
    pub(super) fn find(&mut self) {
        self.typing = Some(if self.focus == Focus::List {
            if self.view != View::Tree {
                self.turn_to(View::Traffic);
            }
            Typing::Filter(Input::new(self.rows.list.filter().text().to_owned()), None, Completion::default())
        } else {
            Typing::Search(Input::new(self.wanted.clone()))
        });
    }

    pub(super) fn key_while_typing(&mut self, key: KeyEvent, book: &Book) -> Option<Effect> {
        let ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Esc => self.typing = None,
            KeyCode::Enter => return self.typed_whole(book),
            KeyCode::Up | KeyCode::BackTab => self.choose(-1),
            KeyCode::Down => self.choose(1),
            KeyCode::Tab => self.complete(book),
            KeyCode::Char('s') if ctrl => return self.keep_filter(),
            _ => {
                self.edit(key);
                self.check_filter(book);
            }
        }
        None
    }

    fn edit(&mut self, key: KeyEvent) {
        if let Some(input) = self.input() {
            input.handle_event(&Event::Key(key));
        }
    }

    /// The line that is being written.
    fn input(&mut self) -> Option<&mut Input> {
        match &mut self.typing {
            Some(
                Typing::Filter(input, ..) | Typing::Export(input, _) | Typing::Note(_, input) | Typing::Search(input),
            ) => Some(input),
            Some(Typing::Command(input, chosen)) => {
                *chosen = 0;
                Some(input)
            }
            None => None,
        }
    }

    /// Takes a text in at once, as far as it is one that a person would write.
    pub(super) fn pasted(&mut self, text: &str, book: &Book) {
        let Some(input) = self.input() else { return };
        let spaced = text.trim().chars().map(|c| if matches!(c, '\n' | '\r' | '\t') { ' ' } else { c });
        let pasted: String = spaced.filter(|c| !c.is_control()).take(LONGEST_PASTE).collect();
        let value = input.value();
        let at = value.char_indices().nth(input.cursor()).map_or(value.len(), |(at, _)| at);
        let (before, behind) = value.split_at_checked(at).unwrap_or((value, ""));
        let cursor = input.cursor() + pasted.chars().count();
        *input = Input::new(format!("{before}{pasted}{behind}")).with_cursor(cursor);
        self.check_filter(book);
    }

    /// Another one of the commands that fit, or of the words that are offered.
    pub(super) fn choose(&mut self, by: isize) {
        if let Some(Typing::Command(input, chosen)) = &mut self.typing {
            let last = commands(input.value()).len().saturating_sub(1);
            *chosen = chosen.saturating_add_signed(by).min(last);
        }
        if let Some(Typing::Filter(_, _, completion)) = &mut self.typing {
            let last = completion.words.len().saturating_sub(1);
            completion.chosen = completion.chosen.saturating_add_signed(by).min(last);
        }
    }

    /// Does the command, or takes the word, that stands there in what is offered.
    pub(super) fn take_offered(&mut self, entry: usize, book: &Book) -> Option<Effect> {
        match &mut self.typing {
            Some(Typing::Command(_, chosen)) => {
                *chosen = entry;
                return self.typed_whole(book);
            }
            Some(Typing::Filter(_, _, completion)) => {
                completion.chosen = entry;
                self.complete(book);
            }
            _ => {}
        }
        None
    }

    /// Takes the chosen word of those that are offered, and offers what goes on from there.
    fn complete(&mut self, book: &Book) {
        if let Some(Typing::Filter(input, _, completion)) = &self.typing
            && completion.words.is_empty()
            && input.value().is_empty()
        {
            self.check_filter(book);
        }
        if let Some(Typing::Filter(input, _, Completion { replaces, words, chosen })) = &mut self.typing
            && let Some(word) = words.get(*chosen)
        {
            let value = input.value();
            let before = value.get(..replaces.start).unwrap_or_default();
            let behind = value.get(replaces.end..).unwrap_or_default();
            let cursor = before.chars().count() + word.chars().count();
            *input = Input::new(format!("{before}{word}{behind}")).with_cursor(cursor);
        }
        self.check_filter(book);
    }

    /// Says while it is being typed what cannot be read of it, and what it could go on with.
    fn check_filter(&mut self, book: &Book) {
        if let Some(Typing::Filter(input, fault, completion)) = &mut self.typing {
            *fault = Filter::parse(input.value()).err().map(|error| (error.at, error.why));
            let value = input.value();
            let cursor = value.char_indices().nth(input.cursor()).map_or(value.len(), |(at, _)| at);
            *completion = Completion::of(value, cursor, book);
            self.toast = Filter::unknown_key(value).map(|key| format!("{key}: is no key; looked for as a word"));
        }
    }

    /// Keeps the filter that is being written among those to choose from.
    fn keep_filter(&mut self) -> Option<Effect> {
        let Some(Typing::Filter(input, None, _)) = &self.typing else { return None };
        let text = input.value().trim().to_owned();
        if text.is_empty() || self.settings.prefs.filters.contains(&text) {
            return None;
        }
        self.settings.prefs.filters.push(text.clone());
        let filters = &mut self.settings.chosen.filters;
        filters.push(text);
        if filters.len() > KEPT {
            filters.remove(0);
        }
        let key = self.settings.keymap.key_for(Action::Filters);
        self.toast = Some(format!("kept; {key} offers it"));
        Some(Effect::Keep(self.settings.chosen.clone()))
    }

    fn typed_whole(&mut self, book: &Book) -> Option<Effect> {
        match self.typing.take()? {
            Typing::Command(input, chosen) => {
                let command = commands(input.value()).get(chosen).copied()?;
                return self.act(command.action, book);
            }
            Typing::Export(input, _) if input.value().trim().is_empty() => {}
            Typing::Export(input, only_marked) => {
                self.toast = Some("writing …".to_owned());
                self.writing += 1;
                return Some(Effect::Export(PathBuf::from(input.value()), self.rows_to_write(only_marked, book)));
            }
            Typing::Note(place, input) => return Self::note(place, input.value(), book),
            Typing::Search(input) => {
                input.value().to_lowercase().trim().clone_into(&mut self.wanted);
                if !self.wanted.is_empty()
                    && !self
                        .detail_lines()
                        .get(self.scroll)
                        .is_some_and(|line| super::super::view::holds(line, &self.wanted))
                {
                    self.jump_to_text(1);
                }
            }
            Typing::Filter(input, ..) => match Filter::parse(input.value()) {
                Ok(filter) => self.rows.set_filter(filter),
                Err(error) => {
                    self.typing = Some(Typing::Filter(input, Some((error.at, error.why)), Completion::default()));
                }
            },
        }
        None
    }

    /// What to look for in bodies now: what is new or has changed since the last look.
    pub(in crate::tui) fn search_on(&mut self) -> Option<Effect> {
        let text = self.rows.list.filter().body_text()?.to_owned();
        let (now, version) = (self.now, self.version);
        let search = &mut self.rows.body_search;
        let is_due = search.looked.is_none_or(|(known, at)| known != version && now.ms_since(at).abs() >= PATIENCE_MS);
        if search.is_running || !is_due {
            return None;
        }
        search.is_running = true;
        search.looked = Some((version, now));
        let wanted = Wanted { text, after: search.last, again: std::mem::take(&mut search.unfinished) };
        Some(Effect::Search { wanted, number: search.number, current: search.current.clone() })
    }

    pub(super) fn searched(&mut self, number: u64, searched: Searched, is_over: bool, book: &Book) {
        if number == self.rows.body_search.number {
            self.rows.found(searched, is_over, book, self.now);
        }
    }
}
