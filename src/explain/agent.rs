//! Everything about one application, for the agent: each value with its source and reason, each rule with its article and result,
//! each decision with its author.

use super::source::{Trace, document, traces};
use super::{EXPLANATION, Matter, Standing, agent_text, nowhere, rules};
use crate::catalogue::Holds;
use crate::domain::{
    AdmissibilityStatus, ChecklistLine, Correction, Decision, DossierState, Extraction, FieldValue, Finding, Instant, LineStatus, Outcome,
    Person, Piece, Reading, Source, french,
};
use crate::french::{self as words, labels, values};
use jiff::civil::Date;
use serde::Serialize;

/// What an agent is told.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ForAgent {
    pub explanation: u32,
    pub envelope: String,
    pub delivery: String,
    pub file: String,
    pub sha256: String,
    pub pages: Vec<u32>,
    pub explained_on: Date,
    pub state: String,
    pub outcome: Outcome,
    pub outcome_words: &'static str,
    /// The permit and the kind of request.
    pub request: Vec<Datum>,
    pub channel: &'static str,
    pub registered_at: Instant,
    /// As the operator or the index gave it.
    pub received_on: Option<Date>,
    pub filed_on: Date,
    pub filing_basis: &'static str,
    /// Postmark, arrival stamp and signature as read.
    pub dates: Vec<Datum>,
    pub data: Vec<Datum>,
    pub pieces: Vec<Paper>,
    pub rules: Vec<Rule>,
    pub findings: Vec<Told>,
    pub deadlines: Vec<Due>,
    pub urgency: Vec<String>,
    pub admissibility: Admissible,
    pub waiting: Vec<Waits>,
    pub decisions: Vec<Decided>,
    pub share: Share,
    pub catalogue: String,
    pub recipe: String,
    /// False when the program or its rules changed since: the constat is that of then.
    pub recipe_is_current: bool,
}

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

/// One document of the envelope.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Paper {
    pub kind: String,
    pub document: String,
    pub pages: Vec<u32>,
    pub person: &'static str,
    /// What was read of the paper itself: its date, its signature.
    pub facts: Vec<Datum>,
}

