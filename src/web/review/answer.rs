//! What the form of a question says: an act on one subject, or the sentence that refuses it.

use super::case::{Case, field_of};
use super::question::is_value;
use crate::catalogue::Catalogue;
use crate::domain::{CorrectionAct, FieldValue, INCONNU, LineStatus, Stage};
use crate::web::values::{self, Entry};

/// An act with the stage that takes it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Answered {
    pub stage: Stage,
    pub act: CorrectionAct,
}

/// The form of an answer.
pub(super) struct Form<'a> {
    pub act: &'a str,
    /// An alternative that was taken, in JSON.
    pub taken: Option<&'a str>,
    pub entry: Entry,
}

/// The act of a form on `subject`.
pub(super) fn read(catalogue: &Catalogue, case: &Case, subject: &str, form: &Form<'_>) -> Result<Answered, String> {
    let at = |stage, act| Ok(Answered { stage, act });
    if let Some(taken) = form.taken {
        return at(Stage::Validate, CorrectionAct::Value { value: alternative(case, subject, taken)? });
    }
    let page = case.page_of(subject).filter(|_| subject.starts_with("page:") || subject.starts_with("piece:"));
    match (form.act, subject.split(':').next()) {
        ("illisible", _) if is_value(subject) => at(Stage::Validate, CorrectionAct::Illegible),
        ("absent", Some("field")) => at(Stage::Validate, CorrectionAct::Absent),
        ("tourner-1" | "tourner-2" | "tourner-3", _) if page.is_some() => {
            let quarter_turns = form.act.bytes().last().map_or(0, |digit| digit - b'0');
            at(Stage::Read, CorrectionAct::Turn { quarter_turns })
        }
        ("piece-presente", Some("checklist")) => at(Stage::Validate, line(LineStatus::Present)),
        ("piece-manquante", Some("checklist")) => at(Stage::Validate, line(LineStatus::Missing)),
        ("piece-non-demandee", Some("checklist")) => at(Stage::Validate, line(LineStatus::NotRequired)),
        ("vu", _) if may_be_seen(case, subject) => at(Stage::Validate, CorrectionAct::Acknowledge),
        ("valeur", _) if page.is_some() => at(Stage::Extract, kind(catalogue, &form.entry.text)?),
        ("valeur", _) if is_value(subject) => {
            let field = field_of(catalogue, subject).ok_or("Cette question n’existe pas.")?;
            let read = case.reading(subject).and_then(|r| r.value.as_ref());
            let value = match read.filter(|r| values::unchanged(&form.entry, &field, r)) {
                Some(read) => read.clone(),
                None => values::normalise(&form.entry, &field)?,
            };
            at(Stage::Validate, CorrectionAct::Value { value })
        }
        _ => Err("Cette réponse n’est pas possible pour cette question.".to_owned()),
    }
}

/// A value is answered first; asked again, it may be put aside as looked at.
fn may_be_seen(case: &Case, subject: &str) -> bool {
    !subject.starts_with("checklist:") && (!is_value(subject) || case.spoken(subject).is_some())
}

fn line(status: LineStatus) -> CorrectionAct {
    CorrectionAct::Checklist { status }
}

fn kind(catalogue: &Catalogue, id: &str) -> Result<CorrectionAct, String> {
    if id == INCONNU || catalogue.document(id).is_some() {
        return Ok(CorrectionAct::Reclassify { kind: id.to_owned() });
    }
    Err("Choisissez dans la liste la pièce que porte cette page.".to_owned())
}

/// A value of the evidence; anything else did not come from our page.
fn alternative(case: &Case, subject: &str, taken: &str) -> Result<FieldValue, String> {
    let gone = || "Cette lecture n’est plus proposée : la page a été relue entre-temps. Regardez et répondez de nouveau.".to_owned();
    let wanted: FieldValue = serde_json::from_str(taken).map_err(|_| gone())?;
    let reading = case.reading(subject).ok_or_else(gone)?;
    let known = reading.evidence.iter().any(|e| e.value.as_ref() == Some(&wanted));
    if known { Ok(wanted) } else { Err(gone()) }
}
