//! The normalised dossier, as the online system sees it.

use super::{Channel, Constat, Extraction, Instant, PersonId, PrefectureId};
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DossierState {
    Complet,
    /// Confirmed by a named agent.
    Incomplet,
}

/// What the dossier door takes: everything of one envelope, settled.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Dossier {
    pub prefecture: PrefectureId,
    pub channel: Channel,
    pub state: DossierState,
    pub person: Option<PersonId>,
    pub extraction: Extraction,
    pub constat: Constat,
    pub received_at: Instant,
}
