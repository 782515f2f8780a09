//! One dropped file or folder, on its way to the ledger.

use super::{Closure, DeliveryId, IndexFacts, Instant, PrefectureId, Refusal};
use serde::{Deserialize, Serialize};

/// Formats that intake accepts, told by content and never by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    Pdf,
    Tiff,
    Jpeg,
    Png,
    /// Several files of the formats above, in order (see [`bundle_pages`](super::bundle_pages)).
    Bundle,
}

/// How the application reached the préfecture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    EnLigne,
    Postal,
    Courriel,
    Guichet,
    Pan,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// In the ledger, being read.
    Received,
    /// Every envelope of it has left the line.
    Processed,
    /// « Pli en anomalie »: kept, with a refusal that says why.
    Anomaly,
}

/// One dropped file in the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    pub id: DeliveryId,
    pub prefecture: PrefectureId,
    /// Base name as dropped.
    pub file: String,
    /// Of the raw bytes, lower-case hexadecimal.
    pub sha256: String,
    pub bytes: u64,
    pub format: Option<Format>,
    pub channel: Channel,
    pub state: DeliveryState,
    /// Pages of the file, once known.
    pub pages: Option<u32>,
    pub refusal: Option<Refusal>,
    /// How an anomaly was closed without a reading.
    pub closure: Option<Closure>,
    /// When the delivery was registered.
    pub registered_at: Instant,
    /// Reception date when the operator knows it.
    pub received_on: Option<jiff::civil::Date>,
    /// What the index of the capture station announced.
    pub index: Option<IndexFacts>,
}

impl Delivery {
    /// True for an anomaly that nobody has dealt with yet.
    #[must_use]
    pub fn is_open_anomaly(&self) -> bool {
        self.state == DeliveryState::Anomaly && self.closure.is_none()
    }
}
