//! The constat: list of documents in three-valued logic, agreement, dates and deadlines.

use crate::catalogue::Catalogue;
use crate::domain::{
    Admissibility, AdmissibilityStatus, Constat, Correction, Extraction, FilingBasis, FilingDate, Outcome, Urgency,
};
use jiff::civil::Date;

/// Establishes the constat of one envelope.
#[must_use]
pub fn validate(
    extraction: &Extraction,
    _catalogue: &Catalogue,
    registered_on: Date,
    received_on: Option<Date>,
    _corrections: &[Correction],
) -> Constat {
    Constat {
        outcome: Outcome::Review,
        filing_date: FilingDate { value: received_on.unwrap_or(registered_on), basis: FilingBasis::Numerisation },
        checklist: Vec::new(),
        admissibility: Admissibility { status: AdmissibilityStatus::ToVerify, evidence: Vec::new(), because: String::new() },
        deadlines: Vec::new(),
        urgency: Urgency::default(),
        findings: extraction.findings.clone(),
        review: Vec::new(),
    }
}
