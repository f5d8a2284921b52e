//! The command.

use std::process::ExitCode;

fn main() -> ExitCode {
    tlscope::app::main(std::env::args_os())
}
