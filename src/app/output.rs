//! What is printed. A reader that has gone away is no fault: `tlscope explain | head` ends quietly.

use std::io::{self, IsTerminal as _, Write as _};

use anyhow::Context as _;

use crate::config::{self, Colour, ConfigError, Globals};
use crate::headless::Paint;

/// Prints to standard output.
pub(super) fn print(text: &str) -> anyhow::Result<()> {
    print_bytes(text.as_bytes())
}

/// Prints bytes to standard output.
pub(super) fn print_bytes(bytes: &[u8]) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(error).context("cannot write to standard output")
        }
        _ => Ok(()),
    }
}

/// Says something to the person, on standard error. Where nobody listens it is lost.
pub(super) fn say(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

/// Colour for standard output.
pub(super) fn paint(globals: &Globals) -> Result<Paint, ConfigError> {
    Ok(paint_for(config::colour(globals)?, io::stdout().is_terminal()))
}

/// Colour as it was asked for; NO_COLOR (no-color.org) counts where nothing was.
pub(super) fn paint_for(wish: Colour, is_terminal: bool) -> Paint {
    let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let colour = match wish {
        Colour::Always => true,
        Colour::Never => false,
        Colour::Auto => is_terminal && !unwanted,
    };
    Paint { colour }
}
