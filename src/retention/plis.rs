//! Treated files that are pages of one delivery: a folder of its own, or files that an index named. Their hashes stand
//! inside the sealed original, page by page.

use super::files::{self, Entry, hash_of};
use super::{Fate, RetentionError, Round, Shelf};
use crate::config::DropProfile;
use crate::domain::{Delivery, Format, Scope, bundle_pages, hexadecimal};
use crate::intake::{NameKind, is_index, kind_of_name, shown_name};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::path::Path;

impl Round<'_> {
    /// A folder goes page by page, when every page of it is in the sealed original of one delivery.
    pub(super) async fn pli(&mut self, shelf: &Shelf, entry: &Entry) -> Result<(), RetentionError> {
        let (path, place) = (entry.path.clone(), shelf.place.clone());
        let looked = tokio::task::spawn_blocking(move || {
            let pages: Vec<Entry> = files::list(&path, &[])?.into_iter().filter(|e| is_page(&place, &e.path)).collect();
            pages.into_iter().map(|page| hash_of(&page.path).map(|sha256| (page, sha256))).collect::<std::io::Result<Vec<_>>>()
        });
        let pages = match looked.await? {
            Ok(pages) => pages,
            Err(error) => {
                self.report.add(&entry.path, entry.bytes, Fate::Unreachable, format!("le dossier ne peut pas être lu ({error})"));
                return Ok(());
            }
        };
        if pages.is_empty() {
            return Ok(());
        }
        let Some(delivery) = self.delivery_of_pages(shelf, &entry.path, &pages).await? else {
            let why =
                "ses pages ne sont pas celles d’un pli du registre : une page a été modifiée, ajoutée ou n’a jamais été prise en charge";
            self.report.add(&entry.path, pages.iter().map(|(page, _)| page.bytes).sum(), Fate::Altered, why);
            return Ok(());
        };
        if !self.is_due(&delivery, shelf, &entry.path, 0).await? || !self.is_sealed(&delivery, &entry.path, 0).await? {
            return Ok(());
        }
        for (page, sha256) in &pages {
            self.remove(&delivery, page, sha256).await?;
        }
        if self.apply && !self.refused {
            let path = entry.path.clone();
            tokio::task::spawn_blocking(move || clear_folder(&path)).await?;
        }
        Ok(())
    }

    /// The delivery whose pages are exactly these.
    async fn delivery_of_pages(
        &mut self,
        shelf: &Shelf,
        folder: &Path,
        pages: &[(Entry, String)],
    ) -> Result<Option<Delivery>, RetentionError> {
        let prefecture = &shelf.place.prefecture;
        if let [(_, only)] = pages {
            return Ok(self.of.store.delivery_by_hash(prefecture, only).await?);
        }
        let hashes: BTreeSet<&String> = pages.iter().map(|(_, sha256)| sha256).collect();
        let name = shown_name(folder.file_name().unwrap_or_default());
        for delivery in self.of.store.bundles(&Scope::Prefecture(prefecture.clone())).await? {
            if name != delivery.file && !name.starts_with(&format!("{}-", delivery.file)) {
                continue;
            }
            let own = self.page_hashes(&delivery).await?;
            if own.iter().collect::<BTreeSet<_>>() == hashes {
                return Ok(Some(delivery));
            }
        }
        Ok(None)
    }

    /// The delivery that this file is a page of, where files of one pli stand beside each other.
    pub(super) async fn page_of_a_pli(&mut self, shelf: &Shelf, sha256: &str) -> Result<Option<Delivery>, RetentionError> {
        if shelf.place.profile != DropProfile::Index {
            return Ok(None);
        }
        for delivery in self.of.store.bundles(&Scope::Prefecture(shelf.place.prefecture.clone())).await? {
            if self.page_hashes(&delivery).await?.iter().any(|own| own == sha256) {
                return Ok(Some(delivery));
            }
        }
        Ok(None)
    }

    /// The hashes of the pages inside the sealed original; none when it does not open. Opened once in a round: many files
    /// ask for the same plis, and what is removed is compared with the whole original again.
    async fn page_hashes(&mut self, delivery: &Delivery) -> Result<&[String], RetentionError> {
        debug_assert_eq!(delivery.format, Some(Format::Bundle));
        if !self.pages_of.contains_key(&delivery.id) {
            let blob = self.of.store.original(&Scope::Machine, delivery.id).await?;
            let blobs = self.of.blobs.clone();
            let hashes = tokio::task::spawn_blocking(move || {
                let content = blobs.get(&blob).unwrap_or_default();
                let pages = bundle_pages(&content).unwrap_or_default();
                pages.into_iter().map(|(_, range)| hexadecimal(&Sha256::digest(&content[range]))).collect()
            });
            self.pages_of.insert(delivery.id, hashes.await?);
        }
        Ok(&self.pages_of[&delivery.id])
    }
}

/// A page, and neither a mark nor the index of the pli.
fn is_page(place: &crate::config::Place, path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    kind_of_name(&name, &place.done_mark) == NameKind::Candidate && !place.index.as_ref().is_some_and(|index| is_index(index, &name))
}

/// Empty marks have done their work; anything with content is somebody's data and keeps the folder.
fn clear_folder(folder: &Path) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.metadata().is_ok_and(|meta| meta.is_file() && meta.len() == 0) {
            let _kept = std::fs::remove_file(entry.path());
        }
    }
    // Only an empty folder can be removed like this.
    let _kept = std::fs::remove_dir(folder);
}
