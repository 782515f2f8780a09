//! Takes a source that is in the ledger out of the drop folder. Never overwrites, never moves a file
//! that is not the one registered, never removes the last copy of anything.

use super::copy::{self, Source, sync_folder};
use super::folder::{Member, contents, mark_of, stamp};
use super::reserve::{release, reserve, reserve_folder};
use super::{WatchError, failed};
use crate::domain::hexadecimal;
use crate::failpoint;
use crate::medium::folder_of;
use sha2::{Digest, Sha256};
use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::io::{Error, ErrorKind};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

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

/// Moves `source` into `folder`, with the mark beside it. `sha256` is what was registered, where it is known.
pub fn retire(source: &Source, sha256: Option<&str>, folder: &Path, mark: &str) -> Retired {
    if !source.is_unchanged() {
        return Retired::Gone;
    }
    // Before the move: a mark that outlives its file would declare whatever takes the name next. Killed between the
    // two, the file rests a while and is moved then.
    remove_mark(&source.path, mark);
    match moved(source, sha256, folder) {
        Ok(Some(path)) => {
            failpoint::hit("watcher.moved");
            Retired::Moved(path)
        }
        Ok(None) => Retired::Gone,
        Err(error) => Retired::Refused(error),
    }
}

/// Moves files that an index names together, one after the other; each is in the ledger.
pub fn retire_group(pages: &[Source], folder: &Path, mark: &str) -> Retired {
    let mut last = Retired::Gone;
    for page in pages {
        match retire(page, None, folder, mark) {
            Retired::Refused(error) => return Retired::Refused(error),
            Retired::Moved(path) => last = Retired::Moved(path),
            Retired::Gone => {}
        }
    }
    last
}

/// Moves the folder `source`, whose registered files are `members`, into `folder` under `name`. The mark beside it goes.
pub fn retire_folder(source: &Path, members: &[Member], folder: &Path, name: &OsStr, mark: &str) -> Retired {
    // As for a file.
    remove_mark(source, mark);
    match moved_folder(source, members, folder, name) {
        Ok(Some(path)) => {
            failpoint::hit("watcher.moved");
            Retired::Moved(path)
        }
        Ok(None) => Retired::Gone,
        Err(error) => Retired::Refused(error),
    }
}

fn moved(source: &Source, sha256: Option<&str>, folder: &Path) -> Result<Option<PathBuf>, WatchError> {
    let name = source.path.file_name().unwrap_or(OsStr::new("sans-nom"));
    let mut target = reserve(folder, name)?;
    failpoint::hit("watcher.reserved");
    let mut renamed = fs::rename(&source.path, &target.path);
    if renamed.as_ref().is_err_and(|error| error.kind() == ErrorKind::ResourceBusy) {
        target.close();
        renamed = fs::rename(&source.path, &target.path);
    }
    let done = match renamed {
        Ok(()) => confirm(source, &target.path),
        Err(error) if error.kind() == ErrorKind::CrossesDevices => carry_over(source, sha256, &target.path),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed("moved to the treated files", &source.path)(error)),
    };
    let path = target.path.clone();
    if !matches!(done, Ok(Some(_))) {
        release(target);
    }
    sync_folder(&path)?;
    sync_folder(&source.path)?;
    done
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
    let folder = folder_of(&source.path);
    let back = reserve(folder, source.path.file_name().unwrap_or(OsStr::new("sans-nom")))?;
    fs::rename(target, &back.path).map_err(failed("put back", target))?;
    Ok(None)
}

