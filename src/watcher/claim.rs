//! Takes one complete file or pli into the ledger, in the only order in which nothing can be lost.

use super::copy::{self, Copied, NotCopied, NotOpened, Source};
use super::origin::Origin;
use super::pli::Pli;
use super::retire::Retired;
use super::{WatchError, failed};
use crate::blobs::Blobs;
use crate::clock::Clock;
use crate::config::{Config, Place};
use crate::domain::{BlobKind, Delivery, DeliveryId, Format, Refusal, Scope, bundle_pages};
use crate::failpoint;
use crate::intake::{ExamineError, Stamp, examine, medium_failed, of_page, postponed, too_large, unreadable_file};
use crate::store::{NewDelivery, Registration, Store};
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use uuid::Uuid;

/// A file that is too large to be read is kept like any other, up to here: two copies of it are made.
const LARGEST_KEPT: u64 = 8 << 30;

/// What every claim in one folder works with.
#[derive(Clone, Debug)]
pub struct Desk {
    pub config: Arc<Config>,
    pub place: Arc<Place>,
    pub store: Store,
    pub blobs: Blobs,
    pub clock: Clock,
}

/// What is to be taken.
#[derive(Clone, Debug)]
pub enum Wanted {
    File(PathBuf),
    Pli(OsString, Box<Pli>),
}

/// What became of one file or pli.
#[derive(Debug)]
pub enum Claim {
    /// In the ledger and out of the folder.
    Taken(Box<Delivery>),
    /// Written to or replaced meanwhile: it settles anew.
    Changed,
    /// Another watcher takes it.
    Busy,
    /// In the ledger, but it cannot be moved out of the folder.
    Unmoved(Box<Delivery>),
    /// It stays, for this reason; tried again later.
    Later(Refusal),
    /// It stays, for this reason, until somebody changes it.
    Stays(Refusal),
}

impl Desk {
    /// Takes what was last seen with `stamp`.
    ///
    /// # Errors
    /// Only where going on could lose something: a disk that lies.
    pub async fn claim(&self, wanted: Wanted, stamp: Stamp) -> Result<Claim, WatchError> {
        if stamp.size > LARGEST_KEPT {
            return Ok(Claim::Stays(too_large(stamp.size, self.config.limits.bytes)));
        }
        // Asked before anything is copied or sealed: a database that is away would leave a copy behind at each try.
        if let Err(error) = self.store.delivery_by_hash(&self.place.prefecture, "").await {
            tracing::warn!(%error, "the ledger does not answer; the file stays in the folder and is tried again");
            return Ok(Claim::Later(postponed()));
        }
        let id = DeliveryId(Uuid::now_v7());
        let (spool, place) = (self.config.drop.spool.clone(), Arc::clone(&self.place));
        let copied = tokio::task::spawn_blocking(move || copy_origin(&place, &wanted, stamp, &spool, id)).await?;
        let (origin, copied) = match copied {
            Ok(pair) => pair,
            Err(Stopped::Fatal(error)) => return Err(error),
            Err(Stopped::With(claim)) => return Ok(claim),
        };
        let (desk, runtime) = (self.clone(), tokio::runtime::Handle::current());
        // Sealing and moving block on the disk; the two transactions between them are waited for in place.
        tokio::task::spawn_blocking(move || desk.register(&origin, &copied, id, &runtime)).await?
    }

    fn register(&self, origin: &Origin, copied: &Copied, id: DeliveryId, runtime: &tokio::runtime::Handle) -> Result<Claim, WatchError> {
        let outcome = self.enter(origin, copied, id, runtime);
        let claim = match outcome {
            Ok(delivery) => self.put_away(origin, delivery),
            Err(cause) => {
                tracing::warn!(file = %origin.path().display(), %cause, "the file could not be registered; it stays in the folder and is tried again");
                // Whether the ledger has it cannot be known now. The copy stays and tells the next start what may have
                // been sealed for nobody.
                return Ok(Claim::Later(postponed()));
            }
        };
        // The source is registered, or still there: this copy has done its work.
        fs::remove_file(&copied.path).map_err(failed("removed", &copied.path))?;
        Ok(claim)
    }

