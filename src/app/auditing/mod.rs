//! `audit`: clients come to the proxy, or a command is run again and again; then the table.

mod repeated;

use std::io::{self, IsTerminal as _, Write as _};
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use tracing::level_filters::LevelFilter;

use super::engine::Engine;
use super::files::create_private;
use super::output::{paint_for, print, say};
use super::running::{Listening, check_writable, ending, finish};
use super::screen::{Wishes, show_run};
use super::{descriptors, exec, logging, now, runtime};
use crate::config::{self, AuditArgs, AuditSettings, Globals, ReportFormat};
use crate::export::{AuditAbout, audit_document, printable};
use crate::headless::{Paint, audit_report, trial_lines};
use crate::model::Identity;
use crate::proxy::{Audited, Auditor};
use crate::session::Session;

/// Audits, writes the table, and gives the exit code.
pub(super) fn run(globals: &Globals, args: AuditArgs) -> anyhow::Result<u8> {
    let mut settings = config::audit_settings(globals, args)?;
    exec::check_names(&settings.keep_env)?;
    for path in settings.run.har.iter().chain(&settings.output) {
        check_writable(path)?;
    }
    let level = logging::level(globals);
    let log = settings.run.log.clone().or_else(|| Some(settings.run.home.log.clone()));
    let _log = logging::start(log.as_deref(), level)?;
    settings.run.proxy.limits = descriptors::within_reach(settings.run.proxy.limits);
    let runtime = runtime()?;
    let code = runtime.block_on(audit(&settings, level));
    // A file system that hangs must not keep the process.
    runtime.shutdown_timeout(Duration::from_secs(1));
    code
}

async fn audit(settings: &AuditSettings, level: LevelFilter) -> anyhow::Result<u8> {
    let paint = paint_for(settings.run.colour, io::stderr().is_terminal());
    let is_told = level >= LevelFilter::WARN;
    let mut listening = Listening::start(&settings.run)?;
    // A command's runs have a line each; of clients that come as they like, each trial has one.
    let has_screen = !settings.headless && io::stdout().is_terminal();
    if is_told && settings.command.is_empty() && !has_screen {
        let identities = crate::ca::Catalogue::read()?.identities();
        listening.write_to(io::stderr(), trial_lines(identities, paint))?;
    }
    let listeners = std::mem::take(&mut listening.listeners);
    let engine = Engine::start_with(&settings.run, listeners, Some(&settings.plan)).await?;
    let auditor = engine.audit.clone().context("there is no audit")?;
    let failed = if settings.command.is_empty() {
        attend(settings, &engine, &auditor, Face { paint, is_told, has_screen }).await?;
        None
    } else {
        repeated::run(settings, &engine, &auditor, is_told, ending(settings.run.run_for)).await?
    };
    finish(&settings.run, engine, listening, None).await?;
    if let Some(code) = failed {
        return Ok(code);
    }
    write_table(settings, &auditor)?;
    Ok(settings.fail_on.exit_code(&auditor.table()))
}

/// How a person follows.
struct Face {
    paint: Paint,
    is_told: bool,
    has_screen: bool,
}

/// Lets clients come as they like, until it is told to end, or knows everything.
async fn attend(settings: &AuditSettings, engine: &Engine, auditor: &Auditor, face: Face) -> anyhow::Result<()> {
    let ended = async {
        tokio::select! {
            () = ending(settings.run.run_for) => {}
            () = done(auditor, engine.session.clone()), if settings.until_done => {}
        }
    };
    if face.has_screen {
        let wishes = Wishes::of(&settings.run.screen, settings.run.redaction);
        return show_run(engine, now(), wishes, ended).await;
    }
    if face.is_told {
        say(&engine.banner.text(face.paint));
        say(&beginning(auditor));
    }
    ended.await;
    Ok(())
}

/// What is going to happen.
fn beginning(auditor: &Auditor) -> String {
    format!(
        "auditing the clients of {}: {} identities, one a connection; the table comes at the end (ctrl-c)\n",
        auditor.hosts(),
        auditor.identities().len()
    )
}

/// Waits until everybody who came is done with.
async fn done(auditor: &Auditor, mut session: Session) {
    while !auditor.is_done() || auditor.is_busy() {
        if !session.changed().await {
            std::future::pending::<()>().await;
        }
    }
}

fn write_table(settings: &AuditSettings, auditor: &Auditor) -> anyhow::Result<()> {
    let to_terminal = settings.output.is_none() && io::stdout().is_terminal();
    let paint = if settings.output.is_none() { paint_for(settings.run.colour, to_terminal) } else { Paint::default() };
    let text = match settings.format {
        ReportFormat::Human => audit_report(&auditor.table(), auditor.left_out(), paint, columns(to_terminal)),
        ReportFormat::Json => format!("{}\n", document(auditor)),
    };
    let Some(path) = &settings.output else { return print(&text) };
    let written = create_private(path).and_then(|mut file| file.write_all(text.as_bytes()));
    written.with_context(|| format!("cannot write {}", path.display()))
}

fn document(auditor: &Auditor) -> String {
    let hosts: Vec<String> = match auditor.hosts() {
        Audited::All => Vec::new(),
        Audited::These(globs) => globs.iter().map(ToString::to_string).collect(),
    };
    let identities: Vec<Identity> = std::iter::once(auditor.control()).chain(auditor.identities()).collect();
    let about = AuditAbout { hosts: &hosts, identities: &identities, left_out: auditor.left_out(), at: now() };
    printable(&audit_document(&auditor.table(), &about))
}

/// As wide as a person's terminal, and as it likes elsewhere.
fn columns(to_terminal: bool) -> usize {
    if !to_terminal {
        return usize::MAX;
    }
    crossterm::terminal::size().map_or(usize::MAX, |(columns, _)| usize::from(columns).max(40))
}

/// A command that did not start.
fn not_started(error: &io::Error, program: &str) -> u8 {
    say(&format!("tlscope: {:#}\n", anyhow!("cannot run {program}: {error}")));
    exec::code_of_failure(error)
}
