//! From a file to bytes worth reading: what it is by content, whether it is all there, and what to
//! tell the agent when it is not. Pure: the watcher and `process` do the opening and moving.

mod again;
mod arrivals;
mod end;
mod index;
mod names;
mod refusals;
mod settle;
mod single;
mod sniff;

pub use again::examine_again;
pub use arrivals::*;
pub use end::{End, find_end, look};
pub use index::{IndexEntry, LARGEST_INDEX, is_index, read_folder_index, read_index};
pub use names::{NameKind, kind_of_name, natural_order, shown_name};
pub use refusals::*;
pub use settle::{Settling, Stamp, Step, Timing};
pub use single::is_single_image;
pub use sniff::{HEAD, sniff};

use crate::domain::{Format, Refusal};
use std::io::{Read, Seek, SeekFrom};

/// Why a file could not be examined.
#[derive(Debug, thiserror::Error)]
pub enum ExamineError {
    /// The file is an anomaly.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The medium failed: nothing is said about the file.
    #[error("the file cannot be read: {0}; try again later")]
    Io(#[from] std::io::Error),
}

impl ExamineError {
    /// What to tell where nobody comes back later: a medium that failed is an anomaly too.
    #[must_use]
    pub fn into_refusal(self) -> Refusal {
        match self {
            Self::Refused(refusal) => refusal,
            Self::Io(_) => medium_failed(),
        }
    }
}

/// Everything that is known of a whole file without decoding it: its size is allowed, its content is
/// of an accepted format, its end is there.
///
/// # Errors
/// `Refused` with the reason for the agent, `Io` when reading failed.
pub fn examine(file: &mut (impl Read + Seek), max_bytes: u64) -> Result<Format, ExamineError> {
    let length = file.seek(SeekFrom::End(0))?;
    if length > max_bytes {
        return Err(too_large(length, max_bytes).into());
    }
    let format = sniff(&head(file)?)?;
    match find_end(format, file)? {
        End::Found => Ok(format),
        End::Missing => Err(truncated(format).into()),
    }
}

/// The first [`HEAD`] bytes, or fewer when the file is shorter.
///
/// # Errors
/// When reading fails.
pub fn head(file: &mut (impl Read + Seek)) -> std::io::Result<Vec<u8>> {
    file.seek(SeekFrom::Start(0))?;
    let mut head = Vec::with_capacity(HEAD);
    file.take(HEAD as u64).read_to_end(&mut head)?;
    Ok(head)
}
