//! One envelope as the rules see it, on one filing date.

use super::evaluate::evaluate;
use super::heard::{Heard, LIKELY, heard};
use super::truth::Truth;
use crate::catalogue::{Catalogue, Condition, PieceList};
use crate::domain::{Channel, Extraction, FieldId, FieldValue, INCONNU, Piece, Reading};
use jiff::civil::Date;
use std::collections::BTreeSet;

/// Everything that a rule may look at.
#[derive(Clone, Copy)]
pub(super) struct Case<'a> {
    pub extraction: &'a Extraction,
    pub catalogue: &'a Catalogue,
    pub filing: Date,
    /// A field to treat as unclear: tells whether a result hangs on it.
    pub muted: Option<&'a str>,
}

impl<'a> Case<'a> {
    pub(super) fn reading(&self, field: &str) -> Option<&'a Reading> {
        self.extraction.fields.get(&FieldId::from(field))
    }

    pub(super) fn field(&self, field: &str) -> Heard<'a> {
        if self.muted == Some(field) { Heard::Unclear } else { heard(self.reading(field)) }
    }

    /// What would settle a field, in French.
    pub(super) fn unsettled(&self, field: &str) -> String {
        let label = self.catalogue.field(field).map_or(field, |f| f.label.as_str());
        match self.field(field) {
            Heard::Silent => format!("rien au dossier ne dit : {label}"),
            _ => format!("à confirmer : {label}"),
        }
    }

    pub(super) fn permit(&self) -> Option<&'a str> {
        text(&self.extraction.permit)
    }

    pub(super) fn request(&self) -> Option<&'a str> {
        text(&self.extraction.request)
    }

    pub(super) fn channel(&self) -> &'static str {
        match self.extraction.channel {
            Channel::EnLigne => "en_ligne",
            Channel::Postal => "postal",
            Channel::Courriel => "courriel",
            Channel::Guichet => "guichet",
            Channel::Pan => "pan",
        }
    }

    pub(super) fn pieces_of(&self, kind: &str) -> impl Iterator<Item = &'a Piece> {
        let kind = kind.to_owned();
        self.extraction.pieces.iter().filter(move |p| p.kind.as_str() == kind)
    }

    /// A page whose kind is a mere guess.
    pub(super) fn uncertain(piece: &Piece) -> bool {
        piece.confidence < LIKELY
    }

    /// Pages that could be any document: unreadable, unclassified, or classified by a mere guess.
    pub(super) fn open_pages(&self) -> Vec<u32> {
        let open = |p: &&Piece| !p.surely_none && !self.is_none(p) && (p.kind.as_str() == INCONNU || Self::uncertain(p));
        let mut pages: BTreeSet<u32> = self.extraction.pieces.iter().filter(open).flat_map(|p| p.pages.clone()).collect();
        let placed: BTreeSet<u32> = self.extraction.pieces.iter().flat_map(|p| p.pages.clone()).collect();
        pages.extend(self.extraction.pages.iter().filter(|p| !placed.contains(p)));
        let unreadable = self.extraction.findings.iter().filter(|f| f.code == "page_illisible");
        pages.extend(unreadable.flat_map(|f| &f.subjects).filter_map(|s| s.strip_prefix("page:")?.parse::<u32>().ok()));
        pages.into_iter().collect()
    }

    fn is_none(&self, piece: &Piece) -> bool {
        self.catalogue.document(piece.kind.as_str()).is_some_and(|d| d.none)
    }

    pub(super) fn label_of(&self, kind: &str) -> String {
        self.catalogue.document(kind).map_or_else(|| kind.to_owned(), |d| d.label.clone())
    }

    /// The list in force on the filing date; with one list and no request read, that one.
    pub(super) fn list(&self) -> Option<&'a PieceList> {
        let permit = self.catalogue.permit(self.permit()?)?;
        if !permit.decides {
            return None;
        }
        let only: BTreeSet<&str> = permit.lists.iter().map(|l| l.request.as_str()).collect();
        let request = match self.request() {
            Some(request) => request,
            None if only.len() == 1 => only.first().copied()?,
            None => return None,
        };
        permit.list_on(request, self.filing)
    }

    /// Fields waiting for a person without which this condition would not be settled.
    pub(super) fn hangs_on(&self, condition: &Condition) -> Vec<String> {
        let truth = evaluate(&condition.expr, self);
        let waiting = |field: &String| self.reading(field).is_some_and(|r| r.value.is_some() && !super::heard::settled(r));
        let settles = |field: &&String| {
            let unclear = matches!(truth, Truth::Unknown(_)) && self.field(field) == Heard::Unclear;
            let without = Case { muted: Some(field), ..*self };
            unclear || kind_of(&evaluate(&condition.expr, &without)) != kind_of(&truth)
        };
        let fields = self.fields_of(condition);
        fields.iter().filter(|f| waiting(f)).filter(settles).cloned().collect()
    }

    /// Every field that a condition reads, through named conditions too.
    fn fields_of(&self, condition: &Condition) -> BTreeSet<String> {
        let mut fields = BTreeSet::new();
        let mut seen = BTreeSet::new();
        let mut open = vec![condition];
        while let Some(condition) = open.pop() {
            let references = condition.references();
            fields.extend(references.fields);
            for name in references.names {
                match self.catalogue.condition(&name) {
                    Some(named) if seen.insert(name.clone()) => open.push(&named.when),
                    Some(_) => {}
                    None => {
                        fields.insert(name);
                    }
                }
            }
        }
        fields
    }
}

fn kind_of(truth: &Truth) -> u8 {
    match truth {
        Truth::True => 0,
        Truth::False => 1,
        Truth::Unknown(_) => 2,
    }
}

fn text(reading: &Reading) -> Option<&str> {
    match heard(Some(reading)) {
        Heard::Value(FieldValue::Text(text)) => Some(text),
        _ => None,
    }
}
