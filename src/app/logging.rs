//! Logs: to standard error, or to a file while the screen is in use.

use std::path::Path;

use anyhow::Context as _;
use tracing::level_filters::LevelFilter;
use tracing_appender::non_blocking::{NonBlocking, WorkerGuard};
use tracing_subscriber::fmt;

use super::files::open_log;
use crate::config::Globals;

/// How much is logged.
pub(super) fn level(globals: &Globals) -> LevelFilter {
    match i16::from(globals.verbose) - i16::from(globals.quiet) {
        ..=-2 => LevelFilter::OFF,
        -1 => LevelFilter::ERROR,
        0 => LevelFilter::WARN,
        1 => LevelFilter::INFO,
        2 => LevelFilter::DEBUG,
        3.. => LevelFilter::TRACE,
    }
}

/// Logs to the file, or without one to standard error. A reader that stops reading slows nobody:
/// what it does not take is lost. Lines are written as long as the guard lives.
pub(super) fn start(file: Option<&Path>, level: LevelFilter) -> anyhow::Result<WorkerGuard> {
    let format = fmt().with_max_level(level).with_target(false).with_ansi(false);
    let (started, guard) = match file {
        None => {
            let (out, guard) = NonBlocking::new(std::io::stderr());
            (format.without_time().with_writer(out).try_init(), guard)
        }
        Some(path) => {
            let opened = open_log(path).with_context(|| format!("cannot write the log file {}", path.display()))?;
            let (out, guard) = NonBlocking::new(opened);
            (format.with_writer(out).try_init(), guard)
        }
    };
    // Within a test there is a log already.
    let _ = started;
    Ok(guard)
}
