//! The account of a day, as an equation built from rows and from what stands in the folders: each dropped file is
//! one delivery, one anomaly, one linked duplicate, or still in the folder; each page is in one place. What does
//! not add up is named, with what to do.

mod folders;
mod pages;
mod signals;

pub use folders::{Listing, Standing, Treated, list};
pub use pages::Pages;
pub use signals::{LATE_SECONDS, Signals};

use crate::blobs::Blobs;
use crate::clock::Clock;
use crate::config::Place;
use crate::domain::{BlobRef, DeliveryId, Scope};
use crate::store::{DayEntry, Store, StoreError};
use jiff::civil::Date;
use serde::Serialize;
use std::time::Duration;

/// So long may a folder take to be listed; a share that hangs must not hold the page.
const PATIENCE: Duration = Duration::from_secs(5);

/// Both sides of the equation of the files: `dropped` is the sum of the others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Files {
    /// Drops of the day, and what stands in the folders now.
    pub dropped: u64,
    /// First drops that became deliveries.
    pub deliveries: u64,
    pub anomalies_open: u64,
    /// Replaced or set aside.
    pub anomalies_closed: u64,
    /// Drops of bytes that were in the ledger already.
    pub duplicates: u64,
    pub in_folder: u64,
}

/// One thing that does not add up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// Stable, such as `page_sans_place`.
    pub code: &'static str,
    pub delivery: Option<DeliveryId>,
    pub file: String,
    pub page: Option<u32>,
    /// In French, for the agent.
    pub what: String,
    pub todo: &'static str,
}

/// A whole day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Account {
    pub day: Date,
    pub files: Files,
    pub pages: Pages,
    /// Empty when every file and every page is in exactly one place.
    pub differences: Vec<Difference>,
}

/// What an account is made of.
#[derive(Clone, Debug)]
pub struct Books<'a> {
    pub store: &'a Store,
    pub blobs: &'a Blobs,
    pub places: &'a [Place],
    pub scope: &'a Scope,
}

impl Books<'_> {
    /// The account of `day`. The folders are listed for it; `hash_all` also hashes every treated file of the day,
    /// instead of those only that name and size do not explain.
    ///
    /// # Errors
    /// When the ledger does not answer.
    pub async fn account(&self, day: Date, hash_all: bool, clock: &Clock) -> Result<(Account, Vec<DayEntry>), StoreError> {
        let entries = self.store.deliveries_of_day(self.scope, day).await?;
        let mut taken = Vec::new();
        for place in self.places.iter().filter(|place| place.read_only) {
            let folder = place.folder.to_string_lossy().into_owned();
            taken.extend(self.store.taken(&place.prefecture, &folder).await?.into_iter().map(|(file, _)| (folder.clone(), file)));
        }
        let (places, today) = (self.places.to_vec(), clock.now().date_in_paris() == day);
        let listing = tokio::task::spawn_blocking(move || list(&places, day, today, &taken));
        let listing = match tokio::time::timeout(PATIENCE, listing).await {
            Ok(Ok(listing)) => listing,
            _ => Listing { unreachable: self.places.iter().map(|place| place.folder.clone()).collect(), ..Listing::default() },
        };
        let mut account = Account::of(&entries, &listing, day);
        account.differences.extend(self.unsealed(&entries).await);
        for treated in &listing.treated {
            if (hash_all || !folders::explained(treated, &entries)) && !self.known(treated).await? {
                account.differences.push(treated.without_delivery());
            }
        }
        Ok((account, entries))
    }

    /// Deliveries whose sealed original is not on the disk.
    async fn unsealed(&self, entries: &[DayEntry]) -> Vec<Difference> {
        let (blobs, originals) = (self.blobs.clone(), entries.iter().map(|e| e.original.clone()).collect::<Vec<BlobRef>>());
        let there = tokio::task::spawn_blocking(move || originals.iter().map(|blob| blobs.is_there(blob)).collect::<Vec<bool>>()).await;
        let lost = entries.iter().zip(there.unwrap_or_default()).filter(|(_, there)| !there);
        let difference = |entry: &DayEntry| Difference {
            what: format!("L’original scellé de « {} » n’est pas sur le disque.", entry.delivery.file),
            todo: "Prévenir le service informatique : restaurer la sauvegarde des scans. La copie du dossier des fichiers traités ne doit pas être retirée.",
            ..Difference::of("original_absent", entry)
        };
        lost.map(|(entry, _)| difference(entry)).collect()
    }

    /// Whether the bytes of a treated file are in the ledger.
    async fn known(&self, treated: &Treated) -> Result<bool, StoreError> {
        let path = treated.path.clone();
        let hash = tokio::task::spawn_blocking(move || crate::retention::hash_of(&path)).await;
        match hash {
            Ok(Ok(sha256)) => Ok(self.store.delivery_by_hash(&treated.prefecture, &sha256).await?.is_some()),
            // Gone or unreadable meanwhile: the next look tells.
            _ => Ok(true),
        }
    }
}

impl Account {
    /// Both sides from rows and listing alone.
    #[must_use]
    pub fn of(entries: &[DayEntry], listing: &Listing, day: Date) -> Self {
        let mut files = Files { in_folder: listing.waiting.len() as u64, dropped: listing.waiting.len() as u64, ..Files::default() };
        let mut differences = Vec::new();
        for entry in entries {
            let on_day = |at: crate::domain::Instant| at.date_in_paris() == day;
            let drops = entry.links.iter().filter(|link| on_day(link.dropped_at)).count() as u64;
            let first = entry.links.first().is_some_and(|link| on_day(link.dropped_at));
            files.dropped += drops;
            files.duplicates += drops - u64::from(first);
            if on_day(entry.delivery.registered_at) {
                *files.place_of(entry) += 1;
                if !first {
                    differences.push(Difference {
                        what: format!("« {} » est au registre sans trace de son arrivée.", entry.delivery.file),
                        todo: "Prévenir le service informatique : le registre est à comparer avec sa sauvegarde.",
                        ..Difference::of("depot_sans_arrivee", entry)
                    });
                }
            }
        }
        for folder in &listing.unreachable {
            differences.push(Difference {
                code: "dossier_muet",
                delivery: None,
                file: folder.to_string_lossy().into_owned(),
                page: None,
                what: format!("Le dossier {} ne répond pas : ce qui s’y trouve ne peut pas être compté.", folder.display()),
                todo: "Rétablir le partage réseau ou les droits, puis recharger cette page.",
            });
        }
        let pages = Pages::of(entries, &mut differences);
        Self { day, files, pages, differences }
    }

    /// How far the sums themselves are apart, and how many things are named.
    #[must_use]
    pub fn difference(&self) -> u64 {
        (self.differences.len() as u64).max(self.files.difference()).max(self.pages.difference())
    }
}

impl Files {
    fn place_of(&mut self, entry: &DayEntry) -> &mut u64 {
        if entry.delivery.closure.is_some() {
            &mut self.anomalies_closed
        } else if entry.delivery.is_open_anomaly() {
            &mut self.anomalies_open
        } else {
            &mut self.deliveries
        }
    }

    /// Between both sides.
    #[must_use]
    pub fn difference(&self) -> u64 {
        let placed = self.deliveries + self.anomalies_open + self.anomalies_closed + self.duplicates + self.in_folder;
        self.dropped.abs_diff(placed)
    }
}

impl Difference {
    fn of(code: &'static str, entry: &DayEntry) -> Self {
        let (delivery, file) = (Some(entry.delivery.id), entry.delivery.file.clone());
        Self { code, delivery, file, page: None, what: String::new(), todo: "" }
    }
}

#[cfg(test)]
mod tests;