/// Another file system: copy, make durable, compare, and only then remove the source.
fn carry_over(source: &Source, sha256: Option<&str>, target: &Path) -> Result<Option<PathBuf>, WatchError> {
    let folder = folder_of(target);
    let part = folder.join(format!(".{}.part", uuid::Uuid::now_v7()));
    let result = carry(&source.path, sha256, &part).and_then(|_lock| {
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

/// Copies `source` to `part`; its lock tells another watcher's start that somebody is at work.
fn carry(source: &Path, sha256: Option<&str>, part: &Path) -> Result<File, WatchError> {
    let from = File::open(source).map_err(failed("opened", source))?;
    let mut to = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(part).map_err(failed("created", part))?;
    let _unlocked = to.try_lock();
    let mut digest = Sha256::new();
    copy::stream(&from, &mut to, &mut digest).map_err(|broke| failed("copied", source)(broke.into()))?;
    let written = hexadecimal(&digest.finalize());
    crate::medium::lasting(to.sync_all(), part).map_err(failed("made durable", part))?;
    let read = copy::hash(&mut to).map_err(failed("read again", part))?;
    if read == written && sha256.is_none_or(|registered| registered == written) {
        Ok(to)
    } else {
        Err(failed("copied", source)(Error::other("the copy is not what was registered")))
    }
}

fn moved_folder(source: &Path, members: &[Member], folder: &Path, name: &OsStr) -> Result<Option<PathBuf>, WatchError> {
    let target = reserve_folder(folder, name)?;
    failpoint::hit("watcher.reserved");
    let done = match fs::rename(source, &target) {
        Ok(()) => give_back(source, members, &target).map(|()| Some(target.clone())),
        Err(error) if error.kind() == ErrorKind::CrossesDevices => carry_folder(source, members, &target).map(|()| Some(target.clone())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed("moved to the treated files", source)(error)),
    };
    if !matches!(done, Ok(Some(_))) {
        // Only an empty folder can be removed like this.
        let _used = fs::remove_dir(&target);
    }
    sync_folder(&target)?;
    sync_folder(source)?;
    done
}

/// What arrived in the folder after it was registered goes back, and is seen as something new.
fn give_back(source: &Path, members: &[Member], target: &Path) -> Result<(), WatchError> {
    let late = contents(target).map_err(failed("listed", target))?.into_iter().map(|(m, _)| m).filter(|m| !members.contains(m));
    for member in late {
        let (at, back) = (target.join(&member.name), source.join(&member.name));
        fs::create_dir_all(source).map_err(failed("created", source))?;
        if fs::symlink_metadata(&back).is_err() {
            fs::rename(&at, &back).map_err(failed("put back", &at))?;
        } else {
            tracing::error!(file = %at.display(), "arrived too late and stays with the treated files; drop it again");
        }
    }
    Ok(())
}

/// Another file system: every file is there, durable and compared, before the first source goes.
fn carry_folder(source: &Path, members: &[Member], target: &Path) -> Result<(), WatchError> {
    let part = target.with_file_name(format!(".{}.part", uuid::Uuid::now_v7()));
    fs::create_dir(&part).map_err(failed("created", &part))?;
    let carried = members.iter().try_for_each(|m| carry(&source.join(&m.name), None, &part.join(&m.name)).map(drop));
    let result = carried.and_then(|()| sync_folder(&part.join("page"))).and_then(|()| {
        fs::rename(&part, target).map_err(failed("renamed", &part))?;
        sync_folder(target)
    });
    if let Err(error) = result {
        let _left = fs::remove_dir_all(&part);
        return Err(error);
    }
    failpoint::hit("watcher.carried");
    for member in members {
        let path = source.join(&member.name);
        if fs::symlink_metadata(&path).is_ok_and(|meta| stamp(&meta) == member.stamp) {
            fs::remove_file(&path).map_err(failed("removed after it was copied", &path))?;
        }
    }
    // What arrived late keeps the folder.
    let _kept = fs::remove_dir(source);
    Ok(())
}

/// An empty mark has done its work. One with content is somebody's data and stays.
fn remove_mark(source: &Path, mark: &str) {
    let mark = mark_of(source, mark);
    if fs::symlink_metadata(&mark).is_ok_and(|m| m.is_file() && m.len() == 0) {
        let _left = fs::remove_file(&mark);
    }
}
