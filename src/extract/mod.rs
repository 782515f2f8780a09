//! Which document each page is, and what each field says with its evidence.
//!
//! [`describe`] looks at each page by itself: its role, the documents it may be, the values it shows.
//! [`extract`] looks at the pages of one envelope together: whose papers they are, what is asked for,
//! and what may be accepted for each field.

mod blocks;
mod compare;
mod echo;
mod envelope;
mod evidence;
mod from_form;
mod from_mrz;
mod from_print;
mod in_words;
mod kinds;
mod labels;
mod layout;
mod page;
mod patterns;
mod person;
mod pieces;
mod request;
mod signs;
mod text;
mod two_d_doc;
mod weigh;
mod words;

use crate::catalogue::Catalogue;
use crate::domain::{Correction, EnvelopePages, Extraction, Latitude, PageRead, Rect, Sheet, Trust};

/// What each page says by itself; the signatures of its codes are checked against `trust`.
#[must_use]
pub fn describe(pages: &[PageRead], catalogue: &Catalogue, trust: &Trust, corrections: &[Correction]) -> Vec<Sheet> {
    page::describe(pages, catalogue, trust, corrections)
}

/// Where a page by itself shows printed values that other papers are not likely to repeat: places that are worth the
/// look of a second engine ([`crate::domain::PageRead::looks`]), in pixels of the upright picture.
#[must_use]
pub fn sought(page: &PageRead, catalogue: &Catalogue) -> Vec<Rect> {
    page::sought(page, catalogue)
}

/// Weighs what the sheets of one envelope say.
#[must_use]
pub fn extract(
    sheets: &[Sheet],
    pages: &[PageRead],
    envelope: &EnvelopePages,
    catalogue: &Catalogue,
    latitude: Latitude,
    corrections: &[Correction],
) -> Extraction {
    envelope::extract(sheets, pages, envelope, catalogue, latitude, corrections)
}
