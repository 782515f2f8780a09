//! One look at the drop folder: what stands there, without opening any of it.

use crate::config::{DropProfile, Place};
use crate::intake::{NameKind, NotAFile, Stamp, is_index, kind_of_name};
use std::collections::{HashMap, HashSet};
use std::ffi::{OsStr, OsString};
use std::fs::Metadata;
use std::io::{ErrorKind, Result};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

/// The sub-folder in which scanners write before they rename.
pub const TMP: &str = "tmp";

/// What one entry is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A file to take once it is complete.
    File,
    /// A file that still has the name of a copy in progress.
    Unfinished,
    /// Several files that are one delivery.
    Pli(Box<super::pli::Pli>),
    /// Nothing that can be taken.
    Other(NotAFile),
}

/// One entry of the folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub name: OsString,
    pub kind: Kind,
    pub stamp: Stamp,
    /// Nanoseconds since 1970; of a folder, its own date.
    pub date: i128,
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

/// Looks at the folder of `place`, and into its sub-folders where each is a delivery.
pub fn look(place: &Place) -> Result<View> {
    let folder = &place.folder;
    let mut view = View { in_tmp: tmp(&folder.join(TMP))?, ..View::default() };
    let own: Vec<&OsStr> =
        [&place.done, &place.anomalies].into_iter().filter(|p| p.parent() == Some(folder)).filter_map(|p| p.file_name()).collect();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        // A file may go between the listing and this.
        let Some(meta) = present(entry.metadata())? else { continue };
        let ours = meta.is_dir() && (name == TMP || own.contains(&name.as_os_str()) || place.own.iter().any(|o| name == o.as_str()));
        match kind_of_name(&name.to_string_lossy(), &place.done_mark) {
            NameKind::Hidden => {}
            _ if ours => {}
            NameKind::DoneMark if meta.is_file() => drop(view.marked.insert(marked_name(&name, &place.done_mark))),
            named if meta.is_dir() && place.profile == DropProfile::Folder => {
                below(place, &mut view, name, named, &meta, place.levels)?;
            }
            named => {
                let stamp = stamp(&meta);
                view.entries.push(Entry { kind: kind(named, &meta), stamp, date: stamp.modified, name });
            }
        }
    }
    view.entries.sort_by(|a, b| (a.date, &a.name).cmp(&(b.date, &b.name)));
    Ok(view)
}

/// A sub-folder that is one delivery, or `levels` levels of folders above such. Files between them stand for themselves.
fn below(place: &Place, view: &mut View, name: OsString, named: NameKind, meta: &Metadata, levels: u8) -> Result<()> {
    // A folder being copied under a name for the time being.
    if levels == 0 || named == NameKind::Unfinished {
        let entry = sub_folder(place, name, meta)?;
        let unfinished = |e: Entry| if named == NameKind::Unfinished { Entry { kind: Kind::Unfinished, ..e } } else { e };
        view.entries.extend(entry.map(unfinished));
        return Ok(());
    }
    let Some(entries) = present(std::fs::read_dir(place.folder.join(&name)))? else { return Ok(()) };
    for entry in entries {
        let entry = entry?;
        let Some(meta) = present(entry.metadata())? else { continue };
        let (own, name) = (entry.file_name(), Path::new(&name).join(entry.file_name()).into_os_string());
        match kind_of_name(&own.to_string_lossy(), &place.done_mark) {
            NameKind::Hidden => {}
            NameKind::DoneMark if meta.is_file() => drop(view.marked.insert(marked_name(&name, &place.done_mark))),
            named if meta.is_dir() => below(place, view, name, named, &meta, levels - 1)?,
            named => {
                let stamp = stamp(&meta);
                view.entries.push(Entry { kind: kind(named, &meta), stamp, date: stamp.modified, name });
            }
        }
    }
    Ok(())
}

