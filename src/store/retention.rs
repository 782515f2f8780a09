//! Table `removed_copy`: treated files that were removed; and the time that events saw pass.

use super::db::{all, maybe, run};
use super::event::Happened;
use super::{Store, StoreError, delivery, event};
use crate::domain::{DeliveryId, Instant, PrefectureId, Scope};
use uuid::Uuid;

const INTEND: &str = "INSERT INTO removed_copy (prefecture, path, sha256, delivery_id, bytes, intended_at)
    VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (prefecture, path, sha256, intended_at) DO NOTHING";
const GONE: &str = "UPDATE removed_copy SET removed_at = $5
    WHERE prefecture = $1 AND path = $2 AND sha256 = $3 AND intended_at = $4 AND removed_at IS NULL";
const ALL: &str =
    "SELECT prefecture, path, sha256, delivery_id, bytes, intended_at, removed_at FROM removed_copy ORDER BY intended_at, path";
const UNFINISHED: &str = "SELECT prefecture, path, sha256, delivery_id, bytes, intended_at, removed_at FROM removed_copy
    WHERE removed_at IS NULL ORDER BY intended_at, path";
const LAST_WITHIN: &str = "SELECT at FROM event WHERE at > $1 AND at <= $2 ORDER BY at DESC LIMIT 1";
const NEXT_WITHIN: &str = "SELECT at FROM event WHERE at > $1 AND at <= $2 ORDER BY at LIMIT 1";
const LAST_DROP: &str = "SELECT dropped_at AS at FROM delivery_link WHERE delivery_id = $1 ORDER BY dropped_at DESC LIMIT 1";

/// A treated file that is to go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removal {
    pub prefecture: PrefectureId,
    pub path: String,
    pub sha256: String,
    pub delivery: DeliveryId,
    pub bytes: u64,
    pub intended_at: Instant,
}

/// A treated file that went, or was about to when the program ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemovedCopy {
    pub removal: Removal,
    pub removed_at: Option<Instant>,
}

#[derive(sqlx::FromRow)]
struct Row {
    prefecture: String,
    path: String,
    sha256: String,
    delivery_id: Uuid,
    bytes: i64,
    intended_at: Instant,
    removed_at: Option<Instant>,
}

#[derive(sqlx::FromRow)]
struct AtRow {
    at: Instant,
}

impl Row {
    fn into_copy(self) -> RemovedCopy {
        let removal = Removal {
            prefecture: PrefectureId(self.prefecture),
            path: self.path,
            sha256: self.sha256,
            delivery: DeliveryId(self.delivery_id),
            bytes: self.bytes.unsigned_abs(),
            intended_at: self.intended_at,
        };
        RemovedCopy { removal, removed_at: self.removed_at }
    }
}

impl Store {
    /// Writes down that a file is about to go. A crash after this leaves a row that says so, and nothing more.
    pub async fn intend_removal(&self, removal: &Removal) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        let bytes = i64::try_from(removal.bytes).unwrap_or(i64::MAX);
        let (prefecture, id) = (removal.prefecture.as_str(), removal.delivery.0);
        run!(&mut tx, INTEND, prefecture, &removal.path, &removal.sha256, id, bytes, removal.intended_at)?;
        tx.commit().await
    }

    /// Writes down that the file is gone, with its event; once, however often it is said.
    pub async fn removed(&self, removal: &Removal, now: Instant) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        let prefecture = removal.prefecture.as_str();
        if run!(&mut tx, GONE, prefecture, &removal.path, &removal.sha256, removal.intended_at, now)? == 1 {
            let delivery = delivery::get(&mut tx, &Scope::Machine, removal.delivery).await?.into_delivery()?;
            event::add(&mut tx, &Happened::of_delivery("copie_retiree", &delivery), now).await?;
        }
        tx.commit().await
    }

    /// Every treated file that was removed, oldest first.
    pub async fn removed_copies(&self) -> Result<Vec<RemovedCopy>, StoreError> {
        let mut tx = self.read().await?;
        Ok(all!(&mut tx, Row, ALL)?.into_iter().map(Row::into_copy).collect())
    }

    /// Removals that a killed program did not end.
    pub async fn unfinished_removals(&self) -> Result<Vec<Removal>, StoreError> {
        let mut tx = self.read().await?;
        Ok(all!(&mut tx, Row, UNFINISHED)?.into_iter().map(|row| row.into_copy().removal).collect())
    }

    /// Instants of events after `from` and up to `until`, in order: no more than it takes to see every gap that is
    /// longer than `gap` seconds.
    pub async fn event_times(&self, from: Instant, until: Instant, gap: i64) -> Result<Vec<Instant>, StoreError> {
        let mut tx = self.read().await?;
        let (mut times, mut at) = (Vec::new(), from);
        loop {
            let near = maybe!(&mut tx, AtRow, LAST_WITHIN, at, at.plus_seconds(gap).min(until))?;
            let next = match near {
                Some(row) => Some(row),
                None => maybe!(&mut tx, AtRow, NEXT_WITHIN, at, until)?,
            };
            let Some(AtRow { at: next }) = next else { return Ok(times) };
            times.push(next);
            at = next;
        }
    }

    /// When the bytes of a delivery were last dropped.
    pub async fn last_drop_of(&self, id: DeliveryId) -> Result<Option<Instant>, StoreError> {
        let mut tx = self.read().await?;
        Ok(maybe!(&mut tx, AtRow, LAST_DROP, id.0)?.map(|row| row.at))
    }
}
