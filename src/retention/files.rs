//! Treated files on the disk: listed, hashed, and removed only while they are the very file that was hashed.

use crate::blobs::{BlobError, Blobs};
use crate::domain::{BlobRef, Hashing, Instant};
use crate::medium::{folder_of, sync_folder};
use crate::watcher::is_reservation;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{Error, ErrorKind, Result};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// One treated file, or the folder of one pli.
#[derive(Clone, Debug)]
pub struct Entry {
    pub path: PathBuf,
    pub is_folder: bool,
    pub bytes: u64,
    /// When it was moved here: the date of its inode.
    pub moved: Instant,
    stamp: (u64, u64, u64, i64, i64),
}

/// What stands in `folder`, without hidden names, names that are kept, and folders that are shelves themselves.
pub fn list(folder: &Path, shelves: &[PathBuf]) -> Result<Vec<Entry>> {
    let mut entries = Vec::new();
    for listed in fs::read_dir(folder)? {
        let path = listed?.path();
        let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        let Ok(meta) = fs::symlink_metadata(&path) else { continue };
        if hidden || shelves.contains(&path) || !(meta.is_file() || meta.is_dir()) || is_reservation(&path) {
            continue;
        }
        entries.push(entry(path, &meta));
    }
    entries.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(entries)
}

fn entry(path: PathBuf, meta: &Metadata) -> Entry {
    let micros = meta.ctime().saturating_mul(1_000_000);
    // A date outside the calendar is no age.
    let moved = Instant::from_micros(micros).unwrap_or(Instant(jiff::Timestamp::MAX));
    Entry { path, is_folder: meta.is_dir(), bytes: meta.len(), moved, stamp: stamp(meta) }
}

fn stamp(meta: &Metadata) -> (u64, u64, u64, i64, i64) {
    (meta.dev(), meta.ino(), meta.len(), meta.mtime(), meta.mtime_nsec())
}

/// The SHA-256 of a file, lower-case hexadecimal; links are not followed.
///
/// # Errors
/// When it cannot be read, or is no file.
pub fn hash_of(path: &Path) -> Result<String> {
    let mut file = open(path)?;
    if !file.metadata()?.is_file() {
        return Err(Error::from(ErrorKind::InvalidInput));
    }
    let mut digest = Hashing::default();
    std::io::copy(&mut file, &mut digest)?;
    Ok(digest.finish())
}

/// The SHA-256 of what a sealed file holds.
pub fn sealed_hash(blobs: &Blobs, blob: &BlobRef) -> std::result::Result<String, BlobError> {
    let mut digest = Hashing::default();
    blobs.copy_to(blob, &mut digest)?;
    Ok(digest.finish())
}

/// Removes the file while it is the one that was listed; false when another one, or a change, took its place.
pub fn remove(entry: &Entry) -> Result<bool> {
    match fs::symlink_metadata(&entry.path) {
        Ok(meta) if stamp(&meta) == entry.stamp => fs::remove_file(&entry.path)?,
        Ok(_) => return Ok(false),
        // Another machine was first, and wrote its own row.
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(true),
        Err(error) => return Err(error),
    }
    sync_folder(folder_of(&entry.path)).map(|()| true)
}

/// True when nothing has this name any more.
pub fn is_gone(path: &Path) -> bool {
    fs::symlink_metadata(path).is_err_and(|error| error.kind() == ErrorKind::NotFound)
}

fn open(path: &Path) -> Result<File> {
    OpenOptions::new().read(true).custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK).open(path)
}
