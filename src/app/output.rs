//! What is printed. A reader that has gone away is no fault: `tlscope explain | head` ends quietly.

use std::fs::{File, OpenOptions};
use std::io::{self, IsTerminal as _, Write};
use std::path::Path;

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

/// Makes a file that only its owner can read: it holds what others said to their servers. What was
/// in it is gone.
pub(super) fn create_private(path: &Path) -> io::Result<File> {
    open_private(path, OpenOptions::new().write(true).create(true).truncate(true))
}

/// The same, where there is no file of that name yet.
pub(super) fn create_new_private(path: &Path) -> io::Result<File> {
    open_private(path, OpenOptions::new().write(true).create_new(true))
}

/// A log file, made with its directory when there is none; lines are added to it.
pub(super) fn open_log(path: &Path) -> io::Result<File> {
    if let Some(dir) = path.parent() {
        let _ = std::fs::create_dir_all(dir);
    }
    open_private(path, OpenOptions::new().append(true).create(true))
}

/// A file whose old contents go when something new is written, and not before: a start that fails
/// costs nobody their file.
pub(super) struct Fresh {
    file: File,
    is_old: bool,
}

impl Fresh {
    /// Opens it, or makes it.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let file = open_private(path, OpenOptions::new().write(true).create(true).truncate(false))?;
        Ok(Self { file, is_old: true })
    }
}

impl Write for Fresh {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if std::mem::take(&mut self.is_old) {
            // A pipe or a device has no length to be set.
            let _ = self.file.set_len(0);
        }
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

fn open_private(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options.open(path)
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
