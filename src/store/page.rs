//! Table `page`: the current reading and picture of each page of a delivery.

use super::convert::small;
use super::db::{Tx, all, maybe, run};
use super::{Store, StoreError, artefact, blob, delivery};
use crate::domain::{BlobRef, DeliveryId, PageRead, PageState, Scope};
use uuid::Uuid;

const UPSERT: &str = "INSERT INTO page (delivery_id, number, state, artefact_id, picture) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (delivery_id, number) DO UPDATE SET state = excluded.state, artefact_id = excluded.artefact_id, picture = excluded.picture";
const ALL: &str = "SELECT artefact_id, picture FROM page WHERE delivery_id = $1 ORDER BY number";
const ONE: &str = "SELECT artefact_id, picture FROM page WHERE delivery_id = $1 AND number = $2";
const NUMBERS: &str = "SELECT number FROM page WHERE delivery_id = $1 ORDER BY number";
const IDENTITIES: &str = "SELECT page.number, artefact.input_hash, artefact.recipe FROM page
    JOIN artefact ON artefact.id = page.artefact_id WHERE page.delivery_id = $1 ORDER BY page.number";

/// One page for an agent's eyes.
#[derive(Clone, Debug, PartialEq)]
pub struct PagePicture {
    pub read: PageRead,
    /// The upright picture, sealed; none for a page that could not be decoded.
    pub picture: Option<BlobRef>,
}

#[derive(sqlx::FromRow)]
struct Row {
    artefact_id: Uuid,
    picture: Option<String>,
}

#[derive(sqlx::FromRow)]
struct IdentityRow {
    number: i64,
    input_hash: String,
    recipe: String,
}

impl Store {
    /// A page of a delivery with its upright picture.
    pub async fn page_picture(&self, scope: &Scope, id: DeliveryId, number: u32) -> Result<PagePicture, StoreError> {
        let mut tx = self.read().await?;
        delivery::get(&mut tx, scope, id).await?;
        let row = maybe!(&mut tx, Row, ONE, id.0, i64::from(number))?;
        let row = row.ok_or_else(|| StoreError::missing("page", number, scope))?;
        let picture = match &row.picture {
            Some(address) => Some(blob::get(&mut tx, address).await?),
            None => None,
        };
        Ok(PagePicture { read: artefact::get(&mut tx, row.artefact_id).await?.parse("page")?, picture })
    }

    /// Which pages stand, by number, input hash and recipe: what a restarted job need not read again.
    pub async fn pages_there(&self, id: DeliveryId) -> Result<Vec<(u32, String, String)>, StoreError> {
        let mut tx = self.read().await?;
        let rows = all!(&mut tx, IdentityRow, IDENTITIES, id.0)?;
        rows.into_iter().map(|r| Ok((small("page", r.number)?, r.input_hash, r.recipe))).collect()
    }
}

pub(super) async fn set(tx: &mut Tx, id: DeliveryId, page: &PageRead, artefact: Uuid, picture: Option<&str>) -> Result<(), StoreError> {
    let state = match page.state {
        PageState::Read => "read",
        PageState::Blank => "blank",
        PageState::Unreadable(_) => "unreadable",
    };
    run!(tx, UPSERT, id.0, i64::from(page.number), state, artefact, picture).map(drop)
}

/// One page as it stands, if it was read.
pub(super) async fn one(tx: &mut Tx, id: DeliveryId, number: u32) -> Result<Option<PageRead>, StoreError> {
    match maybe!(tx, Row, ONE, id.0, i64::from(number))? {
        Some(row) => artefact::get(tx, row.artefact_id).await?.parse("page").map(Some),
        None => Ok(None),
    }
}

/// Every page that was read, in order.
pub(super) async fn all_of(tx: &mut Tx, id: DeliveryId) -> Result<Vec<PageRead>, StoreError> {
    let mut pages = Vec::new();
    for row in all!(tx, Row, ALL, id.0)? {
        pages.push(artefact::get(tx, row.artefact_id).await?.parse("page")?);
    }
    Ok(pages)
}

/// Which pages were read.
pub(super) async fn numbers(tx: &mut Tx, id: DeliveryId) -> Result<Vec<u32>, StoreError> {
    all!(tx, (i64,), NUMBERS, id.0)?.into_iter().map(|(number,)| small("page", number)).collect()
}
