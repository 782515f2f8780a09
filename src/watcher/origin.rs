//! What one delivery is made of in the folder: a file, a sub-folder, or files that an index names.

use super::WatchError;
use super::copy::{Copied, NotCopied, NotOpened, Source, copy, copy_bundle};
use super::folder::{Member, stamp_of_folder};
use super::pli::{Ordered, Pli};
use super::retire::{Retired, retire, retire_folder, retire_group};
use crate::config::Place;
use crate::domain::hexadecimal;
use crate::intake::{Stamp, shown_name};
use crate::store::TakenFile;
use sha2::{Digest, Sha256};
use std::ffi::{OsStr, OsString};
use std::io::ErrorKind;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

/// A delivery that this process alone may take, for as long as the value lives.
#[derive(Debug)]
pub enum Origin {
    File(Source),
    Pli(Box<OpenPli>),
}

/// A pli whose pages are open.
#[derive(Debug)]
pub struct OpenPli {
    pli: Pli,
    /// Pages in order; the files that they are open from.
    pages: Vec<Source>,
    pub ordered: Ordered,
    stamp: Stamp,
    /// The folder of its own, or that of the place.
    folder: PathBuf,
    name: OsString,
}

impl Origin {
    /// Opens a pli that was seen with `stamp` under `name`.
    pub fn open_pli(place: &Place, name: &OsStr, pli: &Pli, stamp: Stamp) -> Result<Self, NotOpened> {
        let ordered = pli.in_order(place).map_err(NotOpened::Medium)?;
        let open = |page: &Member| Source::open(&place.folder.join(pli.below(page)), page.stamp);
        let pages = ordered.pages.iter().map(open).collect::<Result<_, _>>()?;
        let folder = place.folder.join(&pli.folder);
        Ok(Self::Pli(Box::new(OpenPli { pli: pli.clone(), pages, ordered, stamp, folder, name: name.to_owned() })))
    }

    /// Where it stands, for messages.
    pub fn path(&self) -> PathBuf {
        match self {
            Self::File(source) => source.path.clone(),
            Self::Pli(open) if open.has_folder() => open.folder.clone(),
            Self::Pli(open) => open.folder.join(&open.name),
        }
    }

    /// Its name as agents see it.
    pub fn shown(&self) -> String {
        match self {
            Self::File(source) => shown_name(source.path.file_name().unwrap_or_default()),
            // A single file keeps its name.
            Self::Pli(open) => match open.pages.as_slice() {
                [page] if !open.has_folder() => shown_name(page.path.file_name().unwrap_or_default()),
                _ => shown_name(&open.name),
            },
        }
    }

    /// Names of its pages as agents see them; a file has none.
    pub fn pages(&self) -> Vec<String> {
        match self {
            Self::File(_) => Vec::new(),
            Self::Pli(open) => open.pages.iter().map(|p| shown_name(p.path.file_name().unwrap_or_default())).collect(),
        }
    }

    /// Copies it to `spool/name`.
    pub fn copy(&self, spool: &Path, name: &str) -> Result<Copied, NotCopied> {
        match self {
            Self::File(source) => copy(source, spool, name),
            Self::Pli(open) => match open.pages.as_slice() {
                [page] if open.is_unchanged() => copy(page, spool, name),
                pages => copy_bundle(pages, spool, name, &|| open.is_unchanged()),
            },
        }
    }

    /// The same delivery in the same state, whoever takes it and however often. In a folder that may not be
    /// changed the content decides: such a folder is mounted again under another number. On a share the client makes
    /// up the numbers of files, and others after each break of the line: there content, size and date decide.
    pub fn drop_key(&self, place: &Place, sha256: &str) -> String {
        let stamp = match self {
            Self::File(source) => source.stamp,
            Self::Pli(open) => open.stamp,
        };
        let mut digest = Sha256::new();
        let Stamp { device, inode, size, modified } = stamp;
        if place.read_only {
            digest.update(format!("{}:{sha256}:", place.folder.display()));
        } else if is_share(device) {
            digest.update(format!("{}:{sha256}:{size}:{modified}:", place.folder.display()));
        } else {
            digest.update(format!("{device}:{inode}:{size}:{modified}:"));
        }
        digest.update(self.path().file_name().unwrap_or_default().as_bytes());
        hexadecimal(&digest.finalize())
    }

    /// The files to be remembered with the registration.
    pub fn taken(&self, place: &Place) -> Vec<TakenFile> {
        match self {
            Self::File(source) if place.read_only => vec![taken_file(source.path.file_name().unwrap_or_default(), source.stamp)],
            // Moving one file is one step: nothing of it can be left.
            Self::File(_) => Vec::new(),
            Self::Pli(open) => open.pli.taken(&open.name),
        }
    }

    /// Takes it out of the drop folder, into `folder`.
    pub fn retire(&mut self, sha256: &str, folder: &Path, mark: &str) -> Retired {
        let moved = self.move_out(sha256, folder, mark);
        let busy = |error: &WatchError| matches!(error, WatchError::File { error, .. } if error.kind() == ErrorKind::ResourceBusy);
        if !matches!(&moved, Retired::Refused(error) if busy(error)) {
            return moved;
        }
        // A share that moves nothing that is open, not even by ourselves.
        match self {
            Self::File(source) => source.close(),
            Self::Pli(open) => open.pages.iter_mut().for_each(Source::close),
        }
        self.move_out(sha256, folder, mark)
    }

    fn move_out(&self, sha256: &str, folder: &Path, mark: &str) -> Retired {
        match self {
            Self::File(source) => retire(source, Some(sha256), folder, mark),
            Self::Pli(open) if open.has_folder() => {
                retire_folder(&open.folder, &open.pli.members().cloned().collect::<Vec<_>>(), folder, &flat(&open.name), mark)
            }
            Self::Pli(open) => retire_group(&open.pages, folder, mark),
        }
    }
}

impl OpenPli {
    fn has_folder(&self) -> bool {
        !self.pli.folder.as_os_str().is_empty()
    }

    /// True while nothing was added, removed or written to.
    fn is_unchanged(&self) -> bool {
        let folder = !self.has_folder() || stamp_of_folder(&self.folder).is_ok_and(|stamp| stamp == self.stamp);
        folder && self.pages.iter().all(Source::is_unchanged)
    }
}

/// True where the numbers of files are not those of a disk.
fn is_share(device: u64) -> bool {
    // A disk has a major number.
    if libc::major(device) != 0 {
        return false;
    }
    let device = format!("{}:{}", libc::major(device), libc::minor(device));
    let mounts = std::fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    mounts.lines().any(|line| {
        let kind = line.split_once(" - ").and_then(|(_, rest)| rest.split(' ').next()).unwrap_or_default();
        line.split(' ').nth(2) == Some(&device) && ["cifs", "smb", "fuse"].iter().any(|name| kind.starts_with(name))
    })
}

/// `20261123/lot-1/001` as one name: the treated files stand side by side.
fn flat(name: &OsStr) -> OsString {
    OsString::from_vec(name.as_bytes().iter().map(|&byte| if byte == b'/' { b'_' } else { byte }).collect())
}

/// How a file is remembered. A name that is no text keeps its bytes as `\xNN`.
pub fn taken_file(name: &OsStr, stamp: Stamp) -> TakenFile {
    TakenFile { file: stored_name(name), bytes: stamp.size, modified: i64::try_from(stamp.modified).unwrap_or(i64::MAX) }
}

/// A name fit for a key of the database, another one for each name.
pub fn stored_name(name: &OsStr) -> String {
    name.to_str().map_or_else(|| name.as_bytes().escape_ascii().to_string(), str::to_owned)
}