/// A sub-folder that is one delivery; none when it went while it was looked at.
fn sub_folder(place: &Place, name: OsString, meta: &Metadata) -> Result<Option<Entry>> {
    let Some(contents) = present(contents(&place.folder.join(&name)))? else { return Ok(None) };
    let stamp = folder_stamp(meta, &contents);
    let mut pli = super::pli::Pli::of_folder(&name);
    for (member, what) in contents {
        let shown = member.name.to_string_lossy().into_owned();
        match (what, kind_of_name(&shown, &place.done_mark)) {
            (Some(_), _) => pli.nested = true,
            (None, NameKind::DoneMark) => {
                pli.closed |= shown.eq_ignore_ascii_case(&place.done_mark);
                pli.others.push(member);
            }
            (None, NameKind::Unfinished) => pli.unfinished = true,
            (None, NameKind::Hidden) => pli.others.push(member),
            (None, NameKind::Candidate) if place.index.as_ref().is_some_and(|i| is_index(i, &shown)) => pli.indexes.push(member),
            (None, NameKind::Candidate) => pli.pages.push(member),
        }
    }
    Ok(Some(Entry { name, kind: Kind::Pli(Box::new(pli)), stamp, date: self::stamp(meta).modified }))
}

/// A file of a delivery of several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Base name.
    pub name: OsString,
    pub stamp: Stamp,
}

/// The files of a folder by name, each with what it is when it is no file.
pub fn contents(folder: &Path) -> Result<Vec<(Member, Option<NotAFile>)>> {
    let mut members = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let Some(meta) = present(entry.metadata())? else { continue };
        members.push((Member { name: entry.file_name(), stamp: stamp(&meta) }, not_a_file(&meta)));
    }
    members.sort_by(|a, b| a.0.name.cmp(&b.0.name));
    Ok(members)
}

/// What identifies this state of a folder: its own inode, and every name, size and date inside.
pub fn folder_stamp(meta: &Metadata, contents: &[(Member, Option<NotAFile>)]) -> Stamp {
    let members: Vec<&Member> = contents.iter().map(|(member, _)| member).collect();
    Stamp { device: meta.dev(), inode: meta.ino(), ..members_stamp(&members) }
}

/// What identifies this state of several files together.
pub fn members_stamp(members: &[&Member]) -> Stamp {
    use sha2::{Digest, Sha256};
    use std::os::unix::ffi::OsStrExt;
    let mut digest = Sha256::new();
    for member in members {
        let Stamp { device, inode, size, modified } = member.stamp;
        digest.update(format!("{device}:{inode}:{size}:{modified}:{}:", member.name.len()));
        digest.update(member.name.as_bytes());
    }
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest.finalize()[..16]);
    Stamp { device: 0, inode: 0, size: members.iter().map(|m| m.stamp.size).sum(), modified: i128::from_le_bytes(bytes) }
}

/// The stamp that a folder has now.
pub fn stamp_of_folder(folder: &Path) -> Result<Stamp> {
    let meta = std::fs::symlink_metadata(folder)?;
    Ok(folder_stamp(&meta, &contents(folder)?))
}

/// What identifies this state of a file.
#[must_use]
pub fn stamp(meta: &Metadata) -> Stamp {
    let modified = i128::from(meta.mtime()) * 1_000_000_000 + i128::from(meta.mtime_nsec());
    Stamp { device: meta.dev(), inode: meta.ino(), size: meta.len(), modified }
}

fn kind(named: NameKind, meta: &Metadata) -> Kind {
    match not_a_file(meta) {
        Some(what) => Kind::Other(what),
        None if named == NameKind::Unfinished => Kind::Unfinished,
        None => Kind::File,
    }
}

fn not_a_file(meta: &Metadata) -> Option<NotAFile> {
    let file_type = meta.file_type();
    if file_type.is_dir() {
        Some(NotAFile::Folder)
    } else if file_type.is_symlink() {
        Some(NotAFile::Link)
    } else if file_type.is_fifo() || file_type.is_socket() || file_type.is_block_device() || file_type.is_char_device() {
        Some(NotAFile::Special)
    } else {
        None
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
fn marked_name(mark: &OsStr, ending: &str) -> OsString {
    use std::os::unix::ffi::{OsStrExt, OsStringExt};
    let bytes = mark.as_bytes();
    OsString::from_vec(bytes[..bytes.len().saturating_sub(ending.len())].to_vec())
}

/// The mark beside `path`.
pub fn mark_of(path: &Path, ending: &str) -> PathBuf {
    let mut mark = path.as_os_str().to_owned();
    mark.push(ending);
    mark.into()
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
