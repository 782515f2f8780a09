//! Everything of one delivery that the contract prints, from one state of the database.

use super::{EnvelopeView, Store, StoreError, artefact, delivery, envelope, page};
use crate::domain::{Assembly, Delivery, DeliveryId, PageRead, Scope};

/// A delivery with all that the line made of it so far.
#[derive(Clone, Debug)]
pub struct Export {
    pub delivery: Delivery,
    /// In order; those read so far.
    pub pages: Vec<PageRead>,
    /// Once every page is read.
    pub assembly: Option<Assembly>,
    /// In page order.
    pub envelopes: Vec<EnvelopeView>,
    /// Recipe of the cut.
    pub recipe: Option<String>,
}

impl Store {
    /// Everything that the contract needs of one delivery.
    pub async fn export(&self, scope: &Scope, id: DeliveryId) -> Result<Export, StoreError> {
        let mut tx = self.read().await?;
        let row = delivery::get(&mut tx, scope, id).await?;
        let cut = match row.assembly() {
            Some(id) => Some(artefact::get(&mut tx, id).await?),
            None => None,
        };
        let mut envelopes = Vec::new();
        for row in envelope::live(&mut tx, id).await? {
            envelopes.push(envelope::view(&mut tx, row).await?);
        }
        Ok(Export {
            delivery: row.into_delivery()?,
            pages: page::all_of(&mut tx, id).await?,
            assembly: cut.as_ref().map(|a| a.parse("assembly")).transpose()?,
            envelopes,
            recipe: cut.map(|a| a.recipe),
        })
    }

    /// Every page of a delivery read so far, in order.
    pub async fn pages(&self, scope: &Scope, id: DeliveryId) -> Result<Vec<PageRead>, StoreError> {
        let mut tx = self.read().await?;
        delivery::get(&mut tx, scope, id).await?;
        page::all_of(&mut tx, id).await
    }
}
