//! Takes one complete file into the ledger, in the only order in which nothing can be lost.

use super::copy::{self, Copied, NotCopied, NotOpened, Source};
use super::retire::{Retired, retire};
use super::{WatchError, failed};
use crate::blobs::Blobs;
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::{BlobKind, Delivery, DeliveryId, Refusal, Scope};
use crate::failpoint;
use crate::intake::{ExamineError, Stamp, examine, medium_failed, postponed, shown_name, too_large, unreadable_file};
use crate::store::{NewDelivery, Registration, Store};
use sha2::{Digest, Sha256};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use uuid::Uuid;

/// What every claim works with.
#[derive(Clone, Debug)]
pub struct Desk {
    pub config: Arc<Config>,
    pub store: Store,
    pub blobs: Blobs,
    pub clock: Clock,
}

/// What became of one file.
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
    /// Takes the file at `path`, which was last seen with `stamp`.
    ///
    /// # Errors
    /// Only where going on could lose something: a disk that lies.
    pub async fn claim(&self, path: PathBuf, stamp: Stamp) -> Result<Claim, WatchError> {
        if stamp.size > self.config.limits.bytes {
            return Ok(Claim::Stays(too_large(stamp.size, self.config.limits.bytes)));
        }
        let id = DeliveryId(Uuid::now_v7());
        let spool = self.config.drop.spool.clone();
        let copied = tokio::task::spawn_blocking(move || copy_source(&path, stamp, &spool, id)).await?;
        let (source, copied) = match copied {
            Ok(pair) => pair,
            Err(Stopped::Fatal(error)) => return Err(error),
            Err(Stopped::With(claim)) => return Ok(claim),
        };
        let (desk, runtime) = (self.clone(), tokio::runtime::Handle::current());
        // Sealing and moving block on the disk; the two transactions between them are waited for in place.
        tokio::task::spawn_blocking(move || desk.register(&source, &copied, id, &runtime)).await?
    }

    fn register(&self, source: &Source, copied: &Copied, id: DeliveryId, runtime: &tokio::runtime::Handle) -> Result<Claim, WatchError> {
        let outcome = self.enter(source, copied, id, runtime);
        let claim = match outcome {
            Ok(delivery) => self.put_away(source, delivery),
            Err(cause) => {
                tracing::warn!(file = %source.path.display(), %cause, "the file could not be registered; it stays in the folder and is tried again");
                Claim::Later(postponed())
            }
        };
        // The source is registered, or still there: this copy has done its work.
        fs::remove_file(&copied.path).map_err(failed("removed", &copied.path))?;
        Ok(claim)
    }

    /// Seals the copy and commits it to the ledger.
    fn enter(&self, source: &Source, copied: &Copied, id: DeliveryId, runtime: &tokio::runtime::Handle) -> Result<Delivery, String> {
        let mut file = copied.file.try_clone().map_err(|e| e.to_string())?;
        let (format, refusal) = match examine(&mut file, self.config.limits.bytes) {
            Ok(format) => (Some(format), None),
            Err(ExamineError::Refused(refusal)) => (None, Some(refusal)),
            Err(ExamineError::Io(error)) => return Err(error.to_string()),
        };
        let content = fs::read(&copied.path).map_err(|e| e.to_string())?;
        let prefecture = self.config.prefecture.clone();
        let original = self.blobs.put(&prefecture, id, BlobKind::Original, &content).map_err(|e| e.to_string())?;
        failpoint::hit("watcher.sealed");
        let new = NewDelivery {
            id,
            prefecture: prefecture.clone(),
            file: shown_name(source.path.file_name().unwrap_or_default()),
            sha256: copied.sha256.clone(),
            bytes: copied.bytes,
            format,
            refusal,
            channel: self.config.drop.channel,
            received_on: None,
            source: "depot".into(),
            drop_key: Some(drop_key(source)),
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

    /// Tries again to move a source that is in the ledger.
    ///
    /// # Errors
    /// When the task was ended.
    pub async fn move_again(&self, path: PathBuf, stamp: Stamp, delivery: Delivery) -> Result<Claim, WatchError> {
        let desk = self.clone();
        let moved = tokio::task::spawn_blocking(move || match Source::open(&path, stamp) {
            Ok(source) => desk.put_away(&source, delivery),
            Err(why) => not_opened(&why),
        });
        Ok(moved.await?)
    }

    fn put_away(&self, source: &Source, delivery: Delivery) -> Claim {
        let folder = if delivery.refusal.is_some() { &self.config.drop.anomalies } else { &self.config.drop.done };
        match retire(source, &delivery.sha256, folder) {
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
        for (path, _lock) in left {
            let name = path.file_name().and_then(|n| n.to_str()).unwrap_or_default();
            let Ok(id) = name.parse::<DeliveryId>() else { continue };
            match self.store.delivery(&Scope::Machine, id).await {
                Ok(_) => {}
                Err(crate::store::StoreError::NotFound(_)) => self.forget_orphan(&path, id),
                // Nothing is known: leave everything as it is for the next start.
                Err(_) => continue,
            }
            fs::remove_file(&path).map_err(failed("removed", &path))?;
        }
        Ok(())
    }

    fn forget_orphan(&self, path: &Path, id: DeliveryId) {
        let prefecture = &self.config.prefecture;
        let content = fs::read(path).unwrap_or_default();
        // Sealing again gives the name of the sealed file, if there was one.
        let gone = self.blobs.put(prefecture, id, BlobKind::Original, &content).and_then(|blob| self.blobs.forget(&blob));
        if let Err(error) = gone.and_then(|()| self.blobs.destroy_key(prefecture, id)) {
            tracing::warn!(%error, "a sealed file that is nobody's could not be removed");
        }
    }
}

enum Stopped {
    With(Claim),
    Fatal(WatchError),
}

fn copy_source(path: &Path, stamp: Stamp, spool: &Path, id: DeliveryId) -> Result<(Source, Copied), Stopped> {
    let mut source = Source::open(path, stamp).map_err(|why| Stopped::With(not_opened(&why)))?;
    let copied = copy::copy(&mut source, spool, &id.to_string()).map_err(|why| match why {
        NotCopied::Changed => Stopped::With(Claim::Changed),
        NotCopied::Medium(error) => {
            tracing::warn!(file = %path.display(), %error, "the file could not be read");
            Stopped::With(Claim::Later(medium_failed()))
        }
        NotCopied::Spool(error) => {
            tracing::warn!(spool = %spool.display(), %error, "no copy could be made; the file stays in the folder and is tried again");
            Stopped::With(Claim::Later(postponed()))
        }
        NotCopied::Fatal(error) => Stopped::Fatal(error),
    })?;
    Ok((source, copied))
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

/// The same file in the same state, whoever takes it and however often.
fn drop_key(source: &Source) -> String {
    use std::os::unix::ffi::OsStrExt;
    let Stamp { device, inode, size, modified } = source.stamp;
    let mut digest = Sha256::new();
    digest.update(format!("{device}:{inode}:{size}:{modified}:"));
    digest.update(source.path.file_name().unwrap_or_default().as_bytes());
    copy::hexadecimal(digest)
}
