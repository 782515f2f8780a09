//! One value as an agent is told of it: its state, where it was read, why it stands, what else was read.

use super::source::{Trace, document, traces};
use super::{Matter, nowhere};
use crate::domain::{Correction, Decision, Extraction, FieldValue, Reading};
use crate::french::{labels, values};
use serde::Serialize;

/// One value.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Datum {
    pub subject: String,
    pub label: String,
    pub value: Option<FieldValue>,
    pub words: Option<String>,
    pub decision: Decision,
    pub state: String,
    pub page: Option<u32>,
    pub document: Option<String>,
    pub because: String,
    pub evidence: Vec<Trace>,
    pub alternatives: Vec<Trace>,
    /// What the program had read, where an agent says something else.
    pub machine: Option<String>,
}

/// The value of a subject, if it was looked for.
pub(super) fn datum_of(matter: &Matter<'_>, said: &Extraction, subject: &str) -> Option<Datum> {
    let spoken = matter.spoken(subject);
    let machine = matter.read.reading(subject).and_then(|r| r.value.as_ref());
    said.reading(subject).map(|reading| datum(matter, said, subject, reading, spoken.zip(Some(machine))))
}

pub(super) fn datum(
    matter: &Matter<'_>,
    said: &Extraction,
    subject: &str,
    reading: &Reading,
    spoken: Option<(&Correction, Option<&FieldValue>)>,
) -> Datum {
    let field = labels::field_of(matter.catalogue, subject);
    let (evidence, alternatives) = traces(matter.catalogue, said, reading, field.as_ref());
    let shown = |value: &FieldValue| values::show(value, field.as_ref());
    let overruled = spoken.and_then(|(_, machine)| machine).filter(|value| Some(*value) != reading.value.as_ref());
    Datum {
        subject: subject.to_owned(),
        label: field.as_ref().map_or_else(|| subject.to_owned(), |f| f.label.clone()),
        words: reading.value.as_ref().map(shown),
        value: reading.value.clone(),
        decision: reading.decision,
        state: reading_state(reading, spoken.map(|(c, _)| c)),
        page: reading.page,
        document: reading.page.map(|page| document(matter.catalogue, said, page)),
        because: reading.because.clone(),
        evidence,
        alternatives,
        machine: overruled.map(shown),
    }
}

fn reading_state(reading: &Reading, spoken: Option<&Correction>) -> String {
    let by = spoken.map_or_else(String::new, |c| format!(" par {}", c.agent));
    match reading.decision {
        Decision::Accepted => "établi".to_owned(),
        Decision::Confirmed if reading.value.is_none() => format!("illisible, constaté{by}"),
        Decision::Confirmed => format!("confirmé{by}"),
        Decision::Absent => spoken.map_or_else(|| "rien d’inscrit".to_owned(), |_| format!("rien d’inscrit, constaté{by}")),
        Decision::Review if nowhere(reading) => "non trouvé".to_owned(),
        Decision::Review => "à vérifier".to_owned(),
    }
}
