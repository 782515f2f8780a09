//! Drives the line over the store: claims a job, runs its stage, and ends it in one transaction. Any
//! number of workers share one database; any of them may be killed at any moment.

mod host;
mod inputs;
mod lease;
mod questions;
mod read;
mod reader;
mod replaced;
mod stages;

pub use reader::Reader;

use crate::blobs::{BlobError, Blobs};
use crate::cell::CellError;
use crate::clock::Clock;
use crate::domain::{Instant, Refusal};
use crate::failpoint;
use crate::line::Rules;
use crate::store::{Failure, Job, Store, StoreError};
use lease::Lease;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// Seconds that a claim holds without a heartbeat.
pub const LEASE_SECONDS: i64 = 30;
/// Seconds before the second attempt; each later one waits twice as long.
const BACK_OFF_SECONDS: i64 = 5;
/// No attempt waits longer, in seconds.
const LONGEST_BACK_OFF: i64 = 600;

/// Everything that a worker works with.
#[derive(Clone, Debug)]
pub struct Worker<R> {
    pub store: Store,
    pub blobs: Blobs,
    pub reader: R,
    pub rules: Arc<Rules>,
    pub clock: Clock,
    /// Seconds that a claim holds without a heartbeat; [`LEASE_SECONDS`] unless a test is in a hurry.
    pub lease_seconds: i64,
    /// Pause between two looks for work, where there was none.
    pub poll: Duration,
}

/// How a stage fails.
#[derive(Debug, thiserror::Error)]
pub enum StageError {
    /// Whoever tries: a person looks at it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// This machine, this time: tried again later.
    #[error("{0}")]
    Machine(String),
    /// The database or the disk cannot take anything now (no room, no rights, not there): waited for, and no attempt
    /// of this job, which is not at fault.
    #[error("{0}")]
    Away(String),
    /// Another worker has the job.
    #[error("the job was taken over by another worker")]
    Lost,
}

impl From<StoreError> for StageError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Fenced => Self::Lost,
            away if away.is_away() => Self::Away(away.to_string()),
            other => Self::Machine(other.to_string()),
        }
    }
}

impl From<CellError> for StageError {
    fn from(error: CellError) -> Self {
        match error {
            CellError::Refused(refusal) => Self::Refused(refusal),
            CellError::Machine(why) => Self::Machine(why),
        }
    }
}

impl From<BlobError> for StageError {
    fn from(error: BlobError) -> Self {
        match &error {
            BlobError::File { error: cause, .. } if crate::medium::will_pass(cause) => Self::Away(error.to_string()),
            _ => Self::Machine(error.to_string()),
        }
    }
}

impl From<serde_json::Error> for StageError {
    fn from(error: serde_json::Error) -> Self {
        Self::Machine(format!("a result could not be written down: {error}"))
    }
}

impl From<tokio::task::JoinError> for StageError {
    fn from(error: tokio::task::JoinError) -> Self {
        Self::Machine(format!("a stage broke off: {error}"))
    }
}

impl<R: Reader> Worker<R> {
    /// A worker with the usual lease and pause.
    pub fn new(store: Store, blobs: Blobs, reader: R, rules: Arc<Rules>, clock: Clock) -> Self {
        Self { store, blobs, reader, rules, clock, lease_seconds: LEASE_SECONDS, poll: Duration::from_millis(500) }
    }

    /// Works with `tasks` hands until `stop` turns true; a job that was begun is given back.
    pub async fn run(&self, tasks: usize, stop: watch::Receiver<bool>) {
        let mut hands = JoinSet::new();
        for _ in 0..tasks.max(1) {
            let (worker, stop) = (self.clone(), stop.clone());
            hands.spawn(async move { worker.work_until(stop).await });
        }
        while hands.join_next().await.is_some() {}
    }

    /// Works until no job is ready or running, here or at another worker.
    pub async fn run_until_idle(&self) -> Result<(), StoreError> {
        loop {
            if !self.work_once().await? {
                if self.store.open_jobs().await? == 0 {
                    return Ok(());
                }
                tokio::time::sleep(self.poll).await;
            }
        }
    }

