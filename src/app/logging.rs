//! Logs: to standard error, or to a file while the screen is in use.

use std::fs::OpenOptions;
use std::path::Path;
use std::sync::Mutex;

use anyhow::Context as _;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::fmt;

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

/// Logs to the file, or without one to standard error.
pub(super) fn start(file: Option<&Path>, level: LevelFilter) -> anyhow::Result<()> {
    let format = fmt().with_max_level(level).with_target(false);
    let started = match file {
        None => format.without_time().with_ansi(false).with_writer(std::io::stderr).try_init(),
        Some(path) => {
            if let Some(dir) = path.parent() {
                let _ = std::fs::create_dir_all(dir);
            }
            let opened = OpenOptions::new().create(true).append(true).open(path);
            let opened = opened.with_context(|| format!("cannot write the log file {}", path.display()))?;
            format.with_ansi(false).with_writer(Mutex::new(opened)).try_init()
        }
    };
    // Within a test there is a log already.
    let _ = started;
    Ok(())
}
