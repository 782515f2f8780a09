//! Table `outbox`: what the online system has still to be told, in order. Rows are added by the acts themselves, in their transactions.

use super::db::{all, run};
use super::{Store, StoreError};
use crate::domain::{DossierId, Instant};
use serde_json::Value;
use sqlx::types::Json;
use uuid::Uuid;

const PENDING: &str = "SELECT sequence, dossier_id, kind, body FROM outbox WHERE sent_at IS NULL ORDER BY sequence LIMIT $1";
const SENT: &str = "UPDATE outbox SET sent_at = $2 WHERE sequence = $1 AND sent_at IS NULL";

/// Something that the online system has still to be told.
#[derive(Clone, Debug, PartialEq)]
pub struct OutboxEntry {
    pub sequence: i64,
    pub dossier: DossierId,
    pub kind: String,
    pub body: Value,
}

#[derive(sqlx::FromRow)]
struct OutboxRow {
    sequence: i64,
    dossier_id: Uuid,
    kind: String,
    body: Json<Value>,
}

impl Store {
    /// What the online system has still to be told, oldest first.
    pub async fn outbox(&self, most: u32) -> Result<Vec<OutboxEntry>, StoreError> {
        let mut tx = self.read().await?;
        let rows = all!(&mut tx, OutboxRow, PENDING, i64::from(most))?;
        let entry = |r: OutboxRow| OutboxEntry { sequence: r.sequence, dossier: DossierId(r.dossier_id), kind: r.kind, body: r.body.0 };
        Ok(rows.into_iter().map(entry).collect())
    }

    /// The online system has been told.
    pub async fn outbox_sent(&self, sequence: i64, now: Instant) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        run!(&mut tx, SENT, sequence, now)?;
        tx.commit().await
    }
}
