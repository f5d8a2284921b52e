//! What can be wrong with the settings.

use std::io;
use std::path::PathBuf;

/// Why tlscope cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration file {}: {source}", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// Something in it is wrong; the message names the line and the key.
    #[error("in the configuration file {}: {fault}", path.display())]
    Fault {
        /// Which file.
        path: PathBuf,
        /// What is wrong, and where.
        fault: Box<toml::de::Error>,
    },
    /// A wish for the screen cannot be granted.
    #[error("in the configuration file {}: {fault}", path.display())]
    Screen {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        fault: String,
    },
    /// Events and the command of `exec` would write to the same place.
    #[error("standard output is the command's; write events to a file, --events FILE")]
    OutputTaken,
    /// Events and the table of `audit` would be written to the same place.
    #[error("standard output is for the table; write events to a file, --events FILE")]
    TableTaken,
    /// An audit without hosts.
    #[error(
        "say with --host GLOB whose clients are to be audited, or --all-hosts: they are shown certificates that are \
         wrong on purpose, and what takes them sends its secrets, so nobody is audited who was not named"
    )]
    NobodyToAudit,
    /// There is nowhere to keep anything.
    #[error("this user has no home directory; say with --home DIR where the CA and the sessions are to be kept")]
    Homeless,
}
