//! The door: assembling what a command needs, running it, shutting it down.
//!
//! Owns the modes, the logs, the signals, the exit codes, and everything that is printed. What is
//! said about a connection is made by the faces below; this room only joins things up.

mod android;
mod auditing;
mod authority;
mod checking;
mod descriptors;
mod devices;
mod engine;
mod exec;
mod exporting;
mod files;
mod labour;
mod logging;
mod obeying;
mod output;
mod repeating;
mod running;
mod screen;
mod sessions;
mod signals;

use std::ffi::OsString;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use anyhow::Context as _;
use clap_complete::generate;
use tokio::runtime::Runtime;

use crate::config::{self, Cli, Command, DeviceAction};
use crate::headless::{explain_list, explain_page};
use crate::model::Timestamp;
use output::{print, say};

/// Usage, configuration, or a file that cannot be read.
const USAGE: u8 = 2;

/// A fault of tlscope itself.
const INTERNAL: u8 = 70;

/// Runs a command line, and gives its exit code.
pub fn main(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match config::read(args) {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(USAGE));
        }
    };
    match catch_unwind(AssertUnwindSafe(|| dispatch(cli))) {
        Ok(Ok(code)) => ExitCode::from(code),
        Ok(Err(error)) => {
            say(&format!("tlscope: {}\n", in_words(&error)));
            ExitCode::from(USAGE)
        }
        Err(_) => ExitCode::from(INTERNAL),
    }
}

fn dispatch(cli: Cli) -> anyhow::Result<u8> {
    let Cli { globals, command } = cli;
    match command {
        Command::Run(args) => running::run(config::run_settings(&globals, *args)?, logging::level(&globals)),
        Command::Exec(args) => exec::run(&globals, *args),
        Command::Audit(args) => auditing::run(&globals, *args),
        Command::Check(args) => checking::run(&globals, *args),
        Command::Explain { id } => {
            let paint = output::paint(&globals)?;
            print(&id.map_or_else(|| explain_list(paint), |id| explain_page(id, paint)))?;
            Ok(0)
        }
        Command::Ca { action, output } => authority::run(&globals, action, output.as_deref()),
        Command::Open { session, screen } => sessions::run(&globals, session.as_deref(), screen),
        Command::Export(args) => exporting::run(&args),
        Command::Lab(args) => labour::run(&globals, &args),
        Command::Device(DeviceAction::Android(args)) => android::run(&globals, *args),
        Command::Device(DeviceAction::Restore(options)) => android::restore(&globals, &options),
        Command::Device(DeviceAction::List) => devices::list(&globals),
        Command::Device(DeviceAction::Remove { address }) => devices::remove(&globals, address),
        Command::Device(DeviceAction::Clear) => devices::clear(&globals),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            generate(shell, &mut config::command(), "tlscope", &mut script);
            output::print_bytes(&script)?;
            Ok(0)
        }
    }
}

/// An error with its causes; one that the text before it has told already is not told again.
fn in_words(error: &anyhow::Error) -> String {
    let mut out = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if out.is_empty() {
            out = cause;
        } else if !out.contains(&cause) {
            out.push_str(": ");
            out.push_str(&cause);
        }
    }
    out
}

fn runtime() -> anyhow::Result<Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().context("cannot start threads")
}

fn now() -> Timestamp {
    Timestamp::from(time::OffsetDateTime::now_utc())
}
