//! Free names among the treated files. A name is held by a small file of ours, which `rename` replaces and
//! which keeps any other file from being replaced. One that a power cut leaves is cleared at the next start.

use super::{WatchError, failed};
use crate::config::Place;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Names tried before giving up; a folder with so many files of one name is a fault of its own.
const MAX_SUFFIX: u32 = 10_000;
/// What stands in a reservation, so that it is never taken for a scan.
const RESERVED: &[u8] = b"Passerelle: nom reserve, aucun contenu\n";
/// Its rights, given in the same step as its name: the sticky bit, which nothing else sets on a file, tells a
/// reservation from an empty scan where the program was killed, or the power cut, before the content was there.
const RIGHTS: u32 = 0o1600;

/// A name that is ours until it is replaced.
#[derive(Debug)]
pub struct Reserved {
    pub path: PathBuf,
    /// Its lock tells a watcher that starts to leave it alone.
    file: Option<File>,
}

/// Makes the folders of a place that are missing, and clears what a killed watcher left there.
pub fn prepare(place: &Place) -> Result<(), WatchError> {
    if place.read_only {
        return Ok(());
    }
    for folder in [&place.folder, &place.done, &place.anomalies] {
        fs::create_dir_all(folder).map_err(failed("created", folder))?;
    }
    clear(&place.done)?;
    clear(&place.anomalies)
}

/// Reserves `name` in `folder`, or the same with a number.
pub fn reserve(folder: &Path, name: &OsStr) -> Result<Reserved, WatchError> {
    for suffix in 1..MAX_SUFFIX {
        let path = folder.join(with_suffix(name, suffix));
        match OpenOptions::new().write(true).create_new(true).mode(RIGHTS).open(&path) {
            Ok(mut file) => {
                // Without locks or room on this file system it is still reserved.
                let _unlocked = file.try_lock();
                let _unwritten = file.write_all(RESERVED);
                return Ok(Reserved { path, file: Some(file) });
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(failed("created", &path)(error)),
        }
    }
    Err(failed("created", folder)(ErrorKind::AlreadyExists.into()))
}

/// An empty folder of ours under a free name.
pub fn reserve_folder(folder: &Path, name: &OsStr) -> Result<PathBuf, WatchError> {
    for suffix in 1..MAX_SUFFIX {
        let path = folder.join(with_suffix(name, suffix));
        match fs::create_dir(&path) {
            Ok(()) => return Ok(path),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(failed("created", &path)(error)),
        }
    }
    Err(failed("created", folder)(ErrorKind::AlreadyExists.into()))
}

impl Reserved {
    /// Gives the lock up: some shares replace no file that is open. The name stays held.
    pub fn close(&mut self) {
        self.file = None;
    }
}

/// Removes a reservation that was not used.
pub fn release(mut reserved: Reserved) {
    reserved.close();
    if is_reservation(&reserved.path) {
        // A reservation left behind harms nobody and is cleared at the next start.
        let _left = fs::remove_file(&reserved.path);
    }
}

/// Removes what a killed watcher left in a folder of treated files: reservations and copies that were not ended.
fn clear(folder: &Path) -> Result<(), WatchError> {
    for entry in fs::read_dir(folder).map_err(failed("listed", folder))? {
        let path = entry.map_err(failed("listed", folder))?.path();
        let hidden = path.file_name().is_some_and(|n| n.to_string_lossy().starts_with('.'));
        if hidden && path.extension().is_some_and(|e| e == "part") {
            clear_part(&path);
        } else if is_reservation(&path) && is_free(&path) {
            fs::remove_file(&path).map_err(failed("removed", &path))?;
        } else if path.is_dir() {
            // Only an empty folder can be removed like this, and it holds nothing.
            let _used = fs::remove_dir(&path);
        }
    }
    Ok(())
}

fn clear_part(path: &Path) {
    let files =
        if path.is_dir() { fs::read_dir(path).into_iter().flatten().flatten().map(|e| e.path()).collect() } else { vec![path.to_owned()] };
    if files.iter().all(|f| is_free(f)) {
        let _left = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    }
}

fn is_free(path: &Path) -> bool {
    File::open(path).is_ok_and(|file| file.try_lock().is_ok())
}

/// True for a reservation of ours: by its whole content, which is all there is where files have no rights (many
/// shares), or by its rights as long as it holds nothing else.
#[must_use]
pub fn is_reservation(path: &Path) -> bool {
    let Ok(meta) = fs::symlink_metadata(path) else { return false };
    if !meta.is_file() || meta.len() > RESERVED.len() as u64 {
        return false;
    }
    let mut content = Vec::new();
    if File::open(path).and_then(|f| f.take(RESERVED.len() as u64).read_to_end(&mut content)).is_err() {
        return false;
    }
    content == RESERVED || (meta.mode() & 0o7777 == RIGHTS && RESERVED.starts_with(&content))
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
    use super::*;

    #[test]
    fn a_second_file_of_a_name_keeps_its_extension() {
        assert_eq!(with_suffix(OsStr::new("lot été.pdf"), 1), "lot été.pdf");
        assert_eq!(with_suffix(OsStr::new("lot été.pdf"), 3), "lot été-3.pdf");
        assert_eq!(with_suffix(OsStr::new("lot"), 2), "lot-2");
    }

    #[test]
    fn what_a_killed_watcher_left_is_cleared_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::mem::forget(reserve(folder.path(), OsStr::new("vivant.pdf")).unwrap());
        drop(reserve(folder.path(), OsStr::new("mort.pdf")).unwrap());
        std::fs::write(at("vide.pdf"), b"").unwrap();
        // Killed between the name and the content.
        OpenOptions::new().write(true).create_new(true).mode(RIGHTS).open(at("tue.pdf")).unwrap();
        std::fs::write(at("scan.pdf"), b"%PDF").unwrap();
        std::fs::write(at(".0192.part"), b"%P").unwrap();
        reserve_folder(folder.path(), OsStr::new("lot")).unwrap();
        clear(folder.path()).unwrap();
        let mut left: Vec<String> =
            std::fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        left.sort();
        assert_eq!(left, ["scan.pdf", "vide.pdf", "vivant.pdf"]);
    }
}
