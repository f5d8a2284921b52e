//! Deciding what clients wait for: only when the person asked to see the question, so that no key that
//! was meant for something else lets anybody in.

use crossterm::event::{KeyCode, KeyEvent};

use super::super::effect::Effect;
use super::super::state::{Overlay, State};
use crate::model::{Answer, Command, Question};

/// The keys that answer, and what they answer.
pub(in crate::tui) const ANSWERS: [(char, Answer); 3] =
    [('o', Answer::Once), ('a', Answer::Always), ('n', Answer::Never)];

impl State {
    /// The question that waits longest.
    pub(super) fn show_question(&mut self) {
        match self.questions.first() {
            Some(question) => self.overlay = Overlay::Question(Box::new(question.clone())),
            None => self.toast = Some("nobody waits for an answer".to_owned()),
        }
    }

    /// Whether a question can still be answered.
    pub(in crate::tui) fn is_open(&self, question: &Question) -> bool {
        self.questions.iter().any(|open| open.id == question.id)
    }

    pub(super) fn key_in_question(&mut self, question: u64, key: KeyEvent) -> Option<Effect> {
        let Some(at) = self.questions.iter().position(|open| open.id == question) else {
            // Too late: the key is only taken as read.
            self.overlay = Overlay::None;
            return None;
        };
        if key.code == KeyCode::Esc {
            self.overlay = Overlay::None;
        }
        let KeyCode::Char(c) = key.code else { return None };
        let (_, answer) = ANSWERS.iter().find(|(key, _)| *key == c)?;
        self.overlay = Overlay::None;
        self.questions.remove(at);
        Some(Effect::Obey(Command::Answer { question, answer: *answer }))
    }

    /// The devices that were decided upon.
    pub(super) fn show_guests(&mut self) {
        if self.guests.is_empty() {
            self.toast = Some("no device elsewhere was let in or turned away".to_owned());
        } else {
            self.overlay = Overlay::Guests(0);
        }
    }

    pub(super) fn key_in_guests(&mut self, chosen: usize, key: KeyEvent) -> Option<Effect> {
        let last = self.guests.len().saturating_sub(1);
        match key.code {
            KeyCode::Up | KeyCode::Char('k') => self.overlay = Overlay::Guests(chosen.saturating_sub(1)),
            KeyCode::Down | KeyCode::Char('j') => self.overlay = Overlay::Guests((chosen + 1).min(last)),
            KeyCode::Delete | KeyCode::Char('d') => {
                let guest = self.guests.get(chosen.min(last))?;
                return Some(Effect::Obey(Command::Forget(guest.address)));
            }
            KeyCode::Esc | KeyCode::Char('q') => self.overlay = Overlay::None,
            _ => {}
        }
        None
    }
}
