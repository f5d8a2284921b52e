//! What has to be undone on a device: written and on the disk before anything is changed, gone when it is undone.
//!
//! One file a device. Its run keeps it locked, so that a file without a lock is one of a run that was killed.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::files::{make_private_dir, open_private};

/// What was there, and what tlscope put there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Entry {
    /// By which adb knows the device.
    pub(super) serial: String,
    /// What it calls itself.
    pub(super) model: String,
    /// The proxy setting before, as `settings get` said it: `null` for none.
    pub(super) proxy_before: String,
    /// The proxy setting that tlscope writes.
    pub(super) proxy_written: String,
    /// The port that is led through the cable, when tlscope does that.
    pub(super) reverse: Option<u16>,
}

/// The file of an entry, locked.
#[derive(Debug)]
pub(super) struct Journal {
    path: PathBuf,
    /// Holds the lock.
    _file: File,
    pub(super) entry: Entry,
}

/// Why there is no journal.
#[derive(Debug, thiserror::Error)]
pub(super) enum JournalError {
    /// Another run has the device.
    #[error("another tlscope has {serial} attached; end it first")]
    Busy {
        /// Which device.
        serial: String,
    },
    /// A run before left something to be undone.
    #[error("{} says that {serial} was not set back yet: run `tlscope device restore`", path.display())]
    Unfinished {
        /// Which device.
        serial: String,
        /// The journal.
        path: PathBuf,
    },
    /// The disk.
    #[error("cannot write {}: {source}", path.display())]
    Disk {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl Journal {
    /// Writes an entry into `dir`. When this returns it is on the disk.
    pub(super) fn write(dir: &Path, entry: Entry) -> Result<Self, JournalError> {
        let path = dir.join(file_name(&entry.serial));
        let disk = |source| JournalError::Disk { path: path.clone(), source };
        make_private_dir(dir).map_err(disk)?;
        let serial = || entry.serial.clone();
        let mut file = open_private(&path, OpenOptions::new().read(true).write(true).create(true).truncate(false))
            .map_err(disk)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(JournalError::Busy { serial: serial() }),
            Err(TryLockError::Error(source)) => return Err(disk(source)),
        }
        if read(&mut file).is_some() {
            return Err(JournalError::Unfinished { serial: serial(), path: path.clone() });
        }
        let text = serde_json::to_vec_pretty(&entry).map_err(|error| disk(error.into()))?;
        file.set_len(0).and_then(|()| file.write_all(&text)).and_then(|()| file.sync_all()).map_err(disk)?;
        // The name of the file has to last as well.
        File::open(dir).and_then(|dir| dir.sync_all()).or_else(unsupported).map_err(disk)?;
        Ok(Self { path, _file: file, entry })
    }

    /// Everything is as it was.
    pub(super) fn done(self) {
        let _ = fs::remove_file(&self.path);
    }

    /// What runs that were killed have left in `dir`.
    pub(super) fn left_in(dir: &Path) -> Vec<Self> {
        let Ok(files) = fs::read_dir(dir) else { return Vec::new() };
        files.flatten().filter_map(|file| Self::left(file.path())).collect()
    }

    fn left(path: PathBuf) -> Option<Self> {
        let mut file = OpenOptions::new().read(true).write(true).open(&path).ok()?;
        file.try_lock().ok()?;
        let Some(entry) = read(&mut file) else {
            // It was killed while it wrote this, so it had not changed anything yet.
            let _ = fs::remove_file(&path);
            return None;
        };
        Some(Self { path, _file: file, entry })
    }
}

fn read(file: &mut File) -> Option<Entry> {
    let mut text = Vec::new();
    file.read_to_end(&mut text).ok()?;
    file.rewind().ok()?;
    serde_json::from_slice(&text).ok()
}

/// Windows syncs no directories.
fn unsupported(error: io::Error) -> io::Result<()> {
    if cfg!(unix) { Err(error) } else { Ok(()) }
}

/// The serial, as far as every file system takes it.
fn file_name(serial: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "-.".contains(c) { c } else { '_' };
    format!("{}.json", serial.chars().map(plain).take(100).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(serial: &str) -> Entry {
        Entry {
            serial: serial.into(),
            model: "Pixel".into(),
            proxy_before: "null".into(),
            proxy_written: "127.0.0.1:8080".into(),
            reverse: Some(8080),
        }
    }

    #[test]
    fn what_a_killed_run_leaves_is_found_and_a_living_ones_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let living = Journal::write(dir.path(), entry("192.168.1.7:5555")).unwrap();
        drop(Journal::write(dir.path(), entry("killed")).unwrap());
        let left: Vec<_> = Journal::left_in(dir.path()).into_iter().map(|journal| journal.entry).collect();
        assert_eq!(left, [entry("killed")]);
        let busy = Journal::write(dir.path(), entry("192.168.1.7:5555")).unwrap_err();
        assert!(matches!(busy, JournalError::Busy { .. }), "{busy}");
        let again = Journal::write(dir.path(), entry("killed")).unwrap_err();
        assert!(matches!(again, JournalError::Unfinished { .. }), "{again}");
        living.done();
        assert!(Journal::write(dir.path(), entry("192.168.1.7:5555")).is_ok());
    }

    #[test]
    fn half_a_journal_is_of_a_run_that_changed_nothing() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("half.json"), "{\"serial\": \"ha").unwrap();
        assert!(Journal::left_in(dir.path()).is_empty());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    #[cfg(unix)]
    #[test]
    fn it_is_for_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        let inner = dir.path().join("attached");
        let journal = Journal::write(&inner, entry("../../x")).unwrap();
        assert_eq!(journal.path.parent(), Some(&*inner));
        assert_eq!(fs::metadata(&journal.path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
