//! A diligent agent: answers whatever stands in front of a person, until nothing does.

use super::recorded::text;
use passerelle::domain::*;
use passerelle::store::{Review, Store};

/// Answers every open question that holds something; how many there were.
pub async fn answer_all(store: &Store) -> usize {
    let questions: Vec<Review> = store.open_reviews(&Scope::Machine).await.unwrap().into_iter().filter(|r| r.holds).collect();
    for question in &questions {
        let subject = match question.envelope {
            Some(id) => Subject::Envelope(id),
            None => Subject::Delivery(question.delivery),
        };
        let (stage, act) = answer(&question.subject);
        store.add_correction(&Scope::Machine, subject, &correction(question, stage, act), question.opened_at).await.unwrap();
    }
    questions.len()
}

/// What the agent says to a question.
pub fn correction(question: &Review, stage: Stage, act: CorrectionAct) -> Correction {
    Correction {
        stage,
        subject: question.subject.clone(),
        act,
        seen: None,
        page: None,
        rect: None,
        agent: "a.martin".into(),
        at: question.opened_at,
    }
}

fn answer(subject: &str) -> (Stage, CorrectionAct) {
    let value = |value| (Stage::Validate, CorrectionAct::Value { value });
    match subject.split_once(':').unwrap_or((subject, "")) {
        ("permit" | "request", _) => value(text("changement_adresse")),
        ("field", "sexe") => value(text("F")),
        ("field", "prenoms") => value(FieldValue::List(vec!["AWA".into()])),
        ("field", "nationalites") => value(FieldValue::List(vec!["SN".into()])),
        ("field", "numero_etranger") => value(text("7503012345")),
        ("field", id) if id.contains("date") || id.ends_with("_le") => value(FieldValue::Date("1999-02-03".parse().unwrap())),
        ("field", _) => value(text("DIALLO")),
        ("checklist", _) => (Stage::Validate, CorrectionAct::Checklist { status: LineStatus::Present }),
        ("page" | "piece", _) => (Stage::Extract, CorrectionAct::Reclassify { kind: "justificatif_domicile".into() }),
        _ => (Stage::Validate, CorrectionAct::Acknowledge),
    }
}
