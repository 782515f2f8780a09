//! A delivery of several files: a sub-folder of pages, or what an index names. What is there, in which
//! order, and whether it is all.

use super::copy::{NotOpened, open_plain};
use super::folder::{Member, members_stamp};
use super::origin::taken_file;
use crate::config::{DropProfile, Place};
use crate::domain::Refusal;
use crate::intake::{
    self, End, IndexEntry, LARGEST_INDEX, Stamp, empty_folder, index_absent, index_unreadable, natural_order, pages_missing,
    read_folder_index, shown_name,
};
use crate::store::TakenFile;
use std::ffi::{OsStr, OsString};
use std::io::Read;
use std::path::{Path, PathBuf};

/// Files that are delivered together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pli {
    /// Below the place; empty for files that stand directly in it.
    pub folder: PathBuf,
    pub pages: Vec<Member>,
    /// Indexes of a sub-folder.
    pub indexes: Vec<Member>,
    /// Marks and files of the system, which go where the pages go.
    pub others: Vec<Member>,
    /// Its writer says that it is complete.
    pub closed: bool,
    /// A page still has the name of a copy in progress.
    pub unfinished: bool,
    /// Something in it is no file.
    pub nested: bool,
    /// What the index at the top of the place says of it, with the state of that index.
    pub listed: Option<(IndexEntry, Stamp)>,
}

/// A pli with its pages in order, and what is wrong with it.
#[derive(Clone, Debug)]
pub struct Ordered {
    pub pages: Vec<Member>,
    pub entry: IndexEntry,
    pub wrong: Option<Refusal>,
}

impl Pli {
    pub fn of_folder(name: &OsStr) -> Self {
        Self { folder: name.into(), ..Self::default() }
    }

    /// What an index at the top of the place names, as far as it is there.
    pub fn of_entry(entry: &IndexEntry, index: Stamp, there: &[&Member]) -> Self {
        let pages = entry.files.iter().filter_map(|name| find(there, name)).cloned().collect();
        Self { pages, listed: Some((entry.clone(), index)), ..Self::default() }
    }

    /// The state of its files together, for a pli without a folder of its own.
    pub fn stamp(&self) -> Stamp {
        let stamp = members_stamp(&self.pages.iter().collect::<Vec<_>>());
        // A corrected index is a change of every pli in it.
        self.listed.as_ref().map_or(stamp, |(_, index)| Stamp { inode: index.inode, device: index.device, ..stamp })
    }

    /// Every file of it.
    pub fn members(&self) -> impl Iterator<Item = &Member> {
        self.pages.iter().chain(&self.indexes).chain(&self.others)
    }

    /// Path of a file of it below the place.
    pub fn below(&self, member: &Member) -> OsString {
        self.folder.join(&member.name).into_os_string()
    }

    /// What is remembered of it under `name`: its files, and that its index is served so far.
    pub fn taken(&self, name: &OsStr) -> Vec<TakenFile> {
        let files = self.members().map(|m| taken_file(&self.below(m), m.stamp));
        files.chain(self.listed.iter().map(|(_, index)| taken_file(name, *index))).collect()
    }

    /// Whether the end of every page is there, and every page that an index names. Opens files.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn look(&self, place: &Place) -> Result<std::io::Result<End>, NotOpened> {
        if self.unfinished || self.pages.is_empty() || (expects_index(place) && self.indexes.is_empty()) {
            return Ok(Ok(End::Missing));
        }
        let ordered = match self.in_order(place) {
            Ok(ordered) => ordered,
            Err(error) => return Ok(Err(error)),
        };
        if ordered.wrong.is_some() {
            return Ok(Ok(End::Missing));
        }
        for page in &ordered.pages {
            let mut file = open_plain(&place.folder.join(self.below(page)))?;
            match intake::look(&mut file) {
                Ok(End::Found) => {}
                other => return Ok(other),
            }
        }
        Ok(Ok(End::Found))
    }

    /// The pages in the order of the index, or of their names.
    ///
    /// # Errors
    /// When an index cannot be read from the medium.
    pub fn in_order(&self, place: &Place) -> std::io::Result<Ordered> {
        let mut pages = self.pages.clone();
        pages.sort_by(|a, b| natural_order(&a.name.to_string_lossy(), &b.name.to_string_lossy()).then_with(|| a.name.cmp(&b.name)));
        let natural = Ordered { pages, entry: IndexEntry::default(), wrong: None };
        if let Some((entry, _)) = &self.listed {
            return Ok(natural.by_index(entry.clone()));
        }
        let (Some(mapping), Some(index)) = (&place.index, self.indexes.first()) else {
            let absent = place.index.as_ref().filter(|_| expects_index(place)).map(|i| index_absent(&i.name));
            return Ok(Ordered { wrong: self.pages.is_empty().then(empty_folder).or(absent), ..natural });
        };
        let name = shown_name(&index.name);
        if self.indexes.len() > 1 {
            return Ok(Ordered { wrong: Some(index_unreadable(&name, "le sous-dossier en contient plusieurs")), ..natural });
        }
        let bytes = read_small(&place.folder.join(self.below(index)))?;
        Ok(match bytes.map_or(Err("il est trop gros".to_owned()), |b| read_folder_index(mapping, &b)) {
            Ok(entry) => natural.by_index(entry),
            Err(why) => Ordered { wrong: Some(index_unreadable(&name, &why)), ..natural },
        })
    }
}

/// Whether each sub-folder of the place brings an index of its own.
fn expects_index(place: &Place) -> bool {
    place.profile == DropProfile::Folder && place.index.is_some()
}

impl Ordered {
    /// The order of the index; pages that it does not name follow, and their number tells.
    fn by_index(self, entry: IndexEntry) -> Self {
        if entry.files.is_empty() {
            return Self { entry, ..self };
        }
        let there: Vec<&Member> = self.pages.iter().collect();
        let missing: Vec<String> = entry.files.iter().filter(|name| find(&there, name).is_none()).cloned().collect();
        let mut pages: Vec<Member> = entry.files.iter().filter_map(|name| find(&there, name)).cloned().collect();
        let unnamed: Vec<Member> = self.pages.iter().filter(|p| !pages.iter().any(|named| named.name == p.name)).cloned().collect();
        let wrong = if missing.is_empty() {
            unnamed.first().map(|page| intake::not_in_index(&shown_name(&page.name)))
        } else {
            Some(pages_missing(&missing))
        };
        pages.extend(unnamed);
        Self { pages, entry, wrong }
    }
}

/// Names of an index come from a system that does not mind case.
fn find<'a>(there: &[&'a Member], name: &str) -> Option<&'a Member> {
    let exact = there.iter().find(|m| m.name == name);
    exact.or_else(|| there.iter().find(|m| m.name.to_string_lossy().to_lowercase() == name.to_lowercase())).copied()
}

/// The content of an index; `None` when it is larger than any index.
pub fn read_small(path: &Path) -> std::io::Result<Option<Vec<u8>>> {
    let file = open_plain(path).map_err(|why| match why {
        NotOpened::Medium(error) => error,
        other => std::io::Error::other(format!("{other:?}")),
    })?;
    let mut bytes = Vec::new();
    file.take(LARGEST_INDEX + 1).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= LARGEST_INDEX).then_some(bytes))
}
