//! What the screen is told and given.

use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;

use super::exporting::write_har;
use super::files::create_new_private;
use super::output::paint_for;
use crate::config::Colour;
use crate::export::Redaction;
use crate::headless::Banner;
use crate::model::Timestamp;
use crate::session::{Book, Detail, RowId, Session};
use crate::store::{Archive, StoreError};
use crate::tui::{self, About, Hooks};

/// Shows a run that is going on.
pub(super) async fn show_run(
    session: Session,
    file: &Path,
    banner: &Banner,
    since: Timestamp,
    redaction: Redaction,
    colour: Colour,
    ended: impl Future<Output = ()>,
) -> anyhow::Result<()> {
    let about = About {
        title: banner.title(),
        recording_since: Some(since),
        setup: banner.entries(),
        export_name: export_name(file),
    };
    show(session, about, hooks(file, redaction), colour, ended).await
}

/// Shows a session that was kept.
pub(super) async fn show_file(
    file: &Path,
    redaction: Redaction,
    colour: Colour,
    ended: impl Future<Output = ()>,
) -> anyhow::Result<()> {
    let archive = Archive::open(file)?;
    let session = Session::finished(fold(&archive)?);
    let started = archive.meta("started")?.unwrap_or_default();
    let name = file.file_name().map_or_else(|| file.display().to_string(), |name| name.to_string_lossy().into_owned());
    let about = About {
        title: name,
        recording_since: None,
        setup: vec![("file".to_owned(), file.display().to_string()), ("recorded".to_owned(), started)],
        export_name: export_name(file),
    };
    show(session, about, hooks(file, redaction), colour, ended).await
}

async fn show(
    session: Session,
    about: About,
    hooks: Hooks,
    colour: Colour,
    ended: impl Future<Output = ()>,
) -> anyhow::Result<()> {
    let has_colour = paint_for(colour, true).colour;
    tui::run(session, about, hooks, has_colour, ended).await.context("cannot use the terminal; try --headless")
}

/// Beside where tlscope was started.
fn export_name(file: &Path) -> String {
    let stem = file.file_stem().map_or_else(|| "session".to_owned(), |stem| stem.to_string_lossy().into_owned());
    format!("{stem}.har")
}

fn hooks(file: &Path, redaction: Redaction) -> Hooks {
    let (for_load, for_export): (PathBuf, PathBuf) = (file.to_owned(), file.to_owned());
    Hooks {
        load: Arc::new(move |id| load(&for_load, id).ok().flatten()),
        export: Arc::new(move |path| export(&for_export, path, redaction).map_err(|error| format!("{error:#}"))),
    }
}

fn load(file: &Path, id: RowId) -> Result<Option<Detail>, StoreError> {
    let archive = Archive::attach(file)?;
    let (connection, exchange, messages) = match id {
        RowId::Connection(id) => (id, None, archive.raw_messages_of(id)?),
        RowId::Exchange(id) => {
            let Some(exchange) = archive.exchange(id)? else { return Ok(None) };
            (exchange.connection, Some(Arc::new(exchange)), archive.messages_of(id)?)
        }
    };
    let Some((connection, report)) = archive.connection(connection)? else { return Ok(None) };
    Ok(Some(Detail {
        connection: Arc::new(connection),
        report: report.map(Arc::new),
        exchange,
        messages: messages.into_iter().map(Arc::new).collect(),
    }))
}

fn export(file: &Path, path: &Path, redaction: Redaction) -> anyhow::Result<()> {
    let archive = Archive::attach(file)?;
    let named = || format!("cannot write {}", path.display());
    // Somebody's file of that name is worth more than an export.
    let out = create_new_private(path).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => io::Error::new(error.kind(), "there is such a file already"),
        _ => error,
    });
    write_har(&archive, BufWriter::new(out.with_context(named)?), redaction).with_context(named)
}

/// Rows in the order in which things happened.
fn fold(archive: &Archive) -> Result<Book, StoreError> {
    let mut connections = Vec::new();
    archive.each_connection(|connection, report, _| {
        connections.push((connection, report));
        Ok::<_, StoreError>(())
    })?;
    let mut book = Book::new(crate::session::Limits::default());
    let mut connections = connections.into_iter().peekable();
    archive.each_exchange_record(|exchange| {
        while let Some((connection, report)) = connections.next_if(|(c, _)| c.opened <= exchange.started) {
            fold_connection(&mut book, connection, report);
        }
        book.fold_record(&exchange);
        Ok::<_, StoreError>(())
    })?;
    for (connection, report) in connections {
        fold_connection(&mut book, connection, report);
    }
    Ok(book)
}

fn fold_connection(book: &mut Book, connection: crate::model::Connection, report: Option<crate::model::Report>) {
    let id = connection.id;
    book.fold_connection(Arc::new(connection));
    if let Some(report) = report {
        book.fold_report(id, Arc::new(report));
    }
}
