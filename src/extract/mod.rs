//! Which document each page is, and what each field says with its evidence.
//!
//! [`describe`] looks at each page by itself: its role, the documents it may be, the values it shows.
//! [`extract`] looks at the pages of one envelope together: whose papers they are, what is asked for,
//! and what may be accepted for each field.

mod from_form;
mod from_mrz;
mod from_print;
mod kinds;
mod labels;
mod layout;
mod page;
mod request;
mod signs;
mod text;

use crate::catalogue::Catalogue;
use crate::domain::{
    Channel, Correction, Decision, EnvelopePages, Extraction, PageRead, Profile, Reading, RequestDates, Sheet, Source,
};
use std::collections::BTreeMap;

/// What each page says by itself.
#[must_use]
pub fn describe(pages: &[PageRead], catalogue: &Catalogue, _test_authorities: bool, corrections: &[Correction]) -> Vec<Sheet> {
    page::describe(pages, catalogue, corrections)
}

/// Weighs what the sheets of one envelope say.
#[must_use]
pub fn extract(
    _sheets: &[Sheet],
    _pages: &[PageRead],
    envelope: &EnvelopePages,
    _catalogue: &Catalogue,
    _profile: Profile,
    _corrections: &[Correction],
) -> Extraction {
    let nothing = || Reading {
        value: None,
        decision: Decision::Review,
        confidence: 0.0,
        source: Source::Text,
        page: None,
        rect: None,
        because: String::new(),
        evidence: Vec::new(),
    };
    Extraction {
        pages: envelope.pages.clone(),
        channel: Channel::Postal,
        permit: nothing(),
        request: nothing(),
        dates: RequestDates::default(),
        pieces: Vec::new(),
        fields: BTreeMap::new(),
        findings: envelope.findings.clone(),
    }
}
