//! The `passerelle` program: reads its arguments and hands over to [`passerelle::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    passerelle::cli::main()
}
