//! Taking what is ready at one post, several files at a time, and remembering why what was not taken stays.

use super::WatchError;
use super::claim::{Claim, Order, Wanted};
use super::copy::open_plain;
use super::folder::{Entry, Kind};
use super::memory::Memory;
use super::origin::taken_file;
use super::post::Post;
use super::tracked::{Blocked, State};
use crate::config::{DropProfile, Place};
use crate::domain::{Delivery, DeliveryId, Refusal, Scope};
use crate::intake::{cannot_be_moved, empty_folder, is_single_image, pages_missing, postponed, shown_name, to_attach};
use crate::store::TakenFile;
use std::ffi::OsStr;
use std::time::Duration;

/// Files taken at once: they share the waiting for the disk and one commit.
pub const AT_ONCE: usize = 8;
/// Bytes taken at once, unless one file alone has more: each is held in memory while it is sealed.
const BYTES_AT_ONCE: u64 = 16 << 20;

/// Entries to be taken together.
#[derive(Default)]
pub struct Batch<'a> {
    entries: Vec<(&'a Entry, Option<DeliveryId>)>,
    bytes: u64,
}

impl<'a> Batch<'a> {
    pub fn is_full_with(&self, entry: &Entry) -> bool {
        self.entries.len() == AT_ONCE || (!self.entries.is_empty() && self.bytes + entry.stamp.size > BYTES_AT_ONCE)
    }

    pub fn add(&mut self, entry: &'a Entry, known: Option<DeliveryId>) {
        self.entries.push((entry, known));
        self.bytes += entry.stamp.size;
    }
}

impl Post {
    /// While the ledger has not answered for a batch of copies, no other is begun: each holds room in the spool.
    pub(super) fn must_wait(&self, name: &OsStr, batch: &Batch) -> bool {
        let held = self.spooled.len();
        held > 0 && held + batch.entries.len() >= AT_ONCE && !self.spooled.contains_key(name)
    }

    /// Takes a batch, in its order.
    pub(super) async fn take(
        &mut self,
        batch: Batch<'_>,
        now: Duration,
        memory: &mut Memory,
        taken: &mut Vec<Delivery>,
    ) -> Result<(), WatchError> {
        let (mut entries, mut orders) = (Vec::new(), Vec::new());
        for (entry, known) in batch.entries {
            let wanted = match &entry.kind {
                Kind::Pli(pli) => Wanted::Pli(entry.name.clone(), pli.clone()),
                _ => Wanted::File(self.folder().join(&entry.name)),
            };
            if let Some(delivery) = self.registered(entry, known).await {
                let claim = self.desk.move_again(wanted, entry.stamp, delivery).await?;
                self.settle(entry, now, claim, memory, taken);
            } else if let Some(refusal) = self.not_to_be_taken(entry, &wanted).await? {
                self.stay(entry, refusal);
            } else {
                let spooled = self.spooled.remove(&entry.name).filter(|spooled| spooled.stamp == entry.stamp);
                orders.push(Order { wanted, stamp: entry.stamp, spooled });
                entries.push(entry);
            }
        }
        if orders.is_empty() {
            return Ok(());
        }
        for (entry, claim) in entries.into_iter().zip(self.desk.claim(orders).await?) {
            self.settle(entry, now, claim, memory, taken);
        }
        Ok(())
    }

    /// The delivery of an entry that is in the ledger already and only stands here still.
    async fn registered(&self, entry: &Entry, known: Option<DeliveryId>) -> Option<Delivery> {
        match (self.files.get(&entry.name).map(|file| &file.state), known) {
            (Some(State::Registered { delivery, .. }), _) => Some(Delivery::clone(delivery)),
            (_, Some(id)) => self.desk.store.delivery(&Scope::Machine, id).await.ok(),
            (_, None) => None,
        }
    }

    fn settle(&mut self, entry: &Entry, now: Duration, claim: Claim, memory: &mut Memory, taken: &mut Vec<Delivery>) {
        match claim {
            Claim::Taken(delivery) => {
                self.files.remove(&entry.name);
                memory.remember(remembered_of(&self.desk.place, entry), delivery.id);
                taken.push(*delivery);
            }
            other => self.block(entry, now, other),
        }
    }

    /// What waits for a person although it is complete.
    async fn not_to_be_taken(&self, entry: &Entry, wanted: &Wanted) -> Result<Option<Refusal>, WatchError> {
        Ok(match (&entry.kind, wanted) {
            (Kind::Pli(pli), _) if pli.pages.is_empty() => Some(match &pli.listed {
                Some((listed, _)) => pages_missing(&listed.files),
                None => empty_folder(),
            }),
            (Kind::File, Wanted::File(path)) if self.desk.place.profile == DropProfile::Folder => {
                let path = path.clone();
                let single = tokio::task::spawn_blocking(move || {
                    open_plain(&path).ok().is_some_and(|mut f| is_single_image(&mut f).unwrap_or(false))
                });
                single.await?.then(to_attach)
            }
            _ => None,
        })
    }

    fn stay(&mut self, entry: &Entry, refusal: Refusal) {
        if let Some(tracked) = self.files.get_mut(&entry.name) {
            tracing::warn!(file = %shown_name(&entry.name), code = %refusal.code, "a file of the drop folder waits for a person");
            tracked.state = State::Blocked(Blocked::until_changed(refusal));
            tracked.shown_since = self.desk.clock.now();
        }
    }

    /// Remembers why a file was not taken.
    pub(super) fn block(&mut self, entry: &Entry, now: Duration, claim: Claim) {
        let Some(tracked) = self.files.get_mut(&entry.name) else { return };
        let before = tracked.blocked().cloned();
        let again = |refusal| Blocked::again(refusal, now, before.as_ref());
        let state = match claim {
            Claim::Busy | Claim::Taken(_) => return,
            Claim::Changed => {
                self.files.remove(&entry.name);
                return;
            }
            Claim::Later(refusal) => State::Blocked(again(refusal)),
            Claim::Unsure(spooled) => {
                self.spooled.insert(entry.name.clone(), *spooled);
                State::Blocked(again(postponed()))
            }
            Claim::Stays(refusal) => State::Blocked(Blocked::until_changed(refusal)),
            Claim::Unmoved(delivery) => State::Registered { delivery, blocked: again(cannot_be_moved()) },
        };
        tracked.state = state;
        let Some(refusal) = tracked.refusal() else { return };
        // Said once, not at every try.
        if before.is_none_or(|b| b.refusal != *refusal) {
            tracing::warn!(file = %shown_name(&entry.name), code = %refusal.code, "a file of the drop folder is not taken");
            tracked.shown_since = self.desk.clock.now();
        }
    }
}

/// What is remembered of an entry that was taken.
fn remembered_of(place: &Place, entry: &Entry) -> Vec<TakenFile> {
    match &entry.kind {
        Kind::Pli(pli) => pli.taken(&entry.name),
        Kind::File if place.read_only => vec![taken_file(&entry.name, entry.stamp)],
        _ => Vec::new(),
    }
}
