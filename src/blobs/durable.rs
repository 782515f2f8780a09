//! Files that are complete and on the disk before their name exists.

use super::BlobError;
use crate::medium::{folder_of, lasting};
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// A file that is being written. Locked as long as the value lives: whoever starts meanwhile leaves it alone.
struct Draft {
    path: PathBuf,
    _lock: File,
}

/// What became of filling a draft: our own errors, and those of the disk.
type Filled = Result<std::io::Result<()>, BlobError>;

fn failed<'a>(path: &'a Path, action: &'static str) -> impl Fn(std::io::Error) -> BlobError + 'a {
    move |error| BlobError::File { path: path.to_owned(), action, error }
}

pub(super) fn read(path: &Path) -> Result<Vec<u8>, BlobError> {
    fs::read(path).map_err(failed(path, "read"))
}

/// Writes `bytes` under `path`, in the place of what may stand there; `drafts` is a folder on the same file system.
pub(super) fn replace(path: &Path, drafts: &Path, bytes: &[u8]) -> Result<(), BlobError> {
    replace_by(path, drafts, |file| Ok(file.write_all(bytes)))
}

/// The same for a content that `fill` writes.
pub(super) fn replace_by(path: &Path, drafts: &Path, fill: impl FnOnce(&mut File) -> Filled) -> Result<(), BlobError> {
    create_folders(folder_of(path))?;
    let draft = write_draft(drafts, fill)?;
    fs::rename(&draft.path, path).map_err(failed(path, "renamed"))?;
    sync_folder(folder_of(path))
}

/// Writes `bytes` under `path` unless something stands there already, which is then left alone.
pub(super) fn create_once(path: &Path, drafts: &Path, bytes: &[u8]) -> Result<(), BlobError> {
    create_folders(folder_of(path))?;
    let draft = write_draft(drafts, |file| Ok(file.write_all(bytes)))?;
    let linked = fs::hard_link(&draft.path, path);
    fs::remove_file(&draft.path).map_err(failed(&draft.path, "removed"))?;
    match linked {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(failed(path, "created")(error)),
        _ => {}
    }
    sync_folder(folder_of(path))
}

pub(super) fn remove(path: &Path) -> Result<(), BlobError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(failed(path, "removed")(error)),
        Ok(()) => sync_folder(folder_of(path)),
    }
}

/// Removes the drafts of processes that were killed; those of the living are locked.
pub(super) fn clear_drafts(drafts: &Path) -> Result<(), BlobError> {
    for path in list(drafts)? {
        let Ok(file) = File::open(&path) else { continue };
        if file.try_lock().is_ok() {
            fs::remove_file(&path).map_err(failed(&path, "removed"))?;
        }
    }
    Ok(())
}

/// The entries of a folder; none where it is no folder.
pub(super) fn list(folder: &Path) -> Result<Vec<PathBuf>, BlobError> {
    let entries = match fs::read_dir(folder) {
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(Vec::new()),
        entries => entries.map_err(failed(folder, "listed"))?,
    };
    entries.map(|entry| entry.map(|e| e.path()).map_err(failed(folder, "listed"))).collect()
}

/// Makes a folder and those above it, 0700, each on the disk before the next.
pub(super) fn create_folders(folder: &Path) -> Result<(), BlobError> {
    if folder.as_os_str().is_empty() || folder.is_dir() {
        return Ok(());
    }
    create_folders(folder_of(folder))?;
    match fs::DirBuilder::new().mode(0o700).create(folder) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(failed(folder, "created")(error)),
        _ => sync_folder(folder_of(folder)),
    }
}

fn write_draft(drafts: &Path, fill: impl FnOnce(&mut File) -> Filled) -> Result<Draft, BlobError> {
    create_folders(drafts)?;
    let path = drafts.join(format!(".{}.tmp", uuid::Uuid::now_v7()));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).map_err(failed(&path, "created"))?;
    // A file system without locks: then only a start at this very moment could take the draft away, and the rename says so.
    let _unlocked = file.try_lock();
    let filled = fill(&mut file).and_then(|done| done.and_then(|()| lasting(file.sync_all(), &path)).map_err(failed(&path, "written")));
    match filled {
        Ok(()) => Ok(Draft { path, _lock: file }),
        Err(error) => {
            let _left = fs::remove_file(&path);
            Err(error)
        }
    }
}

fn sync_folder(folder: &Path) -> Result<(), BlobError> {
    crate::medium::sync_folder(folder).map_err(failed(folder, "made durable"))
}
