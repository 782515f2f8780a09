//! Files that are complete and on the disk before their name exists.

use super::BlobError;
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

fn failed<'a>(path: &'a Path, action: &'static str) -> impl Fn(std::io::Error) -> BlobError + 'a {
    move |error| BlobError::File { path: path.to_owned(), action, error }
}

pub(super) fn read(path: &Path) -> Result<Vec<u8>, BlobError> {
    fs::read(path).map_err(failed(path, "read"))
}

/// Writes `bytes` under `path`, in the place of what may stand there.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> Result<(), BlobError> {
    replace_by(path, |file| Ok(file.write_all(bytes)))
}

/// The same for a content that `fill` writes.
pub(super) fn replace_by(path: &Path, fill: impl FnOnce(&mut File) -> Result<std::io::Result<()>, BlobError>) -> Result<(), BlobError> {
    let temporary = write_beside(path, fill)?;
    fs::rename(&temporary, path).map_err(failed(path, "renamed"))?;
    sync_folder(folder_of(path))
}

/// Writes `bytes` under `path` unless something stands there already, which is then left alone.
pub(super) fn create_once(path: &Path, bytes: &[u8]) -> Result<(), BlobError> {
    let temporary = write_beside(path, |file| Ok(file.write_all(bytes)))?;
    let linked = fs::hard_link(&temporary, path);
    fs::remove_file(&temporary).map_err(failed(&temporary, "removed"))?;
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

fn write_beside(path: &Path, fill: impl FnOnce(&mut File) -> Result<std::io::Result<()>, BlobError>) -> Result<PathBuf, BlobError> {
    let folder = folder_of(path);
    create_folders(folder)?;
    let temporary = folder.join(format!(".{}.tmp", uuid::Uuid::now_v7()));
    let write = || -> Result<std::io::Result<()>, BlobError> {
        let mut file = match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary) {
            Ok(file) => file,
            Err(error) => return Ok(Err(error)),
        };
        Ok(fill(&mut file)?.and_then(|()| file.sync_all()))
    };
    let written = write().and_then(|done| done.map_err(failed(path, "written")));
    if let Err(error) = written {
        let _ = fs::remove_file(&temporary);
        return Err(error);
    }
    Ok(temporary)
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn sync_folder(folder: &Path) -> Result<(), BlobError> {
    File::open(folder).and_then(|f| f.sync_all()).map_err(failed(folder, "made durable"))
}
