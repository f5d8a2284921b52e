//! `export`: a session in a form that others read.

use std::collections::{HashMap, HashSet};
use std::io::{self, BufWriter, IsTerminal as _, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};

use super::files::create_private;
use crate::config::{ExportArgs, ExportFormat};
use crate::export::{
    HarEntry, HarWriter, Recorded, Redaction, connection_line, exchange_line, printable, redacted_exchange,
    redacted_message,
};
use crate::model::{Connection, Exchange, ExchangeId, Note, Report, RowId};
use crate::store::{Archive, Item, Writer};

/// Writes a session.
pub(super) fn run(args: &ExportArgs) -> anyhow::Result<u8> {
    let archive = Archive::open(&args.session)?;
    if args.output.as_deref().is_some_and(|output| is_same(output, &args.session)) {
        bail!("{} is the session itself; choose another name", args.session.display());
    }
    let redaction = if args.with_secrets { Redaction::WithSecrets } else { Redaction::On };
    if args.format == ExportFormat::Session {
        let Some(path) = args.output.as_deref() else { bail!("a session file is binary; say where with -o FILE") };
        write_session(&archive, path, redaction)?;
        return Ok(0);
    }
    let (out, name): (Box<dyn Write>, String) = match &args.output {
        Some(path) => {
            let file = create_private(path).with_context(|| format!("cannot write {}", path.display()))?;
            (Box::new(file), path.display().to_string())
        }
        None => (Box::new(io::stdout()), "standard output".to_owned()),
    };
    let out = BufWriter::with_capacity(1 << 16, out);
    let written = match args.format {
        ExportFormat::Har => write_har(&archive, out, None, redaction),
        _ => write_lines(&archive, out, redaction),
    };
    match written {
        Err(error) if is_broken_pipe(&error) && !io::stdout().is_terminal() => Ok(0),
        written => written.map(|()| 0).with_context(|| format!("cannot write to {name}")),
    }
}

fn is_same(a: &Path, b: &Path) -> bool {
    matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b)
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

/// One HAR document, of everything or of some rows.
pub(super) fn write_har(
    archive: &Archive,
    out: impl Write,
    rows: Option<&HashSet<RowId>>,
    redaction: Redaction,
) -> anyhow::Result<()> {
    let mut har = HarWriter::begin(out, redaction)?;
    let mut known = Latest::default();
    let notes: HashMap<RowId, Note> = archive.notes()?.into_iter().collect();
    let is_wanted = |row: RowId| rows.is_none_or(|rows| rows.contains(&row));
    let mut used = HashSet::new();
    archive.each_exchange(|row| -> anyhow::Result<()> {
        let id = RowId::Exchange(row.exchange.id);
        if !is_wanted(id) {
            return Ok(());
        }
        used.insert(row.exchange.connection);
        let messages = if row.exchange.messages > 0 { archive.messages_of(row.exchange.id)? } else { Vec::new() };
        let (connection, report) = known.get(archive, &row.exchange)?;
        let recorded = Recorded { connection, report };
        let (exchange, note) = (&row.exchange, notes.get(&id));
        har.entry(HarEntry { exchange, recorded, is_first: row.is_first, messages: &messages, note })?;
        Ok(())
    })?;
    archive.each_connection(|connection, report, revision| -> anyhow::Result<()> {
        let id = RowId::Connection(connection.id);
        if is_wanted(id) || used.contains(&connection.id) {
            har.connection(Recorded { connection: &connection, report: report.as_ref() }, revision, notes.get(&id))?;
        }
        Ok(())
    })?;
    har.finish()?;
    Ok(())
}

/// The connection of the exchange before is most often that of the next as well.
#[derive(Default)]
struct Latest {
    connection: Option<Connection>,
    report: Option<Report>,
}

impl Latest {
    fn get(&mut self, archive: &Archive, exchange: &Exchange) -> anyhow::Result<(&Connection, Option<&Report>)> {
        let id = exchange.connection;
        if self.connection.as_ref().is_none_or(|known| known.id != id) {
            let (connection, report) = archive.connection(id)?.unzip();
            *self = Self { connection, report: report.flatten() };
        }
        // A slow disk may have cost the record of the connection; the exchange is there all the same.
        let lost = || Connection::new(id, exchange.started, SocketAddr::from(([0; 4], 0)));
        Ok((self.connection.get_or_insert_with(lost), self.report.as_ref()))
    }
}

/// The lines of `--events`, last revisions only.
fn write_lines(archive: &Archive, mut out: impl Write, redaction: Redaction) -> anyhow::Result<()> {
    let mut certificates = std::collections::BTreeSet::new();
    archive.each_connection(|connection, report, revision| -> anyhow::Result<()> {
        let recorded = Recorded { connection: &connection, report: report.as_ref() };
        writeln!(out, "{}", printable(&connection_line(recorded, revision, |print| certificates.insert(print))))?;
        Ok(())
    })?;
    archive.each_exchange(|row| -> anyhow::Result<()> {
        writeln!(out, "{}", printable(&exchange_line(&row.exchange, redaction)))?;
        Ok(())
    })?;
    out.flush()?;
    Ok(())
}

/// How much waits for the disk while a session is copied.
const COPY_QUEUE: usize = 32 << 20;

/// A session file to give away. Raw bytes are left out of a redacted one: nobody knows what is in
/// them.
fn write_session(archive: &Archive, path: &Path, redaction: Redaction) -> anyhow::Result<()> {
    let meta: Vec<(&str, String)> = ["tlscope", "started"]
        .into_iter()
        .filter_map(|key| Some((key, archive.meta(key).ok()??)))
        .chain([("redacted", (redaction == Redaction::On).to_string())])
        .collect();
    let writer = Writer::create(path, usize::MAX, &meta)?;
    let mut raw = Vec::new();
    archive.each_connection(|connection, report, revision| -> anyhow::Result<()> {
        raw.push(connection.id);
        put(&writer, Item::Connection(Arc::new(connection), report.map(Arc::new), revision));
        Ok(())
    })?;
    let mut upgraded: Vec<ExchangeId> = Vec::new();
    archive.each_exchange(|row| -> anyhow::Result<()> {
        if row.exchange.messages > 0 {
            upgraded.push(row.exchange.id);
        }
        put(&writer, Item::Exchange(Arc::new(redacted_exchange(row.exchange, redaction))));
        Ok(())
    })?;
    for id in upgraded {
        for message in archive.messages_of(id)? {
            if let Some(message) = redacted_message(message, redaction) {
                put(&writer, Item::Message(Arc::new(message)));
            }
        }
    }
    if redaction == Redaction::WithSecrets {
        for id in raw {
            for message in archive.raw_messages_of(id)? {
                put(&writer, Item::Message(Arc::new(message)));
            }
        }
    }
    for (row, note) in archive.notes()? {
        put(&writer, Item::Note(row, note));
    }
    match writer.finish() {
        0 => Ok(()),
        failed => bail!("{failed} records could not be written to {}", path.display()),
    }
}

/// Waits for the disk: nobody is in a hurry here, and nothing may be left out.
fn put(writer: &Writer, item: Item) {
    while writer.queued() > COPY_QUEUE {
        std::thread::sleep(Duration::from_millis(5));
    }
    writer.offer(item);
}
