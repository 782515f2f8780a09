//! Everything about one application, for the agent: each value with its source and reason, each rule with its article and result,
//! each decision with its author.

use super::datum::{Datum, datum_of};
use super::decided::{Decided, Share, decided};
use super::listed::{Paper, Rule, paper, rule};
use super::{EXPLANATION, Matter, Standing, agent_text};
use crate::catalogue::Holds;
use crate::domain::{AdmissibilityStatus, DossierState, Extraction, Finding, Instant, Outcome};
use crate::french::{self as words, labels};
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
