//! The commands: what they are called, what they print, how they exit.

use std::process::ExitCode;

/// Runs the command named by the process arguments.
pub fn main() -> ExitCode {
    if std::env::args().nth(1).as_deref() == Some("cell") {
        return crate::cell::serve();
    }
    ExitCode::SUCCESS
}
