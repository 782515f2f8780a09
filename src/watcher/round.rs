//! The watcher itself: a look, what each file's next step is, and the wait until the next look.

use super::claim::{Claim, Desk, not_opened};
use super::copy::open_plain;
use super::folder::{Entry, Kind, Nursery, View, look};
use super::tracked::{Blocked, State, Tracked};
use super::wake::Bell;
use super::{WatchError, failed};
use crate::blobs::Blobs;
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::{Delivery, Instant};
use crate::intake::{self, Settling, Step, Timing, cannot_be_moved, folder_lost, medium_failed, not_a_file, shown_name};
use crate::store::{Store, WaitingFile};
use std::collections::{BTreeMap, HashSet};
use std::ffi::OsString;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// Messages often come in bursts: one look serves all of them.
const BURST: Duration = Duration::from_millis(150);

/// Watches one folder.
#[derive(Debug)]
pub struct Watcher {
    desk: Desk,
    files: BTreeMap<OsString, Tracked>,
    nursery: Nursery,
    bell: Bell,
    /// What was last told to the store.
    told: Option<Vec<WaitingFile>>,
    /// Since when the folder itself cannot be looked at; said once.
    folder_lost: Option<Instant>,
}

impl Watcher {
    /// Makes the folders that are missing, clears what a killed watcher left, and is ready to look.
    ///
    /// # Errors
    /// When a folder cannot be made or the spool cannot be cleared.
    pub async fn start(config: Arc<Config>, store: Store, blobs: Blobs, clock: Clock) -> Result<Self, WatchError> {
        let drop = &config.drop;
        for folder in [&drop.folder, &drop.done, &drop.anomalies] {
            std::fs::create_dir_all(folder).map_err(failed("created", folder))?;
        }
        private_folder(&drop.spool)?;
        let desk = Desk { config: Arc::clone(&config), store, blobs, clock };
        desk.clear_spool().await?;
        let bell = Bell::at(&drop.folder);
        Ok(Self { desk, files: BTreeMap::new(), nursery: Nursery::default(), bell, told: None, folder_lost: None })
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
        let Some(view) = self.look().await? else {
            self.tell().await;
            return Ok(Vec::new());
        };
        let declared = self.declared(&view);
        let present: HashSet<&OsString> = view.entries.iter().map(|e| &e.name).collect();
        self.files.retain(|name, _| present.contains(name));
        let mut taken = Vec::new();
        for entry in &view.entries {
            if self.step(entry, now, declared.contains(&entry.name)).await? {
                taken.extend(self.take(entry, now).await?);
            }
        }
        self.tell().await;
        Ok(taken)
    }

    async fn look(&mut self) -> Result<Option<View>, WatchError> {
        let drop = self.desk.config.drop.clone();
        let view = tokio::task::spawn_blocking(move || look(&drop.folder, &[&drop.done, &drop.anomalies])).await?;
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
        declared.extend(self.nursery.risen(view).into_keys());
        declared.extend(self.bell.risen());
        declared
    }

    /// True when the file is to be taken now.
    async fn step(&mut self, entry: &Entry, now: Duration, declared: bool) -> Result<bool, WatchError> {
        let clock = self.desk.clock.now();
        let fresh = || Tracked::new(entry.stamp, first_state(entry, now), clock);
        let tracked = self.files.entry(entry.name.clone()).or_insert_with(fresh);
        if tracked.stamp != entry.stamp && !matches!(tracked.state, State::Settling(_)) {
            *tracked = fresh();
        }
        tracked.stamp = entry.stamp;
        let timing = timing(&self.desk.config);
        let step = match &mut tracked.state {
            State::Unfinished => return Ok(false),
            State::Blocked(blocked) | State::Registered { blocked, .. } => return Ok(blocked.is_due(now)),
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
        let path = self.folder().join(&entry.name);
        let end = tokio::task::spawn_blocking(move || open_plain(&path).map(|mut file| intake::look(&mut file))).await?;
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

    async fn take(&mut self, entry: &Entry, now: Duration) -> Result<Option<Delivery>, WatchError> {
        let path = self.folder().join(&entry.name);
        let claim = match self.files.get(&entry.name).map(|file| &file.state) {
            Some(State::Registered { delivery, .. }) => self.desk.move_again(path, entry.stamp, Delivery::clone(delivery)).await?,
            _ => self.desk.claim(path, entry.stamp).await?,
        };
        match claim {
            Claim::Taken(delivery) => {
                self.files.remove(&entry.name);
                Ok(Some(*delivery))
            }
            other => {
                self.block(entry, now, other);
                Ok(None)
            }
        }
    }

    /// Remembers why a file was not taken.
    fn block(&mut self, entry: &Entry, now: Duration, claim: Claim) {
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

    /// Tells the store what waits in the folder, when that has changed.
    async fn tell(&mut self) {
        let mut waiting: Vec<WaitingFile> = self.files.iter().map(|(name, file)| file.waiting(shown_name(name))).collect();
        waiting.extend(self.folder_lost.map(|since| self.lost(since)));
        if self.told.as_ref() == Some(&waiting) {
            return;
        }
        let folder = self.folder().to_string_lossy().into_owned();
        match self.desk.store.set_waiting(&self.desk.config.prefecture, &folder, &waiting).await {
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
        let config = &self.desk.config;
        let scan = Duration::from_secs(u64::from(config.drop.scan_seconds));
        let rest = timing(config).rest;
        let due = self.files.values().filter_map(|file| match &file.state {
            State::Settling(settling) if !settling.lacks_its_end() => Some(settling.since() + rest),
            _ => file.blocked().and_then(|blocked| blocked.again_at),
        });
        due.min().map_or(scan, |due| due.saturating_sub(now).clamp(BURST, scan))
    }

    fn folder(&self) -> &PathBuf {
        &self.desk.config.drop.folder
    }
}

fn first_state(entry: &Entry, now: Duration) -> State {
    match entry.kind {
        Kind::File => State::Settling(Settling::new(entry.stamp, now)),
        Kind::Unfinished => State::Unfinished,
        Kind::Other(what) => State::Blocked(Blocked::until_changed(not_a_file(what))),
    }
}

fn timing(config: &Config) -> Timing {
    let seconds = |n: u32| Duration::from_secs(u64::from(n));
    Timing { rest: seconds(config.drop.rest_seconds), truncated: seconds(config.drop.truncated_seconds) }
}

/// Our copies are nobody else's to read.
fn private_folder(path: &Path) -> Result<(), WatchError> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(failed("created", path))
}
