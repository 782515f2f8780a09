//! Takes a source that is in the ledger out of the drop folder. Never overwrites, never moves a file
//! that is not the one registered, never removes the last copy of anything.

use super::copy::{Source, hash, sync_folder};
use super::folder::stamp;
use super::{WatchError, failed};
use crate::failpoint;
use crate::intake::DONE_MARK;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions};
use std::io::{Error, ErrorKind};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Names tried before giving up; a folder with so many files of one name is a fault of its own.
const MAX_SUFFIX: u32 = 10_000;

/// What became of the source.
#[derive(Debug)]
pub enum Retired {
    /// It stands here now.
    Moved(PathBuf),
    /// Somebody took it away or put another in its place: nothing to move.
    Gone,
    /// It cannot be moved.
    Refused(WatchError),
}

/// Moves `source` into `folder`, with the mark beside it.
pub fn retire(source: &Source, sha256: &str, folder: &Path) -> Retired {
    if !source.is_unchanged() {
        return Retired::Gone;
    }
    match moved(source, sha256, folder) {
        Ok(Some(path)) => {
            failpoint::hit("watcher.moved");
            remove_mark(&source.path);
            Retired::Moved(path)
        }
        Ok(None) => Retired::Gone,
        Err(error) => Retired::Refused(error),
    }
}

fn moved(source: &Source, sha256: &str, folder: &Path) -> Result<Option<PathBuf>, WatchError> {
    let name = source.path.file_name().unwrap_or(OsStr::new("sans-nom"));
    let target = reserve(folder, name)?;
    let done = match fs::rename(&source.path, &target) {
        Ok(()) => confirm(source, &target),
        Err(error) if error.kind() == ErrorKind::CrossesDevices => carry_over(source, sha256, &target),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed("moved to the treated files", &source.path)(error)),
    };
    if !matches!(done, Ok(Some(_))) {
        release(&target);
    }
    sync_folder(&target)?;
    sync_folder(&source.path)?;
    done
}

/// An empty file of ours under a free name: `rename` replaces it, and it keeps any other file from being replaced.
fn reserve(folder: &Path, name: &OsStr) -> Result<PathBuf, WatchError> {
    for suffix in 1..MAX_SUFFIX {
        let path = folder.join(with_suffix(name, suffix));
        match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path) {
            Ok(_) => return Ok(path),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(failed("created", &path)(error)),
        }
    }
    Err(failed("created", folder)(ErrorKind::AlreadyExists.into()))
}

/// Removes a reservation that was not used: only while it is still empty.
fn release(target: &Path) {
    if fs::symlink_metadata(target).is_ok_and(|m| m.len() == 0 && m.is_file()) {
        // An empty file left behind in the treated files harms nobody.
        let _left = fs::remove_file(target);
    }
}

/// Between the last look and the rename another file may have taken the name: then it goes back.
fn confirm(source: &Source, target: &Path) -> Result<Option<PathBuf>, WatchError> {
    let arrived = fs::symlink_metadata(target).map_err(failed("looked at", target))?;
    if stamp(&arrived) == source.stamp {
        return Ok(Some(target.to_owned()));
    }
    // The old name when it is free again, else one beside it: another file may have it, or links are not allowed.
    if fs::hard_link(target, &source.path).is_ok() {
        fs::remove_file(target).map_err(failed("put back", target))?;
        return Ok(None);
    }
    let folder = source.path.parent().unwrap_or(Path::new("."));
    let back = reserve(folder, source.path.file_name().unwrap_or(OsStr::new("sans-nom")))?;
    fs::rename(target, &back).map_err(failed("put back", target))?;
    Ok(None)
}

/// Another file system: copy, make durable, compare, and only then remove the source.
fn carry_over(source: &Source, sha256: &str, target: &Path) -> Result<Option<PathBuf>, WatchError> {
    let folder = target.parent().unwrap_or(Path::new("."));
    let part = folder.join(format!(".{}.part", uuid::Uuid::now_v7()));
    let result = carry(source, sha256, &part).and_then(|()| {
        fs::rename(&part, target).map_err(failed("renamed", &part))?;
        sync_folder(target)
    });
    if let Err(error) = result {
        let _left = fs::remove_file(&part);
        return Err(error);
    }
    failpoint::hit("watcher.carried");
    if source.is_unchanged() {
        fs::remove_file(&source.path).map_err(failed("removed after it was copied", &source.path))?;
    }
    Ok(Some(target.to_owned()))
}

fn carry(source: &Source, sha256: &str, part: &Path) -> Result<(), WatchError> {
    let mut from = File::open(&source.path).map_err(failed("opened", &source.path))?;
    let mut to = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(part).map_err(failed("created", part))?;
    std::io::copy(&mut from, &mut to).map_err(failed("copied", &source.path))?;
    to.sync_all().map_err(failed("made durable", part))?;
    if hash(&mut to).map_err(failed("read again", part))? == sha256 {
        Ok(())
    } else {
        Err(failed("copied", &source.path)(Error::other("the copy is not what was registered")))
    }
}

/// An empty mark has done its work. One with content is somebody's data and stays.
fn remove_mark(source: &Path) {
    let mut mark: OsString = source.as_os_str().to_owned();
    mark.push(DONE_MARK);
    if fs::symlink_metadata(&mark).is_ok_and(|m| m.is_file() && m.len() == 0) {
        let _left = fs::remove_file(&mark);
    }
}

/// `lot.pdf`, `lot-2.pdf`, `lot-3.pdf`…
fn with_suffix(name: &OsStr, suffix: u32) -> OsString {
    if suffix == 1 {
        return name.to_owned();
    }
    let path = Path::new(name);
    let mut out = path.file_stem().unwrap_or(name).to_owned();
    out.push(format!("-{suffix}"));
    if let Some(extension) = path.extension() {
        out.push(".");
        out.push(extension);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::with_suffix;
    use std::ffi::OsStr;

    #[test]
    fn a_second_file_of_a_name_keeps_its_extension() {
        assert_eq!(with_suffix(OsStr::new("lot été.pdf"), 1), "lot été.pdf");
        assert_eq!(with_suffix(OsStr::new("lot été.pdf"), 3), "lot été-3.pdf");
        assert_eq!(with_suffix(OsStr::new("lot"), 2), "lot-2");
    }
}
