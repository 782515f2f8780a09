//! What people decided, when and having seen what; and how far the program and people each contributed.

use super::Matter;
use super::datum::Datum;
use crate::domain::{Correction, Decision, Extraction, FieldValue, Instant, Source, french};
use crate::french::{self as words, labels};
use serde::Serialize;

/// What an agent decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Decided {
    pub at: Instant,
    pub agent: String,
    pub subject: String,
    pub label: String,
    pub answer: String,
    /// What stood there before.
    pub seen: Option<String>,
}

/// How far the program and people each contributed, in values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Share {
    pub by_program: usize,
    pub by_agents: usize,
    pub waiting: usize,
}

pub(super) fn decided(matter: &Matter<'_>, said: &Extraction, correction: &Correction) -> Decided {
    let subject = correction.subject.as_str();
    let missing = subject == "envelope" && matches!(correction.seen, Some(FieldValue::List(_)));
    let answer = labels::act_words(matter.catalogue, subject, &correction.act);
    Decided {
        at: correction.at,
        agent: correction.agent.to_string(),
        subject: subject.to_owned(),
        label: labels::subject_label(matter.catalogue, &said.pieces, subject),
        answer: if missing { "le dossier est incomplet".to_owned() } else { answer },
        seen: correction.seen.as_ref().and_then(|value| seen(matter, subject, value)),
    }
}

fn seen(matter: &Matter<'_>, subject: &str, value: &FieldValue) -> Option<String> {
    match (subject, value) {
        ("envelope", FieldValue::List(kinds)) => {
            Some(words::list(&kinds.iter().map(|kind| labels::document_label(matter.catalogue, kind)).collect::<Vec<_>>()))
        }
        // The code of a status: the answer says it in words.
        (s, _) if s.starts_with("checklist:") => None,
        _ => Some(labels::words(matter.catalogue, subject, value)),
    }
}

impl Share {
    pub(super) fn of<'a>(data: impl Iterator<Item = &'a Datum>, said: &Extraction) -> Self {
        let mut share = Self::default();
        for datum in data {
            let agent = said.reading(&datum.subject).is_some_and(|r| r.source == Source::Agent);
            match datum.decision {
                Decision::Confirmed => share.by_agents += 1,
                Decision::Absent if agent => share.by_agents += 1,
                Decision::Accepted | Decision::Absent => share.by_program += 1,
                Decision::Review => share.waiting += usize::from(datum.value.is_some() || !datum.evidence.is_empty()),
            }
        }
        share
    }
}

/// « 24/11/2026 à 14 h 05 »
pub(super) fn at(instant: Instant) -> String {
    format!("{} à {}", french(instant.date_in_paris()), words::hour(instant))
}
