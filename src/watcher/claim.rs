//! Takes complete files and plis into the ledger, in the only order in which nothing can be lost: several at
//! once, so that they wait for the disk together, and entered in one transaction, in the order in which they came.

use super::copy::{self, Copied, NotCopied, NotOpened, Source};
use super::judge::judge;
use super::origin::Origin;
use super::pli::Pli;
use super::retire::Retired;
use super::{WatchError, failed};
use crate::blobs::Blobs;
use crate::clock::Clock;
use crate::config::{Config, Place};
use crate::domain::{BlobKind, Delivery, DeliveryId, Refusal, Scope};
use crate::failpoint;
use crate::intake::{Stamp, medium_failed, postponed, too_large, unreadable_file};
use crate::store::{NewDelivery, Registration, Store};
use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::task::spawn_blocking;
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
    /// Copies that have done their work could not be removed from the spool.
    pub untidy: Arc<AtomicBool>,
}

/// What is to be taken.
#[derive(Clone, Debug)]
pub enum Wanted {
    File(PathBuf),
    Pli(OsString, Box<Pli>),
}

/// What is to be taken, in the state in which it was last seen.
#[derive(Debug)]
pub struct Order {
    pub wanted: Wanted,
    pub stamp: Stamp,
    /// The copy of an earlier try.
    pub spooled: Option<Spooled>,
}

/// Our copy under the number of its delivery. Where it is not known whether the ledger has that delivery, the next
/// try goes on with both: what is sealed or entered already is then only found again. The lock of the copy tells
/// another watcher to leave all of it alone.
#[derive(Debug)]
pub struct Spooled {
    pub id: DeliveryId,
    /// State of the source that it was made from.
    pub stamp: Stamp,
    copied: Copied,
}

/// A copy that is sealed and ready for the ledger.
#[derive(Debug)]
struct Sealed {
    origin: Origin,
    spooled: Spooled,
    new: NewDelivery,
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
    /// Sealing or the ledger failed after the copy was made; tried again later, with this copy.
    Unsure(Box<Spooled>),
    /// It stays, for this reason, until somebody changes it.
    Stays(Refusal),
}

impl Desk {
    /// Takes what was last seen so. What became of each, in the same order.
    ///
    /// # Errors
    /// Only where going on could lose something: a disk that lies.
    pub async fn claim(&self, orders: Vec<Order>) -> Result<Vec<Claim>, WatchError> {
        // Asked before anything is copied or sealed: a database that is away would leave a copy behind at each try.
        if let Err(error) = self.store.delivery_by_hash(&self.place.prefecture, "").await {
            tracing::error!(%error, "the ledger does not answer; the files stay in the folder and are tried again");
            return Ok(orders.into_iter().map(|order| later(order.spooled)).collect());
        }
        let sealing: Vec<_> = orders
            .into_iter()
            .map(|order| {
                let desk = self.clone();
                spawn_blocking(move || desk.seal(order))
            })
            .collect();
        let (mut claims, mut ready) = (Vec::new(), Vec::new());
        for (place, sealed) in sealing.into_iter().enumerate() {
            match sealed.await? {
                Ok(sealed) => ready.push((place, sealed)),
                Err(Stopped::With(claim)) => claims.push((place, claim)),
                Err(Stopped::Fatal(error)) => return Err(error),
            }
        }
        let entered = self.enter(&ready).await;
        let moving: Vec<_> = ready
            .into_iter()
            .zip(entered)
            .map(|((place, sealed), entered)| {
                let desk = self.clone();
                (place, spawn_blocking(move || desk.finish(sealed, entered)))
            })
            .collect();
        for (place, moved) in moving {
            claims.push((place, moved.await?));
        }
        claims.sort_by_key(|(place, _)| *place);
        Ok(claims.into_iter().map(|(_, claim)| claim).collect())
    }

    /// Copies and seals; what an earlier try did is not done again.
    fn seal(&self, order: Order) -> Result<Sealed, Stopped> {
        let Order { wanted, stamp, spooled } = order;
        if stamp.size > LARGEST_KEPT {
            return Err(Stopped::With(Claim::Stays(too_large(stamp.size, self.config.limits.bytes))));
        }
        let origin = match open(&self.place, &wanted, stamp) {
            Ok(origin) => origin,
            Err(NotOpened::Changed) => return Err(Stopped::With(Claim::Changed)),
            Err(why) => return Err(Stopped::With(spooled.map_or_else(|| not_opened(&why), |spooled| later(Some(spooled))))),
        };
        let spooled = match spooled {
            Some(spooled) => spooled,
            None => self.copy(&origin, stamp)?,
        };
        match self.entry(&origin, &spooled) {
            Ok(new) => Ok(Sealed { origin, spooled, new }),
            Err(cause) => {
                tracing::error!(file = %origin.path().display(), %cause, "the file could not be sealed; it stays in the folder and is tried again");
                Err(Stopped::With(later(Some(spooled))))
            }
        }
    }

    fn copy(&self, origin: &Origin, stamp: Stamp) -> Result<Spooled, Stopped> {
        let (spool, id) = (&self.config.drop.spool, DeliveryId(Uuid::now_v7()));
        let copied = origin.copy(spool, &id.to_string()).map_err(|why| match why {
            NotCopied::Changed => Stopped::With(Claim::Changed),
            NotCopied::Medium(error) => {
                tracing::warn!(file = %origin.path().display(), %error, "the file could not be read");
                Stopped::With(Claim::Later(medium_failed()))
            }
            NotCopied::Spool(error) => {
                tracing::error!(spool = %spool.display(), %error, "no copy could be made; the file stays in the folder and is tried again");
                Stopped::With(Claim::Later(postponed()))
            }
            NotCopied::Fatal(error) => Stopped::Fatal(error),
        })?;
        Ok(Spooled { id, stamp, copied })
    }

