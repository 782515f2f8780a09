//! The watcher: one post at each watched folder, all over one ledger.

use super::claim::Desk;
use super::post::Post;
use super::reserve;
use super::{WatchError, failed};
use crate::blobs::Blobs;
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::Delivery;
use crate::store::Store;
use std::future::Future;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;
use tokio::task::JoinSet;

/// Watches every folder of the configuration.
#[derive(Debug)]
pub struct Watcher {
    posts: Vec<Post>,
}

impl Watcher {
    /// Makes the folders that are missing, clears what a killed watcher left, and is ready to look.
    ///
    /// # Errors
    /// When a folder cannot be made, or a folder of treated files cannot be cleared.
    pub async fn start(config: Arc<Config>, store: Store, blobs: Blobs, clock: Clock) -> Result<Self, WatchError> {
        private_folder(&config.drop.spool)?;
        let (mut posts, untidy) = (Vec::new(), Arc::new(AtomicBool::new(false)));
        for place in config.places() {
            let prepared = reserve::prepare(&place);
            match &prepared {
                Err(error) if posts.is_empty() && !error.will_pass() => return prepared.map(|()| Self { posts }),
                // One share that is away must not keep the others from being watched.
                Err(error) => tracing::error!(folder = %place.folder.display(), %error, "not ready; it is tried again"),
                Ok(()) => {}
            }
            let desk = Desk {
                config: Arc::clone(&config),
                place: Arc::new(place),
                store: store.clone(),
                blobs: blobs.clone(),
                clock: clock.clone(),
                untidy: Arc::clone(&untidy),
            };
            if posts.is_empty()
                && let Err(error) = desk.clear_spool(true).await
            {
                // What is left there harms nobody and holds no place but its own.
                tracing::error!(%error, "the spool could not be cleared; it is tried again at the next start");
            }
            posts.push(Post::new(desk, prepared.is_ok()));
        }
        Ok(Self { posts })
    }

    /// Looks and takes until `stop` is ready. A file that is being taken is finished first.
    ///
    /// # Errors
    /// See [`WatchError`]; every post ends with the first that cannot go on.
    pub async fn run(self, stop: impl Future<Output = ()>) -> Result<(), WatchError> {
        let (told, stopped) = tokio::sync::watch::channel(false);
        let mut running = JoinSet::new();
        for post in self.posts {
            let mut stopped = stopped.clone();
            running.spawn(post.run(async move {
                // An error means that the sender is gone, which is an end as well.
                let _gone = stopped.wait_for(|told| *told).await;
            }));
        }
        let first = tokio::select! {
            () = stop => Ok(()),
            ended = running.join_next() => ended.map_or(Ok(()), flat),
        };
        told.send_replace(true);
        let mut outcome = first;
        while let Some(ended) = running.join_next().await {
            outcome = outcome.and(flat(ended));
        }
        outcome
    }

    /// One full look at every folder; gives what was taken. `now` is the time of a monotonic clock.
    ///
    /// # Errors
    /// See [`WatchError`].
    pub async fn round(&mut self, now: Duration) -> Result<Vec<Delivery>, WatchError> {
        let mut taken = Vec::new();
        for post in &mut self.posts {
            taken.extend(post.round(now).await?);
        }
        Ok(taken)
    }
}

fn flat(ended: Result<Result<(), WatchError>, tokio::task::JoinError>) -> Result<(), WatchError> {
    ended?
}

/// Our copies are nobody else's to read.
fn private_folder(path: &Path) -> Result<(), WatchError> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(failed("created", path))
}
