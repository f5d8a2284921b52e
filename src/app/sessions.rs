//! `open`: a session that was kept.

use std::fmt::Write as _;
use std::path::Path;
use std::time::SystemTime;

use super::output::print;
use crate::config::Globals;
use crate::store::Archive;
use crate::text;

/// Lists the sessions, or shows one.
pub(super) fn run(globals: &Globals, session: Option<&Path>) -> anyhow::Result<u8> {
    match session {
        None => print(&list(&globals.home()?.sessions)?)?,
        Some(path) => {
            Archive::open(path)?;
        }
    }
    Ok(0)
}

/// The sessions in a directory, the newest first.
fn list(dir: &Path) -> anyhow::Result<String> {
    let mut found: Vec<(SystemTime, std::path::PathBuf, u64)> = Vec::new();
    for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        if let (Some("tlscope"), Ok(about)) = (path.extension().and_then(|end| end.to_str()), entry.metadata()) {
            found.push((about.modified().unwrap_or(SystemTime::UNIX_EPOCH), path, about.len()));
        }
    }
    found.sort_by_key(|(modified, ..)| std::cmp::Reverse(*modified));
    if found.is_empty() {
        return Ok(format!("no sessions in {}; `tlscope run` keeps one of every run\n", dir.display()));
    }
    let mut out = String::new();
    for (_, path, bytes) in found {
        let about = match Archive::attach(&path).and_then(|archive| archive.counts()) {
            Ok((connections, exchanges)) => format!("{connections} connections, {exchanges} exchanges"),
            Err(error) => error.to_string(),
        };
        let _ = writeln!(out, "{}  {}  {about}", path.display(), text::size(bytes));
    }
    Ok(out)
}
