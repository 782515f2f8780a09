//! Table `part_seen`: when each part of the installation was last seen at work.

use super::db::{all, run};
use super::{Store, StoreError};
use crate::domain::Instant;

const BEAT: &str = "INSERT INTO part_seen (part, host, seen_at) VALUES ($1, $2, $3)
    ON CONFLICT (part, host) DO UPDATE SET seen_at = excluded.seen_at";
const ALL: &str = "SELECT part, host, seen_at FROM part_seen ORDER BY part, host";

/// One part on one machine.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct PartSeen {
    /// `worker`, `watcher` or `pages`.
    pub part: String,
    pub host: String,
    pub seen_at: Instant,
}

impl Store {
    /// Says that a part is at work.
    pub async fn beat(&self, part: &str, host: &str, now: Instant) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        run!(&mut tx, BEAT, part, host, now)?;
        tx.commit().await
    }

    /// When each part was last seen.
    pub async fn parts_seen(&self) -> Result<Vec<PartSeen>, StoreError> {
        let mut tx = self.read().await?;
        all!(&mut tx, PartSeen, ALL)
    }
}
