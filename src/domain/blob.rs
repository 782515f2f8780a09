//! Names of sealed files.

use super::{DeliveryId, PrefectureId};
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BlobKind {
    /// The bytes as dropped.
    Original,
    /// Made from the original: upright page pictures, cut-outs.
    Derived,
    /// Given out: letters, extracts.
    Export,
}

/// Where a sealed file is found and what opens it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlobRef {
    pub prefecture: PrefectureId,
    pub delivery: DeliveryId,
    pub kind: BlobKind,
    /// Keyed hash of content and owner, lower-case hexadecimal; the same bytes give the same address.
    pub address: String,
    /// Length of the content.
    pub bytes: u64,
}
