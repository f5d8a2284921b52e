//! The secrets of TLS connections, written where the user asked for it, in the format of NSS that
//! Wireshark reads. Whoever has the file can read what went over the wire, so it is for its owner alone.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use tracing::warn;

use crate::files::open_private;
use crate::model::hex;

/// One file of secrets. Lines are added to it, each in one write, so that other programs may read along.
#[derive(Debug)]
pub struct KeyLog {
    path: PathBuf,
    /// `None` after the first line that could not be written.
    file: Mutex<Option<File>>,
}

/// Why there is no such file.
#[derive(Debug, thiserror::Error)]
pub enum KeyLogError {
    /// It cannot be made or opened.
    #[error("cannot write the key log {}: {source}", path.display())]
    Unwritable {
        /// Which file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// Others could read the secrets.
    #[error("others can read the key log {path} (mode {mode:03o}): chmod 600 {path}, or name another file", path = path.display())]
    Open {
        /// Which file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// It is a link, a directory or a device.
    #[error("the key log {} is no plain file: name another one", path.display())]
    NoFile {
        /// What it is.
        path: PathBuf,
    },
}

impl KeyLog {
    /// Makes the file, readable for its owner alone; one that is there is added to when it is like that.
    ///
    /// # Errors
    /// [`KeyLogError`] when it cannot be written, or is not for its owner alone.
    pub fn open(path: &Path) -> Result<Self, KeyLogError> {
        let unwritable = |source| KeyLogError::Unwritable { path: path.to_owned(), source };
        let file = match fs::symlink_metadata(path) {
            Ok(known) if known.is_file() => {
                let file = OpenOptions::new().append(true).open(path).map_err(unwritable)?;
                check_private(path, &known, &file.metadata().map_err(unwritable)?)?;
                file
            }
            Ok(_) => return Err(KeyLogError::NoFile { path: path.to_owned() }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => create(path).map_err(unwritable)?,
            Err(error) => return Err(unwritable(error)),
        };
        Ok(Self { path: path.to_owned(), file: Mutex::new(Some(file)) })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// Follows no link: there must be nothing of that name.
fn create(path: &Path) -> io::Result<File> {
    open_private(path, OpenOptions::new().append(true).create_new(true))
}

/// The file that was opened has to be the one that was looked at, and for its owner alone.
#[cfg(unix)]
fn check_private(path: &Path, known: &fs::Metadata, opened: &fs::Metadata) -> Result<(), KeyLogError> {
    use std::os::unix::fs::MetadataExt as _;
    if (known.dev(), known.ino()) != (opened.dev(), opened.ino()) {
        return Err(KeyLogError::NoFile { path: path.to_owned() });
    }
    let mode = opened.mode() & 0o777;
    let is_private = mode & 0o700 == mode;
    if is_private { Ok(()) } else { Err(KeyLogError::Open { path: path.to_owned(), mode }) }
}

#[cfg(not(unix))]
fn check_private(_: &Path, _: &fs::Metadata, _: &fs::Metadata) -> Result<(), KeyLogError> {
    Ok(())
}

impl rustls::KeyLog for KeyLog {
    fn log(&self, label: &str, client_random: &[u8], secret: &[u8]) {
        let line = format!("{label} {} {}\n", hex(client_random), hex(secret));
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(Err(error)) = file.as_mut().map(|file| file.write_all(line.as_bytes())) {
            warn!(%error, file = %self.path.display(), "cannot write the key log any more");
            *file = None;
        }
    }
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use rustls::KeyLog as _;

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn the_file_is_its_owners_alone_and_is_added_to() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("keys");
        for _ in 0..2 {
            KeyLog::open(&path).unwrap().log("CLIENT_RANDOM", &[1, 2], &[0xab]);
        }
        assert_eq!(mode(&path), 0o600);
        assert_eq!(fs::read_to_string(&path).unwrap(), "CLIENT_RANDOM 0102 ab\n".repeat(2));
    }

    #[test]
    fn what_others_could_read_is_refused_and_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("keys");
        fs::write(&path, "mine").unwrap();
        for open in [0o644, 0o640, 0o602] {
            fs::set_permissions(&path, fs::Permissions::from_mode(open)).unwrap();
            let error = KeyLog::open(&path).unwrap_err().to_string();
            assert!(error.contains("chmod 600") && error.contains(&format!("{open:03o}")), "{error}");
        }
        assert_eq!((fs::read_to_string(&path).unwrap().as_str(), mode(&path)), ("mine", 0o602));
    }

    #[test]
    fn links_are_not_followed() {
        let dir = tempfile::tempdir().unwrap();
        let (real, link, dangling) = (dir.path().join("real"), dir.path().join("link"), dir.path().join("dangling"));
        create(&real).unwrap();
        symlink(&real, &link).unwrap();
        symlink(dir.path().join("nothing"), &dangling).unwrap();
        for path in [&link, &dangling, &dir.path().to_owned()] {
            assert!(matches!(KeyLog::open(path), Err(KeyLogError::NoFile { .. })), "{}", path.display());
        }
        let missing = dir.path().join("no/such/dir");
        assert!(matches!(KeyLog::open(&missing), Err(KeyLogError::Unwritable { .. })));
    }
}
