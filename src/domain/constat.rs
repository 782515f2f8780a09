//! The constat de complétude: what the pieces and fields mean for the permit.

use super::PieceKind;
use serde::{Deserialize, Serialize};

/// Something that an agent should know, never an act by itself.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Finding {
    /// Stable code, such as `identite_discordante`.
    pub code: String,
    /// `file`, `envelope`, `permit`, `request`, `page:N`, `piece:N`, `field:ID` or `checklist:PIECE`.
    pub subjects: Vec<String>,
    /// In French.
    pub message: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Complete,
    Incomplete,
    Review,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LineStatus {
    Present,
    Missing,
    Doubtful,
    NotRequired,
    AtCollection,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LineClass {
    BlocksReceipt,
    ToBeAsked,
    AtCollection,
}

/// How far a line of a list may be trusted (`domain.md` part 0): only `texte` may be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rank {
    Texte,
    Liste,
    Pratique,
}

/// One document of the permit's list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChecklistLine {
    pub piece: PieceKind,
    pub status: LineStatus,
    pub class: LineClass,
    pub rank: Rank,
    pub article: String,
    /// Date in force of the rule, `YYYY-MM-DD`.
    pub rule_version: String,
    pub because: String,
    /// Lines of one list with the same group stand for each other: one is enough.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
}

/// What must be settled by a person before the dossier is filed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ReviewNeed {
    /// Same vocabulary as [`Finding::subjects`].
    pub subject: String,
    /// In French.
    pub reason: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FilingBasis {
    Cachet,
    Recommande,
    Reception,
    Numerisation,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FilingDate {
    pub value: jiff::civil::Date,
    pub basis: FilingBasis,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AdmissibilityStatus {
    Established,
    ToVerify,
}

/// Whether the substitution was open to this applicant; never an automatic refusal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Admissibility {
    pub status: AdmissibilityStatus,
    /// Subjects such as `page:3`.
    pub evidence: Vec<String>,
    pub because: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deadline {
    pub rule: String,
    pub due: jiff::civil::Date,
    pub because: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Urgency {
    /// 0 to 100.
    pub score: u32,
    pub reasons: Vec<String>,
}

/// Artefact of `validate`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Constat {
    pub outcome: Outcome,
    pub filing_date: FilingDate,
    pub checklist: Vec<ChecklistLine>,
    pub admissibility: Admissibility,
    pub deadlines: Vec<Deadline>,
    pub urgency: Urgency,
    pub findings: Vec<Finding>,
    pub review: Vec<ReviewNeed>,
}
