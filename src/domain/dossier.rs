//! The normalised dossier, as it enters the tables that the online system reads.

use super::{AgentId, Channel, Constat, DeliveryId, EnvelopeId, FieldValue, FilingDate, Finding, PersonId, Piece, PrefectureId, Reading};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DossierState {
    Complet,
    /// Confirmed by a named agent.
    Incomplet,
}

/// How far the online system is with a dossier, whatever its channel. Each step is an act of its agents, never of the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Instruction {
    AInstruire,
    EnInstruction,
    PiecesDemandees,
    Accorde,
    Refuse,
    SansSuite,
    TitreRemis,
}

impl Instruction {
    /// Whether this step may follow. A refusal and a closed dossier open again, since a decision can be appealed against.
    #[must_use]
    pub fn may_become(self, next: Self) -> bool {
        self.next().contains(&next)
    }

    /// The steps that may follow.
    #[must_use]
    pub fn next(self) -> &'static [Self] {
        use Instruction::{Accorde, EnInstruction, PiecesDemandees, Refuse, SansSuite, TitreRemis};
        match self {
            Self::AInstruire | Self::PiecesDemandees => &[EnInstruction, SansSuite],
            Self::EnInstruction => &[PiecesDemandees, Accorde, Refuse, SansSuite],
            Self::Accorde => &[TitreRemis, EnInstruction],
            Self::Refuse | Self::SansSuite => &[EnInstruction],
            Self::TitreRemis => &[],
        }
    }
}

/// What the dossier door takes: everything of one envelope, settled.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Dossier {
    /// The envelope that it stands for, once.
    pub envelope: EnvelopeId,
    pub delivery: DeliveryId,
    pub prefecture: PrefectureId,
    pub channel: Channel,
    pub state: DossierState,
    /// `None` when an agent left the permit open.
    pub permit: Option<String>,
    pub request: Option<String>,
    /// Postmark.
    pub date_envoi: Option<Date>,
    /// Arrival.
    pub date_reception: Option<Date>,
    pub filing: FilingDate,
    pub constat: Constat,
    pub findings: Vec<Finding>,
    /// What made the values, so that each can be derived again.
    pub recipe: String,
    pub identity: Identity,
    pub person: PersonChoice,
    pub fields: Vec<DossierField>,
    pub pieces: Vec<Piece>,
}

/// One value with where it comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DossierField {
    /// A field id, or `permit`, `request`, `date_envoi`, `date_reception`, `date_signature`.
    pub field: String,
    pub reading: Reading,
    /// Who decided, where a person did.
    pub agent: Option<AgentId>,
}

/// What tells one natural person from another. Only settled values stand here.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// Proven or confirmed, never merely read: the number has no check digit.
    pub numero_etranger: Option<String>,
    pub nom_naissance: Option<String>,
    pub prenoms: Vec<String>,
    /// A date, or one of which parts are unknown.
    pub date_naissance: Option<FieldValue>,
}

/// A person on file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonOnFile {
    pub id: PersonId,
    pub identity: Identity,
}

/// To whose file the dossier goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PersonChoice {
    /// Number, name and birth date agree with a file.
    Existing(PersonId),
    /// Nobody has this number yet, and the identity is settled.
    New,
    /// A person decides later.
    Open,
}
