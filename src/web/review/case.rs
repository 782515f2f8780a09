//! One envelope in front of a person: everything that a question is made of, and the words for it.

use crate::catalogue::Catalogue;
use crate::domain::{Constat, Correction, Delivery, EnvelopeId, Extraction, FieldValue, LineStatus, Outcome, Piece, Reading};
use crate::french::labels::subject_label;
pub(crate) use crate::french::labels::{act_words, document_label, field_of, permit_label, request_label, words};

/// What stands between an envelope and its dossier, or beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OpenPoint {
    /// `field:ID`, `permit`, `request`, `page:N`, `piece:N`, `checklist:PIECE`, `envelope`, `file`.
    pub subject: String,
    pub reason: String,
    /// False for a field that is filed as unconfirmed and may wait.
    pub holds: bool,
}

/// Where the envelope stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// The line is working on it.
    Working,
    Waiting,
    /// The dossier stands in the shared tables; its words say in which state.
    Filed(String),
    /// A later cut of the delivery replaced this envelope.
    Retired,
}

/// One envelope with its delivery, as the store gives it.
pub(crate) struct Case {
    pub id: EnvelopeId,
    pub delivery: Delivery,
    pub pages: Vec<u32>,
    pub standing: Standing,
    /// As the machine read it, before any correction: what an agent sees and judges.
    pub extraction: Option<Extraction>,
    pub constat: Option<Constat>,
    pub open: Vec<OpenPoint>,
    /// In order; the last one on a subject holds.
    pub corrections: Vec<Correction>,
}

impl Case {
    pub(crate) fn reading(&self, subject: &str) -> Option<&Reading> {
        self.extraction.as_ref()?.reading(subject)
    }

    /// The last word of an agent on a subject.
    pub(crate) fn spoken(&self, subject: &str) -> Option<&Correction> {
        self.corrections.iter().rev().find(|c| c.subject == subject)
    }

    /// The point of a subject: an open one, or anything of the envelope that an agent may still correct.
    pub(crate) fn point(&self, subject: &str) -> Option<OpenPoint> {
        let open = self.open.iter().find(|p| p.subject == subject && !self.is_confirmation(p)).cloned();
        let said = || self.spoken(subject).is_some() && subject != "envelope";
        let reason = match self.spoken(subject) {
            Some(correction) => format!("Ce point a déjà la réponse de {} ; vous pouvez la changer.", correction.agent),
            None => "Ce point n’attend personne ; vous pouvez le corriger.".to_owned(),
        };
        let known = || matches!(self.standing, Standing::Waiting | Standing::Working) && (self.shown(subject).is_some() || said());
        open.or_else(|| known().then(|| OpenPoint { subject: subject.to_owned(), reason, holds: true }))
    }

    /// True for the word that makes a dossier incomplete: it has its own form, after all other points.
    pub(crate) fn is_confirmation(&self, point: &OpenPoint) -> bool {
        point.subject == "envelope" && self.constat.as_ref().is_some_and(|c| c.outcome == Outcome::Incomplete)
    }

    /// What a person sees of a subject now; the same form goes into a correction.
    pub(crate) fn shown(&self, subject: &str) -> Option<FieldValue> {
        match subject.split_once(':') {
            Some(("checklist", piece)) => {
                let line = self.constat.as_ref()?.checklist.iter().find(|l| l.piece.as_str() == piece)?;
                Some(FieldValue::Text(status_code(line.status).to_owned()))
            }
            Some(("page" | "piece", _)) => self.piece(subject).map(|p| FieldValue::Text(p.kind.to_string())),
            _ => self.reading(subject)?.value.clone(),
        }
    }

    /// The piece of `page:N` (a page of the file) or `piece:N` (counted from 1).
    pub(crate) fn piece(&self, subject: &str) -> Option<&Piece> {
        let (kind, number) = subject.split_once(':')?;
        let number: u32 = number.parse().ok()?;
        let pieces = &self.extraction.as_ref()?.pieces;
        match kind {
            "page" => pieces.iter().find(|p| p.pages.contains(&number)),
            "piece" => pieces.get(usize::try_from(number.checked_sub(1)?).ok()?),
            _ => None,
        }
    }

    /// The page that a subject is about, when it is about one.
    pub(crate) fn page_of(&self, subject: &str) -> Option<u32> {
        match subject.split_once(':') {
            Some(("page", number)) => number.parse().ok().filter(|n| self.pages.contains(n)),
            Some(("piece", _)) => self.piece(subject)?.pages.first().copied(),
            _ => self.reading(subject)?.page.filter(|n| self.pages.contains(n)),
        }
    }
}

fn status_code(status: LineStatus) -> &'static str {
    match status {
        LineStatus::Present => "present",
        LineStatus::Missing => "missing",
        LineStatus::Doubtful => "doubtful",
        LineStatus::NotRequired => "not_required",
        LineStatus::AtCollection => "at_collection",
    }
}

/// The short name of a subject, for lists and captions.
pub(crate) fn label(catalogue: &Catalogue, case: &Case, subject: &str) -> String {
    let pieces = case.extraction.as_ref().map(|x| x.pieces.as_slice()).unwrap_or_default();
    subject_label(catalogue, pieces, subject)
}

/// The order of questions: what changes other readings first, what only concludes last; within that the
/// catalogue's order of fields.
pub(crate) fn rank(catalogue: &Catalogue, point: &OpenPoint) -> (bool, u8, usize) {
    let subject = point.subject.as_str();
    let group = match subject.split(':').next() {
        Some("file" | "page" | "piece") => 0,
        Some("permit") => 1,
        Some("request") => 2,
        Some("field") => 3,
        Some("checklist") => 4,
        _ => 5,
    };
    let place = |id| catalogue.fields.iter().position(|f| f.id.as_str() == id);
    (!point.holds, group, subject.strip_prefix("field:").and_then(place).unwrap_or(usize::MAX))
}
