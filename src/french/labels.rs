//! The names of what the catalogue holds: documents, permits, kinds of request, fields, subjects; and answers in words.

use super::{capital, line_status, values};
use crate::catalogue::{Catalogue, Choice, FieldDef, FieldKind};
use crate::domain::{CorrectionAct, FieldValue, HORS_CATALOGUE, INCONNU, Piece};

/// The label of a document type, `inconnu` included.
pub(crate) fn document_label(catalogue: &Catalogue, kind: &str) -> String {
    match catalogue.document(kind) {
        Some(document) => document.label.clone(),
        None if kind == INCONNU => "Document non reconnu".to_owned(),
        None => spelled(kind),
    }
}

/// The label of a permit.
pub(crate) fn permit_label(catalogue: &Catalogue, id: &str) -> String {
    match catalogue.permit(id) {
        Some(permit) => permit.label.clone(),
        None if id == HORS_CATALOGUE => "Demande hors catalogue".to_owned(),
        None => spelled(id),
    }
}

/// The label of a kind of request.
pub(crate) fn request_label(catalogue: &Catalogue, id: &str) -> String {
    let field = field_of(catalogue, "request");
    values::show(&FieldValue::Text(id.to_owned()), field.as_ref())
}

/// A code as words, for what the catalogue does not know.
fn spelled(code: &str) -> String {
    capital(&code.replace('_', " "))
}

/// The definition of the field of a subject. The permit and the kind of request are choices among the
/// catalogue's; a field that the catalogue does not know is taken as text, or as a date by its name.
pub(crate) fn field_of(catalogue: &Catalogue, subject: &str) -> Option<FieldDef> {
    match subject {
        "permit" => Some(made("permit", "Titre demandé", FieldKind::Choice, permits(catalogue))),
        "request" => Some(made("request", "Nature de la demande", FieldKind::Choice, requests(catalogue))),
        _ => {
            let id = subject.strip_prefix("field:")?;
            let kind = if id.starts_with("date_") { FieldKind::Date } else { FieldKind::Text };
            Some(catalogue.field(id).cloned().unwrap_or_else(|| made(id, &spelled(id), kind, Vec::new())))
        }
    }
}

fn made(id: &str, label: &str, kind: FieldKind, choices: Vec<Choice>) -> FieldDef {
    FieldDef {
        id: id.into(),
        label: label.to_owned(),
        kind,
        labels: Vec::new(),
        form_labels: None,
        topic: None,
        topic_labels: Vec::new(),
        pattern: None,
        choices,
        identity: false,
        everywhere: false,
        date_of: None,
    }
}

/// The kinds of request are those that forms print.
fn requests(catalogue: &Catalogue) -> Vec<Choice> {
    catalogue.field("type_demande").map(|f| f.choices.clone()).unwrap_or_default()
}

fn permits(catalogue: &Catalogue) -> Vec<Choice> {
    let mut choices: Vec<Choice> =
        catalogue.permits.iter().map(|p| Choice { id: p.id.to_string(), words: vec![p.label.clone()] }).collect();
    choices.sort_by(|a, b| a.words.cmp(&b.words));
    choices.push(Choice { id: HORS_CATALOGUE.to_owned(), words: vec![permit_label(catalogue, HORS_CATALOGUE)] });
    choices
}

/// The short name of a subject of an envelope with these pieces.
pub(crate) fn subject_label(catalogue: &Catalogue, pieces: &[Piece], subject: &str) -> String {
    match subject.split_once(':') {
        Some(("checklist", piece)) => document_label(catalogue, piece),
        Some(("page", number)) => format!("Page {number}"),
        Some(("piece", number)) => {
            let index = number.parse::<usize>().ok().and_then(|n| n.checked_sub(1));
            let piece = index.and_then(|i| pieces.get(i));
            piece.map_or_else(|| "Pièce".to_owned(), |p| document_label(catalogue, p.kind.as_str()))
        }
        _ => match subject {
            "envelope" => "Le pli".to_owned(),
            "file" => "Le fichier".to_owned(),
            _ => field_of(catalogue, subject).map_or_else(|| spelled(subject), |f| f.label),
        },
    }
}

/// A value in the words of its field.
pub(crate) fn words(catalogue: &Catalogue, subject: &str, value: &FieldValue) -> String {
    match subject.split_once(':') {
        Some(("page" | "piece", _)) => match value {
            FieldValue::Text(kind) => document_label(catalogue, kind),
            other => values::show(other, None),
        },
        _ => values::show(value, field_of(catalogue, subject).as_ref()),
    }
}

/// An answer in words.
pub(crate) fn act_words(catalogue: &Catalogue, subject: &str, act: &CorrectionAct) -> String {
    match act {
        CorrectionAct::Value { value } => words(catalogue, subject, value),
        CorrectionAct::Absent => "absent".to_owned(),
        CorrectionAct::Illegible => "illisible".to_owned(),
        CorrectionAct::Reclassify { kind } => document_label(catalogue, kind),
        CorrectionAct::Turn { .. } => "page tournée".to_owned(),
        CorrectionAct::Checklist { status } => line_status(*status).to_lowercase(),
        CorrectionAct::Acknowledge => "vérifié".to_owned(),
        CorrectionAct::ReadAgain => "page relue".to_owned(),
        CorrectionAct::ReplacePage { .. } => "page remplacée".to_owned(),
        CorrectionAct::ByHand => "traité à la main".to_owned(),
    }
}