    /// Seals the copy and commits it to the ledger.
    fn enter(&self, origin: &Origin, copied: &Copied, id: DeliveryId, runtime: &tokio::runtime::Handle) -> Result<Delivery, String> {
        let (format, refusal) = self.judge(origin, copied).map_err(|e| e.to_string())?;
        let place = &self.place;
        let prefecture = place.prefecture.clone();
        let mut file = copied.file.try_clone().map_err(|e| e.to_string())?;
        let original = self.blobs.put_file(&prefecture, id, BlobKind::Original, &mut file).map_err(|e| e.to_string())?;
        failpoint::hit("watcher.sealed");
        let entry = match origin {
            Origin::Pli(open) => open.ordered.entry.clone(),
            Origin::File(_) => crate::intake::IndexEntry::default(),
        };
        let new = NewDelivery {
            id,
            prefecture: prefecture.clone(),
            file: origin.shown(),
            sha256: copied.sha256.clone(),
            bytes: copied.bytes,
            format,
            refusal,
            channel: place.channel,
            received_on: entry.received,
            source: self.source(),
            drop_key: Some(origin.drop_key(place, &copied.sha256)),
            index: (entry.facts != crate::domain::IndexFacts::default()).then_some(entry.facts),
            taken: origin.taken(place),
            original: original.clone(),
        };
        let scope = Scope::Prefecture(prefecture.clone());
        let registered = runtime.block_on(self.store.register_delivery(&scope, &new, self.clock.now()));
        failpoint::hit("watcher.registered");
        match registered.map_err(|e| e.to_string())? {
            Registration::New(delivery) => Ok(delivery),
            Registration::Duplicate(delivery) => {
                let unused = self.blobs.forget(&original).and_then(|()| self.blobs.destroy_key(&prefecture, id));
                unused.map_err(|e| e.to_string())?;
                Ok(delivery)
            }
        }
    }

    /// How the folder is named in the ledger.
    pub fn source(&self) -> String {
        self.place.folder.to_string_lossy().into_owned()
    }

    /// What the copy is, and why it cannot be read when it cannot.
    fn judge(&self, origin: &Origin, copied: &Copied) -> std::io::Result<(Option<Format>, Option<Refusal>)> {
        let limit = self.config.limits.bytes;
        if copied.bytes > limit {
            return Ok((None, Some(too_large(copied.bytes, limit))));
        }
        let wrong = match origin {
            Origin::Pli(open) => open.ordered.wrong.clone(),
            Origin::File(_) => None,
        };
        let pages = origin.pages();
        let judged = if pages.len() > 1 { judge_bundle(&fs::read(&copied.path)?, &pages, limit)? } else { judge_file(copied, limit)? };
        Ok(match (judged, wrong) {
            (Ok(_), Some(wrong)) => (None, Some(wrong)),
            (Ok(format), None) => (Some(format), None),
            (Err(refusal), _) => (None, Some(refusal)),
        })
    }

    /// Tries again to move what is in the ledger.
    ///
    /// # Errors
    /// When the task was ended.
    pub async fn move_again(&self, wanted: Wanted, stamp: Stamp, delivery: Delivery) -> Result<Claim, WatchError> {
        let desk = self.clone();
        let moved = tokio::task::spawn_blocking(move || match open(&desk.place, &wanted, stamp) {
            Ok(origin) => desk.put_away(&origin, delivery),
            Err(why) => not_opened(&why),
        });
        Ok(moved.await?)
    }

    fn put_away(&self, origin: &Origin, delivery: Delivery) -> Claim {
        let place = &self.place;
        if place.read_only {
            tracing::info!(delivery = %delivery.id, file = %delivery.file, "taken into the ledger; it stays where it is");
            return Claim::Taken(Box::new(delivery));
        }
        let folder = if delivery.refusal.is_some() { &place.anomalies } else { &place.done };
        match origin.retire(&delivery.sha256, folder, &place.done_mark) {
            Retired::Moved(path) => {
                tracing::info!(delivery = %delivery.id, file = %delivery.file, to = %path.display(), "taken into the ledger");
                Claim::Taken(Box::new(delivery))
            }
            // What was registered is safe. If something new has the name, it settles like any new file.
            Retired::Gone => Claim::Changed,
            Retired::Refused(error) => {
                tracing::debug!(delivery = %delivery.id, %error, "registered, but the source cannot be moved");
                Claim::Unmoved(Box::new(delivery))
            }
        }
    }

