//! What an agent changed. A correction outlives replays.

use super::{AgentId, FieldValue, Format, Instant, Rect, Stage};
use serde::{Deserialize, Serialize};

/// The thing that a person said about one subject.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "snake_case")]
pub enum CorrectionAct {
    /// The value shown is right, or this one is.
    Value { value: FieldValue },
    /// The place holds nothing.
    Absent,
    /// Something is there that nobody can read.
    Illegible,
    /// The page is a document of this kind.
    Reclassify { kind: String },
    /// The page must be turned clockwise by so many quarters. As stored: from the page as scanned, since the store adds
    /// what the picture that the agent saw had been turned by already.
    Turn { quarter_turns: u8 },
    /// The paper is present, missing, or does not count, says the agent.
    Checklist { status: super::LineStatus },
    /// The finding was looked at and does not stand in the way.
    Acknowledge,
    /// The page is read again from the file that is kept.
    ReadAgain,
    /// This file of one page stands in the place of the page; the one that it replaces is kept.
    ReplacePage {
        /// Of the sealed file.
        address: String,
        /// Of its content, lower-case hexadecimal.
        sha256: String,
        format: Format,
    },
    /// The whole delivery is one application, whatever could be read of it.
    ByHand,
}

/// One act of one named agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Correction {
    pub stage: Stage,
    /// `page:7`, `piece:3`, `field:date_naissance`, `permit`, `request`, `checklist:…`.
    pub subject: String,
    pub act: CorrectionAct,
    /// What the person saw before deciding, so that a later different reading comes back to a person.
    pub seen: Option<FieldValue>,
    pub page: Option<u32>,
    pub rect: Option<Rect>,
    pub agent: AgentId,
    pub at: Instant,
}
