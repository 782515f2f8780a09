//! Cuts a delivery into envelopes: separators, cover sheets, a second applicant's papers.

use crate::catalogue::Catalogue;
use crate::domain::{Assembly, Correction, EnvelopePages, Sheet};

/// Cuts the sheets of one delivery into envelopes.
#[must_use]
pub fn assemble(sheets: &[Sheet], _catalogue: &Catalogue, _corrections: &[Correction]) -> Assembly {
    Assembly {
        envelopes: vec![EnvelopePages { pages: sheets.iter().map(|s| s.page).collect(), findings: Vec::new() }],
        other_pages: Vec::new(),
    }
}
