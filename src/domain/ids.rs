//! Identifiers. Rows are named by time-ordered UUIDs; things of the catalogue by their French code.

use serde::{Deserialize, Serialize};
use std::fmt;
use uuid::Uuid;

macro_rules! row_id {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }
    )*};
}

row_id! {
    /// One dropped file.
    DeliveryId,
    /// One application found in a delivery.
    EnvelopeId,
    /// One normalised dossier, shared with the online system.
    DossierId,
    /// One natural person, national.
    PersonId,
    /// One thing that a person must settle.
    ReviewId,
    /// One signed letter.
    LetterId,
}

macro_rules! code {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl $name {
            /// The code as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(code: &str) -> Self {
                Self(code.to_owned())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

code! {
    /// A field of `pipelines/fields.toml`, such as `date_naissance`.
    FieldId,
    /// A document type of `pipelines/documents/`, or `inconnu`.
    PieceKind,
    /// A permit of `pipelines/permits/`, or `hors_catalogue`.
    PermitId,
    /// The préfecture that owns a delivery, by département number or a name of the installation.
    PrefectureId,
    /// The named agent behind a correction or a confirmation.
    AgentId,
}

/// The piece kind of a page that no sign decides.
pub const INCONNU: &str = "inconnu";
/// The permit of a request that the catalogue does not hold.
pub const HORS_CATALOGUE: &str = "hors_catalogue";

/// Which rows a store function may see: a préfecture's own, or all (the machine itself).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The rows of one préfecture.
    Prefecture(PrefectureId),
    /// Every row: worker, watcher, maintenance. Never given to a web request.
    Machine,
}
