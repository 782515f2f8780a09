//! What stands in the drop folders and among the treated files. Nothing is opened or changed here.

use super::Difference;
use crate::config::{DropProfile, Place};
use crate::domain::{Instant, PrefectureId};
use crate::intake::{NameKind, kind_of_name, shown_name};
use crate::store::{DayEntry, TakenFile};
use jiff::civil::Date;
use std::ffi::OsStr;
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Something in a drop folder that is no delivery yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Fit to be shown.
    pub file: String,
    pub folder: PathBuf,
}

/// A treated file of the day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Treated {
    pub prefecture: PrefectureId,
    pub path: PathBuf,
    pub file: String,
    pub bytes: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    pub waiting: Vec<Standing>,
    pub treated: Vec<Treated>,
    /// Folders that cannot be listed.
    pub unreachable: Vec<PathBuf>,
}

/// Lists the folders of `places`: what waits there `now`, and the files that were moved to the treated ones on `day`.
/// `taken` names files that stay where they are although they are in the ledger, with their folder.
#[must_use]
pub fn list(places: &[Place], day: Date, now: bool, taken: &[(String, TakenFile)]) -> Listing {
    let mut listing = Listing::default();
    for place in places {
        if now {
            match waiting(place, taken) {
                Ok(found) => listing.waiting.extend(found),
                Err(_) => listing.unreachable.push(place.folder.clone()),
            }
        }
        // Single files alone have a hash that the ledger knows; the pages of a folder are in it together.
        if place.profile != DropProfile::File || place.read_only {
            continue;
        }
        for folder in [&place.done, &place.anomalies] {
            match treated(place, folder, day) {
                Ok(found) => listing.treated.extend(found),
                // The first file makes the folder.
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(_) => listing.unreachable.push(folder.clone()),
            }
        }
    }
    listing
}

fn waiting(place: &Place, taken: &[(String, TakenFile)]) -> std::io::Result<Vec<Standing>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(&place.folder)? {
        let entry = entry?;
        let Ok(meta) = entry.metadata() else { continue };
        let name = entry.file_name();
        let path = entry.path();
        let ours = meta.is_dir()
            && (name == "tmp" || path == place.done || path == place.anomalies || place.own.iter().any(|own| name == own.as_str()));
        let kind = kind_of_name(&name.to_string_lossy(), &place.done_mark);
        let mark = kind == NameKind::Hidden || (kind == NameKind::DoneMark && meta.is_file());
        if ours || mark || is_taken(place, &name, &meta, taken) {
            continue;
        }
        found.push(Standing { file: shown_name(&name), folder: place.folder.clone() });
    }
    found.sort_by(|a, b| a.file.cmp(&b.file));
    Ok(found)
}

/// True for a file, or a folder of files, that a read-only source keeps after it was taken.
fn is_taken(place: &Place, name: &OsStr, meta: &Metadata, taken: &[(String, TakenFile)]) -> bool {
    if !place.read_only {
        return false;
    }
    let folder = place.folder.to_string_lossy();
    let name = name.to_string_lossy();
    let own = taken.iter().filter(|(at, _)| *at == folder).map(|(_, file)| file);
    if meta.is_dir() {
        let below = format!("{name}/");
        return own.clone().any(|file| file.file.starts_with(&below));
    }
    let modified = i128::from(meta.mtime()) * 1_000_000_000 + i128::from(meta.mtime_nsec());
    own.clone().any(|file| file.file == name && file.bytes == meta.len() && i128::from(file.modified) == modified)
}

fn treated(place: &Place, folder: &Path, day: Date) -> std::io::Result<Vec<Treated>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let Ok(meta) = entry.metadata() else { continue };
        let hidden = entry.file_name().to_string_lossy().starts_with('.');
        // The date of the move: a rename changes the inode's own date and leaves the scanner's.
        let moved = Instant::from_micros(meta.ctime() * 1_000_000);
        if !meta.is_file() || hidden || moved.is_none_or(|at| at.date_in_paris() != day) || crate::watcher::is_reservation(&entry.path()) {
            continue;
        }
        let file = shown_name(&entry.file_name());
        found.push(Treated { prefecture: place.prefecture.clone(), path: entry.path(), file, bytes: meta.len() });
    }
    Ok(found)
}

/// True when a delivery of the day has this size and name, apart from the number that a second file of a name gets.
pub(super) fn explained(treated: &Treated, entries: &[DayEntry]) -> bool {
    let of_that_size = entries.iter().filter(|entry| entry.delivery.bytes == treated.bytes);
    of_that_size
        .flat_map(|entry| &entry.links)
        .any(|link| link.file == treated.file || without_number(&treated.file) == Some(link.file.clone()))
}

/// `lot-2.pdf` was `lot.pdf`.
fn without_number(file: &str) -> Option<String> {
    let (stem, ending) = file.rsplit_once('.').map_or((file, String::new()), |(stem, ending)| (stem, format!(".{ending}")));
    let (name, number) = stem.rsplit_once('-')?;
    number.parse::<u32>().ok().map(|_| format!("{name}{ending}"))
}

impl Treated {
    pub(super) fn without_delivery(&self) -> Difference {
        Difference {
            code: "fichier_sans_depot",
            delivery: None,
            file: self.file.clone(),
            page: None,
            what: format!("« {} » est parmi les fichiers traités, mais le registre ne connaît pas son contenu.", self.file),
            todo: "Le déposer de nouveau dans le dossier surveillé ; s’il a été modifié après sa prise en charge, l’original scellé fait foi.",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::without_number;

    #[test]
    fn the_number_of_a_second_file_of_a_name_is_taken_off() {
        assert_eq!(without_number("lot-2.pdf").as_deref(), Some("lot.pdf"));
        assert_eq!(without_number("lot-12").as_deref(), Some("lot"));
        assert_eq!((without_number("lot.pdf"), without_number("lot-a.pdf")), (None, None));
    }
}
