//! Table `blob`: which sealed files are somebody's. A file without a row is a leftover.

use super::convert::{name_of, named};
use super::db::{Tx, all, maybe, run};
use super::{Store, StoreError};
use crate::domain::{BlobRef, DeliveryId, Instant, PrefectureId, Scope};
use uuid::Uuid;

const INSERT: &str = "INSERT INTO blob (address, prefecture, delivery_id, kind, media_type, bytes, created_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (address) DO NOTHING";
const BY_ADDRESS: &str = "SELECT address, prefecture, delivery_id, kind, bytes FROM blob WHERE address = $1";

const AFTER: &str = "SELECT b.address, b.prefecture, b.delivery_id, b.kind, b.bytes, d.sha256 FROM blob b
    LEFT JOIN delivery d ON d.id = b.delivery_id AND d.original = b.address WHERE b.address > $1 ORDER BY b.address LIMIT 500";

/// A sealed file that the ledger knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedFile {
    pub blob: BlobRef,
    /// Of the content, for an original: lower-case hexadecimal.
    pub sha256: Option<String>,
}

#[derive(sqlx::FromRow)]
struct SealedRow {
    #[sqlx(flatten)]
    blob: Row,
    sha256: Option<String>,
}

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
    row.into_blob()
}

impl Row {
    fn into_blob(self) -> Result<BlobRef, StoreError> {
        Ok(BlobRef {
            prefecture: PrefectureId(self.prefecture),
            delivery: DeliveryId(self.delivery_id),
            kind: named("kind of a sealed file", &self.kind)?,
            address: self.address,
            bytes: self.bytes.unsigned_abs(),
        })
    }
}

impl Store {
    /// Notes a sealed file of a delivery that no stage made: the page that stands for another.
    pub async fn keep_blob(&self, blob: &BlobRef, media_type: &str, now: Instant) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        add(&mut tx, blob, media_type, now).await?;
        tx.commit().await
    }

    /// The sealed file of an address.
    pub async fn blob(&self, address: &str) -> Result<BlobRef, StoreError> {
        let mut tx = self.read().await?;
        get(&mut tx, address).await
    }

    /// Sealed files of the ledger in the order of their addresses, some at a time: those after `address`
    /// ("" at first); none when there are no more.
    pub async fn sealed_files_after(&self, address: &str) -> Result<Vec<SealedFile>, StoreError> {
        let mut tx = self.read().await?;
        let rows = all!(&mut tx, SealedRow, AFTER, address)?;
        rows.into_iter().map(|row| Ok(SealedFile { blob: row.blob.into_blob()?, sha256: row.sha256 })).collect()
    }
}
