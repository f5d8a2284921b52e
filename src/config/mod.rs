//! Everything that can be set, merged once: flags over the environment over the file.
//!
//! Owns the command line, the configuration file and its sample, where tlscope keeps its files, and
//! turning all of it into the rooms' own settings. A flag `--some-flag` is `TLSCOPE_SOME_FLAG` in
//! the environment and `some_flag` in the file, under the room that it is about.
//!
//! Must not do anything that a room does.

mod audit;
mod command;
mod device;
mod exec;
mod fault;
mod file;
mod home;
mod layer;
mod options;
mod settings;
mod values;

pub use audit::{AuditArgs, AuditSettings, audit_settings};
pub use command::{
    CaAction, CheckArgs, Cli, Command, DeviceAction, ExportArgs, ExportFormat, Globals, LabArgs, ReportFormat,
    ScreenArgs, command, read,
};
pub use device::{AdbOptions, AndroidArgs, AndroidOptions};
pub use exec::{ExecArgs, ExecSettings, exec_settings};
pub use fault::ConfigError;
pub use home::Home;
pub use settings::{
    CheckSettings, EventSink, RunSettings, ScreenSettings, check_settings, colour, run_settings, screen_settings,
};
pub use values::{Colour, ColumnName, Listen, Roots, Size, Span, ValueError};
