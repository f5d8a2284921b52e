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
    /// There is nowhere to keep anything.
    #[error("this user has no home directory; say with --home DIR where the CA and the sessions are to be kept")]
    Homeless,
}