/// One line of the list of documents.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Rule {
    pub piece: String,
    pub document: String,
    pub status: LineStatus,
    pub status_words: &'static str,
    pub class: &'static str,
    pub rank: &'static str,
    pub article: String,
    /// Day since when the rule holds, `YYYY-MM-DD`.
    pub in_force_since: String,
    /// When the paper is due, and what it must be; empty where the list of then is gone.
    pub due: String,
    pub must_be: String,
    pub because: String,
    /// Pages of the papers that were looked at for it.
    pub pages: Vec<u32>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Told {
    pub code: String,
    pub message: String,
    pub about: Vec<String>,
    pub effect: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Due {
    pub rule: String,
    pub due: Date,
    pub because: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Admissible {
    pub established: bool,
    pub because: String,
    pub evidence: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Waits {
    pub subject: String,
    pub label: String,
    pub reason: String,
}

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

/// The explanation for the agent.
#[must_use]
pub fn for_agent(matter: &Matter<'_>) -> ForAgent {
    let said = matter.read.with_corrections(matter.corrections);
    let constat = matter.constat;
    let of = |subjects: &[&str]| subjects.iter().filter_map(|s| datum_of(matter, &said, s)).collect::<Vec<_>>();
    let data: Vec<Datum> = matter.fields(&said).iter().filter_map(|s| datum_of(matter, &said, s)).collect();
    let request = of(&["permit", "request"]);
    let dates = of(&["field:date_envoi", "field:date_reception", "field:date_signature"]);
    ForAgent {
        explanation: EXPLANATION,
        envelope: matter.envelope.to_string(),
        delivery: matter.delivery.id.to_string(),
        file: matter.delivery.file.clone(),
        sha256: matter.delivery.sha256.clone(),
        pages: said.pages.clone(),
        explained_on: matter.on,
        state: state(matter.standing).to_owned(),
        outcome: constat.outcome,
        outcome_words: words::outcome(constat),
        channel: words::channel(said.channel),
        registered_at: matter.delivery.registered_at,
        received_on: matter.delivery.received_on,
        filed_on: constat.filing_date.value,
        filing_basis: words::filing_basis(constat.filing_date.basis),
        share: Share::of(request.iter().chain(&dates).chain(&data), &said),
        request,
        dates,
        data,
        pieces: said.pieces.iter().map(|p| paper(matter, &said, p)).collect(),
        rules: constat.checklist.iter().map(|line| rule(matter, &said, line)).collect(),
        findings: constat.findings.iter().map(|f| told(matter, &said, f)).collect(),
        deadlines: constat.deadlines.iter().map(|d| Due { rule: d.rule.clone(), due: d.due, because: d.because.clone() }).collect(),
        urgency: constat.urgency.reasons.clone(),
        admissibility: admissible(matter, &said),
        waiting: waiting(matter, &said),
        decisions: matter.corrections.iter().map(|c| decided(matter, &said, c)).collect(),
        catalogue: matter.catalogue.snapshot().to_owned(),
        recipe: matter.recipe.to_owned(),
        recipe_is_current: matter.recipe == matter.recipe_now,
    }
}

impl ForAgent {
    /// The same as text.
    #[must_use]
    pub fn text(&self) -> String {
        agent_text::text(self)
    }
}

fn state(standing: Standing) -> &'static str {
    match standing {
        Standing::Working => "en cours de traitement ; le constat peut être antérieur à la dernière réponse",
        Standing::Waiting => "à vérifier par un agent",
        Standing::Filed(DossierState::Complet) => "dossier déposé, complet",
        Standing::Filed(DossierState::Incomplet) => "dossier déposé, incomplet selon un agent",
    }
}

fn datum_of(matter: &Matter<'_>, said: &Extraction, subject: &str) -> Option<Datum> {
    let spoken = matter.spoken(subject);
    let machine = matter.read.reading(subject).and_then(|r| r.value.as_ref());
    said.reading(subject).map(|reading| datum(matter, said, subject, reading, spoken.zip(Some(machine))))
}

fn datum(
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

fn paper(matter: &Matter<'_>, said: &Extraction, piece: &Piece) -> Paper {
    let fact = |(id, reading): (&crate::domain::FieldId, &Reading)| datum(matter, said, &format!("field:{id}"), reading, None);
    Paper {
        kind: piece.kind.to_string(),
        document: labels::document_label(matter.catalogue, piece.kind.as_str()),
        pages: piece.pages.clone(),
        person: match piece.person {
            Person::Applicant => "personne qui demande",
            Person::Conjoint => "conjoint",
            Person::Enfant => "enfant",
            Person::Parent => "parent",
            Person::Hebergeant => "hébergeant",
            Person::Other => "autre personne",
        },
        facts: piece.facts.iter().map(fact).collect(),
    }
}

fn rule(matter: &Matter<'_>, said: &Extraction, line: &ChecklistLine) -> Rule {
    let row = rules::row(matter, said, line);
    let mut pages: Vec<u32> = rules::papers(said, line, row).iter().flat_map(|p| p.pages.clone()).collect();
    pages.sort_unstable();
    Rule {
        piece: line.piece.to_string(),
        document: labels::document_label(matter.catalogue, line.piece.as_str()),
        status: line.status,
        status_words: words::line_status(line.status),
        class: words::line_class(line.class),
        rank: words::rank(line.rank),
        article: line.article.clone(),
        in_force_since: line.rule_version.clone(),
        due: row.map(|r| words::rows::due(r, matter.catalogue)).unwrap_or_default(),
        must_be: row.map(words::rows::asks).unwrap_or_default(),
        because: line.because.clone(),
        pages,
    }
}

fn told(matter: &Matter<'_>, said: &Extraction, finding: &Finding) -> Told {
    Told {
        code: finding.code.clone(),
        message: finding.message.clone(),
        about: finding.subjects.iter().map(|s| labels::subject_label(matter.catalogue, &said.pieces, s)).collect(),
        effect: match matter.catalogue.holds(&finding.code) {
            Holds::Nothing => "signalé, sans effet sur le constat",
            Holds::Review => "attend le regard d’un agent avant le dépôt du dossier",
            Holds::Outcome => "le constat attend le regard d’un agent",
        },
    }
}

fn admissible(matter: &Matter<'_>, said: &Extraction) -> Admissible {
    let admissibility = &matter.constat.admissibility;
    Admissible {
        established: admissibility.status == AdmissibilityStatus::Established,
        because: admissibility.because.clone(),
        evidence: admissibility.evidence.iter().map(|s| labels::subject_label(matter.catalogue, &said.pieces, s)).collect(),
    }
}

fn waiting(matter: &Matter<'_>, said: &Extraction) -> Vec<Waits> {
    let label = |subject: &str| labels::subject_label(matter.catalogue, &said.pieces, subject);
    let needs = matter.constat.review.iter();
    needs.map(|n| Waits { subject: n.subject.clone(), label: label(&n.subject), reason: n.reason.clone() }).collect()
}

fn decided(matter: &Matter<'_>, said: &Extraction, correction: &Correction) -> Decided {
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
    fn of<'a>(data: impl Iterator<Item = &'a Datum>, said: &Extraction) -> Self {
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
