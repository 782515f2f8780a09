//! The watch over one folder: a look, what each file's next step is, and the wait until the next look.

use super::WatchError;
use super::claim::{Claim, Desk, Spooled, not_opened};
use super::copy::{Source, open_plain};
use super::folder::{Entry, Kind, Nursery, View, look};
use super::indexes::{Arranged, Indexes};
use super::memory::Memory;
use super::reserve::prepare;
use super::retire::{Retired, retire};
use super::taking::{AT_ONCE, Batch};
use super::tracked::{Blocked, State, Tracked};
use super::wake::Bell;
use crate::config::Place;
use crate::domain::{Delivery, Instant};
use crate::intake::{self, Settling, Stamp, Step, Timing, folder_lost, medium_failed, nested_folder, not_a_file, shown_name};
use crate::store::WaitingFile;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::ffi::OsString;
use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Messages often come in bursts: one look serves all of them.
const BURST: Duration = Duration::from_millis(150);

/// Watches one folder.
#[derive(Debug)]
pub struct Post {
    pub(super) desk: Desk,
    pub(super) files: BTreeMap<OsString, Tracked>,
    nursery: Nursery,
    bell: Bell,
    indexes: Indexes,
    /// Copies for which the ledger has not yet answered, by the name of their source.
    pub(super) spooled: HashMap<OsString, Spooled>,
    /// What was taken and still stands here; read from the ledger at the first look.
    memory: Option<Memory>,
    /// What was last told to the store.
    told: Option<Vec<WaitingFile>>,
    /// The folders of treated files are there, and cleared.
    prepared: bool,
    /// Since when the folder itself cannot be looked at; said once.
    folder_lost: Option<Instant>,
}

impl Post {
    /// Ready to look. `prepared`: see [`prepare`].
    pub fn new(desk: Desk, prepared: bool) -> Self {
        let bell = Bell::at(&desk.place.folder);
        let (files, nursery, indexes) = (BTreeMap::new(), Nursery::default(), Indexes::default());
        let spooled = HashMap::new();
        Self { desk, files, nursery, bell, indexes, spooled, memory: None, told: None, prepared, folder_lost: None }
    }

    /// Looks and takes until `stop` is ready. A file that is being taken is finished first.
    ///
    /// # Errors
    /// See [`WatchError`].
    pub async fn run(mut self, stop: impl Future<Output = ()>) -> Result<(), WatchError> {
        let mut stop = std::pin::pin!(stop);
        let started = std::time::Instant::now();
        loop {
            self.round(started.elapsed()).await?;
            let pause = self.pause(started.elapsed());
            tokio::select! {
                () = &mut stop => return Ok(()),
                () = tokio::time::sleep(pause) => {}
                () = self.bell.rung() => tokio::time::sleep(BURST).await,
            }
        }
    }

    /// One full look; gives what was taken. `now` is the time of a monotonic clock.
    ///
    /// # Errors
    /// See [`WatchError`].
    pub async fn round(&mut self, now: Duration) -> Result<Vec<Delivery>, WatchError> {
        self.desk.tidy().await;
        let Some(view) = self.look().await? else {
            self.tell().await;
            return Ok(Vec::new());
        };
        // Without what was taken before, anything could be taken twice.
        let Some(mut memory) = self.remembered().await else { return Ok(Vec::new()) };
        self.forget(memory.prune(&view)).await;
        let declared = self.declared(&view);
        let place = Arc::clone(&self.desk.place);
        let arranged = self.indexes.arrange(&place, view, &memory, now, &declared);
        self.keep_present(&arranged);
        let (mut taken, mut batch) = (Vec::new(), Batch::default());
        for entry in &arranged.entries {
            let known = memory.knows(entry);
            if known.is_some() && place.read_only {
                self.files.remove(&entry.name);
                continue;
            }
            if !self.step(entry, now, declared.contains(&entry.name), known.is_some()).await? {
                continue;
            }
            if batch.is_full_with(entry) || self.must_wait(&entry.name, &batch) {
                self.take(std::mem::take(&mut batch), now, &mut memory, &mut taken).await?;
            }
            if self.must_wait(&entry.name, &batch) {
                continue;
            }
            batch.add(entry, known);
        }
        self.take(batch, now, &mut memory, &mut taken).await?;
        self.memory = Some(memory);
        self.put_away(arranged.spent).await?;
        self.tell().await;
        Ok(taken)
    }

