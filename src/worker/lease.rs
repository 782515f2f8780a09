//! The lease of a claimed job: prolonged at a third of its length by a task of its own, so that a long
//! page never costs a worker its job. A worker that loses its lease stops, and its cell with it.

use crate::clock::Clock;
use crate::store::{Job, Store};
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// Prolongs one job's lease until dropped.
pub(super) struct Lease {
    task: JoinHandle<()>,
}

impl Lease {
    /// Starts the heartbeat; the receiver hears when the lease is lost.
    pub(super) fn keep(store: Store, job: Job, clock: Clock, seconds: i64) -> (Self, oneshot::Receiver<()>) {
        let (sender, lost) = oneshot::channel();
        let task = tokio::spawn(async move {
            beat(&store, &job, &clock, seconds).await;
            let _ = sender.send(());
        });
        (Self { task }, lost)
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Returns when the lease is lost: somebody else has the job, or the database could not be told in time.
async fn beat(store: &Store, job: &Job, clock: &Clock, seconds: i64) {
    let mut until = clock.now().plus_seconds(seconds);
    let pause = Duration::from_millis(u64::try_from(seconds * 1000 / 3).unwrap_or(1000));
    loop {
        tokio::time::sleep(pause).await;
        let next = clock.now().plus_seconds(seconds);
        match store.heartbeat(job, next).await {
            Ok(true) => until = next,
            Ok(false) => return,
            Err(error) => {
                tracing::warn!(job = job.sequence, %error, "the lease could not be prolonged");
                if clock.now() >= until {
                    return;
                }
            }
        }
    }
}
