//! Table `job`: which stage of what is to be done, by whom it is being done, and how often it was tried.
//!
//! Attempts are counted at claim, so that a job that kills its worker is not tried for ever. The attempt
//! number is never reset: it fences the late write of a worker whose lease ran out.

use super::convert::{named, small, subject_columns};
use super::db::{Tx, all, maybe, run};
use super::{Store, StoreError, delivery};
use crate::domain::{DeliveryId, EnvelopeId, Instant, Scope, Stage, Subject};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! columns {
    () => {
        "sequence, subject_kind, subject_id, stage, unit, delivery_id, attempt, attempt_limit, last_error"
    };
}
macro_rules! claim {
    ($lock:literal) => {
        concat!(
            "UPDATE job SET state = 'running', attempt = attempt + 1, lease_until = $2, worker = $3 WHERE sequence = (
               SELECT sequence FROM job WHERE attempt < attempt_limit AND (not_before <= $1 OR not_before > $4)
                 AND (state = 'ready' OR (state = 'running' AND (lease_until < $1 OR lease_until > $4)))
               ORDER BY priority, sequence LIMIT 1 ",
            $lock,
            ") RETURNING ",
            columns!()
        )
    };
}

const ENQUEUE: &str =
    "INSERT INTO job (subject_kind, subject_id, stage, unit, delivery_id, state, attempt, attempt_limit, not_before, priority)
    VALUES ($1, $2, $3, $4, $5, 'ready', 0, $6, $7, $8)
    ON CONFLICT (subject_kind, subject_id, stage, unit) DO UPDATE SET state = 'ready', attempt_limit = job.attempt + $6,
      not_before = excluded.not_before, lease_until = NULL, last_error = NULL";
const CLAIM: &str = claim!("");
// Two workers never wait for each other on one row: the second takes the next.
const CLAIM_SKIP_LOCKED: &str = claim!("FOR UPDATE SKIP LOCKED");
const EXPIRED_FOR_GOOD: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM job WHERE state = 'running' AND (lease_until < $1 OR lease_until > $2) AND attempt >= attempt_limit ORDER BY sequence LIMIT 1"
);
const HEARTBEAT: &str = "UPDATE job SET lease_until = $3 WHERE sequence = $1 AND attempt = $2 AND state = 'running'";
const FINISH: &str =
    "UPDATE job SET state = 'done', lease_until = NULL, last_error = NULL WHERE sequence = $1 AND attempt = $2 AND state = 'running'";
const RETRY: &str = "UPDATE job SET state = 'ready', lease_until = NULL, not_before = $3, last_error = $4
    WHERE sequence = $1 AND attempt = $2 AND state = 'running'";
// Being stopped is no failure: the attempt does not count.
const GIVE_BACK: &str = "UPDATE job SET state = 'ready', lease_until = NULL, not_before = $3, attempt_limit = attempt_limit + 1
    WHERE sequence = $1 AND attempt = $2 AND state = 'running'";
// A lease is over when it lies in the past.
const EXPIRE: &str = "UPDATE job SET lease_until = $3 WHERE sequence = $1 AND attempt = $2 AND state = 'running'";
const RUNNING: &str = concat!("SELECT ", columns!(), ", worker FROM job WHERE state = 'running' AND lease_until >= $1 ORDER BY sequence");
const HOLD: &str =
    "UPDATE job SET state = 'held', lease_until = NULL, last_error = $3 WHERE sequence = $1 AND attempt = $2 AND state = 'running'";
const OURS: &str = "SELECT sequence FROM job WHERE sequence = $1 AND attempt = $2 AND state = 'running'";
const OPEN_OF_STAGE: &str = "SELECT COUNT(*) FROM job WHERE delivery_id = $1 AND stage = $2 AND state <> 'done'";
const OPEN_OF_DELIVERY: &str = "SELECT COUNT(*) FROM job WHERE delivery_id = $1 AND state IN ('ready', 'running')";
const HELD_OF_DELIVERY: &str = "SELECT COUNT(*) FROM job WHERE delivery_id = $1 AND state = 'held'";
const OPEN_BEFORE_DOSSIER: &str = "SELECT COUNT(*) FROM job WHERE delivery_id = $1 AND state IN ('ready', 'running')
    AND (stage IN ('read', 'assemble') OR (subject_id = $2 AND stage IN ('extract', 'validate')))";
const OPEN: &str = "SELECT COUNT(*) FROM job WHERE state IN ('ready', 'running')";
const END_OF_SUBJECT: &str = "UPDATE job SET state = 'done', lease_until = NULL WHERE subject_kind = $1 AND subject_id = $2";
const END_OTHERS: &str = "UPDATE job SET state = 'done', lease_until = NULL WHERE delivery_id = $1 AND sequence <> $2";
const RELEASE: &str =
    "UPDATE job SET state = 'ready', not_before = $2, attempt_limit = attempt + $3 WHERE delivery_id = $1 AND state = 'held'";