    async fn remembered(&mut self) -> Option<Memory> {
        if let Some(memory) = self.memory.take() {
            return Some(memory);
        }
        match self.desk.store.taken(&self.desk.place.prefecture, &self.desk.source()).await {
            Ok(taken) => Some(Memory::new(taken)),
            Err(error) => {
                tracing::warn!(folder = %self.folder().display(), %error, "the ledger does not answer; nothing is taken for now");
                None
            }
        }
    }

    async fn forget(&self, gone: Vec<String>) {
        if gone.is_empty() {
            return;
        }
        if let Err(error) = self.desk.store.forget_taken(&self.desk.place.prefecture, &self.desk.source(), &gone).await {
            // A row too many only says what was true: the same state of a file that is gone.
            tracing::warn!(%error, "files that are gone could not be forgotten");
        }
    }

    /// Drops what is no longer there, and notes what waits for an index.
    fn keep_present(&mut self, arranged: &Arranged) {
        let present: HashSet<&OsString> =
            arranged.entries.iter().map(|e| &e.name).chain(arranged.waiting.iter().map(|(name, _)| name)).collect();
        self.files.retain(|name, _| present.contains(name));
        self.spooled.retain(|name, _| present.contains(name));
        let now = self.desk.clock.now();
        for (name, refusal) in &arranged.waiting {
            let state = refusal.clone().map_or(State::Unfinished, |refusal| State::Blocked(Blocked::until_changed(refusal)));
            let tracked = self.files.entry(name.clone()).or_insert_with(|| Tracked::new(Stamp::default(), state.clone(), now));
            tracked.state = state;
        }
    }

    /// Moves indexes that have done their work to the treated files.
    async fn put_away(&self, spent: Vec<Entry>) -> Result<(), WatchError> {
        let place = Arc::clone(&self.desk.place);
        if place.read_only || spent.is_empty() {
            return Ok(());
        }
        let moved = tokio::task::spawn_blocking(move || {
            for entry in spent {
                let Ok(mut source) = Source::open(&place.folder.join(&entry.name), entry.stamp) else { continue };
                // Nobody else has anything to do with it, and some shares move nothing that is open.
                source.close();
                if let Retired::Refused(error) = retire(&source, None, &place.done, &place.done_mark) {
                    tracing::warn!(%error, "an index with nothing left to be taken could not be moved");
                }
            }
        });
        Ok(moved.await?)
    }

    async fn look(&mut self) -> Result<Option<View>, WatchError> {
        let place = Arc::clone(&self.desk.place);
        let prepared = self.prepared;
        let looked = tokio::task::spawn_blocking(move || {
            let view = look(&place);
            // A share that comes back may be another one.
            let ready = view.is_ok() && (prepared || prepare(&place).map_err(|error| tracing::error!(%error, "not ready")).is_ok());
            (view, ready)
        });
        let (view, ready) = looked.await?;
        self.prepared = ready;
        match view {
            Ok(view) => {
                if self.folder_lost.take().is_some() {
                    tracing::info!(folder = %self.folder().display(), "the drop folder is back");
                }
                Ok(Some(view))
            }
            Err(error) => {
                if self.folder_lost.is_none() {
                    self.folder_lost = Some(self.desk.clock.now());
                    tracing::error!(folder = %self.folder().display(), %error, "the drop folder cannot be looked at; mount it or correct its rights");
                }
                Ok(None)
            }
        }
    }

    /// Names whose writer says that they are complete.
    fn declared(&mut self, view: &View) -> HashSet<OsString> {
        let mut declared = view.marked.clone();
        let closed = |e: &&Entry| matches!(&e.kind, Kind::Pli(pli) if pli.closed);
        declared.extend(view.entries.iter().filter(closed).map(|e| e.name.clone()));
        declared.extend(self.nursery.risen(view).into_keys());
        declared.extend(self.bell.risen());
        declared
    }

