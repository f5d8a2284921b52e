//! Answers kept in files, one each: which certificates somebody met is nobody else's business, so
//! only the owner may read them.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use bytes::Bytes;

use crate::files::{make_private_dir, open_private};
use crate::model::{Fingerprint, Timestamp};

/// More files are not kept; the oldest go first.
const FILES: usize = 1024;

/// The first word of every file, with the version of its form.
const MARK: &str = "tlscope-fetched/1";

/// A directory of answers. What cannot be read or written is as if it was not there.
#[derive(Clone, Debug)]
pub(super) struct Disk {
    dir: PathBuf,
}

impl Disk {
    pub(super) fn new(dir: PathBuf) -> Self {
        Self { dir }
    }

    fn path(&self, key: Fingerprint) -> PathBuf {
        self.dir.join(key.to_string())
    }

    /// The answer, and when it was fetched.
    pub(super) async fn read(&self, key: Fingerprint) -> Option<(Timestamp, Bytes)> {
        let path = self.path(key);
        tokio::task::spawn_blocking(move || unwrap(&fs::read(path).ok()?.into())).await.ok()?
    }

    /// Keeps an answer.
    pub(super) async fn write(&self, key: Fingerprint, at: Timestamp, answer: Bytes) {
        let (dir, path) = (self.dir.clone(), self.path(key));
        let written = tokio::task::spawn_blocking(move || keep(&dir, &path, at, &answer)).await;
        if let Ok(Err(error)) = written {
            tracing::debug!(dir = %self.dir.display(), %error, "cannot keep what was fetched");
        }
    }

    /// Keeps it no longer.
    pub(super) fn remove(&self, key: Fingerprint) {
        let _ = fs::remove_file(self.path(key));
    }
}

/// A line with the mark and the time, and the answer behind it.
fn unwrap(bytes: &Bytes) -> Option<(Timestamp, Bytes)> {
    let end = bytes.iter().take(64).position(|byte| *byte == b'\n')?;
    let head = str::from_utf8(bytes.get(..end)?).ok()?;
    let (mark, at) = head.split_once(' ')?;
    (mark == MARK).then_some(())?;
    Some((Timestamp::parse(at)?, bytes.slice(end + 1..)))
}

fn keep(dir: &Path, path: &Path, at: Timestamp, answer: &[u8]) -> io::Result<()> {
    make_private_dir(dir)?;
    prune(dir)?;
    // Written beside it and moved, so that nobody reads half a file.
    let beside = path.with_extension(format!("{}.new", std::process::id()));
    let mut file = open_private(&beside, fs::OpenOptions::new().write(true).create(true).truncate(true))?;
    file.write_all(format!("{MARK} {at}\n").as_bytes())?;
    file.write_all(answer)?;
    drop(file);
    fs::rename(&beside, path)
}

fn prune(dir: &Path) -> io::Result<()> {
    let mut files: Vec<(std::time::SystemTime, PathBuf)> = fs::read_dir(dir)?
        .filter_map(Result::ok)
        .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())))
        .collect();
    let surplus = files.len().saturating_sub(FILES - 1);
    files.sort();
    for (_, path) in files.into_iter().take(surplus) {
        let _ = fs::remove_file(path);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_answer_survives_and_rubbish_does_not() {
        let dir = tempfile::tempdir().unwrap();
        let disk = Disk::new(dir.path().join("fetched"));
        let key = Fingerprint::of(b"key");
        let at = Timestamp::from_unix(1_800_000_000);
        assert_eq!(disk.read(key).await, None);
        disk.write(key, at, Bytes::from_static(b"an\nanswer")).await;
        assert_eq!(disk.read(key).await, Some((at, Bytes::from_static(b"an\nanswer"))));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
            assert_eq!((mode(&disk.dir), mode(&disk.path(key))), (0o700, 0o600));
        }
        for rubbish in [&b""[..], b"tlscope-fetched/1", b"other/1 2026-11-21T00:00:00Z\nx", b"tlscope-fetched/1 now\nx"]
        {
            fs::write(disk.path(key), rubbish).unwrap();
            assert_eq!(disk.read(key).await, None);
        }
    }
}
