//! Where the CA's files are, and writing them so that no reader ever sees half of one.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::files::open_private;

/// The files of a CA.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaPaths {
    /// Certificate and key, mode 0600.
    pub secret: PathBuf,
    /// The certificate alone, for copying to devices.
    pub certificate: PathBuf,
    /// Certificate and key of the second CA, which nobody is to trust, mode 0600; there only where it was needed.
    pub untrusted: PathBuf,
}

impl CaPaths {
    /// The files of the CA in `dir`.
    pub fn within(dir: &Path) -> Self {
        Self {
            secret: dir.join("tlscope-ca.pem"),
            certificate: dir.join("tlscope-ca-cert.pem"),
            untrusted: dir.join("tlscope-untrusted-ca.pem"),
        }
    }
}

/// Puts `contents` at `path` in one step, with mode 0600 from the start when it is `secret`.
/// Fails with `AlreadyExists` when something is there.
pub(super) fn write_new(path: &Path, contents: &str, secret: bool) -> io::Result<()> {
    let draft = draft_path(path);
    let result = write_draft(&draft, contents, secret).and_then(|()| fs::hard_link(&draft, path));
    let _ = fs::remove_file(&draft);
    result
}

/// Puts `contents` at `path` in one step, in place of what is there.
pub(super) fn replace(path: &Path, contents: &str) -> io::Result<()> {
    let draft = draft_path(path);
    write_draft(&draft, contents, false).and_then(|()| fs::rename(&draft, path)).inspect_err(|_| {
        let _ = fs::remove_file(&draft);
    })
}

fn draft_path(path: &Path) -> PathBuf {
    path.with_extension(format!("draft-{}", std::process::id()))
}

fn write_draft(draft: &Path, contents: &str, secret: bool) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    let mut file = if secret { open_private(draft, &mut options)? } else { open_public(draft, &mut options)? };
    file.write_all(contents.as_bytes())?;
    file.sync_all()
}

/// Made for everybody to read, whatever is usual on this machine.
fn open_public(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o644);
    }
    options.open(path)
}

/// Whether others than its owner can read the file.
#[cfg(unix)]
pub(super) fn is_readable_by_others(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    fs::metadata(path).is_ok_and(|meta| meta.permissions().mode() & 0o077 != 0)
}

/// The file, or the directory in which it is, when others than its owner can write there. A link is as
/// good as what it points to.
#[cfg(unix)]
pub(super) fn writable_by_others(path: &Path) -> Option<PathBuf> {
    use std::os::unix::fs::PermissionsExt as _;
    let there = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let dirs = [path.parent(), there.parent()].into_iter().flatten();
    let mut places = dirs.chain([there.as_path()]);
    let is_open = |place: &&Path| {
        // In a directory like /tmp nobody can take away what is somebody else's.
        fs::metadata(place).is_ok_and(|meta| meta.permissions().mode() & 0o022 != 0 && !is_sticky(&meta))
    };
    places.find(is_open).map(Path::to_owned)
}

#[cfg(unix)]
fn is_sticky(meta: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    meta.is_dir() && meta.permissions().mode() & 0o1000 != 0
}

#[cfg(not(unix))]
pub(super) fn writable_by_others(_: &Path) -> Option<PathBuf> {
    None
}

#[cfg(not(unix))]
pub(super) fn is_readable_by_others(_: &Path) -> bool {
    false
}
