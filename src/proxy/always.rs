//! Targets that are tunnelled for everybody because a person said "always", and the file in which
//! they are kept for the next runs.
//!
//! One `host:port` a line; what begins with `#` is for people, who may take lines out.

use std::collections::HashSet;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tracing::warn;

use crate::files::open_private;
use crate::model::Target;

/// More targets are not kept.
const MOST_TARGETS: usize = 10_000;

const HEAD: &str =
    "# Tunnelled for every client, as chosen on the screen. Without its line a host is intercepted again.\n";

/// The targets.
#[derive(Debug, Default)]
pub(super) struct Always {
    file: Option<PathBuf>,
    targets: Mutex<HashSet<Target>>,
}

impl Always {
    /// Those in a file, which need not be there yet; without one they are kept for this run.
    pub(super) fn kept_in(file: Option<&Path>) -> Self {
        let targets = file.map(read).unwrap_or_default();
        Self { file: file.map(Path::to_owned), targets: Mutex::new(targets) }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.targets().is_empty()
    }

    pub(super) fn has(&self, target: &Target) -> bool {
        self.targets().contains(target)
    }

    /// Adds a target, here and in the file. Blocks for as long as the disk takes.
    ///
    /// # Errors
    /// When the file cannot be written; it holds for this run all the same.
    pub(super) fn add(&self, target: &Target) -> io::Result<()> {
        let mut targets = self.targets();
        if targets.len() >= MOST_TARGETS || !targets.insert(target.clone()) {
            return Ok(());
        }
        self.file.as_deref().map_or(Ok(()), |file| append(file, target))
    }

    fn targets(&self) -> MutexGuard<'_, HashSet<Target>> {
        self.targets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn read(file: &Path) -> HashSet<Target> {
    let text = fs::read_to_string(file).unwrap_or_else(|error| {
        if error.kind() != io::ErrorKind::NotFound {
            warn!("cannot read which hosts are always tunnelled from {}: {error}", file.display());
        }
        String::new()
    });
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let targets = lines.filter_map(|line| {
        let target = line.parse();
        if target.is_err() {
            warn!("{}: {line:?} is no host and port, as example.com:443", file.display());
        }
        target.ok()
    });
    targets.take(MOST_TARGETS).collect()
}

fn append(file: &Path, target: &Target) -> io::Result<()> {
    if let Some(dir) = file.parent() {
        fs::create_dir_all(dir)?;
    }
    let mut out = open_private(file, OpenOptions::new().create(true).append(true))?;
    let head = if out.metadata()?.len() == 0 { HEAD } else { "" };
    // One write, so that two runs do not mix their lines.
    out.write_all(format!("{head}{target}\n").as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(text: &str) -> Target {
        text.parse().unwrap()
    }

    #[test]
    fn what_is_added_is_there_in_the_next_run() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("deeper").join("tunnelled.txt");
        let always = Always::kept_in(Some(&file));
        for text in ["a.test:443", "[::1]:8443", "a.test:443"] {
            always.add(&target(text)).unwrap();
        }
        assert_eq!(fs::read_to_string(&file).unwrap(), format!("{HEAD}a.test:443\n[::1]:8443\n"));
        let next = Always::kept_in(Some(&file));
        assert!(next.has(&target("a.test:443")) && next.has(&target("[::1]:8443")));
        assert!(!next.has(&target("a.test:8443")));
    }

    #[test]
    fn lines_of_no_use_are_passed_over() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("tunnelled.txt");
        fs::write(&file, "# a word\n\n a.test:443 \nnonsense\nb.test:1\n").unwrap();
        let always = Always::kept_in(Some(&file));
        assert_eq!(*always.targets(), HashSet::from([target("a.test:443"), target("b.test:1")]));
        assert!(Always::kept_in(Some(dir.path())).targets().is_empty(), "a directory is no such file");
    }

    #[test]
    fn without_a_file_it_holds_for_the_run() {
        let always = Always::kept_in(None);
        always.add(&target("a.test:443")).unwrap();
        assert!(always.has(&target("a.test:443")));
    }

    #[test]
    fn a_file_that_cannot_be_written_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        let always = Always::kept_in(Some(dir.path()));
        assert!(always.add(&target("a.test:443")).is_err());
        assert!(always.has(&target("a.test:443")), "it holds for this run");
    }
}
