//! What the screen is told and given.

use std::collections::HashSet;
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context as _;
use tracing::warn;

use super::engine::Engine;
use super::exporting::write_har;
use super::files::create_private;
use super::output::{paint_for, say};
use crate::config::ScreenSettings;
use crate::export::Redaction;
use crate::model::{RowId, Timestamp};
use crate::proxy::Auditor;
use crate::session::{Session, read_book, read_detail, search_bodies};
use crate::store::Archive;
use crate::tui::{self, About, Answer, Asked, Exporter, Hooks, Keeper, Obeyer, Plan, Prefs, Searcher, Settings};

/// What a screen is started with.
pub(super) struct Wishes {
    /// Of the person.
    pub(super) settings: Settings,
    /// Where what is changed on the screen is kept.
    pub(super) kept: PathBuf,
    /// Whether exports leave secrets out.
    pub(super) redaction: Redaction,
}

impl Wishes {
    /// Of the settings, with what was chosen on the screen before.
    pub(super) fn of(screen: &ScreenSettings, redaction: Redaction) -> Self {
        let mut settings = screen.settings.clone();
        settings.colour = paint_for(screen.colour, true).colour;
        settings.chosen = Prefs::read(&screen.kept);
        settings.prefs = settings.prefs.over(settings.chosen.clone());
        Self { settings, kept: screen.kept.clone(), redaction }
    }
}

/// Shows a run that is going on.
pub(super) async fn show_run(
    engine: &Engine,
    since: Timestamp,
    wishes: Wishes,
    ended: impl Future<Output = ()>,
) -> anyhow::Result<()> {
    let banner = &engine.banner;
    let about = About {
        title: banner.title(),
        recording_since: Some(since),
        setup: banner.entries(),
        setup_url: banner.remote().map(|remote| format!("http://{remote}/")),
        export_name: export_name(&engine.file),
        secrets_logged: engine.commander.dialler.client_key_log().is_some(),
        audit: engine.audit.as_ref().map(plan_of),
    };
    let commander = engine.commander.clone();
    let obey: Arc<Obeyer> = Arc::new(move |command, reply| commander.obey(command, reply));
    let (flusher, for_export, redaction) = (engine.flusher.clone(), engine.file.clone(), wishes.redaction);
    let export: Arc<Exporter> = Arc::new(move |path, rows| {
        // What is on the screen has to be in the file first.
        flusher.flush();
        export(&for_export, path, rows, redaction).map_err(|error| format!("{error:#}"))
    });
    let hooks = hooks(&engine.file, &wishes);
    let (flusher, searcher) = (engine.flusher.clone(), hooks.search.clone());
    let search: Arc<Searcher> = Arc::new(move |wanted, tell| {
        flusher.flush();
        searcher(wanted, tell);
    });
    let questions = &engine.commander.questions;
    let asked = Asked { questions: questions.watch(), guests: engine.commander.guests.watch() };
    let hooks = Hooks { export, search, obey, asked, ..hooks };
    questions.attend(true);
    let shown = show(engine.session.clone(), about, hooks, wishes.settings, ended).await;
    questions.attend(false);
    shown
}

/// What an audit shows, for the screen to lay out what came of it.
fn plan_of(auditor: &Auditor) -> Plan {
    let identities = std::iter::once(auditor.control()).chain(auditor.identities()).collect();
    Plan { identities, repeat: auditor.repeat() }
}

/// Shows a session that was kept.
pub(super) async fn show_file(file: &Path, wishes: Wishes, ended: impl Future<Output = ()>) -> anyhow::Result<()> {
    let archive = Archive::open(file)?;
    let session = Session::finished(read_book(&archive, progress(archive.counts()?.1))?);
    let started = archive.meta("started")?.unwrap_or_default();
    let name = file.file_name().map_or_else(|| file.display().to_string(), |name| name.to_string_lossy().into_owned());
    let about = About {
        title: name,
        setup: vec![("file".to_owned(), file.display().to_string()), ("recorded".to_owned(), started)],
        export_name: export_name(file),
        ..About::default()
    };
    show(session, about, hooks(file, &wishes), wishes.settings, ended).await
}

