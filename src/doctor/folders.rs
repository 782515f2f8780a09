//! Folders and the key file: rights tried by doing, not by reading mode bits.

use super::{Check, State};
use crate::config::{Config, Place};
use std::fs;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::process::Command;

/// Below this the machine works for hours, not for days.
const LITTLE_KIB: u64 = 5 << 20;

/// The folders that scanners fill: readable, writable, and beside the treated files.
pub fn drop_folder(config: &Config) -> Check {
    const NAME: &str = "drop_folder";
    let places = config.places();
    if let Some(check) = places.iter().find_map(|place| place_check(NAME, place)) {
        return check;
    }
    let more = if places.len() > 1 { format!(", like {} others", places.len() - 1) } else { String::new() };
    Check::ok(NAME, format!("{} can be read and written, and moving a file out of it is a rename{more}", config.drop.folder.display()))
}

/// What is wrong with one watched folder.
fn place_check(name: &'static str, place: &Place) -> Option<Check> {
    let folder = &place.folder;
    if place.read_only {
        let error = fs::read_dir(folder).err()?;
        let found = format!("{} cannot be listed: {error}", folder.display());
        return Some(Check::failure(
            name,
            found,
            format!("mount it, or give the account of Passerelle the rights r-x on {}", folder.display()),
        ));
    }
    for path in [folder, &place.done, &place.anomalies] {
        if let Err(check) = usable(name, path) {
            return Some(check);
        }
    }
    let device = |path: &Path| fs::metadata(path).map(|m| m.dev()).ok();
    if [&place.done, &place.anomalies].iter().any(|p| device(p) != device(folder)) {
        let found = format!("{} and the treated files are on different file systems: each file is copied twice", folder.display());
        return Some(Check::warning(name, found, "put done and anomalies on the file system of the folder, as sub-folders for example"));
    }
    None
}

/// Where our own copies are made.
pub fn spool(config: &Config) -> Check {
    with_room("spool", &config.drop.spool, config)
}

/// Where scans are kept, sealed.
pub fn blobs(config: &Config) -> Check {
    with_room("blobs", &config.blobs.folder, config)
}

fn with_room(name: &'static str, path: &Path, config: &Config) -> Check {
    if let Err(check) = usable(name, path) {
        return check;
    }
    if fs::metadata(path).is_ok_and(|m| m.mode() & 0o007 != 0) {
        return Check::warning(
            name,
            format!("{} is open to every user of this machine", path.display()),
            format!("chmod o-rwx {}", path.display()),
        );
    }
    let Some(free) = free_kib(path) else {
        return Check::warning(name, format!("{} is writable, its free space is unknown", path.display()), "see what `df` says of it");
    };
    let found = format!("{} is writable, {} free", path.display(), size(free));
    if free < 2 * config.limits.bytes / 1024 {
        return Check::failure(name, found, "make room: not even one file of limits.bytes fits twice");
    }
    if free < LITTLE_KIB { Check::warning(name, found, "make room before it is full") } else { Check::ok(name, found) }
}

/// The key without which no scan can be read.
pub fn key_file(config: &Config) -> Check {
    const NAME: &str = "key_file";
    let path = &config.blobs.key_file;
    let shown = path.display();
    let meta = match fs::symlink_metadata(path) {
        Ok(meta) => meta,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return if fs::read_dir(&config.blobs.folder).is_ok_and(|mut d| d.next().is_some()) {
                Check::failure(
                    NAME,
                    format!("{shown} is gone, and there are sealed scans"),
                    "restore the key from its backup; a new one opens none of them",
                )
            } else {
                Check::warning(
                    NAME,
                    format!("{shown} does not exist yet; the first start makes it"),
                    "back it up then, away from the scans",
                )
            };
        }
        Err(error) => return Check::failure(NAME, format!("{shown} cannot be looked at: {error}"), "correct the rights of its folder"),
    };
    if meta.len() != 32 || !meta.is_file() {
        return Check::failure(NAME, format!("{shown} is not a key of 32 bytes"), "restore the key from its backup");
    }
    if meta.permissions().mode() & 0o077 != 0 {
        return Check::failure(
            NAME,
            format!("{shown} can be read by others (mode {:o})", meta.mode() & 0o777),
            format!("chmod 600 {shown}"),
        );
    }
    if let Err(error) = fs::File::open(path) {
        return Check::failure(NAME, format!("{shown} cannot be read by this account: {error}"), "give it to the account of Passerelle");
    }
    Check::ok(NAME, format!("{shown} is readable by this account alone"))
}

/// Exists, can be listed, and takes a file; or what to say.
fn usable(name: &'static str, path: &Path) -> Result<(), Check> {
    let shown = path.display();
    if !path.exists() {
        let remedy = format!("nothing, or make it now for another owner: mkdir -p {shown}");
        return Err(Check::warning(name, format!("{shown} does not exist yet; the first start makes it"), remedy));
    }
    let tried = fs::read_dir(path).map(drop).and_then(|()| try_writing(path));
    tried.map_err(|error| Check {
        name,
        state: State::Failure,
        found: format!("{shown} is not readable and writable: {error}"),
        remedy: Some(format!("give the account of Passerelle the rights rwx on {shown}")),
    })
}

/// Hidden, so that no watcher takes it for a scan.
fn try_writing(folder: &Path) -> std::io::Result<()> {
    let path = folder.join(format!(".passerelle-doctor-{}", uuid::Uuid::now_v7()));
    fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
    fs::remove_file(path)
}

/// By `df`: asking the system itself would need unsafe code.
fn free_kib(path: &Path) -> Option<u64> {
    let output = Command::new("df").arg("-Pk").arg("--").arg(path).env("LC_ALL", "C").output().ok()?;
    available(&String::from_utf8_lossy(&output.stdout))
}

fn available(df: &str) -> Option<u64> {
    df.lines().nth(1)?.split_whitespace().nth(3)?.parse().ok()
}

fn size(kib: u64) -> String {
    if kib >= 1 << 20 { format!("{} GiB", kib >> 20) } else { format!("{} MiB", kib >> 10) }
}

#[cfg(test)]
mod tests {
    use super::{available, size};

    #[test]
    fn the_free_space_of_df() {
        let text = "Filesystem 1024-blocks Used Available Capacity Mounted on\n/dev/vda 264212084 66788696 28497192 71% /\n";
        assert_eq!(available(text), Some(28_497_192));
        assert_eq!((size(28_497_192), size(3000)), ("27 GiB".into(), "2 MiB".into()));
    }
}
