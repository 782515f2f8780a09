//! Who may ask the API for what.

use super::{Instant, PrefectureId, Scope};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// One thing that a key may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum ApiScope {
    /// Lists, dossiers, their events, the feed of changes.
    #[serde(rename = "dossiers:read")]
    Read,
    /// Pictures of the pages.
    #[serde(rename = "images:read")]
    Images,
    /// The states of the instruction.
    #[serde(rename = "dossiers:instruct")]
    Instruct,
}

impl ApiScope {
    pub const ALL: [Self; 3] = [Self::Read, Self::Images, Self::Instruct];

    /// The name that keys and refusals bear.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "dossiers:read",
            Self::Images => "images:read",
            Self::Instruct => "dossiers:instruct",
        }
    }
}

impl std::str::FromStr for ApiScope {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let known = || Self::ALL.map(Self::as_str).join(", ");
        Self::ALL.into_iter().find(|scope| scope.as_str() == name).ok_or_else(|| format!("no such scope; write one of {}", known()))
    }
}

/// A key of the API, without the key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    pub id: Uuid,
    /// Who holds it.
    pub name: String,
    pub scopes: Vec<ApiScope>,
    /// `None`: those of every préfecture.
    pub prefecture: Option<PrefectureId>,
    pub created_at: Instant,
    pub revoked_at: Option<Instant>,
}

impl ApiKey {
    /// Whose rows it may see.
    #[must_use]
    pub fn reach(&self) -> Scope {
        self.prefecture.clone().map_or(Scope::Machine, Scope::Prefecture)
    }
}

/// One request, for the log of accesses (CESEDA R142-22).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiAccess {
    pub key: Uuid,
    /// SIRET of the service for which the data is asked.
    pub recipient: String,
    /// What it is asked for.
    pub motif: String,
    pub method: String,
    /// Without its query.
    pub path: String,
    pub status: u16,
}
