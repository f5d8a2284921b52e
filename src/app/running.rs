//! `run`: the proxy with a screen, or without one.

use std::io::{self, BufWriter, IsTerminal as _, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use tokio::task::block_in_place;
use tracing::level_filters::LevelFilter;
use tracing::warn;

use super::engine::Engine;
use super::exporting::write_har;
use super::files::{Fresh, create_private};
use super::output::{paint_for, say};
use super::screen::{Wishes, show_run};
use super::{android, descriptors, logging, now, runtime, signals};
use crate::config::{EventSink, RunSettings};
use crate::headless::{Banner, Tally, human_lines};
use crate::session::{LineStream, Listener, json_lines};
use crate::store::Archive;

/// What goes along with a run: begun when the proxy listens, dropped when the run ends, however it does.
pub(super) type Companion = Box<dyn FnOnce(&Banner) -> anyhow::Result<Box<dyn Send>> + Send>;

/// Runs until it is told to end, and gives the exit code.
pub(super) fn run(settings: RunSettings, level: LevelFilter) -> anyhow::Result<u8> {
    run_with(settings, level, None)
}

/// The same with a companion.
pub(super) fn run_with(
    mut settings: RunSettings,
    level: LevelFilter,
    companion: Option<Companion>,
) -> anyhow::Result<u8> {
    android::restore_leftovers(&settings.home.attached);
    if !settings.headless && !io::stdout().is_terminal() {
        say("tlscope: standard output is no terminal, so there is no screen; running as with --headless\n");
        settings.headless = true;
    }
    if let Some(har) = &settings.har {
        check_writable(har)?;
    }
    let log = settings.log.clone().or_else(|| (!settings.headless).then(|| settings.home.log.clone()));
    let _log = logging::start(log.as_deref(), level)?;
    settings.proxy.limits = descriptors::within_reach(settings.proxy.limits);
    let runtime = runtime()?;
    let code = runtime.block_on(async {
        if settings.headless {
            headless(&settings, level, companion).await
        } else {
            with_screen(&settings, companion).await
        }
    });
    // A file system that hangs must not keep the process.
    runtime.shutdown_timeout(Duration::from_secs(1));
    code
}

/// What listens to a run beside its face.
pub(super) struct Listening {
    streams: Vec<LineStream>,
    pub(super) listeners: Vec<Listener>,
    tally: Arc<Mutex<Tally>>,
}

impl Listening {
    pub(super) fn start(settings: &RunSettings) -> anyhow::Result<Self> {
        let tally = Arc::new(Mutex::new(Tally::new(settings.fail_on.clone())));
        let counting = tally.clone();
        let count: Listener =
            Box::new(move |change| counting.lock().unwrap_or_else(PoisonError::into_inner).note_change(change));
        let mut listening = Self { streams: Vec::new(), listeners: vec![count], tally };
        match &settings.events {
            None => {}
            Some(EventSink::Stdout) => listening.write_to(io::stdout(), json_lines(settings.redaction))?,
            Some(EventSink::File(path)) => {
                let file = Fresh::open(path).with_context(|| format!("cannot write events to {}", path.display()))?;
                listening.write_to(file, json_lines(settings.redaction))?;
            }
        }
        Ok(listening)
    }

    pub(super) fn write_to(
        &mut self,
        out: impl Write + Send + 'static,
        format: crate::session::Format,
    ) -> anyhow::Result<()> {
        let stream = LineStream::start(out, format).context("cannot start a thread")?;
        self.listeners.push(stream.listener());
        self.streams.push(stream);
        Ok(())
    }
}

async fn headless(settings: &RunSettings, level: LevelFilter, companion: Option<Companion>) -> anyhow::Result<u8> {
    let paint = paint_for(settings.colour, io::stderr().is_terminal());
    let mut listening = Listening::start(settings)?;
    if level >= LevelFilter::WARN {
        listening.write_to(io::stderr(), human_lines(paint, level > LevelFilter::WARN))?;
    }
    let listeners = std::mem::take(&mut listening.listeners);
    let engine = Engine::start(settings, listeners).await?;
    if level > LevelFilter::OFF {
        say(&engine.banner.text(paint));
    }
    let ended = ending(settings.run_for);
    let (engine, beside) = begin(companion, engine).await?;
    ended.await;
    finish(settings, engine, listening, beside).await
}

async fn with_screen(settings: &RunSettings, companion: Option<Companion>) -> anyhow::Result<u8> {
    let mut listening = Listening::start(settings)?;
    let listeners = std::mem::take(&mut listening.listeners);
    let engine = Engine::start(settings, listeners).await?;
    let ended = ending(settings.run_for);
    let (engine, beside) = begin(companion, engine).await?;
    let shown = show_run(&engine, now(), Wishes::of(&settings.screen, settings.redaction), ended).await;
    let open = engine.session.look(|book| book.totals().open);
    if open > 0 {
        say(&format!("ending {open} connections … (ctrl-c: at once)\n"));
    }
    let file = engine.file.clone();
    finish(settings, engine, listening, beside).await?;
    if file.exists() {
        say(&format!("the session is kept: tlscope open {}\n", file.display()));
    } else {
        say("nothing came, so no session is kept\n");
    }
    // What was found decides the exit code of scripts alone; a person has seen it.
    shown.map(|()| 0)
}

/// Begins what goes along. Where that fails there is no run.
async fn begin(companion: Option<Companion>, engine: Engine) -> anyhow::Result<(Engine, Option<Box<dyn Send>>)> {
    match companion.map(|companion| block_in_place(|| companion(&engine.banner))).transpose() {
        Ok(beside) => Ok((engine, beside)),
        Err(error) => {
            let file = engine.file.clone();
            engine.stop().await;
            // Nothing has happened that would be worth a file.
            let _ = std::fs::remove_file(file);
            Err(error)
        }
    }
}

/// Listens for the end from now on: a signal while something begins ends it in order.
pub(super) fn ending(run_for: Option<Duration>) -> impl Future<Output = ()> {
    let ended = tokio::spawn(ended(run_for));
    async move {
        let _ = ended.await;
    }
}

/// Waits for a signal, or for the end of the time that was set.
async fn ended(run_for: Option<Duration>) {
    match run_for {
        // Late is as good as a signal here.
        Some(time) => drop(tokio::time::timeout(time, signals::asked_to_end()).await),
        None => signals::asked_to_end().await,
    }
}

/// Stops; a second signal meanwhile ends the process at once.
pub(super) async fn finish(
    settings: &RunSettings,
    engine: Engine,
    listening: Listening,
    beside: Option<Box<dyn Send>>,
) -> anyhow::Result<u8> {
    tokio::spawn(async {
        signals::asked_to_end().await;
        std::process::exit(130);
    });
    block_in_place(|| drop(beside));
    let file = engine.file.clone();
    let totals = engine.stop().await;
    let is_worth_keeping = settings.session.is_some() || totals.connections > 0;
    if let Some(har) = &settings.har {
        let archive = Archive::open(&file)?;
        let out = create_private(har).with_context(|| format!("cannot write {}", har.display()))?;
        write_har(&archive, BufWriter::new(out), None, settings.redaction)
            .with_context(|| format!("cannot write {}", har.display()))?;
    }
    let at = now();
    for stream in listening.streams {
        let left_out = stream.finish(totals, at);
        if left_out > 0 {
            say(&format!("tlscope: {left_out} lines were left out because their reader was slow\n"));
        }
    }
    // A file that somebody has named is somebody's; of the others there would be one for every start.
    if !is_worth_keeping && let Err(error) = std::fs::remove_file(&file) {
        warn!(%error, file = %file.display(), "cannot remove the empty session");
    }
    let code = listening.tally.lock().unwrap_or_else(PoisonError::into_inner).exit_code();
    Ok(code)
}

/// Better to hear of it before the run than after it. What is there stays until then.
pub(super) fn check_writable(path: &Path) -> anyhow::Result<()> {
    let checked = if path.exists() {
        std::fs::OpenOptions::new().append(true).open(path).map(drop)
    } else {
        create_private(path).map(drop)
    };
    checked.with_context(|| format!("cannot write {}", path.display()))
}
