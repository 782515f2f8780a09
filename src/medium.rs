//! What happens when the disk says that something written did not last: the program ends, at once.
//! The system may have dropped the pages already; a second `fsync` would report a success that is none.

use std::fs::File;
use std::io::{Error, ErrorKind};
use std::path::Path;

/// The exit code of a machine that failed.
const MACHINE: i32 = 3;

/// Passes the result of an `fsync` on, unless the medium failed (`EIO`): then the process ends with 3, without
/// another write. Being ended at any point is safe; going on is not. A full disk is passed on: it can be waited for.
///
/// # Errors
/// What `fsync` said, where the medium is not at fault.
pub fn lasting(synced: Result<(), Error>, path: &Path) -> Result<(), Error> {
    match synced {
        Err(error) if error.raw_os_error() == Some(libc::EIO) => failed(&path.display().to_string(), &error.to_string()),
        other => other,
    }
}

/// The folder that the name of `path` stands in.
#[must_use]
pub fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Makes the names in a folder durable.
///
/// # Errors
/// As [`lasting`], and when the folder cannot be opened.
pub fn sync_folder(folder: &Path) -> Result<(), Error> {
    File::open(folder).and_then(|opened| lasting(opened.sync_all(), folder))
}

/// True for what time, or an operator without a restart, can heal: no room, no rights, mounted read-only. It is
/// waited for with an alarm; nothing written is in doubt.
#[must_use]
pub fn will_pass(error: &Error) -> bool {
    use ErrorKind::{PermissionDenied, QuotaExceeded, ReadOnlyFilesystem, StorageFull};
    matches!(error.kind(), StorageFull | QuotaExceeded | PermissionDenied | ReadOnlyFilesystem)
}

/// Ends the process because `what` could not be made durable.
pub fn failed(what: &str, why: &str) -> ! {
    tracing::error!(what, why, "the disk failed to keep what was written; the program ends");
    eprintln!("{what} could not be made durable: {why}; look at the disk before you start again, nothing was taken back");
    std::process::exit(MACHINE)
}
