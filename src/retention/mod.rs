//! How long the treated files stay beside the sealed originals. A file goes only when it has been there for its time,
//! when nothing of it is open, and when both copies were just read and are the same bytes.
//!
//! Time counts as far as the ledger saw it pass: a gap without any event, as a clock that jumped leaves, counts for
//! nothing. The row of a removal is written before the file goes, so that a crash between the two tells the truth.

mod clock;
mod files;
mod plis;
mod report;

pub use files::hash_of;
pub use report::{Fate, Line, Report};

use crate::blobs::Blobs;
use crate::clock::Clock;
use crate::config::{Config, Place};
use crate::domain::{Delivery, DeliveryId, Instant, PrefectureId, Scope};
use crate::store::{Event, Removal, Store, StoreError};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A look for what is due, and the removal of it.
#[derive(Clone, Debug)]
pub struct Retention {
    pub config: Arc<Config>,
    pub store: Store,
    pub blobs: Blobs,
    pub clock: Clock,
}

/// What stops a whole round.
#[derive(Debug, thiserror::Error)]
pub enum RetentionError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("a task of the retention ended before its time: {0}")]
    Task(#[from] tokio::task::JoinError),
}

/// One folder of treated files.
struct Shelf {
    place: Place,
    folder: PathBuf,
    days: u32,
}

/// One round over all folders.
struct Round<'a> {
    of: &'a Retention,
    now: Instant,
    /// Nothing is removed, for the clock cannot be believed.
    refused: bool,
    apply: bool,
    seen: clock::Seen,
    unfinished: Vec<Removal>,
    /// Hashes of the pages of plis that were opened.
    pages_of: BTreeMap<DeliveryId, Vec<String>>,
    report: Report,
}

impl Retention {
    /// Looks at every treated file; with `apply`, removes what is due.
    ///
    /// # Errors
    /// When the ledger does not answer: nothing more is removed then.
    pub async fn round(&self, apply: bool) -> Result<Report, RetentionError> {
        let now = self.clock.now();
        let longest = self.config.retention.done_days.max(self.config.retention.anomalies_days);
        let seen = clock::Seen::load(&self.store, now, longest).await?;
        let mut round = Round {
            of: self,
            now,
            refused: false,
            apply,
            seen,
            unfinished: Vec::new(),
            pages_of: BTreeMap::new(),
            report: Report::default(),
        };
        if let Some(words) = round.seen.implausible(now) {
            round.refused = true;
            round.report.refused = Some(words);
        }
        round.finish_what_was_begun().await?;
        for shelf in self.shelves() {
            round.shelf(&shelf).await?;
        }
        if apply {
            self.tell(&round.report, now).await?;
        }
        Ok(round.report)
    }

    /// Every folder of treated files once; nothing of a read-only source was ever moved there.
    fn shelves(&self) -> Vec<Shelf> {
        let (mut known, mut shelves) = (BTreeSet::new(), Vec::new());
        for place in self.config.places().into_iter().filter(|place| !place.read_only) {
            for (folder, days) in [(&place.done, self.config.retention.done_days), (&place.anomalies, self.config.retention.anomalies_days)]
            {
                // 0 days: they stay.
                if days > 0 && known.insert(folder.clone()) {
                    shelves.push(Shelf { folder: folder.clone(), place: place.clone(), days });
                }
            }
        }
        shelves
    }

    /// A round leaves its event, which is also how later rounds know that time passed.
    async fn tell(&self, report: &Report, now: Instant) -> Result<(), StoreError> {
        let detail = serde_json::json!({ "retires": report.count(Fate::Removed), "signales": report.reported() });
        let (kind, actor) = ("conservation_controlee".to_owned(), "machine".to_owned());
        let event = Event {
            prefecture: self.config.prefecture.clone(),
            delivery: None,
            envelope: None,
            kind,
            actor,
            detail: Some(detail),
            at: now,
        };
        self.store.record(&event).await
    }
}

