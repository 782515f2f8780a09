//! One field with its value, the decision, and the evidence that carried it.

use super::{Engine, FieldId, FieldValue, Rect};
use serde::{Deserialize, Serialize};

/// What becomes of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// Enters the dossier without a person.
    Accepted,
    /// A person decides.
    Review,
    /// The place was found and it is empty: a statement, wrong if it is not.
    Absent,
    /// A named agent decided.
    Confirmed,
}

/// Where a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
pub enum Source {
    #[serde(rename = "2d-doc")]
    TwoDDoc,
    #[serde(rename = "mrz")]
    Mrz,
    /// A zone or check box of the request form.
    #[serde(rename = "form")]
    Form,
    /// Printed words of a document.
    #[serde(rename = "text")]
    Text,
    /// Several independent sources.
    #[serde(rename = "agreement")]
    Agreement,
    #[serde(rename = "agent")]
    Agent,
}

/// What makes a single source more than a reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Proof {
    /// A passing ICAO 9303 check digit over exactly this value (number, birth date, expiry).
    CheckDigit,
    /// A verified 2D-Doc signature.
    Signature,
}

/// One thing that speaks for a value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    pub source: Source,
    pub engine: Engine,
    /// 1-based page of the file.
    pub page: u32,
    /// In pixels of the page as scanned.
    #[serde(rename = "box")]
    pub rect: Rect,
    pub value: Option<FieldValue>,
    /// The text as read, before normalisation.
    pub raw: String,
    pub proof: Option<Proof>,
}

/// A field's reading (contract: "A reading").
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    pub value: Option<FieldValue>,
    pub decision: Decision,
    /// Estimated probability that the decision is right, 0 to 1.
    #[serde(serialize_with = "four_decimals")]
    pub confidence: f64,
    pub source: Source,
    pub page: Option<u32>,
    #[serde(rename = "box")]
    pub rect: Option<Rect>,
    /// For the agent, in French: why this decision.
    pub because: String,
    pub evidence: Vec<Evidence>,
}

impl Reading {
    /// The value, when nobody need look at it again: the machine may use it, or a named agent gave it.
    #[must_use]
    pub fn settled(&self) -> Option<&FieldValue> {
        matches!(self.decision, Decision::Accepted | Decision::Confirmed).then_some(self.value.as_ref()).flatten()
    }
}

/// Writes a probability with four decimals: more would be false precision, and would not survive
/// the way through a database unchanged.
///
/// # Errors
/// Those of the serialiser.
pub fn four_decimals<S: serde::Serializer>(probability: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64((probability * 10_000.0).round() / 10_000.0)
}

/// Whose value or document it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Person {
    #[default]
    Applicant,
    Conjoint,
    Enfant,
    Parent,
    Hebergeant,
    Other,
}

/// One page's word on one field, before any weighing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    pub field: FieldId,
    /// `None` with `empty` when the place was found and holds nothing, or when the text is no value of the kind.
    pub value: Option<FieldValue>,
    /// The place was found and is empty.
    pub empty: bool,
    /// 0 to 1, before calibration.
    pub confidence: f64,
    pub evidence: Evidence,
}
