//! Table `taken_file`: files that stand in a drop folder although they are in the ledger, because the
//! folder may not be changed or the watcher was stopped while it moved them. They are never taken again.

use super::db::{Tx, all, run};
use super::{Store, StoreError};
use crate::domain::{Delivery, DeliveryId, PrefectureId};
use uuid::Uuid;

const CLEAR: &str = "DELETE FROM taken_file WHERE prefecture = $1 AND folder = $2 AND file = $3";
const INSERT: &str = "INSERT INTO taken_file (prefecture, folder, file, bytes, modified, delivery_id) VALUES ($1, $2, $3, $4, $5, $6)";
const OF_FOLDER: &str = "SELECT file, bytes, modified, delivery_id FROM taken_file WHERE prefecture = $1 AND folder = $2 ORDER BY file";

/// One state of one file of a drop folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakenFile {
    /// Path below the folder.
    pub file: String,
    pub bytes: u64,
    /// Nanoseconds since 1970.
    pub modified: i64,
}

#[derive(sqlx::FromRow)]
struct Row {
    file: String,
    bytes: i64,
    modified: i64,
    delivery_id: Uuid,
}

impl Store {
    /// What was taken out of a folder and may still stand there.
    pub async fn taken(&self, prefecture: &PrefectureId, folder: &str) -> Result<Vec<(TakenFile, DeliveryId)>, StoreError> {
        let mut tx = self.read().await?;
        let rows = all!(&mut tx, Row, OF_FOLDER, prefecture.as_str(), folder)?;
        let taken = |r: Row| (TakenFile { file: r.file, bytes: r.bytes.unsigned_abs(), modified: r.modified }, DeliveryId(r.delivery_id));
        Ok(rows.into_iter().map(taken).collect())
    }

    /// Forgets files that are gone from a folder.
    pub async fn forget_taken(&self, prefecture: &PrefectureId, folder: &str, files: &[String]) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        for file in files {
            run!(&mut tx, CLEAR, prefecture.as_str(), folder, file)?;
        }
        tx.commit().await
    }
}

/// Remembers the files of one drop, in the transaction that registers it.
pub(super) async fn remember(tx: &mut Tx, delivery: &Delivery, folder: &str, files: &[TakenFile]) -> Result<(), StoreError> {
    let prefecture = delivery.prefecture.as_str();
    for file in files {
        run!(tx, CLEAR, prefecture, folder, &file.file)?;
        let bytes = i64::try_from(file.bytes).unwrap_or(i64::MAX);
        run!(tx, INSERT, prefecture, folder, &file.file, bytes, file.modified, delivery.id.0)?;
    }
    Ok(())
}
