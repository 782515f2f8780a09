//! Watches the drop folders and takes what is complete into the ledger. Messages of the system only
//! wake it: a full look every few seconds is the truth, for network folders send none.
//!
//! Taking a file: copy while hashing, fsync, read again and compare, rename, fsync the folder, seal,
//! commit, and only then move the source. Killed anywhere, it begins again and nothing is doubled.

mod claim;
mod copy;
mod folder;
mod indexes;
mod judge;
mod memory;
mod origin;
mod pli;
mod post;
mod reserve;
mod retire;
mod round;
mod taking;
mod tracked;
mod wake;

pub use reserve::is_reservation;
pub use round::Watcher;

use std::path::{Path, PathBuf};

/// Every boundary between two effects of taking a file, in order: a test kills at each of them.
pub const BOUNDARIES: &[&str] =
    &["watcher.copied", "watcher.synced", "watcher.spooled", "watcher.sealed", "watcher.registered", "watcher.reserved", "watcher.moved"];

/// Why the watcher stopped. Everything that time may heal is waited for and never ends up here.
#[derive(Debug, thiserror::Error)]
pub enum WatchError {
    #[error("{} could not be {action}: {error}; look at the disk and its rights, then start again", path.display())]
    File { path: PathBuf, action: &'static str, error: std::io::Error },
    #[error("{} does not read back as it was written; replace this disk before you start again", path.display())]
    Corrupt { path: PathBuf },
    #[error("the watching task ended before its time: {0}")]
    Task(#[from] tokio::task::JoinError),
}

impl WatchError {
    /// True for what is waited for, with an alarm.
    fn will_pass(&self) -> bool {
        matches!(self, Self::File { error, .. } if crate::medium::will_pass(error))
    }
}

fn failed<'a>(action: &'static str, path: &'a Path) -> impl Fn(std::io::Error) -> WatchError + 'a {
    move |error| WatchError::File { path: path.to_owned(), action, error }
}