const COUNTS: &str = "SELECT state, COUNT(*) AS number FROM job GROUP BY state ORDER BY state";

/// Tries before a job is held in front of a person.
pub const ATTEMPTS: i64 = 5;
/// Seconds. No wait (at most 600) and no lease is so long: a later time was written while a clock was wrong, and must not hold
/// a job until that day comes.
const FAR: i64 = 660;
/// Work in the middle of a delivery goes before the start of a new one.
const PRIORITY: i64 = 0;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    Ready,
    Running,
    Done,
    /// Given up; a review item stands for it.
    Held,
}

/// A claimed job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// Its number, which is also the order of arrival.
    pub sequence: i64,
    pub subject: Subject,
    pub stage: Stage,
    /// For `read`: 0 counts the pages, N reads the Nth sixteen of them.
    pub unit: u32,
    pub delivery: DeliveryId,
    /// 1 at the first claim.
    pub attempt: i64,
    /// The attempt after which the job is held.
    pub attempt_limit: i64,
    /// Of the attempt before.
    pub last_error: Option<String>,
}

#[derive(sqlx::FromRow)]
struct Row {
    sequence: i64,
    subject_kind: String,
    subject_id: Uuid,
    stage: String,
    unit: i64,
    delivery_id: Uuid,
    attempt: i64,
    attempt_limit: i64,
    last_error: Option<String>,
}

#[derive(sqlx::FromRow)]
struct RunningRow {
    #[sqlx(flatten)]
    job: Row,
    worker: Option<String>,
}

impl Job {
    /// True when no attempt is left after this one.
    #[must_use]
    pub fn is_last_attempt(&self) -> bool {
        self.attempt >= self.attempt_limit
    }
}

impl Row {
    fn into_job(self) -> Result<Job, StoreError> {
        let stage = Stage::parse(&self.stage);
        Ok(Job {
            sequence: self.sequence,
            subject: match self.subject_kind.as_str() {
                "envelope" => Subject::Envelope(EnvelopeId(self.subject_id)),
                _ => Subject::Delivery(DeliveryId(self.subject_id)),
            },
            stage: stage.ok_or_else(|| StoreError::Stored { what: "stage", why: self.stage.clone() })?,
            unit: small("unit", self.unit)?,
            delivery: DeliveryId(self.delivery_id),
            attempt: self.attempt,
            attempt_limit: self.attempt_limit,
            last_error: self.last_error,
        })
    }
}

impl Store {
    /// Claims the next job, or none. Counts an attempt; the claim holds until `lease_until`.
    pub async fn claim(&self, worker: &str, now: Instant, lease_until: Instant) -> Result<Option<Job>, StoreError> {
        let mut tx = self.write().await?;
        let sql = if tx.is_postgres() { CLAIM_SKIP_LOCKED } else { CLAIM };
        let row = maybe!(&mut tx, Row, sql, now, lease_until, worker, now.plus_seconds(FAR))?;
        tx.commit().await?;
        row.map(Row::into_job).transpose()
    }

    /// A job whose last attempt ended with its worker: it is to be held, not tried again.
    pub async fn expired_for_good(&self, now: Instant) -> Result<Option<Job>, StoreError> {
        let mut tx = self.read().await?;
        maybe!(&mut tx, Row, EXPIRED_FOR_GOOD, now, now.plus_seconds(FAR))?.map(Row::into_job).transpose()
    }

    /// Prolongs a lease; false when the job is no longer this worker's.
    pub async fn heartbeat(&self, job: &Job, lease_until: Instant) -> Result<bool, StoreError> {
        let mut tx = self.write().await?;
        let rows = run!(&mut tx, HEARTBEAT, job.sequence, job.attempt, lease_until)?;
        tx.commit().await?;
        Ok(rows == 1)
    }

