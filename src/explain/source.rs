//! Where a value was read: the page, the paper that it is of, what on it speaks for the value and what speaks for another.

use crate::catalogue::{Catalogue, FieldDef};
use crate::domain::{Evidence, Extraction, FieldValue, Piece, Reading};
use crate::french::{self, labels, values};
use serde::Serialize;
use std::collections::BTreeSet;

/// One thing that was read for a value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Trace {
    pub page: u32,
    pub document: String,
    pub source: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proof: Option<&'static str>,
    /// As understood; else as read.
    pub read: String,
}

impl Trace {
    /// « page 6, Justificatif de nationalité : passeport (bande MRZ du document, clé de contrôle juste) »
    pub(super) fn words(&self) -> String {
        let proof = self.proof.map_or_else(String::new, |p| format!(", {p}"));
        format!("page {}, {} ({}{proof})", self.page, self.document, self.source)
    }
}

/// What speaks for the value, and what says something else. Two engines on one place are one thing.
pub(super) fn traces(
    catalogue: &Catalogue,
    extraction: &Extraction,
    reading: &Reading,
    field: Option<&FieldDef>,
) -> (Vec<Trace>, Vec<Trace>) {
    let (mut agree, mut differ) = (Vec::new(), Vec::new());
    for evidence in &reading.evidence {
        let found = trace(catalogue, extraction, evidence, field);
        let list = if evidence.value == reading.value { &mut agree } else { &mut differ };
        if !list.contains(&found) {
            list.push(found);
        }
    }
    (agree, differ)
}

fn trace(catalogue: &Catalogue, extraction: &Extraction, evidence: &Evidence, field: Option<&FieldDef>) -> Trace {
    let as_read = || french::squeeze(&evidence.raw.chars().filter(|c| !c.is_control()).collect::<String>());
    Trace {
        page: evidence.page,
        document: document(catalogue, extraction, evidence.page),
        source: french::source(evidence),
        proof: evidence.proof.map(french::proof),
        read: evidence.value.as_ref().map_or_else(as_read, |value| values::show(value, field)),
    }
}

pub(super) fn piece_of(extraction: &Extraction, page: u32) -> Option<&Piece> {
    extraction.pieces.iter().find(|p| p.pages.contains(&page))
}

pub(super) fn document(catalogue: &Catalogue, extraction: &Extraction, page: u32) -> String {
    piece_of(extraction, page).map_or_else(|| "hors pièce".to_owned(), |p| labels::document_label(catalogue, p.kind.as_str()))
}

/// Pages that say the same as the reading, its own first.
pub(super) fn pages(reading: &Reading) -> Vec<u32> {
    let same = |e: &&Evidence| e.value == reading.value && e.value != Some(FieldValue::Text(String::new()));
    let mut seen = BTreeSet::new();
    let own = reading.page.into_iter();
    own.chain(reading.evidence.iter().filter(same).map(|e| e.page)).filter(|page| seen.insert(*page)).collect()
}
