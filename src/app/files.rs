//! Files that are for their owner alone: they hold what others said to their servers.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use crate::files::open_private;

/// Makes a file that only its owner can read: it holds what others said to their servers. What was
/// in it is gone.
pub(super) fn create_private(path: &Path) -> io::Result<File> {
    open_private(path, OpenOptions::new().write(true).create(true).truncate(true))
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
