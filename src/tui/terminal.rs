//! The terminal: taken over, and given back whatever happens.

use std::io::{self, Stdout, stdout};
use std::panic;
use std::sync::OnceLock;
use std::thread::{self, ThreadId};

use crossterm::event::{DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture};
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
    /// Takes the terminal over, and the mouse where that is wanted.
    pub(super) fn enter(mouse: bool) -> io::Result<Self> {
        guard_against_panics();
        take(mouse)?;
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

fn take(mouse: bool) -> io::Result<()> {
    enable_raw_mode()?;
    let mut taken = execute!(stdout(), EnterAlternateScreen, EnableBracketedPaste);
    if mouse && taken.is_ok() {
        taken = execute!(stdout(), EnableMouseCapture);
    }
    if taken.is_err() {
        restore();
    }
    taken
}

/// Gives the terminal to the shell until it lets this process go on.
pub(super) fn suspend(mouse: bool) -> io::Result<()> {
    #[cfg(unix)]
    {
        restore();
        // Goes on behind this line when the shell says so (`fg`).
        signal_hook::low_level::emulate_default_handler(signal_hook::consts::SIGTSTP)?;
        take(mouse)?;
    }
    #[cfg(not(unix))]
    let _ = mouse;
    Ok(())
}

/// Nothing can be done about a terminal that does not take it.
fn restore() {
    let _ = execute!(stdout(), DisableMouseCapture, DisableBracketedPaste, LeaveAlternateScreen, cursor::Show);
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
