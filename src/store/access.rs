//! Tables `api_key` and `api_access` of the shared schema: who may ask, and who asked.

use super::convert::plain_json;
use super::db::{all, maybe, run};
use super::{Store, StoreError};
use crate::domain::{ApiAccess, ApiKey, ApiScope, Instant, PrefectureId};
use sqlx::types::Json;
use uuid::Uuid;

const INSERT: &str = "INSERT INTO api_key (id, name, hash, scopes, prefecture, created_at) VALUES ($1, $2, $3, $4, $5, $6)";
const ALL: &str = "SELECT id, name, scopes, prefecture, created_at, revoked_at FROM api_key ORDER BY id";
const BY_HASH: &str = "SELECT id, name, scopes, prefecture, created_at, revoked_at FROM api_key WHERE hash = $1 AND revoked_at IS NULL";
const REVOKE: &str = "UPDATE api_key SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL";
const ACCESSED: &str = "INSERT INTO api_access (key_id, recipient, motif, method, path, status, at) VALUES ($1, $2, $3, $4, $5, $6, $7)";
const ACCESSES: &str = "SELECT key_id, recipient, motif, method, path, status FROM api_access WHERE key_id = $1 ORDER BY sequence";

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    name: String,
    scopes: Json<Vec<ApiScope>>,
    prefecture: Option<String>,
    created_at: Instant,
    revoked_at: Option<Instant>,
}

type AccessRow = (Uuid, String, String, String, String, i64);

impl From<Row> for ApiKey {
    fn from(row: Row) -> Self {
        let Row { id, name, scopes, prefecture, created_at, revoked_at } = row;
        Self { id, name, scopes: scopes.0, prefecture: prefecture.map(PrefectureId), created_at, revoked_at }
    }
}

impl Store {
    /// Enters a key; `hash` is the hexadecimal SHA-256 of what its holder sends.
    pub async fn add_api_key(&self, key: &ApiKey, hash: &str) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        let prefecture = key.prefecture.as_ref().map(PrefectureId::as_str);
        run!(&mut tx, INSERT, key.id, &key.name, hash, Json(plain_json(&key.scopes)), prefecture, key.created_at)?;
        tx.commit().await
    }

    /// Every key that there ever was, oldest first.
    pub async fn api_keys(&self) -> Result<Vec<ApiKey>, StoreError> {
        let mut tx = self.read().await?;
        Ok(all!(&mut tx, Row, ALL)?.into_iter().map(ApiKey::from).collect())
    }

    /// The key of this hash, unless it was revoked.
    pub async fn api_key_by_hash(&self, hash: &str) -> Result<Option<ApiKey>, StoreError> {
        let mut tx = self.read().await?;
        Ok(maybe!(&mut tx, Row, BY_HASH, hash)?.map(ApiKey::from))
    }

    /// Ends a key at once; false when no such key was alive.
    pub async fn revoke_api_key(&self, id: Uuid, now: Instant) -> Result<bool, StoreError> {
        let mut tx = self.write().await?;
        let ended = run!(&mut tx, REVOKE, id, now)? == 1;
        tx.commit().await?;
        Ok(ended)
    }

    /// Writes down that something was asked for.
    pub async fn api_accessed(&self, access: &ApiAccess, now: Instant) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        let ApiAccess { key, recipient, motif, method, path, status } = access;
        run!(&mut tx, ACCESSED, *key, recipient, motif, method, path, i64::from(*status), now)?;
        tx.commit().await
    }

    /// What was asked for with a key, in order.
    pub async fn api_accesses(&self, key: Uuid) -> Result<Vec<ApiAccess>, StoreError> {
        let mut tx = self.read().await?;
        let access = |(key, recipient, motif, method, path, status): AccessRow| {
            let status = u16::try_from(status).map_err(|e| StoreError::Stored { what: "status", why: e.to_string() })?;
            Ok(ApiAccess { key, recipient, motif, method, path, status })
        };
        all!(&mut tx, AccessRow, ACCESSES, key)?.into_iter().map(access).collect()
    }
}
