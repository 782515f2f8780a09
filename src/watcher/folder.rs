//! One look at the drop folder: what stands there, without opening any of it.

use crate::intake::{DONE_MARK, NameKind, NotAFile, Stamp, kind_of_name};
use std::collections::{HashMap, HashSet};
use std::ffi::{OsStr, OsString};
use std::fs::Metadata;
use std::io::{ErrorKind, Result};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;

/// The sub-folder in which scanners write before they rename.
pub const TMP: &str = "tmp";

/// What one entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A file to take once it is complete.
    File,
    /// A file that still has the name of a copy in progress.
    Unfinished,
    /// Nothing that can be taken.
    Other(NotAFile),
}

/// One entry of the folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub name: OsString,
    pub kind: Kind,
    pub stamp: Stamp,
}

/// Everything seen in one look.
#[derive(Clone, Debug, Default)]
pub struct View {
    /// Oldest first, so that a full folder is worked off in the order in which it filled.
    pub entries: Vec<Entry>,
    /// Names that have their mark beside them.
    pub marked: HashSet<OsString>,
    /// Files being written in `tmp/`.
    pub in_tmp: HashSet<Stamp>,
}

/// Looks at `folder`. `own` are sub-folders of ours inside it (treated files, anomalies).
pub fn look(folder: &Path, own: &[&Path]) -> Result<View> {
    let mut view = View { in_tmp: tmp(&folder.join(TMP))?, ..View::default() };
    let own: Vec<&OsStr> = own.iter().filter(|p| p.parent() == Some(folder)).filter_map(|p| p.file_name()).collect();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        // A file may go between the listing and this.
        let Some(meta) = present(entry.metadata())? else { continue };
        let ours = meta.is_dir() && (name == TMP || own.contains(&name.as_os_str()));
        match kind_of_name(&name.to_string_lossy()) {
            NameKind::Hidden => {}
            _ if ours => {}
            NameKind::DoneMark if meta.is_file() => drop(view.marked.insert(marked_name(&name))),
            named => view.entries.push(Entry { kind: kind(named, &meta), stamp: stamp(&meta), name }),
        }
    }
    view.entries.sort_by(|a, b| (a.stamp.modified, &a.name).cmp(&(b.stamp.modified, &b.name)));
    Ok(view)
}

/// What identifies this state of a file.
#[must_use]
pub fn stamp(meta: &Metadata) -> Stamp {
    let modified = i128::from(meta.mtime()) * 1_000_000_000 + i128::from(meta.mtime_nsec());
    Stamp { device: meta.dev(), inode: meta.ino(), size: meta.len(), modified }
}

fn kind(named: NameKind, meta: &Metadata) -> Kind {
    let file_type = meta.file_type();
    if file_type.is_dir() {
        Kind::Other(NotAFile::Folder)
    } else if file_type.is_symlink() {
        Kind::Other(NotAFile::Link)
    } else if file_type.is_fifo() || file_type.is_socket() || file_type.is_block_device() || file_type.is_char_device() {
        Kind::Other(NotAFile::Special)
    } else if named == NameKind::Unfinished {
        Kind::Unfinished
    } else {
        Kind::File
    }
}

fn tmp(folder: &Path) -> Result<HashSet<Stamp>> {
    let Some(entries) = present(std::fs::read_dir(folder))? else { return Ok(HashSet::new()) };
    let mut stamps = HashSet::new();
    for entry in entries {
        if let Some(meta) = present(entry?.metadata())? {
            stamps.insert(stamp(&meta));
        }
    }
    Ok(stamps)
}

/// `lot.pdf.done` marks `lot.pdf`.
fn marked_name(mark: &OsStr) -> OsString {
    use std::os::unix::ffi::{OsStrExt, OsStringExt};
    let bytes = mark.as_bytes();
    OsString::from_vec(bytes[..bytes.len() - DONE_MARK.len()].to_vec())
}

fn present<T>(result: Result<T>) -> Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Remembers which files stood in `tmp/` at the last look: one that has moved up since, unchanged,
/// was renamed by its writer and is complete.
#[derive(Debug, Default)]
pub struct Nursery {
    last: HashSet<Stamp>,
}

impl Nursery {
    /// The stamps of `view` that were in `tmp/` before; then remembers this look.
    pub fn risen(&mut self, view: &View) -> HashMap<OsString, Stamp> {
        // Date and size are part of the stamp: an inode used again for another file does not pass for the first.
        let here = view.entries.iter().filter(|e| self.last.contains(&e.stamp) && !view.in_tmp.contains(&e.stamp));
        let risen = here.map(|e| (e.name.clone(), e.stamp)).collect();
        self.last.clone_from(&view.in_tmp);
        risen
    }
}