    /// Seals the copy; gives what is to be entered.
    fn entry(&self, origin: &Origin, spooled: &Spooled) -> Result<NewDelivery, String> {
        let Spooled { id, copied, .. } = spooled;
        let (format, refusal) = judge(origin, copied, self.config.limits.bytes).map_err(|e| e.to_string())?;
        let place = &self.place;
        let prefecture = place.prefecture.clone();
        let mut file = copied.file.try_clone().map_err(|e| e.to_string())?;
        let original = self.blobs.put_file(&prefecture, *id, BlobKind::Original, &mut file).map_err(|e| e.to_string())?;
        failpoint::hit("watcher.sealed");
        let entry = match origin {
            Origin::Pli(open) => open.ordered.entry.clone(),
            Origin::File(_) => crate::intake::IndexEntry::default(),
        };
        Ok(NewDelivery {
            id: *id,
            prefecture,
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
            original,
        })
    }

    /// All in one transaction, or one by one where that fails, so that none keeps the others out.
    async fn enter(&self, ready: &[(usize, Sealed)]) -> Vec<Result<Registration, String>> {
        let scope = Scope::Prefecture(self.place.prefecture.clone());
        let all: Vec<&NewDelivery> = ready.iter().map(|(_, sealed)| &sealed.new).collect();
        if all.is_empty() {
            return Vec::new();
        }
        let entered = self.store.register_deliveries(&scope, &all, self.clock.now()).await;
        failpoint::hit("watcher.registered");
        let error = match entered {
            Ok(registrations) => return registrations.into_iter().map(Ok).collect(),
            Err(error) => error,
        };
        if all.len() == 1 || error.is_away() {
            return all.iter().map(|_| Err(error.to_string())).collect();
        }
        let mut each = Vec::new();
        for new in all {
            each.push(self.store.register_delivery(&scope, new, self.clock.now()).await.map_err(|e| e.to_string()));
        }
        each
    }

    /// What the ledger has leaves the folder, and its copy the spool.
    fn finish(&self, sealed: Sealed, entered: Result<Registration, String>) -> Claim {
        let Sealed { mut origin, spooled, new } = sealed;
        let delivery = match entered {
            Ok(Registration::New(delivery)) => Ok(delivery),
            // Entered by an earlier try whose answer was lost: the sealed file is its own.
            Ok(Registration::Duplicate(delivery)) if delivery.id == spooled.id => Ok(delivery),
            Ok(Registration::Duplicate(delivery)) => {
                let unused = self.blobs.forget(&new.original).and_then(|()| self.blobs.destroy_key(&new.prefecture, spooled.id));
                unused.map(|()| delivery).map_err(|e| e.to_string())
            }
            Err(cause) => Err(cause),
        };
        let delivery = match delivery {
            Ok(delivery) => delivery,
            Err(cause) => {
                tracing::error!(file = %origin.path().display(), %cause, "the file could not be registered; it stays in the folder and is tried again");
                return later(Some(spooled));
            }
        };
        let claim = self.put_away(&mut origin, delivery);
        // The source is registered, or still there: this copy has done its work.
        if let Err(error) = fs::remove_file(&spooled.copied.path) {
            tracing::error!(copy = %spooled.copied.path.display(), %error, "a copy that is no longer needed could not be removed; it is tried again");
            self.untidy.store(true, Ordering::Relaxed);
        }
        claim
    }

    /// How the folder is named in the ledger.
    pub fn source(&self) -> String {
        self.place.folder.to_string_lossy().into_owned()
    }

    /// Tries again to move what is in the ledger.
    ///
    /// # Errors
    /// When the task was ended.
    pub async fn move_again(&self, wanted: Wanted, stamp: Stamp, delivery: Delivery) -> Result<Claim, WatchError> {
        let desk = self.clone();
        let moved = spawn_blocking(move || match open(&desk.place, &wanted, stamp) {
            Ok(mut origin) => desk.put_away(&mut origin, delivery),
            Err(why) => not_opened(&why),
        });
        Ok(moved.await?)
    }

    fn put_away(&self, origin: &mut Origin, delivery: Delivery) -> Claim {
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
    /// been sealed: that file and its key are nobody's. `orphans_too` at a start only: where the answer of the ledger
    /// was lost a moment ago, it may still come to know the delivery.
    pub async fn clear_spool(&self, orphans_too: bool) -> Result<(), WatchError> {
        let spool = self.config.drop.spool.clone();
        let left = spawn_blocking(move || copy::leftovers(&spool)).await??;
        for (path, mut lock) in left {
            let name = path.file_name().and_then(|n| n.to_str()).unwrap_or_default();
            let Ok(id) = name.parse::<DeliveryId>() else { continue };
            match self.store.delivery(&Scope::Machine, id).await {
                Ok(_) => {}
                Err(crate::store::StoreError::NotFound(_)) if orphans_too => self.forget_orphan(&mut lock, id),
                // Nothing is known: leave everything as it is for the next start.
                Err(_) => continue,
            }
            fs::remove_file(&path).map_err(failed("removed", &path))?;
        }
        Ok(())
    }

    /// Removes copies that could not be removed when they had done their work.
    pub async fn tidy(&self) {
        if self.untidy.swap(false, Ordering::Relaxed) && self.clear_spool(false).await.is_err() {
            self.untidy.store(true, Ordering::Relaxed);
        }
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

/// Tried again, with the copy that there is.
fn later(spooled: Option<Spooled>) -> Claim {
    spooled.map_or_else(|| Claim::Later(postponed()), |spooled| Claim::Unsure(Box::new(spooled)))
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
