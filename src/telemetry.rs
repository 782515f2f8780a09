//! Messages on standard error, as text for people or JSON for collectors. Standard output is for data.

use crate::config::{LogConfig, LogFormat};
use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;

/// Starts logging for this process; the second call of a process changes nothing.
/// A level that is no filter (see `Config::validate`) becomes `info`.
pub fn start(config: &LogConfig) {
    let filter = EnvFilter::try_new(&config.level).unwrap_or_else(|_| EnvFilter::new("info"));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A log file is read without a terminal to make colours of the codes.
    let builder = builder.with_ansi(std::io::stderr().is_terminal());
    // A second start is a test or a command inside a command: the first one's choice stands.
    let _already = match config.format {
        LogFormat::Text => builder.with_target(false).try_init(),
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    };
}