    /// True when the file is to be taken now.
    async fn step(&mut self, entry: &Entry, now: Duration, declared: bool, known: bool) -> Result<bool, WatchError> {
        let clock = self.desk.clock.now();
        let fresh = || Tracked::new(entry.stamp, first_state(entry, now), clock);
        let tracked = self.files.entry(entry.name.clone()).or_insert_with(fresh);
        if tracked.stamp != entry.stamp && !matches!(tracked.state, State::Settling(_)) {
            *tracked = fresh();
        }
        tracked.stamp = entry.stamp;
        let timing = timing(&self.desk.place);
        let step = match &mut tracked.state {
            State::Unfinished => return Ok(false),
            State::Blocked(blocked) | State::Registered { blocked, .. } => return Ok(blocked.is_due(now)),
            State::Settling(_) if known => return Ok(true),
            State::Settling(settling) => settling.seen(entry.stamp, now, declared, timing),
        };
        match step {
            Step::Wait => Ok(false),
            Step::Take => Ok(true),
            Step::Look => self.look_inside(entry, now).await,
        }
    }

    /// Opens a file that rests, to see whether its end is there.
    async fn look_inside(&mut self, entry: &Entry, now: Duration) -> Result<bool, WatchError> {
        let (place, entry_) = (Arc::clone(&self.desk.place), entry.clone());
        let end = tokio::task::spawn_blocking(move || match &entry_.kind {
            Kind::Pli(pli) => pli.look(&place),
            _ => open_plain(&place.folder.join(&entry_.name)).map(|mut file| intake::look(&mut file)),
        });
        let end = end.await?;
        match end {
            Ok(Ok(end)) => {
                let Some(Tracked { state: State::Settling(settling), .. }) = self.files.get_mut(&entry.name) else { return Ok(false) };
                Ok(settling.after_look(end) == Step::Take)
            }
            Ok(Err(error)) => {
                tracing::warn!(file = %shown_name(&entry.name), %error, "the file could not be read");
                self.block(entry, now, Claim::Later(medium_failed()));
                Ok(false)
            }
            Err(why) => {
                self.block(entry, now, not_opened(&why));
                Ok(false)
            }
        }
    }

    /// Tells the store what waits in the folder, when that has changed.
    async fn tell(&mut self) {
        let mut waiting: Vec<WaitingFile> = self.files.iter().map(|(name, file)| file.waiting(shown_name(name))).collect();
        waiting.extend(self.folder_lost.map(|since| self.lost(since)));
        if self.told.as_ref() == Some(&waiting) {
            return;
        }
        let folder = self.folder().to_string_lossy().into_owned();
        match self.desk.store.set_waiting(&self.desk.place.prefecture, &folder, &waiting).await {
            Ok(()) => self.told = Some(waiting),
            // A page that shows yesterday's waiting files is no reason to stop taking today's.
            Err(error) => tracing::warn!(%error, "the waiting files could not be told"),
        }
    }

    /// The folder itself, as agents see it while it cannot be looked at.
    fn lost(&self, since: Instant) -> WaitingFile {
        WaitingFile { file: self.folder().to_string_lossy().into_owned(), bytes: 0, refusal: Some(folder_lost()), since }
    }

    /// How long to wait for the next look: until a file has rested, at most one scan.
    fn pause(&self, now: Duration) -> Duration {
        let scan = Duration::from_secs(u64::from(self.desk.config.drop.scan_seconds));
        let rest = timing(&self.desk.place).rest;
        let due = self.files.values().filter_map(|file| match &file.state {
            State::Settling(settling) if !settling.lacks_its_end() && self.spooled.len() < AT_ONCE => Some(settling.since() + rest),
            _ => file.blocked().and_then(|blocked| blocked.again_at),
        });
        due.min().map_or(scan, |due| due.saturating_sub(now).clamp(BURST, scan))
    }

    pub(super) fn folder(&self) -> &PathBuf {
        &self.desk.place.folder
    }
}

fn first_state(entry: &Entry, now: Duration) -> State {
    match &entry.kind {
        Kind::Pli(pli) if pli.nested => State::Blocked(Blocked::until_changed(nested_folder())),
        Kind::File | Kind::Pli(_) => State::Settling(Settling::new(entry.stamp, now)),
        Kind::Unfinished => State::Unfinished,
        Kind::Other(what) => State::Blocked(Blocked::until_changed(not_a_file(*what))),
    }
}

fn timing(place: &Place) -> Timing {
    let seconds = |n: u32| Duration::from_secs(u64::from(n));
    Timing { rest: seconds(place.rest_seconds), truncated: seconds(place.truncated_seconds) }
}
