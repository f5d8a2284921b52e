//! Starting the command and waiting for it.

use std::io;
use std::process::{Command, ExitStatus};

use super::passing_on::PassingOn;

/// The program was not found; as shells say it.
pub(super) const NOT_FOUND: u8 = 127;

/// The program was found and cannot be executed.
pub(super) const NOT_EXECUTABLE: u8 = 126;

/// How a command went.
#[derive(Debug)]
pub(super) enum Ended {
    /// It ran, and this is its exit code, or 128 and the signal that ended it.
    With(u8),
    /// It did not start.
    NotStarted(io::Error),
}

impl Ended {
    /// The exit code that stands for it.
    pub(super) fn code(&self) -> u8 {
        match self {
            Self::With(code) => *code,
            Self::NotStarted(error) => super::code_of_failure(error),
        }
    }
}

/// Runs a command to its end. Signals that were sent to tlscope meanwhile go to the command.
pub(super) fn run(command: &mut Command) -> io::Result<Ended> {
    let passing_on = PassingOn::start()?;
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => return Ok(Ended::NotStarted(error)),
    };
    passing_on.begin(&child);
    let status = passing_on.wait(&mut child)?;
    Ok(Ended::With(code_of(status)))
}

fn code_of(status: ExitStatus) -> u8 {
    let code = status.code().or_else(|| signal_of(status).map(|signal| 128 + signal)).unwrap_or(1);
    u8::try_from(code).unwrap_or(u8::MAX)
}

#[cfg(unix)]
fn signal_of(status: ExitStatus) -> Option<i32> {
    std::os::unix::process::ExitStatusExt::signal(&status)
}

#[cfg(not(unix))]
fn signal_of(_: ExitStatus) -> Option<i32> {
    None
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_a_shell() {
        for (script, code) in [("exit 0", 0), ("exit 3", 3), ("kill -TERM $$", 143), ("kill -KILL $$", 137)] {
            assert_eq!(run(Command::new("sh").args(["-c", script])).unwrap().code(), code, "{script}");
        }
        let missing = run(&mut Command::new("/no/such/program")).unwrap();
        let no_program = run(&mut Command::new("/")).unwrap();
        assert_eq!((missing.code(), no_program.code()), (127, 126));
    }
}
