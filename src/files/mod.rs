//! Files and directories for their owner alone: a key, a session, what others said to their servers.
//!
//! Owns the modes, and that they hold from the first byte on. Must not know what is in the files, nor where they are.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::path::Path;

/// Opens a file as `options` say; when that makes it, it is made with mode 0600.
///
/// # Errors
/// Those of the file system.
pub fn open_private(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options.open(path)
}

/// Makes a directory, and those above it, with mode 0700; one that is there stays as it is.
///
/// # Errors
/// Those of the file system.
pub fn make_private_dir(dir: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    builder.create(dir)
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn what_is_made_is_for_its_owner_alone_and_what_is_there_stays() {
        let dir = tempfile::tempdir().unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let inner = dir.path().join("a/b");
        make_private_dir(&inner).unwrap();
        assert_eq!((mode(&inner), mode(&dir.path().join("a"))), (0o700, 0o700));
        let path = inner.join("file");
        open_private(&path, OpenOptions::new().write(true).create_new(true)).unwrap();
        assert_eq!(mode(&path), 0o600);
        for place in [&inner, &path] {
            fs::set_permissions(place, fs::Permissions::from_mode(0o755)).unwrap();
        }
        make_private_dir(&inner).unwrap();
        open_private(&path, OpenOptions::new().append(true).create(true)).unwrap();
        assert_eq!((mode(&inner), mode(&path)), (0o755, 0o755));
    }
}
