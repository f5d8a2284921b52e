//! `exec`: one command with a proxy of its own.
//!
//! The command has the standard streams and the terminal to itself: before it has ended nothing is
//! said, unless -v asks for it. What it is given are variables of the environment and, where a
//! runtime reads none, a preload or options; see [`variables`].

mod child;
mod environment;
mod kit;
mod passing_on;
mod variables;

use std::env;
use std::ffi::{OsStr, OsString};
use std::io::{self, IsTerminal as _};
use std::process::Command;

use anyhow::{Context as _, bail};
use tokio::runtime::Runtime;
use tracing::level_filters::LevelFilter;

use super::engine::Engine;
use super::output::{paint_for, print, say};
use super::running::{Listening, check_writable, finish};
use super::{in_words, logging, runtime};
use crate::config::{self, ExecArgs, ExecSettings, Globals};
use crate::headless::{Banner, human_lines, run_summary};
use child::Ended;
use environment::Surroundings;
use kit::Kit;
use variables::{VARIABLES, list_text};

/// The command went well, and TLS did not.
const BAD_TLS: u8 = 88;

/// Runs the command, and gives its exit code, or 88 when there is a finding that counts.
pub(super) fn run(globals: &Globals, args: ExecArgs) -> anyhow::Result<u8> {
    if args.is_list() {
        print(&list_text())?;
        return Ok(0);
    }
    let settings = config::exec_settings(globals, args)?;
    check_names(&settings.keep_env)?;
    if let Some(har) = &settings.run.har {
        check_writable(har)?;
    }
    let level = logging::level(globals);
    let log = settings.run.log.clone().or_else(|| (!is_verbose(level)).then(|| settings.run.home.log.clone()));
    let _log = logging::start(log.as_deref(), level)?;
    let runtime = runtime()?;
    let code = with_proxy(&runtime, &settings, level);
    // All that matters has been finished; a key that is being made ahead is not waited for.
    runtime.shutdown_background();
    code
}

fn is_verbose(level: LevelFilter) -> bool {
    level > LevelFilter::WARN
}

/// A slip of the pen would go unnoticed.
pub(super) fn check_names(keep: &[String]) -> anyhow::Result<()> {
    let is_known = |name: &String| VARIABLES.iter().any(|variable| variable.name.eq_ignore_ascii_case(name));
    if let Some(unknown) = keep.iter().find(|name| !is_known(name)) {
        bail!("--keep-env: {unknown} is none of the variables that are set; `tlscope exec --list` lists them");
    }
    Ok(())
}

fn with_proxy(runtime: &Runtime, settings: &ExecSettings, level: LevelFilter) -> anyhow::Result<u8> {
    let run = &settings.run;
    let paint = paint_for(run.colour, io::stderr().is_terminal());
    let mut listening = Listening::start(run)?;
    if is_verbose(level) {
        listening.write_to(io::stderr(), human_lines(paint, true))?;
    }
    let listeners = std::mem::take(&mut listening.listeners);
    let engine = runtime.block_on(Engine::start(run, listeners))?;
    if is_verbose(level) {
        say(&engine.banner.text(paint));
    }
    let (session, file, warnings) = (engine.session.clone(), engine.file.clone(), engine.banner.warnings.clone());
    let ended = run_command(settings, &engine.banner);
    let finished = runtime.block_on(finish(run, engine, listening, None));
    let ended = ended?;
    if let Ended::NotStarted(error) = &ended {
        say(&format!("tlscope: cannot run {}: {error}\n", program(settings)?.to_string_lossy()));
    } else if level >= LevelFilter::WARN {
        let kept = file.exists().then_some(file.as_path());
        say(&session.look(|book| run_summary(book, kept, paint)));
        for warning in warnings {
            say(&format!("tlscope: {warning}\n"));
        }
    }
    exit_code(ended.code(), finished)
}

/// The command's own code comes first, even where what was recorded could not be written.
fn exit_code(code: u8, finished: anyhow::Result<u8>) -> anyhow::Result<u8> {
    match (code, finished) {
        (0, finished) => finished.map(|tally| if tally == 1 { BAD_TLS } else { 0 }),
        (code, Ok(_)) => Ok(code),
        (code, Err(error)) => {
            say(&format!("tlscope: {}\n", in_words(&error)));
            Ok(code)
        }
    }
}

fn program(settings: &ExecSettings) -> anyhow::Result<&OsStr> {
    settings.command.first().map(AsRef::as_ref).context("no command was given")
}

/// Runs it, with files that are gone when this is over.
fn run_command(settings: &ExecSettings, banner: &Banner) -> anyhow::Result<Ended> {
    let mut prepared = Prepared::new(&settings.command, &settings.keep_env, banner)?;
    child::run(&mut prepared.command).context("cannot wait for the command")
}

/// A command with the environment that leads it to a proxy.
pub(super) struct Prepared {
    /// It may be run more than once.
    pub(super) command: Command,
    /// Its files; they are gone with it.
    _kit: Kit,
}

impl Prepared {
    /// Of a program and its arguments; `keep` are variables that stay as they are.
    pub(super) fn new(words: &[OsString], keep: &[String], banner: &Banner) -> anyhow::Result<Self> {
        let program = words.first().map(AsRef::as_ref).context("no command was given")?;
        let proxy = banner.local_address();
        let kit = Kit::make(proxy, &banner.ca_file, |name| env::var_os(name))?;
        let surroundings = Surroundings { proxy, dir: kit.path(), keep, program };
        let mut command = Command::new(program);
        for (name, value) in surroundings.changes(|name| env::var_os(name)) {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command.args(surroundings.arguments()).args(words.iter().skip(1));
        Ok(Self { command, _kit: kit })
    }
}

/// The exit code of a command that does not start, as shells have it.
pub(super) fn code_of_failure(error: &io::Error) -> u8 {
    if error.kind() == io::ErrorKind::NotFound { child::NOT_FOUND } else { child::NOT_EXECUTABLE }
}
