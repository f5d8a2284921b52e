//! The terminal: taken over, and given back whatever happens.

use std::io::{self, Stdout, stdout};
use std::panic;
use std::sync::OnceLock;
use std::thread::{self, ThreadId};

use crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};
use crossterm::{cursor, execute};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use tracing::error;

/// The terminal while the screen is in use; dropping it gives the terminal back.
pub(super) struct Screen {
    pub(super) terminal: Terminal<CrosstermBackend<Stdout>>,
}

impl Screen {
    /// Takes the terminal over.
    pub(super) fn enter() -> io::Result<Self> {
        guard_against_panics();
        enable_raw_mode()?;
        let entered = execute!(stdout(), EnterAlternateScreen, EnableBracketedPaste);
        if entered.is_err() {
            restore();
        }
        entered?;
        let terminal = Terminal::new(CrosstermBackend::new(stdout()));
        if terminal.is_err() {
            restore();
        }
        Ok(Self { terminal: terminal? })
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        restore();
    }
}

/// Nothing can be done about a terminal that does not take it.
fn restore() {
    let _ = execute!(stdout(), DisableBracketedPaste, LeaveAlternateScreen, cursor::Show);
    let _ = disable_raw_mode();
}

/// A panic of the screen's own thread gives the terminal back before it speaks. One of any other
/// thread, which is one connection's business, goes to the log: the screen stays as it is.
fn guard_against_panics() {
    static OWNER: OnceLock<ThreadId> = OnceLock::new();
    if OWNER.set(thread::current().id()).is_err() {
        return;
    }
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if OWNER.get() == Some(&thread::current().id()) {
            restore();
            before(info);
        } else {
            error!("{info}");
        }
    }));
}
