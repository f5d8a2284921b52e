//! `open`: a session that was kept.

use std::fmt::Write as _;
use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use super::output::print;
use super::screen::{Wishes, show_file};
use super::{logging, runtime, signals};
use crate::config::{self, Globals, ScreenArgs};
use crate::export::Redaction;
use crate::headless::{Paint, human_lines};
use crate::session::{Change, Told};
use crate::store::{Archive, StoreError};
use crate::text;

/// Lists the sessions, or shows one.
pub(super) fn run(globals: &Globals, session: Option<&Path>, screen: ScreenArgs) -> anyhow::Result<u8> {
    let named = session.map(|path| find(globals, path)).transpose()?;
    match named.as_deref() {
        None => print(&list(&globals.home()?.sessions))?,
        Some(path) if io::stdout().is_terminal() => {
            let home = globals.home()?;
            let _log = logging::start(Some(&home.log), logging::level(globals))?;
            let screen = config::screen_settings(globals, screen)?;
            let wishes = Wishes::of(&screen, Redaction::On);
            runtime()?.block_on(show_file(path, wishes, signals::asked_to_end()))?;
        }
        Some(path) => print(&lines(&Archive::open(path)?)?)?,
    }
    Ok(0)
}

/// The file itself, or the session of that name under the home directory.
fn find(globals: &Globals, path: &Path) -> anyhow::Result<PathBuf> {
    let kept = globals.home()?.sessions.join(path);
    Ok(if !path.exists() && kept.exists() { kept } else { path.to_owned() })
}

/// The sessions in a directory, the newest first.
fn list(dir: &Path) -> String {
    let mut found: Vec<(SystemTime, PathBuf, u64)> = Vec::new();
    for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        if let (Some("tlscope"), Ok(about)) = (path.extension().and_then(|end| end.to_str()), entry.metadata()) {
            found.push((about.modified().unwrap_or(SystemTime::UNIX_EPOCH), path, about.len()));
        }
    }
    found.sort_by_key(|(modified, ..)| std::cmp::Reverse(*modified));
    if found.is_empty() {
        return format!("no sessions in {}; `tlscope run` keeps one of every run\n", dir.display());
    }
    let mut out = String::new();
    for (_, path, bytes) in found {
        let about = match Archive::attach(&path).and_then(|archive| archive.counts()) {
            Ok((connections, exchanges)) => format!("{connections} connections, {exchanges} exchanges"),
            Err(error) => error.to_string(),
        };
        let _ = writeln!(out, "{}  {}  {about}", path.display(), text::size(bytes));
    }
    out
}

/// What a screen would show, for a pipe: a line for each connection, and what was found.
fn lines(archive: &Archive) -> anyhow::Result<String> {
    let mut line = human_lines(Paint::default(), true);
    let mut out = String::new();
    archive.each_connection(|connection, report, revision| {
        let change = Change::Connection(Arc::new(connection), report.map(Arc::new), revision);
        out.extend(line(&Told::Change(change)));
        Ok::<_, StoreError>(())
    })?;
    archive.each_exchange_record(|exchange| {
        out.extend(line(&Told::Change(Change::Exchange(Arc::new(exchange)))));
        Ok::<_, StoreError>(())
    })?;
    Ok(out)
}
