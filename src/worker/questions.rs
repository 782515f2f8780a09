//! What a person must settle, or may look at, once the constat stands.

use crate::domain::{Constat, Decision, Extraction, FieldValue, Outcome, ReviewNeed};
use crate::store::Question;

/// The open questions of one envelope. `extraction` has its corrections laid over it.
pub(super) fn questions(extraction: &Extraction, constat: &Constat, confirmed_incomplete: bool) -> Vec<Question> {
    let mut questions: Vec<Question> = constat.review.iter().map(|need| Question { need: need.clone(), code: None, holds: true }).collect();
    questions.extend(about_the_whole(constat, confirmed_incomplete));
    for (id, reading) in &extraction.fields {
        let subject = format!("field:{id}");
        let asked = questions.iter().any(|q| q.need.subject == subject);
        if reading.decision == Decision::Review && !asked {
            // Filed as unconfirmed, with its cut-out; it stays open without holding the dossier.
            let need = ReviewNeed { subject, reason: reading.because.clone() };
            questions.push(Question { need, code: None, holds: false });
        }
    }
    questions
}

/// Nothing is `incomplet` before an agent confirmed it, and no constat in review is without a question.
fn about_the_whole(constat: &Constat, confirmed_incomplete: bool) -> Option<Question> {
    if !constat.review.is_empty() {
        return None;
    }
    match constat.outcome {
        Outcome::Incomplete if !confirmed_incomplete => {
            let missing = match constat.missing() {
                FieldValue::List(pieces) => pieces.join(", "),
                _ => String::new(),
            };
            let reason = format!("Confirmer que ces pièces manquent avant tout courrier : {missing}.");
            Some(Question::holding("envelope", reason, Some("confirmer_incomplet".into())))
        }
        Outcome::Review => {
            let reasons: Vec<&str> = constat.findings.iter().map(|f| f.message.as_str()).collect();
            let reason = format!("Le constat de complétude est à établir par un agent. {}", reasons.join(" "));
            Some(Question::holding("envelope", reason.trim_end(), Some("constat_a_etablir".into())))
        }
        Outcome::Complete | Outcome::Incomplete => None,
    }
}
