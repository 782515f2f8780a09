//! Table `waiting_file`: what stands in a drop folder and is not in the ledger yet, and why.

use super::convert::visible;
use super::db::{all, run};
use super::{Store, StoreError};
use crate::domain::{Instant, PrefectureId, Refusal, Scope};
use sqlx::types::Json;

const CLEAR: &str = "DELETE FROM waiting_file WHERE prefecture = $1 AND folder = $2";
const INSERT: &str = "INSERT INTO waiting_file (prefecture, folder, file, bytes, refusal, since) VALUES ($1, $2, $3, $4, $5, $6)
    ON CONFLICT (prefecture, folder, file) DO NOTHING";
const ALL: &str = "SELECT file, bytes, refusal, since FROM waiting_file WHERE ($1 IS NULL OR prefecture = $1) ORDER BY since, file";

/// A file in a drop folder that is no delivery yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingFile {
    /// Fit to be shown.
    pub file: String,
    pub bytes: u64,
    /// Why it is not taken and what to do; none while it is being copied or comes to rest.
    pub refusal: Option<Refusal>,
    /// Since when it waits like this.
    pub since: Instant,
}

#[derive(sqlx::FromRow)]
struct Row {
    file: String,
    bytes: i64,
    refusal: Option<Json<Refusal>>,
    since: Instant,
}

impl Store {
    /// Replaces what is known of one folder.
    pub async fn set_waiting(&self, prefecture: &PrefectureId, folder: &str, files: &[WaitingFile]) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        run!(&mut tx, CLEAR, prefecture.as_str(), folder)?;
        for file in files {
            let bytes = i64::try_from(file.bytes).unwrap_or(i64::MAX);
            run!(&mut tx, INSERT, prefecture.as_str(), folder, &file.file, bytes, file.refusal.as_ref().map(Json), file.since)?;
        }
        tx.commit().await
    }

    /// Every waiting file, longest first.
    pub async fn waiting(&self, scope: &Scope) -> Result<Vec<WaitingFile>, StoreError> {
        let mut tx = self.read().await?;
        let rows = all!(&mut tx, Row, ALL, visible(scope))?;
        let file = |r: Row| WaitingFile { file: r.file, bytes: r.bytes.unsigned_abs(), refusal: r.refusal.map(|j| j.0), since: r.since };
        Ok(rows.into_iter().map(file).collect())
    }
}
