//! Work of the line: which stage of which subject, and the state of that.

use super::{DeliveryId, EnvelopeId};
use serde::{Deserialize, Serialize};

/// The stages of the line, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    Read,
    Assemble,
    Extract,
    Validate,
    Dossier,
}

impl Stage {
    /// The name stored in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Assemble => "assemble",
            Self::Extract => "extract",
            Self::Validate => "validate",
            Self::Dossier => "dossier",
        }
    }

    /// The stage of a stored name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Read, Self::Assemble, Self::Extract, Self::Validate, Self::Dossier].into_iter().find(|s| s.as_str() == name)
    }
}

/// What a job or an artefact is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", content = "id", rename_all = "snake_case")]
pub enum Subject {
    Delivery(DeliveryId),
    Envelope(EnvelopeId),
}

/// Pages read by one job of the `read` stage.
pub const PAGES_PER_READ: u32 = 16;

/// How far the machine may decide alone (design: "What the machine may do alone").
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Profile {
    /// A new installation: a person confirms identity, dates, numbers and permit; the machine is only scored.
    Observation,
    /// Demo, `evaluate`, tests: the shipped rules decide and say so.
    Evaluation,
}