    async fn work_until(&self, stop: watch::Receiver<bool>) {
        // A dropped sender asks for the end as well.
        let asked = || async {
            let _ = stop.clone().wait_for(|stop| *stop).await;
        };
        while !*stop.borrow() && stop.has_changed().is_ok() {
            let pause = match self.work_once_unless(asked()).await {
                Ok(true) => continue,
                Ok(false) => self.poll,
                Err(error) => {
                    tracing::error!(%error, "no work can be claimed");
                    self.poll * 10
                }
            };
            tokio::select! { () = asked() => {}, () = tokio::time::sleep(pause) => {} }
        }
    }

    /// Claims one job and works on it; false when there was none.
    pub async fn work_once(&self) -> Result<bool, StoreError> {
        self.work_once_unless(std::future::pending()).await
    }

    async fn work_once_unless(&self, stop: impl Future<Output = ()> + Send) -> Result<bool, StoreError> {
        let now = self.clock.now();
        self.free_jobs_of_the_dead(now).await?;
        if let Some(job) = self.store.expired_for_good(now).await? {
            let error = job.last_error.clone().unwrap_or_else(|| "its worker ended each time".into());
            quiet(self.store.failed(&job, &Failure::GaveUp(error), now).await)?;
            return Ok(true);
        }
        let Some(job) = self.store.claim(&host::this_process(), now, now.plus_seconds(self.lease_seconds)).await? else { return Ok(false) };
        failpoint::hit("job.claimed");
        tokio::select! {
            outcome = self.work_on(&job) => self.end(&job, outcome).await?,
            () = stop => quiet(self.store.give_back(&job, self.clock.now()).await)?,
        }
        Ok(true)
    }

    /// A worker that was killed here leaves its jobs to the next one at once; leases are for other machines.
    async fn free_jobs_of_the_dead(&self, now: Instant) -> Result<(), StoreError> {
        for (job, worker) in self.store.running_jobs(now).await? {
            if host::is_gone(&worker) {
                tracing::warn!(job = job.sequence, stage = job.stage.as_str(), attempt = job.attempt, "its worker is gone");
                self.store.expire(&job, now).await?;
            }
        }
        Ok(())
    }

    async fn work_on(&self, job: &Job) -> Result<(), StageError> {
        tracing::info!(job = job.sequence, stage = job.stage.as_str(), unit = job.unit, attempt = job.attempt, delivery = %job.delivery, "begin");
        let (_lease, lost) = Lease::keep(self.store.clone(), job.clone(), self.clock.clone(), self.lease_seconds);
        tokio::select! {
            outcome = self.perform(job) => outcome,
            _ = lost => Err(StageError::Lost),
        }
    }

    async fn end(&self, job: &Job, outcome: Result<(), StageError>) -> Result<(), StoreError> {
        let now = self.clock.now();
        let Err(error) = outcome else { return Ok(()) };
        tracing::warn!(job = job.sequence, stage = job.stage.as_str(), attempt = job.attempt, %error, "the stage did not end");
        quiet(match error {
            StageError::Lost => Ok(()),
            StageError::Away(why) => {
                tracing::error!(%why, "results cannot be kept now; the work is given back and tried again");
                self.store.give_back(job, back_off(job, now)).await
            }
            StageError::Refused(refusal) => self.store.failed(job, &Failure::Refused(refusal), now).await,
            StageError::Machine(why) if job.is_last_attempt() => self.store.failed(job, &Failure::GaveUp(why), now).await,
            StageError::Machine(why) => self.store.retry(job, &why, back_off(job, now)).await,
        })
    }
}

/// The job of another worker is that worker's to end.
fn quiet(result: Result<(), StoreError>) -> Result<(), StoreError> {
    match result {
        Err(StoreError::Fenced) => Ok(()),
        other => other,
    }
}

fn back_off(job: &Job, now: Instant) -> Instant {
    let tried = job.attempt - (job.attempt_limit - crate::store::ATTEMPTS) - 1;
    let seconds = BACK_OFF_SECONDS.saturating_mul(1 << tried.clamp(0, 10));
    now.plus_seconds(seconds.min(LONGEST_BACK_OFF))
}
