//! Table `blob`: which sealed files are somebody's. A file without a row is a leftover.

use super::StoreError;
use super::convert::{name_of, named};
use super::db::{Tx, maybe, run};
use crate::domain::{BlobRef, DeliveryId, Instant, PrefectureId, Scope};
use uuid::Uuid;

const INSERT: &str = "INSERT INTO blob (address, prefecture, delivery_id, kind, media_type, bytes, created_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (address) DO NOTHING";
const BY_ADDRESS: &str = "SELECT address, prefecture, delivery_id, kind, bytes FROM blob WHERE address = $1";

#[derive(sqlx::FromRow)]
struct Row {
    address: String,
    prefecture: String,
    delivery_id: Uuid,
    kind: String,
    bytes: i64,
}

pub(super) async fn add(tx: &mut Tx, blob: &BlobRef, media_type: &str, now: Instant) -> Result<(), StoreError> {
    let bytes = i64::try_from(blob.bytes).unwrap_or(i64::MAX);
    let kind = name_of(&blob.kind);
    run!(tx, INSERT, &blob.address, blob.prefecture.as_str(), blob.delivery.0, kind, media_type, bytes, now).map(drop)
}

pub(super) async fn get(tx: &mut Tx, address: &str) -> Result<BlobRef, StoreError> {
    let row = maybe!(tx, Row, BY_ADDRESS, address)?.ok_or_else(|| StoreError::missing("sealed file", address, &Scope::Machine))?;
    Ok(BlobRef {
        prefecture: PrefectureId(row.prefecture),
        delivery: DeliveryId(row.delivery_id),
        kind: named("kind of a sealed file", &row.kind)?,
        address: row.address,
        bytes: row.bytes.unsigned_abs(),
    })
}
