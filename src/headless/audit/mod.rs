//! An audit as lines while it runs, as a table when it is over, and as an exit code.

mod lines;
mod report;

use std::str::FromStr;

pub use lines::trial_lines;
pub use report::audit_report;

use crate::diagnosis::audit::Table;
use crate::model::Severity;

/// From which severity on a wrong acceptance makes an audit fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WrongFrom {
    /// From none.
    Never,
    /// From this one.
    Level(Severity),
}

/// A word that is neither a level nor `never`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is neither a level (info, warning, error, fatal) nor never")]
pub struct WrongFromError(String);

impl FromStr for WrongFrom {
    type Err = WrongFromError;

    fn from_str(text: &str) -> Result<Self, WrongFromError> {
        match Severity::parse(text) {
            Some(level) => Ok(Self::Level(level)),
            None if text == "never" => Ok(Self::Never),
            None => Err(WrongFromError(text.to_owned())),
        }
    }
}

impl WrongFrom {
    /// The exit code: 1 when something was taken that counts, else 3 when nobody ever took the control, else 0.
    pub fn exit_code(self, table: &Table) -> u8 {
        let counts = |severity: Severity| matches!(self, Self::Level(level) if severity >= level);
        match table.found().iter().any(|found| counts(found.severity)) {
            true => 1,
            false if !table.has_control() => 3,
            false => 0,
        }
    }
}