    /// What a killed watcher left in the spool. A copy whose delivery never reached the ledger may have
    /// been sealed: that file and its key are nobody's.
    pub async fn clear_spool(&self) -> Result<(), WatchError> {
        let spool = self.config.drop.spool.clone();
        let left = tokio::task::spawn_blocking(move || copy::leftovers(&spool)).await??;
        for (path, mut lock) in left {
            let name = path.file_name().and_then(|n| n.to_str()).unwrap_or_default();
            let Ok(id) = name.parse::<DeliveryId>() else { continue };
            match self.store.delivery(&Scope::Machine, id).await {
                Ok(_) => {}
                Err(crate::store::StoreError::NotFound(_)) => self.forget_orphan(&mut lock, id),
                // Nothing is known: leave everything as it is for the next start.
                Err(_) => continue,
            }
            fs::remove_file(&path).map_err(failed("removed", &path))?;
        }
        Ok(())
    }

    fn forget_orphan(&self, copy: &mut fs::File, id: DeliveryId) {
        let mut prefectures: Vec<_> = self.config.places().into_iter().map(|place| place.prefecture).collect();
        prefectures.sort();
        prefectures.dedup();
        for prefecture in prefectures {
            // Sealing again gives the name of the sealed file, if there was one.
            let gone = self.blobs.put_file(&prefecture, id, BlobKind::Original, copy).and_then(|blob| self.blobs.forget(&blob));
            if let Err(error) = gone.and_then(|()| self.blobs.destroy_key(&prefecture, id)) {
                tracing::warn!(%error, "a sealed file that is nobody's could not be removed");
            }
        }
    }
}

fn judge_file(copied: &Copied, limit: u64) -> std::io::Result<Result<Format, Refusal>> {
    let mut file = copied.file.try_clone()?;
    said(examine(&mut file, limit))
}

/// Every page by itself; the first that cannot be read is named.
fn judge_bundle(bytes: &[u8], pages: &[String], limit: u64) -> std::io::Result<Result<Format, Refusal>> {
    let ranges = bundle_pages(bytes).ok_or_else(|| std::io::Error::other("the copy is no bundle"))?;
    for (page, (_, range)) in pages.iter().zip(ranges) {
        if let Err(refusal) = said(examine(&mut std::io::Cursor::new(&bytes[range]), limit))? {
            return Ok(Err(of_page(page, &refusal)));
        }
    }
    Ok(Ok(Format::Bundle))
}

fn said(examined: Result<Format, ExamineError>) -> std::io::Result<Result<Format, Refusal>> {
    match examined {
        Ok(format) => Ok(Ok(format)),
        Err(ExamineError::Refused(refusal)) => Ok(Err(refusal)),
        Err(ExamineError::Io(error)) => Err(error),
    }
}

enum Stopped {
    With(Claim),
    Fatal(WatchError),
}

fn open(place: &Place, wanted: &Wanted, stamp: Stamp) -> Result<Origin, NotOpened> {
    match wanted {
        Wanted::File(path) => Source::open(path, stamp).map(Origin::File),
        Wanted::Pli(name, pli) => Origin::open_pli(place, name, pli, stamp),
    }
}

fn copy_origin(place: &Place, wanted: &Wanted, stamp: Stamp, spool: &Path, id: DeliveryId) -> Result<(Origin, Copied), Stopped> {
    let origin = open(place, wanted, stamp).map_err(|why| Stopped::With(not_opened(&why)))?;
    let copied = origin.copy(spool, &id.to_string()).map_err(|why| match why {
        NotCopied::Changed => Stopped::With(Claim::Changed),
        NotCopied::Medium(error) => {
            tracing::warn!(file = %origin.path().display(), %error, "the file could not be read");
            Stopped::With(Claim::Later(medium_failed()))
        }
        NotCopied::Spool(error) => {
            tracing::warn!(spool = %spool.display(), %error, "no copy could be made; the file stays in the folder and is tried again");
            Stopped::With(Claim::Later(postponed()))
        }
        NotCopied::Fatal(error) => Stopped::Fatal(error),
    })?;
    Ok((origin, copied))
}

/// What a file that cannot be opened means.
pub fn not_opened(why: &NotOpened) -> Claim {
    match why {
        NotOpened::Changed => Claim::Changed,
        NotOpened::Busy => Claim::Busy,
        NotOpened::Denied => Claim::Later(unreadable_file()),
        NotOpened::Medium(error) => {
            tracing::warn!(%error, "a file of the drop folder could not be opened");
            Claim::Later(medium_failed())
        }
    }
}