    /// Gives a job back, to be tried again from `not_before` on.
    pub async fn retry(&self, job: &Job, error: &str, not_before: Instant) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        one(run!(&mut tx, RETRY, job.sequence, job.attempt, not_before, error)?)?;
        tx.commit().await
    }

    /// Gives a job back unfinished and uncounted, to be worked on from `not_before` on: its worker was asked to stop, or
    /// nothing can be kept now.
    pub async fn give_back(&self, job: &Job, not_before: Instant) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        one(run!(&mut tx, GIVE_BACK, job.sequence, job.attempt, not_before)?)?;
        tx.commit().await
    }

    /// Jobs under a lease, with the name that their worker claimed them under.
    pub async fn running_jobs(&self, now: Instant) -> Result<Vec<(Job, String)>, StoreError> {
        let mut tx = self.read().await?;
        let rows = all!(&mut tx, RunningRow, RUNNING, now)?;
        rows.into_iter().map(|r| Ok((r.job.into_job()?, r.worker.unwrap_or_default()))).collect()
    }

    /// Ends the lease of a worker that is known to be gone; nothing happens if the job went on meanwhile.
    pub async fn expire(&self, job: &Job, now: Instant) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        run!(&mut tx, EXPIRE, job.sequence, job.attempt, now.plus_seconds(-1))?;
        tx.commit().await
    }

    /// Jobs that are ready or running: 0 when the line is idle.
    pub async fn open_jobs(&self) -> Result<u32, StoreError> {
        let mut tx = self.read().await?;
        count(maybe!(&mut tx, (i64,), OPEN)?)
    }

    /// True while the line works on a delivery or one of its envelopes, or is about to.
    pub async fn is_on_line(&self, scope: &Scope, id: DeliveryId) -> Result<bool, StoreError> {
        let mut tx = self.read().await?;
        delivery::get(&mut tx, scope, id).await?;
        Ok(open_of_delivery(&mut tx, id).await? > 0)
    }

    /// Jobs by state.
    pub async fn job_counts(&self) -> Result<Vec<(JobState, u32)>, StoreError> {
        let mut tx = self.read().await?;
        let rows = all!(&mut tx, (String, i64), COUNTS)?;
        rows.into_iter().map(|(state, n)| Ok((named("state of a job", &state)?, small("number of jobs", n)?))).collect()
    }
}

/// Makes a job ready, whatever it was: new, done, held, or running on an input that is no longer the right one.
pub(super) async fn enqueue(
    tx: &mut Tx,
    subject: Subject,
    stage: Stage,
    unit: u32,
    delivery: DeliveryId,
    now: Instant,
) -> Result<(), StoreError> {
    let (kind, id) = subject_columns(subject);
    run!(tx, ENQUEUE, kind, id, stage.as_str(), i64::from(unit), delivery.0, ATTEMPTS, now, PRIORITY).map(drop)
}

/// Ends a job where state and attempt still match.
pub(super) async fn finish(tx: &mut Tx, job: &Job) -> Result<(), StoreError> {
    one(run!(tx, FINISH, job.sequence, job.attempt)?)
}

pub(super) async fn hold(tx: &mut Tx, job: &Job, error: &str) -> Result<(), StoreError> {
    one(run!(tx, HOLD, job.sequence, job.attempt, error)?)
}

/// Fails unless the job is still this worker's.
pub(super) async fn still_ours(tx: &mut Tx, job: &Job) -> Result<(), StoreError> {
    maybe!(tx, (i64,), OURS, job.sequence, job.attempt)?.map(drop).ok_or(StoreError::Fenced)
}

/// Jobs of one stage of a delivery that are not done.
pub(super) async fn open_of_stage(tx: &mut Tx, delivery: DeliveryId, stage: Stage) -> Result<u32, StoreError> {
    count(maybe!(tx, (i64,), OPEN_OF_STAGE, delivery.0, stage.as_str())?)
}

/// Jobs of a delivery that will still run.
pub(super) async fn open_of_delivery(tx: &mut Tx, delivery: DeliveryId) -> Result<u32, StoreError> {
    count(maybe!(tx, (i64,), OPEN_OF_DELIVERY, delivery.0)?)
}

/// Jobs of a delivery that were given up.
pub(super) async fn held_of_delivery(tx: &mut Tx, delivery: DeliveryId) -> Result<u32, StoreError> {
    count(maybe!(tx, (i64,), HELD_OF_DELIVERY, delivery.0)?)
}

/// Jobs that will give this envelope another constat.
pub(super) async fn open_before_dossier(tx: &mut Tx, delivery: DeliveryId, envelope: EnvelopeId) -> Result<u32, StoreError> {
    count(maybe!(tx, (i64,), OPEN_BEFORE_DOSSIER, delivery.0, envelope.0)?)
}

/// Takes every job of a subject off the line.
pub(super) async fn end_all(tx: &mut Tx, subject: Subject) -> Result<(), StoreError> {
    let (kind, id) = subject_columns(subject);
    run!(tx, END_OF_SUBJECT, kind, id).map(drop)
}

/// Takes every other job of the delivery off the line: its file cannot be processed.
pub(super) async fn end_others(tx: &mut Tx, job: &Job) -> Result<(), StoreError> {
    run!(tx, END_OTHERS, job.delivery.0, job.sequence).map(drop)
}

/// Makes the held jobs of a delivery ready again; how many there were.
pub(super) async fn release(tx: &mut Tx, delivery: DeliveryId, now: Instant) -> Result<u64, StoreError> {
    run!(tx, RELEASE, delivery.0, now, ATTEMPTS)
}

fn one(rows: u64) -> Result<(), StoreError> {
    if rows == 1 { Ok(()) } else { Err(StoreError::Fenced) }
}

fn count(row: Option<(i64,)>) -> Result<u32, StoreError> {
    small("number of jobs", row.unwrap_or_default().0)
}
