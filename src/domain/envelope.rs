//! Envelopes found in a delivery, and what is extracted from each.

use super::{Channel, FieldId, Finding, Person, PieceKind, Reading, Refusal, Signals};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The cut of one delivery (artefact of `assemble`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Assembly {
    /// In page order.
    pub envelopes: Vec<EnvelopePages>,
    /// Every page that is in no envelope.
    pub other_pages: Vec<OtherPage>,
}

/// Pages of one application.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EnvelopePages {
    /// 1-based pages of the file, in order.
    pub pages: Vec<u32>,
    /// What is odd about the cut (a lone paper of somebody else, two identities).
    pub findings: Vec<Finding>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OtherKind {
    Blank,
    Separator,
    Cover,
    Unreadable,
}

/// A page outside every envelope, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OtherPage {
    pub page: u32,
    pub kind: OtherKind,
    /// For `unreadable`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub code: Option<Refusal>,
}

/// One document of the envelope.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Piece {
    pub kind: PieceKind,
    /// 1-based pages of the file.
    pub pages: Vec<u32>,
    /// Estimated probability that the kind is right.
    #[serde(serialize_with = "super::four_decimals")]
    pub confidence: f64,
    pub person: Person,
    /// True when the page is surely no document of the catalogue.
    pub surely_none: bool,
    /// Facts of the document itself that the list needs: `date`, `signed`, `expires`, `name`… by field id.
    pub facts: BTreeMap<FieldId, Reading>,
}

/// The three dates of a request; the applicant's signature date is never a filing date.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RequestDates {
    /// Postmark.
    pub envoi: Option<Reading>,
    /// Arrival stamp.
    pub reception: Option<Reading>,
    pub signature: Option<Reading>,
}

/// All that the pages of one envelope say (artefact of `extract`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Extraction {
    pub pages: Vec<u32>,
    pub channel: Channel,
    pub permit: Reading,
    pub request: Reading,
    pub dates: RequestDates,
    /// Every page of the envelope belongs to exactly one.
    pub pieces: Vec<Piece>,
    pub fields: BTreeMap<FieldId, Reading>,
    pub findings: Vec<Finding>,
    /// What the readings of fields and dates stand on. Never stored: only a calibration asks, over memory.
    #[serde(skip)]
    pub signals: BTreeMap<FieldId, Signals>,
}