impl Round<'_> {
    /// A program that was killed between the removal and its row: the file is gone, and now the ledger says so.
    async fn finish_what_was_begun(&mut self) -> Result<(), RetentionError> {
        for removal in self.of.store.unfinished_removals().await? {
            let path = PathBuf::from(&removal.path);
            let gone = tokio::task::spawn_blocking(move || files::is_gone(&path)).await?;
            if gone && self.apply {
                self.of.store.removed(&removal, self.now).await?;
            } else {
                self.unfinished.push(removal);
            }
        }
        Ok(())
    }

    async fn shelf(&mut self, shelf: &Shelf) -> Result<(), RetentionError> {
        let others: Vec<PathBuf> = self.of.config.places().into_iter().flat_map(|p| [p.done, p.anomalies]).collect();
        let folder = shelf.folder.clone();
        let listed = tokio::task::spawn_blocking(move || files::list(&folder, &others)).await?;
        let entries = match listed {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            Err(error) => {
                self.report.add(&shelf.folder, 0, Fate::Unreachable, format!("le dossier ne peut pas être lu ({error})"));
                return Ok(());
            }
        };
        for entry in entries {
            // The date of the move says cheaply that a file is young; only the ledger says that it is old enough.
            if entry.moved > self.now.plus_seconds(-clock::seconds(shelf.days)) {
                self.report.young += 1;
            } else if entry.is_folder {
                self.pli(shelf, &entry).await?;
            } else {
                self.file(shelf, &entry).await?;
            }
        }
        Ok(())
    }

    async fn file(&mut self, shelf: &Shelf, entry: &files::Entry) -> Result<(), RetentionError> {
        let path = entry.path.clone();
        let sha256 = match tokio::task::spawn_blocking(move || hash_of(&path)).await? {
            Ok(sha256) => sha256,
            Err(error) => {
                self.report.add(&entry.path, entry.bytes, Fate::Unreachable, format!("le fichier ne peut pas être lu ({error})"));
                return Ok(());
            }
        };
        let delivery = self.of.store.delivery_by_hash(&shelf.place.prefecture, &sha256).await?;
        let delivery = match delivery {
            Some(delivery) => Some(delivery),
            None => self.page_of_a_pli(shelf, &sha256).await?,
        };
        let Some(delivery) = delivery else {
            let why = "son contenu n’est pas au registre : il a été modifié, ou n’a jamais été pris en charge";
            self.report.add(&entry.path, entry.bytes, Fate::Altered, why);
            return Ok(());
        };
        if self.is_due(&delivery, shelf, &entry.path, entry.bytes).await? && self.is_sealed(&delivery, &entry.path, entry.bytes).await? {
            self.remove(&delivery, entry, &sha256).await?;
        }
        Ok(())
    }

    /// Old enough, and nothing of it open.
    async fn is_due(&mut self, delivery: &Delivery, shelf: &Shelf, path: &Path, bytes: u64) -> Result<bool, StoreError> {
        let asked = self.of.store.open_reviews_of(delivery.id).await?.iter().any(|review| review.subject == "file");
        if delivery.is_open_anomaly() || asked {
            self.report.add(path, bytes, Fate::Open, "l’anomalie est ouverte : la relire, la remplacer, la traiter ou la mettre de côté");
            return Ok(false);
        }
        let (dropped, act) = (self.of.store.last_drop_of(delivery.id).await?, self.of.store.last_act(delivery.id).await?);
        let since = dropped.into_iter().chain(act).max().unwrap_or(delivery.registered_at);
        let due = self.seen.passed(since, self.now) >= clock::seconds(shelf.days);
        if !due {
            self.report.young += 1;
        }
        Ok(due)
    }

    /// The sealed original opens and is what was registered.
    async fn is_sealed(&mut self, delivery: &Delivery, path: &Path, bytes: u64) -> Result<bool, RetentionError> {
        let blob = self.of.store.original(&Scope::Machine, delivery.id).await?;
        let (blobs, wanted) = (self.of.blobs.clone(), delivery.sha256.clone());
        let sound = tokio::task::spawn_blocking(move || files::sealed_hash(&blobs, &blob).is_ok_and(|sha256| sha256 == wanted)).await?;
        if !sound {
            let why = "l’original scellé ne s’ouvre pas ou n’est plus le même : cette copie est peut-être la dernière";
            self.report.add(path, bytes, Fate::NotSealed, why);
        }
        Ok(sound)
    }

    /// Row, file, row: whatever happens between them is told by the first.
    async fn remove(&mut self, delivery: &Delivery, entry: &files::Entry, sha256: &str) -> Result<(), RetentionError> {
        if !self.apply || self.refused {
            let (fate, why) =
                if self.refused { (Fate::Clock, "l’horloge n’est pas sûre") } else { (Fate::WouldRemove, "serait retiré") };
            self.report.add(&entry.path, entry.bytes, fate, why);
            return Ok(());
        }
        let path = entry.path.to_string_lossy().into_owned();
        let begun = self.unfinished.iter().find(|r| r.path == path && r.sha256 == sha256).map(|r| r.intended_at);
        let prefecture: PrefectureId = delivery.prefecture.clone();
        let intended_at = begun.unwrap_or(self.now);
        let removal = Removal { prefecture, path, sha256: sha256.to_owned(), delivery: delivery.id, bytes: entry.bytes, intended_at };
        self.of.store.intend_removal(&removal).await?;
        crate::failpoint::hit("retention.intended");
        let at = entry.clone();
        match tokio::task::spawn_blocking(move || files::remove(&at)).await? {
            Ok(true) => {
                crate::failpoint::hit("retention.removed");
                self.of.store.removed(&removal, self.of.clock.now()).await?;
                tracing::info!(file = %entry.path.display(), delivery = %delivery.id, "treated copy removed after its time; the sealed original stays");
                self.report.add(&entry.path, entry.bytes, Fate::Removed, "retiré");
            }
            Ok(false) => self.report.add(&entry.path, entry.bytes, Fate::Altered, "il a changé pendant le contrôle"),
            Err(error) => self.report.add(&entry.path, entry.bytes, Fate::Unreachable, format!("il n’a pas pu être retiré ({error})")),
        }
        Ok(())
    }
}