async fn show(
    session: Session,
    about: About,
    hooks: Hooks,
    settings: Settings,
    ended: impl Future<Output = ()>,
) -> anyhow::Result<()> {
    tui::run(session, about, hooks, settings, ended).await.context("cannot use the terminal; try --headless")
}

/// Says how far reading a long session has come, on a line of its own that goes again.
fn progress(all: u64) -> impl FnMut(u64) {
    move |read| {
        let percent = (read * 100).checked_div(all).unwrap_or(100).min(100);
        let end = if read + 10_000 > all { "\r\x1b[K" } else { "" };
        say(&format!("\rreading {all} exchanges … {percent} %{end}"));
    }
}

/// Beside where tlscope was started.
fn export_name(file: &Path) -> String {
    let stem = file.file_stem().map_or_else(|| "session".to_owned(), |stem| stem.to_string_lossy().into_owned());
    format!("{stem}.har")
}

fn hooks(file: &Path, wishes: &Wishes) -> Hooks {
    let file = || file.to_owned();
    let (for_load, for_export, for_search): (PathBuf, PathBuf, PathBuf) = (file(), file(), file());
    let (kept, redaction) = (wishes.kept.clone(), wishes.redaction);
    Hooks {
        load: Arc::new(move |id| Archive::attach(&for_load).and_then(|kept| read_detail(&kept, id)).ok().flatten()),
        export: Arc::new(move |path, rows| {
            export(&for_export, path, rows, redaction).map_err(|error| format!("{error:#}"))
        }),
        search: Arc::new(move |wanted, tell| {
            let searched = Archive::attach(&for_search).and_then(|archive| search_bodies(&archive, wanted, tell));
            if let Err(error) = searched {
                warn!(%error, "cannot search bodies");
            }
        }),
        obey: Arc::new(|_, reply| reply(Answer::Said("a kept session is only read".to_owned()))),
        keep: keeper(kept),
        asked: Asked::nothing(),
    }
}

/// Keeps the newest of what is chosen, whichever call comes first.
fn keeper(kept: PathBuf) -> Arc<Keeper> {
    let newest: Mutex<u64> = Mutex::new(0);
    Arc::new(move |number, prefs| {
        let mut newest = newest.lock().unwrap_or_else(PoisonError::into_inner);
        if number < *newest {
            return;
        }
        *newest = number;
        if let Err(error) = keep(&kept, prefs) {
            warn!(%error, path = %kept.display(), "cannot keep what was chosen on the screen");
        }
    })
}

fn keep(path: &Path, prefs: &Prefs) -> io::Result<()> {
    if let Some(dir) = path.parent() {
        std::fs::create_dir_all(dir)?;
    }
    std::fs::write(path, prefs.text())
}

/// Writes beside the name first, so that a file of that name is a whole one.
fn export(file: &Path, path: &Path, rows: Option<&HashSet<RowId>>, redaction: Redaction) -> anyhow::Result<()> {
    let archive = Archive::attach(file)?;
    let named = || format!("cannot write {}", path.display());
    // Somebody's file of that name is worth more than an export.
    let taken = || io::Error::new(io::ErrorKind::AlreadyExists, "there is such a file already");
    if path.exists() {
        return Err(taken()).with_context(named);
    }
    let mut part = path.as_os_str().to_owned();
    part.push(".part");
    let part = PathBuf::from(part);
    let out = create_private(&part).with_context(named)?;
    let written = write_har(&archive, BufWriter::new(out), rows, redaction).with_context(named);
    let moved = written.and_then(|()| std::fs::rename(&part, path).with_context(named));
    if moved.is_err() {
        let _ = std::fs::remove_file(&part);
    }
    moved
}
